// Depth chosen at run time, compiled once.
#include <doctest/doctest.h>

#include <cstdlib>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../io/temporary_folder.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "gradus/layers/dropout.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// A program with the argument `depth`: what a command line gives is a text.
auto network(const char* depth) {
    gr::seed(8);
    const auto n = static_cast<std::size_t>(std::atoi(depth));
    return gr::sequential(gr::dense(2, 6), gr::repeat(n, gr::dense(6, 6, gr::tanh{})), gr::dense(6, 1));
}

}  // namespace

TEST_CASE("probe.repeat: one network type for every depth; blocks with parameters of their own, by path") {
    const char* environment = std::getenv("GRADUS_TEST_DEPTH");
    for (const char* depth : {"1", "2", "5", environment == nullptr ? "3" : environment}) {
        CAPTURE(depth);
        const auto net = network(depth);
        const auto n = static_cast<std::size_t>(std::atoi(depth));
        CHECK(gr::count(net) == 18 + n * 42 + 7);
        std::string last;
        gr::each([&](const gr::entry& e, const auto&) { if (e.path().starts_with("1.")) last = e.path(); }, net);
        CHECK(last == "1." + std::to_string(n - 1) + ".b");
        const auto& blocks = net.layer<1>().layers;
        if (n > 1) CHECK_FALSE(blocks[0].theta.W == blocks[1].theta.W);
        CHECK(gr::gradient_check(net, support::draw<matrix>({3, 2}, 1)));
    }
}

TEST_CASE("probe.repeat: equals the same blocks in a sequential") {
    const auto net = network("3");
    const auto& b = net.layer<1>().layers;
    auto chain = gr::sequential(net.layer<0>(), b[0], b[1], b[2], net.layer<2>());
    chain.layer<1>().theta = b[0].theta, chain.layer<2>().theta = b[1].theta, chain.layer<3>().theta = b[2].theta;
    chain.layer<4>().theta = net.layer<2>().theta;  // what nobody set is drawn anew in its new place
    const auto x = support::draw<matrix>({4, 2}, 1);
    CHECK(support::same(gr::predict(net, x), gr::predict(chain, x)));
}

TEST_CASE("probe.repeat: trains on two threads, is saved, and loads into the same depth alone") {
    const temporary_folder folder;
    auto net = network("2");
    gr::optimizer descend(net, gr::adam{.learning_rate = 0.02});
    const auto history = gr::fit(net, gr::mse{}, descend, gr::data::xor_gate(),
                                 {.epochs = 300, .batch_size = 4, .threads = 2, .progress = gr::show::never});
    CHECK(history.loss.back() < 1e-2);
    gr::save(folder / "net.npz", net, descend);
    auto same = network("2");
    gr::optimizer state(same, gr::adam{});
    gr::load(folder / "net.npz", same, state);
    CHECK(support::same(gr::predict(same, gr::data::xor_gate().x), gr::predict(net, gr::data::xor_gate().x)));
    auto deeper = network("3");
    CHECK(message_of([&] { gr::load(folder / "net.npz", deeper); }).find("no array '1.2.W'") != std::string::npos);
}

TEST_CASE("probe.repeat: each block draws a mask of its own") {
    const auto net = gr::repeat(2, gr::dropout{0.5});
    const matrix x({40, 25}, 1.0f);
    gr::pass pass(net, x);
    double kept = 0;
    for (float v : gr::flat(gr::forward(net, x, pass))) kept += v != 0 ? 1 : 0;
    CHECK(kept / 1000 == doctest::Approx(0.25).epsilon(0.15));
}

TEST_CASE("probe.repeat: no block at all is an error, and a wrong shape names the block") {
    CHECK_THROWS_WITH_AS(network("0"), "repeat: needs at least one block, got 0", gr::shape_error);
    const auto net = gr::repeat(2, gr::dense(6, 5));
    CHECK_THROWS_WITH_AS((void)gr::predict(net, matrix({1, 6}, 0.0f)),
                         "dense #1: y = f(xW + b) needs x of (N, 6), got (1, 5): W is (6, 5)", gr::shape_error);
}
