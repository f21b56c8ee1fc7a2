#pragma once

#include <cstddef>

namespace gradus {

/// Σᵢ gᵢ² in double, whatever T.                                                                       [sum_of_squares]
/// Sixteen partial sums, which fill two or four registers; the order, and so the result, is fixed.
/// Complexity: one pass; no allocation.
template <class T>
[[nodiscard]] double sum_of_squares(const T* g, std::size_t n) {
    constexpr std::size_t lanes = 16;
    double sum[lanes] = {};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        for (std::size_t k = 0; k < lanes; ++k) sum[k] += static_cast<double>(g[i + k]) * static_cast<double>(g[i + k]);
    for (; i < n; ++i) sum[i % lanes] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
    double total = 0;
    for (const double s : sum) total += s;
    return total;
}

}  // namespace gradus
