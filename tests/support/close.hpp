#pragma once
/// \file
/// The difference of tensors, and the tolerance for it.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "gradus/tensor/tensor.hpp"

namespace support {

/// max |a − b| / max(1, max |b|); infinite if the shapes differ or a number is NaN or infinite.
template <gradus::any_tensor A, gradus::any_tensor B>
[[nodiscard]] double difference(const A& a, const B& b) {
    double worst = 0, scale = 1;
    bool comparable = std::ranges::equal(a.shape(), b.shape());
    for (std::size_t i = 0; comparable && i < b.size(); ++i) {
        const auto p = static_cast<double>(a.data()[i]), q = static_cast<double>(b.data()[i]);
        comparable = std::isfinite(p) && std::isfinite(q);
        worst = std::max(worst, std::abs(p - q));
        scale = std::max(scale, std::abs(q));
    }
    return comparable ? worst / scale : std::numeric_limits<double>::infinity();
}
[[nodiscard]] inline double difference(double a, double b) {
    const double apart = std::abs(a - b) / std::max(1.0, std::abs(b));
    return std::isfinite(apart) ? apart : std::numeric_limits<double>::infinity();
}

/// The tolerance for a value in T that is a sum of `terms` products.
template <class T>
[[nodiscard]] double tolerance(std::size_t terms = 1) {
    return sizeof(T) == 8 ? 1e-12 : 1e-5 * std::sqrt(static_cast<double>(terms));
}

/// Equal bit for bit, except for the sign of 0.
template <gradus::any_tensor A>
[[nodiscard]] bool same(const A& a, const A& b) {
    return a.shape() == b.shape() && std::ranges::equal(gradus::flat(a), gradus::flat(b));
}

template <gradus::any_tensor A>
[[nodiscard]] bool finite(const A& a) {
    return std::ranges::all_of(gradus::flat(a), [](auto v) { return std::isfinite(v); });
}

}  // namespace support
