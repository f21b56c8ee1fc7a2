#pragma once
/// \file
/// Code shared by the tests of all recurrent layers.

#include <algorithm>
#include <cstddef>

#include "gradus/activations/tanh.hpp"
#include "gradus/layers/recurrent/gru.hpp"
#include "gradus/layers/recurrent/lstm.hpp"
#include "gradus/layers/recurrent/rnn.hpp"
#include "gradus/nn/pass.hpp"

#include "recurrent.hpp"

namespace support {

/// Calls f(layer) for each kind of layer, D = 4, H = 9, with random parameters.
template <class T>
void each_kind(auto&& f, gradus::recurrent_options o = {}) {
    f(with_random_theta(gradus::rnn<T>(4, 9, gradus::tanh{}, o)));
    f(with_random_theta(gradus::lstm<T>(4, 9, {o.reverse, o.truncate})));
    f(with_random_theta(gradus::peephole_lstm<T>(4, 9, {o.reverse, o.truncate})));
    f(with_random_theta(gradus::gru<T>(4, 9, o)));
    f(with_random_theta(gradus::gru_reset_before<T>(4, 9, o)));
}

/// Steps `from` to `to` of every row.
template <class T>
tensor<T, 3> steps_of(const tensor<T, 3>& x, std::size_t from, std::size_t to) {
    tensor<T, 3> out({x.shape()[0], to - from, x.shape()[2]});
    for (std::size_t n = 0; n < x.shape()[0]; ++n) std::copy_n(&x(n, from, 0), out.size() / x.shape()[0], &out(n, 0, 0));
    return out;
}
/// A layer run forward and backward.
template <class L>
struct run {
    using T = typename L::scalar;
    const L& layer;
    gradus::pass<L, tensor<T, 3>> pass;
    gradus::gradients<L> grad;

    explicit run(const L& l) : layer(l), pass(l), grad(l) { pass.input_gradient = true; }
    void operator()(const tensor<T, 3>& x, const tensor<T, 3>& dy) {
        (void)gradus::forward(layer, x, pass);
        (void)gradus::backward(layer, x, dy, pass, grad.values);
    }
    /// Whether the results are equal bit for bit.
    [[nodiscard]] bool operator==(run& other) {
        bool equal = same(pass.cache.y, other.pass.cache.y) && same(pass.cache.dx, other.pass.cache.dx) &&
                     same(pass.cache.last.h, other.pass.cache.last.h);
        gradus::each([&](const gradus::entry&, const auto& a, const auto& b) { equal = equal && same(a, b); }, grad.values,
                 other.grad.values);
        return equal;
    }
};

}  // namespace support
