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

// Streams of n floats with next to no arithmetic, as many read and written as the rows of the table have: what is bound by
// caches is held against the same streams through the same caches.
static void streams(benchmark::State& state, std::size_t read, std::size_t written) {
    const auto n = static_cast<std::size_t>(state.range(0)) / (8 * reg::size) * (8 * reg::size);
    std::vector<gradus::tensor<float, 1>> array(4, gradus::tensor<float, 1>({n + 1024}, 1.0f));
    const auto begin = [&](std::size_t k) { return array[k].data() + 256 * k; };  // at the same place of no two pages
    float *x = begin(0), *y = begin(1), *z = begin(2), *w = begin(3);
    const reg a(1e-6f);
    const auto at = [](const float* p) { return reg::load_aligned(p); };
    const bench::work bytes{.bytes = static_cast<double>((read + written) * n * sizeof(float))};
    if (written == 0)  // x
        bench::measure(state, bytes, [&] {
            reg sum[8] = {a, a, a, a, a, a, a, a};  // from eight places: one after the other the cache gives less
            for (std::size_t i = 0; i < n / 8; i += reg::size)
                for (std::size_t k = 0; k < 8; ++k) sum[k] += at(x + i + k * (n / 8));
            benchmark::DoNotOptimize(sum);
        });
    else if (read == 1)  // y = ax
        bench::measure(state, bytes, [&] {
            for (std::size_t i = 0; i < n; i += 4 * reg::size)
                for (std::size_t k = 0; k < 4; ++k) (a * at(x + i + k * reg::size)).store_aligned(y + i + k * reg::size);
        });
    else if (read == 2)  // z = ax + y
        bench::measure(state, bytes, [&] {
            for (std::size_t i = 0; i < n; i += 4 * reg::size) {
                reg sum[4];
                for (std::size_t k = 0; k < 4; ++k) sum[k] = xsimd::fma(a, at(x + i + k * reg::size), at(y + i + k * reg::size));
                for (std::size_t k = 0; k < 4; ++k) sum[k].store_aligned(z + i + k * reg::size);
            }
        });
    else  // y += ax, z += ax, w += ay
        bench::measure(state, bytes, [&] {
            for (std::size_t i = 0; i < n; i += reg::size) {
                const reg g = at(x + i), m = xsimd::fma(a, g, at(y + i));
                m.store_aligned(y + i);
                xsimd::fma(a, g, at(z + i)).store_aligned(z + i);
                xsimd::fma(a, m, at(w + i)).store_aligned(w + i);
            }
        });
}
BENCHMARK_CAPTURE(streams, 1_read, 1, 0)->Arg(128 * 128);
BENCHMARK_CAPTURE(streams, 1_read_1_written, 1, 1)->Arg(128 * 128);
BENCHMARK_CAPTURE(streams, 2_read_1_written, 2, 1)->Arg(128 * 128);
BENCHMARK_CAPTURE(streams, 4_read_3_written, 4, 3)->Arg(118282);

BENCHMARK_MAIN();
