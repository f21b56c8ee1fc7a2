#include "gradus/nn/initialize.hpp"

#include <doctest/doctest.h>

#include "gradus.hpp"

namespace gr = gradus;

namespace {
auto network() { return gr::sequential(gr::dense(4, 4), gr::dense(4, 4), gr::sequential(gr::dense(4, 4))); }
}  // namespace

TEST_CASE("initialize: each place draws its own, whatever the order of construction; the same seed draws the same") {
    gr::seed(1);
    const auto a = network();
    const auto third = gr::dense(4, 4), second = gr::dense(4, 4), first = gr::dense(4, 4);
    const auto b = gr::sequential(first, second, gr::sequential(third));
    CHECK_FALSE(a.layer<0>().theta.W == a.layer<1>().theta.W);
    CHECK_FALSE(a.layer<0>().theta.W == a.layer<2>().layer<0>().theta.W);
    gr::each([](const gr::entry&, const auto& p, const auto& q) { CHECK(p == q); }, a, b);
    gr::seed(2);
    CHECK_FALSE(network().layer<0>().theta.W == a.layer<0>().theta.W);
}

TEST_CASE("initialize: naming a layer changes its path and not its draw") {
    gr::seed(1);
    const auto named = gr::sequential(gr::named("in", gr::dense(4, 4)));
    CHECK(named.layer<0>().theta.W == network().layer<0>().theta.W);
}

TEST_CASE("initialize_untouched: what was set by hand stays, even one number of it") {
    gr::seed(1);
    auto layer = gr::dense(4, 4);
    layer.theta.W(1, 2) = 7;
    const auto kept = layer.theta.W;
    CHECK(gr::sequential(gr::dense(4, 4), layer).layer<1>().theta.W == kept);
    layer = gr::dense(4, 4);
    layer.theta.b(0) = 1;
    CHECK(gr::sequential(gr::dense(4, 4), layer).layer<1>().theta.b(0) == 1);
}

TEST_CASE("initialize: draws all anew, by seed and place") {
    gr::seed(1);
    auto net = network();
    const auto before = net;
    net.layer<0>().theta.W.fill(7);
    net.layer<0>().theta.b.fill(7);
    gr::initialize(net, 1);
    gr::each([](const gr::entry&, const auto& p, const auto& q) { CHECK(p == q); }, net, before);
    gr::initialize(net, 2);
    CHECK_FALSE(net.layer<1>().theta.W == before.layer<1>().theta.W);
}

TEST_CASE("initialize: what was drawn by a seed of its own stays so in any network") {
    auto layer = gr::dense(4, 4);
    gr::initialize(layer, 42);
    const auto kept = layer.theta.W;
    CHECK(gr::sequential(gr::dense(4, 4), layer).layer<1>().theta.W == kept);
}

namespace {
/// A layer made of a layer and of a tensor of its own.
struct shifted {
    struct parameters {
        gr::tensor<float, 1> s;
        gr::parameters_of<gr::dense_layer<float, gr::identity>> inner;
        static void each(auto&& f, auto&... p) { f("s", p.s...), f("inner", p.inner...); }
    };
    template <class X>
    struct cache {
        X y;
    };
    gr::tensor<float, 1> s{0, 0, 0};
    gr::dense_layer<float, gr::identity> inner = gr::dense(3, 3);
    std::uint64_t drawn = 0;

    shifted() { gr::draw_by_default(*this, 1); }
    void initialize(std::uint64_t key) { gr::draw(s, gr::normal{}, key, {}); }
};
}  // namespace

TEST_CASE("initialize: a layer made of layers draws its own tensors by its place too") {
    gr::repeat blocks(2, shifted{});
    CHECK_FALSE(blocks.layers[0].s == blocks.layers[1].s);
    CHECK_FALSE(blocks.layers[0].inner.theta.W == blocks.layers[1].inner.theta.W);
    const auto before = blocks.layers[0].s;
    CHECK_FALSE(gr::sequential(blocks).layer<0>().layers[0].s == before);  // and again for the place of the whole
}

TEST_CASE("checksum: of each number of a layer's own tensors, where only its last differs too") {
    auto layer = gr::dense(3, 3);
    const auto sum = gr::checksum(layer);
    CHECK(gr::checksum(layer) == sum);
    for (float* number : {&layer.theta.W(0, 0), &layer.theta.W(2, 2), &layer.theta.b(2)}) {
        const float kept = *number;
        *number += 1;
        CHECK(gr::checksum(layer) != sum);
        *number = kept;
    }
    std::swap(layer.theta.W(0, 0), layer.theta.W(0, 1));
    CHECK(gr::checksum(layer) != sum);
}
