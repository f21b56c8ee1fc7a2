#include "gradus/nn/visitor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// What each layer tells, line by line; and x and y of those that are no containers.
struct listener : gr::visitor {
    std::vector<std::string> layers, lines;
    std::vector<matrix> x, y;

    void enter(const gr::layer_ref& layer) override {
        if (!layer.is_container) layers.push_back(layer.place.path() + " " + std::string(layer.name));
        lines.push_back("> " + layer.place.path() + " " + std::string(layer.name));
    }
    void leave(const gr::layer_ref& layer) override { lines.push_back("< " + layer.place.path()); }
    void value(const gr::layer_ref& layer, gr::role of, const gr::entry& name, const gr::tensor_ref& t) override {
        constexpr const char* roles[] = {"input ", "parameter ", "made ", "output "};
        lines.push_back(roles[static_cast<std::size_t>(of)] + name.path() + " " + gr::shape_text(t.shape()));
        if (layer.is_container || !t.is<matrix>()) return;
        if (of == gr::role::input) x.push_back(*t.get<matrix>());
        if (of == gr::role::output) y.push_back(*t.get<matrix>());
    }
};
template <class Net>
listener walked(const Net& net, const matrix& x) {
    gr::pass pass(net, x);
    (void)gr::forward(net, x, pass);
    listener told;
    gr::visit_forward(net, x, pass, told);
    return told;
}

/// A struct of layers that says nothing of them.
struct closed {
    static constexpr std::string_view name = "closed";
    using inner = gr::dense_layer<float, gr::identity>;
    struct parameters {
        gr::parameters_of<inner> f;
        static void each(auto&& visit, auto&... p) { visit("f", p.f...); }
    };
    template <class X>
    struct cache {
        gr::cache_of<inner, X> f;
        [[nodiscard]] const X& output() const { return f.y; }
    };
    inner f = gr::dense(2, 2);

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        return f.forward(x, c.f);
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad) const {
        return f.backward(x, dy, c.f, grad.f);
    }
};

/// Two layers whose outputs are added, of somebody who tells of them: y = a(x) + b(x).
struct twins {
    static constexpr std::string_view name = "twins";
    using inner = gr::dense_layer<float, gr::gelu>;
    struct parameters {
        gr::parameters_of<inner> a, b;
        static void each(auto&& visit, auto&... p) { visit("a", p.a...), visit("b", p.b...); }
    };
    template <class X>
    struct cache {
        gr::cache_of<inner, X> a, b;
        X y, dx;
    };
    inner a = gr::dense(2, 2, gr::gelu{}), b = gr::dense(2, 2, gr::gelu{});

    template <class X>
    const X& forward(const X& x, cache<X>& c, const gr::context& ctx) const {
        each_inside(gr::run_forward{}, x, c, ctx);
        return c.y = c.a.y + c.b.y;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const gr::context& ctx) const {
        return backward_by(gr::run_backward{}, x, dy, c, grad, ctx);
    }
    template <class X>
    void each_inside(auto&& call, const X& x, auto& c, const gr::context& ctx) const {
        call("a", a, x, c.a, ctx.inside(0));
        call("b", b, x, c.b, ctx.inside(1));
    }
    template <class X>
    const X& backward_by(auto&& call, const X& x, const X& dy, cache<X>& c, parameters& grad, const gr::context& ctx) const {
        const X& da = call("a", a, x, dy, c.a, grad.a, ctx.inside(0));
        const X& db = call("b", b, x, dy, c.b, grad.b, ctx.inside(1));
        if (ctx.input_gradient) c.dx = da + db;
        return c.dx;
    }
};

}  // namespace

TEST_CASE("visit_forward: every layer that is no container, in forward order, with its path, input and output") {
    const auto net = gr::sequential(gr::dense(3, 2), gr::named("deep", gr::repeat(2, gr::sequential(gr::dense(2, 2, gr::tanh{})))),
                                    closed{}, gr::sequential(gr::named("out", gr::dense(2, 1))));
    const auto x = support::draw<matrix>({4, 3}, 1);
    const listener all = walked(net, x);
    CHECK(all.layers == std::vector<std::string>{"0 dense", "deep.0.0 dense", "deep.1.0 dense", "2 closed", "3.out dense"});
    CHECK(support::same(all.x.front(), x));
    for (std::size_t i = 1; i < all.x.size(); ++i) CHECK(support::same(all.x[i], all.y[i - 1]));
    CHECK(support::same(all.y.back(), gr::predict(net, x)));
}

TEST_CASE("visit_forward: its paths are those of the parameters") {
    const auto net = gr::sequential(gr::named("a", gr::dense(2, 2)), gr::repeat(2, gr::dense(2, 2)), gr::dense(2, 1));
    std::vector<std::string> of_parameters, of_layers;
    gr::each([&](const gr::entry& e, const auto&) { of_parameters.push_back(e.path()); }, net);
    for (const std::string& l : walked(net, matrix({1, 2}, 1.0f)).layers) {
        const std::string path = l.substr(0, l.find(' '));
        of_layers.insert(of_layers.end(), {path + ".W", path + ".b"});
    }
    CHECK(of_layers == of_parameters);
}

TEST_CASE("visit_forward: a network of one layer has the empty path") {
    CHECK(walked(gr::dense(2, 3), matrix({1, 2}, 1.0f)).lines ==
          std::vector<std::string>{">  dense", "input x (1, 2)", "parameter W (2, 3)", "parameter b (3)", "output y (1, 3)", "< "});
}

TEST_CASE("visit_forward, visit_backward: a container of one's own, there and back, with what its layers made") {
    const auto net = gr::sequential(gr::named("in", gr::dense(2, 2)), twins{});
    const auto x = support::draw<matrix>({3, 2}, 1), dy = support::draw<matrix>({3, 2}, 2);
    CHECK(gr::gradient_check(net, x));
    gr::pass pass(net), other(net);
    gr::gradients grad(net), same(net);
    (void)net.forward(x, pass), (void)net.forward(x, other);
    listener there, back;
    gr::visit_forward(net, x, pass, there);
    const std::vector<std::string> gelu{"input x (3, 2)", "parameter W (2, 2)", "parameter b (2)", "made z (3, 2)", "output y (3, 2)"};
    std::vector<std::string> expected{">  sequential", "> in dense", "input x (3, 2)", "parameter W (2, 2)", "parameter b (2)",
                                      "output y (3, 2)", "< in", "> 1 twins", "> 1.a dense"};
    expected.insert(expected.end(), gelu.begin(), gelu.end());
    expected.insert(expected.end(), {"< 1.a", "> 1.b dense"});
    expected.insert(expected.end(), gelu.begin(), gelu.end());
    expected.insert(expected.end(), {"< 1.b", "output y (3, 2)", "< 1", "output y (3, 2)", "< "});
    CHECK(there.lines == expected);

    gr::visit_backward(net, x, dy, pass, grad.values, back);
    net.backward(x, dy, other, same);
    gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(support::same(a, b)); }, grad.values, same.values);
    CHECK(back.layers == std::vector<std::string>{"1.a dense", "1.b dense", "in dense"});
    const auto at = std::ranges::find(back.lines, "> 1.b dense");
    REQUIRE(back.lines.end() - at >= 7);
    CHECK(std::vector<std::string>(at + 1, at + 7) ==
          std::vector<std::string>{"input dy (3, 2)", "made dz (3, 2)", "parameter W (2, 2)", "parameter b (2)", "output dx (3, 2)", "< 1.b"});
    CHECK(support::same(back.x.front(), dy));
}

TEST_CASE("visit_forward: the gates of recurrent layers, by their names; dy of a direction is its half") {
    const auto net = gr::sequential(gr::bidirectional(gr::lstm(2, 3)), gr::gru(6, 2));
    const auto x = support::draw<gr::tensor<float, 3>>({2, 4, 2}, 1);
    gr::pass pass(net);
    const auto y = net.forward(x, pass);
    struct gates : gr::visitor {
        std::string names;
        double worst = 0;
        std::vector<gr::tensor<float, 3>> lstm, dy;
        void value(const gr::layer_ref& layer, gr::role of, const gr::entry& name, const gr::tensor_ref& t) override {
            if (of == gr::role::made) names += layer.place.path() + "." + name.text() + " ";
            if (of == gr::role::made && layer.place.path() == "0.forward") lstm.push_back(*t.get<gr::tensor<float, 3>>());
            if (of == gr::role::input && layer.name == "lstm") dy.push_back(*t.get<gr::tensor<float, 3>>());
        }
    } there, back;
    gr::visit_forward(net, x, pass, there);
    CHECK(there.names == "0.forward.i 0.forward.f 0.forward.g 0.forward.o 0.forward.c 0.forward.tanh c "
                         "0.backward.i 0.backward.f 0.backward.g 0.backward.o 0.backward.c 0.backward.tanh c 1.r 1.z 1.n 1.q ");
    REQUIRE(there.lstm.size() == 6);
    const auto& h = std::get<0>(pass.cache.layers).forwards.y;
    for (std::size_t k = 0; k < h.size(); ++k)  // h = o ∘ tanh c
        CHECK(h.data()[k] == doctest::Approx(there.lstm[3].data()[k] * std::tanh(there.lstm[4].data()[k])));
    gr::gradients grad(net);
    gr::visit_backward(net, x, y, pass, grad.values, back);
    REQUIRE(back.dy.size() == 2);
    CHECK(back.dy[0].shape() == std::array<std::size_t, 3>{2, 4, 3});
    const auto& both = std::get<1>(pass.cache.layers).dx;
    CHECK(back.dy[0](1, 2, 2) == both(1, 2, 2));
    CHECK(back.dy[1](1, 2, 0) == both(1, 2, 3));
}

TEST_CASE("visit_backward: a dx is told where somebody reads it, and nowhere else") {
    const auto net = gr::sequential(gr::flatten{}, gr::dense(2, 2, gr::tanh{}), gr::dense(2, 1));
    const auto x = support::draw<matrix>({3, 2}, 1), dy = support::draw<matrix>({3, 1}, 2);
    struct gradients_of_x : gr::visitor {
        std::string places;
        void value(const gr::layer_ref& layer, gr::role of, const gr::entry& name, const gr::tensor_ref&) override {
            if (of == gr::role::output && name.text() == "dx") places += gr::message({"[", layer.place.path(), "]"});
        }
    };
    gr::pass pass(net, x);
    gr::gradients grad(net);
    const auto told = [&] {
        gradients_of_x v;
        (void)gr::forward(net, x, pass);
        gr::visit_backward(net, x, dy, pass, grad.values, v);
        return v.places;
    };
    CHECK(told() == "[2]");
    pass.input_gradient = true;
    CHECK(told() == "[2][1][0][]");
    pass.input_gradient = false;  // what the backward before has left is no dx of this one
    CHECK(told() == "[2]");
}
