#pragma once
/// \file
/// A pass: everything that one forward through a network stores for the backward.

#include <cstddef>
#include <cstdint>

#include "gradus/nn/context.hpp"
#include "gradus/nn/gradients.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

/// The input type of a pass made without an example: the one that the network declares.
template <class Net>
struct said_input {
    static_assert(requires { typename Net::input; },
                  "gradus: the first layer takes inputs of any kind: make the pass with an example, gr::pass pass(net, x)");
};
template <class Net>
    requires requires { typename Net::input; }
struct said_input<Net> {
    using type = typename Net::input;
};
template <class Net>
using input_of = typename said_input<Net>::type;

/// The caches of a network, with the mode and the random stream. A value: it can be copied, moved, stored in a vector.
///
/// A pass holds the result of one forward: ŷ is valid until the next forward with the same pass. Two threads, or two
/// forwards before a backward, need two passes; the network itself is not modified.
template <class Net, class X = input_of<Net>>
struct pass {
    static_assert(is_layer<Net, X>);
    using input = X;

    cache_of<Net, X> cache;
    bool training = true;                   ///< dropout drops, batch normalization uses the batch
    bool input_gradient = false;            ///< backward computes dx of the first layer
    bool every_output = false;              ///< stores the output of every layer, also of layers that could be fused
    std::uint64_t seed = default_seed();    ///< of the random stream
    std::uint64_t step = 0;                 ///< of the random stream
    bool spent = false;                     ///< a backward has used this forward: the next forward starts a new step
    std::size_t first_row = 0;              ///< index of row 0 in the whole batch
    tensor<bool, 2> mask;                   ///< (N, T), true where there is data; empty: data everywhere

    explicit pass(const Net&) {}
    pass(const Net&, const X&) {}
    // Out of line: it frees the tensors of all caches, code that would otherwise be compiled at every use of a pass.
    [[gnu::noinline]] ~pass() = default;
    pass(const pass&) = default;
    pass(pass&&) = default;
    pass& operator=(const pass&) = default;
    pass& operator=(pass&&) = default;

    /// The context of a forward. Repeated forwards draw the same numbers; the first after a backward draws new ones.
    [[nodiscard]] gradus::context begin() {
        if (spent) ++step, spent = false;
        return context();
    }
    /// The context of the current forward.
    [[nodiscard]] gradus::context context() const {
        gradus::context c;
        c.training = training;
        c.input_gradient = input_gradient;
        c.every_output = every_output;
        c.key = random::mix(random::mix(seed, "pass"), step);
        c.first_row = first_row;
        c.mask = mask.size() == 0 ? nullptr : &mask;
        return c;
    }
};

template <class Net>
pass(const Net&) -> pass<Net, input_of<Net>>;
template <class Net, class X>
pass(const Net&, const X&) -> pass<Net, X>;

/// ŷ = f(x; θ) for any network: a sequential, a single layer, a struct of layers. Valid until the pass's next forward.
template <class Net, class X>
const auto& forward(const Net& net, const X& x, pass<Net, X>& p) {
    return forward(net, x, p.cache, p.begin());
}
/// Assigns ∇J(θ) to `grad`, from dy = ∂J/∂ŷ. Returns ∂J/∂x, which is computed only with `p.input_gradient`.
template <class Net, class X, class Y>
const auto& backward(const Net& net, const X& x, const Y& dy, pass<Net, X>& p, parameters_of<Net>& grad) {
    p.spent = true;
    return backward(net, x, dy, p.cache, grad, p.context());
}

}  // namespace gradus
