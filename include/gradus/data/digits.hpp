#pragma once
/// \file
/// Drawn digits, for when no MNIST is at hand: pen strokes with random slant, width, shift, tremor and noise.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "gradus/core/random.hpp"
#include "gradus/core/tensor.hpp"
#include "gradus/data/dataset.hpp"

namespace gradus::data {

/// A point of a stroke, in units of the digit's box: x to the right, y downwards, both 0..1.
struct pen_point {
    float x, y;
};

/// A smooth line through points; part of one digit, in one of its two styles or (3) in both.
struct pen_stroke {
    std::size_t digit;
    unsigned styles;
    std::initializer_list<pen_point> points;
};

/// How the ten digits are written.
inline constexpr pen_stroke pen_strokes[] = {
    {0,
     3,
     {{.5f, 0}, {.15f, .18f}, {.04f, .5f}, {.15f, .82f}, {.5f, 1}, {.85f, .82f}, {.96f, .5f}, {.85f, .18f}, {.45f, 0}}},
    {1, 3, {{.52f, 0}, {.5f, .5f}, {.5f, 1}}},
    {1, 2, {{.25f, .25f}, {.4f, .15f}, {.52f, 0}}},
    {2, 3, {{.1f, .25f}, {.28f, .04f}, {.65f, .03f}, {.85f, .25f}, {.7f, .55f}, {.4f, .8f}, {.06f, .98f}}},
    {2, 3, {{.06f, .98f}, {.5f, .93f}, {.95f, .98f}}},
    {3, 3, {{.12f, .12f}, {.45f, 0}, {.8f, .12f}, {.76f, .36f}, {.4f, .47f}}},
    {3, 3, {{.4f, .47f}, {.82f, .58f}, {.88f, .82f}, {.5f, 1}, {.1f, .88f}}},
    {4, 1, {{.2f, .02f}, {.12f, .3f}, {.12f, .52f}, {.5f, .56f}, {.92f, .52f}}},
    {4, 1, {{.8f, .05f}, {.74f, .5f}, {.7f, 1}}},
    {4, 2, {{.65f, 0}, {.35f, .35f}, {.05f, .66f}}},
    {4, 2, {{.05f, .66f}, {.5f, .66f}, {.95f, .64f}}},
    {4, 2, {{.68f, 0}, {.68f, .5f}, {.66f, 1}}},
    {5, 3, {{.88f, .02f}, {.55f, .04f}, {.25f, .03f}}},
    {5, 3, {{.25f, .03f}, {.2f, .25f}, {.18f, .45f}}},
    {5, 3, {{.18f, .45f}, {.55f, .36f}, {.88f, .6f}, {.78f, .9f}, {.4f, 1}, {.08f, .88f}}},
    {6,
     3,
     {{.75f, .02f},
      {.35f, .22f},
      {.1f, .6f},
      {.22f, .93f},
      {.6f, 1},
      {.88f, .76f},
      {.65f, .52f},
      {.3f, .58f},
      {.12f, .75f}}},
    {7, 3, {{.06f, .08f}, {.45f, .05f}, {.9f, .05f}}},
    {7, 3, {{.9f, .05f}, {.6f, .45f}, {.38f, 1}}},
    {7, 2, {{.3f, .5f}, {.55f, .49f}, {.8f, .48f}}},
    {8,
     3,
     {{.5f, .47f},
      {.16f, .28f},
      {.3f, .04f},
      {.7f, .04f},
      {.84f, .28f},
      {.5f, .47f},
      {.1f, .73f},
      {.28f, .97f},
      {.72f, .97f},
      {.9f, .73f},
      {.5f, .47f}}},
    {9,
     3,
     {{.85f, .25f},
      {.62f, .48f},
      {.25f, .45f},
      {.12f, .22f},
      {.4f, .01f},
      {.75f, .05f},
      {.86f, .25f},
      {.8f, .65f},
      {.6f, 1}}},
};

/// Draws `label` as 28 x 28 bytes, in the hand that `key` gives. The digit's box is about 13 x 20 pixels, in the
/// middle.
inline void draw_digit(std::size_t label, std::uint64_t key, std::uint8_t* pixels) {
    constexpr int side = 28;
    std::uint64_t draws = 0;
    const auto uniform = [&](float low, float high) {
        return low + (high - low) * static_cast<float>(random::uniform(key, 0, draws++));
    };
    const auto normal = [&](float deviation) {
        return deviation * static_cast<float>(random::normal(key, 0, draws++));
    };
    const unsigned style = uniform(0, 1) < 0.5f ? 1 : 2;
    const float slant = 0.1f + normal(0.27f), tilt = normal(0.07f), tremor = 0.068f;
    const float width = uniform(9.5f, 15), height = uniform(17, 21.5f), left = normal(1.3f), down = normal(1.3f);
    const float radius = uniform(0.7f, 1.7f), ink = uniform(0.75f, 1);

    std::array<float, side * side> distance2;  // of each pixel from the nearest stroke
    distance2.fill(1e6f);
    const auto line = [&](pen_point a, pen_point b) {
        const float reach = radius + 1, dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy + 1e-6f;
        const auto pixel = [](float v) { return std::clamp(static_cast<int>(v), 0, side - 1); };
        const int x1 = pixel(std::max(a.x, b.x) + reach), y1 = pixel(std::max(a.y, b.y) + reach);
        for (int y = pixel(std::min(a.y, b.y) - reach); y <= y1; ++y)
            for (int x = pixel(std::min(a.x, b.x) - reach); x <= x1; ++x) {
                const float px = static_cast<float>(x) + 0.5f - a.x, py = static_cast<float>(y) + 0.5f - a.y;
                const float t = std::clamp((px * dx + py * dy) / length2, 0.0f, 1.0f);
                const float ex = px - t * dx, ey = py - t * dy;
                float& nearest = distance2[static_cast<std::size_t>(side * y + x)];
                nearest = std::min(nearest, ex * ex + ey * ey);
            }
    };
    for (const auto& stroke : pen_strokes) {
        if (stroke.digit != label || !(stroke.styles & style)) continue;
        std::array<pen_point, 16> p;
        std::size_t n = 0;
        for (pen_point q : stroke.points) {
            const float x = width * (q.x - 0.5f + normal(tremor)), y = height * (q.y - 0.5f + normal(tremor));
            p[n++] = {14 + left + x - slant * y, 14 + down + y + tilt * x};
        }
        pen_point last = p[0];
        for (std::size_t i = 0; i + 1 < n; ++i) {  // Catmull and Rom's spline, four straight pieces for each part
            const pen_point a = p[i == 0 ? 0 : i - 1], b = p[i], c = p[i + 1], d = p[std::min(i + 2, n - 1)];
            for (float t : {0.25f, 0.5f, 0.75f, 1.0f}) {
                const auto at = [t](float u, float v, float w, float z) {
                    return v + 0.5f * t * (w - u + t * (2 * u - 5 * v + 4 * w - z + t * (3 * (v - w) + z - u)));
                };
                const pen_point next{at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)};
                line(last, next);
                last = next;
            }
        }
    }
    for (std::size_t i = 0; i < distance2.size(); i += 8) {  // the noise of eight pixels from one draw
        const std::uint64_t noise = random::bits(key, 1, i);
        for (std::size_t j = 0; j < 8; ++j) {
            const float grain = static_cast<float>(noise >> 8 * j & 255) / 255.0f - 0.5f;
            const float stroke = ink * std::clamp(radius + 0.5f - std::sqrt(distance2[i + j]), 0.0f, 1.0f);
            pixels[i + j] = static_cast<std::uint8_t>(255 * std::clamp(stroke + 0.3f * grain - 0.05f, 0.0f, 1.0f));
        }
    }
}

/// Labels (N) and images (N, 28, 28) of drawn digits, as bytes. The same count and seed give the same pictures; a
/// larger count only adds to them. About 15 µs per picture.
[[nodiscard]] inline dataset<tensor<std::uint8_t, 3>, tensor<std::int32_t, 1>> drawn_digits(std::size_t count,
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

}  // namespace gradus::data
