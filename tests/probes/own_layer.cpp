// A user's own layer, about twenty lines, with all that the library does for its own.
#include <doctest/doctest.h>

#include "gradus.hpp"
#include "gradus/inspect/explain.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../io/temporary_folder.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "xtensor.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// y = a ∘ x + c, a scale and a shift for each feature.        dx = a ∘ dy     da = Σₙ dyₙ ∘ xₙ     dc = Σₙ dyₙ
template <class T = float>
struct affine {
    static constexpr std::string_view name = "affine";
    struct parameters {
        gr::tensor<T, 1> a, c;
        static void each(auto&& f, auto&... p) { f("a", p.a...), f("c", p.c...); }
    } theta;
    template <class X>
    struct cache {
        X y, dx;
    };
    explicit affine(std::size_t D) : theta{gr::tensor<T, 1>({D}, T(1)), gr::tensor<T, 1>({D}, T(0))} {}

    template <class X>
    const X& forward(const X& x, cache<X>& kept) const {
        return kept.y = theta.a * x + theta.c;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& kept, parameters& grad) const {
        grad.a = xt::sum(dy * x, {0}), grad.c = xt::sum(dy, {0});
        return kept.dx = theta.a * dy;
    }
    template <class U>
    auto to_scalar() const { return affine<U>(theta.a.size()); }
};

/// The same for float alone, and without a name.
struct affine_float {
    struct parameters {
        gr::tensor<float, 1> a, c;
        static void each(auto&& f, auto&... p) { f("a", p.a...), f("c", p.c...); }
    } theta{{1, 2, 3}, {0, 1, 0}};
    template <class X>
    struct cache {
        X y, dx;
    };
    const matrix& forward(const matrix& x, cache<matrix>& kept) const { return kept.y = theta.a * x + theta.c; }
    const matrix& backward(const matrix& x, const matrix& dy, cache<matrix>& kept, parameters& grad) const {
        grad.a = xt::sum(dy * x, {0}), grad.c = xt::sum(dy, {0});
        return kept.dx = theta.a * dy;
    }
};

/// Whose backward forgets the x of dc/da.
struct affine_wrong : affine_float {
    const matrix& backward(const matrix&, const matrix& dy, cache<matrix>& kept, parameters& grad) const {
        grad.a = xt::sum(dy, {0}), grad.c = xt::sum(dy, {0});
        return kept.dx = theta.a * dy;
    }
};

}  // namespace

TEST_CASE("probe.own_layer: gradient check in double; of a float-only layer in float, and the report says so") {
    const auto x = support::draw<matrix>({4, 3}, 1);
    const auto report = gr::gradient_check(affine<>(3), x);
    CHECK(report);
    CHECK_FALSE(report.in_float);
    CHECK(report.limit == 1e-7);

    const auto in_float = gr::gradient_check(affine_float{}, x);
    CHECK(in_float);
    CHECK(in_float.in_float);
    CHECK(in_float.text().find("passed in float") != std::string::npos);
    CHECK(in_float.text().find("the layer has no `to_scalar` to double, or takes float alone: float's rounding forces the wide limit") !=
          std::string::npos);

    const auto wrong = gr::gradient_check(affine_wrong{}, x);
    CHECK_FALSE(wrong);
    CHECK(wrong.where.starts_with("da["));
}

TEST_CASE("probe.own_layer: stands in a network, with summary, fit, saving and loading") {
    const temporary_folder folder;
    gr::seed(1);
    auto net = gr::sequential(gr::dense(2, 4, gr::tanh{}), gr::named("scale", affine<>(4)), gr::dense(4, 1));
    CHECK(gr::summary(net, {2}) ==
          "layer          output   parameters\n"
          "0 dense        (N, 4)           12\n"
          "scale affine   (N, 4)            8\n"
          "2 dense        (N, 1)            5\n"
          "25 parameters\n");
    const auto data = gr::data::xor_gate();
    gr::optimizer descend(net, gr::adam{.learning_rate = 0.05});
    const auto history = gr::fit(net, gr::mse{}, descend, data,
                                 {.epochs = 600, .batch_size = 4, .threads = 2, .progress = gr::show::never});
    CHECK(history.loss.back() < 1e-3);
    CHECK_FALSE(net.layer<1>().theta.a(0) == 1);

    gr::save(folder / "net.npz", net, descend);
    CHECK(gr::io::npz_reader(folder / "net.npz").contains("scale.a"));
    CHECK(gr::io::npz_reader(folder / "net.npz").contains("optimizer/v/scale.c"));
    auto other = gr::sequential(gr::dense(2, 4, gr::tanh{}), gr::named("scale", affine<>(4)), gr::dense(4, 1));
    gr::load(folder / "net.npz", other);
    CHECK(support::same(gr::predict(other, data.x), gr::predict(net, data.x)));
}

TEST_CASE("probe.own_layer: explain shows it by what goes in and comes out") {
    gr::seed(1);
    const auto net = gr::sequential(gr::dense(2, 2), gr::named("scale", affine<>(2)));
    const gr::optimizer descend(net, gr::gradient_descent{});
    const std::string text = gr::explanation(net, gr::mse{}, descend, matrix{{1, 2}}, matrix{{0, 1}});
    CHECK(text.find("scale") != std::string::npos);
    CHECK(text.find("affine") != std::string::npos);
}

TEST_CASE("probe.own_layer: alone it is a network too") {
    affine<> net(2);
    const matrix x = support::draw<matrix>({20, 2}, 1), y = 3 * x - 1;
    gr::fit(net, gr::mse{}, gr::gradient_descent{.learning_rate = 0.5}, gr::dataset(x, y),
            {.epochs = 200, .batch_size = 20, .progress = gr::show::never});
    CHECK(net.theta.a(0) == doctest::Approx(3).epsilon(1e-3));
    CHECK(net.theta.c(1) == doctest::Approx(-1).epsilon(1e-3));
    CHECK(gr::summary(affine_float{}, matrix({1, 3}, 0.0f)) ==
          "layer   output   parameters\n"
          "layer   (N, 3)            6\n"
          "6 parameters\n");
}
