#pragma once
/// \file
/// The tensor of gradus: xtensor's row-major container with its allocator named.

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include "gradus/tensor/xtensor.hpp"

// g++ calls the empty base of `huber{.delta = 0.5}` a member without initializer, which it is not. It asks where the
// braces stand, in the program that includes this: so that the warning is off there too, to its end.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

namespace gradus {

/// What tensors allocate with: one cache line, whatever the instruction set.
template <class T>
using allocator = xsimd::aligned_allocator<T, 64>;

/// N-dimensional array of T, row-major.
///
/// An ordinary `xt::xtensor`: every xtensor function takes it. The allocator is named, so that the type does not change
/// with `XTENSOR_USE_XSIMD`, which swaps xtensor's default.
template <class T, std::size_t N>
using tensor = xt::xtensor_container<xt::uvector<T, allocator<T>>, N, xt::layout_type::row_major>;

template <class>
inline constexpr bool is_tensor = false;
template <class T, std::size_t N>
inline constexpr bool is_tensor<tensor<T, N>> = true;

/// A gradus tensor, of any element type and rank; no expression and no `xarray`.
template <class X>
concept any_tensor = is_tensor<std::remove_cvref_t<X>>;

/// A gradus tensor of T.
template <class X, class T>
concept tensor_of = any_tensor<X> && std::same_as<typename std::remove_cvref_t<X>::value_type, T>;

/// Number of axes of a tensor type.
template <any_tensor X>
inline constexpr std::size_t rank_of = std::tuple_size_v<typename std::remove_cvref_t<X>::shape_type>;

template <any_tensor X>
using scalar_of = typename std::remove_cvref_t<X>::value_type;

/// The elements in memory order.
template <class T, std::size_t N>
[[nodiscard]] std::span<T> flat(tensor<T, N>& x) {
    return {x.data(), x.size()};
}
template <class T, std::size_t N>
[[nodiscard]] std::span<const T> flat(const tensor<T, N>& x) {
    return {x.data(), x.size()};
}

/// Size of the last axis: the features of a row.
template <any_tensor X>
[[nodiscard]] std::size_t features(const X& x) {
    return x.shape()[rank_of<X> - 1];
}

/// Product of all axes but the last: how many rows a kernel sees. A layer for (N, D) so serves (N, T, D).
template <any_tensor X>
[[nodiscard]] std::size_t rows(const X& x) {
    std::size_t n = 1;
    for (std::size_t axis = 0; axis + 1 < rank_of<X>; ++axis) n *= x.shape()[axis];
    return n;
}

/// Gives `out` a shape. Allocates where the number of elements changes, growing or shrinking: xtensor keeps no reserve.
template <class T, std::size_t N, class Shape>
void reshape(tensor<T, N>& out, const Shape& shape) {
    typename tensor<T, N>::shape_type s{};
    for (std::size_t axis = 0; axis < N; ++axis) s[axis] = shape[axis];
    if (out.shape() != s) out.resize(s);
}

/// The shape of `like` with its last axis replaced.
template <any_tensor X>
[[nodiscard]] auto with_features(const X& like, std::size_t last) {
    auto s = like.shape();
    s[rank_of<X> - 1] = last;
    return s;
}

}  // namespace gradus
