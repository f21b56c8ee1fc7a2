#include "gradus/core/forwarded.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gradus.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

struct left {
    std::string path, layer;
    matrix x, y;
};
template <class Net>
std::vector<left> walked(const Net& net, const matrix& x) {
    gr::pass pass(net, x);
    (void)gr::forward(net, x, pass);
    std::vector<left> all;
    gr::each_forwarded(
        [&](const gr::entry& e, const auto& layer, const matrix& in, const auto& c) {
            all.push_back({e.path(), std::string(layer.name), in, gr::output(c)});
        },
        net, x, pass.cache);
    return all;
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

}  // namespace

TEST_CASE("each_forwarded: every layer that is no container, in forward order, with its path, input and output") {
    const auto net = gr::sequential(gr::dense(3, 2), gr::named("deep", gr::repeat(2, gr::sequential(gr::dense(2, 2, gr::tanh{})))),
                                    closed{}, gr::sequential(gr::named("out", gr::dense(2, 1))));
    const auto x = support::draw<matrix>({4, 3}, 1);
    const auto all = walked(net, x);
    std::vector<std::string> paths;
    for (const left& l : all) paths.push_back(l.path + " " + l.layer);
    CHECK(paths == std::vector<std::string>{"0 dense", "deep.0.0 dense", "deep.1.0 dense", "2 closed", "3.out dense"});
    CHECK(support::same(all.front().x, x));
    for (std::size_t i = 1; i < all.size(); ++i) CHECK(support::same(all[i].x, all[i - 1].y));
    CHECK(support::same(all.back().y, gr::predict(net, x)));
}

TEST_CASE("each_forwarded: its paths are those of the parameters") {
    const auto net = gr::sequential(gr::named("a", gr::dense(2, 2)), gr::repeat(2, gr::dense(2, 2)), gr::dense(2, 1));
    std::vector<std::string> of_parameters, of_layers;
    gr::each([&](const gr::entry& e, const auto&) { of_parameters.push_back(e.path()); }, net);
    for (const left& l : walked(net, matrix({1, 2}, 1.0f))) of_layers.insert(of_layers.end(), {l.path + ".W", l.path + ".b"});
    CHECK(of_layers == of_parameters);
}

TEST_CASE("each_forwarded: a network of one layer has the empty path") {
    const auto all = walked(gr::dense(2, 3), matrix({1, 2}, 1.0f));
    REQUIRE(all.size() == 1);
    CHECK(all[0].path == "");
    CHECK(all[0].y.shape()[1] == 3);
}
