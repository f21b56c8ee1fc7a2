#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

namespace reshaping {

/// The same elements in another shape, in memory order.
template <class X, class Y, class Shape>
const Y& into_shape(const X& x, Y& y, const Shape& shape) {
    reshape(y, shape);
    std::copy_n(x.data(), x.size(), y.data());
    return y;
}

[[nodiscard]] inline std::size_t product(std::span<const std::size_t> sizes) {
    std::size_t n = 1;
    for (std::size_t s : sizes) n *= s;
    return n;
}

/// The cache of both layers, and their backward: dx has the elements of dy and the shape of x.
template <class X, class Y>
struct cache {
    Y y;
    X dx;
};
template <class X, class Y>
const X& backward(std::string_view name, const X& x, const Y& dy, cache<X, Y>& c, const context& ctx) {
    if (dy.shape() != c.y.shape() || dy.size() != x.size())
        throw shape_error(name, {"dx has the elements of dy, which needs the shape of y ", c.y.shape(), ", got ", dy.shape()});
    return ctx.input_gradient ? into_shape(dy, c.dx, x.shape()) : c.dx;
}

}  // namespace reshaping

/// All axes but the batch become one: y (N, D) from x (N, ...), in memory order.                    [flatten.forward]
/// Backward: dx (N, ...) has the elements of dy (N, D)                                             [flatten.backward]
///
/// Complexity: a copy.
struct flatten {
    static constexpr std::string_view name = "flatten";
    static constexpr std::string_view formula = "the elements of x";
    using parameters = no_parameters;
    template <class X>
    using cache = reshaping::cache<X, tensor<scalar_of<X>, 2>>;

    template <class X>
    const auto& forward(const X& x, cache<X>& c) const {
        const std::size_t n = x.shape()[0];
        return reshaping::into_shape(x, c.y, std::array{n, reshaping::product(std::span(x.shape()).subspan(1))});
    }
    template <class X>
    const X& backward(const X& x, const tensor<scalar_of<X>, 2>& dy, cache<X>& c, parameters&, const context& ctx = {}) const {
        return reshaping::backward(name, x, dy, c, ctx);
    }

    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in) const {
        return {reshaping::product(in)};
    }
    /// Nothing is known of y if only the last axes of a sample are known.
    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in, bool& whole) const {
        return whole ? output_shape(in) : std::vector<std::size_t>{};
    }
};

/// Each sample in another shape: y (N, sizes...) from x (N, ...), in memory order.                 [reshaped.forward]
/// Backward: dx (N, ...) has the elements of dy (N, sizes...)                                     [reshaped.backward]
///
/// `gr::reshaped({28, 28, 1})` turns rows (N, 784) into images.
/// Complexity: a copy.
/// \throws shape_error if the number of elements of a sample is not the product of the sizes.
template <std::size_t R>
struct reshaped {
    static constexpr std::string_view name = "reshaped";
    static constexpr std::string_view formula = "the elements of x";
    using parameters = no_parameters;
    template <class X>
    using cache = reshaping::cache<X, tensor<scalar_of<X>, R + 1>>;

    std::array<std::size_t, R> sizes;

    explicit reshaped(const std::size_t (&s)[R]) {
        std::copy_n(s, R, sizes.begin());
        if (reshaping::product(sizes) == 0) throw shape_error(name, {"each size is at least 1, got ", sizes});
    }

    template <class X>
    const auto& forward(const X& x, cache<X>& c) const {
        require(std::span(x.shape()).subspan(1));
        std::array<std::size_t, R + 1> shape{x.shape()[0]};
        std::copy_n(sizes.begin(), R, shape.begin() + 1);
        return reshaping::into_shape(x, c.y, shape);
    }
    template <class X>
    const X& backward(const X& x, const tensor<scalar_of<X>, R + 1>& dy, cache<X>& c, parameters&,
                      const context& ctx = {}) const {
        return reshaping::backward(name, x, dy, c, ctx);
    }

    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in) const {
        require(in);
        return {sizes.begin(), sizes.end()};
    }
    /// y is always known; the known last axes of the sample must divide its number of elements.
    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in, bool& whole) const {
        if (whole || reshaping::product(sizes) % reshaping::product(in) != 0) require(in);
        whole = true;
        return {sizes.begin(), sizes.end()};
    }

  private:
    void require(std::span<const std::size_t> sample) const {
        if (reshaping::product(sample) != reshaping::product(sizes))
            throw shape_error(name, {"a sample of ", sizes, " has ", reshaping::product(sizes), " elements, got ",
                                     shape_text(sample), ", which has ", reshaping::product(sample)});
    }
};

}  // namespace gradus
