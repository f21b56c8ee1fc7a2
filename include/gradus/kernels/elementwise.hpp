#pragma once
/// \file
/// Element-wise kernels: a formula's statement run over SIMD registers.

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "gradus/core/tensor.hpp"

namespace gradus::kernels {

/// One SIMD register of T.
template <class T>
using reg = xsimd::batch<T>;
template <class T>
inline constexpr std::size_t width = reg<T>::size;

/// The first n (< width) elements at p, the other lanes filled.
template <class T>
[[nodiscard]] reg<T> load_part(const T* p, std::size_t n, T fill = T(0)) {
    alignas(64) T lane[width<T>];
    for (std::size_t i = 0; i < width<T>; ++i) lane[i] = i < n ? p[i] : fill;
    return reg<T>::load_aligned(lane);
}
template <class T>
void store_part(T* p, std::size_t n, const reg<T>& r) {
    alignas(64) T lane[width<T>];
    r.store_aligned(lane);
    std::memcpy(p, lane, n * sizeof(T));
}

/// out[i] = f(in[i]...) for i < n. `out` may be one of `in`.
///
/// The last, partial register is computed in registers too: an element's value never depends on where in a batch it
/// stands, so shards of a batch give the same numbers as the whole.
template <class F, class T, class... In>
void map(std::size_t n, F&& f, T* out, const In*... in) {
    std::size_t i = 0;
    for (; i + width<T> <= n; i += width<T>) reg<T>(f(reg<T>::load_unaligned(in + i)...)).store_unaligned(out + i);
    if (i < n) store_part(out + i, n - i, reg<T>(f(load_part(in + i, n - i)...)));
}

/// f(in-and-out[i]..., in[i]...) for i < n: each pointer to non-const is loaded, handed on by reference and stored.
/// How an optimizer's formula walks θ, its slots and the gradient at once.
template <class F, class T, class... P>
void update(std::size_t n, F&& f, T* first, P*... rest) {
    constexpr auto store = []<class Q>(Q* p, const reg<T>& r) {
        if constexpr (!std::is_const_v<Q>) r.store_unaligned(p);
    };
    constexpr auto store_tail = []<class Q>(Q* p, std::size_t k, const reg<T>& r) {
        if constexpr (!std::is_const_v<Q>) store_part(p, k, r);
    };
    std::size_t i = 0;
    for (; i + width<T> <= n; i += width<T>)
        [&](auto a, auto... b) {
            f(a, b...);
            store(first + i, a);
            (store(rest + i, b), ...);
        }(reg<T>::load_unaligned(first + i), reg<T>::load_unaligned(rest + i)...);
    if (i < n)
        [&](auto a, auto... b) {
            f(a, b...);
            store_tail(first + i, n - i, a);
            (store_tail(rest + i, n - i, b), ...);
        }(load_part<T>(first + i, n - i), load_part<T>(rest + i, n - i)...);
}

}  // namespace gradus::kernels
