#pragma once
/// \file
/// What a trained network says: predictions, probabilities, classes, and how good they are. All const, so any number of
/// threads may ask the same network.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "gradus/activations/sigmoid.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"
#include "gradus/metrics/classification.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/training/batch.hpp"
#include "gradus/training/share.hpp"

namespace gradus {

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

namespace training {

/// (V, V), true class by predicted class, with the rows of these outputs added.
GRADUS_ONCE void count_classes(tensor<std::size_t, 2>& confusion, const batch_outputs& out);

/// Loss, accuracy and, where it is asked for and the targets are labels, the confusion matrix. Compiled once, whatever the network.
GRADUS_ONCE [[nodiscard]] score evaluate(batch_forward& rows, const loss_facts& loss, std::size_t samples,
                                                   const evaluate_options& o, bool confusion = false);

#if GRADUS_BODIES_OF(training)

GRADUS_BODY void count_classes(tensor<std::size_t, 2>& confusion, const batch_outputs& out) {
    const std::size_t k = out.y_hat.shape().back();
    if (confusion.size() == 0) {
        reshape(confusion, std::array{k, k});
        confusion.fill(0);
    }
    for (std::size_t r = 0; r < out.y.size(); ++r) {
        const double label = out.y.number(r);  // what weighs nothing may have any
        if (!(label >= 0 && label < static_cast<double>(k)) || (out.mask != nullptr && !flat(*out.mask)[r])) continue;
        with_scalar(out.y_hat.type(), [&]<class T>(T) {
            const T* const row = out.y_hat.as<T>().data() + r * k;
            ++confusion(static_cast<std::size_t>(label), kernels::argmax(row, k));
        });
    }
}

GRADUS_BODY score evaluate(batch_forward& rows, const loss_facts& loss, std::size_t samples,
                                                   const evaluate_options& o, bool confusion) {
    if (o.stateful) {
        if (!rows.has_state()) refuse_stateless("evaluate");
        rows.forget_state();
    }
    score s;
    batch_totals totals;
    each_batch(samples, o.batch_size, [&](batch_rows batch) {
        batch.stateful = o.stateful;
        totals += rows.forward(batch);
        if (!confusion || !loss.judges) return;
        const batch_outputs out = rows.outputs();
        if (!out.y.type().is_floating() && out.y.shape().size() + 1 == out.y_hat.shape().size())
            count_classes(s.confusion, out);
    });
    if (!(totals.count > 0)) throw data_error("evaluate: the mask, or the weights, leave nothing to judge");
    s.loss = loss.reduced(totals.loss, totals.count);
    if (loss.judges) s.accuracy = totals.correct / totals.judged;
    return s;
}

#endif

}  // namespace training

/// ŷ = f(x; θ) in inference mode, for any number of rows. A mask (N, T) says where sequences hold data.
/// Complexity: one forward, a batch at a time, so that the caches stay small; the result is allocated once.
/// \throws shape_error where the network does not take x, an empty one included; data_error for a mask of other rows.
template <class Net, class X>
[[nodiscard]] auto predict(const Net& net, const X& x, const tensor<bool, 2>* mask = nullptr) {
    output_of<Net, X> out;
    const std::size_t n = samples(x);
    training::require_rows("predict", n, mask);
    training::forward_of_rows<Net, X> forward(net, x);
    forward.remembered.training = false;
    training::each_batch(n, evaluate_options{}.batch_size, [&](const training::batch_rows& batch) {
        const auto& y = forward(net, x, mask, batch);
        if (out.size() == 0) {
            auto shape = y.shape();
            shape[0] = n;
            reshape(out, shape);
        }
        const std::size_t row = n == 0 ? 0 : out.size() / n;
        std::copy_n(y.data(), y.size(), out.data() + batch.first_row * row);
    });
    return out;
}
/// Of a dataset's x, with its mask.
template <class Net, class X, class Y>
[[nodiscard]] auto predict(const Net& net, const dataset<X, Y>& data) {
    return predict(net, data.x, &data.mask);
}

/// Probabilities of the classes, (N, V). Of logits: softmax of a row; of a single logit: σ(z), the probability of class 1.
/// Mask and errors as in `predict`.
template <class Net, class X>
[[nodiscard]] auto probabilities(const Net& net, const X& x, const tensor<bool, 2>* mask = nullptr) {
    auto p = predict(net, x, mask);
    if (!says_probabilities(net)) {
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
    if (o.stateful) training::require_even_batches("evaluate", "samples", data.size(), o.batch_size);
    training::batch_forward_of<Net, J, X, Y> rows(net, loss, data, false);
    return training::evaluate(rows, training::facts_of<J, Y_hat, Y>(loss), data.size(), o, true);
}

}  // namespace gradus
