#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/nn/container.hpp"
#include "gradus/nn/initialize.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/to_scalar.hpp"

namespace gradus {

/// The same block n times, each with its own parameters: y = f_n(… f₂(f₁(x))).                        [repeat.forward]
///
/// The depth is chosen at run time, and the block is compiled once: the blocks are stored in a vector, so the output
/// type and shape of a block must be those of its input.
/// Complexity: n times that of the block.
/// \throws shape_error with the index of the block that does not fit.
template <class Block>
class repeat : public takes_as<Block> {
  public:
    static constexpr std::string_view name = "repeat";

    struct parameters {
        std::vector<parameters_of<Block>> layers;

        static void each(auto&& f, auto& first, auto&... rest) {
            (match(first, rest), ...);
            for (std::size_t i = 0; i < first.layers.size(); ++i) f(i, first.layers[i], rest.layers[i]...);
        }

      private:
        static void match(const auto& first, auto& other) {
            if constexpr (requires { requires std::is_same_v<parameters&, decltype(other)>; })
                if (other.layers.size() != first.layers.size()) other.layers.resize(first.layers.size());
        }
    };
    template <class X>
    using suspect = gradus::suspect<Block, X>;

    template <class X>
    struct cache {
        std::vector<cache_of<Block, X>> layers;
        /// \throws data_error before the first forward
        [[nodiscard]] const X& output() const {
            if (layers.empty()) throw data_error("repeat: no forward has been made with this pass");
            return gradus::output(layers.back());
        }
    };

    std::vector<Block> layers;

    /// \throws shape_error for n = 0.
    repeat(std::size_t n, const Block& block) : layers(n, block) {
        if (n == 0) throw shape_error(name, {"needs at least one block, got 0"});
        initialize_untouched(*this);
    }

    template <class X>
    const X& forward(const X& x, cache<X>& c, const context& ctx) const {
        static_assert(std::is_same_v<output_of<Block, X>, X>, "gradus: a repeated block must give the type that it takes");
        each_inside(run_forward{}, x, c, ctx);
        return c.output();
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx) const {
        return backward_by(run_backward{}, x, dy, c, grad, ctx);
    }

    /// y_i = f_i(y_{i−1}) of each block, in order; `call` as described in nn/container.hpp.
    template <class Call, class X>
    void each_inside(Call&& call, const X& x, auto& c, const context& ctx) const {
        if constexpr (!std::is_const_v<std::remove_reference_t<decltype(c)>>) c.layers.resize(layers.size());
        if (!c.layers.empty() && c.layers.size() != layers.size())
            throw shape_error(name, {"has ", layers.size(), " blocks, the pass holds ", c.layers.size(), ": it is of another network"});
        std::size_t i = 0;  // the current block
        try {
            for (; i < c.layers.size(); ++i)
                call(entry(i), layers[i], before(x, c, i), c.layers[i], ctx.inside(i));          // y_i = f_i(y_{i−1})
        } catch (const shape_error& e) {
            refuse_at(e, i);
        }
    }
    /// dy_{i−1} = dx_i of each block, in reverse order.
    template <class Call, class X>
    const X& backward_by(Call&& call, const X& x, const X& dy, cache<X>& c, parameters& grad,
                         const context& ctx) const {
        if (c.layers.size() != layers.size() || grad.layers.size() != layers.size())
            throw shape_error(name, {"backward needs the forward of the same x before it, and gradients of ",
                                     layers.size(), " blocks: the pass holds ", c.layers.size(), ", the gradients ", grad.layers.size()});
        const X* d = &dy;
        std::size_t i = layers.size();
        try {
            while (i-- > 0) {
                context inner = ctx.inside(i);
                inner.input_gradient = ctx.input_gradient || i > 0;
                d = &call(entry(i), layers[i], before(x, c, i), *d, c.layers[i], grad.layers[i], inner);
            }
        } catch (const shape_error& e) {
            refuse_at(e, i);
        }
        return *d;
    }

    [[nodiscard]] std::vector<std::size_t> input_shape() const
        requires requires(const Block& b) { b.input_shape(); }
    {
        return layers.front().input_shape();
    }
    /// The shape of y for a sample of shape `in`.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        bool whole = true;
        return output_shape(std::move(in), whole);
    }
    /// The same if `in` may contain only the last axes: see shape_through.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        std::size_t i = 0;
        try {
            for (; i < layers.size(); ++i) in = shape_through(layers[i], std::move(in), whole);
        } catch (const shape_error& e) {
            refuse_at(e, i);
        }
        return in;
    }

    template <class U>
    [[nodiscard]] auto to_scalar() const
        requires converts_to<Block, U>
    {
        return gradus::repeat(layers.size(), gradus::to_scalar<U>(layers.front()));
    }

  private:
    template <class X>
    static const X& before(const X& x, const auto& c, std::size_t i) {
        return i == 0 ? x : gradus::output(c.layers[i - 1]);
    }
};

}  // namespace gradus
