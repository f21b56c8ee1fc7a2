#pragma once
/// \file
/// The fully connected layer in textbook form.

#include "gradus/reference/activations.hpp"
#include "gradus/reference/matrix_product.hpp"

namespace gradus::reference {

/// z = xW + b,  y = f(z).                                                                              [dense.forward]
template <class T>
struct dense_forward {
    tensor<T, 2> z, y;

    template <activation F>
    dense_forward(const F& f, const tensor<T, 2>& x, const tensor<T, 2>& W, const tensor<T, 1>& b)
        : z({x.shape()[0], W.shape()[1]}) {
        reference::product<T>(1, x, W, 0, z);
        z = z + b;
        y = activate(f, z);
    }
};

/// dz = dy ∘ f'(z),  dW = xᵀ dz,  db = Σₙ dzₙ,  dx = dz Wᵀ.                [dense.dz] [dense.dW] [dense.db] [dense.dx]
template <class T>
struct dense_backward {
    tensor<T, 2> dz, dW, dx;
    tensor<T, 1> db;

    template <activation F>
    dense_backward(const F& f, const tensor<T, 2>& x, const tensor<T, 2>& W, const dense_forward<T>& c,
                   const tensor<T, 2>& dy)
        : dz(activate_backward(f, F::backward_reads == reads::z ? c.z : c.y, dy)), dW(W.shape()), dx(x.shape()) {
        reference::product<T>(1, kernels::transpose(x), dz, 0, dW);
        db = column_sums(dz);
        reference::product<T>(1, dz, kernels::transpose(W), 0, dx);
    }
};

}  // namespace gradus::reference
