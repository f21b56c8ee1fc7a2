#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "gradus/base/error.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/window.hpp"
#include "gradus/layers/image/image_layer.hpp"

namespace gradus {

/// How an enlarged image is interpolated.
enum class interpolation {
    nearest,  ///< each pixel is repeated
    bilinear  ///< linear between the centers of pixels; constant beyond the outermost centers
};

/// Options of `upsample2d`.
struct upsample2d_options {
    gradus::interpolation interpolation = gradus::interpolation::nearest;
};

/// Enlarges each image by the factor s in height and s' in width:
///   y[i, j] = Σ_k,l x[k, l] w(u_i − k) w(u'_j − l)                                               [upsample2d.forward]
///   nearest: u_i = ⌊i / s⌋     bilinear: u_i = (i + ½) / s − ½, clamped to [0, H − 1]
///   w(d) = max(0, 1 − |d|), so at most two rows and two columns contribute
/// Backward, the transpose: dx[k, l] = Σ_i,j dy[i, j] w(u_i − k) w(u'_j − l)                     [upsample2d.backward]
///   x (N, H, W, C)   y (N, sH, s'W, C)
///
/// `gr::upsample2d(2)`, `gr::upsample2d({2, 3}, {.interpolation = gr::interpolation::bilinear})`: Keras's UpSampling2D,
/// PyTorch's Upsample (bilinear: `align_corners=False`).
/// Complexity: 2 operations for each element of y; nearest: a copy. Memory in addition to y: one row.
/// \throws shape_error if x is not a batch of images, or a factor is 0.
struct upsample2d : image_layer<upsample2d> {
    static constexpr std::string_view name = "upsample2d";
    static constexpr std::string_view formula = "Σ x[k, l] w(u_i − k) w(u'_j − l)";

    size2d factor;  ///< s, s'
    upsample2d_options options;

    explicit upsample2d(size2d s, upsample2d_options o = {}) : factor(s), options(o) {
        if (s.area() == 0) throw shape_error(name, {"enlarges at least 1 time, got ", s.array()});
    }

    [[nodiscard]] size2d size_of(size2d in) const { return {factor.height * in.height, factor.width * in.width}; }

    template <class X, class C>
    void apply(const X& x, X& y, C& c) const {
        using T = scalar_of<X>;
        const std::size_t channels = x.shape()[3], row = x.shape()[2] * channels;
        reshape(c.line, std::array{row});
        T* out = y.data();
        for (std::size_t n = 0; n < x.shape()[0]; ++n)
            for (std::size_t i = 0; i < y.shape()[1]; ++i) {
                const auto [k, f] = place<T>(i, factor.height, x.shape()[1]);
                const T* line = x.data() + (n * x.shape()[1] + k) * row;
                if (f != 0) line = blend(row, f, line, line + row, c.line.data());             // between rows
                for (std::size_t j = 0; j < y.shape()[2]; ++j, out += channels) {
                    const auto [l, g] = place<T>(j, factor.width, x.shape()[2]);
                    const T* pixel = line + l * channels;
                    g != 0 ? blend(channels, g, pixel, pixel + channels, out) : std::copy_n(pixel, channels, out);
                }
            }
    }
    template <class X, class C>
    void apply_backward(const X& dy, X& dx, C& c) const {
        using T = scalar_of<X>;
        const std::size_t channels = dx.shape()[3], row = dx.shape()[2] * channels;
        reshape(c.line, std::array{row});
        std::fill_n(dx.data(), dx.size(), T(0));
        const T* d = dy.data();
        for (std::size_t n = 0; n < dx.shape()[0]; ++n)
            for (std::size_t i = 0; i < dy.shape()[1]; ++i) {
                std::fill_n(c.line.data(), row, T(0));
                for (std::size_t j = 0; j < dy.shape()[2]; ++j, d += channels) {
                    const auto [l, g] = place<T>(j, factor.width, dx.shape()[2]);
                    spread(channels, g, d, c.line.data() + l * channels);
                }
                const auto [k, f] = place<T>(i, factor.height, dx.shape()[1]);
                spread(row, f, c.line.data(), dx.data() + (n * dx.shape()[1] + k) * row);
            }
    }

  private:
    /// u = k + f.
    template <class T>
    struct between {
        std::size_t k;
        T f;  // 0 if only pixel k counts: there may be no pixel k + 1
    };
    template <class T>
    [[nodiscard]] between<T> place(std::size_t i, std::size_t s, std::size_t size) const {
        if (options.interpolation == interpolation::nearest) return {i / s, T(0)};
        const double u = (static_cast<double>(i) + 0.5) / static_cast<double>(s) - 0.5;
        const double inside = std::clamp(u, 0.0, static_cast<double>(size) - 1);
        const auto k = static_cast<std::size_t>(inside);
        return {k, static_cast<T>(inside - static_cast<double>(k))};
    }

    /// y = (1 − f) a + f b
    template <class T>
    static T* blend(std::size_t n, T f, const T* a, const T* b, T* y) {
        return each(n, [f](const auto& p, const auto& q) { return p + f * (q - p); }, y, a, b);
    }
    /// da += (1 − f) dy, db += f dy, where db = da + n
    template <class T>
    static void spread(std::size_t n, T f, const T* dy, T* da) {
        each(n, [f](const auto& p, const auto& d) { return p + (1 - f) * d; }, da, da, dy);
        if (f != 0) each(n, [f](const auto& p, const auto& d) { return p + f * d; }, da + n, da + n, dy);
    }
    /// kernels::map, or a plain loop if there are fewer channels than a register has lanes.
    template <class T, class F>
    static T* each(std::size_t n, F&& f, T* out, const auto*... in) {
        if (n >= kernels::width<T>)
            kernels::map(n, f, out, in...);
        else
            for (std::size_t i = 0; i < n; ++i) out[i] = f(in[i]...);
        return out;
    }
};

}  // namespace gradus
