#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"

namespace gradus {

/// Cross-entropy from logits with integer labels, mean over rows, with p = softmax(z):         [cross_entropy.forward]
///   J = −Σₙ log p[n, yₙ] / N = Σₙ (log Σⱼ e^(z[n, j]) − z[n, yₙ]) / N
///   ∂J/∂z = (p − onehot(y)) / N                                                              [cross_entropy.backward]
/// Softmax and logarithm cancel: one log-sum-exp serves value and gradient, finite for any finite z.
///   z (N, V) logits   y (N) labels 0..V−1; or z (N, T, V) with y (N, T)
/// Source: documents/002, 4 (`loss='sparse_categorical_crossentropy'`), there from the softmax's output.
/// Complexity: one log-sum-exp per row in forward, one pass over z in backward; nothing is allocated once a batch of that
/// size has passed.
/// Labels of rows that the mask leaves out are not looked at: they may be −1.
/// \throws shape_error where the rows of z and y differ, data_error for a label out of range.
struct cross_entropy : loss_shorthand<cross_entropy> {
    static constexpr std::string_view name = "cross_entropy";
    static constexpr std::string_view formula = "J = Σₙ (log Σⱼ e^(z[n, j]) − z[n, yₙ]) / N";
    static constexpr std::string_view gradient_formula = "∂J/∂z = (p − onehot(y)) / N,  p = softmax(z)";
    template <class Y>
    struct cache {
        Y dy;  // the probabilities after forward, ∂J/∂z after backward
        bool holds_p = false;
    };

    template <class Y>
    [[nodiscard]] double count(const Y& z, const tensor<bool, 2>* mask = nullptr) const {
        return losses::counted_rows(z, mask, name);
    }

    template <class Y, class Labels>
    double forward(const Y& z, const Labels& y, cache<Y>& c, normalizer by = {}) const {
        const double n = check(z, y, by);
        const std::size_t classes = features(z);
        reshape(c.dy, z.shape());
        double sum = 0;
        for (std::size_t r = 0; r < rows(z); ++r) {
            if (by.mask != nullptr && !flat(*by.mask)[r]) continue;
            const auto* z_r = z.data() + r * classes;
            const auto label = static_cast<std::size_t>(y.data()[r]);
            const auto lse = kernels::softmax_row(z_r, c.dy.data() + r * classes, classes);  // p = softmax(z)
            sum += static_cast<double>(lse - z_r[label]);                                    // J += lse(z) − z_y
        }
        c.holds_p = true;
        return sum / n;
    }

    template <class Y, class Labels>
    const Y& backward(const Y& z, const Labels& y, cache<Y>& c, normalizer by = {}) const {
        using T = scalar_of<Y>;
        if (!std::exchange(c.holds_p, false) || c.dy.shape() != z.shape())
            throw shape_error(name, {"backward needs the forward of the same z before it, ", z.shape()});
        const auto scale = static_cast<T>(1 / check(z, y, by));
        const std::size_t classes = features(z);
        for (std::size_t r = 0; r < rows(z); ++r) {
            T* dz = c.dy.data() + r * classes;
            const bool counts = by.mask == nullptr || flat(*by.mask)[r];
            if (counts) dz[static_cast<std::size_t>(y.data()[r])] -= 1;                      // p − onehot(y)
            if (!counts) std::fill_n(dz, classes, T(0));
        }
        kernels::map(c.dy.size(), [scale](const auto& d) { return d * scale; }, c.dy.data(), c.dy.data());
        return c.dy;
    }

    /// How many rows have their label as the most probable class.
    template <class Y, class Labels>
    [[nodiscard]] double correct(const Y& z, const Labels& y) const {
        double n = 0;
        for (std::size_t r = 0; r < rows(z); ++r)
            n += kernels::argmax(z.data() + r * features(z), features(z)) == static_cast<std::size_t>(y.data()[r]) ? 1 : 0;
        return n;
    }

  private:
    /// Returns what J divides by.
    template <class Y, class Labels>
    double check(const Y& z, const Labels& y, normalizer by) const {
        static_assert(any_tensor<Labels> && std::is_integral_v<scalar_of<Labels>> && rank_of<Labels> + 1 == rank_of<Y>,
                      "gradus: cross_entropy takes integer labels: z (N, V) with y (N), or z (N, T, V) with y (N, T)");
        bool same = true;
        for (std::size_t axis = 0; axis < rank_of<Labels>; ++axis) same = same && z.shape()[axis] == y.shape()[axis];
        if (!same)
            throw shape_error(name, {"needs one label per row of the prediction ", z.shape(), ", got ", y.shape()});
        if (z.size() == 0) throw shape_error(name, {"got an empty batch, ŷ is ", z.shape()});
        const double n = losses::divisor(*this, z, by);
        for (std::size_t r = 0; r < y.size(); ++r) {
            if (by.mask != nullptr && !flat(*by.mask)[r]) continue;
            const auto label = static_cast<std::int64_t>(y.data()[r]);
            if (label < 0 || static_cast<std::size_t>(label) >= features(z))
                throw data_error(message({"cross_entropy: label ", label, " of row ", r, " is not one of ", features(z),
                                          " classes, counted from 0"}));
        }
        return n;
    }
};

}  // namespace gradus
