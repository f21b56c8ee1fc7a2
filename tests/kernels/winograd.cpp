#include "gradus/kernels/winograd.hpp"

#include <doctest/doctest.h>

#include "../support/central_difference.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
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
template <class T>
struct convolution {
    gr::window2d window;
    k::convolution_shape s;
    gr::tensor<T, 4> x, W, dz, z, dW, dx;
    gr::tensor<T, 1> b;
    wg::workspace<T> work;

    convolution(std::size_t n, gr::size2d out, std::size_t channels, std::size_t filters)
        : window(gr::window::place("test", {out.height + 2, out.width + 2}, 3, 1, gr::valid)), s(window, channels, filters, 1) {
        x = draw<gr::tensor<T, 4>>({n, s.in.height, s.in.width, channels}, 1);
        W = draw<gr::tensor<T, 4>>({3, 3, channels, filters}, 2);
        b = draw<gr::tensor<T, 1>>({filters}, 3);
        dz = draw<gr::tensor<T, 4>>({n, out.height, out.width, filters}, 4);
        z = dz, dW = W, dx = x;
    }
    void run() {
        const std::size_t n = x.shape()[0], half = n / 2;
        const T* const x2 = x.data() + half * s.image();
        const T* const dz2 = dz.data() + half * s.result();
        wg::prepare(s, W.data(), work);
        wg::forward(s, half, x.data(), b.data(), z.data(), work);
        wg::forward(s, n - half, x2, b.data(), z.data() + half * s.result(), work);
        if (half > 0) wg::weights_gradient(s, half, x.data(), dz.data(), work, true);
        wg::weights_gradient(s, n - half, x2, dz2, work, half == 0);
        wg::finish_weights(s, work, dW.data());
        wg::prepare_input(s, W.data(), work);
        wg::input_gradient(s, half, dz.data(), dx.data(), work);
        wg::input_gradient(s, n - half, dz2, dx.data() + half * s.image(), work);
    }
};

}  // namespace

// Lines of integers: every sum and product is exact.
using line2 = wg::line<double, 2>;
using line3 = wg::line<double, 3>;
using line4 = wg::line<double, 4>;

TEST_CASE("winograd.filter, winograd.data, winograd.output: by hand, F(2, 3) of one line") {
    const line3 g{1, 2, 3};
    const line4 d{4, 5, 6, 8};
    const line4 u = wg::filter(g), v = wg::data(d);
    CHECK(u == line4{1, 3, 1, 3});    // 1, (1 + 2 + 3) / 2, (1 − 2 + 3) / 2, 3
    CHECK(v == line4{-2, 11, 1, 3});  // 4 − 6, 5 + 6, 6 − 5, 8 − 5
    const line4 m{-2 * 1, 11 * 3, 1 * 1, 3 * 3};
    CHECK(wg::output(m) == line2{1 * 4 + 2 * 5 + 3 * 6, 1 * 5 + 2 * 6 + 3 * 8});  // −2 + 33 + 1, 33 − 1 + 9
}

TEST_CASE_TEMPLATE("winograd: kernels and twins at many sizes", T, float, double) {
    struct size {
        std::size_t n, h, w, c, o;
    };
    for (const size& q : {size{1, 1, 1, 1, 1}, {1, 2, 2, 1, 1}, {2, 1, 4, 3, 5}, {3, 5, 2, 16, 8}, {2, 11, 11, 32, 64},
                          {5, 3, 7, 17, 33}, {3, 8, 9, 4, 19}, {1, 30, 5, 7, 16}, {4, 12, 12, 40, 12}}) {
        INFO(q.n, " images of ", q.h, " x ", q.w, " x ", q.c, " to ", q.o);
        convolution<T> a(q.n, {q.h, q.w}, q.c, q.o);
        a.run();
        CHECK(difference(a.z, ref::convolution(a.x, a.window, a.W, a.b, 1)) <= tolerance<T>(9 * q.c));
        CHECK(difference(a.dW, ref::convolution_dW(a.x, a.window, a.dz, 1)) <= tolerance<T>(q.n * q.h * q.w));
        CHECK(difference(a.dx, ref::convolution_dx(a.x, a.window, a.W, a.dz, 1)) <= tolerance<T>(9 * q.o));
    }
}
