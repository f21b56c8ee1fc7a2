#pragma once
/// \file
/// What is asked of every activation. Each file of tests/activations asks it of one, beside a case worked by hand.

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "central_difference.hpp"
#include "close.hpp"
#include "draw.hpp"
#include "fixture.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/reference/activations.hpp"

namespace support {

namespace k = gradus::kernels;
namespace ref = gradus::reference;

/// One statement: a number, a SIMD register and a whole tensor as an expression, in float or double.
template <class F, class T>
void is_generic() {
    const auto z = draw<gradus::tensor<T, 2>>({3, 17}, 1, -4, 4);
    const gradus::tensor<T, 2> y = F::value(z), d = F::derivative(z);
    for (std::size_t i = 0; i < z.size(); ++i) {
        const T number = z.data()[i];
        const k::reg<T> y_register = F::value(k::reg<T>(number)), d_register = F::derivative(k::reg<T>(number));
        T lane[2][k::width<T>];
        y_register.store_unaligned(lane[0]);
        d_register.store_unaligned(lane[1]);
        CHECK(difference(F::value(number), y.data()[i]) <= tolerance<T>());
        CHECK(difference(lane[0][0], y.data()[i]) <= tolerance<T>());
        CHECK(difference(F::derivative(number), d.data()[i]) <= tolerance<T>());
        CHECK(difference(lane[1][0], d.data()[i]) <= tolerance<T>());
    }
}

/// dz of the kernel against the slope of Σ dy ∘ f(z) with a random dy. No z is so near to 0 that a kink would show.
template <class F>
void follows_central_differences() {
    gradus::tensor<double, 2> z = draw<gradus::tensor<double, 2>>({3, 17}, 2, -4, 4), y(z.shape()), dz(z.shape());
    for (double& v : gradus::flat(z)) v += v < 0 ? -0.01 : 0.01;
    const auto dy = draw<gradus::tensor<double, 2>>({3, 17}, 3);
    const auto slope = slopes(
        [&] {
            gradus::activate(F{}, z, y);
            return dot(dy, y);
        },
        z);
    gradus::activate(F{}, z, y);
    gradus::activate_backward(F{}, F::backward_reads == gradus::reads::z ? z : y, dy, dz);
    CHECK(relative_error(dz, slope) <= 1e-9);
}

/// y and dz of PyTorch.
template <class F, class T>
void equals_pytorch(const std::string& name) {
    const auto z = pytorch<gradus::tensor<T, 2>>("activations/z"), dy = pytorch<gradus::tensor<T, 2>>("activations/dy");
    gradus::tensor<T, 2> y(z.shape()), dz(z.shape());
    gradus::activate(F{}, z, y);
    gradus::activate_backward(F{}, F::backward_reads == gradus::reads::z ? z : y, dy, dz);
    CHECK(difference(y, pytorch<gradus::tensor<double, 2>>("activations/" + name + ".y")) <= tolerance<T>());
    CHECK(difference(dz, pytorch<gradus::tensor<double, 2>>("activations/" + name + ".dz")) <= tolerance<T>());
}

/// The kernel is its textbook twin for every length of a row, and may work in place.
template <class F, class T>
void equals_reference() {
    for (std::size_t n = 1; n <= 40; ++n) {
        CAPTURE(n);
        const auto z = draw<gradus::tensor<T, 2>>({2, n}, n, -4, 4), dy = draw<gradus::tensor<T, 2>>({2, n}, n + 100);
        gradus::tensor<T, 2> y(z.shape()), dz(z.shape());
        gradus::activate(F{}, z, y);
        const auto& kept = F::backward_reads == gradus::reads::z ? z : y;
        gradus::activate_backward(F{}, kept, dy, dz);
        CHECK(difference(y, ref::activate(F{}, z)) <= tolerance<T>(n));
        CHECK(difference(dz, ref::activate_backward(F{}, kept, dy)) <= tolerance<T>(n));
        auto in_place = z;
        gradus::activate(F{}, in_place, in_place);
        CHECK(same(in_place, y));
    }
}

/// f and f' are numbers for every z up to `largest`.
template <class F, class T>
void is_finite_everywhere(T largest = std::numeric_limits<T>::max()) {
    const gradus::tensor<T, 2> z{
        {0, -0.0f, std::numeric_limits<T>::denorm_min(), 1, 20, 88, 89, 104, 710, 1e4f, largest}};
    for (const gradus::tensor<T, 2>& x : {z, gradus::tensor<T, 2>(-z)}) {
        gradus::tensor<T, 2> y(x.shape()), dz(x.shape()), dy(x.shape(), T(1));
        gradus::activate(F{}, x, y);
        gradus::activate_backward(F{}, F::backward_reads == gradus::reads::z ? x : y, dy, dz);
        CHECK(finite(y));
        CHECK(finite(dz));
    }
}

}  // namespace support
