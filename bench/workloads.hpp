#pragma once
/// \file
/// The documents' networks as workloads: with their batches, their loss and their training.

#include <cstdint>
#include <gradus.hpp>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace gr = gradus;

using rows = gr::tensor<float, 2>;
using sequences = gr::tensor<float, 3>;
using images = gr::tensor<float, 4>;
using labels = gr::tensor<std::int32_t, 1>;

/// A network, its training, and the batches that it is trained on in turn. The batches are in memory before timing;
/// there are several, so that a step does not find its batch in the nearest cache, which would be unrealistic.
template <class Net, class J, class Options, class X, class Y>
struct workload {
    std::string name;
    double training_flops, inference_flops;  // of a batch
    Net net;
    J loss;
    Options options;
    std::vector<X> x;
    std::vector<Y> y;
};
template <class Net, class J, class Options, class X, class Y>
workload(std::string, double, double, Net, J, Options, std::vector<X>, std::vector<Y>)
    -> workload<Net, J, Options, X, Y>;

/// documents/000: 2-3-1 on the four samples of XOR.
inline auto two_layer() {
    gr::seed(7);
    return workload{"two_layer/4",
                    4 * (3 * 2 * 9.0 - 2 * 6.0),  // forward, dW and dx of 9 weights, without dx of the first layer's 6
                    4 * 2 * 9.0,
                    gr::sequential(gr::dense(2, 3, gr::sigmoid{}, gr::normal{0, 0.1}),
                                   gr::dense(3, 1, gr::identity{}, gr::normal{0, 0.1})),
                    gr::mse{},
                    gr::gradient_descent{.learning_rate = 0.01},
                    std::vector<rows>{{{0, 0}, {0, 1}, {1, 0}, {1, 1}}},
                    std::vector<rows>{{{0}, {1}, {1}, {0}}}};
}

/// Random pixels and labels: their values do not change the time.
template <class X>
std::pair<std::vector<X>, std::vector<labels>> drawn_batches(typename X::shape_type shape, std::uint64_t count = 16) {
    std::pair<std::vector<X>, std::vector<labels>> drawn;
    for (std::uint64_t b = 0; b < count; ++b) {
        auto& x = drawn.first.emplace_back(X::from_shape(shape));
        auto& y = drawn.second.emplace_back(labels::from_shape({shape[0]}));
        for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(gr::random::uniform(b, i, 0));
        for (std::size_t i = 0; i < y.size(); ++i) y(i) = static_cast<std::int32_t>(10 * gr::random::uniform(b, i, 1));
    }
    return drawn;
}

/// documents/002: 784-128-128-10.
inline auto mlp(std::size_t n) {
    gr::seed(7);
    auto [x, y] = drawn_batches<rows>({n, 784});
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

/// documents/001: the CNN for MNIST, with the value of Keras's ε, but in the form that PyTorch has too.
inline auto cnn(std::size_t n) {
    gr::seed(7);
    auto [x, y] = drawn_batches<images>({n, 28, 28, 1});
    return workload{
        "cnn/" + std::to_string(n),
        14.779e6 * static_cast<double>(n),
        5.056e6 * static_cast<double>(n),
        gr::sequential(gr::conv2d(1, 32, 3, gr::relu{}), gr::max_pool2d(2), gr::conv2d(32, 64, 3, gr::relu{}),
                       gr::max_pool2d(2), gr::flatten{}, gr::dense(1600, 64, gr::relu{}), gr::dense(64, 10)),
        gr::cross_entropy{},
        gr::adam{.epsilon = 1e-7},
        std::move(x),
        std::move(y)};
}

/// A sequence of rows, as documents/001 reads images: a layer of recurrent cells, 28 → H, over T steps, and a dense
/// layer on its last state.
struct sequence_sizes {
    std::size_t units = 128, steps = 28, batch = 32;
    std::uint64_t batches = 16;
};
template <class L>
auto recurrent(std::string name, double gates, L layer, const sequence_sizes& s) {
    const auto H = static_cast<double>(s.units),
               z = gates * H * static_cast<double>(s.batch * s.steps);  // number of values in z
    auto [x, y] = drawn_batches<sequences>({s.batch, s.steps, 28}, s.batches);
    return workload{std::move(name),
                    2 * z * (2 * 28 + 3 * H),  // xW, hU, dW, dU, dz Uᵀ
                    2 * z * (28 + H),
                    gr::sequential(gr::last_step(std::move(layer)), gr::dense(s.units, 10)),
                    gr::cross_entropy{},
                    gr::adam{},
                    std::move(x),
                    std::move(y)};
}
/// U is not orthogonal here, since an orthogonal one of 512 units takes a second to draw.
inline auto rnn(const std::string& name, const sequence_sizes& s) {
    gr::seed(7);
    return recurrent(name, 1, gr::rnn(28, s.units, gr::tanh{}, {}, gr::glorot_uniform{}, gr::glorot_uniform{}), s);
}
inline auto lstm(const std::string& name, const sequence_sizes& s) {
    gr::seed(7);
    return recurrent(name, 4, gr::lstm(28, s.units, {}, gr::glorot_uniform{}, gr::glorot_uniform{}), s);
}
inline auto gru(const std::string& name, const sequence_sizes& s) {
    gr::seed(7);
    return recurrent(name, 3, gr::gru(28, s.units, {}, gr::glorot_uniform{}, gr::glorot_uniform{}), s);
}

/// The whole step of the textbook. The loss has a cache, so nothing is allocated.
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

}  // namespace bench
