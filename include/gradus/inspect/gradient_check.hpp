#pragma once
/// \file
/// Is this backward the derivative of this forward? For any layer, a user's own included: one line.

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

/// How `gradient_check` looks: `{.training = false, .entries = 50}`.
struct gradient_check_options {
    bool training = true;            ///< mode of the forward; draws are the same in each
    std::uint64_t seed = 1;          ///< of the upstream gradient, and of which entries are looked at
    std::size_t entries = 200;       ///< of each tensor at most, drawn at random
    tensor<bool, 2> mask = {};       ///< (N, T) for layers that read one
};

/// What was found, and whether it will do. Converts to bool: `CHECK(gr::gradient_check(layer, x))`.
struct gradient_report {
    bool passed = false;
    double limit = 0;          ///< on the relative error: 1e-7 in double
    double worst = 0;          ///< largest relative error
    std::string where;         ///< of that entry: "dW[3]", "dx[0]"
    double analytic = 0;       ///< what backward says there
    double numeric = 0;        ///< what differences of forward say there
    std::size_t entries = 0;   ///< looked at
    bool in_float = false;     ///< the layer does not exist in double, so the limit is wide
    std::string defect;        ///< what is wrong before any number is compared; empty: nothing

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

/// A leaf or a struct of leaves: inputs and outputs may be either.
template <class F, class X, class... Xs>
void each_in(const char* name, F&& f, X& x, Xs&... xs) {
    if constexpr (any_tensor<X>)
        f(entry(name), x, xs...);
    else
        each(f, x, xs...);
}

/// "dW", "d0.b". Appended: g++ 12 warns of `"d" + path` where it is inlined (GCC bug 105651).
[[nodiscard]] inline std::string gradient_name(const entry& e) {
    std::string name = "d";
    name += e.path();
    return name;
}

template <class T>
inline constexpr bool is_float = std::is_same_v<T, float>;

/// Largest magnitude in a tensor; what is not a number does not count.
template <class Grad>
[[nodiscard]] double largest_of(const Grad& grad) {
    double largest = 0;
    for (auto g : flat(grad))
        if (std::isfinite(static_cast<double>(g))) largest = std::max(largest, std::abs(static_cast<double>(g)));
    return largest;
}

/// Compares one tensor's gradient with differences of `loss` in its entries.
///
/// Fourth-order central differences, (8 (J₊ₕ − J₋ₕ) − (J₊₂ₕ − J₋₂ₕ)) / 12h, with the best of a few h: a wrong gradient is
/// wrong at all of them, while a kink (ReLU) or a steep curve spoils one or the other.
/// The error is relative to the larger of both values, and to no less than a thousandth of the tensor's largest
/// gradient and `floor`: what is next to nothing beside its neighbours is all rounding.
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
            // what was really added, after rounding
            const double taken = (static_cast<double>(static_cast<T>(kept + h)) - static_cast<double>(static_cast<T>(kept - h))) / 2;
            const double d = (8 * (J(1) - J(-1)) - (J(2) - J(-2))) / (12 * taken);
            const double e = std::abs(d - analytic) / std::max({std::abs(d), std::abs(analytic), least});
            if (e < error) error = e, numeric = d;  // a step that leaves forward's domain gives NaN: it says nothing
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

    // J = Σ dy ∘ y with a random dy: a gradient that is right only for equal dy is caught
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

    // backward assigns: what stood in the gradients before must not matter
    gradients<L> grad(layer);
    each([]<class T>(const entry&, T& t) { t.fill(std::numeric_limits<scalar_of<T>>::quiet_NaN()); }, grad.values);
    X dx = gradus::backward(layer, x, dy, cache, grad.values, ctx);

    // A whole tensor may have nothing but rounding, as a bias before a normalization, which takes it out again: 1e-13 beside
    // a network's gradients of 1. What is wrong by 1e-12 of the largest is still told (in float by 5e-5).
    double floor = 0;
    const auto raise = [&]<class T>(const entry&, const T& g) {
        if constexpr (std::is_floating_point_v<scalar_of<T>>)  // indices have no gradient, whatever stands there
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

/// Compares every gradient of a layer's backward, at x, with differences of its forward, under a random upstream
/// gradient. In double, whatever the layer's own scalar, where the layer can be converted (`template <class U> auto
/// to_scalar() const`) and takes double; else in its own, with a wider limit, and the report says so.
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
