#pragma once
/// \file
/// The measurements of each workload, a training step and inference, and the files for a peer.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gradus/io/npz.hpp"
#include "measure.hpp"
#include "workloads.hpp"

namespace bench {

template <class W>
void train(benchmark::State& state, trainer<W>& t) {
    measure(state, {.flops = t.w.training_flops}, [&] { benchmark::DoNotOptimize(t.step()); });
}
template <class W>
void train(benchmark::State& state, W w) {
    trainer t{std::move(w)};
    train(state, t);
}

/// Each thread has its own batches and its own pass; they share the network.
template <class W>
void infer(benchmark::State& state, const W& w, std::size_t threads) {
    gr::workers team(threads);
    gr::pass pass(w.net);
    pass.training = false;
    std::vector passes(threads, pass);
    const auto times = static_cast<double>(threads);
    std::size_t b = 0;
    measure(state, {.flops = times * w.inference_flops, .steps = times}, [&] {
        team.run([&](std::size_t k) {
            benchmark::DoNotOptimize(w.net.forward(w.x[(b + k) % w.x.size()], passes[k]).data());
        });
        b += threads;
    });
}

/// Writes FOLDER/name_of_w.npz for a peer: before/..., x, y; after `steps` steps: after/..., losses; and ŷ of the first
/// batch before training.
template <class W>
void exchange(const std::string& folder, W w, int steps = 10) {
    std::string file = w.name;
    std::ranges::replace(file, '/', '_');
    gr::io::npz_writer out(folder + "/" + file + ".npz");
    const auto add_all = [&](const std::string& when, const auto& net) {
        gr::each([&](const gr::entry& e, const auto& p) { out.add(when + "/" + e.path(), p); }, net);
    };
    for (std::size_t b = 0; b < w.x.size(); ++b) {
        out.add("x/" + std::to_string(b), w.x[b]);
        out.add("y/" + std::to_string(b), w.y[b]);
    }
    out.add("y_hat", gr::predict(w.net, w.x[0]));
    add_all("before", w.net);
    trainer t{std::move(w)};
    std::vector<double> losses;
    for (int k = 0; k < steps; ++k) losses.push_back(t.step());
    add_all("after", t.w.net);
    out.add("losses", {losses.size()}, losses);
    out.close();
}

}  // namespace bench
