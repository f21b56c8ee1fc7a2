// What this machine can do at best: the roofs that the other benchmarks are held against.
#include <cstddef>
#include <vector>

#include "gradus/core/tensor.hpp"
#include "measure.hpp"

using reg = xsimd::batch<float>;

// Multiply-adds that wait for nobody: 24 sums in registers hide the latency of one, and no memory is touched.
static void multiply_add(benchmark::State& state) {
    constexpr std::size_t sums = reg::size == 16 ? 24 : 12, rounds = 1000;
    reg sum[sums];
    for (std::size_t i = 0; i < sums; ++i) sum[i] = reg(static_cast<float>(i));
    reg a(1.0f), b(0.5f);
    benchmark::DoNotOptimize(a);  // values that the compiler cannot know
    benchmark::DoNotOptimize(b);
    bench::measure(state, {.flops = 2.0 * rounds * sums * reg::size}, [&] {
        for (std::size_t r = 0; r < rounds; ++r)
#pragma GCC unroll 24
            for (std::size_t i = 0; i < sums; ++i) sum[i] = xsimd::fma(sum[i], a, b);
#pragma GCC unroll 24
        for (std::size_t i = 0; i < sums; ++i) benchmark::DoNotOptimize(sum[i]);
    });
}
BENCHMARK(multiply_add);

// y = y + a x, over so many KiB: in the L1 and L2 caches, as much as Adam has of the network 784-128-128-10, in memory.
static void bandwidth(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0)) * 1024 / sizeof(float) / 2 / reg::size * reg::size;
    using vector = gradus::tensor<float, 1>;
    vector x = vector::from_shape({n}), y = x;
    x.fill(1), y.fill(2);
    const reg a(1e-6f);
    bench::measure(state, {.bytes = 3.0 * sizeof(float) * static_cast<double>(n)}, [&] {
        for (std::size_t i = 0; i < n; i += reg::size)
            xsimd::fma(a, reg::load_aligned(x.data() + i), reg::load_aligned(y.data() + i)).store_aligned(y.data() + i);
    });
}
BENCHMARK(bandwidth)->Arg(24)->Arg(128)->Arg(512)->Arg(1848)->Arg(384 << 10);

BENCHMARK_MAIN();
