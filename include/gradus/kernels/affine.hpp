#pragma once
/// \file
/// Rotates, shifts, zooms and shears an image: bilinear interpolation at positions given by an affine map.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "gradus/base/compiled.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// The position s(p) = M p + o in x at which pixel p = (i, j) of y is read; rows downwards, columns to the right.
struct affine_map {
    double ii = 1, ij = 0, ji = 0, jj = 1;  ///< M: the derivatives of s_i and s_j by i and j
    double oi = 0, oj = 0;                  ///< o
};

/// The map for an image that is sheared by σ, rotated by ρ (counterclockwise) and zoomed by z around its center c, then
/// shifted by t = (a, b):
///   A = z R(ρ) S(σ)     s(p) = A⁻¹ (p − t − c) + c     c = ((H − 1) / 2, (W − 1) / 2)                     [affine.map]
///   R = [cos ρ, −sin ρ; sin ρ, cos ρ]     S = [1, 0; tan σ, 1]
[[nodiscard]] inline affine_map around_the_middle(std::size_t height, std::size_t width, double a, double b, double rho,
                                                  double z, double sigma) {
    const double cosine = std::cos(rho), sine = std::sin(rho), slant = std::tan(sigma);
    affine_map s{cosine / z, sine / z, -(sine + slant * cosine) / z, (cosine - slant * sine) / z};  // A⁻¹; |R| = |S| = 1
    const double ci = (static_cast<double>(height) - 1) / 2, cj = (static_cast<double>(width) - 1) / 2;
    s.oi = ci - s.ii * (a + ci) - s.ij * (b + cj);
    s.oj = cj - s.ji * (a + ci) - s.jj * (b + cj);
    return s;
}

namespace kernels {

/// f(k, u, v) for each pixel of y, row by row: s(p) lies u below and v to the right of pixel k of the padded image.
///
/// The image is padded with one line of zeros above and to the left, two below and to the right. Positions beyond are
/// clamped to the padding, where they read 0, so that the loop needs no checks for missing neighbors.
template <class T, class F>
void each_place(const affine_map& s, std::size_t height, std::size_t width, F&& f) {
    const T bottom = static_cast<T>(height + 1), right = static_cast<T>(width + 1);
    const T down = static_cast<T>(s.ij), across = static_cast<T>(s.jj);
    const auto line = static_cast<std::ptrdiff_t>(width + 3);
    for (std::size_t i = 0; i < height; ++i) {
        const T first_i = static_cast<T>(s.oi + s.ii * static_cast<double>(i) + 1);
        const T first_j = static_cast<T>(s.oj + s.ji * static_cast<double>(i) + 1);
        for (std::size_t j = 0; j < width; ++j) {
            const T si = std::clamp(first_i + down * static_cast<T>(j), T(0), bottom);
            const T sj = std::clamp(first_j + across * static_cast<T>(j), T(0), right);
            const auto k = static_cast<std::ptrdiff_t>(si), l = static_cast<std::ptrdiff_t>(sj);  // ⌊ ⌋: both are ≥ 0
            f(static_cast<std::size_t>(k * line + l), si - static_cast<T>(k), sj - static_cast<T>(l));
        }
    }
}

/// y[p] = Σ_q x[q] k(s(p) − q),  k(d) = max(0, 1 − |d_i|) max(0, 1 − |d_j|):
/// bilinear interpolation between the four pixels around s(p); 0 outside.
/// `padded` is the buffer for the image with its padding; for images of equal size it is not reallocated.
template <class T>
void sample(const affine_map& s, std::size_t height, std::size_t width, std::size_t channels, const T* x, T* y,
            tensor<T, 3>& padded) {
    const std::size_t line = (width + 3) * channels;
    reshape(padded, std::array{height + 3, width + 3, channels});
    std::fill_n(padded.data(), padded.size(), T(0));
    for (std::size_t i = 0; i < height; ++i)
        std::copy_n(x + i * width * channels, width * channels, padded.data() + (i + 1) * line + channels);
    each_place<T>(s, height, width, [&](std::size_t k, T u, T v) {
        const T* q = padded.data() + k * channels;
        for (std::size_t c = 0; c < channels; ++c, ++q) {
            const T above = q[0] + v * (q[channels] - q[0]), below = q[line] + v * (q[line + channels] - q[line]);
            *y++ = above + u * (below - above);
        }
    });
}

/// dx[q] = Σ_p dy[p] k(s(p) − q): each pixel of dy is added, with its weights, to the four pixels that y was read from.
template <class T>
void sample_backward(const affine_map& s, std::size_t height, std::size_t width, std::size_t channels, const T* dy, T* dx,
                     tensor<T, 3>& padded) {
    const std::size_t line = (width + 3) * channels;
    reshape(padded, std::array{height + 3, width + 3, channels});
    std::fill_n(padded.data(), padded.size(), T(0));
    each_place<T>(s, height, width, [&](std::size_t k, T u, T v) {
        T* q = padded.data() + k * channels;
        for (std::size_t c = 0; c < channels; ++c, ++q) {
            const T d = *dy++;
            q[0] += (1 - u) * (1 - v) * d, q[channels] += (1 - u) * v * d;
            q[line] += u * (1 - v) * d, q[line + channels] += u * v * d;
        }
    });
    for (std::size_t i = 0; i < height; ++i)
        std::copy_n(padded.data() + (i + 1) * line + channels, width * channels, dx + i * width * channels);
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(kernels) template void sample(const affine_map&, std::size_t, std::size_t, std::size_t, const float*,
                                            float*, tensor<float, 3>&);
GRADUS_EXTERN(kernels) template void sample(const affine_map&, std::size_t, std::size_t, std::size_t, const double*,
                                            double*, tensor<double, 3>&);
GRADUS_EXTERN(kernels) template void sample_backward(const affine_map&, std::size_t, std::size_t, std::size_t,
                                                     const float*, float*, tensor<float, 3>&);
GRADUS_EXTERN(kernels) template void sample_backward(const affine_map&, std::size_t, std::size_t, std::size_t,
                                                     const double*, double*, tensor<double, 3>&);
#endif

}  // namespace kernels
}  // namespace gradus
