#pragma once
/// \file
/// What a trained network says: predictions, probabilities, classes, and how good they are. All const, so any number of
/// threads may ask the same network.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gradus/activations/sigmoid.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/core/dataset.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/rows.hpp"

namespace gradus {

/// A loss that judges classes.
template <class J, class Y, class Target>
concept judges = requires(const J& j, const Y& y_hat, const Target& y) { j.correct(y_hat, y, {}); };

/// What a network answers to a whole set.
struct score {
    double loss = 0;
    double accuracy = std::nan("");    ///< NaN: the loss judges no classes
    tensor<std::size_t, 2> confusion;  ///< (V, V), true class by predicted class; empty: the targets are no labels
};

namespace inference {

/// How many verdicts a loss gives on these targets: one per label, one per row of targets.
template <class Y>
[[nodiscard]] std::size_t judged(const Y& y) {
    return std::is_integral_v<scalar_of<Y>> ? y.size() : rows(y);
}

/// Rows that are run at once: enough for the products' speed, few enough for the cache.
inline constexpr std::size_t batch = 256;

/// Calls f(first, x of those rows, ŷ) for the whole of x, a batch at a time, in inference mode.
template <class Net, class X, class F>
void each_batch(const Net& net, const X& x, std::size_t batch_size, F&& f) {
    const std::size_t n = samples(x);
    pass<Net, X> p(net, x);
    p.training = false;
    const auto run = [&](std::size_t first, const X& part) { f(first, forward(net, part, p.cache, p.context())); };
    if (n <= batch_size) return run(0, x);  // an empty x too: the network says what is wrong with it
    X part;
    std::vector<std::size_t> which;
    for (std::size_t first = 0; first < n; first += batch_size) {
        which.resize(std::min(batch_size, n - first));
        for (std::size_t i = 0; i < which.size(); ++i) which[i] = first + i;
        gather(x, which, part);
        run(first, part);
    }
}

}  // namespace inference

/// ŷ = f(x; θ) in inference mode, for any number of rows.
/// Complexity: one forward, a batch at a time, so that the caches stay small; the result is allocated once.
/// \throws shape_error where the network does not take x, an empty one included.
template <class Net, class X>
[[nodiscard]] output_of<Net, X> predict(const Net& net, const X& x) {
    output_of<Net, X> out;
    inference::each_batch(net, x, inference::batch, [&](std::size_t first, const auto& y) {
        if (first == 0) {
            auto shape = y.shape();
            shape[0] = samples(x);
            reshape(out, shape);
        }
        std::copy_n(y.data(), y.size(), out.data() + first * (y.size() / y.shape()[0]));
    });
    return out;
}

/// Whether a network's last formula is a softmax or a sigmoid, so that its outputs are probabilities as they are.
template <class Net>
inline constexpr bool gives_probabilities = [] {
    if constexpr (requires { Net::gives_probabilities; })
        return bool(Net::gives_probabilities);
    else
        return false;
}();

/// Probabilities of the classes, (N, V). Of logits: softmax of a row; of a single logit: σ(z), the probability of class 1.
template <class Net, class X>
[[nodiscard]] output_of<Net, X> probabilities(const Net& net, const X& x) {
    auto p = predict(net, x);
    if constexpr (!gives_probabilities<Net>) {
        const std::size_t k = features(p);
        if (k == 1)
            kernels::map(p.size(), [](const auto& z) { return sigmoid::value(z); }, p.data(), p.data());
        else
            for (std::size_t r = 0; r < rows(p); ++r) kernels::softmax_row(p.data() + r * k, p.data() + r * k, k);
    }
    return p;
}

/// The most probable class of each row, (N); of a single output, 1 where its probability is at least ½.
/// \throws shape_error where the network does not take x.
template <class Net, class X>
[[nodiscard]] auto classes(const Net& net, const X& x) {
    const auto p = probabilities(net, x);
    using P = std::remove_const_t<decltype(p)>;
    const std::size_t k = features(p);
    tensor<std::int32_t, rank_of<P> - 1> out;
    reshape(out, p.shape());
    for (std::size_t r = 0; r < rows(p); ++r)
        out.data()[r] = static_cast<std::int32_t>(k == 1 ? p.data()[r] >= scalar_of<P>(0.5)
                                                         : kernels::argmax(p.data() + r * k, k));
    return out;
}

/// Share of labels that are met, of (N) with (N).
/// \throws data_error where their numbers differ, or there are none.
template <class A, class B>
[[nodiscard]] double accuracy(const A& predicted, const B& labels) {
    if (predicted.size() != labels.size() || labels.size() == 0)
        throw data_error("accuracy: " + std::to_string(predicted.size()) + " predictions for " +
                         std::to_string(labels.size()) + " labels");
    double n = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) n += predicted.data()[i] == labels.data()[i] ? 1 : 0;
    return n / static_cast<double>(labels.size());
}

/// Loss, accuracy and confusion matrix of a network on a set.
/// Complexity: one forward and one value of the loss, a batch at a time.
/// \throws shape_error, data_error where network, loss and data do not fit each other.
template <class Net, class J, class X, class Y>
[[nodiscard]] score evaluate(const Net& net, const J& loss, const dataset<X, Y>& data) {
    using Y_hat = output_of<Net, X>;
    typename J::template cache<Y_hat> cache;
    score s;
    double correct = 0;
    const auto n = static_cast<double>(data.size());
    Y part;
    std::vector<std::size_t> which;
    inference::each_batch(net, data.x, inference::batch, [&](std::size_t first, const auto& y_hat) {
        which.resize(y_hat.shape()[0]);
        for (std::size_t i = 0; i < which.size(); ++i) which[i] = first + i;
        gather(data.y, which, part);
        s.loss += loss.forward(y_hat, part, cache) * static_cast<double>(which.size()) / n;
        if constexpr (judges<J, Y_hat, Y>) correct += loss.correct(y_hat, part, {});
        if constexpr (judges<J, Y_hat, Y> && std::is_integral_v<scalar_of<Y>>) {
            const std::size_t k = features(y_hat);
            if (first == 0) s.confusion.resize({k, k}), s.confusion.fill(0);
            for (std::size_t r = 0; r < rows(y_hat); ++r)
                ++s.confusion(static_cast<std::size_t>(part.data()[r]), kernels::argmax(y_hat.data() + r * k, k));
        }
    });
    if constexpr (judges<J, Y_hat, Y>) s.accuracy = correct / static_cast<double>(inference::judged(data.y));
    return s;
}

}  // namespace gradus
