#pragma once
/// \file
/// Tests for every activation. Each file of tests/activations runs them for one activation, in addition to a case
/// worked by hand.

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <type_traits>

#include "central_difference.hpp"
#include "close.hpp"
#include "draw.hpp"
#include "fixture.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/reference/activations.hpp"

namespace support {

namespace k = gradus::kernels;
namespace ref = gradus::reference;

/// The formulas accept a number, a SIMD register and a lazy tensor expression, in float and in double.
template <class F, class T>
void is_generic(const F& f = {}) {
    const auto z = draw<gradus::tensor<T, 2>>({3, 17}, 1, -4, 4);
    const gradus::tensor<T, 2> y = f.value(z), d = f.derivative(z);
    for (std::size_t i = 0; i < z.size(); ++i) {
        const T number = z.data()[i];
        const k::reg<T> y_register = f.value(k::reg<T>(number)), d_register = f.derivative(k::reg<T>(number));
        T lane[2][k::width<T>];
        y_register.store_unaligned(lane[0]);
        d_register.store_unaligned(lane[1]);
        CHECK(difference(f.value(number), y.data()[i]) <= tolerance<T>());
        CHECK(difference(lane[0][0], y.data()[i]) <= tolerance<T>());
        CHECK(difference(f.derivative(number), d.data()[i]) <= tolerance<T>());
        CHECK(difference(lane[1][0], d.data()[i]) <= tolerance<T>());
    }
}

/// dz of the kernel against central differences of Σ dy ∘ f(z) with a random dy. |z| ≥ 0.01 avoids a kink at 0.
template <class F>
void follows_central_differences(const F& f = {}) {
    gradus::tensor<double, 2> z = draw<gradus::tensor<double, 2>>({3, 17}, 2, -4, 4), y(z.shape()), dz(z.shape());
    for (double& v : gradus::flat(z)) v += v < 0 ? -0.01 : 0.01;
    const auto dy = draw<gradus::tensor<double, 2>>({3, 17}, 3);
    const auto slope = slopes(
        [&] {
            gradus::activate(f, z, y);
            return dot(dy, y);
        },
        z);
    gradus::activate(f, z, y);
    gradus::activate_backward(f, F::backward_reads == gradus::reads::z ? z : y, dy, dz);
    CHECK(relative_error(dz, slope) <= 1e-9);
}

/// y and dz equal PyTorch's.
template <class F, class T>
void equals_pytorch(const std::string& name, const F& f = {}) {
    const auto z = pytorch<gradus::tensor<T, 2>>("activations/z"), dy = pytorch<gradus::tensor<T, 2>>("activations/dy");
    gradus::tensor<T, 2> y(z.shape()), dz(z.shape());
    gradus::activate(f, z, y);
    gradus::activate_backward(f, F::backward_reads == gradus::reads::z ? z : y, dy, dz);
    CHECK(difference(y, pytorch<gradus::tensor<double, 2>>("activations/" + name + ".y")) <= tolerance<T>());
    CHECK(difference(dz, pytorch<gradus::tensor<double, 2>>("activations/" + name + ".dz")) <= tolerance<T>());
}

/// The kernel equals the reference implementation for every row length, also in place.
template <class F, class T>
void equals_reference(const F& f = {}) {
    for (std::size_t n = 1; n <= 40; ++n) {
        CAPTURE(n);
        const auto z = draw<gradus::tensor<T, 2>>({2, n}, n, -4, 4), dy = draw<gradus::tensor<T, 2>>({2, n}, n + 100);
        gradus::tensor<T, 2> y(z.shape()), dz(z.shape());
        gradus::activate(f, z, y);
        const auto& kept = F::backward_reads == gradus::reads::z ? z : y;
        gradus::activate_backward(f, kept, dy, dz);
        CHECK(difference(y, ref::activate(f, z)) <= tolerance<T>(n));
        CHECK(difference(dz, ref::activate_backward(f, kept, dy)) <= tolerance<T>(n));
        auto in_place = z;
        gradus::activate(f, in_place, in_place);
        CHECK(same(in_place, y));
    }
}

/// f as a layer: its gradient at any rank, alone and in a network; and the same numbers as fused with dense.
template <class F>
void is_a_layer(const F& f = {}) {
    using cube = gradus::tensor<float, 3>;
    static_assert(std::is_aggregate_v<F> && gradus::is_layer<F, gradus::tensor<float, 1>> && gradus::is_layer<F, cube> &&
                  gradus::is_layer<F, gradus::tensor<double, 4>>);
    const auto x = draw<cube>({2, 5, 3}, 7, -4, 4);
    const auto report = gradus::gradient_check(f, x);
    CHECK(report);
    CHECK_FALSE(report.in_float);
    const auto net = gradus::sequential(gradus::dense<double>(3, 4), f, gradus::dense<double>(4, 2));
    const auto wide = gradus::to_scalar<double>(x);
    CHECK(gradus::gradient_check(net, wide));

    const auto apart = gradus::sequential(net.template layer<0>(), f);
    auto fused = gradus::dense<double>(3, 4, f);
    fused.theta = apart.template layer<0>().theta;
    const auto dy = draw<gradus::tensor<double, 3>>({2, 5, 4}, 8);
    gradus::pass first(apart, wide);
    gradus::pass second(fused, wide);
    gradus::gradients grad(apart);
    gradus::gradients fused_grad(fused);
    CHECK(same(apart.forward(wide, first), gradus::forward(fused, wide, second)));
    CHECK(same(apart.backward(wide, dy, first, grad), gradus::backward(fused, wide, dy, second, fused_grad)));
}

/// f and f' are finite for every |z| up to `largest`.
template <class F, class T>
void is_finite_everywhere(T largest = std::numeric_limits<T>::max(), const F& f = {}) {
    const gradus::tensor<T, 2> z{
        {0, -0.0f, std::numeric_limits<T>::denorm_min(), 1, 20, 88, 89, 104, 710, 1e4f, largest}};
    for (const gradus::tensor<T, 2>& x : {z, gradus::tensor<T, 2>(-z)}) {
        gradus::tensor<T, 2> y(x.shape()), dz(x.shape()), dy(x.shape(), T(1));
        gradus::activate(f, x, y);
        gradus::activate_backward(f, F::backward_reads == gradus::reads::z ? x : y, dy, dz);
        CHECK(finite(y));
        CHECK(finite(dz));
    }
}

}  // namespace support
