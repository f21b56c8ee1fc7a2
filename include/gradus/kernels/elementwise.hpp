#pragma once
/// \file
/// Element-wise kernels: a formula's statement run over SIMD registers.

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "gradus/tensor/tensor.hpp"

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

/// The register at p + i of n elements: whole, or as far as they go. Inlined by request: with -O2 g++ would call it.
template <class T>
[[nodiscard, gnu::always_inline]] inline reg<T> load_at(const T* p, std::size_t i, std::size_t n) {
    return i + width<T> <= n ? reg<T>::load_unaligned(p + i) : load_part(p + i, n - i);
}
template <class T>
[[gnu::always_inline]] inline void store_at(T* p, std::size_t i, std::size_t n, const reg<T>& r) {
    if (i + width<T> <= n)
        r.store_unaligned(p + i);
    else
        store_part(p + i, n - i, r);
}

/// out[i] = f(in[i]...) for i < n. `out` may be one of `in`.
///
/// The last, partial register is computed in registers too, by the same code: an element's value never depends on where
/// in a batch it stands, so shards of a batch give the same numbers as the whole. (And a formula is compiled once: an
/// exponential costs its program some milliseconds each time.)
template <class F, class T, class... In>
void map(std::size_t n, F&& f, T* out, const In*... in) {
    for (std::size_t i = 0; i < n; i += width<T>) store_at(out, i, n, reg<T>(f(load_at(in, i, n)...)));
}

/// Numbers that `update` reads, and leaves as they are.
template <class T>
[[nodiscard]] const T* in(T* p) {
    return p;
}
/// f(in-and-out[i]..., in[i]...) for i < n: each pointer to non-const is loaded, handed on by reference and stored.
/// How an optimizer's formula walks θ, its slots and the gradient at once.
template <class F, class T, class... P>
void update(std::size_t n, F&& f, T* first, P*... rest) {
    for (std::size_t i = 0; i < n; i += width<T>) {
        const auto store = [i, n]<class Q>(Q* p, const reg<T>& r) {
            if constexpr (!std::is_const_v<Q>) store_at(p, i, n, r);
        };
        [&](auto a, auto... b) {
            f(a, b...);
            store(first, a);
            (store(rest, b), ...);
        }(load_at<T>(first, i, n), load_at<T>(rest, i, n)...);
    }
}

}  // namespace gradus::kernels
