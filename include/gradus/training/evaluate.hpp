#pragma once
/// \file
/// What a trained network says: predictions, probabilities, classes, and how good they are. All const, so any number of
/// threads may ask the same network.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gradus/activations/sigmoid.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/core/dataset.hpp"
#include "gradus/core/state.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"
#include "gradus/training/metrics.hpp"

namespace gradus {

/// A loss that judges classes.
template <class J, class Y, class Target>
concept judges = requires(const J& j, const Y& y_hat, const Target& y, const normalizer& by) { j.correct(y_hat, y, by); };

/// What a network answers to a whole set.
struct score {
    double loss = 0;
    double accuracy = std::nan("");    ///< NaN: the loss judges no classes
    tensor<std::size_t, 2> confusion;  ///< (V, V), true class by predicted class; empty: the targets are no labels
};

/// How `evaluate` goes through the data: `{.stateful = true, .batch_size = 32}`.
struct evaluate_options {
    bool stateful = false;         ///< row r of a batch goes on where row r of the last one ended, from zeros
    std::size_t batch_size = 256;  ///< rows at once: enough for the products' speed, few enough for the cache
};

namespace inference {

/// \throws data_error
[[gnu::noinline]] inline void require_even_batches(std::string_view who, std::string_view what, std::size_t samples, std::size_t batch_size) {
    if (samples % batch_size != 0)
        throw data_error(message({who, ": stateful needs batches of one size: batch_size = ", batch_size, " does not divide ", samples, " ", what}));
}
/// \throws data_error
[[gnu::noinline]] inline void require_rows(std::string_view who, std::size_t samples, const tensor<bool, 2>* mask) {
    if (mask != nullptr && mask->size() != 0 && mask->shape()[0] != samples)
        throw data_error(message({who, ": x has ", samples, " rows, the mask is ", mask->shape()}));
}
[[noreturn, gnu::noinline]] inline void refuse_stateless(std::string_view who) {
    throw data_error(message({who, ": stateful, but no layer of the network has a state"}));
}

/// The mask (N, T) of sequences, as far as it is one of ŷ's rows: null where the network has given up the steps, and each
/// sample counts.
template <class Net>
[[nodiscard]] const tensor<bool, 2>* mask_of(const tensor<bool, 2>* mask) {
    return ends_sequences<Net> ? nullptr : mask;
}

/// Rows that a mask leaves.
template <class Y>
[[nodiscard]] double counted_rows(const Y& y_hat, const tensor<bool, 2>* mask) {
    return static_cast<double>(mask == nullptr ? rows(y_hat) : static_cast<std::size_t>(std::ranges::count(flat(*mask), true)));
}

/// Calls f(which rows, mask of ŷ, ŷ) for the whole of x, a batch at a time, in inference mode. Compiled once for a network,
/// whoever asks: f comes as a pointer and its object.
template <class Net, class X>
void each_batch(const Net& net, const X& x, const tensor<bool, 2>* mask, const evaluate_options& o, void* object,
                void (*f)(void*, std::span<const std::size_t>, const tensor<bool, 2>*, const output_of<Net, X>&)) {
    const std::size_t n = samples(x);
    pass<Net, X> p(net, x);
    p.training = false;
    X part;
    std::vector<std::size_t> which;
    if (o.stateful && !has_state(net, p)) refuse_stateless("evaluate");
    for (std::size_t first = 0; first < n || first == 0; first += o.batch_size) {  // an empty x too: the network says what is wrong
        which.resize(std::min(o.batch_size, n - first));
        for (std::size_t i = 0; i < which.size(); ++i) which[i] = first + i;
        const bool all = which.size() == n;
        if (!all) gather(x, which, part);
        if (mask != nullptr && mask->size() != 0) gather(*mask, which, p.mask);
        p.first_row = first;
        if (o.stateful) carry_state(net, p);
        const context ctx = p.context();
        const auto& y_hat = forward(net, all ? x : part, p.cache, ctx);
        f(object, which, mask_of<Net>(ctx.mask), y_hat);
    }
}
template <class Net, class X, class F>
void each_batch(const Net& net, const X& x, const tensor<bool, 2>* mask, const evaluate_options& o, F f) {
    each_batch(net, x, mask, o, &f,
               [](void* object, std::span<const std::size_t> which, const tensor<bool, 2>* part_mask,
                  const output_of<Net, X>& y_hat) { (*static_cast<F*>(object))(which, part_mask, y_hat); });
}

}  // namespace inference

/// ŷ = f(x; θ) in inference mode, for any number of rows. A mask (N, T) says where sequences hold data.
/// Complexity: one forward, a batch at a time, so that the caches stay small; the result is allocated once.
/// \throws shape_error where the network does not take x, an empty one included; data_error for a mask of other rows.
template <class Net, class X>
[[nodiscard]] auto predict(const Net& net, const X& x, const tensor<bool, 2>* mask = nullptr) {
    output_of<Net, X> out;
    inference::require_rows("predict", samples(x), mask);
    inference::each_batch(net, x, mask, {}, [&](std::span<const std::size_t> which, const tensor<bool, 2>*, const auto& y) {
        if (out.size() == 0) {
            auto shape = y.shape();
            shape[0] = samples(x);
            reshape(out, shape);
        }
        std::copy_n(y.data(), y.size(), out.data() + (which.empty() ? 0 : which[0] * (y.size() / which.size())));
    });
    return out;
}
/// Of a dataset's x, with its mask.
template <class Net, class X, class Y>
[[nodiscard]] auto predict(const Net& net, const dataset<X, Y>& data) {
    return predict(net, data.x, &data.mask);
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
/// Mask and errors as in `predict`.
template <class Net, class X>
[[nodiscard]] auto probabilities(const Net& net, const X& x, const tensor<bool, 2>* mask = nullptr) {
    auto p = predict(net, x, mask);
    if constexpr (!gives_probabilities<Net>) {
        const std::size_t k = features(p);
        if (k == 1)
            kernels::map(p.size(), [](const auto& z) { return sigmoid::value(z); }, p.data(), p.data());
        else
            for (std::size_t r = 0; r < rows(p); ++r) kernels::softmax_row(p.data() + r * k, p.data() + r * k, k);
    }
    return p;
}
/// Of a dataset's x, with its mask.
template <class Net, class X, class Y>
[[nodiscard]] auto probabilities(const Net& net, const dataset<X, Y>& data) {
    return probabilities(net, data.x, &data.mask);
}

/// The most probable class of each row, (N); of a single output, 1 where its probability is at least ½. Mask and
/// errors as in `predict`.
template <class Net, class X>
[[nodiscard]] auto classes(const Net& net, const X& x, const tensor<bool, 2>* mask = nullptr) {
    const auto p = probabilities(net, x, mask);
    using P = std::remove_const_t<decltype(p)>;
    const std::size_t k = features(p);
    tensor<std::int32_t, rank_of<P> - 1> out;
    reshape(out, p.shape());
    for (std::size_t r = 0; r < rows(p); ++r)
        out.data()[r] = static_cast<std::int32_t>(k == 1 ? p.data()[r] >= scalar_of<P>(0.5)
                                                         : kernels::argmax(p.data() + r * k, k));
    return out;
}
/// Of a dataset's x, with its mask.
template <class Net, class X, class Y>
[[nodiscard]] auto classes(const Net& net, const dataset<X, Y>& data) {
    return classes(net, data.x, &data.mask);
}

/// Share of labels that are met, of (N) with (N), or (N, T) with (N, T) where the mask has data.
/// \throws data_error where their numbers differ, or there are none.
template <class A, class B>
[[nodiscard]] double accuracy(const A& predicted, const B& labels, const tensor<bool, 2>* mask = nullptr) {
    if (predicted.size() != labels.size() || labels.size() == 0)
        throw data_error(message({"accuracy: ", predicted.size(), " predictions for ", labels.size(), " labels"}));
    const metric::places there("accuracy", mask, labels.size());
    double n = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) n += there[i] && predicted.data()[i] == labels.data()[i] ? 1 : 0;
    return n / there.count();
}

/// Loss, accuracy and confusion matrix of a network on a set. Its mask and weights count in the loss as they do in `fit`;
/// accuracy and confusion matrix count each row that the mask leaves once, whatever it weighs.
/// Where a network gives up the steps of sequences, (N, T, D) to (N, V), every sample counts: the mask is its layers' alone.
/// Stateful as in `fit`, the batch size that of the chunks' layout.
/// Complexity: one forward and one value of the loss, a batch at a time.
/// \throws shape_error, data_error where network, loss and data do not fit each other.
template <class Net, class J, class X, class Y>
[[nodiscard]] score evaluate(const Net& net, const J& loss, const dataset<X, Y>& data, const evaluate_options& o = {}) {
    using Y_hat = output_of<Net, X>;
    static_assert(is_target<J, Y_hat, Y>);
    data.check();
    if (o.batch_size == 0) throw data_error("evaluate: batch_size must be at least 1, got 0");
    if (o.stateful) inference::require_even_batches("evaluate", "samples", data.size(), o.batch_size);
    typename J::template cache<Y_hat> cache;
    score s;
    double sum = 0, count = 0, correct = 0, judged = 0;
    Y part;
    std::vector<double> weights;
    inference::each_batch(net, data.x, &data.mask, o, [&](std::span<const std::size_t> which, const tensor<bool, 2>* mask, const auto& y_hat) {
        gather(data.y, which, part);
        gather(data.weights, which, weights);
        const normalizer by{1, mask, weights};
        sum += loss.forward(y_hat, part, cache, by);
        count += loss.count(y_hat, part, by);
        if constexpr (judges<J, Y_hat, Y>) {
            correct += loss.correct(y_hat, part, by);
            judged += inference::counted_rows(y_hat, mask);
        }
        if constexpr (judges<J, Y_hat, Y> && std::is_integral_v<scalar_of<Y>> && rank_of<Y> + 1 == rank_of<Y_hat>) {
            const std::size_t k = features(y_hat);
            if (s.confusion.size() == 0) reshape(s.confusion, std::array{k, k}), s.confusion.fill(0);
            for (std::size_t r = 0; r < rows(y_hat); ++r)
                if (const auto label = static_cast<std::size_t>(part.data()[r]);  // what weighs nothing may have any
                    label < k && (mask == nullptr || flat(*mask)[r]))
                    ++s.confusion(label, kernels::argmax(y_hat.data() + r * k, k));
        }
    });
    if (!(count > 0)) throw data_error("evaluate: the mask, or the weights, leave nothing to judge");
    s.loss = losses::reduced(loss, sum, count);
    if constexpr (judges<J, Y_hat, Y>) s.accuracy = correct / judged;
    return s;
}

}  // namespace gradus
