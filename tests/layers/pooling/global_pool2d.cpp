#include "gradus/layers/pooling/global_pool2d.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "../../support/message.hpp"
#include "../../support/pooling.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/reference/pooling.hpp"

namespace gr = gradus;
using images = gr::tensor<double, 4>;
using matrix = gr::tensor<double, 2>;
using support::message_of;
using support::pooled;

TEST_CASE("global_average_pool2d.forward, global_average_pool2d.backward: by hand") {
    const images x{{{{1, 0}, {2, 0}}, {{3, 0}, {6, 8}}}, {{{4, 1}, {4, 1}}, {{4, 1}, {4, 1}}}};
    const pooled run(gr::global_average_pool2d{}, x, matrix{{4, 8}, {-4, 0}});
    CHECK(run.y == matrix{{3, 2}, {4, 1}});
    CHECK(run.dx == images{{{{1, 2}, {1, 2}}, {{1, 2}, {1, 2}}}, {{{-1, 0}, {-1, 0}}, {{-1, 0}, {-1, 0}}}});
}

TEST_CASE("global_max_pool2d.forward, global_max_pool2d.backward: by hand, of equal ones the first") {
    const images x{{{{1, 0}, {2, 0}}, {{3, 0}, {6, 8}}}, {{{4, -3}, {4, -1}}, {{4, -1}, {4, -2}}}};
    const pooled run(gr::global_max_pool2d{}, x, matrix{{4, 8}, {-4, 5}});
    CHECK(run.y == matrix{{6, 8}, {4, -1}});
    CHECK(run.dx == images{{{{0, 0}, {0, 0}}, {{0, 0}, {4, 8}}}, {{{-4, 0}, {0, 5}}, {{0, 0}, {0, 0}}}});
}

TEST_CASE("global_average_pool2d.backward, global_max_pool2d.backward: central differences") {
    const auto x = support::without_ties({2, 4, 3, 5});
    CHECK(support::error_of_dx(gr::global_average_pool2d{}, x) <= 1e-9);
    CHECK(support::error_of_dx(gr::global_max_pool2d{}, x) <= 1e-9);
    CHECK(gr::gradient_check(gr::sequential(gr::global_average_pool2d{}, gr::dense<double>(5, 2)), x));
    CHECK(gr::gradient_check(gr::sequential(gr::global_max_pool2d{}, gr::dense<double>(5, 2)), x));
}

TEST_CASE_TEMPLATE("global_average_pool2d.forward, global_average_pool2d.backward, global_max_pool2d.forward, "
                   "global_max_pool2d.backward: PyTorch's values",
                   T, float, double) {
    for (int i = 0; i < 16; ++i) {
        CAPTURE(i);
        const std::string given = std::to_string(i) + ".";
        CHECK(support::difference_to_pytorch<T>(gr::global_average_pool2d{}, given, given + "global_mean.") <=
              support::tolerance<T>(32));
        CHECK(support::difference_to_pytorch<T>(gr::global_max_pool2d{}, given, given + "global_max.") <= support::tolerance<T>());
    }
}

TEST_CASE_TEMPLATE("global_average_pool2d.forward, global_max_pool2d.forward: the reference, with a window as large as the image", T,
                   float, double) {
    for (const std::size_t channels : {1u, 9u, 16u, 35u}) {
        const auto x = support::draw<gr::tensor<T, 4>>({3, 5, 7, channels}, channels);
        const auto w = gr::window::place("pool", {5, 7}, {5, 7}, {5, 7}, gr::valid);
        const auto equal = [](const gr::tensor<T, 2>& y, const gr::tensor<T, 4>& expected) {
            gr::tensor<T, 4> image(expected.shape());
            std::copy_n(y.data(), y.size(), image.data());
            return support::difference(image, expected) <= support::tolerance<T>(35);
        };
        gr::global_average_pool2d::cache<gr::tensor<T, 4>> mean;
        gr::global_max_pool2d::cache<gr::tensor<T, 4>> max;
        CHECK(equal(gr::global_average_pool2d{}.forward(x, mean), gr::reference::average_pool(x, w, false)));
        CHECK(equal(gr::global_max_pool2d{}.forward(x, max), gr::reference::max_pool(x, w)));
    }
}

TEST_CASE("global_average_pool2d.forward: of a large image to the last digit but one, in float") {
    for (const gr::size2d size : {gr::size2d(512), gr::size2d(1, 100'000), gr::size2d(100'000, 1), gr::size2d(331, 7)}) {
        for (const std::size_t channels : {1u, 19u}) {
            const gr::tensor<float, 4> x({1, size.height, size.width, channels}, 0.1f);
            gr::global_average_pool2d::cache<gr::tensor<float, 4>> c;
            for (const float mean : gr::global_average_pool2d{}.forward(x, c)) CHECK(std::abs(mean - 0.1f) <= 1e-6f * 0.1f);
        }
    }
}

TEST_CASE("global_average_pool2d, global_max_pool2d: shapes, for images of any size, and what does not fit") {
    CHECK(gr::global_average_pool2d{}.output_shape({7, 9, 32}) == std::vector<std::size_t>{32});
    const auto net = gr::sequential(gr::reshaped({5, 4, 2}), gr::global_max_pool2d{}, gr::dense(2, 3));
    CHECK(net.output_shape({40}) == std::vector<std::size_t>{3});
    CHECK_NOTHROW((void)gr::sequential(gr::dense(5, 7), gr::global_average_pool2d{}, gr::dense(7, 2)));
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({5, 4, 2}), gr::global_max_pool2d{}, gr::dense(40, 3)); }) ==
          "dense #2: y = f(xW + b) needs x of (N, 40), got (N, 2): W is (40, 3)");
    CHECK(message_of([] { (void)gr::global_average_pool2d{}.output_shape({7, 9}); }) ==
          "global_average_pool2d: needs images x of (N, H, W, C), a sample is (7, 9)");
    gr::global_max_pool2d::cache<images> c;
    gr::no_parameters none;
    const images x({2, 3, 3, 4}, 1.0);
    CHECK(message_of([&] { (void)gr::global_max_pool2d{}.forward(images({2, 0, 3, 4}, 1.0), c); }) ==
          "global_max_pool2d: needs images x of (N, H, W, C), a sample is (0, 3, 4)");
    (void)gr::global_max_pool2d{}.forward(x, c);
    CHECK(message_of([&] { (void)gr::global_max_pool2d{}.backward(x, matrix({2, 3}, 1.0), c, none); }) ==
          "global_max_pool2d: dx needs dy shaped as y (2, 4), got (2, 3)");
}
