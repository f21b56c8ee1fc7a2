#include "gradus/layers/pooling/average_pool2d.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../../support/message.hpp"
#include "../../support/pooling.hpp"
#include "gradus/inspect/gradient_check.hpp"

namespace gr = gradus;
using images = gr::tensor<double, 4>;
using support::message_of;
using support::pooled;

TEST_CASE("average_pool2d.forward, average_pool2d.backward: by hand") {
    const images x{{{{1, 10}, {2, 20}, {7, 7}}, {{3, 30}, {6, 60}, {7, 7}}}};  // 2 x 3 pixels, two channels
    const images dy{{{{4, 8}}}};
    const pooled run(gr::average_pool2d(2), x, dy);
    CHECK(run.y == images{{{{3, 30}}}});
    CHECK(run.dx == images{{{{1, 2}, {1, 2}, {0, 0}}, {{1, 2}, {1, 2}, {0, 0}}}});
    const pooled overlapping(gr::average_pool2d({2, 1}, {.stride = 1}), images{{{{1}}, {{3}}, {{7}}}}, images{{{{2}}, {{4}}}});
    CHECK(overlapping.y == images{{{{2}}, {{5}}}});
    CHECK(overlapping.dx == images{{{{1}}, {{3}}, {{2}}}});
}

TEST_CASE("average_pool2d.forward, average_pool2d.backward: by hand, the padding counted or not") {
    const images ones({1, 2, 2, 1}, 1.0), dy({1, 2, 2, 1}, 4.0);
    const pooled covered(gr::average_pool2d(2, {.padding = 1}), ones, dy);
    CHECK(covered.y == ones);  // Keras's `same`: ones stay ones
    CHECK(covered.dx == images({1, 2, 2, 1}, 4.0));
    const pooled all(gr::average_pool2d(2, {.padding = 1, .count_padding = true}), ones, dy);
    CHECK(all.y == images({1, 2, 2, 1}, 0.25));  // PyTorch's default: edges are darkened
    CHECK(all.dx == ones);
    const pooled same(gr::average_pool2d(2, {.stride = 1, .padding = gr::same}), images{{{{1}, {2}}, {{3}, {6}}}}, dy);
    CHECK(same.y == images{{{{3}, {4}}, {{4.5}, {6}}}});
    CHECK(same.dx == images{{{{1}, {3}}, {{3}, {9}}}});
}

TEST_CASE("average_pool2d.backward: central differences") {
    const auto x = support::draw<images>({2, 7, 6, 3}, 1);
    CHECK(support::error_of_dx(gr::average_pool2d(2), x) <= 1e-9);
    CHECK(support::error_of_dx(gr::average_pool2d({3, 2}, {.stride = 2, .padding = 1}), x) <= 1e-9);
    CHECK(support::error_of_dx(gr::average_pool2d({3, 2}, {.stride = 2, .padding = 1, .count_padding = true}), x) <= 1e-9);
    CHECK(support::error_of_dx(gr::average_pool2d(3, {.stride = {1, 4}, .padding = gr::same}), x) <= 1e-9);
    CHECK(gr::gradient_check(gr::average_pool2d(2), x));
}

TEST_CASE_TEMPLATE("average_pool2d.forward, average_pool2d.backward: PyTorch's values", T, float, double) {
    for (int i = 0; i < 16; ++i) {
        CAPTURE(i);
        const std::string given = std::to_string(i) + ".";
        const auto w = support::pytorch<gr::tensor<double, 1>>("pooling/" + given + "window");
        const auto size = [&](std::size_t k) { return static_cast<std::size_t>(w(k)); };
        for (const bool all : {false, true}) {
            const gr::average_pool2d layer({size(0), size(1)}, {.stride = {size(2), size(3)},
                                                                .padding = {size(4), size(5)},
                                                                .count_padding = all});
            CHECK(support::difference_to_pytorch<T>(layer, given, given + (all ? "mean_of_all." : "mean.")) <=
                  support::tolerance<T>(size(0) * size(1)));
        }
    }
}

TEST_CASE("average_pool2d: shapes, and what does not fit") {
    CHECK(gr::average_pool2d(2).output_shape({27, 26, 32}) == std::vector<std::size_t>{13, 13, 32});
    CHECK(message_of([] { (void)gr::average_pool2d(3).output_shape({2, 3, 1}); }) ==
          "average_pool2d: a window of (3, 3) does not fit into an image of (2, 3)");
    CHECK(message_of([] { (void)gr::average_pool2d(2, {.padding = 2, .count_padding = true}).output_shape({9, 9, 1}); }) ==
          "average_pool2d: a window of (2, 2) could lie wholly in a padding of (2, 2, 2, 2) (top, bottom, left, right): each must "
          "be less than the window");
}
