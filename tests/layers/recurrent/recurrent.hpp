#pragma once
/// \file
/// A recurrent layer against its reference implementation and against central differences.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/recurrent/recurrent.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/to_scalar.hpp"
#include "gradus/reference/recurrent.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"

namespace support {

template <class T, std::size_t N>
using tensor = gradus::tensor<T, N>;

/// A layer with random parameters, small enough that no gate saturates.
template <class L>
[[nodiscard]] L with_random_theta(L layer, std::uint64_t key = 1) {
    gradus::each(
        [&]<class P>(const auto& e, P& p) { p = draw<P>(p.shape(), gradus::random::mix(key, e.path()), -0.8, 0.8); }, layer);
    return layer;
}

template <class L>
inline constexpr bool has_c = requires(typename L::state s) { s.c; };

/// x and the initial state, as the input struct of the layer.
template <class L, class T = typename L::scalar>
[[nodiscard]] auto input_of(const tensor<T, 3>& x, const tensor<T, 2>& h, const tensor<T, 2>& c) {
    if constexpr (has_c<L>)
        return gradus::lstm_input<T>{x, h, c};
    else
        return gradus::rnn_input<T>{x, h};
}
template <class L, class T = typename L::scalar>
[[nodiscard]] typename L::state state_of(const tensor<T, 2>& h, const tensor<T, 2>& c) {
    if constexpr (has_c<L>)
        return {h, c};
    else
        return {h};
}

/// The same in double.
template <class T, std::size_t N>
[[nodiscard]] tensor<double, N> wide(const tensor<T, N>& x) {
    return gradus::to_scalar<double>(x);
}

/// The reference cell with the θ of a layer, in double.
template <class L>
[[nodiscard]] auto twin_of(const L& layer) {
    auto theta = gradus::to_scalar<double>(layer).theta;
    using Theta = decltype(theta);
    if constexpr (requires { layer.cell.f; })
        return gradus::reference::rnn_cell<double, Theta, decltype(layer.cell.f)>{theta, layer.cell.f};
    else if constexpr (has_c<L>)
        return gradus::reference::lstm_cell<double, Theta>{theta};
    else
        return gradus::reference::gru_cell<double, Theta>{theta};
}

/// The tolerance after this number of steps through gates that are sums of this number of terms.
template <class T>
[[nodiscard]] double tolerance_through_time(std::size_t terms, std::size_t steps) {
    return tolerance<T>(terms * steps);
}

/// The sizes and optional parts of a test sequence.
struct sequence_case {
    std::size_t N = 2, steps = 3, D = 4, H = 5;
    bool initial = false;        ///< an initial state in the cache
    bool initial_input = false;  ///< an initial state in the input
    bool last_gradient = false;  ///< J depends on the last state
    bool only_last = false;      ///< dy (N, H)
    tensor<bool, 2> mask = {};
};

/// A mask with gaps: about a quarter of the steps are masked; all steps of a row may be.
[[nodiscard]] inline tensor<bool, 2> draw_mask(std::size_t N, std::size_t steps, std::uint64_t key) {
    tensor<bool, 2> mask({N, steps}, true);
    for (std::size_t i = 0; i < mask.size(); ++i) mask.data()[i] = gradus::random::uniform(key, i) < 0.75;
    return mask;
}

/// y, the last state and every gradient equal those of the reference implementation.
template <class L>
void equals_twin(const L& layer, const sequence_case& s, std::uint64_t key = 1) {
    using T = typename L::scalar;
    using matrix = tensor<T, 2>;
    const std::size_t N = s.N, steps = s.steps, D = s.D, H = s.H;
    CAPTURE(N);
    CAPTURE(steps);
    CAPTURE(D);
    CAPTURE(H);
    CAPTURE(s.initial_input);
    CAPTURE(s.only_last);
    CAPTURE(layer.options.reverse);
    CAPTURE(layer.options.truncate);
    CAPTURE(s.mask.size());
    const auto x = draw<tensor<T, 3>>({N, steps, D}, key + 1);
    const bool given = s.initial || s.initial_input;
    const matrix h = given ? draw<matrix>({N, H}, key + 2) : matrix{},
                 c = given && has_c<L> ? draw<matrix>({N, H}, key + 3) : matrix{};
    const matrix dh = s.last_gradient ? draw<matrix>({N, H}, key + 4) : matrix{},
                 dc = s.last_gradient && has_c<L> ? draw<matrix>({N, H}, key + 5) : matrix{};
    auto dy = draw<tensor<T, 3>>({N, steps, H}, key + 6);
    const auto dy_last = draw<matrix>({N, H}, key + 6);
    if (s.only_last) {
        dy.fill(T(0));
        const std::size_t t = layer.options.reverse ? 0 : steps - 1;
        for (std::size_t n = 0; n < N; ++n) std::copy_n(&dy_last(n, 0), H, &dy(n, t, 0));
    }
    const gradus::reference::through_time twin(twin_of(layer), wide(x),
                                               {s.mask, layer.options.reverse, layer.options.truncate}, wide(h), wide(c));
    const auto expected = twin.backward(wide(x), wide(dy), wide(dh), wide(dc));

    const double limit = tolerance_through_time<T>(D + H, steps), sums = tolerance_through_time<T>(D + H + N, steps * steps);
    const auto run = [&](const auto& in) {
        gradus::pass pass(layer, in);
        pass.input_gradient = true;
        pass.mask = s.mask;
        if (s.initial) pass.cache.initial = state_of<L>(h, c);
        if (s.last_gradient) pass.cache.last_gradient = state_of<L>(dh, dc);
        gradus::gradients grad(layer);
        gradus::each([](const auto&, auto& g) { g.fill(T(77)); }, grad.values);  // backward must assign, not add
        CHECK(difference(gradus::forward(layer, in, pass), twin.y) <= limit);
        CHECK(difference(pass.cache.last.h, twin.h) <= limit);
        if constexpr (has_c<L>) CHECK(difference(pass.cache.last.c, twin.c) <= limit);
        if (s.only_last)
            (void)gradus::backward(layer, in, dy_last, pass, grad.values);
        else
            (void)gradus::backward(layer, in, dy, pass, grad.values);
        gradus::each(
            [&](const gradus::entry& e, const auto& g, const auto& g_expected) {
                const std::string name = e.path();
                CAPTURE(name);
                CHECK(difference(g, g_expected) <= sums);
            },
            grad.values, expected.theta);
        return pass.cache.dx;
    };
    if (s.initial_input) {
        const auto dx = run(input_of<L>(x, h, c));
        CHECK(difference(dx.x, expected.dx) <= sums);
        CHECK(difference(dx.h, expected.dh) <= sums);
        if constexpr (has_c<L>) CHECK(difference(dx.c, expected.dc) <= sums);
    } else {
        CHECK(difference(run(x), expected.dx) <= sums);
    }
}

/// The same for many random sizes, masks, directions and truncations. `make(D, H)` returns the layer.
template <class Make>
void equals_twin_everywhere(Make make, std::size_t runs = 60) {
    for (std::size_t k = 0; k < runs; ++k) {
        CAPTURE(k);
        const auto pick = [&](std::uint64_t what, std::uint64_t below) {
            return static_cast<std::size_t>(gradus::random::integer(what, k, below));
        };
        constexpr std::size_t units[] = {1, 2, 3, 5, 7, 8, 9, 16, 17, 31, 33};
        sequence_case s{
            .N = 1 + pick(1, 6), .steps = 1 + pick(2, 8), .D = 1 + pick(3, 9), .H = units[pick(4, std::size(units))]};
        s.initial = pick(5, 3) == 0;
        s.initial_input = !s.initial && pick(6, 2) == 0;
        s.last_gradient = pick(7, 3) == 0;
        s.only_last = pick(8, 4) == 0;
        if (pick(9, 2) == 0) s.mask = draw_mask(s.N, s.steps, k);
        auto layer = make(s.D, s.H);
        layer.options.reverse = pick(10, 3) == 0, layer.options.truncate = pick(11, 2) == 0 ? pick(12, 4) : 0;
        equals_twin(with_random_theta(layer, k), s, 10 * k);
    }
}

/// dx, dh, dc and the gradients of all parameters against central differences, with and without a mask.
template <class L>
void follows_central_differences(const L& layer) {
    using T = typename L::scalar;
    const std::size_t D = layer.theta.W.shape()[0], H = layer.units();
    const auto net = with_random_theta(layer, 5);
    const auto x = draw<tensor<T, 3>>({3, 4, D}, 6);
    const auto in = input_of<L>(x, draw<tensor<T, 2>>({3, H}, 7), draw<tensor<T, 2>>({3, H}, 8));
    const tensor<bool, 2> mask{{true, false, true, true}, {false, false, true, false}, {true, true, true, false}};
    CHECK(gradus::gradient_check(net, x));
    CHECK(gradus::gradient_check(net, in));
    CHECK(gradus::gradient_check(net, in, {.mask = mask}));
}

}  // namespace support
