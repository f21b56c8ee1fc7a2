// A convolution whose activation has parameters: it uses the trained values in θ.f, not the initial values in f.
#include <doctest/doctest.h>

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "gradus/activations/prelu.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/convolution/conv_transpose2d.hpp"
#include "gradus/layers/convolution/convolution.hpp"

namespace gr = gradus;
using images = gr::tensor<double, 4>;
using sequences = gr::tensor<double, 3>;
using vector = gr::tensor<double, 1>;
using support::draw;

namespace {

/// One channel, two filters 1 and -1, with trained slopes 0.5 and -3 that were initially 0.25.
template <class L>
L learnt(L layer) {
    layer.theta.W.data()[0] = 1, layer.theta.W.data()[1] = -1;
    layer.theta.f.a = {0.5, -3};
    return layer;
}
/// With z = (2 -2) (-4 4) and dy = (1 10) (100 1000).
template <class L, class X>
void by_hand(const L& layer, const X& x, const X& dy) {
    gr::cache_of<L, X> c;
    auto grad = layer.theta;
    gr::each([](const gr::entry&, auto& g) { g.fill(77); }, grad);
    const X& y = layer.forward(x, c);
    CHECK(y.data()[0] == 2);
    CHECK(y.data()[1] == 6);   // -3 (-2)
    CHECK(y.data()[2] == -2);  // 0.5 (-4)
    CHECK(y.data()[3] == 4);
    const X& dx = layer.backward(x, dy, c, grad);
    CHECK(grad.f.a == vector{100 * -4, 10 * -2});
    CHECK(grad.b == vector{51, 970});           // dz = (1 -30) (50 1000)
    CHECK(grad.W.data()[0] == 2 * 1 - 4 * 50);  // Σ x dz
    CHECK(grad.W.data()[1] == 2 * -30 - 4 * 1000);
    CHECK(dx.data()[0] == 1 + 30);  // dz Wᵀ
    CHECK(dx.data()[1] == 50 - 1000);
}

}  // namespace

TEST_CASE("prelu, prelu.backward, prelu.da, conv2d.forward, conv2d.dW, conv2d.db, conv2d.dx: the slopes that were learnt, by hand") {
    const images x{{{{2}, {-4}}}}, dy{{{{1, 10}, {100, 1000}}}};
    by_hand(learnt(gr::conv2d<double>(1, 2, 1, gr::prelu(2))), x, dy);
    by_hand(learnt(gr::conv_transpose2d<double>(1, 2, 1, gr::prelu(2))), x, dy);
    by_hand(learnt(gr::conv1d<double>(1, 2, 1, gr::prelu(2))), sequences{{{2}, {-4}}}, sequences{{{1, 10}, {100, 1000}}});
}
TEST_CASE("prelu.backward, prelu.da, conv2d.dW, conv2d.db, conv2d.dx: the slopes that were learnt, central differences") {
    const auto x = draw<images>({3, 5, 4, 3}, 1);
    const auto passes = [&](auto layer) {
        layer.theta.f.a = draw<vector>({layer.theta.f.a.size()}, 2, -2, -1);
        return gr::gradient_check(layer, x);
    };
    for (const std::size_t slopes : {std::size_t(1), std::size_t(6)}) {
        CHECK(passes(gr::conv2d<double>(3, 6, 3, gr::prelu(slopes))));
        CHECK(passes(gr::conv2d<double>(3, 6, {2, 1}, gr::prelu(slopes), {.stride = {1, 2}, .padding = gr::same})));
        CHECK(passes(gr::depthwise_conv2d<double>(3, 3, gr::prelu(slopes), {.multiplier = 2})));
        CHECK(passes(gr::conv_transpose2d<double>(3, 6, 2, gr::prelu(slopes))));
    }
}
TEST_CASE("conv2d, conv1d, conv_transpose2d: initialize forgets what the activation learnt too") {
    const auto forgets = [](auto layer) {
        layer.theta.f.a.fill(-7);
        layer.initialize(5);
        return layer.theta.f.a == vector{0.5, 0.5};
    };
    CHECK(forgets(gr::conv2d<double>(3, 2, 3, gr::prelu(2, 0.5))));
    CHECK(forgets(gr::conv1d<double>(3, 2, 3, gr::prelu(2, 0.5))));
    CHECK(forgets(gr::conv_transpose2d<double>(3, 2, 3, gr::prelu(2, 0.5))));
}
