#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "../../support/close.hpp"
#include "../../support/message.hpp"
#include "gradus/activations/leaky_relu.hpp"
#include "gradus/activations/prelu.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/layers/convolution/convolution.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/models/sequential.hpp"

namespace gr = gradus;
using images = gr::tensor<float, 4>;
using sequences = gr::tensor<float, 3>;
using sizes = std::vector<std::size_t>;
using support::message_of;

namespace {

template <class L, class X>
std::string forward_of(const L& layer, const X& x) {
    gr::cache_of<L, X> c;
    return message_of([&] { (void)layer.forward(x, c); });
}

}  // namespace

TEST_CASE("conv2d: what it says to an input of other channels, to none, and to one smaller than its window") {
    const auto layer = gr::conv2d(3, 8, 5);
    CHECK(forward_of(layer, images({2, 28, 28, 1}, 0.f)) ==
          "conv2d: y = f(x ∗ W + b) needs x of (N, H, W, 3), got (2, 28, 28, 1): W is (5, 5, 3, 8)");
    CHECK(forward_of(layer, images({0, 28, 28, 3}, 0.f)) ==
          "conv2d: y = f(x ∗ W + b) got an empty batch, x is (0, 28, 28, 3)");
    CHECK(forward_of(layer, images({2, 4, 28, 3}, 0.f)) ==
          "conv2d: a window of (5, 5) does not fit into an image of (4, 28)");
    CHECK(forward_of(layer, images({2, 28, 0, 3}, 0.f)) ==
          "conv2d: a window of (5, 5) does not fit into an image of (28, 0)");
    CHECK(forward_of(gr::conv2d(3, 8, 5, gr::relu{}, {.padding = 1, .dilation = 2}), images({2, 6, 28, 3}, 0.f)) ==
          "conv2d: a window of (9, 9) does not fit into an image of (6, 28) padded to (8, 30)");
    CHECK(forward_of(gr::conv2d(4, 8, 3, gr::relu{}, {.groups = 2}), images({2, 6, 6, 2}, 0.f)) ==
          "conv2d: y = f(x ∗ W + b) needs x of (N, H, W, 4), got (2, 6, 6, 2): W is (3, 3, 2, 8)");
    CHECK(forward_of(gr::conv2d(1, 8, 5, gr::relu{}, {.padding = gr::same}), images({1, 1, 1, 1}, 0.f)) == "(no error)");
}
TEST_CASE("conv1d: the same in its own words") {
    const auto layer = gr::conv1d(3, 8, 5);
    CHECK(forward_of(layer, sequences({2, 28, 4}, 0.f)) ==
          "conv1d: y = f(x ∗ W + b) needs x of (N, T, 3), got (2, 28, 4): W is (5, 3, 8)");
    CHECK(forward_of(layer, sequences({0, 28, 3}, 0.f)) == "conv1d: y = f(x ∗ W + b) got an empty batch, x is (0, 28, 3)");
    CHECK(forward_of(layer, sequences({2, 4, 3}, 0.f)) == "conv1d: a window of 5 does not fit into a sequence of 4");
}

TEST_CASE("conv2d: what it says to sizes of 0, to groups that do not divide, to an activation that is none") {
    CHECK(message_of([] { (void)gr::conv2d(0, 8, 3); }) ==
          "conv2d: W needs all sizes at least 1, got a kernel of (3, 3), 0 channels and 8 filters");
    CHECK(message_of([] { (void)gr::conv2d(3, 0, 3); }) ==
          "conv2d: W needs all sizes at least 1, got a kernel of (3, 3), 3 channels and 0 filters");
    CHECK(message_of([] { (void)gr::conv2d(3, 8, {3, 0}); }) ==
          "conv2d: W needs all sizes at least 1, got a kernel of (3, 0), 3 channels and 8 filters");
    CHECK(message_of([] { (void)gr::conv1d(3, 8, 0); }) ==
          "conv1d: W needs all sizes at least 1, got a kernel of (1, 0), 3 channels and 8 filters");
    CHECK(message_of([] { (void)gr::conv2d(1, 8, 3, {.stride = 0}); }) ==
          "conv2d: kernel, stride and dilation are at least 1, got (3, 3), (0, 0) and (1, 1)");
    CHECK(message_of([] { (void)gr::conv1d(1, 8, 3, {.dilation = 0}); }) ==
          "conv1d: kernel, stride and dilation are at least 1, got (1, 3), (1, 1) and (1, 0)");
    for (const auto& [in, out, groups] : {std::array{3, 8, 2}, {4, 6, 4}, {4, 8, 0}})
        CHECK(message_of([&, i = in, o = out, g = groups] {
                  (void)gr::conv2d(std::size_t(i), std::size_t(o), 3, gr::relu{}, {.groups = std::size_t(g)});
              }) == gr::message({"conv2d: groups must divide channels and filters, got ", groups, " groups of ", in,
                                 " channels and ", out, " filters"}));
    CHECK(message_of([] { (void)gr::depthwise_conv2d(0, 3); }) ==
          "conv2d: W needs all sizes at least 1, got a kernel of (3, 3), 0 channels and 0 filters");
    CHECK(message_of([] { (void)gr::conv2d(3, 8, 3, gr::leaky_relu{.slope = NAN}); }) ==
          "leaky_relu: f(z) needs a finite slope, got nan");
    CHECK(message_of([] { (void)gr::conv2d(3, 8, 3, gr::prelu(7)); }) ==
          "prelu: y = f(x; a) needs x of (N, 7), got (N, 8): a is (7)");
}

TEST_CASE("conv2d: a way of one's own choice is taken, or refused where it does not serve") {
    const gr::tensor<float, 4> x({2, 6, 6, 16}, 1.0f);
    for (auto way : {gr::convolution_way::columns, gr::convolution_way::implicit, gr::convolution_way::winograd}) {
        const auto layer = gr::conv2d(16, 32, 3, gr::relu{}, {.way = way});
        gr::pass pass(layer);
        gr::forward(layer, x, pass);
        CHECK(pass.cache.kernel.way() == way);
    }
    CHECK(message_of([] { (void)gr::conv2d(16, 32, 3, gr::relu{}, {.stride = 2, .way = gr::convolution_way::winograd}); }) ==
          "conv2d: the way `winograd` does not serve a kernel of (3, 3), stride (2, 2), 16 channels, 32 filters and 1 groups");
    CHECK(message_of([] { (void)gr::conv2d(16, 32, 3, gr::relu{}, {.way = gr::convolution_way::depthwise}); }) ==
          "conv2d: the way `depthwise` does not serve a kernel of (3, 3), stride (1, 1), 16 channels, 32 filters and 1 groups");
}
TEST_CASE("conv2d: what its backward says without its forward, to a dy of another shape, to gradients of another network") {
    const auto layer = gr::conv2d(3, 2, 3, gr::relu{});
    const images x({4, 6, 5, 3}, 0.f), dy({4, 4, 3, 2}, 0.f);
    gr::cache_of<std::remove_const_t<decltype(layer)>, images> c;
    auto grad = layer.theta;
    CHECK(message_of([&] { (void)layer.backward(x, dy, c, grad); }) ==
          "conv2d: backward needs the forward of the same x before it: x is (4, 6, 5, 3), the pass holds y of (0, 0, 0, 0)");
    (void)layer.forward(x, c);
    CHECK(message_of([&] { (void)layer.backward(x, images({4, 3, 4, 2}, 0.f), c, grad); }) ==
          "conv2d: dz = dy ∘ f'(z) needs dy shaped as y (4, 4, 3, 2), got (4, 3, 4, 2)");
    CHECK(message_of([&] { (void)layer.backward(images({5, 6, 5, 3}, 0.f), images({5, 4, 3, 2}, 0.f), c, grad); }) ==
          "conv2d: backward needs the forward of the same x before it: x is (5, 6, 5, 3), the pass holds y of (4, 4, 3, 2)");
    CHECK(message_of([&] { (void)layer.backward(images({4, 6, 5, 2}, 0.f), dy, c, grad); }) ==
          "conv2d: y = f(x ∗ W + b) needs x of (N, H, W, 3), got (4, 6, 5, 2): W is (3, 3, 3, 2)");
    grad.b.resize({5});
    CHECK(message_of([&] { (void)layer.backward(x, dy, c, grad); }) ==
          "conv2d: db = Σ dz needs db of (2), got (5): make the gradients of this network, gr::gradients grad(net)");
    grad.W.resize({3, 3, 3, 4});
    CHECK(message_of([&] { (void)layer.backward(x, dy, c, grad); }) ==
          "conv2d: dW = Σ x dz needs dW of (3, 3, 3, 2), got (3, 3, 3, 4): make the gradients of this network, "
          "gr::gradients grad(net)");
    grad = {};
    CHECK(message_of([&] { (void)layer.backward(x, dy, c, grad); }) ==
          "conv2d: dW = Σ x dz needs dW of (3, 3, 3, 2), got (0, 0, 0, 0): make the gradients of this network, "
          "gr::gradients grad(net)");
}

TEST_CASE("conv2d: in a network, messages say where it stands") {
    const auto net = gr::sequential(gr::conv2d(3, 4, 3), gr::named("head", gr::conv2d(4, 2, 3)));
    gr::pass pass(net);
    CHECK(message_of([&] { (void)net.forward(images({5, 7, 7, 1}, 0.f), pass); }) ==
          "conv2d #0: y = f(x ∗ W + b) needs x of (N, H, W, 3), got (5, 7, 7, 1): W is (3, 3, 3, 4)");
    CHECK(message_of([&] { (void)net.forward(images({5, 4, 7, 3}, 0.f), pass); }) ==
          "conv2d #head: a window of (3, 3) does not fit into an image of (2, 5)");
    const images x({5, 7, 7, 3}, 0.f);
    (void)net.forward(x, pass);
    gr::gradients grad(net);
    CHECK(message_of([&] { (void)net.backward(x, images({5, 3, 3, 1}, 0.f), pass, grad); }) ==
          "conv2d #head: dz = dy ∘ f'(z) needs dy shaped as y (5, 3, 3, 2), got (5, 3, 3, 1)");
}
TEST_CASE("conv2d: layers that do not fit are found where the network is put together") {
    CHECK(message_of([] { (void)gr::sequential(gr::conv2d(3, 4, 3), gr::conv2d(5, 2, 3)); }) ==
          "conv2d #1: y = f(x ∗ W + b) needs x of (N, H, W, 5), got (N, 4): W is (3, 3, 5, 2)");
    const gr::conv2d_options known{.image = {28, 28}};
    const auto first = gr::conv2d(1, 4, 3, gr::relu{}, known);
    CHECK(message_of([&] { (void)gr::sequential(first, gr::conv2d(3, 2, 3)); }) ==
          "conv2d #1: y = f(x ∗ W + b) needs x of (N, H, W, 3), got (N, 26, 26, 4): W is (3, 3, 3, 2)");
    CHECK(message_of([&] { (void)gr::sequential(first, gr::conv2d(4, 2, 27)); }) ==
          "conv2d #1: a window of (27, 27) does not fit into an image of (26, 26)");
    CHECK(message_of([&] { (void)gr::sequential(first, gr::flatten{}, gr::dense(2700, 10)); }) ==
          "dense #2: y = f(xW + b) needs x of (N, 2700), got (N, 2704): W is (2700, 10)");
    CHECK(message_of([&] { (void)gr::sequential(first, gr::flatten{}, gr::dense(2704, 10)); }) ==
          "(no error)");
    CHECK(message_of([&] { (void)gr::sequential(gr::conv2d(1, 4, 30, gr::relu{}, known)); }) ==
          "conv2d #0: a window of (30, 30) does not fit into an image of (28, 28)");
    CHECK(message_of([] {
              const auto in_time = gr::conv1d(2, 4, 3, gr::relu{}, {.stride = 2, .length = 20});
              (void)gr::sequential(in_time, gr::flatten{}, gr::dense(40, 1));
          }) == "dense #2: y = f(xW + b) needs x of (N, 40), got (N, 36): W is (40, 1)");
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({784}), gr::conv2d(1, 4, 3)); }) ==
          "conv2d #1: y = f(x ∗ W + b) needs x of (N, H, W, 1), got (N, 784): W is (3, 3, 1, 4)");
    CHECK(message_of([] {
              (void)gr::sequential(gr::reshaped({28, 28, 1}), gr::conv2d(1, 4, 3), gr::flatten{}, gr::dense(2704, 1));
          }) == "(no error)");
}
TEST_CASE("conv2d: the shapes that it takes and gives") {
    const auto layer = gr::conv2d(3, 8, {3, 5}, gr::relu{}, {.stride = {2, 1}, .padding = {1, 0, 2, 1}});
    CHECK(layer.output_shape({6, 9, 3}) == sizes{3, 8, 8});
    CHECK(gr::conv2d(3, 8, 2, gr::relu{}, {.stride = 3, .padding = gr::same}).output_shape({7, 9, 3}) == sizes{3, 3, 8});
    CHECK(gr::conv1d(3, 8, 5, gr::relu{}, {.padding = {4, 0}}).output_shape({7, 3}) == sizes{7, 8});
    CHECK(message_of([&] { (void)layer.output_shape({9, 3}); }) ==
          "conv2d: y = f(x ∗ W + b) needs x of (N, H, W, 3), got (N, 9, 3): W is (3, 5, 3, 8)");
    CHECK(message_of([&] { (void)layer.output_shape({2, 6, 9, 3}); }) ==
          "conv2d: y = f(x ∗ W + b) needs x of (N, H, W, 3), got (N, 2, 6, 9, 3): W is (3, 5, 3, 8)");
}

TEST_CASE("conv2d: begins with Glorot's uniform draw, whose fans are the window times channels and filters") {
    gr::seed(5);
    const auto layer = gr::conv2d(16, 32, {3, 5});
    const double limit = std::sqrt(6.0 / (15 * 16 + 15 * 32));
    double sum = 0, squares = 0, largest = 0;
    for (const float w : layer.theta.W) {
        sum += w, squares += double(w) * w, largest = std::max(largest, std::abs(double(w)));
    }
    const auto n = static_cast<double>(layer.theta.W.size());
    CHECK(largest <= limit);
    CHECK(largest >= 0.99 * limit);
    CHECK(std::abs(sum / n) <= 4 * limit / std::sqrt(3 * n));
    CHECK(squares / n == doctest::Approx(limit * limit / 3).epsilon(0.05));
    CHECK(std::ranges::all_of(gr::flat(layer.theta.b), [](float b) { return b == 0; }));
    CHECK(support::same(gr::conv2d(16, 32, {3, 5}).theta.W, layer.theta.W));
    gr::seed(6);
    CHECK_FALSE(support::same(gr::conv2d(16, 32, {3, 5}).theta.W, layer.theta.W));

    const auto net = gr::sequential(gr::conv2d(2, 2, 3), gr::conv2d(2, 2, 3));  // the draw depends on the path
    CHECK_FALSE(support::same(net.layer<0>().theta.W, net.layer<1>().theta.W));
    const auto filled = gr::conv2d(2, 2, 3, gr::relu{}, {}, {gr::full{0.5}, gr::full{0.25}});
    CHECK(std::ranges::all_of(gr::flat(filled.theta.W), [](float w) { return w == 0.5f; }));
    CHECK(std::ranges::all_of(gr::flat(filled.theta.b), [](float b) { return b == 0.25f; }));
}
TEST_CASE("conv2d: its biases are spared by weight decay; both have their names") {
    const auto layer = gr::conv2d(2, 3, 3, gr::prelu(3));
    std::vector<std::string> names;
    gr::each([&](const gr::entry& e, const auto&) { names.push_back(e.path() + (e.decay ? " decays" : "")); }, layer.theta);
    CHECK(names == std::vector<std::string>{"W decays", "b", "a"});
}
TEST_CASE("conv2d.to_scalar: the same layer in double") {
    const gr::conv2d_options options{.stride = 2, .padding = gr::same, .dilation = {1, 2}, .groups = 2};
    const auto layer = gr::conv2d(4, 6, {3, 1}, gr::relu{}, options);
    const auto wide = gr::to_scalar<double>(layer);
    static_assert(std::is_same_v<decltype(wide), const gr::convolution_layer<double, gr::relu, 2>>);
    CHECK(std::ranges::equal(gr::flat(wide.theta.W), gr::flat(layer.theta.W)));
    CHECK(wide.options.stride == layer.options.stride);
    CHECK(wide.options.padding.is_same);
    CHECK(wide.options.dilation == layer.options.dilation);
    CHECK(wide.options.groups == 2);
    CHECK(wide.channels() == 4);
    const auto learnt = gr::to_scalar<double>(gr::conv1d(4, 6, 3, gr::prelu(6, 0.5)));
    static_assert(std::is_same_v<decltype(learnt), const gr::convolution_layer<double, gr::prelu<double>, 1>>);
    CHECK(learnt.theta.f.a == gr::tensor<double, 1>({6}, 0.5));
}
