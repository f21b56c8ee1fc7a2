#include "gradus/layers/pooling/max_pool2d.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "../../support/message.hpp"
#include "../../support/pooling.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/models/sequential.hpp"

namespace gr = gradus;
using images = gr::tensor<double, 4>;
using support::message_of;
using support::pooled;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// One image of one channel.
images image(std::size_t height, std::size_t width, const std::vector<double>& pixels) {
    images x({1, height, width, 1});
    std::copy(pixels.begin(), pixels.end(), x.data());
    return x;
}

}  // namespace

TEST_CASE("max_pool2d.forward, max_pool2d.backward: by hand; of equal pixels the first, and what no window covers gets none") {
    const pooled run(gr::max_pool2d(2), image(5, 5, {1,  3,  2, 2, 9,    //
                                                     3,  0,  2, 1, 9,    //
                                                     -4, -3, 0, 5, 9,    //
                                                     -2, -5, 6, 4, 9,    //
                                                     9,  9,  9, 9, 9}),
                     image(2, 2, {1, 2, 3, 4}));
    CHECK(run.y == image(2, 2, {3, 2, -2, 6}));
    CHECK(run.dx == image(5, 5, {0, 1, 2, 0, 0,    //
                                 0, 0, 0, 0, 0,    //
                                 0, 0, 0, 0, 0,    //
                                 3, 0, 4, 0, 0,    //
                                 0, 0, 0, 0, 0}));
}

TEST_CASE("max_pool2d.forward, max_pool2d.backward: by hand, where windows overlap") {
    const pooled run(gr::max_pool2d({1, 3}, {.stride = 1}), image(2, 5, {1, 5, 2, 5, 0, -1, -2, -3, -4, -5}),
                     image(2, 3, {1, 2, 4, 8, 16, 32}));
    CHECK(run.y == image(2, 3, {5, 5, 5, -1, -2, -3}));
    // in two windows the first 5 is the maximum, in one the second
    CHECK(run.dx == image(2, 5, {0, 3, 0, 4, 0, 8, 16, 32, 0, 0}));
}

TEST_CASE("max_pool2d.forward, max_pool2d.backward: by hand; padding is never the maximum") {
    const images x = image(2, 2, {-1, -2, -3, -4});
    const pooled all(gr::max_pool2d(2, {.padding = 1}), x, image(2, 2, {1, 2, 3, 4}));  // each pixel has its own window
    CHECK(all.y == x);
    CHECK(all.dx == image(2, 2, {1, 2, 3, 4}));
    const pooled same(gr::max_pool2d(2, {.stride = 1, .padding = gr::same}), x, image(2, 2, {1, 2, 3, 4}));
    CHECK(same.y == image(2, 2, {-1, -2, -3, -4}));  // padded below and to the right
    CHECK(same.dx == image(2, 2, {1, 2, 3, 4}));
    const pooled halved(gr::max_pool2d(2, {.padding = gr::same}), image(1, 3, {-1, -2, -3}), image(1, 2, {1, 2}));
    CHECK(halved.y == image(1, 2, {-1, -3}));  // ⌈3 / 2⌉ windows, in Keras as well
    CHECK(halved.dx == image(1, 3, {1, 0, 2}));
}

TEST_CASE("max_pool2d.forward, max_pool2d.backward: −∞ is a number like others, NaN the greatest") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const std::size_t channels : {1u, 3u, 8u, 21u}) {
        images x({1, 2, 8, channels}), dy({1, 1, 4, channels});
        const double pixels[2][8] = {{-inf, -inf, -inf, 1, 5, nan, nan, 1}, {-inf, -inf, 0, -inf, nan, 7, inf, 2}};
        for (std::size_t h = 0; h < 2; ++h)
            for (std::size_t v = 0; v < 8; ++v)
                for (std::size_t c = 0; c < channels; ++c) x(0, h, v, c) = pixels[h][v], dy(0, 0, v / 2, c) = double(v / 2 + 1);
        const pooled run(gr::max_pool2d(2), x, dy);
        for (std::size_t c = 0; c < channels; ++c) {
            CHECK(run.y(0, 0, 0, c) == -inf);
            CHECK(run.y(0, 0, 1, c) == 1);
            CHECK(run.y(0, 0, 2, c) != run.y(0, 0, 2, c));
            CHECK(run.y(0, 0, 3, c) != run.y(0, 0, 3, c));
            const double expected[2][8] = {{1, 0, 0, 2, 0, 3, 4, 0}, {0, 0, 0, 0, 0, 0, 0, 0}};
            for (std::size_t h = 0; h < 2; ++h)
                for (std::size_t v = 0; v < 8; ++v) CHECK(run.dx(0, h, v, c) == expected[h][v]);
        }
    }
}

TEST_CASE("max_pool2d.backward: central differences") {
    const auto x = support::without_ties({2, 7, 6, 3});
    CHECK(support::error_of_dx(gr::max_pool2d(2), x) <= 1e-9);
    CHECK(support::error_of_dx(gr::max_pool2d({3, 2}, {.stride = 2, .padding = 1}), x) <= 1e-9);
    CHECK(support::error_of_dx(gr::max_pool2d(3, {.stride = {1, 2}, .padding = gr::same}), x) <= 1e-9);
    CHECK(support::error_of_dx(gr::max_pool2d(1, {.stride = {2, 3}}), x) <= 1e-9);
    CHECK(gr::gradient_check(gr::max_pool2d(2), x));
}

TEST_CASE_TEMPLATE("max_pool2d.forward, max_pool2d.backward: PyTorch's values", T, float, double) {
    for (int i = 0; i < 16; ++i) {
        CAPTURE(i);
        const std::string given = std::to_string(i) + ".";
        const auto w = support::pytorch<gr::tensor<double, 1>>("pooling/" + given + "window");
        const auto size = [&](std::size_t k) { return static_cast<std::size_t>(w(k)); };
        const gr::max_pool2d layer({size(0), size(1)}, {.stride = {size(2), size(3)}, .padding = {size(4), size(5)}});
        CHECK(support::difference_to_pytorch<T>(layer, given, given + "max.") <= support::tolerance<T>());
    }
}

TEST_CASE("max_pool2d: dx is computed where somebody reads it") {
    const gr::max_pool2d layer(2);
    const auto x = support::without_ties({1, 4, 4, 2});
    gr::max_pool2d::cache<images> c;
    gr::no_parameters none;
    const images dy = layer.forward(x, c);
    gr::context ctx;
    ctx.input_gradient = false;
    CHECK(layer.backward(x, dy, c, none, ctx).size() != x.size());
    CHECK(layer.backward(x, dy, c, none).shape() == x.shape());
}

TEST_CASE("max_pool2d: shapes, when a network is put together and at the door") {
    CHECK(gr::max_pool2d(2).output_shape({26, 26, 32}) == std::vector<std::size_t>{13, 13, 32});
    CHECK(gr::max_pool2d({3, 2}, {.stride = 2, .padding = 1}).output_shape({7, 7, 4}) == std::vector<std::size_t>{4, 4, 4});
    CHECK(gr::max_pool2d(3, {.stride = 2, .padding = gr::same}).output_shape({7, 8, 1}) == std::vector<std::size_t>{4, 4, 1});
    const auto net = gr::sequential(gr::reshaped({5, 4, 2}), gr::max_pool2d(2), gr::flatten{}, gr::dense(8, 3));
    CHECK(net.output_shape({40}) == std::vector<std::size_t>{3});
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({5, 4, 2}), gr::max_pool2d(2), gr::flatten{}, gr::dense(9, 3)); }) ==
          "dense #3: y = f(xW + b) needs x of (N, 9), got (N, 8): W is (9, 3)");
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({5, 4, 2}), gr::max_pool2d(5)); }) ==
          "max_pool2d #1: a window of (5, 5) does not fit into an image of (5, 4)");
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({5, 4}), gr::max_pool2d(2)); }) ==
          "max_pool2d #1: needs images x of (N, H, W, C), a sample is (5, 4)");
    // after a dense layer only the number of channels is known
    CHECK_NOTHROW((void)gr::sequential(gr::dense(5, 7), gr::max_pool2d(2), gr::dense(7, 2)));
    CHECK(message_of([] { (void)gr::sequential(gr::dense(5, 7), gr::max_pool2d(2), gr::dense(6, 2)); }) ==
          "dense #2: y = f(xW + b) needs x of (N, 6), got (N, 7): W is (6, 2)");
}

TEST_CASE("max_pool2d: what does not fit is told") {
    const auto told = [](const gr::max_pool2d& layer, const images::shape_type& shape) {
        gr::max_pool2d::cache<images> c;
        return message_of([&] { (void)layer.forward(images(shape, 0.0), c); });
    };
    CHECK(told(gr::max_pool2d(2), {0, 4, 4, 1}) == "max_pool2d: got an empty batch, x is (0, 4, 4, 1)");
    CHECK(told(gr::max_pool2d(2), {3, 4, 4, 0}) == "max_pool2d: needs images x of (N, H, W, C), a sample is (4, 4, 0)");
    CHECK(told(gr::max_pool2d({2, 3}), {3, 4, 2, 1}) == "max_pool2d: a window of (2, 3) does not fit into an image of (4, 2)");
    CHECK(message_of([] { (void)gr::max_pool2d(0); }) ==
          "max_pool2d: kernel, stride and dilation are at least 1, got (0, 0), (0, 0) and (1, 1)");
    CHECK(message_of([] { (void)gr::max_pool2d(2, {.stride = {1, 0}}); }) ==
          "max_pool2d: kernel, stride and dilation are at least 1, got (2, 2), (1, 0) and (1, 1)");
    auto written = gr::max_pool2d(2);
    written.kernel = {2, 0};
    CHECK(told(written, {3, 4, 2, 1}) ==
          "max_pool2d: kernel, stride and dilation are at least 1, got (2, 0), (2, 0) and (1, 1)");
    CHECK(message_of([] { (void)gr::max_pool2d(3, {.padding = {0, 0, 0, 3}}); }) ==
          "max_pool2d: a window of (3, 3) could lie wholly in a padding of (0, 0, 0, 3) (top, bottom, left, right): each must be "
          "less than the window");
    CHECK(message_of([] { (void)gr::max_pool2d({1, 2}, {.padding = 1}); }) ==
          "max_pool2d: a window of (1, 2) could lie wholly in a padding of (1, 1, 1, 1) (top, bottom, left, right): each must be "
          "less than the window");
    const gr::max_pool2d layer(2);
    gr::max_pool2d::cache<images> c;
    gr::no_parameters none;
    CHECK(message_of([&] { (void)layer.backward(images{}, images({3, 2, 2, 1}, 0.0), c, none); }) ==
          "max_pool2d: backward needs the forward of the same x before it: x is (0, 0, 0, 0), the pass holds y of (0, 0, 0, 0)");
    const images x({3, 4, 4, 1}, 0.0), y = layer.forward(x, c);
    CHECK(message_of([&] { (void)layer.backward(x, x, c, none); }) ==
          "max_pool2d: dx needs dy shaped as y (3, 2, 2, 1), got (3, 4, 4, 1)");
    CHECK(message_of([&] { (void)layer.backward(images({2, 4, 4, 1}, 0.0), y, c, none); }) ==
          "max_pool2d: backward needs the forward of the same x before it: x is (2, 4, 4, 1), the pass holds y of (3, 2, 2, 1)");
}
