#include "gradus/layers/image/upsample2d.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/reference/geometry.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/fixture.hpp"
#include "../../support/message.hpp"

namespace gr = gradus;
using images = gr::tensor<float, 4>;
using support::difference;
using support::draw;
using support::message_of;
using support::pytorch;
using support::same;
using support::tolerance;

namespace {

template <class T>
struct run {
    using X = gr::tensor<T, 4>;
    X y, dx;

    run(const gr::upsample2d& layer, const X& x, const X& dy) {
        gr::pass pass(layer, x);
        pass.input_gradient = true;
        gr::no_parameters none;
        y = gr::forward(layer, x, pass);
        dx = gr::backward(layer, x, dy, pass, none);
    }
};

template <class T>
void equals_pytorch() {
    for (std::size_t number = 0; number < 8; ++number)
        for (const auto way : {gr::interpolation::nearest, gr::interpolation::bilinear}) {
            CAPTURE(number);
            const std::string config = "geometry/upsample." + std::to_string(number) + ".";
            const std::string stored = config + (way == gr::interpolation::nearest ? "nearest." : "bilinear.");
            const auto s = pytorch<gr::tensor<double, 1>>(config + "factor");
            const gr::size2d factor(static_cast<std::size_t>(s(0)), static_cast<std::size_t>(s(1)));
            const run<T> r(gr::upsample2d(factor, {way}), pytorch<gr::tensor<T, 4>>(stored + "x"),
                           pytorch<gr::tensor<T, 4>>(stored + "dy"));
            CHECK(difference(r.y, pytorch<gr::tensor<double, 4>>(stored + "y")) <= tolerance<T>(4));
            CHECK(difference(r.dx, pytorch<gr::tensor<double, 4>>(stored + "dx")) <= tolerance<T>(4 * factor.area()));
        }
}

template <class T>
void equals_reference() {
    for (const std::array<std::size_t, 4> shape :
         {std::array<std::size_t, 4>{1, 1, 1, 1}, {2, 3, 5, 1}, {1, 4, 1, 16}, {2, 2, 3, 19}})
        for (const gr::size2d factor : {gr::size2d(1), gr::size2d(2), gr::size2d(3, 4), gr::size2d(1, 5)})
            for (const auto way : {gr::interpolation::nearest, gr::interpolation::bilinear}) {
                CAPTURE(gr::shape_text(shape));
                CAPTURE(gr::shape_text(factor.array()));
                const gr::upsample2d layer(factor, {.interpolation = way});
                const auto x = draw<gr::tensor<T, 4>>(shape, 1);
                const auto dy =
                    draw<gr::tensor<T, 4>>({shape[0], factor.height * shape[1], factor.width * shape[2], shape[3]}, 2);
                const run<T> r(layer, x, dy);
                const gr::reference::upsample2d<T> expected(layer, x, dy);
                CHECK(difference(r.y, expected.y) <= tolerance<T>(4));
                CHECK(difference(r.dx, expected.dx) <= tolerance<T>(4 * factor.area()));
            }
}

}  // namespace

TEST_CASE("upsample2d.forward, upsample2d.backward: by hand") {
    const images x{{{{1}, {5}}}};  // one row of two pixels
    const images dy{{{{1}, {2}, {3}, {4}}, {{10}, {20}, {30}, {40}}}};
    const run<float> again(gr::upsample2d(2), x, dy);
    CHECK(same(again.y, images{{{{1}, {1}, {5}, {5}}, {{1}, {1}, {5}, {5}}}}));
    CHECK(same(again.dx, images{{{{33}, {77}}}}));
    // columns of x at -¼ (clamped to 0), ¼, ¾ and 5/4 (clamped to 1)
    const run<float> between(gr::upsample2d(2, {.interpolation = gr::interpolation::bilinear}), x, dy);
    CHECK(same(between.y, images{{{{1}, {2}, {4}, {5}}, {{1}, {2}, {4}, {5}}}}));
    CHECK(same(between.dx, images{{{{11 + 0.75f * 22 + 0.25f * 33}, {0.25f * 22 + 0.75f * 33 + 44}}}}));
}

TEST_CASE("upsample2d.forward, upsample2d.backward: PyTorch's Upsample") {
    equals_pytorch<double>();
    equals_pytorch<float>();
}

TEST_CASE("upsample2d.forward, upsample2d.backward: the sum over all pixels") {
    equals_reference<double>();
    equals_reference<float>();
}

TEST_CASE("upsample2d.backward: central differences") {
    for (const auto way : {gr::interpolation::nearest, gr::interpolation::bilinear}) {
        CHECK(gr::gradient_check(gr::upsample2d({2, 3}, {way}), draw<images>({2, 3, 4, 2}, 1)));
        CHECK(gr::gradient_check(gr::upsample2d(2, {way}), draw<images>({1, 3, 1, 17}, 1)));
        const auto net =
            gr::sequential(gr::dense(2, 3), gr::upsample2d(2, {way}), gr::flatten{}, gr::dense(48, 2));
        CHECK(gr::gradient_check(net, draw<images>({1, 2, 2, 2}, 1)));
    }
}

TEST_CASE("upsample2d: sizes in a sequential; what is no image is told, and a factor of 0") {
    CHECK(gr::upsample2d({2, 3}).output_shape({5, 6, 3}) == std::vector<std::size_t>{10, 18, 3});
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({4, 5, 2}), gr::upsample2d(2), gr::dense(3, 1)); }) ==
          "dense #2: y = f(xW + b) needs x of (N, 3), got (N, 8, 10, 2): W is (3, 1)");
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({20}), gr::upsample2d(2)); }) ==
          "upsample2d #1: y = Σ x[k, l] w(u_i − k) w(u'_j − l) needs images x of (N, H, W, C), a sample is (20)");
    CHECK(message_of([] { (void)gr::upsample2d({2, 0}); }) == "upsample2d: enlarges at least 1 time, got (2, 0)");
    CHECK(message_of([] { (void)gr::upsample2d(static_cast<std::size_t>(-1)); }) ==
          "window: a size or a padding is negative or above 2^31: -1");
}
