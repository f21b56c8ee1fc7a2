#include "gradus/layers/image/random_affine.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/reference/geometry.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/fixture.hpp"
#include "../../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using images = gr::tensor<float, 4>;
using support::difference;
using support::message_of;
using support::pytorch;
using support::tolerance;

namespace {

constexpr double pi = 3.14159265358979323846;

/// An image sampled by the map, and the backward of a gradient.
template <class T>
gr::tensor<T, 3> sampled(const gr::affine_map& s, const gr::tensor<T, 3>& x) {
    gr::tensor<T, 3> y(x.shape()), padded;
    gr::kernels::sample(s, x.shape()[0], x.shape()[1], x.shape()[2], x.data(), y.data(), padded);
    return y;
}
template <class T>
gr::tensor<T, 3> sampled_back(const gr::affine_map& s, const gr::tensor<T, 3>& dy) {
    gr::tensor<T, 3> dx(dy.shape()), padded;
    gr::kernels::sample_backward(s, dy.shape()[0], dy.shape()[1], dy.shape()[2], dy.data(), dx.data(), padded);
    return dx;
}
template <class T>
gr::tensor<T, 3> image(std::size_t height, std::size_t width, const std::vector<T>& values) {
    gr::tensor<T, 3> x({height, width, values.size() / (height * width)});
    std::ranges::copy(values, x.data());
    return x;
}

/// Sample n of a batch of images.
gr::tensor<float, 3> sample_of(const images& x, std::size_t n) {
    gr::tensor<float, 3> one({x.shape()[1], x.shape()[2], x.shape()[3]});
    std::copy_n(x.data() + n * one.size(), one.size(), one.data());
    return one;
}

template <class T>
void equals_pytorch(std::size_t number) {
    CAPTURE(number);
    const std::string stored = "geometry/affine." + std::to_string(number) + ".";
    const auto how = pytorch<gr::tensor<double, 1>>(stored + "how");
    const auto x = pytorch<gr::tensor<T, 4>>(stored + "x"), dy = pytorch<gr::tensor<T, 4>>(stored + "dy");
    const auto s =
        gr::around_the_middle(x.shape()[1], x.shape()[2], how(0), how(1), how(2) * pi / 180, how(3), how(4) * pi / 180);
    gr::tensor<T, 4> y(x.shape()), dx(x.shape());
    gr::tensor<T, 3> padded;
    gr::kernels::sample(s, x.shape()[1], x.shape()[2], x.shape()[3], x.data(), y.data(), padded);
    gr::kernels::sample_backward(s, x.shape()[1], x.shape()[2], x.shape()[3], dy.data(), dx.data(), padded);
    CHECK(difference(y, pytorch<gr::tensor<double, 4>>(stored + "y")) <= tolerance<T>(4));
    CHECK(difference(dx, pytorch<gr::tensor<double, 4>>(stored + "dx")) <= tolerance<T>(4));
}

template <class T>
void equals_reference() {
    for (const std::array<std::size_t, 3> shape :
         {std::array<std::size_t, 3>{1, 1, 1}, {1, 9, 2}, {6, 1, 1}, {5, 8, 17}, {9, 9, 3}})
        for (std::uint64_t key = 0; key < 8; ++key) {
            CAPTURE(gr::shape_text(shape));
            CAPTURE(key);
            const auto u = support::draw<gr::tensor<double, 1>>({5}, key);
            const auto s = gr::around_the_middle(shape[0], shape[1], 3 * u(0), 3 * u(1), pi * u(2), 1 + 0.7 * u(3), u(4));
            const auto x = support::draw<gr::tensor<T, 3>>(shape, key + 50);
            CHECK(difference(sampled(s, x), gr::reference::sample(s, x)) <= tolerance<T>(4));
            CHECK(difference(sampled_back(s, x), gr::reference::sample_backward(s, x)) <= tolerance<T>(4));
        }
}

constexpr gr::random_affine all_of_it{.height = 5, .width = 4, .shift = 1.5, .rotation = 40, .zoom = 0.3, .shear = 20};

}  // namespace

TEST_CASE("affine.map: the middle turned by 90 degrees, zoomed, sheared and moved, by hand") {
    const auto reads = [](const gr::affine_map& s, double i, double j) {
        return std::array{s.ii * i + s.ij * j + s.oi, s.ji * i + s.jj * j + s.oj};
    };
    const auto near = [](const std::array<double, 2>& s, double i, double j) {
        return std::abs(s[0] - i) < 1e-14 && std::abs(s[1] - j) < 1e-14;
    };
    // 3 x 3: the pixel above the center comes to its left, a counter-clockwise rotation
    CHECK(near(reads(gr::around_the_middle(3, 3, 0, 0, pi / 2, 1, 0), 1, 0), 0, 1));
    CHECK(near(reads(gr::around_the_middle(3, 3, 0, 0, pi / 2, 1, 0), 0, 1), 1, 2));
    // zoom 2: the pixel at distance 2 from the center was at distance 1
    CHECK(near(reads(gr::around_the_middle(5, 5, 0, 0, 0, 2, 0), 0, 4), 1, 3));
    // columns slanted by 45 degrees: a row below the center moves right by its distance to the center
    CHECK(near(reads(gr::around_the_middle(5, 3, 0, 0, 0, 1, pi / 4), 4, 2), 4, 0));
    CHECK(near(reads(gr::around_the_middle(5, 3, 0, 0, 0, 1, pi / 4), 2, 2), 2, 2));
    // all together, then a shift by (2, -1): the shifted center is read from the center
    CHECK(near(reads(gr::around_the_middle(7, 4, 2, -1, 1.1, 0.7, 0.3), 5, 0.5), 3, 1.5));
}

TEST_CASE("random_affine.forward, random_affine.backward: by hand") {
    const auto x = image<double>(2, 2, {1, 2, 3, 4});
    const gr::affine_map half_right{.oj = -0.5};  // half a pixel to the right
    CHECK(support::same(sampled(half_right, x), image<double>(2, 2, {0.5, 1.5, 1.5, 3.5})));
    CHECK(support::same(sampled_back(half_right, x),
                        image<double>(2, 2, {0.5 * 1 + 0.5 * 2, 0.5 * 2, 0.5 * 3 + 0.5 * 4, 0.5 * 4})));
    const gr::affine_map up_and_left{.oi = 0.25, .oj = 0.5};
    // row 0: 3/4 of (1, 2) plus 1/4 of (3, 4), each averaged with its right neighbour; row 1: 3/4 of (3, 4)
    CHECK(support::same(sampled(up_and_left, x), image<double>(2, 2, {2, 1.25, 2.625, 1.5})));
    CHECK(support::same(sampled_back(up_and_left, x),
                        image<double>(2, 2, {0.375 * 1, 0.375 * 3, 0.125 * 1 + 0.375 * 3, 0.125 * 3 + 0.375 * 7})));
    // a rotation by 90 degrees, exact
    const gr::affine_map turned{.ii = 0, .ij = 1, .ji = -1, .jj = 0, .oi = 0, .oj = 2};
    CHECK(support::same(sampled(turned, image<double>(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9})),
                        image<double>(3, 3, {3, 6, 9, 2, 5, 8, 1, 4, 7})));
    CHECK(support::same(sampled_back(turned, image<double>(3, 3, {3, 6, 9, 2, 5, 8, 1, 4, 7})),
                        image<double>(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9})));
    // shifts out of the image, by any distance
    for (const double away : {2.0, 3.0, 1e9, -1e9})
        CHECK(support::same(sampled(gr::affine_map{.oi = away}, x), image<double>(2, 2, {0, 0, 0, 0})));
}

TEST_CASE("random_affine.forward: whole pixels move as random_shift moves them") {
    const auto x = support::draw<gr::tensor<float, 3>>({5, 4, 3}, 1);
    for (int a = -5; a <= 5; ++a)
        for (int b = -4; b <= 4; ++b) {
            gr::tensor<float, 3> moved(x.shape(), 0.0f);
            for (int i = std::max(a, 0); i < std::min(5, 5 + a); ++i)
                for (int j = std::max(b, 0); j < std::min(4, 4 + b); ++j)
                    for (std::size_t c = 0; c < 3; ++c) moved(i, j, c) = x(i - a, j - b, c);
            CHECK(support::same(sampled(gr::around_the_middle(5, 4, a, b, 0, 1, 0), x), moved));
        }
}

TEST_CASE("random_affine.forward, random_affine.backward, affine.map: PyTorch's affine_grid and grid_sample") {
    for (std::size_t number = 0; number < 12; ++number) equals_pytorch<double>(number), equals_pytorch<float>(number);
}

TEST_CASE("random_affine.forward, random_affine.backward: the sum over all pixels") {
    equals_reference<double>();
    equals_reference<float>();
}

TEST_CASE("random_affine.forward, random_affine.backward: central differences, for each shape of the batch") {
    CHECK(gr::gradient_check(all_of_it, support::draw<images>({6, 5, 4, 2}, 1)));
    CHECK(gr::gradient_check(all_of_it, support::draw<gr::tensor<float, 3>>({6, 5, 4}, 1)));
    CHECK(gr::gradient_check(all_of_it, support::draw<matrix>({6, 60}, 1)));
    CHECK(gr::gradient_check(gr::sequential(gr::dense(5, 20), all_of_it, gr::dense(20, 2)),
                             support::draw<matrix>({6, 5}, 1)));
    CHECK(gr::gradient_check(all_of_it, support::draw<matrix>({6, 20}, 1), {.training = false}));
}

TEST_CASE("random_affine: each image by its own draws, which reach as far as the options say and no farther") {
    const gr::random_affine layer{.height = 28, .width = 28, .shift = 2, .rotation = 10, .zoom = 0.1, .shear = 5};
    const gr::context ctx{.training = true, .key = 7};
    const std::array from{-2.0, -2.0, -10.0, 0.9, -5.0}, to{2.0, 2.0, 10.0, 1.1, 5.0};
    std::array<double, 5> least{}, most{};
    std::array<std::array<double, 5>, 5> products{};
    for (std::size_t n = 0; n < 2000; ++n) {
        const gr::affine_map s = layer.drawn(ctx, n);
        // the parameters, recovered from A⁻¹ and the new position of the center
        const double det = s.ii * s.jj - s.ij * s.ji, z = 1 / std::sqrt(det);
        const double a = (s.jj * (13.5 - s.oi) - s.ij * (13.5 - s.oj)) / det - 13.5;
        const double b = (s.ii * (13.5 - s.oj) - s.ji * (13.5 - s.oi)) / det - 13.5;
        const double rho = std::atan2(s.ij, s.ii), sigma = std::atan(-(s.ji * s.ii + s.jj * s.ij) / det);
        const std::array drawn{a, b, rho * 180 / pi, z, sigma * 180 / pi};
        std::array<double, 5> u;  // each scaled from its range to [-1, 1]
        for (std::size_t k = 0; k < 5; ++k) {
            u[k] = (2 * drawn[k] - from[k] - to[k]) / (to[k] - from[k]);
            least[k] = std::min(least[k], u[k]), most[k] = std::max(most[k], u[k]);
            for (std::size_t l = 0; l <= k; ++l) products[k][l] += u[k] * u[l] / 2000;
        }
    }
    for (std::size_t k = 0; k < 5; ++k) {
        CAPTURE(k);
        CHECK(least[k] >= -1 - 1e-9);
        CHECK(most[k] <= 1 + 1e-9);
        CHECK(least[k] < -0.98);
        CHECK(most[k] > 0.98);
        CHECK(std::abs(products[k][k] - 1.0 / 3) < 0.03);                              // uniform; 4 standard deviations
        for (std::size_t l = 0; l < k; ++l) CHECK(std::abs(products[k][l]) < 0.03);    // independent of each other
    }
}

TEST_CASE("random_affine: the batch is its images, in any shape; inference changes nothing; shards draw as the whole") {
    const auto x = support::draw<images>({10, 5, 4, 3}, 1);
    gr::pass pass(all_of_it, x);
    const images y = gr::forward(all_of_it, x, pass);
    CHECK(support::same(y, gr::forward(all_of_it, x, pass)));
    CHECK_FALSE(support::same(y, x));
    for (std::size_t n = 0; n < 10; ++n)
        CHECK(support::same(sample_of(y, n), sampled(all_of_it.drawn(pass.context(), n), sample_of(x, n))));

    matrix flat({10, 60}), tail({6, 60});
    std::copy_n(x.data(), x.size(), flat.data()), std::copy_n(x.data() + 4 * 60, tail.size(), tail.data());
    gr::pass of_rows(all_of_it, flat), of_tail(all_of_it, tail);
    CHECK(std::ranges::equal(gr::flat(y), gr::flat(gr::forward(all_of_it, flat, of_rows))));
    of_tail.first_row = 4;
    CHECK(std::ranges::equal(gr::flat(gr::forward(all_of_it, tail, of_tail)), gr::flat(y).subspan(4 * 60)));

    pass.training = false;
    CHECK(support::same(gr::forward(all_of_it, x, pass), x));
    const images none({0, 5, 4, 3}, 0.0f);
    gr::pass of_none(all_of_it, none);
    CHECK(gr::forward(all_of_it, none, of_none).size() == 0);
}

TEST_CASE("random_affine: what is not made of such images is told, and options that are out of range") {
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({20}), gr::random_affine{.height = 4, .width = 4}); }) ==
          "random_affine #1: y[i, j] = x[s(i, j)] needs images of (4, 4), a sample is (20)");
    const auto says = [](const gr::random_affine& layer) {
        const matrix x({2, 12}, 0.0f);
        gr::pass pass(layer, x);
        return message_of([&] { (void)gr::forward(layer, x, pass); });
    };
    CHECK(says({.height = 4, .width = 4}) == "random_affine: y[i, j] = x[s(i, j)] needs images of (4, 4), a sample is (12)");
    CHECK(says({.height = 4, .width = 3, .shift = 3}) ==
          "random_affine: shift is at least 0 and less than the images' height and width, got 3");
    CHECK(says({.height = 4, .width = 3, .shift = -1}) ==
          "random_affine: shift is at least 0 and less than the images' height and width, got -1");
    CHECK(says({.height = 4, .width = 3, .rotation = 181}) ==
          "random_affine: rotation is in degrees, from 0 to 180, got 181");
    CHECK(says({.height = 4, .width = 3, .zoom = 1}) == "random_affine: zoom is at least 0 and less than 1, got 1");
    CHECK(says({.height = 4, .width = 3, .shear = 90}) ==
          "random_affine: shear is in degrees, at least 0 and less than 90, got 90");
    CHECK(says({.height = 4, .width = 3, .rotation = std::nan("")}) ==
          "random_affine: rotation is in degrees, from 0 to 180, got nan");
    const matrix x({2, 20}, 0.0f);
    gr::pass pass(all_of_it, x);
    (void)gr::forward(all_of_it, x, pass);
    gr::no_parameters none;
    CHECK(message_of([&] { (void)gr::backward(all_of_it, x, matrix({2, 5}, 0.0f), pass, none); }) ==
          "random_affine: dx[q] = Σ_p dy[p] k(s(p) − q) needs dy shaped as y (2, 20), got (2, 5)");
}
