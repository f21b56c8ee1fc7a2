#pragma once
/// \file
/// Thresholding of gray images: OpenCV's `threshold`, and Otsu's method to choose a threshold.
///
/// Source: documents/001, 4.3, `_, binary_image = cv2.threshold(image, 128, 255, cv2.THRESH_BINARY)`.
/// Definition: OpenCV 4, imgproc, `threshold` and its five ThresholdTypes.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "gradus/base/error.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// How a pixel x is mapped at a threshold t, m the maximum. A pixel equal to t is not above it.
///   y = m if x > t, else 0     y = 0 if x > t, else m               [threshold.binary] [threshold.binary_inv]
///   y = t if x > t, else x                                                                         [threshold.trunc]
///   y = x if x > t, else 0     y = 0 if x > t, else x               [threshold.tozero] [threshold.tozero_inv]
enum class threshold_type { binary, binary_inv, trunc, tozero, tozero_inv };

/// The image after thresholding; `maximum` is m. `gr::data::threshold(image, 128)` is the document's line. O(size).
///
/// For bytes, t is rounded down and m to nearest, halves to even, as in OpenCV; both are then clamped to 0..255 where
/// they become pixels. NaN is not above t.
/// \throws data_error if t or m is NaN.
template <class T, std::size_t N>
    requires std::same_as<T, std::uint8_t> || std::floating_point<T>
[[nodiscard]] tensor<T, N> threshold(const tensor<T, N>& image, double t, double maximum = 255,
                                     threshold_type type = threshold_type::binary) {
    if (t != t || maximum != maximum) throw data_error("threshold: the threshold or the maximum is NaN");
    constexpr bool bytes = std::same_as<T, std::uint8_t>;
    if constexpr (bytes) maximum = std::clamp(std::nearbyint(maximum), 0.0, 255.0);
    const bool all = bytes && t < 0;  // every byte is above t, which no byte can represent
    const T cut = static_cast<T>(bytes ? std::clamp(std::floor(t), 0.0, 255.0) : t), m = static_cast<T>(maximum);
    tensor<T, N> out(image.shape());
    const auto paint = [&](auto&& f) {
        std::transform(image.data(), image.data() + image.size(), out.data(), [&](T x) { return f(x, all || x > cut); });
    };
    switch (type) {
        case threshold_type::binary: paint([m](T, bool above) { return above ? m : T(0); }); break;
        case threshold_type::binary_inv: paint([m](T, bool above) { return above ? T(0) : m; }); break;
        case threshold_type::trunc: paint([cut](T x, bool above) { return above ? cut : x; }); break;
        case threshold_type::tozero: paint([](T x, bool above) { return above ? x : T(0); }); break;
        case threshold_type::tozero_inv: paint([](T x, bool above) { return above ? T(0) : x; }); break;
    }
    return out;
}

/// The threshold with the largest variance σ² between the two classes of pixels, the smallest of equal ones; 0 for an
/// image of one gray level: `threshold(image, otsu(image))` is OpenCV's THRESH_BINARY + THRESH_OTSU.
///   σ²(t) = q₀ q₁ (μ₀ − μ₁)²     q: share of the pixels, μ: their mean, 0: x ≤ t, 1: x > t                      [otsu]
/// Bytes only, as in OpenCV. Two thresholds with no pixel between them split the image alike, and OpenCV's rounding may
/// choose another one of them; here the sums are whole numbers. O(size), one histogram.
/// Source: Otsu, "A threshold selection method from gray-level histograms" (1979), (14) and (18).
/// \throws data_error for an image without pixels.
template <std::size_t N>
[[nodiscard]] int otsu(const tensor<std::uint8_t, N>& image) {
    if (image.size() == 0) throw data_error(message({"otsu: an image of ", image.shape(), " has no pixels"}));
    std::array<std::uint64_t, 256> histogram{};
    for (std::uint8_t x : flat(image)) ++histogram[x];
    const auto n = static_cast<double>(image.size());
    double total = 0;
    for (std::size_t x = 0; x < 256; ++x) total += static_cast<double>(x * histogram[x]);

    int best = 0;
    double n_0 = 0, sum_0 = 0, greatest = 0;
    for (int t = 0; t < 256; ++t) {
        const auto h = static_cast<double>(histogram[static_cast<std::size_t>(t)]);
        n_0 += h;
        sum_0 += t * h;
        const double n_1 = n - n_0;
        if (n_0 == 0 || n_1 == 0) continue;
        const double apart = sum_0 / n_0 - (total - sum_0) / n_1;
        const double variance = n_0 / n * (n_1 / n) * apart * apart;
        if (variance > greatest) greatest = variance, best = t;
    }
    return best;
}

}  // namespace gradus::data
