#pragma once
/// \file
/// Elementwise kernels: apply a formula's statement to SIMD registers.

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

/// The first n (< width) elements at p; the other lanes are `fill`.
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

/// The register at p + i of n elements, possibly partial at the end. Forced inline: with -O2 g++ would call it.
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
/// The last, partial register is computed by the same code: an element's value does not depend on its position in a
/// batch, so shards of a batch give the same numbers as the whole batch. (And a formula is compiled only once: each
/// exponential costs some milliseconds of compile time.)
template <class F, class T, class... In>
void map(std::size_t n, F&& f, T* out, const In*... in) {
    for (std::size_t i = 0; i < n; i += width<T>) store_at(out, i, n, reg<T>(f(load_at(in, i, n)...)));
}

/// Marks an array that `update` only reads.
template <class T>
[[nodiscard]] const T* in(T* p) {
    return p;
}
/// f(in-and-out[i]..., in[i]...) for i < n: the elements of each non-const pointer are loaded, passed by reference and
/// stored. So an optimizer's formula updates θ and its slots from the gradient in one loop.
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
