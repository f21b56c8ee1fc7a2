#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/kernels/normalization.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

/// Dropout of whole channels, y = x ∘ m / (1 − p), with m = 0 with probability p, else 1.         [dropout2d.forward]
/// Backward: dx = dy ∘ m / (1 − p)                                                              [dropout2d.backward]
///   x, y (N, ..., C)   m (N, C): one draw for each channel of each sample
/// The expectation of y is x, so in inference, as with p = 0, y = x.
///
/// Neighbouring pixels are correlated, so dropping single pixels removes little information. The draw of a channel
/// depends only on the seed and step of the pass, the row of the sample and the channel, as in dropout.
/// Source: Tompson et al., "Efficient object localization using convolutional networks" (2015), 3.2; Keras's
/// `SpatialDropout2D`, PyTorch's `Dropout2d`.
/// Complexity: one read and one write for each element, and one draw for each channel. No allocation after the first
/// batch of that size.
/// \throws shape_error if p is not in [0, 1), or dy does not have the shape of y.
struct dropout2d {
    static constexpr std::string_view name = "dropout2d";
    static constexpr std::string_view formula = "x ∘ m / (1 − p)";
    using parameters = no_parameters;
    template <class X>
    struct cache {
        tensor<scalar_of<X>, 2> m;  // includes the factor 1 / (1 − p)
        X y, dx;
        bool drops = false;
        kernels::channelwise<scalar_of<X>> channels;
    };

    double p = 0.5;

    template <class X>
    const X& forward(const X& x, cache<X>& c, const context& ctx) const {
        require_input<typename X::value_type, X>();
        static_assert(rank_of<X> >= 2, "gradus: dropout2d takes x of (N, ..., C)");
        check();
        reshape(c.y, x.shape());
        c.drops = ctx.training && p > 0 && x.size() != 0;
        if (c.drops)
            draw(x, c.m, ctx), multiply(x, c, c.y);                                    // y = x ∘ m / (1 − p)
        else
            std::copy_n(x.data(), x.size(), c.y.data());
        return c.y;
    }
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>& c, parameters&, const context& ctx = {}) const {
        require_dy(name, "dx = dy ∘ m / (1 − p)", c.y.shape(), dy.shape());
        if (!c.drops) return dy;
        if (ctx.input_gradient) {
            reshape(c.dx, dy.shape());
            multiply(dy, c, c.dx);                                                     // dx = dy ∘ m / (1 − p)
        }
        return c.dx;
    }

    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        check();
        return in;
    }

  private:
    void check() const {
        if (!(p >= 0 && p < 1))
            throw shape_error(name, {"y = x ∘ m / (1 − p) needs p in [0, 1), got ", p});
    }
    template <class X>
    static void multiply(const X& x, cache<X>& c, X& out) {
        const std::size_t N = x.shape()[0], C = features(x), size = x.size() / N;
        c.channels.resize(size / C, C);
        for (std::size_t n = 0; n < N; ++n)
            c.channels.map([](const auto& v, const auto& m) { return v * m; }, out.data() + n * size, x.data() + n * size,
                           kernels::per_channel{[m = &c.m(n, 0)](std::size_t j) { return m[j]; }});
    }
    template <class X, class M>
    void draw(const X& x, M& m, const context& ctx) const {
        const auto dropped = static_cast<std::uint32_t>(p * 0x1p32);  // of 2^32 values
        const auto kept = static_cast<scalar_of<X>>(1 / (1 - p));
        reshape(m, std::array{x.shape()[0], features(x)});
        for (std::size_t n = 0; n < m.shape()[0]; ++n)
            for (std::size_t j = 0; j < m.shape()[1]; j += 4) {
                const auto words = ctx.words(n, j / 4);
                for (std::size_t k = j; k < std::min(j + 4, m.shape()[1]); ++k) m(n, k) = words[k - j] < dropped ? 0 : kept;
            }
    }
};

}  // namespace gradus
