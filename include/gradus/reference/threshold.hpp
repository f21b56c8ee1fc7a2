#pragma once
/// \file
/// Thresholds of images in textbook form.

#include <cstddef>
#include <cstdint>

#include "gradus/reference/xtensor.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

// Reference for the five types of data::threshold: image x, threshold t, maximum m.

/// y = m if x > t, else 0                                                                         [threshold.binary]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> threshold_binary(const tensor<T, N>& x, T t, T m) {
    return xt::where(x > t, m, T(0));
}

/// y = 0 if x > t, else m                                                                     [threshold.binary_inv]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> threshold_binary_inv(const tensor<T, N>& x, T t, T m) {
    return xt::where(x > t, T(0), m);
}

/// y = t if x > t, else x                                                                          [threshold.trunc]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> threshold_trunc(const tensor<T, N>& x, T t) {
    return xt::where(x > t, t, x);
}

/// y = x if x > t, else 0                                                                         [threshold.tozero]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> threshold_tozero(const tensor<T, N>& x, T t) {
    return xt::where(x > t, x, T(0));
}

/// y = 0 if x > t, else x                                                                     [threshold.tozero_inv]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> threshold_tozero_inv(const tensor<T, N>& x, T t) {
    return xt::where(x > t, T(0), x);
}

/// Tries every t, with a pass over all pixels for each: the first t with the largest q₀ q₁ (μ₀ − μ₁)².           [otsu]
template <std::size_t N>
[[nodiscard]] int otsu(const tensor<std::uint8_t, N>& x) {
    int best = 0;
    double greatest = 0;
    for (int t = 0; t < 256; ++t) {
        double n[2] = {0, 0}, sum[2] = {0, 0};
        for (std::uint8_t v : flat(x)) n[v > t] += 1, sum[v > t] += v;
        if (n[0] == 0 || n[1] == 0) continue;
        const double all = n[0] + n[1], apart = sum[0] / n[0] - sum[1] / n[1];
        const double variance = n[0] / all * (n[1] / all) * apart * apart;
        if (variance > greatest) greatest = variance, best = t;
    }
    return best;
}

}  // namespace gradus::reference
