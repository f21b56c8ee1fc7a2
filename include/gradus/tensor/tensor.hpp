#pragma once
/// \file
/// The tensor type of gradus: xtensor's row-major container with an explicit allocator.

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include "gradus/tensor/xtensor.hpp"

// g++ wrongly reports the empty base of `huber{.delta = 0.5}` as a member without initializer. It reports it where the
// braces are, in the user's program, so the warning is disabled for the rest of the translation unit.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

namespace gradus {

/// The allocator of tensors: aligned to one cache line, whatever the instruction set.
template <class T>
using allocator = xsimd::aligned_allocator<T, 64>;

/// N-dimensional array of T, row-major.
///
/// An ordinary `xt::xtensor`, accepted by every xtensor function. The allocator is explicit, so that the type does not
/// depend on `XTENSOR_USE_XSIMD`, which changes xtensor's default.
template <class T, std::size_t N>
using tensor = xt::xtensor_container<xt::uvector<T, allocator<T>>, N, xt::layout_type::row_major>;

template <class>
inline constexpr bool is_tensor = false;
template <class T, std::size_t N>
inline constexpr bool is_tensor<tensor<T, N>> = true;

/// A gradus tensor of any element type and rank; not an expression, not an `xarray`.
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

/// Product of all axes but the last: the number of rows of a kernel. So a layer for (N, D) also works on (N, T, D).
template <any_tensor X>
[[nodiscard]] std::size_t rows(const X& x) {
    std::size_t n = 1;
    for (std::size_t axis = 0; axis + 1 < rank_of<X>; ++axis) n *= x.shape()[axis];
    return n;
}

/// Sets the shape of `out`. Allocates whenever the number of elements changes: xtensor keeps no spare capacity.
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
