#pragma once
/// \file
/// A minimal layer with a state: the interface of a recurrent layer, with one number for each feature.

#include <array>
#include <cstddef>
#include <string_view>

#include "gradus/base/error.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/parameters.hpp"
#include "gradus/tensor/tensor.hpp"

namespace support {

template <class T>
struct running_state {
    gradus::tensor<T, 2> h;  // (N, D)
    static void each(auto&& f, auto&... s) { f("h", s.h...); }
};

/// h_t = a ∘ h_{t−1} + x_t; at masked steps h_t = h_{t−1}.   x, y (N, T, D)   a (D)
template <class T = float>
struct running_mean {
    static constexpr std::string_view name = "running_mean";
    using input = gradus::tensor<T, 3>;
    struct parameters {
        gradus::tensor<T, 1> a;
        static void each(auto&& f, auto&... p) { f("a", p.a...); }
    };
    template <class X>
    struct cache {
        X y, dx;
        running_state<T> initial, last;
        gradus::tensor<T, 2> dh;
    };
    parameters theta;
    bool reversed = false;

    explicit running_mean(std::size_t D, T a = T(0.5), bool r = false) : theta{gradus::tensor<T, 1>({D}, a)}, reversed(r) {}
    void require_carry() const {
        if (reversed) throw gradus::shape_error(name, "it is reversed");
    }
    [[nodiscard]] std::size_t units() const { return theta.a.size(); }

    template <class X>
    const X& forward(const X& x, cache<X>& c, const gradus::context& ctx) const {
        if (c.initial.h.size() != 0 && c.initial.h.shape()[0] != x.shape()[0])
            throw gradus::shape_error(name, {"h is ", c.initial.h.shape(), ", x is ", x.shape()});
        gradus::reshape(c.y, x.shape()), gradus::reshape(c.last.h, std::array{x.shape()[0], x.shape()[2]});
        each(x, [&](std::size_t n, std::size_t t, std::size_t d) {
            c.y(n, t, d) = there(ctx, n, t) ? theta.a(d) * before(c, n, t, d) + x(n, t, d) : before(c, n, t, d);
            c.last.h(n, d) = c.y(n, t, d);
        });
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const gradus::context& ctx) const {
        gradus::reshape(c.dx, x.shape()), gradus::reshape(c.dh, c.last.h.shape());
        c.dh.fill(T(0)), grad.a.fill(T(0));
        each(x, [&](std::size_t n, std::size_t back, std::size_t d) {
            const std::size_t t = x.shape()[1] - 1 - back;
            T& dh = c.dh(n, d);
            dh += dy(n, t, d);
            c.dx(n, t, d) = there(ctx, n, t) ? dh : T(0);
            if (there(ctx, n, t)) grad.a(d) += dh * before(c, n, t, d), dh *= theta.a(d);
        });
        return c.dx;
    }
    template <class U>
    [[nodiscard]] running_mean<U> to_scalar() const {
        return running_mean<U>(theta.a.size());
    }

  private:
    static bool there(const gradus::context& ctx, std::size_t n, std::size_t t) { return ctx.mask == nullptr || (*ctx.mask)(n, t); }
    template <class C>
    static T before(const C& c, std::size_t n, std::size_t t, std::size_t d) {
        return t != 0 ? c.y(n, t - 1, d) : c.initial.h.size() != 0 ? c.initial.h(n, d) : T(0);
    }
    template <class X, class F>
    static void each(const X& x, F f) {
        for (std::size_t t = 0; t < x.shape()[1]; ++t)
            for (std::size_t n = 0; n < x.shape()[0]; ++n)
                for (std::size_t d = 0; d < x.shape()[2]; ++d) f(n, t, d);
    }
};

}  // namespace support
