#include "gradus/losses/mse.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

TEST_CASE("mse.forward, mse.backward: by hand") {
    const matrix y_hat{{1, 2}, {3, 4}}, y{{0, 2}, {1, 5}};  // ŷ − y = 1 0 2 −1
    CHECK(gr::mse{}.value(y_hat, y) == 1.5);                // (1 + 0 + 4 + 1) / 4
    CHECK(gr::mse{}.gradient(y_hat, y) == matrix{{0.5, 0}, {1, -0.5}});  // 2 (ŷ − y) / 4
}
TEST_CASE("half_mse.forward, half_mse.backward: by hand") {
    const matrix y_hat{{1, 2}, {3, 4}}, y{{0, 2}, {1, 5}};
    CHECK(gr::half_mse{}.value(y_hat, y) == 1.5);                           // ½ (1 + 0 + 4 + 1) / 2 rows
    CHECK(gr::half_mse{}.gradient(y_hat, y) == matrix{{0.5, 0}, {1, -0.5}});  // (ŷ − y) / 2
    const matrix wide{{1, 2, 3}};                                          // the two differ where O is not 2
    CHECK(gr::half_mse{}.value(wide, matrix{{0, 0, 0}}) == 7);             // ½ (1 + 4 + 9)
    CHECK(gr::mse{}.value(wide, matrix{{0, 0, 0}}) == doctest::Approx(14.0 / 3));
}
TEST_CASE("half_mse.forward: the total error of Mazur's example") {
    // ½ (0.75136507 − 0.01)² + ½ (0.77292847 − 0.99)² = 0.274811083 + 0.023560026
    CHECK(gr::half_mse{}.value(matrix{{0.75136507, 0.77292847}}, matrix{{0.01, 0.99}}) ==
          doctest::Approx(0.298371109).epsilon(1e-8));
}
TEST_CASE("mse.backward, half_mse.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::mse{});
    support::follows_central_differences(gr::half_mse{});
}
TEST_CASE("mse.forward, mse.backward, half_mse.forward, half_mse.backward: PyTorch's values") {
    support::equals_pytorch(gr::mse{}, "y_hat", "y");
    support::equals_pytorch(gr::half_mse{}, "y_hat", "y");
}
TEST_CASE_TEMPLATE("mse.forward, half_mse.forward: shards add up", T, float, double) {
    support::shards_add_up<gr::mse, T>(gr::mse{});
    support::shards_add_up<gr::half_mse, T>(gr::half_mse{});
}
TEST_CASE_TEMPLATE("mse.forward, half_mse.forward: the textbook's twins", T, float, double) {
    support::equals_reference<T>(gr::mse{}, gr::reference::mse<T, 2>);
    support::equals_reference<T>(gr::half_mse{}, gr::reference::half_mse<T, 2>);
}
TEST_CASE_TEMPLATE("mse.forward, mse.backward, half_mse.forward, half_mse.backward: one statement", T, float, double) {
    support::is_generic<T>(gr::mse{});
    support::is_generic<T>(gr::half_mse{});
}
TEST_CASE_TEMPLATE("mse.forward, mse.backward, half_mse.forward, half_mse.backward: finite", T, float, double) {
    support::is_finite<T>(gr::mse{}, {-1e4, 0, 1e4}, {-1e4, 0, 1});
    support::is_finite<T>(gr::half_mse{}, {-1e4, 0, 1e4}, {-1e4, 0, 1});
}
TEST_CASE("mse.forward: a weight of a sample is that of all its elements") {
    const matrix y_hat{{1, 2}, {3, 4}}, y{{0, 2}, {1, 5}};
    const std::vector<double> weights{3, 1};
    CHECK(gr::mse{}.value(y_hat, y, {.weights = weights}) == 8.0 / 8);  // (3 (1 + 0) + 1 (4 + 1)) / (2 (3 + 1))
    CHECK(gr::mse{.reduction = gr::reduce::sum}.value(y_hat, y, {.weights = weights}) == 8);
    CHECK(gr::mse{}.gradient(y_hat, y, {.weights = weights}) == matrix{{0.75, 0}, {0.5, -0.25}});  // 2 w (ŷ − y) / 8
}
TEST_CASE("mse, half_mse: what they say to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::mse{});
    support::refuses_other_shapes(gr::half_mse{});
}
