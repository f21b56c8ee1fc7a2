#pragma once
/// \file
/// Conversion of weights and images between PyTorch's layout and ours. PyTorch puts outputs first and channels before
/// space; gradus, like Keras, puts space before channels and outputs last. So a dense layer after a flatten has its
/// inputs in another order, too.
///
///                              PyTorch                              gradus
///     images, sequences        (N, C, H, W)   (N, C, T)             (N, H, W, C)   (N, T, C)
///     dense                    (O, I)                               (I, O)
///     convolution, g groups    (O, I/g, KH, KW)   (O, I/g, K)       (KH, KW, I/g, O)   (K, I/g, O)
///     transposed convolution   (I, O/g, KH, KW)                     (KH, KW, O/g, I)
///     biases, normalizations   (C)                                  (C), as they are
///
/// docs/pytorch.md converts a model step by step.

#include <algorithm>
#include <array>
#include <cstddef>

#include "gradus/base/error.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

namespace io {

/// Axis k of the result is axis order[k] of the argument.
template <std::size_t N>
using axes_order = std::array<std::size_t, N>;

/// The inverse permutation.
template <std::size_t N>
[[nodiscard]] constexpr axes_order<N> inverse(const axes_order<N>& order) {
    axes_order<N> back{};
    for (std::size_t k = 0; k < N; ++k) back[order[k]] = k;
    return back;
}

/// The elements of a tensor of that shape with its axes permuted. O(size).
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> permuted(const T* from, const std::array<std::size_t, N>& shape, const axes_order<N>& order) {
    std::array<std::size_t, N> size{}, step{}, at{};  // along each axis of the result: length, stride in `from`, index
    for (std::size_t k = 0; k < N; ++k) {
        size[k] = shape[order[k]], step[k] = 1;
        for (std::size_t axis = order[k] + 1; axis < N; ++axis) step[k] *= shape[axis];
    }
    tensor<T, N> out(size);
    for (T& y : flat(out)) {
        y = *from;
        for (std::size_t k = N; k-- > 0;) {
            from += step[k];
            if (++at[k] < size[k]) break;
            from -= step[k] * size[k], at[k] = 0;
        }
    }
    return out;
}

/// PyTorch's layouts, as permutations of axes into ours.
namespace pytorch {

/// 0 2 3 1: channels move to the end.
template <std::size_t N>
[[nodiscard]] constexpr axes_order<N> images() {
    static_assert(N >= 3, "gradus: images are (N, C, H, W) in PyTorch, sequences (N, C, T)");
    axes_order<N> order{};
    for (std::size_t k = 1; k + 1 < N; ++k) order[k] = k + 1;
    order[N - 1] = 1;
    return order;
}

/// 2 3 1 0: space comes first, outputs come last.
template <std::size_t N>
[[nodiscard]] constexpr axes_order<N> weights() {
    static_assert(N >= 2, "gradus: a weight is (O, I) or (O, I, KH, KW) in PyTorch; what has one axis stays as it is");
    axes_order<N> order{};
    for (std::size_t k = 0; k + 2 < N; ++k) order[k] = k + 2;
    order[N - 2] = 1, order[N - 1] = 0;
    return order;
}

/// (O, C, H, W), with `inputs` = C·H·W. \throws shape_error if they differ.
template <std::size_t R>
[[nodiscard]] std::array<std::size_t, R + 1> unflattened(std::size_t outputs, const std::size_t (&sample)[R],
                                                         std::size_t inputs, const std::array<std::size_t, 2>& weight) {
    std::array<std::size_t, R + 1> whole{outputs};
    std::array<std::size_t, R> shape{};
    std::size_t product = 1;
    for (std::size_t k = 0; k < R; ++k) product *= whole[k + 1] = shape[k] = sample[k];
    if (product != inputs)
        throw shape_error("pytorch", {"a flattened sample of ", shape, " has ", product, " features, a weight of ", weight,
                                      " takes ", inputs});
    return whole;
}

}  // namespace pytorch

/// The same elements as a matrix.
template <class T, std::size_t N>
[[nodiscard]] tensor<T, 2> as_rows(const tensor<T, N>& x, std::size_t rows) {
    tensor<T, 2> out({rows, rows == 0 ? 0 : x.size() / rows});
    std::copy(x.data(), x.data() + x.size(), out.data());
    return out;
}

}  // namespace io

/// From PyTorch's layout to ours.
namespace from_pytorch {

/// Images (N, C, H, W) → (N, H, W, C), sequences (N, C, T) → (N, T, C).
///   y[n, h, w, c] = x[n, c, h, w]                                                                  [pytorch.images]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> images(const tensor<T, N>& x) {
    return io::permuted(x.data(), x.shape(), io::pytorch::images<N>());
}

/// The `weight` of Linear, Conv1d, Conv2d and the transposed convolutions, with or without groups: one permutation.
///   W[i, o] = weight[o, i]     W[kh, kw, i, o] = weight[o, i, kh, kw]                             [pytorch.weights]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> weights(const tensor<T, N>& weight) {
    return io::permuted(weight.data(), weight.shape(), io::pytorch::weights<N>());
}

/// The `weight` (O, C·H·W) of a Linear after a Flatten, for use after our flatten: (H·W·C, O). `sample`: the shape that
/// PyTorch flattens, {C, H, W} or {C, T}. It is the weight of a convolution whose kernel is the whole image.
///   W[(h, w, c), o] = weight[o, (c, h, w)]                                                      [pytorch.flattened]
/// \throws shape_error if the weight has another number of features than the sample.
template <class T, std::size_t R>
[[nodiscard]] tensor<T, 2> weights(const tensor<T, 2>& weight, const std::size_t (&sample)[R]) {
    const auto [outputs, inputs] = weight.shape();
    const auto whole = io::pytorch::unflattened(outputs, sample, inputs, weight.shape());
    return io::as_rows(io::permuted(weight.data(), whole, io::pytorch::weights<R + 1>()), inputs);
}

}  // namespace from_pytorch

/// From our layout to PyTorch's: the inverse of each.
namespace to_pytorch {

/// (N, H, W, C) → (N, C, H, W), (N, T, C) → (N, C, T).
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> images(const tensor<T, N>& x) {
    return io::permuted(x.data(), x.shape(), io::inverse(io::pytorch::images<N>()));
}

/// (I, O) → (O, I), (KH, KW, I, O) → (O, I, KH, KW).
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> weights(const tensor<T, N>& W) {
    return io::permuted(W.data(), W.shape(), io::inverse(io::pytorch::weights<N>()));
}

/// (H·W·C, O) → (O, C·H·W). `sample` is the shape in PyTorch here too: {C, H, W} or {C, T}.
/// \throws shape_error if W has another number of features than the sample.
template <class T, std::size_t R>
[[nodiscard]] tensor<T, 2> weights(const tensor<T, 2>& W, const std::size_t (&sample)[R]) {
    const auto [inputs, outputs] = W.shape();
    constexpr auto order = io::pytorch::weights<R + 1>();
    const auto whole = io::pytorch::unflattened(outputs, sample, inputs, W.shape());
    std::array<std::size_t, R + 1> ours{};
    for (std::size_t k = 0; k <= R; ++k) ours[k] = whole[order[k]];
    return io::as_rows(io::permuted(W.data(), ours, io::inverse(order)), outputs);
}

}  // namespace to_pytorch

}  // namespace gradus
