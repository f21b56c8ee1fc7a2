#pragma once
/// \file
/// The shell of losses that act on each row by itself: J = Σₙ wₙ l(ŷₙ, yₙ) / Σₙ wₙ. A loss of that kind, J, says
///
/// ```cpp
/// T row(const T* p, Target t, std::size_t k, T* kept) const;                  // l(ŷₙ, yₙ); leaves what backward reads
/// void row_backward(const T* p, Target t, std::size_t k, T* dp) const;        // turns that into ∂l/∂ŷₙ
/// ```
/// where t is a label, or points to the k targets of the row. It may also say
/// - `double row_weight(label) const`, by which the row weighs in the mean;
/// - `judges_classes = true`: the largest entry of a row is the class that it tells;
/// - `check_options(k)`, `takes_target` and `takes_prediction`, as an element loss does.

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"

namespace gradus {

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
    // what a loss says of itself where it differs
    static constexpr judged_by target_kind = By;
    static constexpr bool judges_classes = false;
    static constexpr std::string_view targets = {}, predictions = {};
    static constexpr bool takes_target(double) { return true; }
    static constexpr bool takes_prediction(double) { return true; }
    void check_options(std::size_t) const {}
    /// Rows of classes may be judged by integers too, one-hot as they come: their targets are read one by one.
    template <class Y, class Target, class Judge = J>
    using target_check = std::conditional_t<By == judged_by::label, losses::label_per_row<Y, Target>,
                                            losses::targets_alike<Y, Target, Judge::judges_classes>>;

    /// What the mean divides by: the weights of the rows that count.
    /// \throws shape_error, data_error where shapes, mask, weights, labels or options do not fit.
    template <class Y, class Target>
    [[nodiscard]] double count(const Y& y_hat, const Target& y, const normalizer& by = {}) const;

    /// J. One pass over ŷ; nothing is allocated once a batch of that size has passed.
    /// \throws shape_error, data_error where shapes, mask, weights, options or targets do not fit.
    template <class Y, class Target>
    double forward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by = {}) const;

    /// ∂J/∂ŷ. One pass over ŷ; nothing is allocated.
    /// \throws shape_error where no forward of that ŷ stands before it.
    template <class Y, class Target>
    const Y& backward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by = {}) const;

    /// How many of the rows that the mask leaves have their largest entry where their label, or their largest target, is.
    template <class Y, class Target, class Judge = J>
    [[nodiscard]] double correct(const Y& y_hat, const Target& y, const normalizer& by = {}) const
        requires(Judge::judges_classes)
    {
        const losses::row_weights there(J::name, y_hat.shape(), {0, by.mask});
        const std::size_t k = features(y_hat);
        double n = 0;
        for (std::size_t r = 0; r < rows(y_hat); ++r) {
            const std::size_t told = kernels::argmax(y_hat.data() + r * k, k);
            if constexpr (By == judged_by::label)
                n += there[r] != 0 && told == target(y, r, k) ? 1 : 0;
            else
                n += there[r] != 0 && told == kernels::argmax(y.data() + r * k, k) ? 1 : 0;
        }
        return n;
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

template <class J, judged_by By>
template <class Y, class Target>
double row_loss<J, By>::count(const Y& y_hat, const Target& y, const normalizer& by) const {
    if constexpr (By == judged_by::label)
        losses::check_rows(J::name, y_hat, y);
    else
        losses::check_same(J::name, y_hat, y);
    self().check_options(features(y_hat));
    const losses::row_weights w(J::name, y_hat.shape(), by);
    if constexpr (By == judged_by::label) check_labels(y, features(y_hat), w);
    if constexpr (requires { self().row_weight(target(y, 0, 1)); }) {
        double sum = 0;
        for (std::size_t r = 0; r < rows(y_hat); ++r)
            if (w[r] != 0) sum += w[r] * self().row_weight(target(y, r, 1));
        return sum;
    } else {
        return w.sum();
    }
}

template <class J, judged_by By>
template <class Y, class Target>
double row_loss<J, By>::forward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by) const {
    const double n = losses::divisor(self(), y_hat, y, by);
    const losses::row_weights w(J::name, y_hat.shape(), by);
    const std::size_t k = features(y_hat);
    reshape(c.dy, y_hat.shape());
    double sum = 0;
    for (std::size_t r = 0; r < rows(y_hat); ++r) {
        if (w[r] == 0) continue;
        losses::check_domain<J>([](double v) { return J::takes_prediction(v); }, "prediction", J::predictions, y_hat.data(), r * k, k);
        if constexpr (By == judged_by::targets)
            losses::check_domain<J>([](double v) { return J::takes_target(v); }, "target", J::targets, y.data(), r * k, k);
        sum += w[r] * static_cast<double>(self().row(y_hat.data() + r * k, target(y, r, k), k, c.dy.data() + r * k));
    }
    c.kept = true;
    return sum / n;
}

template <class J, judged_by By>
template <class Y, class Target>
const Y& row_loss<J, By>::backward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by) const {
    using T = scalar_of<Y>;
    if (!std::exchange(c.kept, false) || c.dy.shape() != y_hat.shape())
        throw shape_error(J::name, {"backward needs the forward of the same ŷ before it, ", y_hat.shape()});
    const double n = losses::divisor(self(), y_hat, y, by);
    const losses::row_weights w(J::name, y_hat.shape(), by);
    const std::size_t k = features(y_hat);
    for (std::size_t r = 0; r < rows(y_hat); ++r)
        if (w[r] != 0) self().row_backward(y_hat.data() + r * k, target(y, r, k), k, c.dy.data() + r * k);
    w.each_run([&](std::size_t row, std::size_t count, double weight) {
        T* const dy = c.dy.data() + row * k;
        if (weight == 0)
            std::fill_n(dy, count * k, T(0));
        else
            kernels::map(count * k, [s = static_cast<T>(weight / n)](const auto& d) { return d * s; }, dy, dy);
    });
    return c.dy;
}

/// J with labels, on rows and on sequences, for the compiled unit: each such loss of this folder says it of itself.
#ifdef GRADUS_COMPILED
#define GRADUS_LOSS_OF_LABELS(J)                                                                                      \
    GRADUS_LOSS_OF_LABELS_ON(J, float, 2)                                                                             \
    GRADUS_LOSS_OF_LABELS_ON(J, float, 3)                                                                             \
    GRADUS_LOSS_OF_LABELS_ON(J, double, 2)                                                                            \
    GRADUS_LOSS_OF_LABELS_ON(J, double, 3)
#define GRADUS_LOSS_OF_LABELS_ON(J, T, N)                                                                             \
    GRADUS_EXTERN(losses) template double row_loss<J, judged_by::label>::count(                                       \
        const tensor<T, N>&, const tensor<std::int32_t, N - 1>&, const normalizer&) const;                            \
    GRADUS_EXTERN(losses) template double row_loss<J, judged_by::label>::forward(                                     \
        const tensor<T, N>&, const tensor<std::int32_t, N - 1>&, cache<tensor<T, N>>&, const normalizer&) const;      \
    GRADUS_EXTERN(losses) template const tensor<T, N>& row_loss<J, judged_by::label>::backward(                       \
        const tensor<T, N>&, const tensor<std::int32_t, N - 1>&, cache<tensor<T, N>>&, const normalizer&) const;
#else
#define GRADUS_LOSS_OF_LABELS(J)
#endif

}  // namespace gradus
