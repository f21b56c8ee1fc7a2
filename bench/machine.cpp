// The best speed of this machine: the roofs that the other benchmarks are compared with. NAME/LEVEL/threads:N
#include <algorithm>
#include <string>

#include "gradus/tensor/tensor.hpp"
#include "measure.hpp"

using reg = xsimd::batch<float>;

// Independent multiply-adds: 24 sums in registers (12 without AVX-512) hide the latency; no memory is accessed.
static void multiply_add(benchmark::State& state) {
    constexpr std::size_t sums = reg::size == 16 ? 24 : 12, rounds = 1000;
    reg sum[sums];
    for (std::size_t i = 0; i < sums; ++i) sum[i] = reg(static_cast<float>(i));
    reg a(1.0f), b(0.5f);
    benchmark::DoNotOptimize(a);  // the compiler must not know the values
    benchmark::DoNotOptimize(b);
    bench::measure(state, {.flops = 2.0 * rounds * sums * reg::size}, [&] {
        for (std::size_t r = 0; r < rounds; ++r)
#pragma GCC unroll 24
            for (std::size_t i = 0; i < sums; ++i) sum[i] = xsimd::fma(sum[i], a, b);
#pragma GCC unroll 24
        for (std::size_t i = 0; i < sums; ++i) benchmark::DoNotOptimize(sum[i]);
    });
}

/// As many streams as f takes pointers, of `total` bytes together, with almost no arithmetic. `moved` streams are
/// counted, since one that is read and written counts twice.
template <std::size_t streams, std::size_t moved, class F>
void stream(benchmark::State& state, std::size_t total, F f) {
    constexpr std::size_t line = 64 / sizeof(float), step = std::max(line, reg::size);
    const std::size_t n = (total / sizeof(float) / streams / step | 1) * step;  // odd: streams begin in different sets
    gradus::tensor<float, 1> all({streams * n}, 1.0f);
    float* const p = all.data();
    bench::measure(state, {.bytes = static_cast<double>(moved * sizeof(float) * n)}, [&] {
#pragma GCC unroll 4
        for (std::size_t i = 0; i < n; i += reg::size) f([&](std::size_t s) { return p + s * n + i; });
    });
}

static reg at(const float* p) { return reg::load_aligned(p); }
static const reg a(1e-6f);

// Reads only: eight sums, each of its own stream.
static void read(benchmark::State& state, std::size_t total) {
    reg sum[8] = {};
    stream<8, 8>(state, total, [&](auto p) {
#pragma GCC unroll 8
        for (std::size_t s = 0; s < 8; ++s) sum[s] += at(p(s));
    });
    for (reg& s : sum) benchmark::DoNotOptimize(s);
}
// z = x + a y, the triad of STREAM (McCalpin, 1995).
static void triad(benchmark::State& state, std::size_t total) {
    stream<3, 3>(state, total, [](auto p) { xsimd::fma(a, at(p(1)), at(p(0))).store_aligned(p(2)); });
}
// The memory accesses of Adam for θ, m and v with a gradient: three streams read and written, one read.
static void update(benchmark::State& state, std::size_t total) {
    stream<4, 7>(state, total, [](auto p) {
        const reg g = at(p(0));
        for (std::size_t s : {1u, 2u, 3u}) xsimd::fma(a, g, at(p(s))).store_aligned(p(s));
    });
}

int main(int argc, char** argv) {
    const auto add = [](const std::string& name, double size, auto run) {
        for (int threads : {1, 2})
            benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
                run(state);
                state.counters["size"] = {size, benchmark::Counter::kAvgThreads};
            })->Threads(threads);
    };
    add("multiply_add", 0, multiply_add);
    const auto streams = [&](const std::string& level, double size, std::size_t total) {
        add("read/" + level, size, [=](auto& state) { read(state, total); });
        add("triad/" + level, size, [=](auto& state) { triad(state, total); });
        add("update/" + level, size, [=](auto& state) { update(state, total); });
    };
    std::size_t last = 1 << 25;
    for (const auto& cache : benchmark::CPUInfo::Get().caches) {
        if (cache.type == "Instruction") continue;
        last = static_cast<std::size_t>(cache.size);
        streams(std::string("L").append(std::to_string(cache.level)), static_cast<double>(last), last / 2);
    }
    streams("memory", 1e18, std::min<std::size_t>(8 * last, 1 << 29));  // much larger than any cache
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
