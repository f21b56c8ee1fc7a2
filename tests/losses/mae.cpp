#include "gradus/losses/mae.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

TEST_CASE("mae.forward, mae.backward: by hand") {
    const matrix y_hat{{1, 2}, {3, 4}}, y{{0, 2}, {1, 5}};  // ŷ − y = 1 0 2 −1
    CHECK(gr::mae{}.value(y_hat, y) == 1);                  // (1 + 0 + 2 + 1) / 4
    CHECK(gr::mae{}.gradient(y_hat, y) == matrix{{0.25, 0}, {0.25, -0.25}});  // sign(ŷ − y) / 4
}
TEST_CASE("mae.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::mae{});
}
TEST_CASE("mae.forward, mae.backward: PyTorch's values") {
    support::equals_pytorch(gr::mae{}, "y_hat", "y");
}
TEST_CASE_TEMPLATE("mae.forward, mae.backward: one statement", T, float, double) { support::is_generic<T>(gr::mae{}); }
TEST_CASE_TEMPLATE("mae.forward: shards add up", T, float, double) { support::shards_add_up<gr::mae, T>(gr::mae{}); }
TEST_CASE_TEMPLATE("mae.forward, mae.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::mae{}, gr::reference::mae<T, 2>);
}
TEST_CASE_TEMPLATE("mae.forward, mae.backward: finite", T, float, double) {
    support::is_finite<T>(gr::mae{}, {-1e4, -100, 0, 100, 1e4}, {-1e4, 0, 1});
}
TEST_CASE("mae: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::mae{});
}
