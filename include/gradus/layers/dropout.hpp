#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

/// Inverted dropout, y = x ∘ m / (1 − p), with m = 0 with probability p, else 1.                    [dropout.forward]
/// Backward: dx = dy ∘ m / (1 − p)                                                                  [dropout.backward]
/// The expectation of y is x, so in inference, as with p = 0, y = x.
///   x, m, y (N, ...)
///
/// The draw of each element depends only on the seed and step of the pass, the row and the element: repeated forwards
/// give the same mask, and so do any shards of a batch.
/// Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014); inverted as
/// in PyTorch and Keras.
/// Complexity: a quarter of a Philox block for each element, about 0.6 ns. No allocation after the first batch of that
/// size.
/// \throws shape_error if p is not in [0, 1).
struct dropout {
    static constexpr std::string_view name = "dropout";
    static constexpr std::string_view formula = "x ∘ m / (1 − p)";
    using parameters = no_parameters;
    template <class X>
    struct cache {
        X m, y, dx;  // m includes the factor 1 / (1 − p)
        bool drops = false;
    };

    double p = 0.5;

    template <class X>
    const X& forward(const X& x, cache<X>& c, const context& ctx) const;
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>& c, parameters&, const context& ctx = {}) const;

    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        check();
        return in;
    }

  private:
    void check() const {
        if (!(p >= 0 && p < 1))
            throw shape_error(name, {"y = x ∘ m / (1 − p) needs p in [0, 1), got ", number_text(p)});
    }
    template <class X>
    void draw(X& m, const context& ctx) const {
        using T = scalar_of<X>;
        const auto dropped = static_cast<std::uint32_t>(p * 0x1p32);  // of 2^32 values
        const auto kept = static_cast<T>(1 / (1 - p));
        const std::size_t rows = m.shape()[0], elements = rows == 0 ? 0 : m.size() / rows;
        const auto scale = [dropped, kept](std::uint32_t word) { return static_cast<T>(word >= dropped) * kept; };
        for (std::size_t n = 0; n < rows; ++n) {
            T* row = m.data() + n * elements;
            std::size_t i = 0;
            for (; i + 4 <= elements; i += 4) {  // whole blocks without a branch, so that the compiler vectorizes
                const auto words = ctx.words(n, i / 4);
                for (std::size_t k = 0; k < 4; ++k) row[i + k] = scale(words[k]);
            }
            if (i == elements) continue;
            const auto words = ctx.words(n, i / 4);
            for (std::size_t k = 0; i + k < elements; ++k) row[i + k] = scale(words[k]);
        }
    }
};

template <class X>
const X& dropout::forward(const X& x, cache<X>& c, const context& ctx) const {
    require_input<typename X::value_type, X>();
    check();
    reshape(c.y, x.shape());
    c.drops = ctx.training && p > 0;
    if (c.drops) {
        reshape(c.m, x.shape());
        draw(c.m, ctx);
        kernels::map(x.size(), [](const auto& a, const auto& m) { return a * m; }, c.y.data(), x.data(), c.m.data());
    } else {
        std::copy_n(x.data(), x.size(), c.y.data());
    }
    return c.y;
}

template <class X>
const X& dropout::backward(const X&, const X& dy, cache<X>& c, parameters&, const context& ctx) const {
    require_dy(name, "dx = dy ∘ m / (1 − p)", c.y.shape(), dy.shape());
    if (!c.drops) return dy;
    if (ctx.input_gradient) {
        reshape(c.dx, dy.shape());
        kernels::map(dy.size(), [](const auto& d, const auto& m) { return d * m; }, c.dx.data(), dy.data(), c.m.data());
    }
    return c.dx;
}

#ifdef GRADUS_COMPILED
#define GRADUS_DROPOUT(T, N)                                                                                          \
    GRADUS_EXTERN(layers) template const tensor<T, N>& dropout::forward(const tensor<T, N>&, cache<tensor<T, N>>&,    \
                                                                        const context&) const;                        \
    GRADUS_EXTERN(layers) template const tensor<T, N>& dropout::backward(                                             \
        const tensor<T, N>&, const tensor<T, N>&, cache<tensor<T, N>>&, parameters&, const context&) const;
GRADUS_DROPOUT(float, 2)
GRADUS_DROPOUT(float, 3)
GRADUS_DROPOUT(float, 4)
GRADUS_DROPOUT(double, 2)
GRADUS_DROPOUT(double, 3)
GRADUS_DROPOUT(double, 4)
#undef GRADUS_DROPOUT
#endif

}  // namespace gradus
