#include "gradus/inspect/explanation/recurrence.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "gradus.hpp"
#include "gradus/inspect/explain.hpp"

namespace gr = gradus;

namespace {

/// The value of "(1 − 0.2)·σ(0.5 + (-0.1)²)", if the text is such a thing: numbers, + − ·, squares, parentheses, functions.
class calculator {
    std::string_view rest;
    bool fits = true;

    bool take(std::string_view word) {
        const bool there = rest.starts_with(word);
        if (there) rest.remove_prefix(word.size());
        return there;
    }
    double factor() {
        const auto inner = [this](auto f) {
            const double v = f(sum());
            fits = take(")") && fits;
            return v;
        };
        double v = 0;
        if (take("σ(")) {
            v = inner([](double z) { return 1 / (1 + std::exp(-z)); });
        } else if (take("tanh(")) {
            v = inner([](double z) { return std::tanh(z); });
        } else if (take("relu(")) {
            v = inner([](double z) { return std::fmax(z, 0.0); });
        } else if (take("(")) {
            v = inner([](double z) { return z; });
        } else {
            const std::string text(rest);
            char* end = nullptr;
            v = std::strtod(text.c_str(), &end);
            fits = fits && end != text.c_str() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
            if (fits) rest.remove_prefix(static_cast<std::size_t>(end - text.c_str()));
        }
        return take("²") ? v * v : v;
    }
    double product() {
        double v = factor();
        while (fits && take("·")) v *= factor();
        return v;
    }
    double sum() {
        double v = product();
        while (fits)
            if (take(" + "))
                v += product();
            else if (take(" − "))
                v -= product();
            else
                break;
        return v;
    }

  public:
    static std::optional<double> value(std::string_view text) {
        calculator c;
        c.rest = text;
        const double v = c.sum();
        return c.fits && c.rest.empty() ? std::optional(v) : std::nullopt;
    }
};

/// Checks each line "… = a formula in numbers = its value" of the layers. The number of those lines.
std::size_t check_arithmetic(const std::string& text) {
    std::istringstream in(text);
    std::size_t checked = 0;
    for (std::string line; std::getline(in, line);) {
        CAPTURE(line);
        line = line.substr(0, line.find("   ["));
        const auto last = line.rfind(" = ");
        if (!line.starts_with("    ") || last == std::string::npos || line.find("θ:") != std::string::npos ||
            line.find(" / ") != std::string::npos)
            continue;
        const auto before = line.rfind(" = ", last - 1);
        if (before == std::string::npos) continue;
        const auto formula = calculator::value(std::string_view(line).substr(before + 3, last - before - 3));
        const auto result = calculator::value(std::string_view(line).substr(last + 3));
        REQUIRE(result.has_value());
        if (!formula) {  // a name in place of numbers: "dh = dy[0,1] = 0.5"
            CHECK((line.starts_with("    dh = ") || line.starts_with("    y[")));
            continue;
        }
        CHECK(std::abs(*formula - *result) <= 1e-12 * std::fmax(1.0, std::abs(*result)));
        ++checked;
    }
    return checked;
}

bool has(const std::string& text, const std::string& part) {
    const bool found = text.find(part) != std::string::npos;
    if (!found) MESSAGE("not found: ", part, "\nin:\n", text);
    return found;
}

/// θ all drawn, what begins at 0 too.
template <class Net>
void draw(Net& net) {
    std::uint64_t row = 0;
    gr::each(
        [&](const gr::entry&, auto& theta) {
            ++row;
            for (std::size_t i = 0; i < theta.size(); ++i) theta.data()[i] = gr::random::uniform(7, row, i) - 0.5;
        },
        net);
}

gr::tensor<double, 3> sequence(std::size_t N, std::size_t T, std::size_t D) {
    gr::tensor<double, 3> x({N, T, D});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = 2 * gr::random::uniform(11, 0, i) - 1;
    return x;
}

/// Every number that the forward kept, and the gradients, all shown.
template <class Layer, class X>
std::string everything(const Layer& layer, const X& x, std::size_t N, std::size_t T, std::size_t H) {
    gr::tensor<double, 3> y({N, T, H}, 0.25);
    return gr::explanation(layer, gr::half_mse{}, gr::optimizer(layer, gr::gradient_descent{}), x, y,
                           {.digits = 17, .entries = 1000, .terms = 1000});
}

/// A unit that forgets slowly, of somebody who tells its words: h = ½ h′ + ½ g, g = tanh(z + u).
struct slow_cell : gr::recurrent::any_cell {
    static constexpr std::string_view name = "slow", formula = "h_t = ½ h_{t−1} + ½ tanh(x_t W + h_{t−1} U + b)";
    static constexpr std::size_t gates = 1;
    static constexpr std::array<std::string_view, 1> gate_names{"g"};
    static constexpr std::array<gr::cell_formula, 2> said{{{"g = tanh(z_g + u_g)", "slow.g"}, {"h = 0.5 ∘ h′ + 0.5 ∘ g", "slow.h"}}};
    static constexpr std::array<gr::cell_formula, 3> said_backward{
        {{"dh = dy + dh′ + dz Uᵀ", "slow.dh"}, {"dz_g = 0.5 ∘ dh ∘ (1 − g²)", "slow.dg"}, {"dh′ = 0.5 ∘ dh"}}};
    static constexpr gr::cell_words words() { return {said, said_backward}; }

    template <class T>
    void forward(const gr::recurrent_parameters<T>&, const gr::recurrent::step<T>& s) const {
        s.recur(s.h, 0, 0, 1);
        s.each_row([&](std::size_t n) {
            for (std::size_t h = 0; h < s.units; ++h) {
                s.z[n][h] = std::tanh(s.z[n][h] + s.u[n][h]);
                s.y[n][h] = (s.h_before[n][h] + s.z[n][h]) / 2;
            }
        });
    }
    template <class T>
    void backward(const gr::recurrent_parameters<T>&, gr::recurrent_parameters<T>&, const gr::recurrent::step<T>& s) const {
        s.each_row([&](std::size_t n) {
            for (std::size_t h = 0; h < s.units; ++h) {
                s.du[n][h] = s.dh[n][h] * (1 - s.z[n][h] * s.z[n][h]) / 2;
                s.dh[n][h] = s.dh[n][h] / 2;
            }
        });
        s.recur_back(s.dh, 0, 0, 1);
    }
};

/// A leaky integrator of somebody who has not heard of explain: h = ½ (h′ + z).
struct leaky_cell : gr::recurrent::any_cell {
    static constexpr std::string_view name = "leaky", formula = "h_t = ½ (h_{t−1} + x_t W + b)";
    static constexpr std::size_t gates = 1;
    static constexpr bool in_place = true;
    template <class T>
    void forward(const gr::recurrent_parameters<T>&, const gr::recurrent::step<T>& s) const {
        for (std::size_t n = 0; n < s.rows; ++n)
            for (std::size_t h = 0; h < s.units; ++h) s.y[n][h] = (s.y[n][h] + s.h[n][h]) / 2;
    }
    template <class T>
    void backward(const gr::recurrent_parameters<T>&, gr::recurrent_parameters<T>&, const gr::recurrent::step<T>& s) const {
        for (std::size_t n = 0; n < s.rows; ++n)
            for (std::size_t h = 0; h < s.units; ++h) s.du[n][h] = s.dh[n][h] = s.dh[n][h] / 2;
    }
};

}  // namespace

TEST_CASE("explain: one unit of an LSTM in two steps, word for word, worked with a calculator") {
    auto net = gr::last_step(gr::lstm<double>(1, 1));
    net.theta.W = {{0.5, 1, 2, -1}};
    net.theta.U = {{1, -1, 0.5, 2}};
    net.theta.b = {0.1, 1, 0, 0.2};
    const gr::tensor<double, 3> x{{{1}, {-0.5}}};
    const gr::tensor<double, 2> y{{1}};
    const std::string text = gr::explanation(net, gr::half_mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y, {.digits = 4});
    CHECK(text.substr(0, text.find("\nSTEP")) == R"(FORWARD

lstm
  x (1, 2, 1)   W (1, 4)   U (1, 4)   b (4)   y (1, 2, 1)
  z = xW + b   u = h′U   h′: of the step before   y: the h of every step   [recurrent.forward]
  row 0, t = 0, unit 0
    z_i = Σⱼ x[0,0,j] W[j,0] + b[0] = 1·0.5 + 0.1 = 0.6
    u_i = Σⱼ h′[0,0,j] U[j,0] = 0·1 = 0
    i = σ(z_i + u_i) = σ(0.6 + 0) = 0.6457   [lstm.i]
    z_f = Σⱼ x[0,0,j] W[j,1] + b[1] = 1·1 + 1 = 2
    u_f = Σⱼ h′[0,0,j] U[j,1] = 0·(-1) = 0
    f = σ(z_f + u_f) = σ(2 + 0) = 0.8808   [lstm.f]
    z_g = Σⱼ x[0,0,j] W[j,2] + b[2] = 1·2 + 0 = 2
    u_g = Σⱼ h′[0,0,j] U[j,2] = 0·0.5 = 0
    g = tanh(z_g + u_g) = tanh(2 + 0) = 0.964   [lstm.g]
    z_o = Σⱼ x[0,0,j] W[j,3] + b[3] = 1·(-1) + 0.2 = -0.8
    u_o = Σⱼ h′[0,0,j] U[j,3] = 0·2 = 0
    o = σ(z_o + u_o) = σ(-0.8 + 0) = 0.31   [lstm.o]
    c = f ∘ c′ + i ∘ g = 0.8808·0 + 0.6457·0.964 = 0.6224   [lstm.c]
    h = o ∘ tanh c = 0.31·tanh(0.6224) = 0.1714   [lstm.h]
  row 0, t = 1, unit 0
    z_i = Σⱼ x[0,1,j] W[j,0] + b[0] = (-0.5)·0.5 + 0.1 = -0.15
    u_i = Σⱼ h′[0,1,j] U[j,0] = 0.1714·1 = 0.1714
    i = σ(z_i + u_i) = σ(-0.15 + 0.1714) = 0.5053   [lstm.i]
    z_f = Σⱼ x[0,1,j] W[j,1] + b[1] = (-0.5)·1 + 1 = 0.5
    u_f = Σⱼ h′[0,1,j] U[j,1] = 0.1714·(-1) = -0.1714
    f = σ(z_f + u_f) = σ(0.5 + (-0.1714)) = 0.5814   [lstm.f]
    z_g = Σⱼ x[0,1,j] W[j,2] + b[2] = (-0.5)·2 + 0 = -1
    u_g = Σⱼ h′[0,1,j] U[j,2] = 0.1714·0.5 = 0.08569
    g = tanh(z_g + u_g) = tanh(-1 + 0.08569) = -0.7232   [lstm.g]
    z_o = Σⱼ x[0,1,j] W[j,3] + b[3] = (-0.5)·(-1) + 0.2 = 0.7
    u_o = Σⱼ h′[0,1,j] U[j,3] = 0.1714·2 = 0.3428
    o = σ(z_o + u_o) = σ(0.7 + 0.3428) = 0.7394   [lstm.o]
    c = f ∘ c′ + i ∘ g = 0.5814·0.6224 + 0.5053·(-0.7232) = -0.003568   [lstm.c]
    h = o ∘ tanh c = 0.7394·tanh(-0.003568) = -0.002638   [lstm.h]
  y = h of the last step   [last_step.forward]

LOSS

half_mse
  J = ½ Σ (ŷ − y)² / N   [half_mse.forward]
  ∂J/∂ŷ = (ŷ − y) / N   [half_mse.backward]
    J = ½ [(-0.002638 − 1)²] / 1 = 0.5026
    dŷ[0,0] = (-0.002638 − 1) / 1 = -1.003

BACKWARD

lstm
  row 0, t = 1, unit 0
    dh = dy[0,0] = -1.003   [lstm.dh]
    dz_o = dh ∘ tanh c ∘ o ∘ (1 − o) = (-1.003)·(-0.003568)·0.7394·(1 − 0.7394) = 0.0006894   [lstm.do]
    dc = dh ∘ o ∘ (1 − tanh² c) = (-1.003)·0.7394·(1 − (-0.003568)²) = -0.7413   [lstm.dc]
    dz_i = dc ∘ g ∘ i ∘ (1 − i) = (-0.7413)·(-0.7232)·0.5053·(1 − 0.5053) = 0.134   [lstm.di]
    dz_f = dc ∘ c′ ∘ f ∘ (1 − f) = (-0.7413)·0.6224·0.5814·(1 − 0.5814) = -0.1123   [lstm.df]
    dz_g = dc ∘ i ∘ (1 − g²) = (-0.7413)·0.5053·(1 − (-0.7232)²) = -0.1787   [lstm.dg]
    dc′ = dc ∘ f = (-0.7413)·0.5814 = -0.431   [lstm.dc_before]
  row 0, t = 0, unit 0
    dh = Σⱼ dz[0,1,j] U[0,j] = 0.134·1 + (-0.1123)·(-1) + (-0.1787)·0.5 + 0.0006894·2 = 0.1583   [lstm.dh]
    dz_o = dh ∘ tanh c ∘ o ∘ (1 − o) = 0.1583·0.5528·0.31·(1 − 0.31) = 0.01872   [lstm.do]
    dc = dc′ of the step after + dh ∘ o ∘ (1 − tanh² c) = (-0.431) + 0.1583·0.31·(1 − 0.5528²) = -0.3969   [lstm.dc]
    dz_i = dc ∘ g ∘ i ∘ (1 − i) = (-0.3969)·0.964·0.6457·(1 − 0.6457) = -0.08755   [lstm.di]
    dz_f = dc ∘ c′ ∘ f ∘ (1 − f) = (-0.3969)·0·0.8808·(1 − 0.8808) = 0   [lstm.df]
    dz_g = dc ∘ i ∘ (1 − g²) = (-0.3969)·0.6457·(1 − 0.964²) = -0.01811   [lstm.dg]
    dc′ = dc ∘ f = (-0.3969)·0.8808 = -0.3496   [lstm.dc_before]
  dW = xᵀ dz   [recurrent.dW]
    dW[0,0] = Σₙₜ x[n,t,0] dz[n,t,0] = 1·(-0.08755) + (-0.5)·0.134 = -0.1546
    dW[0,1] = Σₙₜ x[n,t,0] dz[n,t,1] = 1·0 + (-0.5)·(-0.1123) = 0.05615
    dW[0,2] = Σₙₜ x[n,t,0] dz[n,t,2] = 1·(-0.01811) + (-0.5)·(-0.1787) = 0.07124
    dW[0,3] = Σₙₜ x[n,t,0] dz[n,t,3] = 1·0.01872 + (-0.5)·0.0006894 = 0.01838
  dU = Σ_t h′ᵀ dz   [recurrent.dU]
    dU[0,0] = Σₙₜ h′[n,t,0] dz[n,t,0] = 0·(-0.08755) + 0.1714·0.134 = 0.02297
    dU[0,1] = Σₙₜ h′[n,t,0] dz[n,t,1] = 0·0 + 0.1714·(-0.1123) = -0.01925
    dU[0,2] = Σₙₜ h′[n,t,0] dz[n,t,2] = 0·(-0.01811) + 0.1714·(-0.1787) = -0.03063
    dU[0,3] = Σₙₜ h′[n,t,0] dz[n,t,3] = 0·0.01872 + 0.1714·0.0006894 = 0.0001182
  db = Σₙₜ dz   [recurrent.db]
    db[0] = (-0.08755) + 0.134 = 0.04647
    db[1] = 0 + (-0.1123) = -0.1123
    db[2] = (-0.01811) + (-0.1787) = -0.1968
    db[3] = 0.01872 + 0.0006894 = 0.01941
  dx = dz Wᵀ   [recurrent.dx]   is not computed: nobody reads it
)");
}

TEST_CASE("explain: every line of every cell is right, and says what the forward and the backward computed") {
    const auto x = sequence(2, 3, 2);
    const auto lines = [&](auto layer, std::size_t each_unit, std::size_t starts = 1) {
        draw(layer);
        const std::string text = everything(layer, x, 2, 3, 2);
        const std::size_t gradients = [&] {
            std::size_t n = 0;
            gr::each([&](const gr::entry&, const auto& t) { n += t.size(); }, layer);
            return n;
        }();
        CHECK(check_arithmetic(text) == 12 * each_unit - 4 * starts + gradients);  // at a start dh is dy alone

        gr::pass pass(layer, x);
        pass.input_gradient = true;
        gr::gradients grad(layer);
        const gr::half_mse J;
        const gr::tensor<double, 3> y({2, 3, 2}, 0.25);
        layer.backward(x, J.gradient(layer.forward(x, pass.cache), y), pass.cache, grad.values);
        const gr::explaining::page page({.digits = 17});
        const auto shown = [&](const auto& tensor) {
            for (std::size_t i = 0; i < tensor.size(); ++i) CHECK(has(text, "= " + page.number(tensor.data()[i])));
        };
        shown(pass.cache.y), shown(pass.cache.room.z), shown(pass.cache.room.dz), shown(pass.cache.room.all_du);
        gr::each([&](const gr::entry&, const auto& g) { shown(g); }, grad.values);
    };
    SUBCASE("RNN") { lines(gr::rnn<double>(2, 2), 5); }
    SUBCASE("a cell of one's own") {
        lines(gr::recurrent_layer<double, slow_cell>(2, 2, {}, {}, gr::glorot_uniform{}, gr::orthogonal{}), 6);
    }
    SUBCASE("RNN, ReLU") { lines(gr::rnn<double>(2, 2, gr::relu{}), 5); }
    SUBCASE("RNN, reversed") { lines(gr::rnn<double>(2, 2, gr::tanh{}, {.reverse = true}), 5); }
    SUBCASE("LSTM") { lines(gr::lstm<double>(2, 2), 21); }
    SUBCASE("LSTM, truncated") { lines(gr::lstm<double>(2, 2, {.truncate = 2}), 21, 2); }
    SUBCASE("LSTM with peepholes, reversed") { lines(gr::peephole_lstm<double>(2, 2, {.reverse = true}), 21); }
    SUBCASE("GRU") { lines(gr::gru<double>(2, 2), 16); }
    SUBCASE("GRU, truncated") { lines(gr::gru<double>(2, 2, {.truncate = 1}), 16, 3); }
    SUBCASE("GRU, reset before the product") { lines(gr::gru_reset_before<double>(2, 2, {.reverse = true}), 16); }
}

TEST_CASE("explain: a recurrent layer begins in the state of its input") {
    auto layer = gr::lstm<double>(2, 2);
    draw(layer);
    const gr::lstm_input<double> x{sequence(1, 2, 2), {{0.5, -0.25}}, {{0.75, 0.125}}};
    const std::string text = everything(layer, x, 1, 2, 2);
    CHECK(check_arithmetic(text) > 80);
    CHECK(has(text, "u_i = Σⱼ h′[0,0,j] U[j,0] = 0.5·"));
    CHECK(has(text, "·0.75 + "));
    auto simple = gr::gru<double>(2, 2);
    CHECK(has(everything(simple, gr::rnn_input<double>{x.x, x.h}, 1, 2, 2), "u_r = Σⱼ h′[0,0,j] U[j,0] = 0.5·"));
}

TEST_CASE("explain: as many units are shown as entries of any tensor, the first in time forward, the last backward") {
    gr::seed(2);
    const auto net = gr::sequential(gr::gru<double>(3, 5), gr::dense<double>(5, 1));
    const auto x = sequence(2, 7, 3);
    const gr::tensor<double, 3> y({2, 7, 1}, 0.5);
    const auto text = [&](std::size_t entries) {
        return gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y, {.entries = entries});
    };
    const auto count = [](const std::string& in, const std::string& what) {
        std::size_t n = 0;
        for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++n;
        return n;
    };
    const std::string four = text(4), back = four.substr(four.find("BACKWARD"));
    CHECK(count(four, ", unit ") == 8);
    CHECK(has(four, "row 0, t = 1, unit 1\n"));
    CHECK(has(back, "row 0, t = 6, unit 0\n"));
    CHECK(has(back, "row 0, t = 5, unit 1\n"));
    CHECK(count(four, "… 2 rows, 7 steps and 5 units in all\n") == 2);
    CHECK(count(text(1), ", unit ") == 2);
    CHECK(count(text(70), ", unit ") == 140);
    CHECK(has(text(1), "\n0 gru\n  x (2, 7, 3)   W (3, 15)   U (5, 15)   b (15)   y (2, 7, 5)\n"));
}

TEST_CASE("explain: both directions are layers of their own, each with its half of dy") {
    gr::seed(3);
    const auto net = gr::sequential(gr::dense<double>(2, 2), gr::bidirectional(gr::rnn<double>(2, 1)),
                                    gr::last_step(gr::bidirectional(gr::lstm<double>(2, 1))));
    const gr::tensor<double, 2> y{{0.5, -0.5}};
    const auto x = sequence(1, 3, 2);
    const std::string text = gr::explanation(net, gr::half_mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y,
                                             {.digits = 17, .entries = 1000, .terms = 1000});
    CHECK(check_arithmetic(text) > 200);
    for (const char* part : {"\n1.forward rnn\n", "\n1.backward rnn\n", "\n2.forward lstm\n", "\n2.backward lstm\n"})
        CHECK(text.find(part) < text.find("LOSS"));
    const std::string back = text.substr(text.find("BACKWARD"));
    CHECK(has(back, "BACKWARD\n\n2.forward lstm\n  row 0, t = 2, unit 0\n    dh = dy[0,0] = "));
    CHECK(has(back, "\n\n2.backward lstm\n  row 0, t = 0, unit 0\n    dh = dy[0,0] = "));
    CHECK(has(back, "\n\n1.backward rnn\n  row 0, t = 0, unit 0\n    dh = dy[0,0,0] = "));
    CHECK(has(back, "\n2 bidirectional\n  dx = →dx + ←dx, each of its half of dy   [bidirectional.backward]\n    dx (1, 3, 2):  [0,0,0] "));
    CHECK(has(text, "\n1 bidirectional\n  y = (→h, ←h)   [bidirectional.forward]\n    y (1, 3, 2):  [0,0,0] "));
}

TEST_CASE("explain: a language model, embedding to cross-entropy, in float") {
    gr::seed(4);
    const auto net = gr::sequential(gr::embedding(5, 3), gr::lstm(3, 4), gr::dense(4, 5));
    const gr::tensor<std::int32_t, 2> x{{0, 1, 2}, {3, 4, 0}}, y{{1, 2, 3}, {4, 0, 1}};
    const std::string text = gr::explanation(net, gr::cross_entropy{}, gr::optimizer(net, gr::adam{}), x, y);
    CHECK(has(text, "\n1 lstm\n  x (2, 3, 3)   W (3, 16)   U (4, 16)   b (16)   y (2, 3, 4)\n"));
    CHECK(has(text, "    1.U[0,0]: g = "));
}

TEST_CASE("explain: a layer of a cell without words is shown as any layer without") {
    const gr::recurrent_layer<double, leaky_cell> layer(2, 2, {}, {}, gr::glorot_uniform{}, gr::orthogonal{});
    const std::string text = everything(layer, sequence(1, 2, 2), 1, 2, 2);
    CHECK(has(text, "leaky\n  y = h_t = ½ (h_{t−1} + x_t W + b)\n    x (1, 2, 2):  "));
    CHECK(has(text, "\n    dy (1, 2, 2):  "));
}
