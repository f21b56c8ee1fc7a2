#pragma once
#include "gradus/losses/class_targets.hpp"
#include "gradus/losses/row_loss.hpp"

namespace gradus {

namespace losses {

/// Σ_c q_c (log Σⱼ e^zⱼ − z_c), and p = softmax(z). Where q_c = 0, z_c is not used in the sum and may be −∞.
template <class T, class Q>
double cross_entropy_row(const T* z, std::size_t k, T* p, const Q& q) {
    const T lse = kernels::softmax_row(z, p, k);
    double l = 0;
    for (std::size_t c = 0; c < k; ++c)
        if (q(c) != 0) l += q(c) * static_cast<double>(lse - z[c]);
    return l;
}
/// dz = p Σ_c q_c − q, from p.
template <class T, class Q>
void cross_entropy_row_backward(std::size_t k, T* dz, const Q& q) {
    double total = 0;
    for (std::size_t c = 0; c < k; ++c) total += q(c);
    for (std::size_t c = 0; c < k; ++c) dz[c] = static_cast<T>(static_cast<double>(dz[c]) * total - q(c));
}

}  // namespace losses

/// Cross-entropy from logits with integer labels, mean over rows, with p = softmax(z):
///   J = −Σₙ log p[n, yₙ] / N = Σₙ (log Σⱼ e^(z[n, j]) − z[n, yₙ]) / N                         [cross_entropy.forward]
///   ∂J/∂z = (p − onehot(y)) / N                                                              [cross_entropy.backward]
/// Softmax and logarithm cancel: one log-sum-exp serves value and gradient, finite for any finite z.
///   z (N, V) logits   y (N) labels 0..V−1; or z (N, T, V) with y (N, T)
/// With class weights w and smoothing ε the target of a row is q_c = w_c ((1 − ε) [c = yₙ] + ε / V):
///   J = Σₙ Σ_c q[n, c] (log Σⱼ e^(z[n, j]) − z[n, c]) / Σₙ w[yₙ]                     [cross_entropy.weighted_forward]
///   ∂J/∂z = (p Σ_c q_c − q) / Σₙ w[yₙ]                                              [cross_entropy.weighted_backward]
/// Source: documents/002, 4 (`loss='sparse_categorical_crossentropy'`), there from the softmax's output; PyTorch's
/// CrossEntropyLoss.
/// \throws data_error for a label out of range in a row that counts; for invalid weights or smoothing.
struct cross_entropy : row_loss<cross_entropy, judged_by::label> {
    static constexpr std::string_view name = "cross_entropy";
    static constexpr std::string_view formula = "J = Σₙ (log Σⱼ e^(z[n, j]) − z[n, yₙ]) / N";
    static constexpr std::string_view gradient_formula = "∂J/∂z = (p − onehot(y)) / N,  p = softmax(z)";
    static constexpr bool judges_classes = true;
    std::vector<double> class_weights = {};  ///< one per class; empty: all 1. The mean divides by those of the labels
    double label_smoothing = 0;              ///< ε: the share of each label that is distributed over all classes
    reduce reduction = reduce::mean;

    template <class T>
    double row(const T* z, std::size_t y, std::size_t k, T* p) const {
        if (plain()) return static_cast<double>(kernels::softmax_row(z, p, k) - z[y]);  // log Σⱼ e^zⱼ − z_y
        return losses::cross_entropy_row(z, k, p, losses::class_target(*this, y, k));
    }
    template <class T>
    void row_backward(const T*, std::size_t y, std::size_t k, T* dz) const {
        if (plain())
            dz[y] -= 1;                                                                 // dz = p − onehot(y)
        else
            losses::cross_entropy_row_backward(k, dz, losses::class_target(*this, y, k));
    }
    [[nodiscard]] double row_weight(std::size_t y) const { return losses::class_weight(*this, y); }
    void check_options(std::size_t k) const { losses::check_classes(name, class_weights, label_smoothing, k); }
    [[nodiscard]] bool plain() const { return class_weights.empty() && label_smoothing == 0; }
};

/// Cross-entropy from logits with a row of targets, one-hot or soft, mean over rows:
///   J = Σₙ Σ_c q[n, c] (log Σⱼ e^(z[n, j]) − z[n, c]) / N,  q = w ((1 − ε) y + ε / V)   [dense_cross_entropy.forward]
///   ∂J/∂z = (p Σ_c q_c − q) / N                                                        [dense_cross_entropy.backward]
///   z (N, V) logits   y (N, V) targets in [0, 1]; or (N, T, V) both
/// Source: PyTorch's CrossEntropyLoss with probabilities as targets, whose mean divides by N, also with weights.
/// \throws data_error for a target outside [0, 1]; for invalid weights or smoothing.
struct dense_cross_entropy : row_loss<dense_cross_entropy, judged_by::targets> {
    static constexpr std::string_view name = "dense_cross_entropy";
    static constexpr std::string_view formula = "J = Σₙ Σ_c y[n, c] (log Σⱼ e^(z[n, j]) − z[n, c]) / N";
    static constexpr std::string_view gradient_formula = "∂J/∂z = (p Σ_c y_c − y) / N,  p = softmax(z)";
    static constexpr std::string_view targets = "in [0, 1]";
    static constexpr bool judges_classes = true;
    std::vector<double> class_weights = {};  ///< one per class; empty: all 1. They are not in the mean's divisor
    double label_smoothing = 0;              ///< ε: the share of each target that is distributed over all classes
    reduce reduction = reduce::mean;

    template <class T, class Y>
    double row(const T* z, const Y* y, std::size_t k, T* p) const {
        return losses::cross_entropy_row(z, k, p, losses::class_target(*this, y, k));
    }
    template <class T, class Y>
    void row_backward(const T*, const Y* y, std::size_t k, T* dz) const {
        losses::cross_entropy_row_backward(k, dz, losses::class_target(*this, y, k));
    }
    static bool takes_target(double y) { return y >= 0 && y <= 1; }
    void check_options(std::size_t k) const { losses::check_classes(name, class_weights, label_smoothing, k); }
};

GRADUS_LOSS_OF_LABELS(cross_entropy)

}  // namespace gradus
