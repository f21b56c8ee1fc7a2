// One matrix used twice: as the embedding of the tokens that come in, and as the weights of the logits that go out.
#include <doctest/doctest.h>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using tokens = gr::tensor<std::int32_t, 2>;

namespace {

/// h = E[x]     g = f(h)     z = g Eᵀ                   x (N, T) tokens   E (V, D)   h, g (N, T, D)   z (N, T, V)
/// dE = dzᵀ g + Σ dh into the rows x     dg = dz E
template <class T>
struct tied_model {
    static constexpr std::string_view name = "tied_model";
    using input = tokens;
    using hidden_layer = gr::dense_layer<T, gr::tanh>;

    struct parameters {
        gr::tensor<T, 2> E;
        gr::parameters_of<hidden_layer> hidden;
        static void each(auto&& f, auto&... p) { f("E", p.E...), f("hidden", p.hidden...); }
    };
    template <class X>
    struct cache {
        gr::tensor<T, 3> h, dg, y;
        gr::cache_of<hidden_layer, gr::tensor<T, 3>> hidden;
    };
    gr::tensor<T, 2> E;
    hidden_layer hidden;

    tied_model(std::size_t V, std::size_t D) : E({V, D}), hidden(gr::dense<T>(D, D, gr::tanh{})) {
        gr::draw(E, gr::normal{0, 0.5}, gr::random::mix(gr::default_seed(), "E"), {V, D});
    }

    template <class X>
    const gr::tensor<T, 3>& forward(const X& x, cache<X>& c, const gr::context& ctx) const {
        const std::size_t D = E.shape()[1];
        gr::reshape(c.h, std::array{x.shape()[0], x.shape()[1], D});
        gr::reshape(c.y, std::array{x.shape()[0], x.shape()[1], E.shape()[0]});
        for (std::size_t r = 0; r < x.size(); ++r) std::copy_n(&E(x.data()[r], 0), D, c.h.data() + r * D);  // h = E[x]
        const auto& g = gr::forward(hidden, c.h, c.hidden, ctx.inside(0));                              // g = f(h)
        gr::kernels::product<T>(1, g, gr::kernels::transpose(E), 0, c.y);                               // z = g Eᵀ
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const gr::tensor<T, 3>& dz, cache<X>& c, parameters& grad, const gr::context& ctx) const {
        const std::size_t D = E.shape()[1];
        const auto& g = gr::output(c.hidden);
        gr::context inner = ctx.inside(0);
        inner.input_gradient = true;
        gr::reshape(c.dg, c.h.shape());
        gr::kernels::product<T>(1, gr::kernels::transpose(dz), g, 0, grad.E);                           // dE = dzᵀ g
        gr::kernels::product<T>(1, dz, E, 0, c.dg);                                                     // dg = dz E
        const auto& dh = gr::backward(hidden, c.h, c.dg, c.hidden, grad.hidden, inner);
        for (std::size_t r = 0; r < x.size(); ++r)
            for (std::size_t d = 0; d < D; ++d) grad.E(x.data()[r], d) += dh.data()[r * D + d];         // dE[x] += dh
        return x;  // a token has no gradient
    }
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return tied_model<U>(E.shape()[0], E.shape()[1]);
    }
};

}  // namespace

TEST_CASE("probe.tied_weights: gradient of both uses of E, repeated tokens included") {
    gr::seed(1);
    CHECK(gr::gradient_check(tied_model<float>(5, 3), tokens{{0, 1, 1}, {4, 1, 0}}));
    CHECK(gr::gradient_check(gr::sequential(tied_model<float>(5, 3), gr::dense(5, 2)), tokens{{0, 1, 1}, {4, 1, 0}}));
}

TEST_CASE("probe.tied_weights: fit learns the next token of a cycle; both uses are one parameter") {
    gr::seed(1);
    tied_model<float> net(7, 12);
    CHECK(gr::count(net) == 7 * 12 + 12 * 12 + 12);
    tokens x({20, 6}), y({20, 6});
    for (std::size_t n = 0; n < 20; ++n)
        for (std::size_t t = 0; t < 6; ++t) {
            x(n, t) = static_cast<std::int32_t>((3 * n + 2 * t) % 7);
            y(n, t) = static_cast<std::int32_t>((3 * n + 2 * t + 2) % 7);
        }
    const auto history = gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.02}, gr::dataset(x, y),
                                 {.epochs = 40, .batch_size = 8, .threads = 2, .progress = gr::show::never});
    CHECK(history.loss.front() > 1.5);  // about ln 7
    CHECK(history.loss.back() < 0.1);
    CHECK(history.accuracy.back() == 1);
    CHECK(gr::accuracy(gr::classes(net, x), y) == 1);
    const auto score = gr::evaluate(net, gr::cross_entropy{}, gr::dataset(x, y));
    CHECK(score.accuracy == 1);
    CHECK(score.confusion(3, 3) + score.confusion(3, 4) == score.confusion(3, 3));
}
