#include "gradus/nn/to_scalar.hpp"

#include <doctest/doctest.h>

#include "gradus.hpp"

#include "../probes/batch_normalization.hpp"
#include "gradus/layers/dropout.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {
template <class T>
struct couple {
    gr::tensor<T, 2> a;
    gr::tensor<std::int32_t, 1> k;
    static void each(auto&& f, auto&... p) { f("a", p.a...), f("k", p.k...); }
};
struct float_only {
    struct parameters {
        gr::tensor<float, 1> a;
        static void each(auto&& f, auto&... p) { f("a", p.a...); }
    } theta;
};
}  // namespace

TEST_CASE("to_scalar: the same network in double, with the same parameters, statistics, names and answers") {
    gr::seed(1);
    auto bn = probes::batch_normalization<>(3);
    bn.theta.running.mean(1) = 0.25f;
    const auto net = gr::sequential(gr::named("in", gr::dense(2, 3, gr::gelu{})), bn, gr::dropout{0.25},
                                    gr::repeat(2, gr::dense(3, 3, gr::tanh{})));
    const auto twin = gr::to_scalar<double>(net);
    CHECK(twin.names == net.names);
    CHECK(twin.layer<1>().theta.running.mean(1) == 0.25);
    CHECK(twin.layer<2>().p == 0.25);
    const auto x = support::draw<matrix>({4, 2}, 1);
    const gr::tensor<double, 2> y = gr::predict(twin, gr::to_scalar<double>(x));
    CHECK(support::difference(gr::predict(net, x), y) < 1e-6);
    gr::each(
        [](const gr::entry&, const auto& a, const auto& b) {
            CHECK(a.shape() == b.shape());
            for (std::size_t i = 0; i < a.size(); ++i) CHECK(static_cast<double>(a.data()[i]) == b.data()[i]);
        },
        net, twin);
}

TEST_CASE("to_scalar: of inputs the numbers change, indices stay; structs are templates of their scalar") {
    static_assert(std::is_same_v<gr::in_scalar<matrix, double>, gr::tensor<double, 2>>);
    static_assert(std::is_same_v<gr::in_scalar<gr::tensor<std::int32_t, 2>, double>, gr::tensor<std::int32_t, 2>>);
    static_assert(std::is_same_v<gr::in_scalar<gr::tensor<bool, 2>, double>, gr::tensor<bool, 2>>);
    static_assert(std::is_same_v<gr::in_scalar<couple<float>, double>, couple<double>>);
    const auto twin = gr::to_scalar<double>(couple<float>{{{1, 2.5f}}, {7}});
    CHECK(twin.a(0, 1) == 2.5);
    CHECK(twin.k(0) == 7);
}

TEST_CASE("to_scalar: a layer that does not say how has no twin") {
    static_assert(gr::converts_to<gr::dense_layer<float, gr::tanh>, double>);
    static_assert(gr::converts_to<gr::dropout, double>);
    static_assert(!gr::converts_to<float_only, double>);
    static_assert(gr::converts_to<gr::sequential<gr::dense_layer<float, gr::tanh>>, double>);
    CHECK(true);
}
