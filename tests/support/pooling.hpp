#pragma once
/// \file
/// Code shared by the tests of pooling layers.

#include <cstddef>
#include <string>

#include "central_difference.hpp"
#include "close.hpp"
#include "draw.hpp"
#include "fixture.hpp"
#include "gradus/nn/pass.hpp"

namespace support {

/// y and dx of a layer without parameters. dx is filled with another value first, because backward must assign it.
template <class L, class X>
struct pooled {
    using Y = gradus::output_of<L, X>;
    gradus::pass<L, X> pass;
    Y y;
    X dx;

    pooled(const L& layer, const X& x, const Y& dy) : pass(layer, x) {
        pass.input_gradient = true;
        gradus::no_parameters none;
        pass.cache.dx = X(x.shape(), gradus::scalar_of<X>(77));
        y = gradus::forward(layer, x, pass);
        dx = gradus::backward(layer, x, dy, pass, none);
    }
};

/// Images in which no two pixels are nearly equal, so that central differences of max are accurate.
[[nodiscard]] inline gradus::tensor<double, 4> without_ties(const gradus::tensor<double, 4>::shape_type& shape) {
    gradus::tensor<double, 4> x(shape);
    // 7919 i mod size is a permutation
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = 0.02 * static_cast<double>(i * 7919 % x.size());
    return x;
}

/// The relative error of dx against central differences, with a random dy.
template <class L>
[[nodiscard]] double error_of_dx(const L& layer, gradus::tensor<double, 4> x) {
    typename L::template cache<gradus::tensor<double, 4>> c;
    const auto dy = draw<typename L::template output<gradus::tensor<double, 4>>>(layer.forward(x, c).shape(), 5);
    const auto dx = slopes([&] { return dot(dy, layer.forward(x, c)); }, x);
    return relative_error(pooled(layer, x, dy).dx, dx);
}

/// The difference of y and dx from PyTorch's, in T.
template <class T, class L>
[[nodiscard]] double difference_to_pytorch(const L& layer, const std::string& given, const std::string& expected) {
    using X = gradus::tensor<T, 4>;
    using Y = gradus::output_of<L, X>;
    const auto as_y = [&](const std::string& name) {
        const auto image = pytorch<X>("pooling/" + expected + name);
        Y y;
        if constexpr (gradus::rank_of<Y> == 4)
            y = image;
        else
            y = Y(typename Y::shape_type{image.shape()[0], image.shape()[3]}), std::copy_n(image.data(), image.size(), y.data());
        return y;
    };
    const pooled run(layer, pytorch<X>("pooling/" + given + "x"), as_y("dy"));
    return std::max(difference(run.y, as_y("y")), difference(run.dx, pytorch<X>("pooling/" + expected + "dx")));
}

}  // namespace support
