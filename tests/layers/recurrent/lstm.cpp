#include "gradus/layers/recurrent/lstm.hpp"

#include "pytorch.hpp"

namespace gr = gradus;
using support::equals_pytorch;
using support::tensor;

namespace {

auto near(double value) { return doctest::Approx(value).epsilon(1e-8); }

}  // namespace

TEST_CASE("lstm.i, lstm.f, lstm.g, lstm.o, lstm.c, lstm.h, lstm.do, lstm.dc, lstm.di, lstm.df, lstm.dg, lstm.dc_before, lstm.dh: "
          "by hand, two steps of one unit") {
    auto layer = gr::lstm<double>(1, 1);
    layer.theta = {{{1, 0.5, 2, -1}}, {{0.5, 1, -1, 2}}, {0, 1, 0, 0.5}};  // W, U, b; columns i f g o
    const gr::lstm_input<double> in{{{{1}, {-0.5}}}, {{0}}, {{0}}};
    gr::pass pass(layer, in);
    pass.input_gradient = true;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, in, pass);
    // z₁ = (1, 1.5, 2, −0.5): i = σ(1) = 0.7310585786, f = σ(1.5) = 0.8175744762, g = tanh 2 = 0.9640275801,
    //   o = σ(−0.5) = 0.3775406688; c₁ = f · 0 + i g = 0.7047606325
    CHECK(y(0, 0, 0) == near(0.2293109712));  // o tanh c₁
    // z₂ = (−0.38534451, 0.97931097, −1.22931097, 1.45862194): i = 0.4048385146, f = 0.7269714766, g = −0.8423793499,
    //   o = 0.8113218140; c₂ = f c₁ + i g = 0.1713132729
    CHECK(y(0, 1, 0) == near(0.1376462641));
    CHECK(pass.cache.last.c(0, 0) == near(0.1713132729));

    const auto& d = gr::backward(layer, in, tensor<double, 3>{{{1}, {2}}}, pass, grad.values);
    // t = 2: dh = 2, dz_o = 0.0519416949, dc = 1.5759383781, dz = (−0.3198626902, 0.2204480492, 0.1852734661, dz_o)
    CHECK(d.x(0, 1, 0) == near(0.1089665717));  // dz Wᵀ
    // t = 1: dh = 1 + dz Uᵀ = 1 − 0.0208733722, dc from t = 2 = dc f = 1.1456622497;
    //   dz_o = 0.1397573564, dc = 1.3789505040, dz = (0.2613653494, 0, 0.0712226440, dz_o)
    CHECK(d.x(0, 0, 0) == near(0.2640532811));
    CHECK(d.h(0, 0) == near(0.3389747435));
    CHECK(d.c(0, 0) == near(1.1273947360));  // 1.3789505040 · 0.8175744762
    const double dW[] = {0.4212966945, -0.1102240246, -0.0214140890, 0.1137865090},   // 1 dz₁ − 0.5 dz₂
        dU[] = {-0.0733480242, 0.0505511563, 0.0424852385, 0.0119108005},             // h₁ dz₂
        db[] = {-0.0584973408, 0.2204480492, 0.2564961101, 0.1916990513};             // dz₁ + dz₂
    for (std::size_t k = 0; k < 4; ++k) {
        CHECK(grad.values.W(0, k) == near(dW[k]));
        CHECK(grad.values.U(0, k) == near(dU[k]));
        CHECK(grad.values.b(k) == near(db[k]));
    }
}

TEST_CASE("peephole_lstm.i, peephole_lstm.f, peephole_lstm.o, peephole_lstm.dc, peephole_lstm.dc_before, peephole_lstm.dP: "
          "by hand, two steps of one unit") {
    auto layer = gr::peephole_lstm<double>(1, 1);
    // W, U, b; P: rows i f o
    layer.theta = {{{{1, 0.5, 2, -1}}, {{0.5, 1, -1, 2}}, {0, 1, 0, 0.5}}, {{0.5}, {-1}, {2}}};
    const gr::lstm_input<double> in{{{{1}, {-0.5}}}, {{0}}, {{0}}};
    gr::pass pass(layer, in);
    pass.input_gradient = true;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, in, pass);
    // c₀ = 0, so i, f and g are those without peepholes: c₁ = 0.7047606325;
    //   but o = σ(−0.5 + 2 c₁) = σ(0.9095212650) = 0.7129021888
    CHECK(y(0, 0, 0) == near(0.4330031353));
    // i = σ(−0.28349843 + 0.5 c₁) = 0.5172136653, f = σ(1.18300314 − c₁) = 0.6173327816,
    //   g = tanh(−1.43300314) = −0.8922803881,
    //   c₂ = f c₁ + i g = −0.0264277685, o = σ(1.86600627 + 2 c₂) = 0.8597422379
    CHECK(y(0, 1, 0) == near(-0.0227157806));
    CHECK(pass.cache.last.c(0, 0) == near(-0.0264277685));

    const auto& d = gr::backward(layer, in, tensor<double, 3>{{{1}, {2}}}, pass, grad.values);
    // t = 2: dz_o = −0.0063721291, dc = 2 o (1 − tanh² c₂) + 2 dz_o = 1.7055398423, dz_i = −0.3800040073,
    //   dz_f = 0.2839514592
    //   dc′ = dc f + 0.5 dz_i − dz_f = 0.5789321922
    // t = 1: dz_o = 0.1120563582, dc = 1.2085868730, dz_i = 0.2290747416, dz_f = 0
    CHECK(d.x(0, 1, 0) == near(0.1279624332));
    CHECK(d.x(0, 0, 0) == near(0.2418651453));
    CHECK(d.h(0, 0) == near(0.2762267063));
    CHECK(d.c(0, 0) == near(1.1026471504));           // dc f + 0.5 dz_i − dz_f
    CHECK(grad.values.P(0, 0) == near(-0.2678118645));  // dz_i c₀ + dz_i c₁, of t = 1 and t = 2
    CHECK(grad.values.P(1, 0) == near(0.2001178100));   // dz_f c₀ + dz_f c₁
    CHECK(grad.values.P(2, 0) == near(0.0791413111));   // dz_o c₁ + dz_o c₂
    const double dW[] = {0.4190767452, -0.1419757296, -0.0274812645, 0.1152424228},
                 dU[] = {-0.1645429266, 0.1229518721, 0.0778579867, -0.0027591519};
    for (std::size_t k = 0; k < 4; ++k) {
        CHECK(grad.values.W(0, k) == near(dW[k]));
        CHECK(grad.values.U(0, k) == near(dU[k]));
    }
}

TEST_CASE("lstm.c: a full forget gate and a closed input gate keep the cell") {
    auto layer = gr::lstm<double>(1, 1);
    layer.theta = {{{0, 0, 0, 0}}, {{0, 0, 0, 0}}, {-1000, 1000, 3, 0}};
    const gr::lstm_input<double> in{tensor<double, 3>({2, 50, 1}, 5.0), {{0}, {0}}, {{0.25}, {-2}}};
    gr::pass pass(layer, in);
    (void)gr::forward(layer, in, pass);
    CHECK(pass.cache.last.c == in.c);
}

TEST_CASE("lstm: the forget gate begins open") {
    const auto layer = gr::lstm(3, 2), torch = gr::lstm(3, 2, {.forget_bias = 0});
    CHECK(layer.theta.b == tensor<float, 1>{0, 0, 1, 1, 0, 0, 0, 0});
    CHECK(torch.theta.b == tensor<float, 1>{0, 0, 0, 0, 0, 0, 0, 0});
    CHECK(gr::peephole_lstm(3, 2, {.forget_bias = 2}).theta.b == tensor<float, 1>{0, 0, 2, 2, 0, 0, 0, 0});
    CHECK(gr::peephole_lstm(3, 2).theta.P == tensor<float, 2>({3, 2}, 0.f));
}

TEST_CASE_TEMPLATE("lstm.i, lstm.f, lstm.g, lstm.o, lstm.c, lstm.h, lstm.do, lstm.dc, lstm.di, lstm.df, lstm.dg, lstm.dc_before, lstm.dh: "
                   "PyTorch's values", T, float, double) {
    const auto with = [](gr::lstm_options options = {}) {
        return [options](std::size_t D, std::size_t H) { return gr::lstm<T>(D, H, options); };
    };
    for (const std::string name : {"plain", "one", "wide", "masked", "final"})
        equals_pytorch<T>("recurrent/lstm." + name, with());
    equals_pytorch<T>("recurrent_loops/lstm.gaps", with());
    equals_pytorch<T>("recurrent_loops/lstm.reverse", with({.reverse = true}));
    equals_pytorch<T>("recurrent_loops/lstm.truncated", with({.truncate = 3}));
}
TEST_CASE_TEMPLATE("peephole_lstm.i, peephole_lstm.f, peephole_lstm.o, peephole_lstm.dc, peephole_lstm.dc_before, peephole_lstm.dP: "
                   "a loop over PyTorch's operations", T, float, double) {
    const auto with = [](gr::lstm_options options = {}) {
        return [options](std::size_t D, std::size_t H) { return gr::peephole_lstm<T>(D, H, options); };
    };
    for (const std::string name : {"plain", "one", "wide", "gaps"})
        equals_pytorch<T>("recurrent_loops/peephole." + name, with());
    equals_pytorch<T>("recurrent_loops/peephole.reverse", with({.reverse = true}));
    equals_pytorch<T>("recurrent_loops/peephole.truncated", with({.truncate = 3}));
}

TEST_CASE_TEMPLATE("lstm.i, lstm.f, lstm.g, lstm.o, lstm.c, lstm.h, lstm.do, lstm.dc, lstm.di, lstm.df, lstm.dg, lstm.dc_before, lstm.dh: "
                   "the textbook's twin", T, float, double) {
    support::equals_twin_everywhere([](std::size_t D, std::size_t H) { return gr::lstm<T>(D, H); });
}
TEST_CASE_TEMPLATE("peephole_lstm.i, peephole_lstm.f, peephole_lstm.o, peephole_lstm.dc, peephole_lstm.dc_before, peephole_lstm.dP: "
                   "the textbook's twin", T, float, double) {
    support::equals_twin_everywhere([](std::size_t D, std::size_t H) { return gr::peephole_lstm<T>(D, H); });
}

TEST_CASE("lstm.do, lstm.dc, lstm.di, lstm.df, lstm.dg, lstm.dc_before, lstm.dh: "
          "central differences with a random upstream gradient") {
    support::follows_central_differences(gr::lstm<double>(3, 5));
    support::follows_central_differences(gr::lstm<float>(2, 9, {.reverse = true}));
}
TEST_CASE("peephole_lstm.dc, peephole_lstm.dc_before, peephole_lstm.dP: "
          "central differences with a random upstream gradient") {
    support::follows_central_differences(gr::peephole_lstm<double>(3, 5));
    support::follows_central_differences(gr::peephole_lstm<float>(2, 9, {.reverse = true}));
}
