#pragma once
/// \file
/// Images moved, padded and enlarged, in textbook form: each sum runs over all pixels, including those of weight 0.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "gradus/kernels/affine.hpp"
#include "gradus/kernels/window.hpp"
#include "gradus/layers/image/upsample2d.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// k(d) = max(0, 1 − |d_i|) max(0, 1 − |d_j|), with d = s(p) − q: the weight of pixel q = (k, l) in p = (i, j).
[[nodiscard]] inline double nearness(const affine_map& s, std::size_t i, std::size_t j, std::size_t k, std::size_t l) {
    const auto number = [](std::size_t n) { return static_cast<double>(n); };
    const double si = s.ii * number(i) + s.ij * number(j) + s.oi, sj = s.ji * number(i) + s.jj * number(j) + s.oj;
    return std::max(0.0, 1 - std::abs(si - number(k))) * std::max(0.0, 1 - std::abs(sj - number(l)));
}

/// Calls f(p, q, k(s(p) − q)) for each element p of y and q of x (H, W, C) in the same channel.
template <class T, class F>
void each_pair(const affine_map& s, const tensor<T, 3>& x, F&& f) {
    for (std::size_t i = 0; i < x.shape()[0]; ++i)
        for (std::size_t j = 0; j < x.shape()[1]; ++j)
            for (std::size_t k = 0; k < x.shape()[0]; ++k)
                for (std::size_t l = 0; l < x.shape()[1]; ++l)
                    for (std::size_t c = 0; c < x.shape()[2]; ++c)
                        f(std::array{i, j, c}, std::array{k, l, c}, static_cast<T>(nearness(s, i, j, k, l)));
}

/// y[p] = Σ_q x[q] k(s(p) − q). Reference for kernels::sample.                                 [random_affine.forward]
template <class T>
[[nodiscard]] tensor<T, 3> sample(const affine_map& s, const tensor<T, 3>& x) {
    tensor<T, 3> y(x.shape(), T(0));
    each_pair(s, x, [&](const auto& p, const auto& q, T near) { y[p] += x[q] * near; });
    return y;
}

/// dx[q] = Σ_p dy[p] k(s(p) − q). Reference for kernels::sample_backward.                     [random_affine.backward]
template <class T>
[[nodiscard]] tensor<T, 3> sample_backward(const affine_map& s, const tensor<T, 3>& dy) {
    tensor<T, 3> dx(dy.shape(), T(0));
    each_pair(s, dy, [&](const auto& p, const auto& q, T near) { dx[q] += dy[p] * near; });
    return dx;
}

/// y[i, j] = x[i − p_top, j − p_left], 0 outside.                                              [zero_padding2d.forward]
template <class T>
[[nodiscard]] tensor<T, 4> zero_padding2d(const tensor<T, 4>& x, const padding2d& p) {
    tensor<T, 4> y({x.shape()[0], p.top + x.shape()[1] + p.bottom, p.left + x.shape()[2] + p.right, x.shape()[3]}, T(0));
    for (std::size_t n = 0; n < x.shape()[0]; ++n)
        for (std::size_t i = 0; i < x.shape()[1]; ++i)
            for (std::size_t j = 0; j < x.shape()[2]; ++j)
                for (std::size_t c = 0; c < x.shape()[3]; ++c) y(n, i + p.top, j + p.left, c) = x(n, i, j, c);
    return y;
}

/// w(u_i − k), w(d) = max(0, 1 − |d|): the weight of pixel k of H in pixel i of sH.
[[nodiscard]] inline double upsample_weight(interpolation way, std::size_t i, std::size_t s, std::size_t k,
                                            std::size_t size) {
    if (way == interpolation::nearest) return i / s == k ? 1 : 0;
    const double u = (static_cast<double>(i) + 0.5) / static_cast<double>(s) - 0.5;
    return std::max(0.0, 1 - std::abs(std::min(std::max(u, 0.0), static_cast<double>(size) - 1) - static_cast<double>(k)));
}

/// y[i, j] = Σ_k,l x[k, l] w(u_i − k) w(u'_j − l),  dx[k, l] = Σ_i,j dy[i, j] w(u_i − k) w(u'_j − l).
///                                                                           [upsample2d.forward] [upsample2d.backward]
template <class T>
struct upsample2d {
    tensor<T, 4> y, dx;

    upsample2d(const gradus::upsample2d& layer, const tensor<T, 4>& x, const tensor<T, 4>& dy)
        : y(dy.shape(), T(0)), dx(x.shape(), T(0)) {
        const auto way = layer.options.interpolation;
        for (std::size_t i = 0; i < dy.shape()[1]; ++i)
            for (std::size_t j = 0; j < dy.shape()[2]; ++j)
                for (std::size_t k = 0; k < x.shape()[1]; ++k)
                    for (std::size_t l = 0; l < x.shape()[2]; ++l) {
                        const auto w = static_cast<T>(upsample_weight(way, i, layer.factor.height, k, x.shape()[1]) *
                                                      upsample_weight(way, j, layer.factor.width, l, x.shape()[2]));
                        for (std::size_t n = 0; n < x.shape()[0]; ++n)
                            for (std::size_t c = 0; c < x.shape()[3]; ++c)
                                y(n, i, j, c) += w * x(n, k, l, c), dx(n, k, l, c) += w * dy(n, i, j, c);
                    }
    }
};

}  // namespace gradus::reference
