#pragma once
/// \file
/// Synthetic digits for use without MNIST: pen strokes with random slant, width, shift, jitter and noise.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "gradus/base/compiled.hpp"
#include "gradus/base/random.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// A point of a stroke, in percent of the digit's box: x to the right, y downwards.
struct pen_point {
    float x, y;
};

/// A smooth curve through points, part of one digit. styles: 1, 2, or 3 for both styles in which a digit is drawn.
struct pen_stroke {
    std::size_t digit;
    unsigned styles;
    std::initializer_list<pen_point> points;
};

/// The strokes of the ten digits.
inline constexpr pen_stroke pen_strokes[] = {
    {0, 3, {{50, 0}, {15, 18}, {4, 50}, {15, 82}, {50, 100}, {85, 82}, {96, 50}, {85, 18}, {45, 0}}},
    {1, 3, {{52, 0}, {50, 50}, {50, 100}}},
    {1, 2, {{25, 25}, {40, 15}, {52, 0}}},
    {2, 3, {{10, 25}, {28, 4}, {65, 3}, {85, 25}, {70, 55}, {40, 80}, {6, 98}}},
    {2, 3, {{6, 98}, {50, 93}, {95, 98}}},
    {3, 3, {{12, 12}, {45, 0}, {80, 12}, {76, 36}, {40, 47}}},
    {3, 3, {{40, 47}, {82, 58}, {88, 82}, {50, 100}, {10, 88}}},
    {4, 1, {{20, 2}, {12, 30}, {12, 52}, {50, 56}, {92, 52}}},
    {4, 1, {{80, 5}, {74, 50}, {70, 100}}},
    {4, 2, {{65, 0}, {35, 35}, {5, 66}}},
    {4, 2, {{5, 66}, {50, 66}, {95, 64}}},
    {4, 2, {{68, 0}, {68, 50}, {66, 100}}},
    {5, 3, {{88, 2}, {55, 4}, {25, 3}}},
    {5, 3, {{25, 3}, {20, 25}, {18, 45}}},
    {5, 3, {{18, 45}, {55, 36}, {88, 60}, {78, 90}, {40, 100}, {8, 88}}},
    {6, 3, {{75, 2}, {35, 22}, {10, 60}, {22, 93}, {60, 100}, {88, 76}, {65, 52}, {30, 58}, {12, 75}}},
    {7, 3, {{6, 8}, {45, 5}, {90, 5}}},
    {7, 3, {{90, 5}, {60, 45}, {38, 100}}},
    {7, 2, {{30, 50}, {55, 49}, {80, 48}}},
    {8, 3, {{50, 47}, {16, 28}, {30, 4}, {70, 4}, {84, 28}, {50, 47}}},
    {8, 3, {{50, 47}, {10, 73}, {28, 97}, {72, 97}, {90, 73}, {50, 47}}},
    {9, 3, {{85, 25}, {62, 48}, {25, 45}, {12, 22}, {40, 1}, {75, 5}, {86, 25}, {80, 65}, {60, 100}}},
};

/// Draws `label` as 28 x 28 bytes; `key` determines the handwriting. The digit's box is about 13 x 20 pixels, centered.
GRADUS_ONCE void draw_digit(std::size_t label, std::uint64_t key, std::uint8_t* pixels);

/// Labels (N) and images (N, 28, 28) of drawn digits, as bytes. The same count and seed return the same images, byte
/// for byte, on every platform; a larger count only appends to them. About 15 µs per image.
GRADUS_ONCE [[nodiscard]] dataset<tensor<std::uint8_t, 3>, tensor<std::int32_t, 1>> drawn_digits(std::size_t count,
                                                                                                 std::uint64_t seed);

#if GRADUS_BODIES_OF(data)

GRADUS_BODY void draw_digit(std::size_t label, std::uint64_t key, std::uint8_t* pixels) {
    constexpr int side = 28;
    const auto times = [](float a, float b) { return random::product(a, b); };  // the same bits with every compiler
    std::uint64_t draws = 0;
    const auto uniform = [&](float low, float high) {
        return low + times(high - low, static_cast<float>(random::uniform(key, 0, draws++)));
    };
    const auto normal = [&](float deviation) {
        return times(deviation, static_cast<float>(random::normal(key, 0, draws++)));
    };
    const unsigned style = uniform(0, 1) < 0.5f ? 1 : 2;
    const float slant = 0.1f + normal(0.27f), tilt = normal(0.07f), tremor = 0.068f;
    const float width = uniform(9.5f, 15), height = uniform(17, 21.5f), left = normal(1.3f), down = normal(1.3f);
    const float radius = uniform(0.7f, 1.7f), ink = uniform(0.75f, 1);

    std::array<float, side * side> distance2;  // of each pixel from the nearest stroke, squared
    distance2.fill(1e6f);
    const auto line = [&](pen_point a, pen_point b) {
        const float reach = radius + 1, dx = b.x - a.x, dy = b.y - a.y;
        const float length2 = times(dx, dx) + times(dy, dy) + 1e-6f;
        const auto pixel = [](float v) { return std::clamp(static_cast<int>(v), 0, side - 1); };
        const int x1 = pixel(std::max(a.x, b.x) + reach), y1 = pixel(std::max(a.y, b.y) + reach);
        for (int y = pixel(std::min(a.y, b.y) - reach); y <= y1; ++y)
            for (int x = pixel(std::min(a.x, b.x) - reach); x <= x1; ++x) {
                const float px = static_cast<float>(x) + 0.5f - a.x, py = static_cast<float>(y) + 0.5f - a.y;
                const float t = std::clamp((times(px, dx) + times(py, dy)) / length2, 0.0f, 1.0f);
                const float ex = px - times(t, dx), ey = py - times(t, dy);
                float& nearest = distance2[static_cast<std::size_t>(side * y + x)];
                nearest = std::min(nearest, times(ex, ex) + times(ey, ey));
            }
    };
    for (const auto& stroke : pen_strokes) {
        if (stroke.digit != label || !(stroke.styles & style)) continue;
        std::array<pen_point, 16> p;
        std::size_t n = 0;
        for (pen_point q : stroke.points) {
            const float x = times(width, q.x / 100 - 0.5f + normal(tremor));
            const float y = times(height, q.y / 100 - 0.5f + normal(tremor));
            p[n++] = {14 + left + x - times(slant, y), 14 + down + y + times(tilt, x)};
        }
        pen_point last = p[0];
        for (std::size_t i = 0; i + 1 < n; ++i) {  // Catmull-Rom spline, four line segments for each piece
            const pen_point a = p[i == 0 ? 0 : i - 1], b = p[i], c = p[i + 1], d = p[std::min(i + 2, n - 1)];
            for (float t : {0.25f, 0.5f, 0.75f, 1.0f}) {
                const auto at = [&](float u, float v, float w, float z) {
                    const float cubic = times(3, v - w) + z - u, square = 2 * u - times(5, v) + 4 * w - z;
                    return v + times(0.5f * t, w - u + times(t, square + times(t, cubic)));
                };
                const pen_point next{at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)};
                line(last, next);
                last = next;
            }
        }
    }
    for (std::size_t i = 0; i < distance2.size(); i += 8) {  // one random draw gives the noise of eight pixels
        const std::uint64_t noise = random::bits(key, 1, i);
        for (std::size_t j = 0; j < 8; ++j) {
            const float grain = static_cast<float>(noise >> 8 * j & 255) / 255.0f - 0.5f;
            const float stroke = times(ink, std::clamp(radius + 0.5f - std::sqrt(distance2[i + j]), 0.0f, 1.0f));
            pixels[i + j] = static_cast<std::uint8_t>(255 * std::clamp(stroke + times(0.3f, grain) - 0.05f, 0.0f, 1.0f));
        }
    }
}

GRADUS_BODY dataset<tensor<std::uint8_t, 3>, tensor<std::int32_t, 1>> drawn_digits(std::size_t count,
                                                                                   std::uint64_t seed) {
    tensor<std::uint8_t, 3> x({count, std::size_t{28}, std::size_t{28}});
    auto y = tensor<std::int32_t, 1>::from_shape({count});
    const std::uint64_t labels = random::mix(seed, "labels"), hands = random::mix(seed, "hands");
    for (std::size_t n = 0; n < count; ++n) {
        const auto label = static_cast<std::size_t>(random::integer(labels, n, 10));
        draw_digit(label, random::mix(hands, n), x.data() + 784 * n);
        y(n) = static_cast<std::int32_t>(label);
    }
    return {std::move(x), std::move(y)};
}

#endif

}  // namespace gradus::data
