#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

/// Gaussian noise, y = x + σ n with n from N(0, 1); in inference y = x.                      [gaussian_noise.forward]
/// Backward: dx = dy                                                                        [gaussian_noise.backward]
///   x, n, y (N, ...)
///
/// The draw of each element depends only on the seed and step of the pass, the row and the element, as in dropout.
/// Source: Bishop, "Training with noise is equivalent to Tikhonov regularization" (1995); Keras's `GaussianNoise`.
/// Complexity: a Philox block and a normal quantile for each element.
/// \throws shape_error if σ is negative, infinite or NaN.
struct gaussian_noise {
    static constexpr std::string_view name = "gaussian_noise";
    static constexpr std::string_view formula = "x + σ n";
    using parameters = no_parameters;
    template <class X>
    struct cache {
        X y;
    };

    double sigma = 0.1;  ///< standard deviation σ, in units of x

    template <class X>
    const X& forward(const X& x, cache<X>& c, const context& ctx) const {
        require_input<typename X::value_type, X>();
        using T = scalar_of<X>;
        check();
        reshape(c.y, x.shape());
        std::copy_n(x.data(), x.size(), c.y.data());
        if (!ctx.training || sigma == 0) return c.y;
        const std::size_t rows = x.shape()[0], elements = rows == 0 ? 0 : x.size() / rows;
        for (std::size_t n = 0; n < rows; ++n)
            for (std::size_t i = 0; i < elements; ++i) c.y.data()[n * elements + i] += static_cast<T>(sigma * ctx.normal(n, i));
        return c.y;
    }
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>& c, parameters&) const {
        require_dy(name, "dx = dy", c.y.shape(), dy.shape());
        return dy;
    }

    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        check();
        return in;
    }

  private:
    void check() const {
        if (!(sigma >= 0 && sigma < std::numeric_limits<double>::infinity()))
            throw shape_error(name, {"y = x + σ n needs σ of at least 0, got ", number_text(sigma)});
    }
};

}  // namespace gradus
