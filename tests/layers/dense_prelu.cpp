// A dense layer whose activation has parameters.
#include <doctest/doctest.h>

#include <string>

#include "../support/central_difference.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"
#include "gradus/activations/prelu.hpp"
#include "gradus/layers/dense.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;
using vector = gr::tensor<double, 1>;
using support::difference;
using support::pytorch;

namespace {

template <class T, std::size_t N>
struct run {
    using X = gr::tensor<T, N>;
    gr::dense_layer<T, gr::prelu<T>> layer;
    gr::cache_of<decltype(layer), X> c;
    gr::parameters_of<decltype(layer)> grad;

    run(const gr::tensor<T, 2>& W, const gr::tensor<T, 1>& b, const gr::tensor<T, 1>& a)
        : layer(gr::dense<T>(W.shape()[0], W.shape()[1], gr::prelu<T>(a.size()))) {
        layer.theta = {{W, b}, {a}};
        grad = layer.theta;
        gr::each([](const gr::entry&, auto& g) { g.fill(77); }, grad);  // backward must assign, not add
    }
    void operator()(const X& x, const X& dy) {
        (void)layer.forward(x, c);
        (void)layer.backward(x, dy, c, grad);
    }
};

template <class T, std::size_t N>
void equals_pytorch(const std::string& sizes) {
    CAPTURE(sizes);
    const std::string given = "dense/" + sizes + ".", expected = given + "prelu.";
    const auto x = pytorch<gr::tensor<T, N>>(given + "x");
    run<T, N> dense(pytorch<gr::tensor<T, 2>>(given + "W"), pytorch<gr::tensor<T, 1>>(given + "b"),
                    pytorch<gr::tensor<T, 1>>(expected + "a"));
    dense(x, pytorch<gr::tensor<T, N>>(given + "dy"));
    const std::size_t I = gr::features(x), O = dense.c.y.shape()[N - 1];
    CHECK(difference(dense.c.y, pytorch<gr::tensor<double, N>>(expected + "y")) <= support::tolerance<T>(I));
    CHECK(difference(dense.grad.W, pytorch<matrix>(expected + "dW")) <= support::tolerance<T>(gr::rows(x)));
    CHECK(difference(dense.grad.b, pytorch<vector>(expected + "db")) <= support::tolerance<T>(gr::rows(x)));
    CHECK(difference(dense.grad.f.a, pytorch<vector>(expected + "da")) <= support::tolerance<T>(gr::rows(x) * I));
    CHECK(difference(dense.c.dx, pytorch<gr::tensor<double, N>>(expected + "dx")) <= support::tolerance<T>(O));
}

}  // namespace

TEST_CASE("prelu, prelu.backward, prelu.da, dense.dz: fused, by hand") {
    run<double, 2> dense(matrix{{1, -1, 2}, {2, 1, 0}}, {1, 0, -7}, {0.5, 0.5, -1});
    const matrix x{{1, 2}, {3, -1}}, dy{{1, 2, 3}, {4, 5, 6}};
    dense(x, dy);
    CHECK(dense.c.y == matrix{{6, 1, 5}, {2, -2, 1}});  // z = xW + b = (6 1 −5), (2 −4 −1)
    CHECK(dense.grad.f.a == vector{0, -20, -21});       // 0, 5·(−4), 3·(−5) + 6·(−1)
    CHECK(dense.grad.b == vector{5, 4.5, -9});          // dz = (1 2 −3), (4 2.5 −6)
}
TEST_CASE_TEMPLATE("prelu, prelu.backward, prelu.da, dense.dz: fused, PyTorch's values", T, float, double) {
    for (const char* sizes : {"one", "sample", "batch"}) equals_pytorch<T, 2>(sizes);
    equals_pytorch<T, 3>("sequence");
}
TEST_CASE("prelu.backward, prelu.da, dense.dz: fused, central differences with a random upstream gradient") {
    for (const std::size_t slopes : {std::size_t(1), std::size_t(5)}) {
        auto x = support::draw<gr::tensor<double, 3>>({2, 3, 7}, 3);
        run<double, 3> dense(support::draw<matrix>({7, 5}, 1), support::draw<vector>({5}, 2),
                             support::draw<vector>({slopes}, 5));
        const auto dy = support::draw<gr::tensor<double, 3>>({2, 3, 5}, 4);
        const auto J = [&] { return support::dot(dy, dense.layer.forward(x, dense.c)); };
        auto& theta = dense.layer.theta;
        const auto dW = support::slopes(J, theta.W);
        const auto da = support::slopes(J, theta.f.a);
        const auto dx = support::slopes(J, x);
        dense(x, dy);
        for (double z : dense.c.z) REQUIRE(std::abs(z) > 0.01);  // far from the kink
        CHECK(support::relative_error(dense.grad.W, dW) <= 1e-9);
        CHECK(support::relative_error(dense.grad.f.a, da) <= 1e-9);
        CHECK(support::relative_error(dense.c.dx, dx) <= 1e-9);
    }
}
TEST_CASE("prelu: fused, gradients of another network are refused") {
    run<double, 2> dense(matrix{{1, -1, 2}, {2, 1, 0}}, {1, 0, -7}, {0.5, 0.5, -1});
    const matrix x{{1, 2}, {3, -1}}, dy{{1, 2, 3}, {4, 5, 6}};
    dense.grad.f.a.resize({1});
    CHECK(support::message_of([&] { dense(x, dy); }) ==
          "prelu: da = Σ dy ∂y/∂a needs da of (3), got (1): make the gradients of this network, gr::gradients grad(net)");
}
