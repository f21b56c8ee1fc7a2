#pragma once
/// \file
/// The base class of losses of whole rows: J = Σₙ wₙ l(ŷₙ, yₙ) / Σₙ wₙ. Such a loss J defines
///
/// ```cpp
/// T row(const T* p, Target t, std::size_t k, T* kept) const;                  // l(ŷₙ, yₙ); stores what backward needs
/// void row_backward(const T* p, Target t, std::size_t k, T* dp) const;        // computes ∂l/∂ŷₙ from that
/// ```
/// where t is a label, or points to the k targets of the row. It may also define
/// - `double row_weight(label) const`, the weight of the row in the mean's divisor;
/// - `judges_classes = true`: the largest entry of a row is the predicted class;
/// - `check_options(k)`, `takes_target` and `takes_prediction`, as an elementwise loss.

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"

namespace gradus {

/// The kind of a row's target.
enum class judged_by {
    label,   ///< an integer: (N, V) with (N)
    targets  ///< one number per element: (N, V) with (N, V)
};

template <class J, judged_by By>
struct row_loss : loss_shorthand<J> {
    template <class Y>
    struct cache {
        Y dy;  // after forward what backward needs, after backward ∂J/∂ŷ
        bool kept = false;
    };
    // defaults, which a loss may redefine
    static constexpr judged_by target_kind = By;
    static constexpr bool judges_classes = false;
    static constexpr std::string_view targets = {}, predictions = {};
    static constexpr bool takes_target(double) { return true; }
    static constexpr bool takes_prediction(double) { return true; }
    void check_options(std::size_t) const {}
    /// Classification losses also accept integer targets, such as one-hot rows: targets are read one by one.
    template <class Y, class Target, class Judge = J>
    using target_check = std::conditional_t<By == judged_by::label, losses::label_per_row<Y, Target>,
                                            losses::targets_alike<Y, Target, Judge::judges_classes>>;

    /// The divisor of the mean: the sum of the row weights.
    /// \throws shape_error, data_error for invalid shapes, mask, weights, labels or options.
    template <class Y, class Target>
    [[nodiscard]] double count(const Y& y_hat, const Target& y, const normalizer& by = {}) const;

    /// J. One pass over ŷ; allocates only for the first batch of a size.
    /// \throws shape_error, data_error for invalid shapes, mask, weights, options or targets.
    template <class Y, class Target>
    double forward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by = {}) const;

    /// ∂J/∂ŷ. One pass over ŷ, without allocation.
    /// \throws shape_error unless called after a forward of the same ŷ.
    template <class Y, class Target>
    const Y& backward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by = {}) const;

    /// The number of rows kept by the mask whose largest entry is at their label, or at their largest target.
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

    /// Labels of rows with weight 0 may be -1.
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

/// Instantiations for the compiled unit: J with labels, on rows and on sequences. Used by each such loss here.
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
