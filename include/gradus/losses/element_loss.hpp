#pragma once
/// \file
/// The base class of elementwise losses: J = Σ w l(ŷ, y) / Σ w.
///
/// ```cpp
/// struct mse : gr::element_loss<mse> {
///     static constexpr std::string_view name = "mse";
///     gr::reduce reduction = gr::reduce::mean;
///     static auto term(const auto& p, const auto& t) { return (p - t) * (p - t); }        // l(ŷ, y)
///     static auto derivative(const auto& p, const auto& t) { return 2 * (p - t); }        // ∂l/∂ŷ
/// };
/// ```
/// Both are generic statements for numbers, registers and expressions. A loss may also define
/// - `static constexpr bool sums_outputs = true`: sum over the outputs of a row, mean over rows;
/// - `static bool takes_target(double)`, the domain of targets, with its description `static constexpr std::string_view
///   targets`; likewise `takes_prediction` with `predictions`;
/// - `void check_options() const`;
/// - `boundary` and `target_boundary`, for two classes: ŷ is correct if ŷ and y are on the same side of theirs.

#include <algorithm>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/losses/loss.hpp"

namespace gradus {

template <class J>
struct element_loss : loss_shorthand<J> {
    template <class Y>
    struct cache {
        Y dy;
    };
    template <class Y, class Target>
    using target_check = losses::targets_alike<Y, Target>;

    // defaults, which a loss may redefine
    static constexpr bool sums_outputs = false;
    static constexpr std::string_view targets = {}, predictions = {};
    static constexpr bool takes_target(double) { return true; }
    static constexpr bool takes_prediction(double) { return true; }
    void check_options() const {}

    /// The divisor of the mean: the sum of the row weights, times the number of outputs unless `sums_outputs`.
    /// \throws shape_error, data_error for invalid shapes, mask, weights or options.
    template <class Y, class Target>
    [[nodiscard]] double count(const Y& y_hat, const Target& y, const normalizer& by = {}) const;

    /// J. One pass over ŷ and y, without allocation.
    /// \throws shape_error, data_error for invalid shapes, mask, weights, options or targets.
    template <class Y, class Target>
    double forward(const Y& y_hat, const Target& y, cache<Y>&, const normalizer& by = {}) const;

    /// ∂J/∂ŷ. One pass over ŷ and y; allocates only for the first batch of a size.
    template <class Y, class Target>
    const Y& backward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by = {}) const;

    /// The number of correct rows among those that the mask keeps; a row with several elements counts the fraction of
    /// its elements that are on the side of their targets.
    template <class Y, class Target, class Judge = J>
    [[nodiscard]] double correct(const Y& y_hat, const Target& y, const normalizer& by = {}) const
        requires requires { Judge::boundary; }
    {
        double n = 0;
        each_run(y_hat, {0, by.mask}, [&](std::size_t at, std::size_t k, double w) {
            for (std::size_t i = at; w != 0 && i < at + k; ++i)
                n += (y_hat.data()[i] >= J::boundary) == (y.data()[i] >= J::target_boundary) ? 1 : 0;
        });
        return n / static_cast<double>(features(y_hat));
    }

  private:
    [[nodiscard]] const J& self() const { return static_cast<const J&>(*this); }

    /// Calls f(first, n, w) for each run of elements with the same weight.
    template <class Y, class F>
    static void each_run(const Y& y_hat, const normalizer& by, F&& f) {
        const std::size_t k = features(y_hat);
        losses::row_weights(J::name, y_hat.shape(), by).each_run([&](std::size_t row, std::size_t n, double w) { f(row * k, n * k, w); });
    }
};

template <class J>
template <class Y, class Target>
double element_loss<J>::count(const Y& y_hat, const Target& y, const normalizer& by) const {
    losses::check_same(J::name, y_hat, y);
    self().check_options();
    const double w = losses::row_weights(J::name, y_hat.shape(), by).sum();
    return J::sums_outputs ? w : w * static_cast<double>(features(y_hat));
}

template <class J>
template <class Y, class Target>
double element_loss<J>::forward(const Y& y_hat, const Target& y, cache<Y>&, const normalizer& by) const {
    const double n = losses::divisor(self(), y_hat, y, by);
    double sum = 0;
    each_run(y_hat, by, [&](std::size_t at, std::size_t k, double w) {
        if (w == 0) return;
        losses::check_domain<J>([](double v) { return J::takes_prediction(v); }, "prediction", J::predictions, y_hat.data(), at, k);
        losses::check_domain<J>([](double v) { return J::takes_target(v); }, "target", J::targets, y.data(), at, k);
        sum += w * static_cast<double>(kernels::sum_of(
                       k, [loss = self()](const auto& p, const auto& t) { return loss.term(p, t); }, y_hat.data() + at,
                       y.data() + at));
    });
    return sum / n;
}

template <class J>
template <class Y, class Target>
const Y& element_loss<J>::backward(const Y& y_hat, const Target& y, cache<Y>& c, const normalizer& by) const {
    using T = scalar_of<Y>;
    const double n = losses::divisor(self(), y_hat, y, by);
    reshape(c.dy, y_hat.shape());
    each_run(y_hat, by, [&](std::size_t at, std::size_t k, double w) {
        if (w == 0) {
            std::fill_n(c.dy.data() + at, k, T(0));
            return;
        }
        kernels::map(
            k, [loss = self(), s = static_cast<T>(w / n)](const auto& p, const auto& t) { return loss.derivative(p, t) * s; },
            c.dy.data() + at, y_hat.data() + at, y.data() + at);
    });
    return c.dy;
}

/// Instantiations for the compiled unit: J on rows and on sequences. Used by each elementwise loss of this folder.
#ifdef GRADUS_COMPILED
#define GRADUS_ELEMENT_LOSS(J)                                                                                        \
    GRADUS_ELEMENT_LOSS_OF(J, float, 2)                                                                               \
    GRADUS_ELEMENT_LOSS_OF(J, float, 3)                                                                               \
    GRADUS_ELEMENT_LOSS_OF(J, double, 2)                                                                              \
    GRADUS_ELEMENT_LOSS_OF(J, double, 3)
#define GRADUS_ELEMENT_LOSS_OF(J, T, N)                                                                               \
    GRADUS_EXTERN(losses) template double element_loss<J>::count(const tensor<T, N>&, const tensor<T, N>&,            \
                                                                 const normalizer&) const;                            \
    GRADUS_EXTERN(losses) template double element_loss<J>::forward(const tensor<T, N>&, const tensor<T, N>&,          \
                                                                   cache<tensor<T, N>>&, const normalizer&) const;    \
    GRADUS_EXTERN(losses) template const tensor<T, N>& element_loss<J>::backward(                                     \
        const tensor<T, N>&, const tensor<T, N>&, cache<tensor<T, N>>&, const normalizer&) const;
#else
#define GRADUS_ELEMENT_LOSS(J)
#endif

}  // namespace gradus
