#pragma once
#include "gradus/losses/row_loss.hpp"

namespace gradus {

/// Cross-entropy from logits with integer labels, mean over rows, with p = softmax(z):         [cross_entropy.forward]
///   J = −Σₙ log p[n, yₙ] / N = Σₙ (log Σⱼ e^(z[n, j]) − z[n, yₙ]) / N
///   ∂J/∂z = (p − onehot(y)) / N                                                              [cross_entropy.backward]
/// Softmax and logarithm cancel: one log-sum-exp serves value and gradient, finite for any finite z.
///   z (N, V) logits   y (N) labels 0..V−1; or z (N, T, V) with y (N, T)
/// Source: documents/002, 4 (`loss='sparse_categorical_crossentropy'`), there from the softmax's output.
struct cross_entropy : row_loss<cross_entropy, judged_by::label> {
    static constexpr std::string_view name = "cross_entropy";
    static constexpr std::string_view formula = "J = Σₙ (log Σⱼ e^(z[n, j]) − z[n, yₙ]) / N";
    static constexpr std::string_view gradient_formula = "∂J/∂z = (p − onehot(y)) / N,  p = softmax(z)";
    reduce reduction = reduce::mean;

    template <class T>
    T row(const T* z, std::size_t y, std::size_t k, T* p) const {
        return kernels::softmax_row(z, p, k) - z[y];  // log Σⱼ e^zⱼ − z_y, and p = softmax(z)
    }
    template <class T>
    void row_backward(const T*, std::size_t y, std::size_t, T* dz) const {
        dz[y] -= 1;  // dz = p − onehot(y)
    }

    /// How many of the rows that the mask leaves have their label as the most probable class.
    template <class Y, class Labels>
    [[nodiscard]] double correct(const Y& z, const Labels& y, const normalizer& by = {}) const {
        return losses::most_probable(name, z, y, by);
    }
};

}  // namespace gradus
