// The documents' networks: a training step, inference, and training by `gr::fit`.
//   networks exchange FOLDER    writes the initial values and the expected results for a peer, as .npz
#include <algorithm>
#include <gradus.hpp>
#include <string>
#include <vector>

#include "networks.hpp"

namespace gr = gradus;
using bench::exchange, bench::infer, bench::train;

namespace {

/// gr::fit as users call it, including shuffling and gathering; the time is the one in the history.
template <class W>
void fit(benchmark::State& state, W w, std::size_t threads) {
    const std::size_t n = w.x[0].shape()[0], steps = 4096 / n;
    const auto epochs = static_cast<std::size_t>(4e10 / w.training_flops) / steps + 1;  // at least a fifth of a second
    auto shape = w.x[0].shape();
    shape[0] = 4096;
    gr::dataset data(decltype(w.x)::value_type::from_shape(shape), bench::labels::from_shape({4096}));
    for (std::size_t step = 0; step < steps; ++step) {
        const auto& x = w.x[step % w.x.size()];
        const auto& y = w.y[step % w.y.size()];
        std::copy_n(x.data(), x.size(), data.x.data() + step * x.size());
        std::copy_n(y.data(), n, data.y.data() + step * n);
    }
    for (auto _ : state) {
        gr::optimizer descend(w.net, w.options);
        state.SetIterationTime(
            gr::fit(w.net, w.loss, descend, data, {.epochs = epochs, .batch_size = n, .threads = threads}).seconds);
    }
    state.counters["flops"] = w.training_flops * static_cast<double>(steps * epochs);
    state.counters["steps"] = static_cast<double>(steps * epochs);
}

}  // namespace

int main(int argc, char** argv) {
    using bench::cnn, bench::mlp, bench::two_layer;
    if (argc == 3 && argv[1] == std::string("exchange")) {
        exchange(argv[2], two_layer());
        for (std::size_t n : {32u, 128u}) exchange(argv[2], mlp(n)), exchange(argv[2], cnn(n));
        return 0;
    }
    const auto add = [](const std::string& name, auto run) { return benchmark::RegisterBenchmark(name.c_str(), run); };
    const auto add_network = [&](auto network, std::initializer_list<std::size_t> batches,
                                 std::initializer_list<std::size_t> fit_batches) {
        for (std::size_t n : batches) {
            const std::string name = network(n).name;
            add("train/" + name, [=](auto& s) { train(s, network(n)); });
            add("infer/" + name, [=](auto& s) { infer(s, network(n), 1); });
            add("infer/" + name + "/2", [=](auto& s) { infer(s, network(n), 2); });
        }
        for (std::size_t n : fit_batches)
            for (std::size_t threads : {1u, 2u})
                add("fit/" + network(n).name + "/" + std::to_string(threads), [=](auto& s) {
                    fit(s, network(n), threads);
                })->UseManualTime();
    };
    add("train/two_layer/4", [](auto& s) { train(s, two_layer()); });
    add_network([](std::size_t n) { return mlp(n); }, {32, 128}, {128, 512});
    add_network([](std::size_t n) { return cnn(n); }, {32, 128}, {32, 128});
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
