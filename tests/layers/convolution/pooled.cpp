// A convolution fused with the max pooling after it: the same numbers as the two layers one after the other.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/message.hpp"
#include "gradus/activations/gelu.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/tanh.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/convolution/convolution.hpp"
#include "gradus/layers/pooling/max_pool2d.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/paths.hpp"

namespace gr = gradus;

namespace {

using support::difference;
using support::draw;
using support::same;
using support::tolerance;
template <class T>
using images = gr::tensor<T, 4>;

template <class T>
struct results {
    images<T> y, dx, dW;
    gr::tensor<T, 1> db;
};

/// Results of a network of the two layers. `apart`: they must not be fused; `can`: they can be fused.
template <class T, class Net, class Pass>
results<T> through(const Net& net, const images<T>& x, Pass& pass, bool apart, bool can = true) {
    pass.every_output = apart, pass.input_gradient = true;
    gr::gradients grad(net);
    gr::each([](const gr::entry&, auto& g) { g.fill(77); }, grad.values);
    const images<T> y = net.forward(x, pass), dy = draw<images<T>>(y.shape(), 13);
    CHECK(std::get<0>(pass.cache.layers).pooled.holds == (can && !apart));
    const images<T> dx = net.backward(x, dy, pass, grad);
    const auto& theta = std::get<0>(grad.values.layers);
    return {y, dx, theta.W, theta.b};
}
template <class T>
void alike(const results<T>& a, const results<T>& b, std::size_t terms) {
    CHECK(difference(a.y, b.y) <= tolerance<T>());
    CHECK(difference(a.dx, b.dx) <= tolerance<T>(terms));
    CHECK(difference(a.dW, b.dW) <= tolerance<T>(terms));
    CHECK(difference(a.db, b.db) <= tolerance<T>(terms));
}

}  // namespace

// max_pool2d after conv1d is an error about the rank, reported by max_pool2d, not from within the convolution.
static_assert(gr::joint<decltype(gr::conv2d(1, 2, 3, gr::relu{})), gr::max_pool2d>::exists);
static_assert(!gr::joint<decltype(gr::conv1d(1, 2, 3, gr::relu{})), gr::max_pool2d>::exists);

TEST_CASE("max_pool2d.tap, max_pool2d.from_tap: by hand") {
    // 16 equal channels: one window of 2 x 2 at (0, 0), one at (0, 2); the last row and column are in no window
    const std::vector<double> pixels{1, 4, 2, 2, 9, 4, 3, 1, 2, 9, 9, 9, 9, 9, 9};
    std::vector<double> z, y(32, -1), tap(32, -1), dz(15 * 16, -1);
    for (const double pixel : pixels) z.insert(z.end(), 16, pixel);
    const gr::kernels::pooled_images of{1, 16, gr::window::place("test", {3, 5}, 2, 2, gr::valid)};
    CHECK(gr::kernels::pools_in_registers<double>(of));
    gr::kernels::max_pool_with_tap(of, z.data(), y.data(), tap.data());
    std::vector<double> d(32, 5);
    std::fill_n(d.begin() + 16, 16, 7);
    gr::kernels::max_pool_from_tap(of, d.data(), tap.data(), dz.data());
    for (std::size_t c = 0; c < 16; ++c) {
        CHECK(y[c] == 4);
        CHECK(tap[c] == 1);  // the first of two: top right
        CHECK(y[16 + c] == 2);
        CHECK(tap[16 + c] == 0);  // the first of three
        for (std::size_t i = 0; i < 15; ++i) CHECK(dz[16 * i + c] == (i == 1 ? 5 : i == 2 ? 7 : 0));
    }
}
TEST_CASE("max_pool2d.from_tap: between windows of 2 with stride 3 dz is 0, also where the last gap ends the image") {
    for (const gr::size2d in : {gr::size2d(6), gr::size2d(9), gr::size2d(6, 5)}) {
        const gr::kernels::pooled_images of{2, 16, gr::window::place("test", in, 2, 3, gr::valid)};
        const std::size_t windows = 2 * of.pooled_size();
        const std::vector<double> d(windows, 5), tap(windows, 3);  // bottom right
        std::vector<double> dz(2 * of.size(), -1);
        gr::kernels::max_pool_from_tap(of, d.data(), tap.data(), dz.data());
        for (std::size_t at = 0; at < dz.size(); ++at) {
            const std::size_t pixel = at / 16 % in.area(), i = pixel / in.width, j = pixel % in.width;
            CHECK(dz[at] == (i % 3 == 1 && j % 3 == 1 ? 5 : 0));
        }
    }
}
TEST_CASE_TEMPLATE("max_pool2d.tap, max_pool2d.from_tap: taken into a convolution, the same as behind it", T, float, double) {
    const auto check = [](gr::size2d in, std::size_t channels, std::size_t filters, std::size_t count, gr::conv2d_options o,
                          const gr::max_pool2d& pool) {
        INFO(channels, " to ", filters);
        const auto x = draw<images<T>>({count, in.height, in.width, channels}, 1);
        const auto with = [&](auto f) {
            auto net = gr::sequential(gr::conv2d<T>(channels, filters, 3, f, o), pool);
            net.template layer<0>().theta.b = draw<gr::tensor<T, 1>>({filters}, 2);
            gr::pass pass(net), other(net);
            alike(through(net, x, pass, false), through(net, x, other, true), count * in.area());
            // with the same passes again
            alike(through(net, x, pass, true), through(net, x, other, false), count * in.area());
        };
        with(gr::identity{}), with(gr::relu{}), with(gr::sigmoid{}), with(gr::tanh{});
    };
    check({6, 6}, 1, 16, 2, {}, gr::max_pool2d(2));
    check({9, 7}, 16, 16, 3, {}, gr::max_pool2d(2));  // a row and a column in no window
    check({8, 9}, 3, 32, 2, {.padding = gr::same}, gr::max_pool2d({3, 2}));
    check({11, 9}, 16, 48, 2, {.stride = 2, .padding = 1}, gr::max_pool2d(2, {.stride = 3}));  // pixels between windows
    check({8, 11}, 16, 16, 2, {}, gr::max_pool2d(2, {.stride = 3}));      // the image ends with a gap
    check({26, 26}, 32, 64, 5, {}, gr::max_pool2d(2));  // several chunks
    check({5, 5}, 16, 16, 2, {.padding = gr::same, .groups = 16}, gr::max_pool2d(5));  // one window
}
TEST_CASE("max_pool2d.tap, max_pool2d.from_tap: central differences through both") {
    const auto x = draw<images<double>>({2, 7, 6, 3}, 1);
    const auto with = [&](auto f) {
        const auto net = gr::sequential(gr::conv2d<double>(3, 8, 3, f), gr::max_pool2d(2), gr::conv2d<double>(8, 2, {1, 2}));
        CHECK(gr::gradient_check(net, x));
        const auto behind = gr::sequential(gr::conv2d<double>(3, 8, 1), gr::conv2d<double>(8, 16, 2, f),
                                           gr::max_pool2d({3, 1}));
        CHECK(gr::gradient_check(behind, x));
    };
    with(gr::identity{}), with(gr::relu{}), with(gr::sigmoid{}), with(gr::tanh{}), with(gr::gelu{});
}

TEST_CASE("conv2d: what cannot be pooled on the way is pooled behind, on the same pass as what can") {
    const auto net = gr::sequential(gr::conv2d(1, 16, 3, gr::relu{}, {.padding = 1}),
                                    gr::max_pool2d(2, {.padding = gr::same}));
    gr::pass pass(net);
    for (const std::size_t size : {6u, 5u, 6u, 7u}) {  // an odd size needs padding
        const auto x = draw<images<float>>({2, size, size, 1}, size);
        gr::pass fresh(net), apart(net);
        pass.input_gradient = apart.input_gradient = true, apart.every_output = true;
        gr::gradients grad(net), other(net);
        const images<float> y = net.forward(x, pass), dy = draw<images<float>>(y.shape(), 3);
        CHECK(std::get<0>(pass.cache.layers).pooled.holds == (size == 6));
        CHECK(same(net.forward(x, apart), y));
        CHECK(difference(net.backward(x, dy, pass, grad), net.backward(x, dy, apart, other)) <= tolerance<float>(9));
        CHECK(difference(std::get<0>(grad.values.layers).W, std::get<0>(other.values.layers).W) <= tolerance<float>(98));
    }
    for (const std::size_t filters : {15u, 17u}) {  // not a multiple of the register width
        const auto odd = gr::sequential(gr::conv2d(1, filters, 3), gr::max_pool2d(2));
        gr::pass other(odd);
        (void)odd.forward(draw<images<float>>({1, 6, 6, 1}, 1), other);
        CHECK_FALSE(std::get<0>(other.cache.layers).pooled.holds);
    }
}
TEST_CASE("conv2d: windows that overlap are pooled behind it") {
    const auto x = draw<images<double>>({2, 8, 7, 3}, 1);
    const auto with = [&](auto f, const gr::max_pool2d& pool) {
        const auto net = gr::sequential(gr::conv2d<double>(3, 16, 3, f), pool);
        gr::pass pass(net), other(net);
        alike(through(net, x, pass, false, false), through(net, x, other, true), 56);
    };
    for (const gr::size2d stride : {gr::size2d(1), gr::size2d(3, 1), gr::size2d(2, 3)}) {
        with(gr::relu{}, gr::max_pool2d(3, {.stride = stride}));
        with(gr::identity{}, gr::max_pool2d(3, {.stride = stride}));
    }
    with(gr::relu{}, gr::max_pool2d(2, {.stride = 1}));
}
TEST_CASE("conv2d: with its pooling taken in, it has no output to read, not even that of an earlier forward") {
    const auto net = gr::sequential(gr::conv2d(1, 16, 3), gr::max_pool2d(2));
    const auto x = draw<images<float>>({2, 6, 6, 1}, 1);
    gr::pass pass(net);
    pass.every_output = true;
    (void)net.forward(x, pass);
    CHECK(gr::layer_output(net, pass, "0").shape() == images<float>::shape_type{2, 4, 4, 16});
    pass.every_output = false;
    (void)net.forward(x, pass);
    CHECK(support::message_of([&] { (void)gr::layer_output(net, pass, "0"); }) ==
          "layer_output: '0' was computed with the layer behind it, and left no output: set pass.every_output = true before "
          "the forward");
    CHECK(gr::layer_output(net, pass, "1").shape() == images<float>::shape_type{2, 2, 2, 16});
}
TEST_CASE("conv2d: with its pooling taken in, nobody's dx is not computed") {
    const auto net = gr::sequential(gr::conv2d(1, 16, 3), gr::max_pool2d(2));
    const auto x = draw<images<float>>({2, 6, 6, 1}, 1);
    gr::pass pass(net);
    gr::gradients grad(net);
    const images<float> dy = net.forward(x, pass);
    const auto& conv = std::get<0>(pass.cache.layers);
    CHECK(conv.pooled.holds);
    CHECK(net.backward(x, dy, pass, grad).size() == 0);
    CHECK(conv.dx.size() == 0);
    pass.input_gradient = true;
    (void)net.forward(x, pass);
    CHECK(net.backward(x, dy, pass, grad).shape() == x.shape());
}
TEST_CASE("conv2d: a NaN goes through the pooling that it takes in") {
    const auto net = gr::sequential(gr::conv2d(1, 16, 1), gr::max_pool2d(2));
    auto x = draw<images<float>>({1, 4, 4, 1}, 1);
    for (const std::size_t at : {0u, 1u, 4u, 5u}) {  // each place of the first window
        auto spoilt = x;
        spoilt.data()[at] = std::numeric_limits<float>::quiet_NaN();
        gr::pass pass(net);
        const auto& y = net.forward(spoilt, pass);
        CHECK(std::get<0>(pass.cache.layers).pooled.holds);
        for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y.data()[i]) == (i < 16));
    }
}
TEST_CASE("conv2d: with its pooling taken in, messages name the layer that they are about, and its place") {
    const auto net = gr::sequential(gr::conv2d(1, 16, 3), gr::max_pool2d(2));
    gr::pass pass(net);
    gr::gradients grad(net);
    const images<float> x({2, 6, 6, 1}, 0.f);
    (void)net.forward(x, pass);
    const auto message = [&](const images<float>& of, const images<float>& dy) {
        return support::message_of([&] { (void)net.backward(of, dy, pass, grad); });
    };
    CHECK(message(x, images<float>({2, 2, 1, 16}, 0.f)) ==
          "max_pool2d #1: dx needs dy shaped as y (2, 2, 2, 16), got (2, 2, 1, 16)");
    CHECK(message(images<float>({2, 7, 6, 1}, 0.f), images<float>({2, 2, 2, 16}, 0.f)) ==  // y has the same shape
          "conv2d #0: backward needs the forward of the same x before it: x is (2, 7, 6, 1), the forward was of (2, 6, 6, 1)");
    CHECK(message(images<float>({2, 6, 6, 3}, 0.f), images<float>({2, 2, 2, 16}, 0.f)) ==
          "conv2d #0: y = f(x ∗ W + b) needs x of (N, H, W, 1), got (2, 6, 6, 3): W is (3, 3, 1, 16)");
    std::get<0>(grad.values.layers).W.resize({1, 1, 1, 1});
    CHECK(message(x, images<float>({2, 2, 2, 16}, 0.f)) ==
          "conv2d #0: dW = Σ x dz needs dW of (3, 3, 1, 16), got (1, 1, 1, 1): make the gradients of this network, "
          "gr::gradients grad(net)");
    CHECK(support::message_of([&] { (void)net.forward(images<float>({2, 3, 3, 1}, 0.f), pass); }) ==
          "max_pool2d #1: a window of (2, 2) does not fit into an image of (1, 1)");
    auto padded = gr::sequential(gr::conv2d(1, 16, 3), gr::max_pool2d(3, {.padding = 1}));
    padded.layer<1>().options.padding = 3;
    gr::pass other(padded);
    CHECK(support::message_of([&] { (void)padded.forward(x, other); }).starts_with("max_pool2d #1: a window of (3, 3) could lie"));
}
