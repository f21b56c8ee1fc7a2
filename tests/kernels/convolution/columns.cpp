// labels: computes
#include "gradus/kernels/convolution/columns.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

#include "../../support/central_difference.hpp"
#include "../../support/close.hpp"
#include "../../support/draw.hpp"

namespace gr = gradus;
namespace k = gradus::kernels;

TEST_CASE("convolution.im2col, convolution.col2im: by hand") {
    // 1 2 3    a column of 2, its pixels 2 apart: (1 7) (2 8) (3 9)
    // 4 5 6    back: what a window took is added where it stood
    // 7 8 9
    const k::convolution_shape apart(gr::window::place("test", 3, {2, 1}, 1, gr::valid, 2), 1, 1, 1);
    const std::vector<double> x{1, 2, 3, 4, 5, 6, 7, 8, 9};
    std::vector<double> windows(6, -1);
    k::columns::from_images(apart, 1, 0, x.data(), windows.data());
    CHECK(windows == std::vector<double>{1, 7, 2, 8, 3, 9});
    std::vector<double> back(9, 100);
    k::columns::add_to_images(apart, 1, 0, windows.data(), back.data());
    CHECK(back == std::vector<double>{101, 102, 103, 100, 100, 100, 107, 108, 109});

    // 2 x 2 windows of 2 x 3 pixels, which share the middle
    const k::convolution_shape shares(gr::window::place("test", {2, 3}, 2, 1, gr::valid), 1, 1, 1);
    std::vector<double> matrix(8);
    k::columns::from_images(shares, 1, 0, x.data(), matrix.data());
    CHECK(matrix == std::vector<double>{1, 2, 4, 5, 2, 3, 5, 6});
    std::vector<double> added(6, 0);
    k::columns::add_to_images(shares, 1, 0, matrix.data(), added.data());
    CHECK(added == std::vector<double>{1, 4, 3, 4, 10, 6});

    // two images of two pixels of 4 channels: the second of two groups
    const k::convolution_shape groups(gr::window::place("test", {1, 2}, {1, 2}, 1, gr::valid), 4, 2, 2);
    const std::vector<double> four{1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40, 50, 60, 70, 80};
    k::columns::from_images(groups, 2, 1, four.data(), matrix.data());
    CHECK(matrix == std::vector<double>{3, 4, 7, 8, 30, 40, 70, 80});
    std::vector<double> of_four(16, 0);
    k::columns::add_to_images(groups, 2, 1, matrix.data(), of_four.data());
    CHECK(of_four == std::vector<double>{0, 0, 3, 4, 0, 0, 7, 8, 0, 0, 30, 40, 0, 0, 70, 80});
}
TEST_CASE("convolution.im2col, convolution.col2im: one is the other's transpose") {
    const auto check = [](std::size_t n, const gr::window2d& window, std::size_t channels, std::size_t groups) {
        const k::convolution_shape s(window, channels, groups, groups);
        const auto x = support::draw<gr::tensor<double, 4>>({n, s.in.height, s.in.width, channels}, 1);
        const auto matrix = support::draw<gr::tensor<double, 2>>({n * s.out.area(), s.depth()}, 2);
        double of_windows = 0, of_images = 0;
        for (std::size_t group = 0; group < groups; ++group) {
            gr::tensor<double, 2> windows(matrix.shape(), std::numeric_limits<double>::quiet_NaN());
            gr::tensor<double, 4> images(x.shape(), 0.0);
            k::columns::from_images(s, n, group, x.data(), windows.data());
            k::columns::add_to_images(s, n, group, matrix.data(), images.data());
            of_windows += support::dot(windows, matrix), of_images += support::dot(x, images);
        }
        CHECK(support::difference(of_windows, of_images) <= 1e-12);
    };
    check(1, gr::window::place("test", 1, 1, 1, gr::valid), 1, 1);
    check(2, gr::window::place("test", {5, 6}, 3, 1, gr::valid), 3, 1);
    check(3, gr::window::place("test", {7, 5}, {2, 3}, {2, 1}, gr::valid), 4, 2);
    check(2, gr::window::place("test", {9, 8}, 2, {1, 3}, gr::valid, {3, 2}), 5, 1);
    check(2, gr::window::place("test", {6, 7}, 3, 2, gr::valid), 3, 3);
}
