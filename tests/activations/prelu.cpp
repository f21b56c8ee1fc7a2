#include "gradus/activations/prelu.hpp"

#include "../support/activation.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;
using vector = gr::tensor<double, 1>;
using support::message_of;

namespace {

/// A layer with slopes `a`, with its cache and gradient, run forward and backward.
template <class T, std::size_t N = 2>
struct run {
    using X = gr::tensor<T, N>;
    gr::prelu<T> layer;
    gr::activation_cache<X> c;
    typename gr::prelu<T>::parameters grad;

    explicit run(const gr::tensor<T, 1>& a) : layer(a.size()) {
        layer.theta = {a};
        grad = {gr::tensor<T, 1>(a.shape(), T(77))};  // to be assigned, not added to
    }
    void operator()(const X& x, const X& dy) {
        (void)layer.forward(x, c);
        (void)layer.backward(x, dy, c, grad);
    }
};

}  // namespace

TEST_CASE("prelu, prelu.backward, prelu.da: by hand, a slope for each feature") {
    run<double> f(vector{0.25, -2});
    f(matrix{{4, 3}, {-4, -3}, {-8, 0}}, matrix{{1, 1}, {2, 3}, {5, 7}});
    CHECK(f.c.y == matrix{{4, 3}, {-1, 6}, {-2, 0}});
    CHECK(f.c.dx == matrix{{1, 1}, {0.5, -6}, {1.25, -14}});  // at 0 the slope is a, as PyTorch's
    CHECK(f.grad.a == vector{-48, -9});                       // 2·(−4) + 5·(−8), 3·(−3) + 7·0
}
TEST_CASE("prelu, prelu.backward, prelu.da: by hand, one slope for all") {
    run<double> f(vector{0.25});
    f(matrix{{4, 3}, {-4, -3}, {-8, 0}}, matrix{{1, 1}, {2, 3}, {5, 7}});
    CHECK(f.c.y == matrix{{4, 3}, {-1, -0.75}, {-2, 0}});
    CHECK(f.c.dx == matrix{{1, 1}, {0.5, 0.75}, {1.25, 1.75}});
    CHECK(f.grad.a == vector{-57});  // −48 − 9
}
TEST_CASE_TEMPLATE("prelu: a number, a register and an expression", T, float, double) {
    const auto z = support::draw<gr::tensor<T, 2>>({3, 17}, 1, -4, 4);
    const auto a = support::draw<gr::tensor<T, 1>>({17}, 2);
    using f = gr::prelu<T>;
    const gr::tensor<T, 2> y = f::value(z, a), d = f::derivative(z, a), da = f::derivative_a(z);
    for (std::size_t i = 0; i < z.size(); ++i) {
        const support::k::reg<T> v(z.data()[i]), slope(a(i % 17));
        T lane[3][support::k::width<T>];
        f::value(v, slope).store_unaligned(lane[0]);
        f::derivative(v, slope).store_unaligned(lane[1]);
        f::derivative_a(v).store_unaligned(lane[2]);
        CHECK(lane[0][0] == y.data()[i]);
        CHECK(lane[1][0] == d.data()[i]);
        CHECK(lane[2][0] == da.data()[i]);
        CHECK(f::value(z.data()[i], a(i % 17)) == y.data()[i]);
        CHECK(f::derivative(z.data()[i], a(i % 17)) == d.data()[i]);
        CHECK(f::derivative_a(z.data()[i]) == da.data()[i]);
    }
}
TEST_CASE("prelu.backward, prelu.da: central differences with a random upstream gradient, away from the kink") {
    for (const std::size_t slopes : {std::size_t(1), std::size_t(17)}) {
        run<double, 3> f(support::draw<vector>({slopes}, 1));
        auto x = support::draw<gr::tensor<double, 3>>({2, 3, 17}, 2, -4, 4);
        for (double& v : gr::flat(x)) v += v < 0 ? -0.01 : 0.01;
        const auto dy = support::draw<gr::tensor<double, 3>>({2, 3, 17}, 3);
        const auto J = [&] { return support::dot(dy, f.layer.forward(x, f.c)); };
        const auto dx = support::slopes(J, x);
        const auto da = support::slopes(J, f.layer.theta.a);
        f(x, dy);
        CHECK(support::relative_error(f.c.dx, dx) <= 1e-9);
        CHECK(support::relative_error(f.grad.a, da) <= 1e-9);
    }
}
TEST_CASE_TEMPLATE("prelu, prelu.backward, prelu.da: PyTorch's values", T, float, double) {
    for (const std::string name : {"activations/prelu.each.", "activations/prelu.shared."}) {
        run<T> f(support::pytorch<gr::tensor<T, 1>>(name + "a"));
        const auto z = support::pytorch<gr::tensor<T, 2>>("activations/z");
        f(z, support::pytorch<gr::tensor<T, 2>>("activations/dy"));
        const std::size_t terms = z.size() / f.grad.a.size();
        CHECK(support::difference(f.c.y, support::pytorch<matrix>(name + "y")) <= support::tolerance<T>());
        CHECK(support::difference(f.c.dx, support::pytorch<matrix>(name + "dz")) <= support::tolerance<T>());
        CHECK(support::difference(f.grad.a, support::pytorch<vector>(name + "da")) <= support::tolerance<T>(terms));
    }
}
TEST_CASE_TEMPLATE("prelu: kernel and twin at every length", T, float, double) {
    for (std::size_t n = 1; n <= 40; ++n)
        for (const std::size_t slopes : {std::size_t(1), n}) {
            CAPTURE(n);
            const auto z = support::draw<gr::tensor<T, 2>>({3, n}, n, -4, 4);
            const auto dy = support::draw<gr::tensor<T, 2>>({3, n}, n + 1);
            run<T> f(support::draw<gr::tensor<T, 1>>({slopes}, n + 2));
            f(z, dy);
            const gr::reference::prelu_backward<T> twin(z, f.layer.theta.a, dy);
            CHECK(support::difference(f.c.y, gr::reference::prelu(z, f.layer.theta.a)) <= support::tolerance<T>());
            CHECK(support::difference(f.c.dx, twin.dz) <= support::tolerance<T>());
            CHECK(support::difference(f.grad.a, twin.da) <= support::tolerance<T>(3 * n));
        }
}
TEST_CASE("prelu: gradient check, as a layer and fused; the same numbers either way") {
    const auto x = support::draw<gr::tensor<float, 3>>({2, 5, 3}, 7, -4, 4);
    for (const std::size_t slopes : {std::size_t(1), std::size_t(3)}) CHECK(gr::gradient_check(gr::prelu(slopes), x));
    CHECK(gr::gradient_check(gr::sequential(gr::dense(3, 4, gr::prelu(4)), gr::prelu(), gr::dense(4, 2, gr::prelu())), x));

    const auto wide = gr::to_scalar<double>(x);
    const gr::prelu<double> f(4, -0.5);
    const auto apart = gr::sequential(gr::dense<double>(3, 4), f);
    auto fused = gr::dense<double>(3, 4, f);
    fused.theta.W = apart.layer<0>().theta.W;
    const auto dy = support::draw<gr::tensor<double, 3>>({2, 5, 4}, 8);
    gr::pass first(apart, wide);
    gr::pass second(fused, wide);
    gr::gradients grad(apart);
    gr::gradients fused_grad(fused);
    CHECK(support::same(apart.forward(wide, first), gr::forward(fused, wide, second)));
    CHECK(support::same(apart.backward(wide, dy, first, grad), gr::backward(fused, wide, dy, second, fused_grad)));
    CHECK(support::same(std::get<1>(grad.values.layers).a, fused_grad.values.f.a));
    CHECK(support::same(std::get<0>(grad.values.layers).W, fused_grad.values.W));
}
TEST_CASE("prelu: where its slopes begin, where they stand in a network, and that weight decay spares them") {
    CHECK(gr::prelu().theta.a == gr::tensor<float, 1>{0.25f});  // PyTorch's
    CHECK(gr::prelu(2, 0.0).theta.a == gr::tensor<float, 1>{0, 0});  // Keras's
    auto net = gr::sequential(gr::dense(2, 3, gr::prelu(3, 0.5)), gr::prelu());
    std::string paths;
    gr::each(
        [&](const gr::entry& e, const auto& t) {
            paths += e.path() + "(" + std::to_string(t.size()) + ")" + (e.decay ? "" : "-") + " ";
        },
        net);
    CHECK(paths == "0.W(6) 0.b(3)- 0.a(3)- 1.a(1)- ");
    CHECK(gr::count(net) == 13);
    net.layer<0>().theta.f.a.fill(9), net.layer<1>().theta.a.fill(9);
    gr::initialize(net, 1);
    CHECK(net.layer<0>().theta.f.a == gr::tensor<float, 1>{0.5f, 0.5f, 0.5f});
    CHECK(net.layer<1>().theta.a == gr::tensor<float, 1>{0.25f});
}
TEST_CASE("prelu: in dense it takes the scalar of the layer") {
    const auto layer = gr::dense<double>(2, 3, gr::prelu(3));
    static_assert(std::is_same_v<decltype(layer), const gr::dense_layer<double, gr::prelu<double>>>);
    const auto wide = gr::to_scalar<double>(gr::dense(2, 3, gr::prelu(3, 0.5)));
    static_assert(std::is_same_v<decltype(wide), const gr::dense_layer<double, gr::prelu<double>>>);
    CHECK(wide.theta.f.a == vector{0.5, 0.5, 0.5});
}
TEST_CASE("prelu: what it says to slopes that do not fit") {
    CHECK(message_of([] { (void)gr::prelu(0); }) == "prelu: a (D) needs at least one feature, got 0");
    CHECK(message_of([] { (void)gr::dense(2, 3, gr::prelu(4)); }) ==
          "prelu: y = f(x; a) needs x of (N, 4), got (N, 3): a is (4)");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(2, 3), gr::prelu(4)); }) ==
          "prelu #1: y = f(x; a) needs x of (N, 4), got (N, 3): a is (4)");
    run<double> f(vector{1, 2});
    CHECK(message_of([&] { (void)f.layer.forward(matrix({5, 3}, 0.0), f.c); }) ==
          "prelu: y = f(x; a) needs x of (N, 2), got (5, 3): a is (2)");
    CHECK(message_of([&] { (void)f.layer.forward(matrix({0, 2}, 0.0), f.c); }) ==
          "prelu: y = f(x) got an empty batch, x is (0, 2)");
    const matrix x({5, 2}, 0.0);
    CHECK(message_of([&] { (void)f.layer.backward(x, x, f.c, f.grad); }) ==
          "prelu: backward needs the forward of the same x before it: x is (5, 2), the pass holds y of (0, 0)");
    (void)f.layer.forward(x, f.c);
    CHECK(message_of([&] { (void)f.layer.backward(x, matrix({5, 1}, 0.0), f.c, f.grad); }) ==
          "prelu: dx = dy ∘ f'(x) needs dy shaped as y (5, 2), got (5, 1)");
    f.grad.a.resize({3});
    CHECK(message_of([&] { (void)f.layer.backward(x, x, f.c, f.grad); }) ==
          "prelu: da = Σ dy ∂y/∂a needs da of (2), got (3): make the gradients of this network, gr::gradients grad(net)");
}
