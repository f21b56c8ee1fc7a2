#pragma once
/// \file
/// The shell of losses that act on each row by itself: J = Σₙ wₙ l(ŷₙ, yₙ) / Σₙ wₙ. A loss of that kind, J, says
///
/// ```cpp
/// T row(const T* p, Target t, std::size_t k, T* kept) const;                  // l(ŷₙ, yₙ); leaves what backward reads
/// void row_backward(const T* p, Target t, std::size_t k, T* dp) const;        // turns that into ∂l/∂ŷₙ
/// ```
/// where t is a label, or points to the k targets of the row. It may also say `double row_weight(label) const`, by which
/// the row weighs in the mean, `void check_options(std::size_t k) const`, and `takes_target`, `takes_prediction` as an
/// element loss does.

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"

namespace gradus {

namespace losses {

/// How many of the rows that the mask leaves have their label as the largest entry.
template <class Y, class Labels>
[[nodiscard]] double most_probable(std::string_view name, const Y& y_hat, const Labels& y, const normalizer& by) {
    const row_weights there(name, y_hat, {0, by.mask});
    const std::size_t k = features(y_hat);
    double n = 0;
    for (std::size_t r = 0; r < rows(y_hat); ++r)
        n += there[r] != 0 && kernels::argmax(y_hat.data() + r * k, k) == static_cast<std::size_t>(y.data()[r]) ? 1 : 0;
    return n;
}

}  // namespace losses

/// What a row is judged by.
enum class judged_by {
    label,   ///< an integer: (N, V) with (N)
    targets  ///< as many numbers as it has: (N, V) with (N, V)
};

template <class J, judged_by By>
struct row_loss : loss_shorthand<J> {
    template <class Y>
    struct cache {
        Y dy;  // what forward keeps, ∂J/∂ŷ after backward
        bool kept = false;
    };
    template <class Y, class Target>
    using target_check =
        std::conditional_t<By == judged_by::label, losses::label_per_row<Y, Target>, losses::same_rank<Y, Target>>;

    void check_options(std::size_t) const {}

    /// What the mean divides by: the weights of the rows that count.
    /// \throws shape_error, data_error where shapes, mask, weights, labels or options do not fit.
    template <class Y, class Target>
    [[nodiscard]] double count(const Y& y_hat, const Target& y, const normalizer& by = {}) const {
        if constexpr (By == judged_by::label)
            losses::check_rows(J::name, y_hat, y);
        else
            losses::check_same(J::name, y_hat, y);
        self().check_options(features(y_hat));
        const losses::row_weights w(J::name, y_hat, by);
        if constexpr (By == judged_by::label) check_labels(y, features(y_hat), w);
        if constexpr (requires { self().row_weight(y.data()[0]); }) {
            double sum = 0;
            for (std::size_t r = 0; r < rows(y_hat); ++r)
                if (w[r] != 0) sum += w[r] * self().row_weight(y.data()[r]);
            return sum;
        } else {
            return w.sum();
        }
    }

    /// J. One pass over ŷ; nothing is allocated once a batch of that size has passed.
    /// \throws shape_error, data_error where shapes, mask, weights, options or targets do not fit.
    template <class Y, class Target>
    double forward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by = {}) const {
        const double n = losses::divisor(self(), y_hat, y, by);
        const losses::row_weights w(J::name, y_hat, by);
        const std::size_t k = features(y_hat);
        reshape(c.dy, y_hat.shape());
        double sum = 0;
        for (std::size_t r = 0; r < rows(y_hat); ++r)
            if (w[r] != 0)
                sum += w[r] * static_cast<double>(
                                  self().row(y_hat.data() + r * k, target(y, r, k), k, c.dy.data() + r * k));
        c.kept = true;
        return sum / n;
    }

    /// ∂J/∂ŷ. One pass over ŷ; nothing is allocated.
    /// \throws shape_error where no forward of that ŷ stands before it.
    template <class Y, class Target>
    const Y& backward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by = {}) const {
        using T = scalar_of<Y>;
        if (!std::exchange(c.kept, false) || c.dy.shape() != y_hat.shape())
            throw shape_error(J::name, {"backward needs the forward of the same ŷ before it, ", y_hat.shape()});
        const double n = losses::divisor(self(), y_hat, y, by);
        const losses::row_weights w(J::name, y_hat, by);
        const std::size_t k = features(y_hat);
        for (std::size_t r = 0; r < rows(y_hat); ++r)
            if (w[r] != 0) self().row_backward(y_hat.data() + r * k, target(y, r, k), k, c.dy.data() + r * k);
        w.each_run([&](std::size_t row, std::size_t count, double weight) {
            T* const dy = c.dy.data() + row * k;
            if (weight == 0) return std::fill_n(dy, count * k, T(0)), void();
            kernels::map(count * k, [s = static_cast<T>(weight / n)](const auto& d) { return d * s; }, dy, dy);
        });
        return c.dy;
    }

  private:
    [[nodiscard]] const J& self() const { return static_cast<const J&>(*this); }

    template <class Target>
    [[nodiscard]] static auto target(const Target& y, std::size_t r, std::size_t k) {
        if constexpr (By == judged_by::label)
            return (void)k, static_cast<std::size_t>(y.data()[r]);
        else
            return y.data() + r * k;
    }

    /// Labels of rows that weigh nothing may be -1.
    template <class Labels>
    static void check_labels(const Labels& y, std::size_t classes, const losses::row_weights& w) {
        for (std::size_t r = 0; r < y.size(); ++r) {
            const auto label = static_cast<std::int64_t>(y.data()[r]);
            if ((label < 0 || static_cast<std::size_t>(label) >= classes) && w[r] != 0)
                throw data_error(message({J::name, ": label ", label, " of row ", r, " is not one of ", classes,
                                          " classes, counted from 0"}));
        }
    }
};

}  // namespace gradus
