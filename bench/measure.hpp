#pragma once
/// \file
/// Runs one workload in Google Benchmark, with the counters that the table needs in addition to the time.

#include <benchmark/benchmark.h>

#include "allocations.hpp"

namespace bench {

/// The work of one iteration as in the textbook, whatever the algorithm really does.
struct work {
    double flops = 0;
    double bytes = 0;  ///< each value that is read or written counts once
    double steps = 1;  ///< training steps in one iteration
};

/// Times `step`. The first call, which allocates the buffers, is not timed.
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
