// labels: computes products
#include "gradus/kernels/convolution/winograd.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "../../support/central_difference.hpp"
#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/fixture.hpp"
#include "../../support/some_of.hpp"
#include "gradus/reference/convolution.hpp"

namespace gr = gradus;
namespace k = gradus::kernels;
namespace ref = gradus::reference;
namespace wg = gradus::kernels::winograd;

namespace {

using support::difference;
using support::draw;
using support::tolerance;

/// One convolution, images in two calls: the second adds to the weights' gradient of the first.
template <class T, std::size_t m = 4>
struct convolution {
    gr::window2d window;
    k::convolution_shape s;
    gr::tensor<T, 4> x, W, dz, z, dW, dx;
    gr::tensor<T, 1> b;
    wg::workspace<T, m> work;

    convolution(std::size_t n, gr::size2d out, std::size_t channels, std::size_t filters)
        : window(gr::window::place("test", {out.height + 2, out.width + 2}, 3, 1, gr::valid)),
          s(window, channels, filters, 1) {
        x = draw<gr::tensor<T, 4>>({n, s.in.height, s.in.width, channels}, 1);
        W = draw<gr::tensor<T, 4>>({3, 3, channels, filters}, 2);
        b = draw<gr::tensor<T, 1>>({filters}, 3);
        dz = draw<gr::tensor<T, 4>>({n, out.height, out.width, filters}, 4);
        const T nan = std::numeric_limits<T>::quiet_NaN();  // all are assigned
        z = dz, dW = W, dx = x;
        z.fill(nan), dW.fill(nan), dx.fill(nan);
    }
    void forward() {
        const std::size_t n = x.shape()[0], half = n / 2;
        wg::prepare(s, W.data(), work);
        wg::forward(s, half, x.data(), b.data(), z.data(), work);
        wg::forward(s, n - half, x.data() + half * s.image(), b.data(), z.data() + half * s.result(), work);
    }
    void backward() {
        const std::size_t n = x.shape()[0], half = n / 2;
        wg::prepare_input(s, W.data(), work);
        const std::size_t at = half * s.image();
        if (half > 0) wg::gradients(s, half, x.data(), dz.data(), dx.data(), work, true);
        wg::gradients(s, n - half, x.data() + at, dz.data() + half * s.result(), dx.data() + at, work, half == 0);
        wg::finish_weights(s, work, dW.data());
    }
};

// Lines of whole numbers: every sum and product is exact.
template <std::size_t N>
using line = wg::line<double, N>;

/// The formulas of a line as the matrices that they are: column k is what the k-th unit vector makes.
template <std::size_t rows, std::size_t cols, class F>
std::array<line<cols>, rows> matrix_of(F f) {
    std::array<line<cols>, rows> a;
    for (std::size_t k = 0; k < cols; ++k) {
        line<cols> unit{};
        unit[k] = 1;
        const line<rows> made = f(unit);
        for (std::size_t i = 0; i < rows; ++i) a[i][k] = made[i];
    }
    return a;
}
template <std::size_t rows, std::size_t cols, class F, class G>
double apart_from_transpose(F f, G gradient) {
    const auto a = matrix_of<rows, cols>(f);
    const auto b = matrix_of<cols, rows>(gradient);
    double worst = 0;
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < cols; ++j) worst = std::max(worst, std::abs(a[i][j] - b[j][i]));
    return worst;
}

}  // namespace

TEST_CASE("winograd.filter, winograd.data, winograd.output: by hand, F(2, 3) along a line") {
    using F = wg::F<2>;
    const line<3> g{1, 2, 3};
    const line<4> d{4, 5, 6, 8};
    CHECK(F::filter(g) == line<4>{1, 3, 1, 3});                // 1, (1 + 2 + 3) / 2, (1 − 2 + 3) / 2, 3
    CHECK(F::data(d) == line<4>{-2, 11, 1, 3});                // 4 − 6, 5 + 6, 6 − 5, 8 − 5
    const line<4> product{-2 * 1, 11 * 3, 1 * 1, 3 * 3};
    CHECK(F::output(product) == line<2>{32, 41});              // −2 + 33 + 1, 33 − 1 + 9
    CHECK(line<2>{4 + 2 * 5 + 3 * 6, 5 + 2 * 6 + 3 * 8} == line<2>{32, 41});  // as the book has it, with 6 products
}

TEST_CASE("winograd.filter, winograd.data, winograd.output: by hand, F(4, 3) along a line") {
    using F = wg::F<4>;
    const line<3> g{24, 12, 6};
    const line<6> d{1, 2, 3, 5, 8, 13};
    CHECK(F::filter(g) == line<6>{6, -7, -3, 3, 1, 6});        // 24 / 4, −(30 ± 12) / 6, (24 + 24 ± 24) / 24, 6
    CHECK(F::data(d) == line<6>{-3, -7, -1, 11, -1, -4});      // 4 − 15 + 8, (8 − 12) ± (5 − 8), (8 − 3) ± 2 (5 − 2), 8 − 25 + 13
    const line<6> product{-18, 49, 3, 33, -1, -24};
    CHECK(F::output(product) == line<4>{66, 114, 180, 294});   // −18 + 52 + 32, 46 + 2 · 34, 52 + 4 · 32, 46 + 8 · 34 − 24
    CHECK(24 * 1 + 12 * 2 + 6 * 3 == 66);                      // as the book has it
    CHECK(24 * 5 + 12 * 8 + 6 * 13 == 294);
}

TEST_CASE("winograd.filter_gradient, winograd.data_gradient, winograd.output_gradient: by hand, F(2, 3)") {
    using F = wg::F<2>;
    CHECK(F::filter_gradient(line<4>{1, 2, 4, 8}) == line<3>{4, -1, 11});    // 1 + (2 + 4) / 2, (2 − 4) / 2, (2 + 4) / 2 + 8
    CHECK(F::data_gradient(line<4>{1, 2, 4, 8}) == line<4>{1, -10, 5, 8});   // 1, 2 − 4 − 8, 2 + 4 − 1, 8
    CHECK(F::output_gradient(line<2>{3, 5}) == line<4>{3, 8, -2, 5});
}

TEST_CASE("winograd.filter_gradient, winograd.data_gradient, winograd.output_gradient: G, Bᵀ and Aᵀ transposed") {
    CHECK(apart_from_transpose<4, 3>(wg::F<2>::filter, wg::F<2>::filter_gradient) == 0);
    CHECK(apart_from_transpose<4, 4>(wg::F<2>::data, wg::F<2>::data_gradient) == 0);
    CHECK(apart_from_transpose<2, 4>(wg::F<2>::output, wg::F<2>::output_gradient) == 0);
    CHECK(apart_from_transpose<6, 3>(wg::F<4>::filter, wg::F<4>::filter_gradient) < 1e-16);
    CHECK(apart_from_transpose<6, 6>(wg::F<4>::data, wg::F<4>::data_gradient) == 0);
    CHECK(apart_from_transpose<4, 6>(wg::F<4>::output, wg::F<4>::output_gradient) == 0);
}

TEST_CASE_TEMPLATE("winograd.filter_gradient, winograd.data_gradient, winograd.output_gradient: central differences", M,
                   std::integral_constant<std::size_t, 2>, std::integral_constant<std::size_t, 4>) {
    convolution<double, M::value> a(2, {5, 6}, 3, 2);
    a.backward();
    const auto J = [&] { return a.forward(), support::dot(a.dz, a.z); };
    CHECK(support::relative_error(a.dW, support::slopes(J, a.W)) <= 1e-10);
    CHECK(support::relative_error(a.dx, support::slopes(J, a.x)) <= 1e-10);
}

template <class T, std::size_t m>
void compare_with_pytorch() {
    convolution<T, m> a(2, {7, 6}, 5, 6);
    a.x = support::pytorch<gr::tensor<T, 4>>("winograd/x"), a.W = support::pytorch<gr::tensor<T, 4>>("winograd/W");
    a.b = support::pytorch<gr::tensor<T, 1>>("winograd/b"), a.dz = support::pytorch<gr::tensor<T, 4>>("winograd/dz");
    a.forward();
    a.backward();
    CHECK(difference(a.z, support::pytorch<gr::tensor<double, 4>>("winograd/z")) <= tolerance<T>(9 * 5));
    CHECK(difference(a.dx, support::pytorch<gr::tensor<double, 4>>("winograd/dx")) <= tolerance<T>(9 * 6));
    CHECK(difference(a.dW, support::pytorch<gr::tensor<double, 4>>("winograd/dW")) <= tolerance<T>(2 * 7 * 6));
}
TEST_CASE_TEMPLATE("winograd.filter, winograd.data, winograd.output, winograd.filter_gradient, winograd.data_gradient, "
                   "winograd.output_gradient: PyTorch's values", T, float, double) {
    compare_with_pytorch<T, 2>();
    compare_with_pytorch<T, 4>();
}

TEST_CASE_TEMPLATE("winograd.filter, winograd.data, winograd.output: plain convolution at many sizes", T, float, double) {
    struct size {
        std::size_t n, h, w, c, o;
    };
    const std::size_t deep = support::some_of::is_long() ? 9 : 2;  // images
    for (const size& q : {size{1, 1, 1, 1, 1}, {1, 2, 2, 1, 1}, {2, 1, 4, 3, 5}, {3, 5, 2, 16, 8}, {2, 11, 11, 32, 64},
                          {5, 3, 7, 17, 33}, {3, 8, 9, 4, 19}, {1, 30, 5, 7, 16}, {4, 12, 12, 40, 12}, {deep, 6, 10, 96, 130}}) {
        INFO(q.n, " images of ", q.h, " x ", q.w, " x ", q.c, " to ", q.o);
        convolution<T, 2> two(q.n, {q.h, q.w}, q.c, q.o);
        convolution<T, 4> four(q.n, {q.h, q.w}, q.c, q.o);
        const auto z = ref::convolution(two.x, two.window, two.W, two.b, 1);
        const auto dW = ref::convolution_dW(two.x, two.window, two.dz, 1);
        const auto dx = ref::convolution_dx(two.x, two.window, two.W, two.dz, 1);
        const auto compare = [&](auto& a) {
            a.forward();
            a.backward();
            CHECK(difference(a.z, z) <= tolerance<T>(9 * q.c));
            CHECK(difference(a.dW, dW) <= tolerance<T>(q.n * q.h * q.w));
            CHECK(difference(a.dx, dx) <= tolerance<T>(9 * q.o));
        };
        compare(two);
        compare(four);
    }
}

TEST_CASE("winograd: one gradient without the other, and no bias") {
    convolution<double> both(3, {7, 5}, 9, 20), one(3, {7, 5}, 9, 20);
    both.backward();
    wg::prepare_input(one.s, one.W.data(), one.work);
    wg::weights_gradient(one.s, 3, one.x.data(), one.dz.data(), one.work, true);
    wg::finish_weights(one.s, one.work, one.dW.data());
    wg::input_gradient(one.s, 3, one.dz.data(), one.dx.data(), one.work);
    CHECK(difference(one.dW, both.dW) <= tolerance<double>());
    CHECK(difference(one.dx, both.dx) <= tolerance<double>());

    both.b.fill(0);
    both.forward();
    wg::prepare(one.s, one.W.data(), one.work);
    wg::forward<double>(one.s, 3, one.x.data(), nullptr, one.z.data(), one.work);
    CHECK(difference(one.z, both.z) <= tolerance<double>());
}

TEST_CASE("winograd: serves 3 x 3, one pixel at a time, one group") {
    const auto shape = [](gr::size2d kernel, gr::size2d stride, gr::size2d dilation, std::size_t groups) {
        return k::convolution_shape(gr::window::place("test", 9, kernel, stride, gr::valid, dilation), 4, 6, groups);
    };
    CHECK(wg::serves(shape(3, 1, 1, 1)));
    CHECK_FALSE(wg::serves(shape({3, 1}, 1, 1, 1)));
    CHECK_FALSE(wg::serves(shape(3, {1, 2}, 1, 1)));
    CHECK_FALSE(wg::serves(shape(3, 1, 2, 1)));
    CHECK_FALSE(wg::serves(shape(3, 1, 1, 2)));
}

TEST_CASE("winograd: pays from 16 channels and filters on, where tiles are filled") {
    const auto shape = [](gr::size2d out, std::size_t channels, std::size_t filters) {
        const auto w = gr::window::place("test", {out.height + 2, out.width + 2}, 3, 1, gr::valid);
        return k::convolution_shape(w, channels, filters, 1);
    };
    CHECK(wg::pays(shape(11, 32, 64)));
    CHECK(wg::pays(shape(5, 16, 16)));           // 225 products by the book, 144 by tiles
    CHECK_FALSE(wg::pays(shape(2, 64, 64)));     // 36 and 36
    CHECK_FALSE(wg::pays(shape({1, 8}, 64, 64)));
    CHECK_FALSE(wg::pays(shape(26, 1, 32)));
    CHECK_FALSE(wg::pays(shape(26, 32, 8)));
}

TEST_CASE("winograd: memory does not grow with the batch, and stays") {
    convolution<float> a(16, 11, 16, 16), b(64, 11, 16, 16);
    a.forward(), a.backward();
    const float *const V = a.work.V.memory.data(), *const M = a.work.M.memory.data();
    a.forward(), a.backward();
    CHECK(a.work.V.memory.data() == V);
    CHECK(a.work.M.memory.data() == M);
    b.forward(), b.backward();
    CHECK(b.work.V.memory.size() == a.work.V.memory.size());
    CHECK(b.work.M.memory.size() == a.work.M.memory.size());
}
