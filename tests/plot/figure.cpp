#include "gradus/plot/figure.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "xml.hpp"

namespace gr = gradus;

namespace {

using xml::count, xml::well_formed, xml::texts;

const std::vector<double> zero_one = {0, 1};

}  // namespace

TEST_CASE("figure: lines with a legend, axes, names") {
    const std::vector<float> loss = {0.25f, 0.2f, 0.1f};
    gr::plot::figure picture("Loss", {.x = "epoch", .y = "MSE"});
    picture.line("train", loss).line("test", std::vector<int>{1, 2, 3}, gr::tensor<double, 1>{0.3, 0.2, 0.2});
    const auto svg = picture.svg();
    CHECK(well_formed(svg));
    for (const char* text :
         {">Loss</text>", ">epoch</text>", ">MSE</text>", ">train</text>", ">test</text>", ">0.30</text>"})
        CHECK_MESSAGE(count(svg, text) == 1, text);
    CHECK(count(svg, "<title>Loss</title>") == 1);
    CHECK(count(svg, "prefers-color-scheme:dark") == 1);
    CHECK(count(svg, "<path class=\"line s0\"") == 2);  // itself, and in the legend
    // The plot is 544 x 290 pixels; y runs from 0.10 to 0.30, x from 1 to 3.
    CHECK(count(svg, "<path class=\"line s0\" d=\"M0 72.5L272 145L544 290\"/>") == 1);
}

TEST_CASE("figure: a line is broken where a value cannot be shown, and dashed where colours come again") {
    gr::plot::figure picture("", {.log_y = true});
    picture.line("a", std::vector{1.0, 10.0, -1.0, 10.0, std::nan(""), 1.0});
    for (int i = 0; i < 6; ++i) picture.line("b", std::vector{1.0, 2.0});
    const auto svg = picture.svg();
    CHECK(well_formed(svg));
    CHECK(count(svg, "d=\"M0 290L108.8 0\"") == 1);
    CHECK(count(svg, "<circle") == 2);  // what stands alone is a point
    CHECK(count(svg, "<circle cx=\"326.4\" cy=\"0\" r=\"3\"/>") == 1);
    CHECK(count(svg, "line s0 dashed") == 2);
}

TEST_CASE("figure: text is escaped") {
    gr::plot::figure picture("a < b & \"c\"\n", {.x = "it's"});
    picture.line("<script>", zero_one);
    const auto svg = picture.svg();
    CHECK(well_formed(svg));
    CHECK(count(svg, "a &lt; b &amp; &quot;c&quot; <") == 2);
    CHECK(count(svg, "it&#39;s") == 1);
    CHECK(count(svg, "<script>") == 0);
}

TEST_CASE("figure: a heat map of a function, points of two shapes, a boundary, a colour bar") {
    gr::plot::figure picture("XOR", {.x = "x₁", .y = "x₂"});
    picture
        .heat_map(
            "p", {0, 1}, {0, 2}, [](double x, double) { return x; }, {.low = 0, .high = 1, .boundary = 0.5}, 10)
        .scatter("zero", zero_one, zero_one)
        .scatter("one", zero_one, std::vector{1.0, 0.0});
    const auto svg = picture.svg();
    CHECK(well_formed(svg));
    CHECK(count(svg, "<circle") == 3);
    CHECK(count(svg, "<g class=\"dot s1\"><rect ") == 2);
    CHECK(count(svg, "<path class=\"run h") == 10 + 20);  // ten columns of ten colours, and the bar of all colours
    CHECK(count(svg, "<path class=\"run h1\" stroke-width=\"38\" d=\"M0 361h38M0 323h38") == 1);
    // Nine pieces of a vertical line in the middle of 380 pixels.
    CHECK(count(svg, "M190 361l0-38") + count(svg, "M190 323l0 38") == 1);
    CHECK(count(svg, ">p</text>") == 1);
    CHECK(count(svg, ">2.0</text>") == 1);
}

TEST_CASE("figure: a heat map of values that a network gave for the grid") {
    const auto at = gr::plot::grid({0, 4}, {0, 2}, 2);
    CHECK(at == gr::tensor<float, 2>{{1, 0.5f}, {3, 0.5f}, {1, 1.5f}, {3, 1.5f}});
    gr::plot::figure picture("values");
    picture.heat_map("z", {0, 4}, {0, 2}, std::vector{-3.0, std::nan(""), 5.0, 5.0});
    const auto svg = picture.svg();
    // From −3 to 5 around 0: blue is not at its strongest.
    CHECK(count(svg, "<path class=\"run h4\" stroke-width=\"190\" d=\"M0 285h190\"/>") == 1);
    CHECK(count(svg, "<path class=\"run h19\" stroke-width=\"190\" d=\"M0 95h380\"/>") == 1);
    CHECK(count(svg, "stroke-width=\"190\"") == 2);
    CHECK(count(svg, "line frame") == 0);
    picture.heat_map("z", {0, 4}, {0, 2}, std::vector{7.0, 7.0, 7.0, 7.0});
    CHECK(well_formed(picture.svg()));
}

TEST_CASE("figure: a heat map of a matrix, from dark to bright where nothing is negative") {
    const gr::tensor<double, 2> z = {{0, 1, 2, HUGE_VAL}, {4, 5, 6, 8}};
    gr::plot::figure picture("z");
    picture.heat_map("z", {0, 4}, {0, 2}, z);
    const auto svg = picture.svg();
    CHECK(well_formed(svg));
    CHECK(count(svg, "<path class=\"run q0\" stroke-width=\"190\" d=\"M0 285h95\"/>") == 1);
    CHECK(count(svg, "<path class=\"run q19\" stroke-width=\"190\" d=\"M285 95h95\"/>") == 1);
    CHECK(count(svg, "stroke-width=\"190\"") == 7);                                    // one is infinite: a gap
    CHECK(count(picture.line("", zero_one).svg(), "<path class=\"line halo\"") == 1);  // a line is seen on any colour
    CHECK(count(svg, ".q0{color:#440154}") == 1);                                      // viridis, on either ground
    CHECK(texts(svg) == "z | 0 | 1 | 2 | 3 | 4 | 0.0 | 0.5 | 1.0 | 1.5 | 2.0 | z | 0 | 2 | 4 | 6 | 8");
}

TEST_CASE("figure: nothing overlaps: long titles and legends take lines, long numbers take room") {
    gr::plot::figure picture(
        "A title that is so long that it does not fit in one line above the axes of the picture at all",
        {.x = "step", .y = std::string(100, 'y')});
    const std::vector<double> large = {1e9, 1.2e9}, small = {-1.5e-9, 1e-9};
    for (int i = 0; i < 5; ++i) picture.line("series of a long name " + std::to_string(i), large, small);
    const auto svg = picture.svg();
    CHECK(well_formed(svg));
    CHECK(count(svg, "<text class=\"title\"") == 2);
    CHECK(count(svg, "yyy…</text>") == 1);
    CHECK(count(svg, "y=\"94.5\" text-anchor=\"start\">series of a long name 2<") == 1);  // the second row
    CHECK(count(svg, "<svg x=\"102.7\" y=\"130\"") == 1);
    gr::plot::figure dense("dense");
    dense.line("", std::vector{1.000010, 1.000060}, zero_one);
    CHECK(texts(dense.svg()) == "dense | 1.00001 | 1.00002 | 1.00003 | 1.00004 | 1.00005 | 1.00006 | 0 | 1");
}

TEST_CASE("figure: many points are small, and 24 series differ in colour or shape") {
    gr::plot::figure picture("points");
    picture.scatter("", std::vector<double>(3000, 0.5), std::vector<double>(3000, 0.5));
    CHECK(count(picture.svg(), "r=\"2\"/>") == 3000);
    std::vector<std::string> looks;
    for (std::size_t i = 0; i < 24; ++i) {
        const std::string shape = gr::plot::dot(i, 0, 0, 5);
        looks.push_back(gr::plot::dots(i, shape));
        for (std::size_t k = 0; k < i; ++k) CHECK(looks[k] != looks[i]);
    }
}

TEST_CASE("figure: values that overflow are gaps like those that are infinite") {
    gr::plot::figure picture("loss");
    picture.line("J", std::vector{1.0, 2.0, 1e308, -1e308, HUGE_VAL, std::nan("")});
    CHECK(count(picture.svg(), "d=\"M0 290L108.8 0\"") == 1);
    gr::plot::figure none("loss");
    CHECK(well_formed(none.line("J", std::vector{std::nan("")}).svg()));
}

TEST_CASE("figure: what does not fit is an error with its numbers") {
    gr::plot::figure picture("Loss");
    CHECK_THROWS_WITH_AS(picture.line("train", zero_one, std::vector{1.0, 2.0, 3.0}),
                         "figure \"Loss\": \"train\" has 2 x and 3 y", gr::data_error);
    CHECK_THROWS_WITH_AS(picture.heat_map("p", {0, 1}, {0, 1}, std::vector<double>(5)),
                         "figure \"Loss\": heat map \"p\" needs a square number of values, got 5", gr::data_error);
    CHECK_THROWS_WITH_AS(
        picture.regions({0, 1}, {0, 1}, std::vector<double>(13), 3),
        "figure \"Loss\": regions of 3 classes need as many scores for each cell of a square grid, got 13",
        gr::data_error);
    CHECK_THROWS_WITH_AS(picture.heat_map("p", {0, 1}, {0, 1}, std::vector<double>(4), {.low = 1, .high = 0}),
                         "figure \"Loss\": heat map \"p\": from 1 to 0 is no range of colours", gr::data_error);
    CHECK_THROWS_WITH_AS(picture.scatter("train", std::vector<float>{}, std::vector<float>{}),
                         "figure \"Loss\": \"train\" has no values", gr::data_error);
    CHECK_THROWS_WITH_AS((void)picture.svg(),
                         "figure \"Loss\": nothing to draw: it has no line, no points and no heat map", gr::data_error);
}

TEST_CASE("figure: saved, or an error that names the path") {
    gr::plot::figure picture("Loss");
    picture.line("train", zero_one);
    std::string path = "/tmp/gradus-figure-XXXXXX";
    close(mkstemp(path.data()));
    picture.save(path);
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    CHECK(text.str() == picture.svg());
    unlink(path.c_str());
    CHECK_THROWS_WITH_AS(picture.save("/no/such/folder/loss.svg"),
                         "cannot write /no/such/folder/loss.svg: No such file or directory", gr::data_error);
}
