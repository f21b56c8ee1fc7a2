#include "gradus/inspect/explain.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "gradus.hpp"
#include "gradus/losses/cosine_distance.hpp"
#include "gradus/losses/huber.hpp"

namespace gr = gradus;

namespace {

/// The example of Matt Mazur's "A step by step backpropagation example" (2015): 2-2-2, sigmoid, half squared error.
struct mazur {
    decltype(gr::sequential(gr::dense<double>(2, 2, gr::sigmoid{}), gr::dense<double>(2, 2, gr::sigmoid{}))) net{
        gr::dense<double>(2, 2, gr::sigmoid{}), gr::dense<double>(2, 2, gr::sigmoid{})};
    gr::tensor<double, 2> x{{0.05, 0.10}}, y{{0.01, 0.99}};
    gr::half_mse J;

    mazur() {
        net.layer<0>().theta.W = {{.15, .25}, {.20, .30}};
        net.layer<0>().theta.b = {.35, .35};
        net.layer<1>().theta.W = {{.40, .50}, {.45, .55}};
        net.layer<1>().theta.b = {.60, .60};
    }
};

bool has(const std::string& text, const std::string& part) {
    const bool found = text.find(part) != std::string::npos;
    if (!found) MESSAGE("not found: ", part, "\nin:\n", text);
    return found;
}

/// The text from `from` up to the next empty line.
std::string part_of(const std::string& text, const std::string& from) {
    const auto begin = text.find(from);
    if (begin == std::string::npos) return "no \"" + from + "\" in:\n" + text;
    return text.substr(begin, text.find("\n\n", begin) - begin);
}

/// y = s x, a layer of somebody who has not heard of explain.
struct scale {
    static constexpr std::string_view name = "scale";
    struct parameters {
        gr::tensor<float, 1> s{3.0f};
        static void each(auto&& f, auto&... p) { f(gr::entry("s").frozen(), p.s...); }
    };
    template <class X>
    struct cache {
        X y, dx;
    };
    parameters theta;

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        return c.y = x * theta.s(0);
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad) const {
        grad.s(0) = xt::sum(x * dy)();
        return c.dx = dy * theta.s(0);
    }
};

/// The same, by somebody who has.
struct told : scale {
    template <class X>
    void tell_formulas(auto&& made, const X& x, const cache<X>& c) const {
        made(gr::statement{.text = "y = s ∘ x", .id = "scale.forward", .by = gr::made_by::elements, .result = {"y", c.y},
                           .a = {"s", theta.s}, .b = {"x", x}});
    }
    template <class X>
    void tell_backward(auto&& made, const X& x, const X& dy, const cache<X>& c, const parameters&) const {
        made(gr::statement{.text = "what a student should look at"});
        made(gr::statement{.text = "dx = s ∘ dy", .by = gr::made_by::elements, .result = {"dx", c.dx}, .a = {"s", theta.s},
                           .b = {"dy", dy}, .c = {"x", x}});
    }
};

}  // namespace

TEST_CASE("explain: the numbers of Mazur's example") {
    const mazur m;
    const auto descend = gr::optimizer(m.net, gr::gradient_descent{.learning_rate = 0.5});
    const std::string text = gr::explanation(m.net, m.J, descend, m.x, m.y, {.digits = 8});
    for (const char* number : {"0.59326999", "0.59688438",                               // h
                               "0.75136507", "0.77292847",                               // o
                               "0.082167041", "0.35891648",                              // ∂E/∂w5, w5+
                               "0.40866619", "0.51130127", "0.56137012",                 // w6+, w7+, w8+
                               "0.14978072", "0.19956143", "0.24975114", "0.29950229"})  // w1+ ... w4+
        CHECK(has(text, number));
    CHECK(has(gr::explanation(m.net, m.J, descend, m.x, m.y, {.digits = 9}), "0.298371109"));  // E
}

TEST_CASE("explain: a whole step, word for word") {
    const mazur m;
    const auto descend = gr::optimizer(m.net, gr::gradient_descent{.learning_rate = 0.5});
    CHECK(gr::explanation(m.net, m.J, descend, m.x, m.y, {.entries = 2}) == R"(FORWARD

0 dense
  x (1, 2)   W (2, 2)   b (2)   z, y (1, 2)
  z = xW + b   y = sigmoid(z) = 1 / (1 + e⁻ᶻ)   [dense.forward]
    z[0,0] = Σᵢ x[0,i] W[i,0] + b[0] = 0.05·0.15 + 0.1·0.2 + 0.35 = 0.3775
    y[0,0] = sigmoid(0.3775) = 0.59327
    z[0,1] = Σᵢ x[0,i] W[i,1] + b[1] = 0.05·0.25 + 0.1·0.3 + 0.35 = 0.3925
    y[0,1] = sigmoid(0.3925) = 0.596884

1 dense
  x (1, 2)   W (2, 2)   b (2)   z, y (1, 2)
  z = xW + b   y = sigmoid(z) = 1 / (1 + e⁻ᶻ)   [dense.forward]
    z[0,0] = Σᵢ x[0,i] W[i,0] + b[0] = 0.59327·0.4 + 0.596884·0.45 + 0.6 = 1.10591
    y[0,0] = sigmoid(1.10591) = 0.751365
    z[0,1] = Σᵢ x[0,i] W[i,1] + b[1] = 0.59327·0.5 + 0.596884·0.55 + 0.6 = 1.22492
    y[0,1] = sigmoid(1.22492) = 0.772928

LOSS

half_mse
  J = ½ Σ (ŷ − y)² / N   [half_mse.forward]
  ∂J/∂ŷ = (ŷ − y) / N   [half_mse.backward]
    J = ½ [(0.751365 − 0.01)² + (0.772928 − 0.99)²] / 1 = 0.298371
    dŷ[0,0] = (0.751365 − 0.01) / 1 = 0.741365
    dŷ[0,1] = (0.772928 − 0.99) / 1 = -0.217072

BACKWARD

1 dense
  dz = dy ∘ f'(z)   [dense.dz]
    dz[0,0] = dy[0,0] sigmoid'(z[0,0]) = 0.741365·0.186816 = 0.138499
    dz[0,1] = dy[0,1] sigmoid'(z[0,1]) = (-0.217072)·0.17551 = -0.0380982
  dW = xᵀ dz   [dense.dW]
    dW[0,0] = Σₙ x[n,0] dz[n,0] = 0.59327·0.138499 = 0.082167
    dW[0,1] = Σₙ x[n,0] dz[n,1] = 0.59327·(-0.0380982) = -0.0226025
    … 4 entries in all
  db = Σₙ dzₙ   [dense.db]
    db[0] = 0.138499
    db[1] = -0.0380982
  dx = dz Wᵀ   [dense.dx]
    dx[0,0] = Σⱼ dz[0,j] W[0,j] = 0.138499·0.4 + (-0.0380982)·0.5 = 0.0363503
    dx[0,1] = Σⱼ dz[0,j] W[1,j] = 0.138499·0.45 + (-0.0380982)·0.55 = 0.0413703

0 dense
  dz = dy ∘ f'(z)   [dense.dz]
    dz[0,0] = dy[0,0] sigmoid'(z[0,0]) = 0.0363503·0.241301 = 0.00877135
    dz[0,1] = dy[0,1] sigmoid'(z[0,1]) = 0.0413703·0.240613 = 0.00995425
  dW = xᵀ dz   [dense.dW]
    dW[0,0] = Σₙ x[n,0] dz[n,0] = 0.05·0.00877135 = 0.000438568
    dW[0,1] = Σₙ x[n,0] dz[n,1] = 0.05·0.00995425 = 0.000497713
    … 4 entries in all
  db = Σₙ dzₙ   [dense.db]
    db[0] = 0.00877135
    db[1] = 0.00995425
  dx = dz Wᵀ   [dense.dx]   is not computed: nobody reads it

STEP

gradient_descent, α = 0.5, step t = 1
  θ ← θ − α g   [gradient_descent.theta]
    0.W[0,0]: g = 0.000438568   θ: 0.15 → 0.149781
    0.W[0,1]: g = 0.000497713   θ: 0.25 → 0.249751
    … 4 entries in all
    0.b[0]: g = 0.00877135   θ: 0.35 → 0.345614
    0.b[1]: g = 0.00995425   θ: 0.35 → 0.345023
    1.W[0,0]: g = 0.082167   θ: 0.4 → 0.358916
    1.W[0,1]: g = -0.0226025   θ: 0.5 → 0.511301
    … 4 entries in all
    1.b[0]: g = 0.138499   θ: 0.6 → 0.530751
    1.b[1]: g = -0.0380982   θ: 0.6 → 0.619049
)");
}

TEST_CASE("explain: what it foretells is what the step does, and it changes nothing") {
    gr::seed(3);
    auto net = gr::sequential(gr::dense<double>(2, 3, gr::tanh{}), gr::dense<double>(3, 2));
    const gr::tensor<double, 2> x{{1, 2}, {-1, 0.5}, {0.3, -2}};
    const gr::tensor<std::int32_t, 1> y{0, 1, 1};
    const gr::cross_entropy J;
    auto descend = gr::optimizer(net, gr::adam{.learning_rate = 0.1});
    gr::pass pass(net);
    gr::gradients grad(net);
    for (int t = 0; t < 3; ++t) {
        const auto net_before = net;
        const auto descend_before = descend;
        const std::string text = gr::explanation(net, J, descend, x, y, {.digits = 12, .entries = 100});
        CHECK(has(text, "step t = " + std::to_string(t + 1)));
        gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(a == b); }, net, net_before);
        CHECK(descend.t == descend_before.t);
        CHECK(descend.kept(1) == descend_before.kept(1));

        net.backward(x, J.gradient(net.forward(x, pass), y), pass, grad);
        descend(net, grad);
        const gr::explaining::page page({.digits = 9});
        gr::each(
            [&](const gr::entry&, const auto& theta, const auto& g) {
                for (std::size_t i = 0; i < theta.size(); ++i) {
                    CHECK(has(text, "g = " + page.number(g.data()[i]).substr(0, 9)));
                    CHECK(has(text, "→ " + page.number(theta.data()[i]).substr(0, 9)));
                }
            },
            net, grad.values);
        descend.kept(0).each(gr::parameter_list(net), [&](const gr::entry&, gr::tensor_ref m) {
            for (std::size_t i = 0; i < m.size(); ++i) CHECK(has(text, "→ " + page.number(m.number(i)).substr(0, 9)));
        });
    }
}

TEST_CASE("explain: adam") {
    const mazur m;
    auto descend = gr::optimizer(m.net, gr::adam{});
    const std::string text = part_of(gr::explanation(m.net, m.J, descend, m.x, m.y, {.entries = 1}), "adam");
    CHECK(text == R"(adam, α = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 1e-08, step t = 1
  m ← β₁ m + (1 − β₁) g   [adam.m]
  v ← β₂ v + (1 − β₂) g²   [adam.v]
  m̂ = m / (1 − β₁ᵗ)   [adam.m_hat]
  v̂ = v / (1 − β₂ᵗ)   [adam.v_hat]
  θ ← θ − α m̂ / (√v̂ + ε)   [adam.theta]
    0.W[0,0]: g = 0.000438568   m: 0 → 4.38568e-05   v: 0 → 1.92342e-10   m̂: 0.000438568   v̂: 1.92342e-07   θ: 0.15 → 0.149
    … 4 entries in all
    0.b[0]: g = 0.00877135   m: 0 → 0.000877135   v: 0 → 7.69367e-08   m̂: 0.00877135   v̂: 7.69367e-05   θ: 0.35 → 0.349
    … 2 entries in all
    1.W[0,0]: g = 0.082167   m: 0 → 0.0082167   v: 0 → 6.75142e-06   m̂: 0.082167   v̂: 0.00675142   θ: 0.4 → 0.399
    … 4 entries in all
    1.b[0]: g = 0.138499   m: 0 → 0.0138499   v: 0 → 1.91819e-05   m̂: 0.138499   v̂: 0.0191819   θ: 0.6 → 0.599
    … 2 entries in all
)");
}

TEST_CASE("explain: sgd names momentum and velocity") {
    const mazur m;
    auto descend = gr::optimizer(m.net, gr::sgd{});
    const std::string text = part_of(gr::explanation(m.net, m.J, descend, m.x, m.y, {.entries = 1}), "sgd");
    CHECK(has(text, "sgd, α = 0.01, μ = 0.9, step t = 1\n  v ← μ v + g   [sgd.v]\n  θ ← θ − α v   [sgd.theta]\n"));
    CHECK(has(text, "1.b[0]: g = 0.138499   v: 0 → 0.138499   θ: 0.6 → 0.598615\n"));
}

TEST_CASE("explain: each loss with its numbers") {
    auto net = gr::sequential(gr::dense<double>(2, 2));
    net.layer<0>().theta.W = {{1, 0}, {0, 1}};
    const auto descend = gr::optimizer(net, gr::gradient_descent{});
    const gr::tensor<double, 2> x{{1, 2}, {-1, 0.5}}, y{{1, 0}, {0, 1}};
    const auto loss = [&](const auto& J, const auto& target) {
        return part_of(gr::explanation(net, J, descend, x, target, {.digits = 4, .entries = 3, .terms = 1}),
                       std::string(J.name) + "\n");
    };
    CHECK(loss(gr::mse{}, y) == R"(mse
  J = Σ (ŷ − y)² / (N O)   [mse.forward]
  ∂J/∂ŷ = 2 (ŷ − y) / (N O)   [mse.backward]
    J = [(1 − 1)² + …] / 4 = 1.312
    dŷ[0,0] = 2 (1 − 1) / 4 = 0
    dŷ[0,1] = 2 (2 − 0) / 4 = 1
    dŷ[1,0] = 2 (-1 − 0) / 4 = -0.5
    … 4 entries in all)");
    CHECK(loss(gr::binary_cross_entropy{}, y) == R"(binary_cross_entropy
  J = Σ [max(z, 0) − z y + log(1 + e^(−|z|))] / n   [binary_cross_entropy.forward]
  ∂J/∂z = (σ(z) − y) / n   [binary_cross_entropy.backward]
    J = [(1 − 1·1 + log(1 + e^-1)) + …] / 4 = 0.8069
    dz[0,0] = (σ(1) − 1) / 4 = -0.06724
    dz[0,1] = (σ(2) − 0) / 4 = 0.2202
    dz[1,0] = (σ(-1) − 0) / 4 = 0.06724
    … 4 entries in all)");
    CHECK(loss(gr::cross_entropy{}, gr::tensor<std::int32_t, 1>{1, 0}) == R"(cross_entropy
  J = Σₙ (log Σⱼ e^(z[n, j]) − z[n, yₙ]) / N   [cross_entropy.forward]
  ∂J/∂z = (p − onehot(y)) / N,  p = softmax(z)   [cross_entropy.backward]
    J = [(2.313 − 2) + …] / 2 = 1.007
    dz[0,0] = (0.2689 − 0) / 2 = 0.1345
    dz[0,1] = (0.7311 − 1) / 2 = -0.1345
    dz[1,0] = (0.1824 − 1) / 2 = -0.4088
    … 4 entries in all)");
}

TEST_CASE("explain: softmax is a function of the row, GELU's derivative reads z") {
    gr::tensor<double, 2> x{{1, -1}}, y{{1, 0}};
    auto net = gr::sequential(gr::dense<double>(2, 2, gr::gelu{}), gr::dense<double>(2, 2, gr::softmax{}));
    net.layer<0>().theta.W = net.layer<1>().theta.W = {{1, 0}, {0, 1}};
    const std::string text = gr::explanation(net, gr::half_mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y,
                                             {.digits = 4, .entries = 1});
    CHECK(has(text, "y[0,0] = gelu(1) = 0.8413\n"));
    CHECK(has(text, "y[0,0] = softmax(z[0,:])[0] = 0.7311\n"));
    CHECK(has(
        text,
        "dz[0,0] = y (dy − Σⱼ dy[0,j] y[0,j]) = 0.7311·(-0.2689 − ((-0.2689)·0.7311 + 0.2689·0.2689)) = -0.1058\n"));
    CHECK(has(text, "dz[0,0] = dy[0,0] gelu'(z[0,0]) = (-0.1058)·1.083 = -0.1146\n"));
}

TEST_CASE("explain: of a long sum the first terms that are not 0") {
    auto net = gr::sequential(gr::dense(6, 1));
    net.layer<0>().theta.W.fill(2);
    const gr::tensor<float, 2> x{{0, 1, 0, 3, 4, 5}}, y{{0}};
    const std::string text =
        gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y, {.entries = 2, .terms = 2});
    CHECK(has(text, "= … + 1·2 + … + 3·2 + … + 0 = 26\n"));
    CHECK(has(text, "    dW[1,0] = Σₙ x[n,1] dz[n,0] = 1·52 = 52\n    dW[3,0]"));
    CHECK(has(text, "    … 6 entries in all\n"));
    CHECK(has(text, "  dx = dz Wᵀ   [dense.dx]   is not computed: nobody reads it\n"));
}

TEST_CASE("explain: leading axes are rows") {
    auto net = gr::sequential(gr::dense(1, 1));
    net.layer<0>().theta.W.fill(2);
    const gr::tensor<float, 3> x{{{1}, {2}}, {{3}, {4}}}, y{{{0}, {0}}, {{0}, {0}}};
    const std::string text = gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y);
    CHECK(has(text, "z[1,0,0] = Σᵢ x[1,0,i] W[i,0] + b[0] = 3·2 + 0 = 6\n"));
}

TEST_CASE("explain: a layer of one's own, which tells its formulas or does not") {
    auto net = gr::sequential(scale{}, told{});
    const gr::tensor<float, 2> x{{2, 0.5}}, y{{1, 1}};
    const std::string text = gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y);
    CHECK(part_of(text, "0 scale") ==
          "0 scale\n    x (1, 2):  [0,0] 2  [0,1] 0.5\n    s (1):  [0] 3\n    y (1, 2):  [0,0] 6  [0,1] 1.5");
    CHECK(part_of(text, "1 scale") == "1 scale\n  y = s ∘ x   [scale.forward]\n    y[0,0] = 3·6 = 18\n    y[0,1] = 3·1.5 = 4.5");
    const std::string back = text.substr(text.find("BACKWARD"));
    CHECK(part_of(back, "1 scale") ==
          "1 scale\n  what a student should look at\n  dx = s ∘ dy\n    dx[0,0] = 3·17 = 51\n    dx[0,1] = 3·3.5 = 10.5\n"
          "    ds (1):  [0] 107.25");
    CHECK(part_of(back, "0 scale") == "0 scale\n    dy (1, 2):  [0,0] 51  [0,1] 10.5\n    ds (1):  [0] 107.25");  // its dx nobody reads
    CHECK(has(text, "    0.s: frozen\n"));
}

TEST_CASE("explain: names, repeat, and a layer alone") {
    auto net = gr::sequential(gr::named("hidden", gr::repeat(2, gr::dense(2, 2, gr::relu{}))), gr::dense(2, 1));
    const gr::tensor<float, 2> x{{2, 0.5}}, y{{1}};
    const std::string text = gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y);
    CHECK(has(text, "FORWARD\n\nhidden.0 dense\n"));
    CHECK(has(text, "\n\nhidden.1 dense\n"));
    CHECK(has(text, "    hidden.1.W["));
    CHECK(text.find("hidden.1 dense", text.find("BACKWARD")) < text.find("hidden.0 dense", text.find("BACKWARD")));

    auto layer = gr::dense(2, 1);
    CHECK(has(gr::explanation(layer, gr::mse{}, gr::optimizer(layer, gr::gradient_descent{}), x, y),
              "FORWARD\n\ndense\n"));
}

TEST_CASE("explain: a residual is shown by what is in it, forward and back") {
    gr::seed(1);
    auto net = gr::sequential(gr::dense(2, 2), gr::residual(gr::dense(2, 2, gr::tanh{})), gr::residual(gr::dense(2, 1), gr::dense(2, 1)));
    gr::optimizer descend(net, gr::gradient_descent{});
    const gr::tensor<float, 2> x({3, 2}, 0.5f), y({3, 1}, 1.0f);
    const std::string text = gr::explanation(net, gr::mse{}, descend, x, y);
    for (const char* part : {"\n0 dense", "\n1.f dense", "\n2.f dense", "\n2.shortcut dense"}) {
        CAPTURE(part);
        const auto forward = text.find(part), back = text.rfind(part);
        CHECK(forward < text.find("\nLOSS"));
        CHECK(back > text.find("\nBACKWARD"));
        CHECK(back != std::string::npos);
    }
}

TEST_CASE("explain: layers that learn nothing before the first that does are shown too, and the gradients are the step's") {
    const gr::tensor<double, 3> x({2, 2, 2}, 0.5);
    const gr::tensor<double, 2> y({2, 1}, 1.0);
    auto net = gr::sequential(gr::random_shift{.height = 2, .width = 2, .by = 1}, gr::flatten{}, gr::dropout{.p = 0.5},
                              gr::dense<double>(4, 3, gr::tanh{}), gr::dense<double>(3, 1));
    gr::optimizer descend(net, gr::gradient_descent{});
    const std::string text = gr::explanation(net, gr::mse{}, descend, x, y);
    for (const char* part : {"\n0 random_shift", "\n1 flatten", "\n2 dropout", "\n3 dense", "\n4 dense"}) {
        CAPTURE(part);
        CHECK(text.find(part) < text.find("\nLOSS"));
        CHECK(text.rfind(part) != std::string::npos);
        CHECK(text.rfind(part) > text.find("\nBACKWARD"));
    }
    const auto bare = gr::sequential(gr::flatten{}, gr::dense<double>(4, 1));
    CHECK(has(gr::explanation(bare, gr::mse{}, gr::optimizer(bare, gr::gradient_descent{}), x, y), "\n1 dense"));
}

TEST_CASE("explain: a layer without words of its own is shown by its formula, and no dx that nobody computed") {
    gr::seed(1);
    const auto net = gr::sequential(gr::conv2d(1, 2, 3, gr::relu{}), gr::max_pool2d(2), gr::relu{}, gr::flatten{}, gr::dense(2, 1));
    const gr::tensor<float, 4> x({1, 4, 4, 1}, 0.5f);
    const gr::tensor<float, 2> y{{1}};
    const std::string text = gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y);
    CHECK(has(text, "FORWARD\n\n0 conv2d\n  y = f(x ∗ W + b)   f(z) = relu(z) = max(z, 0)\n    x (1, 4, 4, 1):  [0,0,0,0] 0.5  "));
    CHECK(has(part_of(text, "0 conv2d"), "\n    y (1, 2, 2, 2):  "));
    CHECK(has(text, "\n1 max_pool2d\n  y = max x over the window\n    x (1, 2, 2, 2):  "));
    CHECK(has(text, "\n2 relu\n  y = max(z, 0)\n    x (1, 1, 1, 2):  "));
    CHECK(has(text, "\n3 flatten\n  y = the elements of x\n    x (1, 1, 1, 2):  "));
    const std::string first = part_of(text.substr(text.find("BACKWARD")), "0 conv2d");
    CHECK(has(first, "\n    dW (3, 3, 1, 2):  "));
    CHECK(first.find("dx") == std::string::npos);
    CHECK(has(part_of(text.substr(text.find("BACKWARD")), "1 max_pool2d"), "\n    dx (1, 2, 2, 2):  "));
}

TEST_CASE("explain: what does not fit is told as the network tells it") {
    auto net = gr::sequential(gr::dense(2, 3), gr::dense(3, 1));
    const gr::tensor<float, 2> x{{1, 2, 3}}, y{{1}};
    CHECK_THROWS_WITH_AS((void)gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y),
                         "dense #0: y = f(xW + b) needs x of (N, 2), got (1, 3): W is (2, 3)", gr::shape_error);
}
TEST_CASE("explain: a loss shows its formula, its terms and its value, however it is asked") {
    auto net = gr::sequential(gr::dense<double>(2, 2));
    net.layer<0>().theta.W = {{1, 0}, {0, 1}};
    net.layer<0>().theta.b = {0, 0};
    const gr::tensor<double, 2> x{{1, 4}}, y{{0.5, 1}};
    const auto explained = [&](const auto& loss, const auto& target) {
        return gr::explanation(net, loss, gr::optimizer(net, gr::gradient_descent{}), x, target);
    };
    const std::string mean = explained(gr::huber{}, y);
    CHECK(has(mean, "l = ½ (ŷ − y)² where |ŷ − y| ≤ δ, else δ (|ŷ − y| − ½ δ)   [huber.forward]"));
    CHECK(has(mean, "J = [0.125 + 2.5] / 2 = 1.3125"));
    CHECK(has(mean, "dŷ[0,1] = 1 / 2 = 0.5"));
    const std::string sum = explained(gr::huber{.reduction = gr::reduce::sum}, y);
    CHECK(has(sum, "as a sum: divided by 1"));
    CHECK(has(sum, "J = [0.125 + 2.5] / 1 = 2.625"));
    CHECK(has(explained(gr::binary_cross_entropy{.positive_weight = 2}, y), "J = ["));
    const gr::tensor<std::int32_t, 1> labels{1};
    const std::string weighted = explained(gr::cross_entropy{.label_smoothing = 0.5}, labels);
    CHECK(has(weighted, "J = 0.798587"));
    CHECK(has(explained(gr::dense_cross_entropy{}, y), "[dense_cross_entropy.forward]"));
    CHECK(has(explained(gr::cosine_distance{}, y), "[cosine_distance.forward]"));
}

TEST_CASE("explain: an optimizer of a network of other sizes is refused") {
    auto net = gr::sequential(gr::dense(2, 3), gr::dense(3, 1));
    const gr::optimizer descend(net, gr::adam{});
    net = gr::sequential(gr::dense(2, 9), gr::dense(9, 1));
    const gr::tensor<float, 2> x{{1, 2}}, y{{1}};
    CHECK_THROWS_WITH_AS((void)gr::explanation(net, gr::mse{}, descend, x, y),
                         "parameters: 0.W is (2, 9) here and (2, 3) there: gradients and optimizers belong to one network", gr::shape_error);
}
