#include "gradus/layers/recurrent/gru.hpp"

#include "pytorch.hpp"

namespace gr = gradus;
using support::equals_pytorch;
using support::tensor;

namespace {

auto near(double value) { return doctest::Approx(value).epsilon(1e-8); }

}  // namespace

TEST_CASE("gru.r, gru.z, gru.q, gru.n, gru.h, gru.dn, gru.dz, gru.dq, gru.dr, gru.db_q, gru.dh: "
          "by hand, two steps of one unit") {
    auto layer = gr::gru<double>(1, 1);
    layer.theta = {{{{1, -1, 2}}, {{0.5, 1, -1}}, {0, 0.5, 0}}, {0.5}};  // W, U, b; b_q; columns r z n
    const gr::rnn_input<double> in{{{{1}, {-0.5}}}, {{0.5}}};
    gr::pass pass(layer, in);
    pass.input_gradient = true;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, in, pass);
    // r = σ(1 + 0.25) = 0.7772998612, z = σ(−1 + 0.5 + 0.5) = 0.5, q = −0.5 + 0.5 = 0, n = tanh(2 + r q) = 0.9640275801
    CHECK(y(0, 0, 0) == near(0.7320137900));  // (1 − z) n + z · 0.5
    // r = 0.4665517534, z = 0.8496698249, q = −0.2320137900, n = tanh(−1 + r q) = −0.8034416622
    CHECK(y(0, 1, 0) == near(0.5011885030));

    const auto& d = gr::backward(layer, in, tensor<double, 3>{{{1}, {2}}}, pass, grad.values);
    // t = 2: dh = 2, dz_n = 0.1065785306, dz_z = 0.3922505624, dq = 0.0497244003, dz_r = −0.0061542572
    CHECK(d.x(0, 1, 0) == near(-0.1852477585));  // dz_r − dz_z + 2 dz_n
    // t = 1: dh = 1 + 2 z + 0.5 dz_r + dz_z − dq = 3.0387886832, dz_n = 0.1073464635, dz_z = −0.3525204398,
    //   dq = 0.0834403912, dz_r = 0
    CHECK(d.x(0, 0, 0) == near(0.5672133668));
    CHECK(d.h(0, 0) == near(1.0834335107));
    CHECK(grad.values.b_q(0) == near(0.1331647915));  // Σ dq
    const double dW[] = {0.0030771286, -0.5486457210, 0.0540571982},  // 1 dz₁ − 0.5 dz₂
        dU[] = {-0.0045050012, 0.1108726010, 0.0781191423},           // 0.5 du₁ + h₁ du₂, of n: 0.5 dq₁ + h₁ dq₂
        db[] = {-0.0061542572, 0.0397301227, 0.2139249941};           // dz₁ + dz₂
    for (std::size_t k = 0; k < 3; ++k) {
        CHECK(grad.values.W(0, k) == near(dW[k]));
        CHECK(grad.values.U(0, k) == near(dU[k]));
        CHECK(grad.values.b(k) == near(db[k]));
    }
}

TEST_CASE("gru_reset_before.r, gru_reset_before.z, gru_reset_before.s, gru_reset_before.n, gru_reset_before.h, gru_reset_before.ds, gru_reset_before.dr, gru_reset_before.dh: "
          "by hand, two steps of one unit") {
    auto layer = gr::gru_reset_before<double>(1, 1);
    layer.theta = {{{1, -1, 2}}, {{0.5, 1, -1}}, {0, 0.5, 0}};
    const gr::rnn_input<double> in{{{{1}, {-0.5}}}, {{0.5}}};
    gr::pass pass(layer, in);
    pass.input_gradient = true;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, in, pass);
    // r = 0.7772998612, z = 0.5, s = 0.5 r = 0.3886499306, n = tanh(2 − s) = 0.9233592878
    CHECK(y(0, 0, 0) == near(0.7116796439));
    // r = 0.4640222419, z = 0.8470540149, s = r h₁ = 0.3302351839, n = tanh(−1 − s) = −0.8693068016
    CHECK(y(0, 1, 0) == near(0.4698741145));

    const auto& d = gr::backward(layer, in, tensor<double, 3>{{{1}, {2}}}, pass, grad.values);
    // t = 2: dz_n = 0.0747311472, ds = −dz_n, dz_z = 0.4096446890, dz_r = ds h₁ r (1 − r) = −0.0132273169
    CHECK(d.x(0, 1, 0) == near(-0.2734097115));
    // t = 1: dh = 1 + 2 z + ds r + 0.5 dz_r + dz_z = 3.0624621458, dz_n = 0.2257151368, dz_z = −0.3241304482,
    //   dz_r = −0.0195361853
    CHECK(d.x(0, 0, 0) == near(0.7560245364));
    CHECK(d.h(0, 0) == near(1.0218841875));
    const double dW[] = {-0.0129225269, -0.5289527927, 0.1883495632},
        dU[] = {-0.0191817049, 0.1294705623, 0.1124030264},  // of n: s₁ dz_n₁ + s₂ dz_n₂
        db[] = {-0.0327635022, 0.0855142407, 0.3004462840};
    for (std::size_t k = 0; k < 3; ++k) {
        CHECK(grad.values.W(0, k) == near(dW[k]));
        CHECK(grad.values.U(0, k) == near(dU[k]));
        CHECK(grad.values.b(k) == near(db[k]));
    }
}

TEST_CASE("gru.h: an update gate of 1 keeps the state, one of 0 takes the candidate") {
    auto layer = gr::gru<double>(1, 1);
    const gr::rnn_input<double> in{tensor<double, 3>({1, 9, 1}, 3.0), {{0.25}}};
    gr::pass pass(layer, in);
    layer.theta = {{{{0, 0, 1}}, {{0, 0, 0}}, {0, 1000, 0}}, {0}};
    CHECK(gr::forward(layer, in, pass)(0, 8, 0) == 0.25);
    layer.theta.b(1) = -1000;
    CHECK(gr::forward(layer, in, pass)(0, 8, 0) == near(0.9950547537));  // tanh 3
}

TEST_CASE("gru, gru_reset_before: differ where the state has passed a reset gate, and only there") {
    auto after = support::with_random_theta(gr::gru<double>(2, 3));
    after.theta.b_q.fill(0);
    auto before = gr::gru_reset_before<double>(2, 3);
    before.theta = after.theta;
    const auto x = support::draw<tensor<double, 3>>({2, 3, 2}, 1);
    gr::pass a(after, x);
    gr::pass b(before, x);
    const auto y = gr::forward(after, x, a), y_before = gr::forward(before, x, b);
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t j = 0; j < 3; ++j) {
            CHECK(y(n, 0, j) == near(y_before(n, 0, j)));  // with h₀ = 0 the reset gate has no effect
            CHECK(std::abs(y(n, 2, j) - y_before(n, 2, j)) > 1e-6);
        }
}

TEST_CASE_TEMPLATE("gru.r, gru.z, gru.q, gru.n, gru.h, gru.dn, gru.dz, gru.dq, gru.dr, gru.db_q, gru.dh: PyTorch's values",
                   T, float, double) {
    const auto with = [](gr::recurrent_options options = {}) {
        return [options](std::size_t D, std::size_t H) { return gr::gru<T>(D, H, options); };
    };
    for (const std::string name : {"plain", "one", "wide", "masked"}) equals_pytorch<T>("recurrent/gru." + name, with());
    equals_pytorch<T>("recurrent_loops/gru.gaps", with());
    equals_pytorch<T>("recurrent_loops/gru.reverse", with({.reverse = true}));
    equals_pytorch<T>("recurrent_loops/gru.truncated", with({.truncate = 3}));
}
TEST_CASE_TEMPLATE("gru_reset_before.r, gru_reset_before.z, gru_reset_before.s, gru_reset_before.n, gru_reset_before.h, gru_reset_before.ds, gru_reset_before.dr, gru_reset_before.dh: "
                   "a loop over PyTorch's operations", T, float, double) {
    const auto with = [](gr::recurrent_options options = {}) {
        return [options](std::size_t D, std::size_t H) { return gr::gru_reset_before<T>(D, H, options); };
    };
    for (const std::string name : {"plain", "one", "wide", "gaps"})
        equals_pytorch<T>("recurrent_loops/before." + name, with());
    equals_pytorch<T>("recurrent_loops/before.reverse", with({.reverse = true}));
    equals_pytorch<T>("recurrent_loops/before.truncated", with({.truncate = 3}));
}

TEST_CASE_TEMPLATE("gru.r, gru.z, gru.q, gru.n, gru.h, gru.dn, gru.dz, gru.dq, gru.dr, gru.db_q, gru.dh: "
                   "the textbook's twin", T, float, double) {
    support::equals_twin_everywhere([](std::size_t D, std::size_t H) { return gr::gru<T>(D, H); });
}
TEST_CASE_TEMPLATE("gru_reset_before.r, gru_reset_before.z, gru_reset_before.s, gru_reset_before.n, gru_reset_before.h, gru_reset_before.ds, gru_reset_before.dr, gru_reset_before.dh: "
                   "the textbook's twin", T, float, double) {
    support::equals_twin_everywhere([](std::size_t D, std::size_t H) { return gr::gru_reset_before<T>(D, H); });
}

TEST_CASE("gru.dn, gru.dz, gru.dq, gru.dr, gru.db_q, gru.dh: central differences with a random upstream gradient") {
    support::follows_central_differences(gr::gru<double>(3, 5));
    support::follows_central_differences(gr::gru<float>(2, 9, {.reverse = true}));
}
TEST_CASE("gru_reset_before.ds, gru_reset_before.dr, gru_reset_before.dh: "
          "central differences with a random upstream gradient") {
    support::follows_central_differences(gr::gru_reset_before<double>(3, 5));
    support::follows_central_differences(gr::gru_reset_before<float>(2, 9, {.reverse = true}));
}
