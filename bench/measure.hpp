#pragma once
/// \file
/// One workload under Google Benchmark, with what the table needs beside its time.

#include <benchmark/benchmark.h>

#include "allocations.hpp"

namespace bench {

/// What one iteration amounts to, by the textbook's count: whatever the algorithm really does.
struct work {
    double flops = 0;
    double bytes = 0;  ///< read and written, each once
    double steps = 1;  ///< training steps in one iteration
};

/// Times `step`. The first call, in which buffers get their sizes, is not timed.
template <class F>
void measure(benchmark::State& state, const work& w, F&& step) {
    step();
    const std::size_t before = allocations();
    for (auto _ : state) {
        step();
        benchmark::ClobberMemory();
    }
    const auto count = [&](const char* what, double each) {
        state.counters[what] = {each, benchmark::Counter::kAvgThreads};
    };
    count("allocations", static_cast<double>(allocations() - before) / static_cast<double>(state.iterations()));
    count("flops", w.flops);
    count("bytes", w.bytes);
    count("steps", w.steps);
}

}  // namespace bench
