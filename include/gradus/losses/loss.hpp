#pragma once
/// \file
/// The definition of a loss: a layer with two inputs, the prediction ŷ and the target y, whose output is the number J.
///
/// ```cpp
/// static constexpr std::string_view name = "my_loss";
/// template <class Y> struct cache { Y dy; };
/// double count(const Y& y_hat, const Target& y, const normalizer& by) const;  // the divisor of the mean
/// double forward(const Y& y_hat, const Target& y, cache<Y>&, const normalizer& by) const;      // J
/// const Y& backward(const Y& y_hat, const Target& y, cache<Y>&, const normalizer& by) const;   // ∂J/∂ŷ, after forward
/// ```
/// A loss for classification also has `double correct(y_hat, y, by) const`, the number of correct rows among those that
/// the mask keeps. Base classes: element_loss.hpp for elementwise losses, row_loss.hpp for losses of whole rows.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// J = Σ w l / Σ w, or the sum only.
enum class reduce { mean, sum };

/// The rows of J with their weights, and the divisor of its mean. With the `total` of the whole batch, the losses of
/// the shards of the batch add up exactly to its loss.
struct normalizer {
    double total = 0;                        ///< the divisor; 0: the loss's own `count`
    const tensor<bool, 2>* mask = nullptr;   ///< (N, T): rows of (N, T, ...) that count; null: all
    std::span<const double> weights = {};    ///< one per sample (N) or per row (N T); empty: all 1
};

/// Whether a loss accepts targets of this type for predictions Y. If the loss declares it (`target_check`), other
/// targets are a compile error with a readable text.
template <class J, class Y, class Target>
inline constexpr bool is_target = true;
template <class J, class Y, class Target>
    requires requires { typename J::template target_check<Y, Target>; }
inline constexpr bool is_target<J, Y, Target> = J::template target_check<Y, Target>::value;

/// `J.value(ŷ, y)` and `J.gradient(ŷ, y)`: the textbook's shorthand. They allocate; a training loop reuses a cache.
template <class J>
struct loss_shorthand {
    template <class Y, class Target>
    [[nodiscard]] double value(const Y& y_hat, const Target& y, const normalizer& by = {}) const {
        static_assert(is_target<J, Y, Target>);
        typename J::template cache<Y> c;
        return static_cast<const J&>(*this).forward(y_hat, y, c, by);
    }
    template <class Y, class Target>
    [[nodiscard]] Y gradient(const Y& y_hat, const Target& y, const normalizer& by = {}) const {
        static_assert(is_target<J, Y, Target>);
        typename J::template cache<Y> c;
        (void)static_cast<const J&>(*this).forward(y_hat, y, c, by);
        (void)static_cast<const J&>(*this).backward(y_hat, y, c, by);
        return std::move(c.dy);
    }
};

namespace losses {

/// Targets of the prediction's rank, and of its scalar unless `any_scalar`: kernels need one register type for both.
template <class Y, class Target, bool any_scalar = false>
struct targets_alike {
    static constexpr bool ranks = any_tensor<Target> && rank_of<Y> == rank_of<Target>;
    static constexpr bool scalars = any_scalar || std::is_same_v<scalar_of<Y>, scalar_of<Target>>;
    static constexpr bool value = ranks && scalars;
    static_assert(ranks, "gradus: this loss takes targets of the prediction's rank: (N, O) with (N, O)");
    static_assert(scalars, "gradus: this loss takes targets of the prediction's scalar: float with float, double with double");
};

/// One integer label per row.
template <class Y, class Labels>
struct label_per_row {
    static constexpr bool value =
        any_tensor<Labels> && std::is_integral_v<scalar_of<Labels>> && rank_of<Labels> + 1 == rank_of<Y>;
    static_assert(value, "gradus: this loss takes integer labels: (N, V) with y (N), or (N, T, V) with y (N, T)");
};

/// The weight of each row of ŷ in J: that of its sample, or 0 if the mask excludes it. Rows of weight 0 are not read.
class row_weights {
  public:
    /// O(rows).
    /// \throws shape_error unless the mask has one entry per row, and the weights one per sample or row; data_error for
    /// a weight that is negative, infinite or NaN.
    GRADUS_ONCE row_weights(std::string_view name, std::span<const std::size_t> y_hat, const normalizer& by);

    [[nodiscard]] double operator[](std::size_t row) const {
        if (mask_ != nullptr && !mask_[row]) return 0;
        return weights_.empty() ? 1 : weights_[row / per_weight_];
    }
    /// Whether every row has weight 1.
    [[nodiscard]] bool all_one() const { return mask_ == nullptr && weights_.empty(); }
    GRADUS_ONCE [[nodiscard]] double sum() const;
    /// Calls f(first, n, w) for each run of rows with the same weight.
    template <class F>
    void each_run(F&& f) const {
        for (std::size_t first = 0, last = 0; first < rows_; first = last) {
            last = end_of_run(first);
            f(first, last - first, (*this)[first]);
        }
    }

  private:
    GRADUS_ONCE [[nodiscard]] std::size_t end_of_run(std::size_t first) const;
    GRADUS_ONCE void check_each(std::string_view name) const;

    const bool* mask_;
    std::span<const double> weights_;
    std::size_t rows_, per_weight_ = 1;
};

/// Whether J is a sum. A loss without the option `reduction` is a mean.
template <class J>
[[nodiscard]] bool is_sum(const J& loss) {
    if constexpr (requires { loss.reduction; })
        return loss.reduction == reduce::sum;
    else
        return false;
}

/// The divisor of J, given its own `count`, which has checked the mask and the weights.
GRADUS_ONCE [[nodiscard]] double divisor(std::string_view name, bool is_sum, double count,
                                         std::span<const std::size_t> y_hat, const normalizer& by);

/// The divisor of J: 1 for a sum, else the given total, else the loss's own count.
/// \throws shape_error, data_error as the loss's count does, and if no row is left to take a mean of.
template <class J, class Y, class Target>
[[nodiscard]] double divisor(const J& loss, const Y& y_hat, const Target& y, const normalizer& by) {
    return divisor(J::name, is_sum(loss), loss.count(y_hat, y, by), y_hat.shape(), by);
}

// The errors of the checks below.
GRADUS_ONCE [[noreturn]] void refuse_targets(std::string_view name, std::span<const std::size_t> y_hat,
                                             std::span<const std::size_t> y);
GRADUS_ONCE [[noreturn]] void refuse_labels(std::string_view name, std::span<const std::size_t> y_hat,
                                            std::span<const std::size_t> y);
GRADUS_ONCE [[noreturn]] void refuse_empty(std::string_view name, std::span<const std::size_t> y_hat);
GRADUS_ONCE [[noreturn]] void refuse_element(std::string_view name, std::string_view what, double value, std::size_t i,
                                             std::string_view domain);

/// \throws shape_error if ŷ is empty, or if the shape of y is not that of ŷ.
template <class Y, class Target>
void check_same(std::string_view name, const Y& y_hat, const Target& y) {
    static_assert(targets_alike<Y, Target, true>::value);
    if (y_hat.shape() != y.shape()) refuse_targets(name, y_hat.shape(), y.shape());
    if (y_hat.size() == 0) refuse_empty(name, y_hat.shape());
}
/// \throws shape_error if ŷ is empty, or if y does not have one label per row.
template <class Y, class Labels>
void check_rows(std::string_view name, const Y& y_hat, const Labels& y) {
    static_assert(label_per_row<Y, Labels>::value);
    bool same = true;
    for (std::size_t axis = 0; axis < rank_of<Labels>; ++axis) same = same && y_hat.shape()[axis] == y.shape()[axis];
    if (!same) refuse_labels(name, y_hat.shape(), y.shape());
    if (y_hat.size() == 0) refuse_empty(name, y_hat.shape());
}

/// \throws data_error for the first of the elements [at, at + k) for which `takes` is false.
template <class J, class Takes, class T>
void check_domain(Takes takes, std::string_view what, std::string_view domain, const T* x, std::size_t at, std::size_t k) {
    for (std::size_t i = at; i < at + k; ++i)
        if (!takes(static_cast<double>(x[i]))) refuse_element(J::name, what, static_cast<double>(x[i]), i, domain);
}

#if GRADUS_BODIES_OF(losses)

GRADUS_BODY row_weights::row_weights(std::string_view name, std::span<const std::size_t> y_hat, const normalizer& by)
    : mask_(by.mask == nullptr ? nullptr : by.mask->data()), weights_(by.weights), rows_(1) {
    const bool sequences = y_hat.size() > 2;
    for (const std::size_t size : y_hat.first(y_hat.size() - 1)) rows_ *= size;
    if (by.mask != nullptr && (by.mask->size() != rows_ || (sequences && by.mask->shape()[0] != y_hat[0])))
        throw shape_error(name, {"the mask has ", by.mask->shape(), " entries, ŷ is ", shape_text(y_hat)});
    if (weights_.empty()) return;
    const std::size_t samples = y_hat[0];
    if (weights_.size() != samples && weights_.size() != rows_)
        throw shape_error(name, {"got ", weights_.size(), " weights for ŷ ", shape_text(y_hat), ": there must be ", samples,
                                 ", one for each sample",
                                 sequences ? message({", or ", rows_, ", one for each row"}) : std::string()});
    per_weight_ = rows_ / weights_.size();
    check_each(name);
}

GRADUS_BODY double row_weights::sum() const {
    if (all_one()) return static_cast<double>(rows_);
    double w = 0;
    for (std::size_t r = 0; r < rows_; ++r) w += (*this)[r];
    return w;
}

GRADUS_BODY std::size_t row_weights::end_of_run(std::size_t first) const {
    if (all_one()) return rows_;
    std::size_t last = first + 1;
    while (last < rows_ && (*this)[last] == (*this)[first]) ++last;
    return last;
}

GRADUS_BODY void row_weights::check_each(std::string_view name) const {
    for (std::size_t i = 0; i < weights_.size(); ++i)
        if (!(weights_[i] >= 0 && std::isfinite(weights_[i])))
            throw data_error(message({name, ": weight ", number_text(weights_[i]), " of ",
                                      weights_.size() == rows_ && per_weight_ == 1 ? "row " : "sample ", i,
                                      " is not a finite number of at least 0"}));
}

GRADUS_BODY double divisor(std::string_view name, bool is_sum, double count, std::span<const std::size_t> y_hat,
                           const normalizer& by) {
    if (is_sum) return 1;
    if (by.total > 0) return by.total;
    if (count > 0) return count;
    if (by.mask != nullptr && by.weights.empty())
        throw shape_error(name, {"the mask leaves no row of ŷ ", shape_text(y_hat), " to count"});
    throw data_error(message({name, ": the weights of the rows of ŷ ", shape_text(y_hat), " sum to 0"}));
}

GRADUS_BODY [[noreturn]] void refuse_targets(std::string_view name, std::span<const std::size_t> y_hat,
                                             std::span<const std::size_t> y) {
    throw shape_error(name, {"needs targets shaped as the prediction ", shape_text(y_hat), ", got ", shape_text(y)});
}

GRADUS_BODY [[noreturn]] void refuse_labels(std::string_view name, std::span<const std::size_t> y_hat,
                                            std::span<const std::size_t> y) {
    throw shape_error(name, {"needs one label per row of the prediction ", shape_text(y_hat), ", got ", shape_text(y)});
}

GRADUS_BODY [[noreturn]] void refuse_empty(std::string_view name, std::span<const std::size_t> y_hat) {
    throw shape_error(name, {"got an empty batch, ŷ is ", shape_text(y_hat)});
}

GRADUS_BODY [[noreturn]] void refuse_element(std::string_view name, std::string_view what, double value, std::size_t i,
                                             std::string_view domain) {
    throw data_error(message({name, ": ", what, " ", number_text(value), " of element ", i, " is not ", domain}));
}

#endif

}  // namespace losses
}  // namespace gradus
