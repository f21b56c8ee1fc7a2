#include "gradus/losses/loss.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/losses/cross_entropy.hpp"
#include "gradus/losses/huber.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

namespace {

/// The formula alone, as docs/architecture.md shows it.
struct quartic : gr::element_loss<quartic> {
    static constexpr std::string_view name = "quartic";
    gr::reduce reduction = gr::reduce::mean;
    static auto term(const auto& p, const auto& t) { return (p - t) * (p - t) * (p - t) * (p - t); }
    static auto derivative(const auto& p, const auto& t) { return 4 * (p - t) * (p - t) * (p - t); }
};

/// A loss without a shell: J = Σₙ (Σⱼ ŷⱼ − Σⱼ yⱼ)² / N. It knows nothing of sums.
struct totals : gr::loss_shorthand<totals> {
    static constexpr std::string_view name = "totals";
    template <class Y>
    struct cache {
        Y dy;
    };
    template <class Y, class Target>
    double count(const Y& y_hat, const Target&, const gr::normalizer& by) const {
        return gr::losses::row_weights(name, y_hat.shape(), by).sum();
    }
    template <class Y, class Target>
    double forward(const Y& y_hat, const Target& y, cache<Y>& c, const gr::normalizer& by) const {
        const double n = gr::losses::divisor(*this, y_hat, y, by);
        const gr::losses::row_weights w(name, y_hat.shape(), by);
        c.dy = y_hat;
        double J = 0;
        for (std::size_t r = 0; r < y_hat.shape()[0]; ++r) {
            double d = 0;
            for (std::size_t j = 0; j < y_hat.shape()[1]; ++j) d += y_hat(r, j) - y(r, j);
            for (std::size_t j = 0; j < y_hat.shape()[1]; ++j) c.dy(r, j) = 2 * w[r] * d / n;
            J += w[r] * d * d / n;
        }
        return J;
    }
    template <class Y, class Target>
    const Y& backward(const Y&, const Target&, cache<Y>& c, const gr::normalizer&) const {
        return c.dy;
    }
};

}  // namespace

TEST_CASE("loss: one of your own in the shell is asked what every loss is asked") {
    CHECK(quartic{}.value(matrix{{3, 1}}, matrix{{1, 1}}) == 8);
    support::follows_central_differences(quartic{});
    support::shards_add_up<quartic, float>(quartic{});
    support::is_generic<float>(quartic{});
    support::refuses_other_shapes(quartic{});
    CHECK(gr::gradient_check(quartic{}, matrix{{3, 1}}, matrix{{1, 2}}));
}
TEST_CASE("loss: one without a shell, that knows of no sum") {
    const matrix y_hat{{1, 2}, {3, 4}}, y{{0, 1}, {3, 3}};
    CHECK(totals{}.value(y_hat, y) == 2.5);
    const std::vector<double> weights{3, 1};
    CHECK(totals{}.value(y_hat, y, {.weights = weights}) == 3.25);
    CHECK(gr::gradient_check(totals{}, y_hat, y));
}
TEST_CASE("loss: options are named, and leave the others as they are") {
    const gr::huber loss{.delta = 0.5, .reduction = gr::reduce::sum};
    CHECK(loss.delta == 0.5);
    CHECK(gr::huber{.reduction = gr::reduce::sum}.delta == 1);
    CHECK(gr::cross_entropy{.class_weights = {1, 2}}.label_smoothing == 0);
}
