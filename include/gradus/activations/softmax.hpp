#pragma once
#include "gradus/activations/activation.hpp"
#include "gradus/kernels/rows.hpp"

namespace gradus {

/// Softmax over the last axis, y_i = e^(z_i) / Σ_j e^(z_j).                                           [softmax.forward]
///   dz_i = y_i (dy_i − Σ_j dy_j y_j)                                                                [softmax.backward]
/// A row function: its Jacobian y_i (δ_ij − y_j) is a full matrix, so there is no elementwise f'.
/// Invariant to z + c; computed from z − max z, so finite for any finite z.
/// Source: documents/002, 4 (`activation='softmax'`).
struct softmax : activation_layer<softmax> {
    static constexpr std::string_view name = "softmax";
    static constexpr std::string_view formula = "eᶻ / Σⱼ eᶻʲ";
    static constexpr reads backward_reads = reads::y;
    static constexpr bool gives_probabilities = true;

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

/// Logarithm of softmax over the last axis, y_i = z_i − log Σ_j e^(z_j).                          [log_softmax.forward]
///   dz_i = dy_i − e^(y_i) Σ_j dy_j                                                              [log_softmax.backward]
/// Finite and accurate where softmax underflows to 0 and its logarithm would be −∞. The outputs are not probabilities,
/// but can be used as logits instead of z: their softmax is softmax(z).
/// Source: Goodfellow, Bengio and Courville, "Deep learning" (2016), (6.30).
struct log_softmax : activation_layer<log_softmax> {
    static constexpr std::string_view name = "log_softmax";
    static constexpr std::string_view formula = "z − log Σⱼ eᶻʲ";
    static constexpr reads backward_reads = reads::y;

    template <class T>
    static void row(const T* z, T* y, std::size_t n) {
        const T m = kernels::row_max(z, n);  // subtracted first: added to a large m the logarithm would lose digits
        kernels::map(n, [m](const auto& v) { return v - m; }, y, z);
        kernels::map(n, [l = kernels::log_sum_exp(y, n)](const auto& v) { return v - l; }, y, y);
    }
    template <class T>
    static void row_backward(const T* y, const T* dy, T* dz, std::size_t n) {
        const T sum = kernels::row_sum(dy, n);  // Σ_j dy_j
        kernels::map(n, [sum](const auto& l, const auto& d) { return d - exp(l) * sum; }, dz, y, dy);
    }
};

GRADUS_ACTIVATION(softmax)
GRADUS_ACTIVATION(log_softmax)

}  // namespace gradus
