// What this machine can do at best: the roofs that the other benchmarks are held against.
#include <cstddef>

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

// As many streams as Adam has, four read and three written, of as many floats as 784-128-128-10 has parameters, and next to
// no arithmetic: what the caches give at best.
static void streams(benchmark::State& state) {
    constexpr std::size_t n = 118282 / reg::size * reg::size;
    using vector = gradus::tensor<float, 1>;
    vector x({n}, 1.0f), y = x, z = x, w = x;
    const reg a(1e-6f);
    const auto at = [](const vector& v, std::size_t i) { return reg::load_aligned(v.data() + i); };
    bench::measure(state, {.bytes = 7.0 * sizeof(float) * n}, [&] {
        for (std::size_t i = 0; i < n; i += reg::size) {
            const reg g = at(x, i);
            xsimd::fma(a, g, at(y, i)).store_aligned(y.data() + i);
            xsimd::fma(a, g, at(z, i)).store_aligned(z.data() + i);
            xsimd::fma(a, g, at(w, i)).store_aligned(w.data() + i);
        }
    });
}
BENCHMARK(streams);

BENCHMARK_MAIN();
