#pragma once
/// \file
/// Transposed convolution in textbook form: each pixel of x adds to one pixel of z through each element of the kernel.

#include <cstddef>

#include "gradus/kernels/window.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// z[n, i s + u d − p, j s + v d − p, o] = b[o] + Σ x[n, i, j, c] W[u, v, o, c], and from dz every gradient. `w` is the
/// convolution from z to x: w.in is the size of z, w.out that of x.
///                 [conv_transpose2d.forward] [conv_transpose2d.dW] [conv_transpose2d.db] [conv_transpose2d.dx]
template <class T>
struct conv_transpose2d {
    tensor<T, 4> z, dW, dx;
    tensor<T, 1> db;

    conv_transpose2d(const window2d& w, std::size_t groups, const tensor<T, 4>& x, const tensor<T, 4>& W,
                     const tensor<T, 1>& b, const tensor<T, 4>& dz)
        : z(dz.shape()), dW(W.shape(), T(0)), dx(x.shape(), T(0)), db(b.shape(), T(0)) {
        for (std::size_t i = 0; i < dz.size(); ++i) z.data()[i] = b(i % b.size()), db(i % b.size()) += dz.data()[i];
        const std::size_t filters = b.size() / groups, channels = x.shape()[3] / groups;
        for (std::size_t n = 0; n < x.shape()[0]; ++n)
            for (std::size_t i = 0; i < x.shape()[1]; ++i)
                for (std::size_t j = 0; j < x.shape()[2]; ++j)
                    for (std::size_t u = 0; u < W.shape()[0]; ++u)
                        for (std::size_t v = 0; v < W.shape()[1]; ++v) {
                            const std::size_t k = i * w.stride.height + u * w.dilation.height - w.padding.top;
                            const std::size_t l = j * w.stride.width + v * w.dilation.width - w.padding.left;
                            if (k >= w.in.height || l >= w.in.width) continue;  // outside of z; below 0 wraps to large
                            for (std::size_t o = 0; o < b.size(); ++o)
                                for (std::size_t a = 0; a < channels; ++a) {
                                    const std::size_t c = o / filters * channels + a;
                                    z(n, k, l, o) += x(n, i, j, c) * W(u, v, o % filters, c);
                                    dW(u, v, o % filters, c) += x(n, i, j, c) * dz(n, k, l, o);
                                    dx(n, i, j, c) += W(u, v, o % filters, c) * dz(n, k, l, o);
                                }
                        }
    }
};

}  // namespace gradus::reference
