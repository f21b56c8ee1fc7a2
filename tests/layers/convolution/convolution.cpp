#include "gradus/layers/convolution/convolution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/fixture.hpp"
#include "gradus/activations/gelu.hpp"
#include "gradus/activations/prelu.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/softmax.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/models/sequential.hpp"

namespace gr = gradus;

namespace {

using support::difference;
using support::draw;
using support::same;
template <class T>
using images = gr::tensor<T, 4>;

/// A layer with its cache and gradient, run forward and backward.
template <class L>
struct run {
    using T = typename L::scalar;
    using X = typename L::input;
    L layer;
    gr::cache_of<L, X> c;
    gr::parameters_of<L> grad;

    explicit run(L l) : layer(std::move(l)), grad(layer.theta) {
        gr::each([](const gr::entry&, auto& g) { g.fill(77); }, grad);  // backward must assign, not add
    }
    /// Sets W and b to random values.
    run& drawn() {
        layer.theta.W = draw<decltype(layer.theta.W)>(layer.theta.W.shape(), 11);
        layer.theta.b = draw<gr::tensor<T, 1>>(layer.theta.b.shape(), 12);
        return *this;
    }
    void operator()(const X& x, const X& dy, const gr::context& ctx = {}) {
        (void)layer.forward(x, c);
        (void)layer.backward(x, dy, c, grad, ctx);
    }
    /// The same with a random dy, which is returned.
    X operator()(const X& x) {
        const X dy = draw<X>(layer.forward(x, c).shape(), 13);
        (*this)(x, dy);
        return dy;
    }
};
template <class L>
run(L) -> run<L>;

/// Image n of a batch.
template <class T>
images<T> image(const images<T>& x, std::size_t n) {
    images<T> one({1, x.shape()[1], x.shape()[2], x.shape()[3]});
    std::copy_n(x.data() + n * one.size(), one.size(), one.data());
    return one;
}

/// y, dx, dW and db equal those of a case of fixtures/pytorch/convolution.py.
template <class L>
void equals_pytorch(L layer, const std::string& name) {
    using T = typename L::scalar;
    using X = typename L::input;
    const auto given = [&]<class A>(A& to, const char* what) {
        const auto floats = support::stored(name + what).template to<gr::tensor<float, gr::rank_of<A>>>();
        gr::reshape(to, floats.shape());
        std::copy_n(floats.data(), floats.size(), to.data());
    };
    X x, dy;
    given(x, "x"), given(dy, "dy"), given(layer.theta.W, "W"), given(layer.theta.b, "b");
    run convolution(layer);
    convolution(x, dy);
    using doubles = gr::tensor<double, gr::rank_of<X>>;
    const std::size_t O = layer.filters(), taps = layer.theta.W.size() / O, pixels = dy.size() / O;
    CHECK(difference(convolution.c.y, support::pytorch<doubles>(name + "y")) <= support::tolerance<T>(taps));
    CHECK(difference(convolution.c.dx, support::pytorch<doubles>(name + "dx")) <= support::tolerance<T>(taps * O));
    CHECK(difference(convolution.grad.W, support::pytorch<doubles>(name + "dW")) <= support::tolerance<T>(pixels));
    const auto db = support::pytorch<gr::tensor<double, 1>>(name + "db");
    CHECK(difference(convolution.grad.b, db) <= support::tolerance<T>(pixels));
}
template <class T, std::size_t Axes>
void equals_pytorch() {
    const std::string kind = Axes == 2 ? "convolution/conv2d." : "convolution/conv1d.";
    const auto all = support::pytorch<gr::tensor<double, 2>>(kind + "options");
    for (std::size_t number = 0; number < all.shape()[0]; ++number) {
        CAPTURE(number);
        const std::string name = kind + std::to_string(number) + ".";
        const auto at = [&](std::size_t i) { return static_cast<std::size_t>(all(number, i)); };
        const auto W = support::stored(name + "W").to<gr::tensor<float, Axes + 2>>().shape();
        const auto x = support::stored(name + "x").to<gr::tensor<float, Axes + 2>>().shape();
        const gr::padding2d padding = at(2) == 1 ? gr::same : gr::padding2d{at(3), at(4), at(5), at(6)};
        const auto with = [&](auto f) {
            if constexpr (Axes == 2)
                return gr::conv2d<T>(
                    x[3], W[3], {W[0], W[1]}, f,
                    {.stride = {at(0), at(1)}, .padding = padding, .dilation = {at(7), at(8)}, .groups = at(9)});
            else
                return gr::conv1d<T>(x[2], W[2], W[0], f,
                                     {.stride = at(1), .padding = padding, .dilation = at(8), .groups = at(9)});
        };
        if (at(10) == 0) equals_pytorch(with(gr::identity{}), name);
        if (at(10) == 1) equals_pytorch(with(gr::relu{}), name);
        if (at(10) == 2) equals_pytorch(with(gr::gelu{}), name);
    }
    CHECK(all.shape()[0] >= (Axes == 2 ? 40 : 8));
}

}  // namespace

TEST_CASE("conv2d.forward, conv2d.dW, conv2d.db, conv2d.dx: by hand") {
    run convolution(gr::conv2d<double>(1, 1, 2));
    convolution.layer.theta = {images<double>{{{{1}}, {{0}}}, {{{2}}, {{-1}}}}, {1}};  // W = 1 0 / 2 −1, b = 1
    const images<double> x{{{{1}, {2}, {3}}, {{4}, {5}, {6}}, {{7}, {8}, {9}}}};
    convolution(x, images<double>{{{{1}, {2}}, {{3}, {4}}}});
    // 1·1 + 2·4 − 5 + 1, 2 + 2·5 − 6 + 1; 4 + 2·7 − 8 + 1, 5 + 2·8 − 9 + 1
    CHECK(convolution.c.y == images<double>{{{{5}, {7}}, {{11}, {13}}}});
    // 1·1 + 2·2 + 3·4 + 4·5, 1·2 + 2·3 + 3·5 + 4·6; 1·4 + 2·5 + 3·7 + 4·8, 1·5 + 2·6 + 3·8 + 4·9
    CHECK(convolution.grad.W == images<double>{{{{37}}, {{47}}}, {{{67}}, {{77}}}});
    CHECK(convolution.grad.b == gr::tensor<double, 1>{10});
    // overlapping windows: 1 0 / 2 −1 top left, 2 0 / 4 −2 top right, 3 0 / 6 −3 bottom left, 4 0 / 8 −4 bottom right
    CHECK(convolution.c.dx == images<double>{{{{1}, {2}, {0}}, {{2 + 3}, {-1 + 4 + 4}, {-2}}, {{6}, {-3 + 8}, {-4}}}});
}
TEST_CASE("conv2d.forward, conv2d.dW, conv2d.db, conv2d.dx: by hand, two channels, stride, a zero on the left, ReLU") {
    run convolution(gr::conv2d<double>(2, 1, {1, 2}, gr::relu{}, {.stride = 2, .padding = {0, 0, 1, 0}}));
    // W: 1 −1 on the left, 2 3 on the right
    convolution.layer.theta = {images<double>{{{{1}, {-1}}, {{2}, {3}}}}, {-20}};
    const images<double> x{{{{1, 2}, {3, 4}, {5, 6}}}};                            // one row of three pixels
    convolution(x, images<double>{{{{5}, {7}}}});
    CHECK(convolution.c.y == images<double>{{{{0}, {7}}}});  // 2·1 + 3·2 − 20 < 0;  3 − 4 + 2·5 + 3·6 − 20 = 7
    CHECK(convolution.grad.W == images<double>{{{{7 * 3}, {7 * 4}}, {{7 * 5}, {7 * 6}}}});  // dz = 0, 7
    CHECK(convolution.grad.b == gr::tensor<double, 1>{7});
    CHECK(convolution.c.dx == images<double>{{{{0, 0}, {7, -7}, {14, 21}}}});
}

TEST_CASE_TEMPLATE("conv2d.forward, conv2d.dx: a kernel with a single 1 moves the image", T, float, double) {
    for (const std::size_t C : {1u, 3u, 16u}) {
        const auto x = draw<images<T>>({2, 5, 4, C}, 1);
        for (std::size_t u = 0; u < 3; ++u)
            for (std::size_t v = 0; v < 3; ++v) {
                run move(gr::conv2d<T>(C, C, 3, gr::identity{}, {.padding = gr::same}));
                move.layer.theta.W.fill(0);
                for (std::size_t c = 0; c < C; ++c) move.layer.theta.W(u, v, c, c) = 1;
                const auto dy = move(x);
                images<T> y(x.shape(), T(0)), dx(x.shape(), T(0));
                for (std::size_t n = 0; n < 2; ++n)
                    for (std::size_t i = 0; i < 5; ++i)
                        for (std::size_t j = 0; j < 4; ++j)
                            for (std::size_t c = 0; c < C; ++c)
                                if (i + u >= 1 && i + u < 6 && j + v >= 1 && j + v < 5) {
                                    y(n, i, j, c) = x(n, i + u - 1, j + v - 1, c);
                                    dx(n, i + u - 1, j + v - 1, c) = dy(n, i, j, c);
                                }
                CHECK(difference(move.c.y, y) <= support::tolerance<T>());  // Winograd's algorithm rounds even these
                CHECK(difference(move.c.dx, dx) <= support::tolerance<T>());
            }
    }
}

TEST_CASE("conv1d.forward: by hand, sees nothing of what is to come") {
    run causal(gr::conv1d<double>(1, 1, 2, gr::identity{}, {.padding = {2, 0}, .dilation = 2}));
    causal.layer.theta = {gr::tensor<double, 3>{{{10}}, {{1}}}, {0}};
    gr::tensor<double, 3> x{{{1}, {2}, {3}, {4}}};
    causal(x, gr::tensor<double, 3>{{{1}, {0}, {0}, {2}}});
    CHECK(causal.c.y == gr::tensor<double, 3>{{{1}, {2}, {13}, {24}}});  // y_t = 10 x_{t−2} + x_t
    CHECK(causal.grad.W == gr::tensor<double, 3>{{{2 * 2}}, {{1 + 2 * 4}}});
    CHECK(causal.c.dx == gr::tensor<double, 3>{{{1}, {20}, {0}, {2}}});
    const auto before = causal.c.y;
    x(0, 2, 0) = 99;
    (void)causal.layer.forward(x, causal.c);
    CHECK(causal.c.y(0, 0, 0) == before(0, 0, 0));
    CHECK(causal.c.y(0, 1, 0) == before(0, 1, 0));
    CHECK(causal.c.y(0, 2, 0) != before(0, 2, 0));
}
TEST_CASE("conv1d.forward: conv2d of images of one row") {
    for (const std::size_t C : {3u, 16u}) {
        run in_time(gr::conv1d<float>(C, 16, 3, gr::gelu{}, {.stride = 2, .padding = gr::same, .dilation = 2}));
        run in_space(gr::conv2d<float>(C, 16, {1, 3}, gr::gelu{}, {.stride = 2, .padding = gr::same, .dilation = 2}));
        in_time.drawn(), in_space.drawn();
        const auto x = draw<gr::tensor<float, 3>>({3, 9, C}, 1);
        images<float> rows({3, 1, 9, C});
        std::copy_n(x.data(), x.size(), rows.data());
        in_time(x), in_space(rows);
        CHECK(std::ranges::equal(gr::flat(in_time.c.y), gr::flat(in_space.c.y)));
        CHECK(std::ranges::equal(gr::flat(in_time.c.dx), gr::flat(in_space.c.dx)));
        CHECK(std::ranges::equal(gr::flat(in_time.grad.W), gr::flat(in_space.grad.W)));
        CHECK(same(in_time.grad.b, in_space.grad.b));
    }
}

TEST_CASE_TEMPLATE("conv2d.forward, conv2d.dW, conv2d.db, conv2d.dx: PyTorch's values", T, float, double) {
    equals_pytorch<T, 2>();
}
TEST_CASE_TEMPLATE("conv1d.forward: PyTorch's values, and those of its gradients", T, float, double) {
    equals_pytorch<T, 1>();
}

TEST_CASE("conv2d.forward, conv2d.dW, conv2d.db, conv2d.dx: central differences with a random upstream gradient") {
    const auto check = [](gr::size2d in, std::size_t channels, std::size_t filters, gr::size2d kernel,
                          const gr::conv2d_options& o) {
        INFO(channels, " to ", filters, ", kernel ", gr::shape_text(kernel.array()));
        const auto x = draw<images<double>>({2, in.height, in.width, channels}, 3);
        const auto with = [&](auto f) {
            run convolution(gr::conv2d<double>(channels, filters, kernel, f, o));
            CHECK(gr::gradient_check(convolution.drawn().layer, x));
        };
        with(gr::identity{}), with(gr::relu{}), with(gr::gelu{}), with(gr::sigmoid{}), with(gr::softmax{});
        with(gr::log_softmax{}), with(gr::prelu<double>()), with(gr::prelu<double>(filters));
    };
    check({4, 5}, 2, 3, 3, {});
    check({4, 5}, 2, 3, {2, 3}, {.stride = {1, 2}, .padding = gr::same});
    check({5, 4}, 8, 8, {3, 2}, {.padding = {1, 0, 2, 1}, .dilation = {1, 2}});
    check({3, 4}, 4, 8, 2, {.stride = 2, .padding = 1, .groups = 2});
    check({4, 3}, 16, 16, 3, {.padding = gr::same});
    check({4, 3}, 3, 6, 2, {.groups = 3});
    check({4, 3}, 9, 9, 2, {.padding = gr::same, .groups = 9});
    check({1, 1}, 5, 1, 1, {});
}
TEST_CASE("conv1d.forward: central differences with a random upstream gradient") {
    const auto x = draw<gr::tensor<double, 3>>({2, 7, 8}, 3);
    CHECK(gr::gradient_check(gr::conv1d(8, 16, 3, gr::gelu{}, {.padding = {2, 0}}), gr::to_scalar<float>(x)));
    const gr::conv1d_options options{.stride = 2, .padding = gr::same, .dilation = 2, .groups = 4};
    CHECK(gr::gradient_check(gr::conv1d<double>(8, 4, 2, gr::softmax{}, options), x));
    const auto two = gr::sequential(gr::conv1d<double>(8, 4, 3, gr::prelu<double>()), gr::conv1d<double>(4, 2, 2));
    CHECK(gr::gradient_check(two, x));
}

TEST_CASE("conv2d.forward: depthwise is as many groups as channels") {
    run depthwise(gr::depthwise_conv2d<float>(17, 3, gr::relu{}, {.padding = gr::same, .multiplier = 2}));
    CHECK(depthwise.layer.theta.W.shape() == images<float>::shape_type{3, 3, 1, 34});
    CHECK(depthwise.layer.channels() == 17);
    CHECK(depthwise.layer.filters() == 34);
    run grouped(gr::conv2d<float>(17, 34, 3, gr::relu{}, {.padding = gr::same, .groups = 17}));
    depthwise.drawn(), grouped.drawn();
    const auto x = draw<images<float>>({2, 5, 6, 17}, 1);
    depthwise(x), grouped(x);
    CHECK(same(depthwise.c.y, grouped.c.y));
    CHECK(same(depthwise.c.dx, grouped.c.dx));
    CHECK(same(depthwise.grad.W, grouped.grad.W));
    const auto one_each = gr::depthwise_conv2d(5, {1, 3});
    CHECK(one_each.theta.W.shape() == images<float>::shape_type{1, 3, 1, 5});
}

TEST_CASE("conv2d, conv1d, depthwise_conv2d: options without an activation, and none of either") {
    using sample = std::vector<std::size_t>;
    const auto conv2d = gr::conv2d(1, 8, 3, {.stride = 2});
    static_assert(std::is_same_v<decltype(conv2d.f), gr::identity>);
    CHECK(conv2d.output_shape({7, 9, 1}) == sample{3, 4, 8});
    CHECK(gr::conv2d<double>(1, 8, {3, 1}, {.padding = gr::same}, gr::full{2}).theta.W(2, 0, 0, 7) == 2);
    CHECK(gr::conv1d(1, 8, 3, {.padding = {2, 0}}).output_shape({7, 1}) == sample{7, 8});
    CHECK(gr::conv1d<double>(1, 8, 3, {.stride = 2}, gr::full{2}).theta.W(2, 0, 7) == 2);
    CHECK(gr::depthwise_conv2d(4, 3, {.multiplier = 3}).output_shape({7, 9, 4}) == sample{5, 7, 12});
    CHECK(gr::depthwise_conv2d<double>(4, 3, {.stride = 2}, gr::full{2}).theta.W(2, 2, 0, 3) == 2);

    CHECK(gr::conv2d(1, 8, 3, {}).output_shape({7, 9, 1}) == gr::conv2d(1, 8, 3).output_shape({7, 9, 1}));
    CHECK(gr::conv1d(1, 8, 3, {}).output_shape({7, 1}) == gr::conv1d(1, 8, 3).output_shape({7, 1}));
    CHECK(gr::depthwise_conv2d(4, 3, {}).output_shape({7, 9, 4}) == gr::depthwise_conv2d(4, 3).output_shape({7, 9, 4}));
    CHECK(gr::conv2d(1, 8, 3, {}, {.stride = 2}).options.stride == gr::size2d(2));
}
