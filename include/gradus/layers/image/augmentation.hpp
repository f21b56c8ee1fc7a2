#pragma once
/// \file
/// The base of layers that apply a random transformation to each image of a batch, in training only.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

/// A layer from a transformation: `struct random_shift : augmentation<random_shift>`. Move has a height and a width,
/// `check_options()`, and `move(from, to, padded, ctx, n, channels, back)`, which transforms the n-th image, or, if
/// `back`, its gradient.
///   x, y (N, H·W), (N, H·W·C), (N, H, W) or (N, H, W, C)
/// In inference y = x.
///
/// The draw depends only on the seed and step of the pass and the row of the sample. Backward draws it again, so it is
/// not stored.
template <class Move>
struct augmentation {
    using parameters = no_parameters;
    template <class X>
    struct cache {
        X y, dx;
        tensor<scalar_of<X>, 3> padded;  // one padded image, for a transformation that reads outside it
    };

    template <class X>
    const X& forward(const X& x, cache<X>& c, const context& ctx) const;
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>& c, parameters&, const context& ctx) const;

    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        check(in);
        return in;
    }
    /// The shape is checked only if all axes are known.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        return whole ? output_shape(std::move(in)) : in;
    }

  private:
    [[nodiscard]] const Move& self() const { return static_cast<const Move&>(*this); }

    template <class X>
    void move_all(const X& from, X& to, cache<X>& c, const context& ctx, bool back) const {
        if (!ctx.training) {
            std::copy_n(from.data(), from.size(), to.data());
            return;
        }
        const std::size_t images = from.shape()[0], size = images == 0 ? 0 : from.size() / images;
        const std::size_t channels = size / (self().height * self().width);
        for (std::size_t n = 0; n < images; ++n)
            self().move(from.data() + n * size, to.data() + n * size, c.padded, ctx, n, channels, back);
    }

    /// Requires a sample of shape (H·W·C), or one whose shape begins with (H, W).
    [[gnu::noinline]] void check(std::span<const std::size_t> sample) const;
};

template <class Move>
template <class X>
const X& augmentation<Move>::forward(const X& x, cache<X>& c, const context& ctx) const {
    require_input<typename X::value_type, X>();
    check(std::span(x.shape()).subspan(1));
    reshape(c.y, x.shape());
    move_all(x, c.y, c, ctx, false);
    return c.y;
}

template <class Move>
template <class X>
const X& augmentation<Move>::backward(const X&, const X& dy, cache<X>& c, parameters&, const context& ctx) const {
    require_dy(Move::name, Move::backward_formula, c.y.shape(), dy.shape());
    if (!ctx.input_gradient) return c.dx;
    reshape(c.dx, dy.shape());
    move_all(dy, c.dx, c, ctx, true);
    return c.dx;
}

template <class Move>
void augmentation<Move>::check(std::span<const std::size_t> sample) const {
    const std::size_t height = self().height, width = self().width;
    std::size_t size = 1;
    for (std::size_t s : sample) size *= s;
    const bool fits = sample.size() == 1 ? height * width != 0 && size != 0 && size % (height * width) == 0
                                         : sample.size() > 1 && sample[0] == height && sample[1] == width && size != 0;
    if (!fits)
        throw shape_error(Move::name, {"y[i, j] = ", Move::formula, " needs images of ", std::array{height, width},
                                       ", a sample is ", shape_text(sample)});
    self().check_options();
}

/// Explicit instantiations of the layer of a transformation, for the compiled unit.
#ifdef GRADUS_COMPILED
#define GRADUS_AUGMENTATION(Move)                                                                                     \
    GRADUS_EXTERN(layers) template void augmentation<Move>::check(std::span<const std::size_t>) const;                \
    GRADUS_AUGMENTATION_OF(Move, float)                                                                               \
    GRADUS_AUGMENTATION_OF(Move, double)
#define GRADUS_AUGMENTATION_OF(Move, T)                                                                               \
    GRADUS_EXTERN(layers) template const tensor<T, 4>& augmentation<Move>::forward(                                   \
        const tensor<T, 4>&, cache<tensor<T, 4>>&, const context&) const;                                             \
    GRADUS_EXTERN(layers) template const tensor<T, 4>& augmentation<Move>::backward(                                  \
        const tensor<T, 4>&, const tensor<T, 4>&, cache<tensor<T, 4>>&, parameters&, const context&) const;
#else
#define GRADUS_AUGMENTATION(Move)
#endif

}  // namespace gradus
