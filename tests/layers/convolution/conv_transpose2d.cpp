// labels: computes
#include "gradus/layers/convolution/conv_transpose2d.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "gradus/activations/gelu.hpp"
#include "gradus/activations/prelu.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/activations/softmax.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/interop/pytorch.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/reference/conv_transpose2d.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/fixture.hpp"
#include "../../support/message.hpp"

namespace gr = gradus;
using images = gr::tensor<float, 4>;
using shape = std::array<std::size_t, 4>;
using support::difference;
using support::draw;
using support::message_of;
using support::pytorch;
using support::tolerance;

namespace {

/// Forward and backward of a layer; the gradients are filled with 77 first, because backward must assign them.
template <class T, class L>
struct run {
    using X = gr::tensor<T, 4>;
    X y, dx;
    typename L::parameters grad;

    run(const L& layer, const X& x, const X& dy) : grad(layer.theta) {
        gr::each([](const gr::entry&, auto& g) { g.fill(T(77)); }, grad);
        gr::pass pass(layer, x);
        pass.input_gradient = true;
        y = gr::forward(layer, x, pass);
        dx = gr::backward(layer, x, dy, pass, grad);
    }
};
template <class T, class L>
run(const L&, const gr::tensor<T, 4>&, const gr::tensor<T, 4>&) -> run<T, L>;

/// The layer of a stored configuration, with PyTorch's parameters.
template <class T, class F>
auto stored_layer(const std::string& stored) {
    const auto options = pytorch<gr::tensor<double, 1>>(stored + "options");
    const auto at = [&](std::size_t i) { return static_cast<std::size_t>(options(i)); };
    const auto weight = pytorch<gr::tensor<T, 4>>(stored + "W");  // (I, O / groups, KH, KW)
    auto layer = gr::conv_transpose2d<T>(weight.shape()[0], weight.shape()[1] * at(11), {weight.shape()[2], weight.shape()[3]},
                                         F{},
                                         {.stride = {at(0), at(1)},
                                          .padding = at(2) ? gr::same : gr::padding2d(at(3), at(4), at(5), at(6)),
                                          .output_padding = {at(7), at(8)},
                                          .dilation = {at(9), at(10)},
                                          .groups = at(11)});
    REQUIRE(layer.theta.W.shape() == gr::from_pytorch::weights(weight).shape());
    layer.theta = {gr::from_pytorch::weights(weight), pytorch<gr::tensor<T, 1>>(stored + "b")};
    return layer;
}
template <class T, class F>
void equals_pytorch(std::size_t number) {
    CAPTURE(number);
    const std::string stored = "conv_transpose/" + std::to_string(number) + ".";
    const auto layer = stored_layer<T, F>(stored);
    const run r(layer, pytorch<gr::tensor<T, 4>>(stored + "x"), pytorch<gr::tensor<T, 4>>(stored + "dy"));
    const std::size_t K = layer.kernel.area() * std::max(layer.channels(), layer.filters()), pixels = gr::rows(r.y);
    const auto dW = gr::to_pytorch::weights(r.grad.W);
    CHECK(difference(r.y, pytorch<gr::tensor<double, 4>>(stored + "y")) <= tolerance<T>(K));
    CHECK(difference(r.dx, pytorch<gr::tensor<double, 4>>(stored + "dx")) <= tolerance<T>(K));
    CHECK(difference(dW, pytorch<gr::tensor<double, 4>>(stored + "dW")) <= tolerance<T>(pixels));
    CHECK(difference(r.grad.b, pytorch<gr::tensor<double, 1>>(stored + "db")) <= tolerance<T>(pixels));
}
template <class T>
void equals_pytorch() {
    for (std::size_t number = 0; number < 36; number += 3) {
        equals_pytorch<T, gr::identity>(number);
        equals_pytorch<T, gr::relu>(number + 1);
        equals_pytorch<T, gr::gelu>(number + 2);
    }
}

struct sizes {
    shape x;  // (N, H, W, I)
    std::size_t filters;
    gr::size2d kernel;
    gr::conv_transpose2d_options options;
};
/// A case for every algorithm of kernels::convolution, and cases with several chunks of images.
const std::vector<sizes>& every_way() {
    static const std::vector<sizes> all{{{1, 1, 1, 1}, 1, 1, {}},
                                        {{2, 3, 4, 3}, 5, {3, 2}, {.stride = 2, .padding = {1, 0, 0, 1}}},
                                        {{2, 3, 4, 32}, 16, 3, {.stride = 2, .padding = gr::same}},
                                        {{2, 5, 4, 16}, 32, 3, {.padding = 1}},
                                        {{1, 4, 4, 6}, 6, 3, {.stride = {2, 1}, .output_padding = {1, 0}, .groups = 6}},
                                        {{2, 3, 3, 8}, 4, 2, {.stride = 3, .padding = gr::same, .groups = 2}},
                                        {{9, 20, 20, 16}, 16, 3, {.stride = 2, .padding = gr::same}},
                                        {{9, 20, 20, 16}, 16, 3, {.padding = 1}},
                                        {{1, 5, 1, 2}, 3, {2, 4}, {.output_padding = {1, 2}, .dilation = {2, 3}}}};
    return all;
}
template <class T>
void equals_reference() {
    for (const sizes& size : every_way()) {
        CAPTURE(gr::shape_text(size.x));
        CAPTURE(size.filters);
        const auto& [in, filters, kernel, options] = size;
        auto layer = gr::conv_transpose2d<T>(in[3], filters, kernel, gr::identity{}, options);
        layer.theta.b = draw<gr::tensor<T, 1>>({filters}, 3);
        const auto x = draw<gr::tensor<T, 4>>(in, 1);
        const auto out = layer.output_shape({in[1], in[2], in[3]});
        const auto dy = draw<gr::tensor<T, 4>>({in[0], out[0], out[1], out[2]}, 2);
        const run r(layer, x, dy);
        gr::window2d w{{out[0], out[1]}, kernel, options.stride, options.dilation, {in[1], in[2]}, options.padding};
        if (options.padding.is_same) w = gr::window::place("", w.in, kernel, w.stride, gr::same, w.dilation);
        const gr::reference::conv_transpose2d<T> expected(w, options.groups, x, layer.theta.W, layer.theta.b, dy);
        const std::size_t K = kernel.area() * std::max(in[3], filters), pixels = gr::rows(dy);
        CHECK(difference(r.y, expected.z) <= tolerance<T>(K));
        CHECK(difference(r.dx, expected.dx) <= tolerance<T>(K));
        CHECK(difference(r.grad.W, expected.dW) <= tolerance<T>(pixels));
        CHECK(difference(r.grad.b, expected.db) <= tolerance<T>(pixels));
    }
}

}  // namespace

TEST_CASE("conv_transpose2d.forward, conv_transpose2d.dW, conv_transpose2d.db, conv_transpose2d.dx: by hand") {
    // one row: x = 1 2, W = 3 4 5 with stride 2: 3 4 5 . . and . . 6 8 10, b = 1
    auto layer = gr::conv_transpose2d(1, 1, {1, 3}, gr::identity{}, {.stride = {1, 2}});
    layer.theta.W = images{{{{3}}, {{4}}, {{5}}}};
    layer.theta.b = {1};
    const run r(layer, images{{{{1}, {2}}}}, images{{{{1}, {10}, {100}, {1000}, {10000}}}});
    CHECK(support::same(r.y, images{{{{4}, {5}, {12}, {9}, {11}}}}));
    CHECK(support::same(r.grad.W, images{{{{1 + 2 * 100}}, {{10 + 2 * 1000}}, {{100 + 2 * 10000}}}}));
    CHECK(r.grad.b(0) == 11111);
    CHECK(support::same(r.dx, images{{{{3 + 4 * 10 + 5 * 100}, {3 * 100 + 4 * 1000 + 5 * 10000}}}}));
}

TEST_CASE("conv_transpose2d.output: by hand") {
    const auto out = [](gr::size2d kernel, const gr::conv_transpose2d_options& options) {
        return gr::conv_transpose2d(3, 2, kernel, gr::identity{}, options).output_shape({4, 5, 3});
    };
    using vector = std::vector<std::size_t>;
    CHECK(out(3, {}) == vector{6, 7, 2});                                                      // (4 - 1) 1 + 2 + 1
    CHECK(out(3, {.stride = 2}) == vector{9, 11, 2});                                          // (4 - 1) 2 + 2 + 1
    CHECK(out(3, {.stride = 2, .padding = 1}) == vector{7, 9, 2});
    CHECK(out(3, {.stride = 2, .padding = 1, .output_padding = 1}) == vector{8, 10, 2});
    CHECK(out({3, 2}, {.padding = {0, 1, 2, 0}, .dilation = {2, 1}}) == vector{7, 4, 2});  // 3 + 4 + 1 - 1, 4 + 2 - 2
    CHECK(out(3, {.stride = {2, 3}, .padding = gr::same}) == vector{8, 15, 2});
    CHECK(out(1, {.stride = {2, 3}, .padding = gr::same}) == vector{8, 15, 2});
}

TEST_CASE("conv_transpose2d.output: PyTorch") {
    for (std::size_t number = 0; number < 36; ++number) {
        CAPTURE(number);
        const std::string stored = "conv_transpose/" + std::to_string(number) + ".";
        const auto x = pytorch<images>(stored + "x"), y = pytorch<images>(stored + "y");
        const auto out = stored_layer<float, gr::identity>(stored).output_shape({x.shape()[1], x.shape()[2], x.shape()[3]});
        CHECK(std::ranges::equal(out, std::array{y.shape()[1], y.shape()[2], y.shape()[3]}));
    }
}

TEST_CASE("conv_transpose2d.forward, conv_transpose2d.dW, conv_transpose2d.db, conv_transpose2d.dx: PyTorch") {
    equals_pytorch<double>();
    equals_pytorch<float>();
}

TEST_CASE("conv_transpose2d.forward, conv_transpose2d.dW, conv_transpose2d.db, conv_transpose2d.dx: six sums") {
    equals_reference<double>();
    equals_reference<float>();
}

TEST_CASE("conv_transpose2d.dW, conv_transpose2d.db, conv_transpose2d.dx: central differences") {
    const auto x = draw<images>({2, 3, 4, 4}, 1);
    const gr::conv_transpose2d_options options{
        .stride = 2, .padding = {1, 0, 2, 1}, .output_padding = {1, 0}, .dilation = {1, 2}};
    const auto passes = [&](auto layer) {
        // where no window reaches, z = b, which must not be at the kink 0
        layer.theta.b = draw<gr::tensor<float, 1>>({layer.filters()}, 2);
        return gr::gradient_check(layer, x);
    };
    CHECK(passes(gr::conv_transpose2d(4, 3, 3, gr::identity{}, options)));
    CHECK(passes(gr::conv_transpose2d(4, 3, 3, gr::gelu{}, options)));
    CHECK(passes(gr::conv_transpose2d(4, 3, 3, gr::softmax{}, options)));
    CHECK(passes(gr::conv_transpose2d(4, 3, 3, gr::prelu<>(3), options)));
    CHECK(passes(gr::conv_transpose2d(4, 2, {2, 3}, gr::relu{}, {.stride = 3, .padding = gr::same, .groups = 2})));
    CHECK(passes(gr::conv_transpose2d(4, 4, 2, gr::gelu{}, {.groups = 4})));
    const auto net = gr::sequential(gr::conv_transpose2d(4, 2, 2, gr::gelu{}, {.stride = 2, .image = {3, 4}}),
                                    gr::conv_transpose2d(2, 1, 3), gr::flatten{}, gr::dense(80, 2));
    CHECK(gr::gradient_check(net, x));
}

TEST_CASE("conv_transpose2d: one pass serves images of one size and of another") {
    auto layer = gr::conv_transpose2d(2, 3, 3, gr::identity{}, {.stride = 2, .padding = gr::same});
    gr::pass pass(layer);
    for (const shape size : {shape{1, 3, 3, 2}, shape{2, 4, 3, 2}, shape{1, 3, 3, 2}}) {
        const auto x = draw<images>(size, 1);
        gr::pass fresh(layer);
        CHECK(support::same(gr::forward(layer, x, pass), gr::forward(layer, x, fresh)));
    }
}

TEST_CASE("conv_transpose2d: options without an activation") {
    const auto layer = gr::conv_transpose2d(2, 3, 3, {.stride = 2, .padding = gr::same});
    CHECK(layer.output_shape({4, 5, 2}) == std::vector<std::size_t>{8, 10, 3});
    const auto drawn = gr::conv_transpose2d<double>(2, 3, 3, {.stride = 2}, gr::full{2});
    CHECK(drawn.theta.W(2, 2, 2, 1) == 2);
    CHECK(gr::conv_transpose2d(2, 3, 3, {}).output_shape({4, 5, 2}) == std::vector<std::size_t>{6, 7, 3});
    CHECK(gr::conv_transpose2d(2, 3, 3, {}, {.stride = 2}).options.stride == gr::size2d(2));
}

TEST_CASE("conv_transpose2d: what does not fit is told") {
    const auto made = [](std::size_t in, std::size_t out, gr::size2d kernel, const gr::conv_transpose2d_options& options) {
        return message_of([&] { (void)gr::conv_transpose2d(in, out, kernel, gr::identity{}, options); });
    };
    CHECK(made(0, 1, 3, {}) ==
          "conv_transpose2d: W needs all sizes at least 1, got a kernel of (3, 3), 0 channels and 1 filters");
    CHECK(made(1, 1, {3, 0}, {}) ==
          "conv_transpose2d: W needs all sizes at least 1, got a kernel of (3, 0), 1 channels and 1 filters");
    CHECK(made(1, 1, 3, {.stride = {0, 1}}) ==
          "conv_transpose2d: kernel, stride and dilation are at least 1, got (3, 3), (0, 1) and (1, 1)");
    CHECK(made(4, 6, 3, {.groups = 4}) ==
          "conv_transpose2d: groups must divide channels and filters, got 4 groups of 4 channels and 6 filters");
    CHECK(made(1, 1, 3, {.stride = 2, .output_padding = {0, 2}}) ==
          "conv_transpose2d: output_padding must be less than the stride or the dilation, got (0, 2), (2, 2) and (1, 1)");
    CHECK(made(1, 1, 3, {.stride = 2, .padding = gr::same, .output_padding = 1}) ==
          "conv_transpose2d: `same` makes y H s high and W s wide: output_padding must be 0, got (1, 1)");

    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({4, 4, 2}), gr::conv_transpose2d(3, 1, 3)); }) ==
          "conv_transpose2d #1: y = f(x ∗ᵀ W + b) needs x of (N, H, W, 3), got (N, 4, 4, 2): W is (3, 3, 1, 3)");
    CHECK(message_of([] {
              (void)gr::sequential(gr::reshaped({4, 4, 2}), gr::conv_transpose2d(2, 1, 3), gr::flatten{},
                                   gr::dense(35, 1));
          }) == "dense #3: y = f(xW + b) needs x of (N, 35), got (N, 36): W is (35, 1)");
    CHECK(message_of([] {
              (void)gr::sequential(gr::reshaped({2, 2, 1}),
                                   gr::conv_transpose2d(1, 1, 3, gr::identity{}, {.padding = {2, 1}}));
          }) ==
          "conv_transpose2d #1: a padding of (2, 2, 1, 1) (top, bottom, left, right) leaves nothing of y for an image "
          "of (2, 2)");
    CHECK(message_of([] {  // the padding is larger than y
              (void)gr::conv_transpose2d(1, 1, 3, gr::identity{}, {.padding = {3, 1, 2, 7}}).output_shape({3, 4, 1});
          }) ==
          "conv_transpose2d: a padding of (3, 1, 2, 7) (top, bottom, left, right) leaves nothing of y for an image of "
          "(3, 4)");

    const auto layer = gr::conv_transpose2d(2, 1, 3);
    gr::pass pass(layer);
    CHECK(message_of([&] { (void)gr::forward(layer, images({0, 2, 2, 2}, 0.0f), pass); }) ==
          "conv_transpose2d: y = f(x ∗ᵀ W + b) got an empty batch, x is (0, 2, 2, 2)");
    CHECK(message_of([&] {
              (void)gr::forward(layer, images({1, 2, 0, 2}, 0.0f), pass);
          }) ==
          "conv_transpose2d: a padding of (0, 0, 0, 0) (top, bottom, left, right) leaves nothing of y for an image of "
          "(2, 0)");
    CHECK(message_of([&] { (void)gr::forward(layer, images({1, 2, 2, 3}, 0.0f), pass); }) ==
          "conv_transpose2d: y = f(x ∗ᵀ W + b) needs x of (N, H, W, 2), got (1, 2, 2, 3): W is (3, 3, 1, 2)");
    const images x({1, 2, 2, 2}, 0.0f);
    gr::gradients grad(layer);
    CHECK(message_of([&] {
              (void)gr::backward(layer, x, images({1, 4, 4, 1}, 0.0f), pass, grad);
          }) ==
          "conv_transpose2d: backward needs the forward of the same x before it: x is (1, 2, 2, 2), the pass holds y "
          "of (0, 0, 0, 0)");
    (void)gr::forward(layer, x, pass);
    CHECK(message_of([&] { (void)gr::backward(layer, x, x, pass, grad); }) ==
          "conv_transpose2d: dz = dy ∘ f'(z) needs dy shaped as y (1, 4, 4, 1), got (1, 2, 2, 2)");
    gr::gradients other(gr::conv_transpose2d(2, 1, 2));
    CHECK(message_of([&] {
              (void)gr::backward(layer, x, images({1, 4, 4, 1}, 0.0f), pass, other);
          }) ==
          "conv_transpose2d: dW = Σ dz x needs dW of (3, 3, 1, 2), got (2, 2, 1, 2): make the gradients of this "
          "network, gr::gradients grad(net)");
}
