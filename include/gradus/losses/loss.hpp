#pragma once
/// \file
/// What a loss is: a layer with two inputs, the prediction ŷ and the target y, whose output is the number J.
///
/// ```cpp
/// template <class Y> struct cache { Y dy; };
/// double count(const Y& y_hat, const mask* = nullptr) const;                // what J divides by
/// double forward(const Y& y_hat, const Target& y, cache<Y>&, normalizer) const;    // J
/// const Y& backward(const Y& y_hat, const Target& y, cache<Y>&, normalizer) const; // ∂J/∂ŷ, after forward
/// ```
/// A loss that judges classes also counts the rows that it would call right: `correct(y_hat, y)`.

#include <cstddef>
#include <string>
#include <string_view>

#include "gradus/core/error.hpp"
#include "gradus/core/tensor.hpp"

namespace gradus {

/// What a loss divides by. The loss owns it, and can be given that of a whole batch, so that its shards add up exactly.
struct normalizer {
    double total = 0;                       ///< 0: the loss's own count of what it is given
    const tensor<bool, 2>* mask = nullptr;  ///< (N, T): rows of (N, T, ...) that count; null: all
};

/// `J.value(ŷ, y)` and `J.gradient(ŷ, y)`: the textbook's shorthand. They allocate; a training loop keeps a cache.
template <class J>
struct loss_shorthand {
    template <class Y, class Target>
    [[nodiscard]] double value(const Y& y_hat, const Target& y, normalizer by = {}) const {
        typename J::template cache<Y> c;
        return static_cast<const J&>(*this).forward(y_hat, y, c, by);
    }
    template <class Y, class Target>
    [[nodiscard]] Y gradient(const Y& y_hat, const Target& y, normalizer by = {}) const {
        typename J::template cache<Y> c;
        (void)static_cast<const J&>(*this).forward(y_hat, y, c, by);
        (void)static_cast<const J&>(*this).backward(y_hat, y, c, by);
        return std::move(c.dy);
    }
};

/// Whether a loss judges predictions Y by targets of this type. Where it says so itself (`target_check`), a program that
/// gives it others does not compile, and is told why.
template <class J, class Y, class Target>
inline constexpr bool is_target = true;
template <class J, class Y, class Target>
    requires requires { typename J::template target_check<Y, Target>; }
inline constexpr bool is_target<J, Y, Target> = J::template target_check<Y, Target>::value;

namespace losses {

/// Targets of the prediction's rank.
template <class Y, class Target>
struct same_rank {
    static constexpr bool value = any_tensor<Target> && rank_of<Y> == rank_of<Target>;
    static_assert(value, "gradus: this loss takes targets of the prediction's rank: (N, O) with (N, O)");
};

/// Rows that count.
/// \throws shape_error where the mask has not one entry for each row of ŷ.
template <class Y>
[[nodiscard]] double counted_rows(const Y& y_hat, const tensor<bool, 2>* mask, std::string_view name) {
    if (mask == nullptr) return static_cast<double>(rows(y_hat));
    if (mask->size() != rows(y_hat) || (rank_of<Y> > 2 && mask->shape()[0] != y_hat.shape()[0]))
        throw shape_error(name, {"the mask has ", mask->shape(), " entries, ŷ is ", y_hat.shape()});
    double n = 0;
    for (bool there : flat(*mask)) n += there ? 1 : 0;
    return n;
}

/// What J divides by: the total that it is given, else its own count.
/// \throws shape_error where the mask does not fit ŷ, or leaves no row to take a mean of.
template <class J, class Y>
[[nodiscard]] double divisor(const J& loss, const Y& y_hat, normalizer by) {
    const double n = loss.count(y_hat, by.mask);
    if (by.total > 0) return by.total;
    if (!(n > 0)) throw shape_error(J::name, {"the mask leaves no row of ŷ ", y_hat.shape(), " to count"});
    return n;
}

/// \throws shape_error where ŷ holds no row, or y is not shaped as ŷ.
template <class Y, class Target>
void check_same(std::string_view name, const Y& y_hat, const Target& y) {
    static_assert(same_rank<Y, Target>::value);
    if (y_hat.shape() != y.shape())
        throw shape_error(name, {"needs targets shaped as the prediction ", y_hat.shape(), ", got ", y.shape()});
    if (y_hat.size() == 0) throw shape_error(name, {"got an empty batch, ŷ is ", y_hat.shape()});
}

/// Calls f(first, n) for each run of elements that count: once where there is no mask, else row by row.
template <class Y, class F>
void each_run(const Y& y_hat, const tensor<bool, 2>* mask, F&& f) {
    if (mask == nullptr) return f(std::size_t(0), y_hat.size());
    const std::size_t k = features(y_hat);
    for (std::size_t r = 0; r < rows(y_hat); ++r)
        if (flat(*mask)[r]) f(r * k, k);
}

}  // namespace losses
}  // namespace gradus
