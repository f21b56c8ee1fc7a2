#pragma once
/// \file
/// The embedding in textbook form: a product with one-hot rows.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "gradus/reference/matrix_product.hpp"

namespace gradus::reference {

/// y = onehot(x) E,  dE = onehot(x)ᵀ dy with 0 in the row of the padding.       [embedding.forward] [embedding.dE]
///   x (R) indices   onehot(x) (R, V)   E (V, D)   y, dy (R, D)
template <class T>
struct embedding {
    tensor<T, 2> onehot, y, dE;

    embedding(const tensor<std::int32_t, 1>& x, const tensor<T, 2>& E, const tensor<T, 2>& dy, std::optional<std::int32_t> padding)
        : onehot({x.size(), E.shape()[0]}, T(0)), y(dy.shape()), dE(E.shape()) {
        for (std::size_t r = 0; r < x.size(); ++r) onehot(r, static_cast<std::size_t>(x(r))) = T(1);
        reference::product<T>(1, onehot, E, 0, y);
        reference::product<T>(1, kernels::transpose(onehot), dy, 0, dE);
        if (padding)
            for (std::size_t d = 0; d < E.shape()[1]; ++d) dE(static_cast<std::size_t>(*padding), d) = T(0);
    }
};

}  // namespace gradus::reference
