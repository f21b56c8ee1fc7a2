// The documents' two networks as workloads: a training step, inference, and training as `gr::fit` does it.
//   networks exchange FOLDER    writes initial parameters, batches and what ten steps make of them, as .npz for a peer
#include <cstdio>
#include <gradus.hpp>
#include <string>
#include <vector>

#include "gradus/io/npz.hpp"
#include "measure.hpp"

namespace gr = gradus;

namespace {

using rows = gr::tensor<float, 2>;
using labels = gr::tensor<std::int32_t, 1>;

/// A network, how it is trained, and the batches that it is trained on, one after the other. The batches stand ready in
/// memory; there are several, so that a step finds its batch as in life, not in the nearest cache.
template <class Net, class J, class Options, class Y>
struct workload {
    std::string name;
    double training_flops, inference_flops;  // of a batch
    Net net;
    J loss;
    Options options;
    std::vector<rows> x;
    std::vector<Y> y;
};
template <class Net, class J, class Options, class Y>
workload(std::string, double, double, Net, J, Options, std::vector<rows>, std::vector<Y>)
    -> workload<Net, J, Options, Y>;

/// documents/000: 2-3-1 on the four samples of XOR.
auto two_layer() {
    gr::seed(7);
    return workload{"two_layer/4",
                    4 * (3 * 2 * 9.0 - 2 * 6.0),  // forward, dW and dx of 9 weights, but no dx of the first layer's 6
                    4 * 2 * 9.0,
                    gr::sequential(gr::dense(2, 3, gr::sigmoid{}, gr::normal{0, 0.1}),
                                   gr::dense(3, 1, gr::identity{}, gr::normal{0, 0.1})),
                    gr::mse{},
                    gr::gradient_descent{.learning_rate = 0.01},
                    std::vector<rows>{{{0, 0}, {0, 1}, {1, 0}, {1, 1}}},
                    std::vector<rows>{{{0}, {1}, {1}, {0}}}};
}

/// documents/002: 784-128-128-10. Pixels and labels are drawn: what they are does not change the time.
auto mlp(std::size_t n) {
    gr::seed(7);
    std::vector<rows> x(16);
    std::vector<labels> y(16);
    for (std::size_t b = 0; b < x.size(); ++b) {
        x[b].resize({n, 784});
        y[b].resize({n});
        for (std::size_t i = 0; i < x[b].size(); ++i) x[b].data()[i] = static_cast<float>(gr::random::uniform(b, i, 0));
        for (std::size_t i = 0; i < n; ++i) y[b](i) = static_cast<std::int32_t>(10 * gr::random::uniform(b, i, 1));
    }
    return workload{
        "mlp/" + std::to_string(n),
        507.4e3 * static_cast<double>(n),
        2 * 118016.0 * static_cast<double>(n),
        gr::sequential(gr::dense(784, 128, gr::relu{}), gr::dense(128, 128, gr::relu{}), gr::dense(128, 10)),
        gr::cross_entropy{},
        gr::adam{},
        std::move(x),
        std::move(y)};
}

/// The whole step of the textbook. The loss keeps a cache, so nothing is allocated.
template <class W>
struct trainer {
    W w;
    gr::optimizer<decltype(w.net), decltype(w.options)> descend{w.net, w.options};
    gr::pass<decltype(w.net)> pass{w.net};
    gr::gradients<decltype(w.net)> grad{w.net};
    typename decltype(w.loss)::template cache<rows> cache{};

    double step() {
        const std::size_t b = descend.t % w.x.size();
        const auto& y_hat = w.net.forward(w.x[b], pass);                            // ŷ = f(x; θ)
        const double J = w.loss.forward(y_hat, w.y[b], cache);                      // J(ŷ, y)
        w.net.backward(w.x[b], w.loss.backward(y_hat, w.y[b], cache), pass, grad);  // ∇J(θ)
        descend(w.net, grad);                                                       // θ ← θ'
        return J;
    }
};
template <class W>
trainer(W) -> trainer<W>;

template <class W>
void train(benchmark::State& state, W w) {
    const bench::work work{.flops = w.training_flops};
    trainer t{std::move(w)};
    bench::measure(state, work, [&] { benchmark::DoNotOptimize(t.step()); });
}

template <class W>
void infer(benchmark::State& state, const W& w) {
    gr::pass pass(w.net);
    pass.training = false;
    std::size_t b = 0;
    bench::measure(state, {.flops = w.inference_flops}, [&] {
        benchmark::DoNotOptimize(w.net.forward(w.x[b], pass).data());
        b = (b + 1) % w.x.size();
    });
}

/// gr::fit as users call it, with its shuffling and gathering; the time is the history's.
template <class W>
void fit(benchmark::State& state, W w, std::size_t threads) {
    const std::size_t n = w.x[0].shape()[0], steps = 4096 / n, epochs = 512 / steps + 1;
    gr::dataset data(rows::from_shape({4096, 784}), labels::from_shape({4096}));
    for (std::size_t i = 0; i < data.x.size(); ++i)
        data.x.data()[i] = w.x[(i / w.x[0].size()) % w.x.size()].data()[i % w.x[0].size()];
    for (std::size_t i = 0; i < data.y.size(); ++i) data.y(i) = w.y[(i / n) % w.y.size()](i % n);
    for (auto _ : state) {
        gr::optimizer descend(w.net, w.options);
        state.SetIterationTime(
            gr::fit(w.net, w.loss, descend, data, {.epochs = epochs, .batch_size = n, .threads = threads}).seconds);
    }
    state.counters["flops"] = w.training_flops * static_cast<double>(steps * epochs);
    state.counters["steps"] = static_cast<double>(steps * epochs);
}

/// before/..., x, y; after ten steps: after/..., losses; and ŷ of the first batch before all.
template <class W>
void exchange(const std::string& folder, W w) {
    std::string file = w.name;
    file.replace(file.find('/'), 1, "_");
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
    for (int k = 0; k < 10; ++k) losses.push_back(t.step());
    add_all("after", t.w.net);
    out.add("losses", {losses.size()}, losses);
    out.close();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && argv[1] == std::string("exchange")) {
        exchange(argv[2], two_layer());
        exchange(argv[2], mlp(32));
        exchange(argv[2], mlp(128));
        return 0;
    }
    const auto add = [](std::string name, auto run) { return benchmark::RegisterBenchmark(name.c_str(), run); };
    add("train/two_layer/4", [](auto& s) { train(s, two_layer()); });
    for (std::size_t n : {32u, 128u}) {
        add("train/mlp/" + std::to_string(n), [n](auto& s) { train(s, mlp(n)); });
        add("infer/mlp/" + std::to_string(n), [n](auto& s) { infer(s, mlp(n)); });
    }
    for (std::size_t n : {128u, 512u})
        for (std::size_t threads : {1u, 2u})
            add("fit/mlp/" + std::to_string(n) + "/" + std::to_string(threads), [n, threads](auto& s) {
                fit(s, mlp(n), threads);
            })->UseManualTime();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
