#pragma once
/// \file
/// Metrics of regression: how far predictions are from the true values.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/metrics/classification.hpp"

namespace gradus {

namespace metric {

/// mean f(ŷ − y) over all elements.
/// \throws data_error if the shapes differ or are empty, for values that are not finite.
template <any_tensor Y, any_tensor Y_hat, class F>
[[nodiscard]] double mean_over(std::string_view metric, const Y& y, const Y_hat& y_hat, F&& f) {
    require_pairs(metric, y, y_hat);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
        sum += f(finite(metric, "ŷ", static_cast<double>(y_hat.data()[i]), i) -
                 finite(metric, "y", static_cast<double>(y.data()[i]), i));
    return sum / static_cast<double>(y.size());
}

}  // namespace metric

/// MAE = mean |ŷ − y|, over all elements.                                                  [metric.mean_absolute_error]
/// \throws data_error if the shapes differ or are empty, for values that are not finite.
template <any_tensor Y, any_tensor Y_hat>
[[nodiscard]] double mean_absolute_error(const Y& y, const Y_hat& y_hat) {
    return metric::mean_over("mean_absolute_error", y, y_hat, [](double e) { return std::abs(e); });
}

/// MSE = mean (ŷ − y)², over all elements.                                                  [metric.mean_squared_error]
/// \throws data_error if the shapes differ or are empty, for values that are not finite.
template <any_tensor Y, any_tensor Y_hat>
[[nodiscard]] double mean_squared_error(const Y& y, const Y_hat& y_hat) {
    return metric::mean_over("mean_squared_error", y, y_hat, [](double e) { return e * e; });
}

/// RMSE = √MSE, in the unit of y.                                                      [metric.root_mean_squared_error]
/// \throws data_error if the shapes differ or are empty, for values that are not finite.
template <any_tensor Y, any_tensor Y_hat>
[[nodiscard]] double root_mean_squared_error(const Y& y, const Y_hat& y_hat) {
    return std::sqrt(metric::mean_over("root_mean_squared_error", y, y_hat, [](double e) { return e * e; }));
}

/// The explained share of the variance, averaged over columns (outputs):
///   R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²                                                                [metric.r_squared]
///   y, ŷ (N), (N, O); leading axes are rows
/// 1: exact; 0: no better than predicting ȳ always; negative: worse. A constant y has no variance to explain: 1 if
/// every ŷ is exact, else 0, as in scikit-learn's `r2_score`.
/// \throws data_error if the shapes differ, for fewer than 2 rows, for values that are not finite.
template <any_tensor Y, any_tensor Y_hat>
[[nodiscard]] double r_squared(const Y& y, const Y_hat& y_hat) {
    metric::require_pairs("r_squared", y, y_hat);
    const std::size_t columns = rank_of<Y> == 1 ? 1 : features(y), n = y.size() / columns;
    if (n < 2) throw data_error(message({"r_squared: y is ", y.shape(), ": a variance needs 2 rows"}));
    double total = 0;
    for (std::size_t j = 0; j < columns; ++j) {
        const auto at = [&](std::string_view name, const auto& x, std::size_t i) {
            return metric::finite("r_squared", name, static_cast<double>(x.data()[i * columns + j]), i * columns + j);
        };
        double sum = 0, error = 0, variation = 0;
        bool constant = true;
        for (std::size_t i = 0; i < n; ++i) sum += at("y", y, i), constant = constant && at("y", y, i) == at("y", y, 0);
        const double mean = sum / static_cast<double>(n);
        for (std::size_t i = 0; i < n; ++i) {
            const double e = at("y", y, i) - at("ŷ", y_hat, i), v = at("y", y, i) - mean;
            error += e * e, variation += v * v;
        }
        if (constant)  // its rounded mean need not be exact
            total += error == 0 ? 1 : 0;
        else
            total += 1 - error / variation;
    }
    return total / static_cast<double>(columns);
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(metrics) template double mean_absolute_error(const tensor<float, 2>&, const tensor<float, 2>&);
GRADUS_EXTERN(metrics) template double mean_absolute_error(const tensor<double, 2>&, const tensor<double, 2>&);
GRADUS_EXTERN(metrics) template double mean_squared_error(const tensor<float, 2>&, const tensor<float, 2>&);
GRADUS_EXTERN(metrics) template double mean_squared_error(const tensor<double, 2>&, const tensor<double, 2>&);
GRADUS_EXTERN(metrics) template double root_mean_squared_error(const tensor<float, 2>&, const tensor<float, 2>&);
GRADUS_EXTERN(metrics) template double root_mean_squared_error(const tensor<double, 2>&, const tensor<double, 2>&);
GRADUS_EXTERN(metrics) template double r_squared(const tensor<float, 2>&, const tensor<float, 2>&);
GRADUS_EXTERN(metrics) template double r_squared(const tensor<double, 2>&, const tensor<double, 2>&);
#endif

}  // namespace gradus
