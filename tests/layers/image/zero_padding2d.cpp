#include "gradus/layers/image/zero_padding2d.hpp"

#include <doctest/doctest.h>

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
using support::message_of;
using support::pytorch;
using support::same;

namespace {

template <class T>
struct run {
    using X = gr::tensor<T, 4>;
    X y, dx;

    run(const gr::zero_padding2d& layer, const X& x, const X& dy) {
        gr::pass pass(layer, x);
        pass.input_gradient = true;
        gr::no_parameters none;
        y = gr::forward(layer, x, pass);
        dx = gr::backward(layer, x, dy, pass, none);
    }
};

template <class T>
void equals_pytorch() {
    for (const std::string number : {"0", "1", "2", "3"}) {
        const std::string stored = "geometry/padding." + number + ".";
        const auto by = pytorch<gr::tensor<double, 1>>(stored + "by");
        const auto at = [&](std::size_t i) { return static_cast<std::size_t>(by(i)); };
        const auto x = pytorch<gr::tensor<T, 4>>(stored + "x");
        const run<T> r(gr::zero_padding2d({at(0), at(1), at(2), at(3)}), x, pytorch<gr::tensor<T, 4>>(stored + "dy"));
        CHECK(same(r.y, pytorch<gr::tensor<T, 4>>(stored + "y")));
        CHECK(same(r.dx, pytorch<gr::tensor<T, 4>>(stored + "dx")));
        CHECK(same(r.y, gr::reference::zero_padding2d(x, {at(0), at(1), at(2), at(3)})));
    }
}

}  // namespace

TEST_CASE("zero_padding2d.forward, zero_padding2d.backward: by hand") {
    const images x{{{{1}, {2}}, {{3}, {4}}}};
    const images dy{{{{1}, {2}, {3}, {4}}, {{5}, {6}, {7}, {8}}, {{9}, {10}, {11}, {12}}}};
    const run<float> r(gr::zero_padding2d({1, 0, 0, 2}), x, dy);
    CHECK(same(r.y, images{{{{0}, {0}, {0}, {0}}, {{1}, {2}, {0}, {0}}, {{3}, {4}, {0}, {0}}}}));
    CHECK(same(r.dx, images{{{{5}, {6}}, {{9}, {10}}}}));
    CHECK(gr::zero_padding2d(1).output_shape({5, 6, 3}) == std::vector<std::size_t>{7, 8, 3});
    CHECK(gr::zero_padding2d({1, 2}).output_shape({5, 6, 3}) == std::vector<std::size_t>{7, 10, 3});
}

TEST_CASE("zero_padding2d.forward, zero_padding2d.backward: PyTorch's ZeroPad2d, and the reference") {
    equals_pytorch<double>();
    equals_pytorch<float>();
}

TEST_CASE("zero_padding2d.backward: central differences") {
    const gr::zero_padding2d layer({1, 2, 0, 3});
    CHECK(gr::gradient_check(layer, support::draw<images>({2, 3, 1, 5}, 1)));
    const auto net = gr::sequential(gr::dense(2, 3), layer, gr::flatten{}, gr::dense(5 * 5 * 3, 2));
    CHECK(gr::gradient_check(net, support::draw<images>({1, 2, 2, 2}, 1)));
}

TEST_CASE("zero_padding2d: what is no image is told, and a padding without a number") {
    CHECK(message_of([] { (void)gr::zero_padding2d(gr::same); }) ==
          "zero_padding2d: needs rows and columns in numbers: `same` depends on a window");
    CHECK(message_of([] { (void)gr::zero_padding2d({1, 0, static_cast<std::size_t>(-2), 1}); }) ==
          "window: a size or a padding is negative or above 2^31: -2");
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({20}), gr::zero_padding2d(1)); }) ==
          "zero_padding2d #1: y = x[i − p_top, j − p_left] needs images x of (N, H, W, C), a sample is (20)");
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({4, 5, 2}), gr::zero_padding2d(1), gr::dense(3, 1)); }) ==
          "dense #2: y = f(xW + b) needs x of (N, 3), got (N, 6, 7, 2): W is (3, 1)");
    const gr::zero_padding2d layer(1);
    const auto forward_of = [&](const images& x) {
        gr::pass pass(layer, x);
        return message_of([&] { (void)gr::forward(layer, x, pass); });
    };
    CHECK(forward_of(images({0, 2, 2, 1}, 0.0f)) == "zero_padding2d: got an empty batch, x is (0, 2, 2, 1)");
    CHECK(forward_of(images({1, 2, 0, 1}, 0.0f)) ==
          "zero_padding2d: y = x[i − p_top, j − p_left] needs images x of (N, H, W, C), a sample is (2, 0, 1)");
    const images x({1, 2, 2, 1}, 0.0f);
    gr::pass pass(layer, x);
    gr::no_parameters none;
    CHECK(message_of([&] { (void)gr::backward(layer, x, x, pass, none); }) ==
          "zero_padding2d: backward needs the forward of the same x before it: x is (1, 2, 2, 1), the pass holds y of "
          "(0, 0, 0, 0)");
    CHECK(message_of([&] { (void)gr::backward(layer, images{}, x, pass, none); }) ==
          "zero_padding2d: backward needs the forward of the same x before it: x is (0, 0, 0, 0), the pass holds y of "
          "(0, 0, 0, 0)");
    (void)gr::forward(layer, x, pass);
    CHECK(message_of([&] { (void)gr::backward(layer, x, x, pass, none); }) ==
          "zero_padding2d: backward needs dy shaped as y (1, 4, 4, 1), got (1, 2, 2, 1)");
}
