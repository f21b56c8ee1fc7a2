#pragma once
/// \file
/// Numerical derivatives, with which the backward formulas are compared.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "gradus/tensor/tensor.hpp"

namespace support {

/// ∂J/∂x of a scalar J by central differences of fourth order,
///   J'(x) ≈ (8 (J(x + h) − J(x − h)) − (J(x + 2h) − J(x − 2h))) / 12h.
/// With h = 1e-3 both the truncation, h⁴ J⁽⁵⁾ / 30, and the rounding, 1e-16 J / h, stay near 1e-13.
template <class J>
[[nodiscard]] double slope(J&& value, double x, double h = 1e-3) {
    return (8 * (value(x + h) - value(x - h)) - (value(x + 2 * h) - value(x - 2 * h))) / (12 * h);
}

/// The same for each element of x, on which `value()` depends.
template <std::size_t N, class J>
[[nodiscard]] gradus::tensor<double, N> slopes(J&& value, gradus::tensor<double, N>& x) {
    gradus::tensor<double, N> out(x.shape());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double at = x.data()[i];
        const auto moved = [&](double v) {
            x.data()[i] = v;
            return static_cast<double>(value());
        };
        out.data()[i] = slope(moved, at);
        x.data()[i] = at;
    }
    return out;
}

/// max |a − b| / max(max |a|, max |b|); infinite if the shapes differ or a number is NaN or infinite.
template <std::size_t N>
[[nodiscard]] double relative_error(const gradus::tensor<double, N>& a, const gradus::tensor<double, N>& b) {
    double worst = 0, scale = 0;
    bool comparable = a.shape() == b.shape();
    for (std::size_t i = 0; comparable && i < a.size(); ++i) {
        comparable = std::isfinite(a.data()[i]) && std::isfinite(b.data()[i]);
        worst = std::max(worst, std::abs(a.data()[i] - b.data()[i]));
        scale = std::max({scale, std::abs(a.data()[i]), std::abs(b.data()[i])});
    }
    if (!comparable) return std::numeric_limits<double>::infinity();
    return worst == 0 ? 0 : worst / scale;
}

/// Σ dy ∘ y. With a random dy, its gradient tests the whole Jacobian at once.
template <gradus::any_tensor X>
[[nodiscard]] double dot(const X& dy, const X& y) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
        sum += static_cast<double>(dy.data()[i]) * static_cast<double>(y.data()[i]);
    return sum;
}

}  // namespace support
