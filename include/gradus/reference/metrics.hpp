#pragma once
/// \file
/// Metrics by their definitions: sample by sample, pair by pair.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "gradus/reference/xtensor.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

using labels = tensor<std::int32_t, 1>;

/// #{i < n: condition(i)}.
template <class F>
[[nodiscard]] double count_if(std::size_t n, F&& condition) {
    double count = 0;
    for (std::size_t i = 0; i < n; ++i) count += condition(i) ? 1 : 0;
    return count;
}

/// #{y = k, ŷ = k} / #{ŷ = k}.                                                                       [metric.precision]
[[nodiscard]] inline double precision(const labels& y, const labels& y_hat, std::int32_t k) {
    const double predicted = count_if(y.size(), [&](std::size_t i) { return y_hat(i) == k; });
    const double met = count_if(y.size(), [&](std::size_t i) { return y(i) == k && y_hat(i) == k; });
    return predicted == 0 ? 0 : met / predicted;
}

/// #{y = k, ŷ = k} / #{y = k}: the precision with labels and predictions exchanged.                     [metric.recall]
[[nodiscard]] inline double recall(const labels& y, const labels& y_hat, std::int32_t k) {
    return precision(y_hat, y, k);
}

/// 2 precision recall / (precision + recall).                                                          [metric.f_score]
[[nodiscard]] inline double f1(const labels& y, const labels& y_hat, std::int32_t k) {
    const double p = precision(y, y_hat, k), r = recall(y, y_hat, k);
    return p + r == 0 ? 0 : 2 * p * r / (p + r);
}

/// For two classes: (TP TN − FP FN) / √((TP + FP) (TP + FN) (TN + FP) (TN + FN)).                     [metric.matthews]
[[nodiscard]] inline double matthews(const labels& y, const labels& y_hat) {
    const auto n = [&](std::int32_t k, std::int32_t j) {
        return count_if(y.size(), [&](std::size_t i) { return y(i) == k && y_hat(i) == j; });
    };
    const double tp = n(1, 1), tn = n(0, 0), fp = n(0, 1), fn = n(1, 0);
    return (tp * tn - fp * fn) / std::sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
}

/// Share of samples whose label is among the first k of the sorted scores.                               [metric.top_k]
template <class T>
[[nodiscard]] double top_k_accuracy(const labels& y, const tensor<T, 2>& scores, std::size_t k) {
    std::vector<std::size_t> order(scores.shape()[1]);
    return count_if(y.size(), [&](std::size_t i) {
               std::iota(order.begin(), order.end(), std::size_t(0));
               std::stable_sort(order.begin(), order.end(),
                                [&](std::size_t a, std::size_t b) { return scores(i, a) > scores(i, b); });
               const auto end = order.begin() + static_cast<std::ptrdiff_t>(k);
               return std::find(order.begin(), end, static_cast<std::size_t>(y(i))) != end;
           }) /
           static_cast<double>(y.size());
}

/// The mean over all pairs of a sample of class 1 and one of class 0: 1 if the first scores higher, ½ for equal scores.
///                                                                                                     [metric.roc_auc]
template <class T>
[[nodiscard]] double roc_auc(const labels& y, const tensor<T, 1>& scores) {
    double won = 0, pairs = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
        for (std::size_t j = 0; j < y.size(); ++j)
            if (y(i) == 1 && y(j) == 0) {
                won += scores(i) > scores(j) ? 1 : scores(i) == scores(j) ? 0.5 : 0;
                ++pairs;
            }
    return won / pairs;
}

/// mean |ŷ − y|.                                                                           [metric.mean_absolute_error]
template <class T, std::size_t N>
[[nodiscard]] double mean_absolute_error(const tensor<T, N>& y, const tensor<T, N>& y_hat) {
    return xt::mean(xt::abs(y_hat - y))();
}
/// mean (ŷ − y)².                                                                           [metric.mean_squared_error]
template <class T, std::size_t N>
[[nodiscard]] double mean_squared_error(const tensor<T, N>& y, const tensor<T, N>& y_hat) {
    return xt::mean(xt::square(y_hat - y))();
}
/// 1 − Σ (y − ŷ)² / Σ (y − ȳ)², of one column.                                                       [metric.r_squared]
template <class T>
[[nodiscard]] double r_squared(const tensor<T, 1>& y, const tensor<T, 1>& y_hat) {
    const T mean = xt::mean(y)();
    return 1 - xt::sum(xt::square(y - y_hat))() / xt::sum(xt::square(y - mean))();
}

}  // namespace gradus::reference
