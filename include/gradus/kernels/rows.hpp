#pragma once
/// \file
/// Row-wise kernels: softmax with its log-sum-exp, argmax, sums over rows.

#include <cmath>
#include <cstddef>
#include <limits>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/matrix.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus::kernels {

/// Reduces the lanes of a register with f, halving their number in each step.
template <class T, class F>
[[nodiscard]] T fold(const reg<T>& r, F f) {
    alignas(64) T lane[width<T>];
    r.store_aligned(lane);
    for (std::size_t half = width<T> / 2; half > 0; half /= 2)
        for (std::size_t i = 0; i < half; ++i) lane[i] = f(lane[i], lane[i + half]);
    return lane[0];
}

/// max_i z_i, n > 0.
template <class T>
[[nodiscard]] T row_max(const T* z, std::size_t n) {
    constexpr T lowest = -std::numeric_limits<T>::infinity();
    reg<T> top(lowest);
    std::size_t i = 0;
    for (; i + width<T> <= n; i += width<T>) top = xsimd::max(top, reg<T>::load_unaligned(z + i));
    if (i < n) top = xsimd::max(top, load_part(z + i, n - i, lowest));
    return fold(top, [](T a, T b) { return a < b ? b : a; });
}

/// Σ z_i.
template <class T>
[[nodiscard]] T row_sum(const T* z, std::size_t n) {
    reg<T> total(T(0));
    std::size_t i = 0;
    for (; i + width<T> <= n; i += width<T>) total += reg<T>::load_unaligned(z + i);
    if (i < n) total += load_part(z + i, n - i);
    return fold(total, [](T a, T b) { return a + b; });
}

/// Σᵢ f(in_i...), without storing the terms.
template <class T, class F, class... In>
[[nodiscard]] T sum_of(std::size_t n, F&& f, const T* first, const In*... in) {
    reg<T> total(T(0));
    for (std::size_t i = 0; i < n; i += width<T>) {
        reg<T> term = f(load_at(first, i, n), load_at(in, i, n)...);
        if (n - i < width<T>) {  // lanes beyond the end count as 0, whatever f returns there
            alignas(64) T lane[width<T>] = {};
            store_part(lane, n - i, term);
            term = reg<T>::load_aligned(lane);
        }
        total += term;
    }
    return fold(total, [](T a, T b) { return a + b; });
}

/// p_i = e^(z_i − m) / Σ_j e^(z_j − m) with m = max z.                                                [softmax.forward]
/// Returns log Σ_j e^(z_j) = m + log Σ_j e^(z_j − m).
///
/// With the maximum subtracted no exponent is positive: the result is finite for any finite z. One pass serves softmax,
/// cross-entropy and its gradient. `p` may be `z`.
template <class T>
T softmax_row(const T* z, T* p, std::size_t n) {
    constexpr T lowest = -std::numeric_limits<T>::infinity();
    const auto add = [](T a, T b) { return a + b; };
    if (n <= width<T>) {  // e.g. ten classes: the whole row in one register
        const reg<T> v = n == width<T> ? reg<T>::load_unaligned(z) : load_part(z, n, lowest);
        const T m = fold(v, [](T a, T b) { return a < b ? b : a; });
        const reg<T> e = exp(v - m);
        const T sum = fold(e, add);
        store_part(p, n, reg<T>(e * (T(1) / sum)));
        return m + std::log(sum);
    }
    const T m = row_max(z, n);
    reg<T> total(T(0));
    std::size_t i = 0;
    for (; i + width<T> <= n; i += width<T>) {
        const reg<T> e = exp(reg<T>::load_unaligned(z + i) - m);
        e.store_unaligned(p + i);
        total += e;
    }
    if (i < n) {
        const reg<T> e = exp(load_part(z + i, n - i, lowest) - m);
        store_part(p + i, n - i, e);
        total += e;
    }
    const T sum = fold(total, add);
    map(n, [scale = T(1) / sum](const auto& e) { return e * scale; }, p, p);
    return m + std::log(sum);
}

/// log Σ_j e^(z_j) = m + log Σ_j e^(z_j − m), without p.                                                  [log_sum_exp]
template <class T>
[[nodiscard]] T log_sum_exp(const T* z, std::size_t n) {
    constexpr T lowest = -std::numeric_limits<T>::infinity();
    const T m = row_max(z, n);
    reg<T> total(T(0));
    std::size_t i = 0;
    for (; i + width<T> <= n; i += width<T>) total += exp(reg<T>::load_unaligned(z + i) - m);
    if (i < n) total += exp(load_part(z + i, n - i, lowest) - m);
    return m + std::log(fold(total, [](T a, T b) { return a + b; }));
}

/// Index of the largest element; ties go to the first.                                                        [argmax]
template <class T>
[[nodiscard]] std::size_t argmax(const T* z, std::size_t n) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < n; ++i)
        if (z[best] < z[i]) best = i;
    return best;
}

/// out_j = Σᵢ a_ij: the gradient of a bias.                                                              [column_sums]
///
/// Sums one register of columns over all rows. At the right edge whole registers are loaded while they end inside `a`.
template <class T>
void column_sums(matrix<const T> a, T* out) {
    for (std::size_t j = 0; j < a.cols; j += width<T>) {
        const std::size_t k = a.cols - j < width<T> ? a.cols - j : width<T>;
        // rows whose whole register ends inside the matrix
        const std::size_t end = a.rows == 0 ? 0 : (a.rows - 1) * a.stride + a.cols;
        std::size_t whole = a.rows;
        while (whole > 0 && (whole - 1) * a.stride + j + width<T> > end) --whole;
        reg<T> even(T(0)), odd(T(0));
        std::size_t i = 0;
        for (; i + 2 <= whole; i += 2) {
            even += reg<T>::load_unaligned(a.data + i * a.stride + j);
            odd += reg<T>::load_unaligned(a.data + (i + 1) * a.stride + j);
        }
        for (; i < whole; ++i) even += reg<T>::load_unaligned(a.data + i * a.stride + j);
        for (; i < a.rows; ++i) even += load_part(a.data + i * a.stride + j, k);
        store_part(out + j, k, reg<T>(even + odd));
    }
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(kernels) template float row_max(const float*, std::size_t);
GRADUS_EXTERN(kernels) template double row_max(const double*, std::size_t);
GRADUS_EXTERN(kernels) template float row_sum(const float*, std::size_t);
GRADUS_EXTERN(kernels) template double row_sum(const double*, std::size_t);
GRADUS_EXTERN(kernels) template float softmax_row(const float*, float*, std::size_t);
GRADUS_EXTERN(kernels) template double softmax_row(const double*, double*, std::size_t);
GRADUS_EXTERN(kernels) template float log_sum_exp(const float*, std::size_t);
GRADUS_EXTERN(kernels) template double log_sum_exp(const double*, std::size_t);
GRADUS_EXTERN(kernels) template std::size_t argmax(const float*, std::size_t);
GRADUS_EXTERN(kernels) template std::size_t argmax(const double*, std::size_t);
GRADUS_EXTERN(kernels) template void column_sums(matrix<const float>, float*);
GRADUS_EXTERN(kernels) template void column_sums(matrix<const double>, double*);
#endif

}  // namespace gradus::kernels
