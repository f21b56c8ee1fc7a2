#pragma once
#include "gradus/losses/class_targets.hpp"
#include "gradus/losses/row_loss.hpp"

namespace gradus {

namespace losses {

/// ε: Keras clamps probabilities to [ε, 1 − ε].
inline constexpr double keras_epsilon = 1e-7;

/// The divisor of a row of probabilities: its sum, or 1 if the sum is 0.
template <class T>
[[nodiscard]] double row_total(const T* p, std::size_t k) {
    double s = 0;
    for (std::size_t c = 0; c < k; ++c) s += static_cast<double>(p[c]);
    return s == 0 ? 1 : s;
}
/// −Σ_c q_c log r_c with r = p / Σ p, clamped to [ε, 1 − ε].
template <class T, class Q>
[[nodiscard]] double probability_row(const T* p, std::size_t k, const Q& q) {
    const double s = row_total(p, k);
    double l = 0;
    for (std::size_t c = 0; c < k; ++c) {
        double r = static_cast<double>(p[c]) / s;
        if (r < keras_epsilon) r = keras_epsilon;
        if (r > 1 - keras_epsilon) r = 1 - keras_epsilon;
        l -= q(c) * std::log(r);
    }
    return l;
}
/// dp = (g − Σ_c g_c r_c) / Σ p with g_c = −q_c / r_c, and 0 where r is clamped.
template <class T, class Q>
void probability_row_backward(const T* p, std::size_t k, T* dp, const Q& q) {
    const double s = row_total(p, k);
    const auto g = [&](std::size_t c) {
        const double r = static_cast<double>(p[c]) / s;
        return r < keras_epsilon || r > 1 - keras_epsilon ? 0 : -q(c) / r;
    };
    double dot = 0;
    for (std::size_t c = 0; c < k; ++c) dot += g(c) * static_cast<double>(p[c]) / s;
    for (std::size_t c = 0; c < k; ++c) dp[c] = static_cast<T>((g(c) - dot) / s);
}

}  // namespace losses

/// Cross-entropy from probabilities with a row of targets, as in Keras, with r clamped to [ε, 1 − ε], ε = 1e-7:
///   J = −Σₙ Σ_c q[n, c] log r[n, c] / N,  r = p / Σⱼ pⱼ                            [categorical_cross_entropy.forward]
///   ∂J/∂p = (g − Σ_c g_c r_c) / Σⱼ pⱼ / N,  g = −q / r                            [categorical_cross_entropy.backward]
/// where q = y, or with class weights and smoothing w_c ((1 − ε) y_c + ε / V). Where r is clamped, g is 0: a class of
/// probability 0 gets no gradient. The cross-entropies from logits do not have this problem: prefer them.
///   p (N, V) probabilities, such as softmax's output   y (N, V) targets in [0, 1]; or (N, T, V) both
/// Source: Keras's CategoricalCrossentropy. (The documents only use the sparse form, below.)
/// \throws data_error for a negative p, such as logits, or a target outside [0, 1].
struct categorical_cross_entropy : row_loss<categorical_cross_entropy, judged_by::targets> {
    static constexpr std::string_view name = "categorical_cross_entropy";
    static constexpr std::string_view formula = "J = −Σₙ Σ_c y[n, c] log p[n, c] / N";
    static constexpr std::string_view gradient_formula = "∂J/∂p = (Σ_c y_c − y / p) / N,  where Σⱼ pⱼ = 1";
    static constexpr std::string_view targets = "in [0, 1]", predictions = "a probability: at least 0";
    static constexpr bool judges_classes = true;
    std::vector<double> class_weights = {};  ///< one per class; empty: all 1. They are not in the mean's divisor
    double label_smoothing = 0;              ///< the share of each target that is distributed over all classes
    reduce reduction = reduce::mean;

    template <class T, class Y>
    double row(const T* p, const Y* y, std::size_t k, T*) const {
        return losses::probability_row(p, k, losses::class_target(*this, y, k));
    }
    template <class T, class Y>
    void row_backward(const T* p, const Y* y, std::size_t k, T* dp) const {
        losses::probability_row_backward(p, k, dp, losses::class_target(*this, y, k));
    }
    static bool takes_target(double y) { return y >= 0 && y <= 1; }
    static bool takes_prediction(double p) { return !(p < 0); }
    void check_options(std::size_t k) const { losses::check_classes(name, class_weights, label_smoothing, k); }
};

/// The same with integer labels, mean over rows; without weights and smoothing it is −Σₙ log r[n, yₙ] / N:
///   J = −Σₙ Σ_c q[n, c] log r[n, c] / Σₙ w[yₙ]                              [sparse_categorical_cross_entropy.forward]
///   ∂J/∂p = (g − Σ_c g_c r_c) / Σⱼ pⱼ / Σₙ w[yₙ]                           [sparse_categorical_cross_entropy.backward]
///   p (N, V) probabilities   y (N) labels 0..V−1; or p (N, T, V) with y (N, T)
/// Source: documents/002, 4 (`loss='sparse_categorical_crossentropy'`); Keras's SparseCategoricalCrossentropy. Keras 2
/// divides by the row's sum after clamping; Keras 3 and this loss before.
/// \throws data_error for a negative p, or a label out of range in a row that counts.
struct sparse_categorical_cross_entropy : row_loss<sparse_categorical_cross_entropy, judged_by::label> {
    static constexpr std::string_view name = "sparse_categorical_cross_entropy";
    static constexpr std::string_view formula = "J = −Σₙ log p[n, yₙ] / N";
    static constexpr std::string_view gradient_formula = "∂J/∂p = (1 − onehot(y) / p) / N,  where Σⱼ pⱼ = 1";
    static constexpr std::string_view predictions = "a probability: at least 0";
    static constexpr bool judges_classes = true;
    std::vector<double> class_weights = {};  ///< one per class; empty: all 1. The mean divides by those of the labels
    double label_smoothing = 0;              ///< the share of each label that is distributed over all classes
    reduce reduction = reduce::mean;

    template <class T>
    double row(const T* p, std::size_t y, std::size_t k, T*) const {
        return losses::probability_row(p, k, losses::class_target(*this, y, k));
    }
    template <class T>
    void row_backward(const T* p, std::size_t y, std::size_t k, T* dp) const {
        losses::probability_row_backward(p, k, dp, losses::class_target(*this, y, k));
    }
    [[nodiscard]] double row_weight(std::size_t y) const { return losses::class_weight(*this, y); }
    static bool takes_prediction(double p) { return !(p < 0); }
    void check_options(std::size_t k) const { losses::check_classes(name, class_weights, label_smoothing, k); }
};

GRADUS_LOSS_OF_LABELS(sparse_categorical_cross_entropy)

}  // namespace gradus
