#pragma once
/// \file
/// Options, parameters, states, inputs and shape checks of recurrent layers.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/parameters.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// Direction and truncation of a recurrent layer: `gr::gru(28, 128, {.reverse = true})`.
struct recurrent_options {
    bool reverse = false;      ///< from the last step to the first; y has the order of x
    std::size_t truncate = 0;  ///< truncated backpropagation in chunks of this many steps; 0: no truncation
};

/// θ of a recurrent layer with G gates: W (D, G·H) for x, U (H, G·H) for the previous state, b (G·H).
template <class T>
struct recurrent_parameters {
    tensor<T, 2> W, U;
    tensor<T, 1> b;
    static void each(auto&& f, auto&... p) { f("W", p.W...), f("U", p.U...), f(entry("b").without_decay(), p.b...); }
};

/// The state of an RNN or a GRU between two steps, h (N, H); zeros if empty.
template <class T>
struct hidden_state {
    tensor<T, 2> h;
    static void each(auto&& f, auto&... s) { f("h", s.h...); }
};
/// The state of an LSTM between two steps, h and c (N, H); zeros if empty.
template <class T>
struct lstm_state {
    tensor<T, 2> h, c;
    static void each(auto&& f, auto&... s) { f("h", s.h...), f("c", s.c...); }
};

/// A sequence x (N, T, D) and its initial state. Its dx has the same struct: ∂J/∂x, ∂J/∂h and, for an LSTM, ∂J/∂c.
template <class T>
struct rnn_input {
    tensor<T, 3> x;
    tensor<T, 2> h;
    static void each(auto&& f, auto&... s) { f("x", s.x...), f("h", s.h...); }
};
template <class T>
struct lstm_input {
    tensor<T, 3> x;
    tensor<T, 2> h, c;
    static void each(auto&& f, auto&... s) { f("x", s.x...), f("h", s.h...), f("c", s.c...); }
};

namespace recurrent {

/// Shape checks of a layer with W (D, G·H) and U (H, G·H). Compiled once for all cells.
struct door {
    using shape2 = std::array<std::size_t, 2>;
    using shape3 = std::array<std::size_t, 3>;
    std::string_view name;
    shape2 W, U;

    /// \throws shape_error if the layer would have no input or no unit
    GRADUS_ONCE static void require_sizes(std::string_view name, std::size_t in, std::size_t units);
    GRADUS_ONCE [[noreturn]] void refuse(std::string_view x) const;
    /// Checks the shape of x without the batch axis; unless `whole`, x has only its last axes.
    GRADUS_ONCE void check_sample(std::span<const std::size_t> x, bool whole) const;
    GRADUS_ONCE void check(const shape3& x, const tensor<bool, 2>* mask) const;
    /// Checks a state, or the gradient of one; it may be empty.
    GRADUS_ONCE void check_state(std::string_view what, const shape2& state, const shape3& x) const;
    GRADUS_ONCE void check_backward(const shape3& x, std::span<const std::size_t> dy, const shape3& y) const;
};

#if GRADUS_BODIES_OF(layers)

GRADUS_BODY void door::require_sizes(std::string_view name, std::size_t in, std::size_t units) {
    if (in == 0 || units == 0)
        throw shape_error(name, {"W (D, G·H) needs D and H at least 1, got ", std::array{in, units}});
}

GRADUS_BODY [[noreturn]] void door::refuse(std::string_view x) const {
    throw shape_error(name, {"z = xW + b needs x of (N, T, ", W[0], "), got ", x, ": W is ", W});
}

GRADUS_BODY void door::check_sample(std::span<const std::size_t> x, bool whole) const {
    if (whole && x.size() != 2) refuse(message({"N ", shape_text(x)}));
    if (x.back() != W[0]) refuse(whole ? message({"(N, ", x[0], ", ", x[1], ")"}) : message({"(N, T, ", x.back(), ")"}));
}

GRADUS_BODY void door::check_state(std::string_view what, const shape2& state, const shape3& x) const {
    if (state[0] * state[1] != 0 && state != shape2{x[0], U[0]})
        throw shape_error(name, {what, " needs to be ", shape2{x[0], U[0]}, " for x ", x, ", got ", state});
}

GRADUS_BODY void door::check(const shape3& x, const tensor<bool, 2>* mask) const {
    if (x[2] != W[0]) refuse(shape_text(x));
    if (x[0] == 0 || x[1] == 0) throw shape_error(name, {"needs at least one row and one step, x is ", x});
    if (mask != nullptr && (mask->shape()[0] != x[0] || mask->shape()[1] != x[1]))
        throw shape_error(name, {"the mask is ", mask->shape(), ", x is ", x, ": it needs one entry for each step of each row"});
}

GRADUS_BODY void door::check_backward(const shape3& x, std::span<const std::size_t> dy, const shape3& y) const {
    require_same_forward(name, x, y, shape3{x[0], x[1], U[0]});
    const shape2 last{y[0], y[2]};
    require_dy(name, "dh = dy + …", dy.size() == 2 ? shape_ref(last) : shape_ref(y), dy);  // (N, H): last state only
}

#endif

}  // namespace recurrent
}  // namespace gradus
