#include "gradus/plot/images.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "xml.hpp"

namespace gr = gradus;
using gr::plot::images;

namespace {

/// The PNG that an image of these bytes is embedded as.
std::string embedded(const std::string& bytes, std::size_t width, std::size_t height, std::size_t channels) {
    return "href=\"data:image/png;base64," + gr::plot::base64(gr::plot::png(bytes, width, height, channels)) + "\"";
}

}  // namespace

TEST_CASE("images: in rows, a title below each") {
    const gr::tensor<float, 3> x({7, 28, 28}, 0.5f);
    const auto svg =
        images(x, {.title = "Errors", .columns = 5, .titles = {"7 taken for 1", "b", "c", "d", "e", "f", "<&>"}}).svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::texts(svg) == "Errors | 7 taken for 1 | b | c | d | e | f | &lt;&amp;&gt;");
    CHECK(xml::count(svg, "<image x=") == 7);
    CHECK(xml::count(svg, "y=\"44\" width=\"84\" height=\"84\"") == 5);  // 3 x 3 pixels for each of 28 x 28
    CHECK(xml::count(svg, "y=\"162\" width=\"84\" height=\"84\"") == 2);
    CHECK(svg.size() < 6000);
}

TEST_CASE(
    "images: pixels are exact: bytes as they are, shares of one from 0 to 255, other values from least to greatest") {
    const std::string pixels = {0, 51, 102, -1};
    const std::string wanted = embedded(pixels, 2, 2, 1);
    CHECK(xml::count(images(gr::tensor<std::uint8_t, 3>{{{0, 51}, {102, 255}}}).svg(), wanted) == 1);
    CHECK(xml::count(images(gr::tensor<float, 2>{{0, 0.2f}, {0.4f, 1}}).svg(), wanted) == 1);
    CHECK(xml::count(images(gr::tensor<double, 4>{{{{-5}, {-3}}, {{-1}, {5}}}}).svg(), wanted) == 1);
    CHECK(xml::count(images(gr::tensor<double, 2>{{-9, 2}, {4, 90}}, {.low = 0, .high = 10}).svg(), wanted) == 1);
    CHECK(xml::count(images(gr::tensor<int, 2>({2, 2}, 7)).svg(), embedded(std::string(4, '\0'), 2, 2, 1)) == 1);
}

TEST_CASE("images: in colour, and holes where a pixel is not finite") {
    const gr::tensor<float, 4> x = {{{{1, 0, 0.2f}, {0, 1, 0}}}};
    CHECK(xml::count(images(x).svg(), embedded(std::string("\xff\0\x33\0\xff\0", 6), 2, 1, 3)) == 1);
    const gr::tensor<double, 3> holes = {{{1, std::nan("")}}, {{0, -HUGE_VAL}}};
    const auto svg = images(holes).svg();
    CHECK(xml::count(svg, embedded(std::string("\xff\xff\0\0", 4), 2, 1, 2)) == 1);
    CHECK(xml::count(svg, embedded(std::string("\0\xff\0\0", 4), 2, 1, 2)) == 1);
    CHECK(xml::well_formed(images(gr::tensor<double, 2>({2, 2}, std::nan(""))).svg()));
}

TEST_CASE("images: what are no images is an error in words") {
    CHECK_THROWS_WITH_AS((void)images(gr::tensor<float, 3>({0, 28, 28})), "images: x of (0, 28, 28) has no pixels",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)images(gr::tensor<float, 4>({2, 4, 4, 2}, 0.f)),
                         "images: x of (2, 4, 4, 2) has 2 channels: 1 is grey, 3 are red, green and blue",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)images(gr::tensor<float, 3>({3, 4, 4}, 0.f), {.titles = {"a", "b"}}),
                         "images: 3 images and 2 titles", gr::data_error);
    CHECK_THROWS_WITH_AS((void)images(gr::tensor<float, 3>({3, 4, 4}, 0.f), {.low = 0, .high = HUGE_VAL}),
                         "images: no greys from 0 to inf", gr::data_error);
}
