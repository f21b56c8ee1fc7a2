#pragma once
/// \file
/// What a recurrent layer passes to a visitor of formulas: its tensors, with the names that its cell gives them.

#include <cstddef>
#include <type_traits>

#include "gradus/layers/fused.hpp"
#include "gradus/nn/entry.hpp"
#include "gradus/nn/statement.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::recurrent {

/// The parameter of a cell in addition to W, U and b, if any; those three come first.
template <class Parameters>
[[nodiscard]] symbol own(const Parameters& p) {
    symbol found;
    std::size_t k = 0;
    Parameters::each([&](const entry& e, const auto& t) { if (++k > 3) found = {e.name, t}; }, p);
    return found;
}

/// The tensors of a forward of x (N, T, D) from the state `first`.
template <class Layer, class X, class State, class Cache>
[[nodiscard]] recurrence told(const Layer& layer, const X& x, const State& first, const Cache& c) {
    using cell = std::remove_cvref_t<decltype(layer.cell)>;
    const auto& theta = layer.theta;
    recurrence r{.words = cell::words(), .gate_names = cell::gate_names, .kept_names = cell::kept_names,
                 .gates_of_h = Layer::gates_of_h, .keeps_c = cell::keeps_c, .own_du = cell::own_du,
                 .reverse = layer.options.reverse, .truncate = layer.options.truncate, .own = own(theta)};
    r.x = tensor_ref(x), r.W = tensor_ref(theta.W), r.U = tensor_ref(theta.U), r.b = tensor_ref(theta.b);
    r.gates = tensor_ref(c.room.z), r.kept = tensor_ref(c.room.kept), r.y = tensor_ref(c.y);
    r.first_h = tensor_ref(first.h);
    if constexpr (cell::keeps_c) r.first_c = tensor_ref(first.c);
    if constexpr (requires { layer.cell.f; }) r.f = fused::words<std::remove_cvref_t<decltype(layer.cell.f)>>();
    return r;
}

/// The same for a backward, with dy and the gradients that it computed.
template <class Layer, class X, class State, class Y, class Cache, class Gradients>
void tell_backward(auto&& made, const Layer& layer, const X& x, const State& first, const Y& dy, const Cache& c, const X& dx,
                   const Gradients& grad) {
    using cell = std::remove_cvref_t<decltype(layer.cell)>;
    made("dz", c.room.dz);
    if constexpr (cell::own_du) made("du", c.room.all_du);
    if (cell::words().backward.empty()) return;
    recurrence r = told(layer, x, first, c);
    tensor<double, 1> slopes;
    if constexpr (requires { layer.cell.f; }) slopes = fused::slopes(layer.cell.f, layer.theta, c.y);
    r.slopes = tensor_ref(slopes), r.dy = tensor_ref(dy), r.dz = tensor_ref(c.room.dz);
    r.du = cell::own_du ? tensor_ref(c.room.all_du) : r.dz;
    r.dW = tensor_ref(grad.W), r.dU = tensor_ref(grad.U), r.db = tensor_ref(grad.b), r.dx = tensor_ref(dx);
    r.d_own = own(grad).values;
    made(r);
}

}  // namespace gradus::recurrent
