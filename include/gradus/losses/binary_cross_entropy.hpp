#pragma once
#include "gradus/activations/sigmoid.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"

namespace gradus {

/// Binary cross-entropy from logits, mean over all elements, with p = σ(z):             [binary_cross_entropy.forward]
///   J = −Σ [y log p + (1 − y) log(1 − p)] / n = Σ [max(z, 0) − z y + log(1 + e^(−|z|))] / n
///   ∂J/∂z = (σ(z) − y) / n                                                             [binary_cross_entropy.backward]
/// The second form has no logarithm of 0 and no exponential of a large number: finite for any finite z.
///   z (N, O) logits   y (N, O) targets in [0, 1]; or (N, T, O) both
/// Source: documents/004 (`loss='binary_crossentropy'`), there from the sigmoid's output.
/// Complexity: one pass over z and y for each direction; nothing is allocated once a batch of that size has passed.
/// \throws shape_error where y is not shaped as z, the batch is empty, or a mask does not fit z or leaves no row.
struct binary_cross_entropy : loss_shorthand<binary_cross_entropy> {
    static constexpr std::string_view name = "binary_cross_entropy";
    static constexpr std::string_view formula = "J = Σ [max(z, 0) − z y + log(1 + e^(−|z|))] / n";
    static constexpr std::string_view gradient_formula = "∂J/∂z = (σ(z) − y) / n";
    template <class Y>
    struct cache {
        Y dy;
    };
    template <class Y, class Target>
    using target_check = losses::same_rank<Y, Target>;

    template <class Y>
    [[nodiscard]] double count(const Y& z, const tensor<bool, 2>* mask = nullptr) const {
        return losses::counted_rows(z, mask, name) * static_cast<double>(features(z));
    }

    template <class Y, class Target>
    double forward(const Y& z, const Target& y, cache<Y>&, normalizer by = {}) const {
        losses::check_same(name, z, y);
        const double n = losses::divisor(*this, z, by);
        double sum = 0;
        losses::each_run(z, by.mask, [&](std::size_t at, std::size_t k) {
            for (std::size_t i = at; i < at + k; ++i)
                if (!(y.data()[i] >= 0 && y.data()[i] <= 1))
                    throw data_error(message({name, ": target ", number_text(static_cast<double>(y.data()[i])), " of element ",
                                              i, " is not in [0, 1]"}));
            sum += static_cast<double>(kernels::sum_of(
                k, [](const auto& u, const auto& t) { return where(u > 0, u, 0) - u * t + log1p(exp(-abs(u))); },
                z.data() + at, y.data() + at));
        });
        return sum / n;
    }

    template <class Y, class Target>
    const Y& backward(const Y& z, const Target& y, cache<Y>& c, normalizer by = {}) const {
        using T = scalar_of<Y>;
        losses::check_same(name, z, y);
        const double n = losses::divisor(*this, z, by);
        reshape(c.dy, z.shape());
        if (by.mask != nullptr) c.dy.fill(T(0));
        losses::each_run(z, by.mask, [&](std::size_t at, std::size_t k) {
            kernels::map(
                k, [s = static_cast<T>(1 / n)](const auto& u, const auto& t) { return (sigmoid::value(u) - t) * s; },
                c.dy.data() + at, z.data() + at, y.data() + at);
        });
        return c.dy;
    }

    /// How many elements σ(z) ≥ ½ puts on the side of their target.
    template <class Y, class Target>
    [[nodiscard]] double correct(const Y& z, const Target& y) const {
        double n = 0;
        for (std::size_t i = 0; i < z.size(); ++i) n += (z.data()[i] >= 0) == (y.data()[i] >= 0.5) ? 1 : 0;
        return n / static_cast<double>(features(z));
    }
};

}  // namespace gradus
