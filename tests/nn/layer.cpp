#include "gradus/nn/layer.hpp"

#include <doctest/doctest.h>

#include "gradus.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// With every argument that a layer may ask for, and an output that is no member of its cache.
struct shift {
    using parameters = gr::no_parameters;
    template <class X>
    struct cache {
        X kept;
        bool training = false;
        [[nodiscard]] const X& output() const { return kept; }
    };
    template <class X>
    const X& forward(const X& x, cache<X>& c, const gr::context& ctx) const {
        c.training = ctx.training;
        return c.kept = x + 1;
    }
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>&, parameters&, const gr::context&) const { return dy; }
};
/// With none.
struct plain_shift : shift {
    template <class X>
    const X& forward(const X& x, cache<X>& c) const { return c.kept = x + 1; }
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>&, parameters&) const { return dy; }
};
struct nothing {};

}  // namespace

TEST_CASE("layer: is called with the context where it takes one, and without where it does not") {
    shift::cache<matrix> with;
    gr::context ctx;
    ctx.training = true;
    gr::no_parameters grad;
    const matrix x{{1, 2}};
    CHECK(gr::forward(shift{}, x, with, ctx) == matrix{{2, 3}});
    CHECK(with.training);
    CHECK(&gr::output(with) == &with.kept);
    CHECK(&gr::backward(shift{}, x, x, with, grad, ctx) == &x);
    plain_shift::cache<matrix> without;
    CHECK(gr::forward(plain_shift{}, x, without, ctx) == matrix{{2, 3}});
    CHECK_FALSE(without.training);
    CHECK(&gr::backward(plain_shift{}, x, x, without, grad, ctx) == &x);
}

TEST_CASE("layer: what each member is worth to a concept") {
    static_assert(gr::layer_has::parameters<shift> && gr::layer_has::cache<shift, matrix>);
    static_assert(!gr::layer_has::parameters<nothing> && !gr::layer_has::cache<nothing, matrix>);
    static_assert(gr::layer_has::output<shift, matrix> && !gr::layer_has::output<nothing, matrix>);
    static_assert(gr::layer_has::forward<shift, matrix> && !gr::layer_has::forward<nothing, matrix>);
    static_assert(gr::layer_has::backward<plain_shift, matrix> && !gr::layer_has::backward<nothing, matrix>);
    static_assert(gr::is_layer<shift, matrix>);
    static_assert(std::is_same_v<gr::output_of<shift, matrix>, matrix>);
    static_assert(std::is_same_v<gr::parameters_of<shift>, gr::no_parameters>);
    CHECK(gr::count(shift{}) == 0);
}
