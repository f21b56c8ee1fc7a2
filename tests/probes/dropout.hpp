#pragma once
// Dropout as a user would write it: a layer without parameters that draws from the context.

#include "gradus.hpp"

namespace probes {

/// Inverted dropout, y = x ∘ m / (1 − p), with m = 0 where the draw is below p. In inference, y = x.
/// One draw per sample and element of it: the same however the batch is cut into shards.
struct dropout {
    static constexpr std::string_view name = "dropout";
    using parameters = gradus::no_parameters;
    template <class X>
    struct cache {
        X scale, y, dx;
    };
    double p = 0.5;

    template <class X>
    const X& forward(const X& x, cache<X>& c, const gradus::context& ctx) const {
        using T = gradus::scalar_of<X>;
        gradus::reshape(c.scale, x.shape()), gradus::reshape(c.y, x.shape());
        const std::size_t elements = x.size() / x.shape()[0];
        for (std::size_t n = 0; n < x.shape()[0]; ++n)
            for (std::size_t i = 0; i < elements; ++i) {
                T& m = c.scale.data()[n * elements + i];
                m = !ctx.training ? T(1) : ctx.uniform(n, i) < p ? T(0) : static_cast<T>(1 / (1 - p));
                c.y.data()[n * elements + i] = x.data()[n * elements + i] * m;        // y = x ∘ m / (1 − p)
            }
        return c.y;
    }
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>& c, parameters&) const {
        gradus::reshape(c.dx, dy.shape());
        for (std::size_t i = 0; i < dy.size(); ++i) c.dx.data()[i] = dy.data()[i] * c.scale.data()[i];
        return c.dx;                                                                  // dx = dy ∘ m / (1 − p)
    }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const { return in; }
};

}  // namespace probes
