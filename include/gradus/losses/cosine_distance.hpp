#pragma once
#include <cmath>

#include "gradus/losses/row_loss.hpp"

namespace gradus {

/// Cosine distance of each row to its target, mean over rows:
///   J = Σₙ (1 − cos) / N,  cos = ŷ·y / (max(‖ŷ‖, ε) max(‖y‖, ε)), ε = 1e-8                   [cosine_distance.forward]
///   ∂J/∂ŷ = −(y/‖y‖ − cos ŷ/‖ŷ‖) / ‖ŷ‖ / N                                                  [cosine_distance.backward]
/// Only the direction of the vectors matters: 0 for the same direction, 2 for opposite ones. For a zero vector ε keeps
/// the result finite, with cos = 0.
/// Source: PyTorch's cosine_similarity; its CosineEmbeddingLoss is the same for similar pairs. Keras's CosineSimilarity
/// is −cos: less by 1, with the same gradient.
struct cosine_distance : row_loss<cosine_distance, judged_by::targets> {
    static constexpr std::string_view name = "cosine_distance";
    static constexpr std::string_view formula = "J = Σₙ (1 − ŷₙ·yₙ / (‖ŷₙ‖ ‖yₙ‖)) / N";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = −(y/‖y‖ − cos ŷ/‖ŷ‖) / ‖ŷ‖ / N";
    static constexpr double epsilon = 1e-8;
    reduce reduction = reduce::mean;

    template <class T, class Y>
    T row(const T* p, const Y* y, std::size_t k, T*) const {
        return 1 - dot(p, y, k) / (length(p, k) * length(y, k));
    }
    template <class T, class Y>
    void row_backward(const T* p, const Y* y, std::size_t k, T* dp) const {
        const T p_length = length(p, k), y_length = length(y, k);
        // a length replaced by ε does not depend on ŷ
        const T cos = p_length > T(epsilon) ? dot(p, y, k) / (p_length * y_length) : T(0);
        kernels::map(
            k, [=](const auto& u, const auto& t) { return (cos * (u / p_length) - t / y_length) / p_length; }, dp, p, y);
    }

  private:
    template <class T, class Y>
    [[nodiscard]] static T dot(const T* a, const Y* b, std::size_t k) {
        return kernels::sum_of(k, [](const auto& u, const auto& v) { return u * v; }, a, b);
    }
    template <class T>
    [[nodiscard]] static T length(const T* a, std::size_t k) {
        const T norm = std::sqrt(dot(a, a, k));
        return norm > T(epsilon) || norm != norm ? norm : T(epsilon);
    }
};

}  // namespace gradus
