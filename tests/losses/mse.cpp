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
TEST_CASE("mse.backward, half_mse.backward: central differences, masked, with a normalizer that is given") {
    support::follows_central_differences(gr::mse{});
    support::follows_central_differences(gr::half_mse{});
}
TEST_CASE("mse.forward, mse.backward, half_mse.forward, half_mse.backward: PyTorch's values") {
    support::equals_pytorch(gr::mse{}, "y");
    support::equals_pytorch(gr::half_mse{}, "y");
}
TEST_CASE_TEMPLATE("mse.forward, half_mse.forward: shards add up", T, float, double) {
    support::shards_add_up<gr::mse, T>(gr::mse{});
    support::shards_add_up<gr::half_mse, T>(gr::half_mse{});
}
TEST_CASE_TEMPLATE("mse.forward, half_mse.forward: the textbook's twins", T, float, double) {
    support::equals_reference<gr::mse, T>(gr::mse{}, gr::reference::mse<T, 2>);
    support::equals_reference<gr::half_mse, T>(gr::half_mse{}, gr::reference::half_mse<T, 2>);
}
TEST_CASE("mse: what it says to targets of another shape, an empty batch, masks that do not fit") {
    const matrix y_hat({4, 3}, 0.0), y({4, 1}, 0.0);
    CHECK(support::message_of([&] { (void)gr::mse{}.value(y_hat, y); }) ==
          "mse: needs targets shaped as the prediction (4, 3), got (4, 1)");
    CHECK(support::message_of([&] { (void)gr::half_mse{}.value(y_hat, y); }) ==
          "half_mse: needs targets shaped as the prediction (4, 3), got (4, 1)");
    gr::mse::cache<matrix> c;
    CHECK(support::message_of([&] { (void)gr::mse{}.backward(y_hat, y, c); }) ==
          "mse: needs targets shaped as the prediction (4, 3), got (4, 1)");
    support::refuses_empty_and_masks(gr::mse{});
    support::refuses_empty_and_masks(gr::half_mse{});
}
