#pragma once
/// \file
/// Metrics of classification; `roc.hpp`, `regression.hpp` and `language.hpp` have the others. Free functions of
/// tensors, the true values first:
/// ```cpp
/// const auto C = gr::confusion(labels, gr::classes(net, x), 10);      // (10, 10)
/// gr::f1(C, gr::average::macro);
/// gr::roc_auc(y, gr::probabilities(net, x));
/// gr::r_squared(y, gr::predict(net, x));
/// ```
/// All sums are in double. Two tensors must have the same shape, but a column (N, 1) may be combined with (N).
/// Input that cannot be evaluated (sizes, labels, values that are not finite) throws a data_error that names the
/// metric, the sample and the numbers. Definitions are scikit-learn's unless stated otherwise.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

namespace metric {

/// \throws data_error unless y and ŷ have one shape, or are a vector and a column of one length, and are not empty.
template <any_tensor Y, any_tensor Y_hat>
void require_pairs(std::string_view metric, const Y& y, const Y_hat& y_hat) {
    bool fit = y.size() == y_hat.size() && y.size() != 0;
    if constexpr (rank_of<Y> == rank_of<Y_hat>)
        fit = fit && y.shape() == y_hat.shape();
    else
        fit = fit && y.shape()[0] == y.size() && y_hat.shape()[0] == y.size();
    if (!fit)
        throw data_error(message({metric, ": y is ", y.shape(), ", ŷ is ", y_hat.shape(),
                                  ": the shapes must be the same, and not empty"}));
}

/// The positions that a mask (N, T) selects, one for each label.
class places {
  public:
    /// \throws data_error if the mask has another size, or selects none
    GRADUS_ONCE places(std::string_view metric, const tensor<bool, 2>* mask, std::size_t n);
    [[nodiscard]] bool operator[](std::size_t i) const { return mask_ == nullptr || mask_[i]; }
    [[nodiscard]] double count() const { return static_cast<double>(count_); }

  private:
    const bool* mask_;
    std::size_t count_;
};

/// \throws data_error if the value is NaN or infinite.
GRADUS_ONCE double finite(std::string_view metric, std::string_view what, double value, std::size_t i);

/// Whether the target is 1.
/// \throws data_error for one that is neither 0 nor 1.
GRADUS_ONCE bool positive(std::string_view metric, double target, std::size_t i);

/// \throws data_error for a label outside 0..classes-1.
GRADUS_ONCE std::size_t class_of(std::string_view metric, std::string_view what, std::int64_t label,
                                 std::size_t classes, std::size_t i);

}  // namespace metric

/// A tensor of labels: integers.
template <class X>
concept labels_tensor = any_tensor<X> && std::is_integral_v<scalar_of<X>>;

/// Confusion matrix (V, V): C_kj = number of samples of class k that were predicted as class j.      [metric.confusion]
/// For sequences (N, T), only where the mask is true.
/// \throws data_error if the shapes differ or are empty, or for a label outside 0..classes-1.
template <labels_tensor Y, labels_tensor Y_hat>
[[nodiscard]] tensor<std::size_t, 2> confusion(const Y& labels, const Y_hat& predicted, std::size_t classes,
                                               const tensor<bool, 2>* mask = nullptr) {
    metric::require_pairs("confusion", labels, predicted);
    const metric::places there("confusion", mask, labels.size());
    tensor<std::size_t, 2> C({classes, classes}, std::size_t(0));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (!there[i]) continue;
        ++C(metric::class_of("confusion", "label", static_cast<std::int64_t>(labels.data()[i]), classes, i),
            metric::class_of("confusion", "prediction", static_cast<std::int64_t>(predicted.data()[i]), classes, i));
    }
    return C;
}

/// How the values of the classes are averaged. The choice changes the result, so there is no default.
enum class average {
    binary,   ///< the value of class 1, of two classes
    macro,    ///< the mean over all V classes, including those that never occur (their value is 0)
    micro,    ///< the value for the summed counts: with one label per sample, the accuracy
    weighted  ///< the mean weighted by how often each class occurs
};

namespace metric {

/// Counts of one class, or summed over all classes.
struct counts {
    double met = 0;        ///< TP
    double predicted = 0;  ///< TP + FP
    double actual = 0;     ///< TP + FN
};

/// 0/0 is 0: a class that is never predicted has precision 0, one that never occurs recall 0.
[[nodiscard]] inline double share(double part, double of) { return of == 0 ? 0 : part / of; }

[[nodiscard]] inline double precision(const counts& c) { return share(c.met, c.predicted); }
[[nodiscard]] inline double recall(const counts& c) { return share(c.met, c.actual); }
[[nodiscard]] inline double f1(const counts& c) { return share(2 * c.met, c.predicted + c.actual); }

/// Counts by class, as `confusion` returns them. (A concept, so that programs without metrics instantiate nothing.)
template <class C>
concept confusion_matrix = std::same_as<C, tensor<std::size_t, 2>>;

/// \throws data_error for a matrix that is not square, or whose counts are all 0.
template <confusion_matrix M>
void require_confusion(std::string_view metric, const M& C) {
    std::size_t all = 0;
    for (std::size_t n : flat(C)) all += n;
    if (C.shape()[0] != C.shape()[1] || all == 0)
        throw data_error(message({metric, ": the confusion matrix is ", C.shape(), " and counts ", all,
                                  " samples: it must be square, and not empty"}));
}

/// The counts of class k.
template <confusion_matrix M>
[[nodiscard]] counts of_class(const M& C, std::size_t k) {
    counts c{.met = static_cast<double>(C(k, k))};
    for (std::size_t j = 0; j < C.shape()[0]; ++j)
        c.predicted += static_cast<double>(C(j, k)), c.actual += static_cast<double>(C(k, j));
    return c;
}

/// binary: f₁.   macro: Σₖ fₖ / V.   micro: f(Σₖ cₖ).   weighted: Σₖ actualₖ fₖ / Σₖ actualₖ.          [metric.average]
template <confusion_matrix M>
[[nodiscard]] double averaged(std::string_view metric, const M& C, average how, double (*f)(const counts&)) {
    require_confusion(metric, C);
    const std::size_t V = C.shape()[0];
    if (how == average::binary && V != 2)
        throw data_error(message({metric, ": average::binary is of 2 classes, got ", V}));
    if (how == average::binary) return f(of_class(C, 1));
    counts sum;
    double mean = 0, weighted = 0;
    for (std::size_t k = 0; k < V; ++k) {
        const counts c = of_class(C, k);
        sum.met += c.met, sum.predicted += c.predicted, sum.actual += c.actual;
        mean += f(c) / static_cast<double>(V), weighted += c.actual * f(c);
    }
    return how == average::micro ? f(sum) : how == average::macro ? mean : weighted / sum.actual;
}

#if GRADUS_BODIES_OF(metrics)

GRADUS_BODY places::places(std::string_view metric, const tensor<bool, 2>* mask, std::size_t n)
    : mask_(mask == nullptr ? nullptr : mask->data()), count_(n) {
    if (mask == nullptr) return;
    if (mask->size() != n) throw data_error(message({metric, ": the mask is ", mask->shape(), ", for ", n, " labels"}));
    count_ = static_cast<std::size_t>(std::count(mask_, mask_ + n, true));
    if (count_ == 0) throw data_error(message({metric, ": the mask leaves nothing to judge"}));
}

GRADUS_BODY double finite(std::string_view metric, std::string_view what, double value, std::size_t i) {
    if (!std::isfinite(value))
        throw data_error(message({metric, ": ", what, " ", i, " is ", std::isnan(value) ? "nan" : number_text(value)}));
    return value;
}

GRADUS_BODY bool positive(std::string_view metric, double target, std::size_t i) {
    if (target != 0 && target != 1)
        throw data_error(message({metric, ": target ", i, " is ", number_text(target), ", neither 0 nor 1"}));
    return target == 1;
}

GRADUS_BODY std::size_t class_of(std::string_view metric, std::string_view what, std::int64_t label,
                                 std::size_t classes, std::size_t i) {
    if (label < 0 || static_cast<std::uint64_t>(label) >= classes)
        throw data_error(message({metric, ": ", what, " ", i, " is ", label, ", not one of ", classes,
                                  " classes, counted from 0"}));
    return static_cast<std::size_t>(label);
}

#endif

}  // namespace metric

/// Share of the samples predicted as class k that belong to it: TPₖ / (TPₖ + FPₖ), 0/0 = 0.          [metric.precision]
/// \throws data_error for a matrix that is not square or all 0, or for average::binary with other than 2 classes.
template <metric::confusion_matrix M>
[[nodiscard]] double precision(const M& confusion, average how) {
    return metric::averaged("precision", confusion, how, metric::precision);
}
/// Share of the samples of class k that were predicted as k: TPₖ / (TPₖ + FNₖ), 0/0 = 0.                [metric.recall]
template <metric::confusion_matrix M>
[[nodiscard]] double recall(const M& confusion, average how) {
    return metric::averaged("recall", confusion, how, metric::recall);
}
/// The harmonic mean of precision and recall: F1ₖ = 2 TPₖ / (2 TPₖ + FPₖ + FNₖ), 0/0 = 0.              [metric.f_score]
/// macro is the mean of the F1ₖ, not the F1 of the mean precision and recall.
template <metric::confusion_matrix M>
[[nodiscard]] double f1(const M& confusion, average how) {
    return metric::averaged("f1", confusion, how, metric::f1);
}

/// The same from labels and predictions: `gr::f1(labels, predicted, 10, gr::average::macro)`.
/// \throws data_error as `confusion` does.
template <labels_tensor Y, labels_tensor Y_hat>
[[nodiscard]] double precision(const Y& labels, const Y_hat& predicted, std::size_t classes, average how) {
    return precision(confusion(labels, predicted, classes), how);
}
template <labels_tensor Y, labels_tensor Y_hat>
[[nodiscard]] double recall(const Y& labels, const Y_hat& predicted, std::size_t classes, average how) {
    return recall(confusion(labels, predicted, classes), how);
}
template <labels_tensor Y, labels_tensor Y_hat>
[[nodiscard]] double f1(const Y& labels, const Y_hat& predicted, std::size_t classes, average how) {
    return f1(confusion(labels, predicted, classes), how);
}

/// The metrics of each class, (V).
struct class_metrics {
    std::vector<double> precision, recall, f1;
    std::vector<std::size_t> support;  ///< number of samples of the class
};
/// \throws data_error for a matrix that is not square or all 0.
template <metric::confusion_matrix M>
[[nodiscard]] class_metrics per_class(const M& confusion) {
    metric::require_confusion("per_class", confusion);
    class_metrics out;
    for (std::size_t k = 0; k < confusion.shape()[0]; ++k) {
        const metric::counts c = metric::of_class(confusion, k);
        out.precision.push_back(metric::precision(c)), out.recall.push_back(metric::recall(c));
        out.f1.push_back(metric::f1(c)), out.support.push_back(static_cast<std::size_t>(c.actual));
    }
    return out;
}

/// Matthews correlation coefficient of labels and predictions, in [−1, 1]; k occurs tₖ times and is predicted pₖ times:
///   (N Σₖ TPₖ − Σₖ tₖ pₖ) / √((N² − Σₖ tₖ²) (N² − Σₖ pₖ²)), 0/0 = 0                                  [metric.matthews]
/// Source: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient" (2004).
/// \throws data_error for a matrix that is not square or all 0.
template <metric::confusion_matrix M>
[[nodiscard]] double matthews(const M& confusion) {
    metric::require_confusion("matthews", confusion);
    double met = 0, n = 0, tp = 0, tt = 0, pp = 0;
    for (std::size_t k = 0; k < confusion.shape()[0]; ++k) {
        const metric::counts c = metric::of_class(confusion, k);
        met += c.met, n += c.actual;
        tp += c.actual * c.predicted, tt += c.actual * c.actual, pp += c.predicted * c.predicted;
    }
    return metric::share(n * met - tp, std::sqrt((n * n - tt) * (n * n - pp)));
}

/// Share of elements where p ≥ threshold agrees with the target (0 or 1).                      [metric.binary_accuracy]
///   y (N), (N, 1), (N, O)     p probabilities, or logits with threshold 0
/// Keras's `binary_accuracy`, except that a p equal to the threshold counts as 1, as in `gr::classes`.
/// \throws data_error if the shapes differ, for targets that are neither 0 nor 1, p that are not finite.
template <any_tensor Y, any_tensor P>
[[nodiscard]] double binary_accuracy(const Y& y, const P& p, double threshold = 0.5) {
    metric::require_pairs("binary_accuracy", y, p);
    double met = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
        met += metric::positive("binary_accuracy", static_cast<double>(y.data()[i]), i) ==
               (metric::finite("binary_accuracy", "p", static_cast<double>(p.data()[i]), i) >= threshold);
    return met / static_cast<double>(y.size());
}

/// Share of rows whose label is among the k largest scores; of equal scores the first ranks higher.      [metric.top_k]
///   labels (N)     scores (N, V): probabilities or logits. k = 1: accuracy of `gr::classes`
/// Leading axes are rows: (N, T) and (N, T, V), only where the mask is true.
/// \throws data_error unless there is one label per row, for a label or k out of range, for scores that are not finite.
/// Complexity: O(NV), no sorting.
template <labels_tensor Y, any_tensor S>
[[nodiscard]] double top_k_accuracy(const Y& labels, const S& scores, std::size_t k, const tensor<bool, 2>* mask = nullptr) {
    static_assert(rank_of<S> == rank_of<Y> + 1, "gradus: top_k_accuracy takes labels (N) and scores (N, V)");
    const std::size_t n = rows(scores), V = features(scores);
    if (n * V == 0 || !std::equal(labels.shape().begin(), labels.shape().end(), scores.shape().begin()))
        throw data_error(message({"top_k_accuracy: labels are ", labels.shape(), ", scores are ", scores.shape(),
                                  ": there must be a label for each row, and a row"}));
    if (k == 0 || k > V) throw data_error(message({"top_k_accuracy: k is ", k, ", not one of 1 to ", V}));
    const metric::places there("top_k_accuracy", mask, n);
    double met = 0;
    for (std::size_t r = 0; r < n; ++r) {
        if (!there[r]) continue;
        const auto* s = scores.data() + r * V;
        const auto label = static_cast<std::int64_t>(labels.data()[r]);
        const std::size_t y = metric::class_of("top_k_accuracy", "label", label, V, r);
        std::size_t before = 0;
        for (std::size_t j = 0; j < V; ++j) {
            metric::finite("top_k_accuracy", "score", static_cast<double>(s[j]), r * V + j);
            before += s[j] > s[y] || (s[j] == s[y] && j < y);
        }
        met += before < k;
    }
    return met / there.count();
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(metrics) template void metric::require_confusion(std::string_view, const tensor<std::size_t, 2>&);
GRADUS_EXTERN(metrics) template double metric::averaged(
    std::string_view, const tensor<std::size_t, 2>&, average, double (*)(const metric::counts&));
GRADUS_EXTERN(metrics) template class_metrics per_class(const tensor<std::size_t, 2>&);
GRADUS_EXTERN(metrics) template double matthews(const tensor<std::size_t, 2>&);
GRADUS_EXTERN(metrics) template double top_k_accuracy(
    const tensor<std::int32_t, 1>&, const tensor<float, 2>&, std::size_t, const tensor<bool, 2>*);
GRADUS_EXTERN(metrics) template double top_k_accuracy(
    const tensor<std::int32_t, 1>&, const tensor<double, 2>&, std::size_t, const tensor<bool, 2>*);
#endif

}  // namespace gradus
