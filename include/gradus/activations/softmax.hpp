#pragma once
#include "gradus/activations/activation.hpp"
#include "gradus/kernels/rows.hpp"

namespace gradus {

/// Softmax over the last axis, y_i = e^(z_i) / Σ_j e^(z_j).                                           [softmax.forward]
///   dz_i = y_i (dy_i − Σ_j dy_j y_j)                                                                [softmax.backward]
/// A row function: its Jacobian y_i (δ_ij − y_j) is full, so there is no f' to multiply by.
/// Invariant to z + c; computed with max z taken out, so finite for any finite z.
/// Source: documents/002, 4 (`activation='softmax'`).
struct softmax {
    static constexpr std::string_view name = "softmax";
    static constexpr std::string_view formula = "eᶻ / Σⱼ eᶻʲ";
    static constexpr reads backward_reads = reads::y;

    template <class T>
    static void row(const T* z, T* y, std::size_t n) {
        kernels::softmax_row(z, y, n);
    }
    template <class T>
    static void row_backward(const T* y, const T* dy, T* dz, std::size_t n) {
        const T dot = kernels::sum_of(n, [](const auto& p, const auto& d) { return p * d; }, y, dy);  // Σ_j dy_j y_j
        kernels::map(n, [dot](const auto& p, const auto& d) { return p * (d - dot); }, dz, y, dy);
    }
};

}  // namespace gradus
