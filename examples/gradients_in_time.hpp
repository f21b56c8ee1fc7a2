#pragma once
/// \file
/// How a gradient shrinks or grows when it is propagated back through time, with and without gates.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <gradus.hpp>
#include <gradus/data/sequences.hpp>
#include <gradus/data/series.hpp>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "options.hpp"

namespace example {

namespace gr = gradus;

using sequences = gr::tensor<float, 3>;  // (N, T, D)
using rows = gr::tensor<float, 2>;       // (N, D)
using series = gr::dataset<sequences, rows>;

inline constexpr double noise = 0.1;     // of all sines here
inline constexpr std::size_t far = 100;  // T of the long sequences

/// A recurrent layer that returns the last step only, and a linear layer: ŷ (N, 1) of x (N, T, D).
template <class Cell>
auto network(const Cell& cell) {
    return gr::sequential(gr::last_step(cell), gr::dense(cell.units(), 1));
}

/// Its recurrent layer without `last_step`: it returns h_t of every step, (N, T, H).
template <class Cell, class Dense>
const Cell& every_step(const gr::sequential<gr::last_step<Cell>, Dense>& net) {
    return net.template layer<0>();
}

/// The samples first, first + 1, ...
inline series some(const series& data, std::size_t first, std::size_t count) {
    std::vector<std::size_t> which(count);
    std::iota(which.begin(), which.end(), first);
    return gr::take(data, which);
}

// --- gradients that vanish -------------------------------------------------------------------------------------------

/// Noisy sines that begin with a mark, −1 or 1, which is the target.
///   x (N, T, 2): the sine, and the mark, 0 after the first step     y (N, 1): the mark
inline series marked(std::size_t samples, std::uint64_t seed) {
    constexpr std::size_t apart = 7;
    const auto s = gr::data::noisy_sine({.steps = samples * apart + far, .noise = noise, .seed = seed});
    const auto key = gr::random::mix(seed, "marks");
    sequences x({samples, far, 2}, 0);
    rows y({samples, 1});
    for (std::size_t n = 0; n < samples; ++n) {
        for (std::size_t t = 0; t < far; ++t) x(n, t, 0) = s(n * apart + t);
        x(n, 0, 1) = y(n, 0) = gr::random::uniform(key, n) < 0.5 ? -1.f : 1.f;
    }
    return {std::move(x), std::move(y)};
}

/// The remaining steps x, with the state before them.
inline gr::rnn_input<float> rest(sequences x, const gr::hidden_state<float>& s) { return {std::move(x), s.h}; }
inline gr::lstm_input<float> rest(sequences x, const gr::lstm_state<float>& s) { return {std::move(x), s.h, s.c}; }

/// How much J depends on the state k steps before the end: ‖∂J/∂h_{T−k}‖, k = 1 ... T, relative to k = 1; for an LSTM,
/// of h and c. The state is passed in as a part of the input, so backward returns its gradient as a part of dx.
template <class Net>
std::vector<double> gradient_norms(const Net& net, const series& data) {
    const std::size_t N = data.size(), D = data.x.shape()[2];
    const auto& cell = every_step(net);
    auto state = cell.step(rows({N, D}, 0));
    state.each([](std::string_view, auto& s) { s.fill(0); }, state);     // h_0 = 0
    std::vector<double> norms(far);
    for (std::size_t t = 0; t < far; ++t) {
        sequences x({N, far - t, D});
        rows x_t({N, D});
        for (std::size_t n = 0; n < N; ++n) {
            std::copy_n(&data.x(n, t, 0), (far - t) * D, &x(n, 0, 0));
            std::copy_n(&data.x(n, t, 0), D, &x_t(n, 0));
        }
        const auto in = rest(std::move(x), state);
        gr::pass pass(net, in);
        gr::gradients grad(net);
        pass.input_gradient = true;
        const auto dy = gr::mse{}.gradient(net.forward(in, pass), data.y);
        const auto& dx = net.backward(in, dy, pass, grad);               // ∂J/∂x, ∂J/∂h_t, ∂J/∂c_t
        double squared = 0;
        const auto add = [&](std::string_view name, const auto& d) {
            if (name != "x") squared += gr::sum_of_squares(d.data(), d.size());
        };
        dx.each(add, dx);
        norms[far - 1 - t] = std::sqrt(squared);
        state = cell.step(x_t, state);                                   // h_{t+1}, c_{t+1}
    }
    const double nearest = norms[0];
    for (double& norm : norms) norm /= nearest;
    return norms;
}

struct memory {
    std::string name, key;
    std::vector<double> norms;  // before training
    double loss;                // on new marks, after training
};

/// One row of the table: the gradient at the first step before training, and whether training learns the mark.
template <class Cell>
memory remember(const options& o, const char* name, const char* key, const Cell& cell, const series& data,
                std::size_t epochs) {
    auto net = network(cell);
    const auto norms = gradient_norms(net, some(data, 0, 64));
    gr::fit(net, gr::mse{}, gr::adam{.learning_rate = 0.005}, data,
            {.epochs = epochs, .batch_size = 64, .clip_norm = 1, .progress = gr::show::never});
    const double loss = gr::evaluate(net, gr::mse{}, marked(512, 2)).loss;
    o.say("%8.0e %8.0e %8.0e   %8.4f   %s\n", norms[9], norms[29], norms[far - 1], loss, name);
    return {name, key, norms, loss};
}

/// A GRU whose z is initially close to 1, so that h = (1 − z) ∘ n + z ∘ h′ keeps h′: the counterpart of an LSTM's b_f.
template <class Cell>
Cell opened(Cell cell, float b_z) {
    const std::size_t H = cell.units();
    std::fill_n(cell.theta.b.data() + H, H, b_z);  // the gates are in the order r z n
    return cell;
}

// --- gradients that explode ------------------------------------------------------------------------------------------

struct explosion {
    std::string name, key;
    std::vector<double> loss, norm;
    double saturated = 0;  // share of all |h| above 0.99 at the end
};

/// One row of the table: an RNN with U = gain · Q, Q orthogonal, is trained to forecast, each step on new windows of
/// 100 steps. Gradients with a norm above `limit` are clipped to it; 0: no clipping.
template <class Options>
explosion explode(const options& o, const char* name, const char* key, double gain, const Options& how, double limit) {
    constexpr std::size_t batch = 64, H = 32;
    const auto s = gr::data::noisy_sine({.steps = o.epochs * batch + far, .noise = noise, .seed = 3});
    const auto data = gr::data::windows(s, far);
    gr::seed(o.seed);
    auto net = network(gr::rnn(1, H, gr::tanh{}, {}, gr::glorot_uniform{}, gr::orthogonal{.gain = gain}));
    const gr::mse J;
    auto descend = gr::optimizer(net, how);
    gr::pass pass(net);
    gr::gradients grad(net);
    explosion e{name, key, {}, {}};
    for (std::size_t i = 0; i < o.epochs && (i == 0 || std::isfinite(e.loss.back())); ++i) {
        const auto [x, y] = some(data, i * batch, batch);
        const auto& y_hat = net.forward(x, pass);                        // ŷ = f(x; θ)
        e.loss.push_back(J.value(y_hat, y));
        net.backward(x, J.gradient(y_hat, y), pass, grad);               // ∇J(θ)
        e.norm.push_back(limit > 0 ? gr::clip_norm(grad, limit)          // ∇J ← min(1, c / ‖∇J‖) ∇J
                                   : gr::global_norm(grad));             // ‖∇J‖
        descend(net, grad);                                              // θ ← θ − α ∇J(θ)
    }
    const auto h = gr::predict(every_step(net), some(data, 0, batch).x);
    for (float v : h) e.saturated += std::abs(v) > 0.99f ? 1 / static_cast<double>(h.size()) : 0;
    const double largest = *std::max_element(e.norm.begin(), e.norm.end());
    o.say("%7.1f %9.1e %9.4f %6.0f %%      %s\n", e.norm[0], largest, e.loss.back(), 100 * e.saturated, name);
    return e;
}

}  // namespace example
