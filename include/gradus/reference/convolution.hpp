#pragma once
/// \file
/// Convolution in textbook form: six sums over plain indices. (In signal processing this is a cross-correlation: the
/// kernel is not flipped.)

#include <cstddef>

#include "gradus/kernels/window.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// Calls f(n, i, j, o, u, v, c, ku, kv, k) for each product x[n, u, v, c] W[ku, kv, k, o] in z[n, i, j, o].
template <class X, class F>
void each_product(const X& x, const window2d& w, std::size_t filters, std::size_t groups, F&& f) {
    const std::size_t per_group = x.shape()[3] / groups;
    for (std::size_t n = 0; n < x.shape()[0]; ++n)
        for (std::size_t i = 0; i < w.out.height; ++i)
            for (std::size_t j = 0; j < w.out.width; ++j)
                for (std::size_t ku = 0; ku < w.kernel.height; ++ku)
                    for (std::size_t kv = 0; kv < w.kernel.width; ++kv) {
                        const std::size_t u = i * w.stride.height + ku * w.dilation.height - w.padding.top;
                        const std::size_t v = j * w.stride.width + kv * w.dilation.width - w.padding.left;
                        if (u >= w.in.height || v >= w.in.width) continue;  // in the padding; below 0 wraps to large
                        for (std::size_t o = 0; o < filters; ++o)
                            for (std::size_t k = 0; k < per_group; ++k)
                                f(n, i, j, o, u, v, o / (filters / groups) * per_group + k, ku, kv, k);
                    }
}

/// z[n, i, j, o] = b[o] + Σ_{ku, kv, c} x[n, i s + ku d − p, j s + kv d − p, c] W[ku, kv, c, o]
template <class T>
tensor<T, 4> convolution(const tensor<T, 4>& x, const window2d& w, const tensor<T, 4>& W, const tensor<T, 1>& b, std::size_t groups) {
    tensor<T, 4> z = tensor<T, 4>::from_shape({x.shape()[0], w.out.height, w.out.width, b.size()});
    for (std::size_t i = 0; i < z.size(); ++i) z.data()[i] = b.data()[i % b.size()];
    each_product(x, w, b.size(), groups, [&](auto n, auto i, auto j, auto o, auto u, auto v, auto c, auto ku, auto kv, auto k) {
        z(n, i, j, o) += x(n, u, v, c) * W(ku, kv, k, o);
    });
    return z;
}

/// dW[ku, kv, c, o] = Σ_{n, i, j} x[n, i s + ku d − p, j s + kv d − p, c] dz[n, i, j, o]
template <class T>
tensor<T, 4> convolution_dW(const tensor<T, 4>& x, const window2d& w, const tensor<T, 4>& dz, std::size_t groups) {
    tensor<T, 4> dW({w.kernel.height, w.kernel.width, x.shape()[3] / groups, dz.shape()[3]}, T(0));
    each_product(x, w, dz.shape()[3], groups, [&](auto n, auto i, auto j, auto o, auto u, auto v, auto c, auto ku, auto kv, auto k) {
        dW(ku, kv, k, o) += x(n, u, v, c) * dz(n, i, j, o);
    });
    return dW;
}

/// dx[n, u, v, c] = Σ dz[n, i, j, o] W[ku, kv, c, o] over all i, j, ku, kv with u = i s + ku d − p, v = j s + kv d − p
template <class T>
tensor<T, 4> convolution_dx(const tensor<T, 4>& x, const window2d& w, const tensor<T, 4>& W, const tensor<T, 4>& dz, std::size_t groups) {
    tensor<T, 4> dx(x.shape(), T(0));
    each_product(x, w, dz.shape()[3], groups, [&](auto n, auto i, auto j, auto o, auto u, auto v, auto c, auto ku, auto kv, auto k) {
        dx(n, u, v, c) += dz(n, i, j, o) * W(ku, kv, k, o);
    });
    return dx;
}

}  // namespace gradus::reference
