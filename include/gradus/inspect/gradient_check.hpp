#pragma once
/// \file
/// Checks that a layer's backward is the derivative of its forward, for any layer, including a user's own.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>

#include "gradus/base/random.hpp"
#include "gradus/losses/loss.hpp"
#include "gradus/nn/gradients.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/to_scalar.hpp"

namespace gradus {

/// Options of `gradient_check`: `{.training = false, .entries = 50}`.
struct gradient_check_options {
    bool training = true;            ///< mode of the forward; every forward has the same random draws
    std::uint64_t seed = 1;          ///< of the upstream gradient, and of the choice of entries
    std::size_t entries = 200;       ///< checked in each tensor at most, drawn at random
    tensor<bool, 2> mask = {};       ///< (N, T) for layers that use one
};

/// The result of a check. Converts to bool: `CHECK(gr::gradient_check(layer, x))`.
struct gradient_report {
    bool passed = false;
    double limit = 0;          ///< on the relative error: 1e-7 in double
    double worst = 0;          ///< largest relative error
    std::string where;         ///< that entry: "dW[3]", "dx[0]"
    double analytic = 0;       ///< its gradient by backward
    double numeric = 0;        ///< its gradient by differences of forward
    std::size_t entries = 0;   ///< checked
    bool in_float = false;     ///< the layer cannot be converted to double, so the limit is wide
    std::string defect;        ///< an error found before numbers are compared; empty: none

    explicit operator bool() const { return passed; }

    [[nodiscard]] std::string text() const {
        if (!defect.empty()) return "gradient check FAILED: " + defect;
        char line[256];
        std::snprintf(line, sizeof line, "gradient check %s in %s: worst relative error %.3g (limit %.0e) at ",
                      passed ? "passed" : "FAILED", in_float ? "float" : "double", worst, limit);
        std::string out = line + where;
        std::snprintf(line, sizeof line, ": backward %.17g, differences %.17g; %zu entries", analytic, numeric, entries);
        out += line;
        if (in_float)
            out += "; the layer has no `to_scalar` to double, or takes float alone: float's rounding forces the wide limit";
        return out;
    }
};

template <class Stream>
Stream& operator<<(Stream& out, const gradient_report& report) {
    out << report.text();
    return out;
}

namespace checking {

/// Calls f for a tensor, or for each member of a struct of tensors: inputs and outputs may be either.
template <class F, class X, class... Xs>
void each_in(const char* name, F&& f, X& x, Xs&... xs) {
    if constexpr (any_tensor<X>)
        f(entry(name), x, xs...);
    else
        each(f, x, xs...);
}

/// "dW", "d0.b". Appended: g++ 12 warns of `"d" + path` if it is inlined (GCC bug 105651).
[[nodiscard]] inline std::string gradient_name(const entry& e) {
    std::string name = "d";
    name += e.path();
    return name;
}

template <class T>
inline constexpr bool is_float = std::is_same_v<T, float>;

/// The largest magnitude in a tensor; NaN and infinity do not count.
template <class Grad>
[[nodiscard]] double largest_of(const Grad& grad) {
    double largest = 0;
    for (auto g : flat(grad))
        if (std::isfinite(static_cast<double>(g))) largest = std::max(largest, std::abs(static_cast<double>(g)));
    return largest;
}

/// Compares one tensor's gradient with differences of `loss` in its entries.
///
/// Fourth-order central differences, (8 (J₊ₕ − J₋ₕ) − (J₊₂ₕ − J₋₂ₕ)) / 12h, with the best of several h: a wrong
/// gradient fails for all of them, while a kink (ReLU) or a steep curve spoils only some.
/// The error is relative to the larger of both values, but at least to a thousandth of the tensor's largest gradient
/// and to `floor`: gradients far smaller than their neighbours are mostly rounding.
template <class Theta, class Grad, class Loss>
void compare(gradient_report& r, const std::string& name, Theta& theta, const Grad& grad, const Loss& loss,
             const gradient_check_options& o, double floor = 0) {
    using T = scalar_of<Theta>;
    constexpr std::array<double, 5> steps =
        is_float<T> ? std::array<double, 5>{5e-2, 2e-2, 1e-2, 1e-1, 5e-3} : std::array<double, 5>{1e-3, 1e-4, 1e-2, 1e-5, 1e-6};
    for (auto g : flat(grad)) {
        if (!std::isfinite(static_cast<double>(g))) {
            r.defect = name + ": backward left an entry unassigned, or not a number";
            return;
        }
    }
    const double least = std::max({1e-3 * largest_of(grad), floor, 1e-10});
    const std::size_t looks = std::min(o.entries, theta.size());
    for (std::size_t look = 0; look < looks; ++look) {
        const std::size_t i = looks == theta.size() ? look : random::integer(random::mix(o.seed, name), look, theta.size());
        const T kept = theta.data()[i];
        const double analytic = static_cast<double>(grad.data()[i]);
        double error = std::numeric_limits<double>::infinity(), numeric = std::numeric_limits<double>::quiet_NaN();
        for (const double step : steps) {
            const auto h = static_cast<T>(step * std::max(1.0, std::abs(static_cast<double>(kept))));
            const auto J = [&](int k) {
                theta.data()[i] = kept + static_cast<T>(k) * h;
                return loss();
            };
            // the step after rounding
            const double taken = (static_cast<double>(static_cast<T>(kept + h)) - static_cast<double>(static_cast<T>(kept - h))) / 2;
            const double d = (8 * (J(1) - J(-1)) - (J(2) - J(-2))) / (12 * taken);
            const double e = std::abs(d - analytic) / std::max({std::abs(d), std::abs(analytic), least});
            if (e < error) error = e, numeric = d;  // NaN, if a step leaves forward's domain, is ignored
            if (error <= r.limit) break;
        }
        theta.data()[i] = kept;
        ++r.entries;
        const bool judged = std::isfinite(error);
        if (!judged || error > r.worst || r.where.empty())
            r.worst = error, r.where = name + "[" + std::to_string(i) + "]", r.analytic = analytic, r.numeric = numeric;
        if (!judged) {
            r.defect = r.where + ": no step gives differences of forward that are numbers: x or a parameter is too near to "
                                 "where forward is not finite";
            return;
        }
    }
}

template <class L, class X>
gradient_report run(L& layer, X& x, const gradient_check_options& o, bool in_float) {
    gradient_report r;
    r.in_float = in_float;
    r.limit = in_float ? 5e-3 : 1e-7;

    context ctx;
    ctx.training = o.training;
    ctx.key = random::mix(o.seed, "gradient_check");
    if (o.mask.size() != 0) ctx.mask = &o.mask;

    // J = Σ dy ∘ y with a random dy, which also finds a gradient that is right only for equal dy
    cache_of<L, X> cache{};
    output_of<L, X> dy = gradus::forward(layer, x, cache, ctx);
    std::uint64_t leaf = 0;
    each_in(
        "y",
        [&]<class Y>(const entry&, Y& d) {
            for (std::size_t i = 0; i < d.size(); ++i)
                d.data()[i] = static_cast<scalar_of<Y>>(2 * random::uniform(random::mix(o.seed, leaf), i) - 1);
            ++leaf;
        },
        dy);
    const auto loss = [&] {
        const auto& y = gradus::forward(layer, x, cache, ctx);
        double J = 0;
        each_in(
            "y",
            [&](const entry&, const auto& a, const auto& b) {
                for (std::size_t i = 0; i < a.size(); ++i) J += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
            },
            y, dy);
        return J;
    };

    // backward assigns: the previous values of the gradients must not matter
    gradients<L> grad(layer);
    each([]<class T>(const entry&, T& t) { t.fill(std::numeric_limits<scalar_of<T>>::quiet_NaN()); }, grad.values);
    X dx = gradus::backward(layer, x, dy, cache, grad.values, ctx);

    // A whole tensor may hold only rounding, such as a bias before a normalization, which cancels it: 1e-13 in a
    // network with gradients of 1. An error of 1e-12 of the largest gradient is still found (in float 5e-5).
    double floor = 0;
    const auto raise = [&]<class T>(const entry&, const T& g) {
        if constexpr (std::is_floating_point_v<scalar_of<T>>)  // indices have no gradient, whatever is stored there
            floor = std::max(floor, (in_float ? 1e-2 : 1e-5) * largest_of(g));
    };
    each([&](const entry& e, const auto& g) { if (e.trainable) raise(e, g); }, grad.values);
    each_in("x", raise, dx);

    each(
        [&](const entry& e, auto& theta, const auto& g) {
            if (r.defect.empty() && e.trainable) compare(r, gradient_name(e), theta, g, loss, o, floor);
        },
        layer, grad.values);
    each_in(
        "x",
        [&]<class T>(const entry& e, T& value, const T& d) {
            if constexpr (std::is_floating_point_v<scalar_of<T>>) {
                if (!r.defect.empty()) return;
                if (d.shape() != value.shape())
                    r.defect = gradient_name(e) + " is " + shape_text(d.shape()) + ", the input is " + shape_text(value.shape());
                else
                    compare(r, gradient_name(e), value, d, loss, o, floor);
            }
        },
        x, dx);
    r.passed = r.defect.empty() && r.worst <= r.limit && r.entries > 0;
    return r;
}

}  // namespace checking

/// Compares every gradient of a layer's backward, at x, with differences of its forward, for a random upstream
/// gradient. In double if the layer can be converted (`template <class U> auto to_scalar() const`) and accepts double;
/// else in its own scalar, with a wider limit, which the report states.
template <class L, class X>
[[nodiscard]] gradient_report gradient_check(const L& layer, const X& x, const gradient_check_options& o = {}) {
    static_assert(is_layer<L, X>);
    if constexpr (scalars::serves<L, X, double>) {
        auto checked = to_scalar<double>(layer);
        auto input = to_scalar<double>(x);
        return checking::run(checked, input, o, false);
    } else {
        L checked = layer;
        X input = x;
        bool in_float = true;
        if constexpr (any_tensor<X>) in_float = !std::is_same_v<scalar_of<X>, double>;
        return checking::run(checked, input, o, in_float);
    }
}

/// The same for a loss: ∂J/∂ŷ at (ŷ, y), in double.
template <class J, class Y, class Target>
    requires requires { typename J::template cache<Y>; } && (!layer_has::parameters<J>)
[[nodiscard]] gradient_report gradient_check(const J& loss, const Y& y_hat, const Target& y,
                                             const gradient_check_options& o = {}) {
    gradient_report r;
    r.limit = 1e-7;
    auto z = to_scalar<double>(y_hat);
    const auto target = to_scalar<double>(y);
    const normalizer by{0, o.mask.size() == 0 ? nullptr : &o.mask};
    const auto dz = loss.gradient(z, target, by);
    checking::compare(r, "dy_hat", z, dz, [&] { return loss.value(z, target, by); }, o);
    r.passed = r.defect.empty() && r.worst <= r.limit && r.entries > 0;
    return r;
}

}  // namespace gradus
