#pragma once
#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"

namespace gradus {

namespace losses {

/// c Σ (ŷ − y)² / n with gradient 2c (ŷ − y) / n: what MSE and half MSE share. They differ in c and in n.
template <class J, class Y, class Target>
double squared_error(const J& loss, double c, const Y& y_hat, const Target& y, normalizer by) {
    using T = scalar_of<Y>;
    check_same(J::name, y_hat, y);
    const double n = divisor(loss, y_hat, by);
    double sum = 0;
    each_run(y_hat, by.mask, [&](std::size_t at, std::size_t k) {
        sum += static_cast<double>(kernels::sum_of(
            k, [](const auto& p, const auto& t) { return (p - t) * (p - t); }, y_hat.data() + at, y.data() + at));
    });
    static_assert(std::is_floating_point_v<T>);
    return c * sum / n;
}
template <class J, class Y, class Target>
const Y& squared_error_gradient(const J& loss, double c, const Y& y_hat, const Target& y, Y& dy, normalizer by) {
    using T = scalar_of<Y>;
    check_same(J::name, y_hat, y);
    const double n = divisor(loss, y_hat, by);
    reshape(dy, y_hat.shape());
    if (by.mask != nullptr) dy.fill(T(0));
    each_run(y_hat, by.mask, [&](std::size_t at, std::size_t k) {
        kernels::map(
            k, [s = static_cast<T>(2 * c / n)](const auto& p, const auto& t) { return s * (p - t); }, dy.data() + at,
            y_hat.data() + at, y.data() + at);
    });
    return dy;
}

}  // namespace losses

/// Mean squared error over all elements, J = Σ (ŷ − y)² / (N O).                                            [mse.forward]
///   ∂J/∂ŷ = 2 (ŷ − y) / (N O)                                                                            [mse.backward]
/// Source: documents/000, 4.1 (`tf.reduce_mean(tf.square(layer2 - y))`); PyTorch's and Keras's mean.
/// Complexity: one pass over ŷ and y for each direction; nothing is allocated once a batch of that size has passed.
/// \throws shape_error where y is not shaped as ŷ, the batch is empty, or a mask does not fit ŷ or leaves no row.
struct mse : loss_shorthand<mse> {
    static constexpr std::string_view name = "mse";
    static constexpr std::string_view formula = "J = Σ (ŷ − y)² / (N O)";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = 2 (ŷ − y) / (N O)";
    template <class Y>
    struct cache {
        Y dy;
    };
    template <class Y, class Target>
    using target_check = losses::same_rank<Y, Target>;

    template <class Y>
    [[nodiscard]] double count(const Y& y_hat, const tensor<bool, 2>* mask = nullptr) const {
        return losses::counted_rows(y_hat, mask, name) * static_cast<double>(features(y_hat));
    }
    template <class Y, class Target>
    double forward(const Y& y_hat, const Target& y, cache<Y>&, normalizer by = {}) const {
        return losses::squared_error(*this, 1.0, y_hat, y, by);  // J = Σ (ŷ − y)² / n
    }
    template <class Y, class Target>
    const Y& backward(const Y& y_hat, const Target& y, cache<Y>& c, normalizer by = {}) const {
        return losses::squared_error_gradient(*this, 1.0, y_hat, y, c.dy, by);  // dŷ = 2 (ŷ − y) / n
    }
};

/// Half squared error, summed over outputs, mean over rows: J = ½ Σ (ŷ − y)² / N.                       [half_mse.forward]
///   ∂J/∂ŷ = (ŷ − y) / N                                                                              [half_mse.backward]
/// The form in which textbooks derive backpropagation: the 2 of the derivative cancels.
/// Source: Rumelhart, Hinton and Williams (1986), (3), there summed over the rows.
/// Complexity and errors as those of mse.
/// \throws shape_error where y is not shaped as ŷ, the batch is empty, or a mask does not fit ŷ or leaves no row.
struct half_mse : loss_shorthand<half_mse> {
    static constexpr std::string_view name = "half_mse";
    static constexpr std::string_view formula = "J = ½ Σ (ŷ − y)² / N";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = (ŷ − y) / N";
    template <class Y>
    struct cache {
        Y dy;
    };
    template <class Y, class Target>
    using target_check = losses::same_rank<Y, Target>;

    template <class Y>
    [[nodiscard]] double count(const Y& y_hat, const tensor<bool, 2>* mask = nullptr) const {
        return losses::counted_rows(y_hat, mask, name);
    }
    template <class Y, class Target>
    double forward(const Y& y_hat, const Target& y, cache<Y>&, normalizer by = {}) const {
        return losses::squared_error(*this, 0.5, y_hat, y, by);  // J = ½ Σ (ŷ − y)² / N
    }
    template <class Y, class Target>
    const Y& backward(const Y& y_hat, const Target& y, cache<Y>& c, normalizer by = {}) const {
        return losses::squared_error_gradient(*this, 0.5, y_hat, y, c.dy, by);  // dŷ = (ŷ − y) / N
    }
};

}  // namespace gradus
