#pragma once
/// \file
/// Inference and evaluation: predictions, probabilities, classes, and how good they are. The network stays const, so
/// any number of threads may use it at once.

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

/// The evaluation of a network on a whole set.
struct score {
    double loss = 0;
    double accuracy = std::nan("");    ///< NaN: the loss defines no accuracy
    tensor<std::size_t, 2> confusion;  ///< (V, V), true class by predicted class; empty: the targets are not labels
};

/// Options of `evaluate`: `{.stateful = true, .batch_size = 32}`.
struct evaluate_options {
    bool stateful = false;         ///< row r of a batch continues from row r of the previous one; the first from zeros
    std::size_t batch_size = 256;  ///< rows at once: enough for fast products, few enough for the cache
};

namespace training {

/// Adds the rows of these outputs to the confusion matrix (V, V), true class by predicted class.
GRADUS_ONCE void count_classes(tensor<std::size_t, 2>& confusion, const batch_outputs& out);

/// Loss, accuracy and, if requested and the targets are labels, the confusion matrix. Compiled once, for all networks.
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
        const double label = out.y.number(r);  // a row of weight 0 may have any label
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

/// ŷ = f(x; θ) in inference mode, for any number of rows. A mask (N, T) is true where sequences hold data.
/// Complexity: one forward, a batch at a time, so that the caches stay small; the result is allocated once.
/// \throws shape_error if the network does not accept x, also for an empty x; data_error for a mask with other rows.
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
/// The same for a dataset's x and mask.
template <class Net, class X, class Y>
[[nodiscard]] auto predict(const Net& net, const dataset<X, Y>& data) {
    return predict(net, data.x, &data.mask);
}

/// Class probabilities (N, V). From logits: the softmax of each row; from a single logit: σ(z), the probability of
/// class 1.
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
/// The same for a dataset's x and mask.
template <class Net, class X, class Y>
[[nodiscard]] auto probabilities(const Net& net, const dataset<X, Y>& data) {
    return probabilities(net, data.x, &data.mask);
}

/// The most probable class of each row, (N); for a single output, 1 if its probability is at least ½. Mask and errors
/// as in `predict`.
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
/// The same for a dataset's x and mask.
template <class Net, class X, class Y>
[[nodiscard]] auto classes(const Net& net, const dataset<X, Y>& data) {
    return classes(net, data.x, &data.mask);
}

/// Share of correct labels, (N) and (N), or (N, T) and (N, T) where the mask is true.
/// \throws data_error if the sizes differ, or there are none.
template <class A, class B>
[[nodiscard]] double accuracy(const A& predicted, const B& labels, const tensor<bool, 2>* mask = nullptr) {
    if (predicted.size() != labels.size() || labels.size() == 0)
        throw data_error(message({"accuracy: ", predicted.size(), " predictions for ", labels.size(), " labels"}));
    const metric::places there("accuracy", mask, labels.size());
    double n = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) n += there[i] && predicted.data()[i] == labels.data()[i] ? 1 : 0;
    return n / there.count();
}

/// Loss, accuracy and confusion matrix of a network on a set. Mask and weights enter the loss as in `fit`; accuracy and
/// confusion matrix count each row that the mask selects once, whatever its weight. If the network reduces each
/// sequence to one row, (N, T, D) to (N, V), every sample counts and only the layers use the mask.
/// Stateful as in `fit`; the batch size must be that of the chunks' layout.
/// Complexity: one forward and one value of the loss, a batch at a time.
/// \throws shape_error, data_error if network, loss and data do not fit together.
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
