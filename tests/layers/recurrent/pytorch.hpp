#pragma once
/// \file
/// A recurrent layer against the values of fixtures/pytorch/recurrent.py and recurrent_loops.py.

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>

#include "gradus/interop/pytorch_recurrent.hpp"

#include "../../support/fixture.hpp"
#include "recurrent.hpp"

namespace support {

/// PyTorch's parameters of one layer in one direction; their gradients if the prefix ends in "d".
template <class T>
[[nodiscard]] gradus::io::pytorch::recurrent_weights<T> pytorch_weights(const std::string& prefix,
                                                                        const std::string& suffix = "l0") {
    const auto name = [&](const char* what) { return prefix + what + "_" + suffix; };
    return {pytorch<tensor<T, 2>>(name("weight_ih")), pytorch<tensor<T, 2>>(name("weight_hh")),
            pytorch<tensor<T, 1>>(name("bias_ih")), pytorch<tensor<T, 1>>(name("bias_hh"))};
}
template <class Theta>
void gradients_equal(const Theta& grad, const gradus::io::pytorch::recurrent_weights<double>& expected, double limit) {
    CHECK(difference(gradus::to_pytorch::weights(grad.W), expected.weight_ih) <= limit);
    CHECK(difference(gradus::to_pytorch::weights(grad.U), expected.weight_hh) <= limit);
    CHECK(difference(grad.b, expected.bias_ih) <= limit);  // both of PyTorch's biases have the gradient of their sum
    if constexpr (requires { grad.b_q; }) {
        tensor<double, 1> n(grad.b_q.shape());
        std::copy_n(expected.bias_hh.data() + 2 * n.size(), n.size(), n.data());
        CHECK(difference(grad.b_q, n) <= limit);
    }
}
[[nodiscard]] inline bool is_stored(const std::string& name) {
    try {
        (void)stored(name);
        return true;
    } catch (const gradus::data_error&) {
        return false;
    }
}
/// A state (N, H), or the i-th of (layers and directions, N, H); empty if none is stored.
template <class T>
[[nodiscard]] tensor<T, 2> pytorch_state(const std::string& name, std::size_t i = 0) {
    if (!is_stored(name)) return {};
    if (stored(name).shape.size() == 2) return pytorch<tensor<T, 2>>(name);
    const auto all = pytorch<tensor<T, 3>>(name);
    tensor<T, 2> out({all.shape()[1], all.shape()[2]});
    std::copy_n(all.data() + i * out.size(), out.size(), out.data());
    return out;
}
/// A mask (N, T); empty if none is stored.
[[nodiscard]] inline tensor<bool, 2> pytorch_mask(const std::string& name) {
    tensor<bool, 2> out;
    if (!is_stored(name)) return out;
    const auto numbers = pytorch<tensor<double, 2>>(name);
    gradus::reshape(out, numbers.shape());
    std::ranges::transform(gradus::flat(numbers), out.data(), [](double v) { return v != 0; });
    return out;
}
/// y with 0 at masked steps, as in PyTorch.
template <class T>
[[nodiscard]] tensor<T, 3> with_zeros(tensor<T, 3> y, const tensor<bool, 2>& mask) {
    for (std::size_t i = 0; i < y.size() && mask.size() != 0; ++i)
        if (!mask.data()[i / gradus::features(y)]) y.data()[i] = 0;
    return y;
}

/// y at valid steps, the last states and all gradients of the layer `make(D, H)` equal the stored ones. At padded steps
/// the stored dy is 0.
template <class T, class Make>
void equals_pytorch(const std::string& name, Make make) {
    using L = decltype(make(1, 1));
    CAPTURE(name);
    const std::string at = name + ".";
    const auto x = pytorch<tensor<T, 3>>(at + "x"), dy = pytorch<tensor<T, 3>>(at + "dy");
    const auto h = pytorch_state<T>(at + "h"), c = pytorch_state<T>(at + "c");
    L layer = make(gradus::features(x), gradus::features(dy));
    const bool by_pytorch = is_stored(at + "weight_ih_l0");
    if constexpr (!requires { layer.theta.P; } && L::gates_of_h == std::remove_cvref_t<decltype(layer.cell)>::gates)
        if (by_pytorch) gradus::from_pytorch::recurrent(layer, pytorch_weights<T>(at));
    if (!by_pytorch)
        gradus::each([&]<class P>(const gradus::entry& e, P& p) { p = pytorch<P>(at + e.path()); }, layer);

    const double limit = tolerance_through_time<T>(gradus::features(x) + gradus::features(dy) + x.shape()[0], x.shape()[1]);
    const auto run = [&](const auto& in) {
        gradus::pass pass(layer, in);
        pass.input_gradient = true;
        pass.mask = pytorch_mask(at + "mask");
        pass.cache.last_gradient = state_of<L>(pytorch_state<T>(at + "dh_n"), pytorch_state<T>(at + "dc_n"));
        gradus::gradients grad(layer);
        const auto& y = gradus::forward(layer, in, pass);
        const bool packed = name.ends_with("masked");
        CHECK(difference(packed ? with_zeros(y, pass.mask) : y, pytorch<tensor<double, 3>>(at + "y")) <= limit);
        CHECK(difference(pass.cache.last.h, pytorch_state<double>(at + "h_n")) <= limit);
        if constexpr (has_c<L>) CHECK(difference(pass.cache.last.c, pytorch_state<double>(at + "c_n")) <= limit);
        (void)gradus::backward(layer, in, dy, pass, grad.values);
        if (by_pytorch) {
            gradients_equal(grad.values, pytorch_weights<double>(at + "d"), limit);
        } else {
            gradus::each(
                [&]<class P>(const gradus::entry& e, const P& g) {
                    const std::string path = e.path();
                    CAPTURE(path);
                    CHECK(difference(g, pytorch<tensor<double, gradus::rank_of<P>>>(at + "d" + path)) <= limit);
                },
                grad.values);
        }
        return pass.cache.dx;
    };
    const auto dx = pytorch<tensor<double, 3>>(at + "dx");
    if (h.size() == 0) {
        CHECK(difference(run(x), dx) <= limit);
        return;
    }
    const auto got = run(input_of<L>(x, h, c));
    CHECK(difference(got.x, dx) <= limit);
    CHECK(difference(got.h, pytorch_state<double>(at + "dh")) <= limit);
    if constexpr (has_c<L>) CHECK(difference(got.c, pytorch_state<double>(at + "dc")) <= limit);
}

}  // namespace support
