#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/initializers/distributions.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/layers/fused.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/statement.hpp"

namespace gradus {

struct embedding_options {
    std::optional<std::int32_t> padding = {};  ///< the index of padding: its row is initially 0 and is not trained
};

/// Embedding: each index selects a row of the table E: y = E[x].                                   [embedding.forward]
///   x (N, T) of 0..V−1, or any other shape   E (V, D)   y (N, T, D)
/// It equals a dense layer without bias on one-hot rows: y = onehot(x) E.
/// Backward, with dy = ∂J/∂y; indices have no gradient, so dx is empty:
///   dE[v] = Σ dy[n, t] over all (n, t) with x[n, t] = v     dE[padding] = 0                            [embedding.dE]
///
/// Source: Bengio and others, "A neural probabilistic language model" (2003), the matrix C; PyTorch's `nn.Embedding`,
/// whose `padding_idx` is `padding`.
/// Complexity: forward, a copy of NTD numbers. Backward adds dy row by row to a dense gradient: VD assignments of 0 and
/// NTD additions; the optimizer's step is also over all VD numbers. No allocation after the first batch of that size.
/// Constructed by `gr::embedding(V, D, options, initializer)`.
/// \throws data_error for an index outside 0..V−1; shape_error if x is empty or dy does not have the shape of y.
template <class T>
struct embedding_layer {
    static constexpr std::string_view name = "embedding", formula = "y = E[x]";
    using scalar = T;
    using input = tensor<std::int32_t, 2>;

    struct parameters {
        tensor<T, 2> E;
        static void each(auto&& f, auto&... p) { f("E", p.E...); }
    };
    template <class X>
    struct cache {
        tensor<T, rank_of<X> + 1> y;
        X dx;  // empty
    };

    parameters theta;
    embedding_options options;
    initializer init;
    std::uint64_t key = 0;  // the random stream E was drawn from
    std::uint64_t drawn = 0;  // checksum of the default draw: while it matches, a network draws the parameters anew

    embedding_layer(std::size_t vocabulary, std::size_t features, embedding_options o, initializer init_)
        : options(o), init(std::move(init_)) {
        if (vocabulary == 0 || features == 0)
            throw shape_error(name, {"E (V, D) needs both sizes at least 1, got ", std::array{vocabulary, features}});
        reshape(theta.E, std::array{vocabulary, features});
        if (options.padding && !is_index(*options.padding))
            throw data_error(message({name, ": padding = ", *options.padding, " is not one of ", vocabulary, " indices, counted from 0"}));
    }

    template <class X>
    const tensor<T, rank_of<X> + 1>& forward(const X& x, cache<X>& c, const context& ctx = {}) const;

    template <class X, class Y>
    const X& backward(const X& x, const Y& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const;

    template <class X>
    void tell_formulas(auto&& made, const X& x, const cache<X>& c) const {
        made(statement{.text = "y = E[x]", .id = "embedding.forward", .by = made_by::lookup, .result = {"y", c.y},
                       .a = {"x", x}, .b = {"E", theta.E}});
    }
    template <class X, class Y>
    void tell_backward(auto&& made, const X& x, const Y& dy, const cache<X>&, const parameters& grad) const {
        statement s{.text = rank_of<X> == 2 ? "dE[v] = Σ dy[n,t] where x[n,t] = v" : "dE[v] = Σ dy[…] where x[…] = v",
                    .id = "embedding.dE", .by = made_by::scatter, .result = {"dE", grad.E}, .a = {"x", x}, .b = {"dy", dy}};
        if (options.padding) s.padding = static_cast<std::size_t>(*options.padding);
        made(s);
    }

    /// Draws E, except the row of the padding, which is 0, from a random stream derived from `k`.
    void initialize(std::uint64_t k) {
        key = k;
        draw(theta.E, init, random::mix(k, "E"), fan_of(theta.E));
        const std::size_t D = theta.E.shape()[1];
        if (options.padding) std::fill_n(theta.E.data() + static_cast<std::size_t>(*options.padding) * D, D, T(0));
    }

    /// The shape of y for a sample of shape `in`; only its last axis if `in` is not known.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool&) const {
        in.push_back(theta.E.shape()[1]);
        return in;
    }

    /// The same layer with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] embedding_layer<U> to_scalar() const {
        return {theta.E.shape()[0], theta.E.shape()[1], options, init};
    }

  private:
    [[nodiscard]] bool is_index(std::int64_t i) const { return i >= 0 && static_cast<std::uint64_t>(i) < theta.E.shape()[0]; }
    [[nodiscard]] bool is_padding(std::int64_t i) const { return options.padding && i == *options.padding; }

    /// The row of a table for the r-th index of x.
    template <class X, class Table>
    [[nodiscard]] auto* row(const X& x, std::size_t r, const context& ctx, Table& table) const {
        const auto i = static_cast<std::int64_t>(x.data()[r]);
        if (!is_index(i)) refuse(i, r, x.shape(), ctx.first_row);
        return table.data() + static_cast<std::size_t>(i) * table.shape()[1];
    }
    [[noreturn, gnu::noinline]] void refuse(std::int64_t index, std::size_t r, std::span<const std::size_t> shape, std::size_t first_row) const {
        std::vector<std::size_t> place(shape.size());
        for (std::size_t axis = shape.size(); axis-- > 0; r /= shape[axis]) place[axis] = r % shape[axis];
        place[0] += first_row;
        throw data_error(message({name, ": index ", index, " at ", shape_text(place), " is not one of ", theta.E.shape()[0],
                                  ", counted from 0: E is ", theta.E.shape()}));
    }
    template <class X>
    [[nodiscard]] auto shape_of(const X& x) const {
        static_assert(any_tensor<X> && std::is_integral_v<scalar_of<X>>,
                      "gradus: an embedding takes indices: make the input a gradus::tensor<std::int32_t, N>");
        if (x.size() == 0) detail::refuse_empty(name, "y = E[x]", x.shape());
        std::array<std::size_t, rank_of<X> + 1> shape;
        std::copy_n(x.shape().begin(), rank_of<X>, shape.begin());
        shape.back() = theta.E.shape()[1];
        return shape;
    }
    template <class X, class Y>
    void check_backward(const X& x, const Y& dy, const Y& y, const parameters& grad) const {
        require_gradient(name, "dE[x] += dy", "dE", theta.E.shape(), grad.E.shape());
        require_same_forward(name, x.shape(), y.shape(), shape_of(x));
        require_dy(name, "dE[x] += dy", y.shape(), dy.shape());
    }
};

template <class T>
template <class X>
const tensor<T, rank_of<X> + 1>& embedding_layer<T>::forward(const X& x, cache<X>& c, const context& ctx) const {
    const std::size_t D = theta.E.shape()[1];
    reshape(c.y, shape_of(x));
    for (std::size_t r = 0; r < x.size(); ++r)
        std::copy_n(row(x, r, ctx, theta.E), D, c.y.data() + r * D);               // y = E[x]
    return c.y;
}

template <class T>
template <class X, class Y>
const X& embedding_layer<T>::backward(const X& x, const Y& dy, cache<X>& c, parameters& grad, const context& ctx) const {
    check_backward(x, dy, c.y, grad);
    const std::size_t D = theta.E.shape()[1];
    const auto add = [](auto& sum, const auto& d) { sum += d; };
    grad.E.fill(T(0));
    for (std::size_t r = 0; r < x.size(); ++r)
        if (T* dE = row(x, r, ctx, grad.E); !is_padding(x.data()[r]))
            kernels::update(D, add, dE, dy.data() + r * D);                        // dE[x] += dy
    return c.dx;
}

/// `gr::embedding(10000, 64)`, `gr::embedding<double>(10000, 64, {.padding = 0}, gr::uniform{})`.
/// By default E is drawn from the default seed by N(0, 1), as in PyTorch; Keras's default is `gr::uniform{}`, U[−0.05,
/// 0.05). In a `sequential` the draw depends on the path of the layer.
/// \throws shape_error for a size of 0; data_error if the padding is not an index in 0..V−1
template <class T = float>
[[nodiscard]] embedding_layer<T> embedding(std::size_t vocabulary, std::size_t features, embedding_options o = {},
                                           initializer init = normal{0, 1}) {
    return fused::drawn(embedding_layer<T>(vocabulary, features, o, std::move(init)));
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(layers) template const tensor<float, 3>& embedding_layer<float>::forward(
    const tensor<std::int32_t, 2>&, cache<tensor<std::int32_t, 2>>&, const context&) const;
GRADUS_EXTERN(layers) template const tensor<double, 3>& embedding_layer<double>::forward(
    const tensor<std::int32_t, 2>&, cache<tensor<std::int32_t, 2>>&, const context&) const;
GRADUS_EXTERN(layers) template const tensor<std::int32_t, 2>& embedding_layer<float>::backward(
    const tensor<std::int32_t, 2>&, const tensor<float, 3>&, cache<tensor<std::int32_t, 2>>&, parameters&,
    const context&) const;
GRADUS_EXTERN(layers) template const tensor<std::int32_t, 2>& embedding_layer<double>::backward(
    const tensor<std::int32_t, 2>&, const tensor<double, 3>&, cache<tensor<std::int32_t, 2>>&, parameters&,
    const context&) const;
#endif

}  // namespace gradus
