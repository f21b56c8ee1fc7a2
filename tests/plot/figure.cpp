#include "gradus/plot/figure.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace gr = gradus;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

/// Are all elements closed, in order?
bool well_formed(const std::string& xml) {
    std::vector<std::string> open;
    for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
        const std::size_t end = xml.find('>', at);
        if (end == std::string::npos) return false;
        const std::string tag = xml.substr(at + 1, end - at - 1), name = tag.substr(0, tag.find(' '));
        if (tag.ends_with('/')) continue;
        if (!name.starts_with('/')) {
            open.push_back(name);
        } else {
            if (open.empty() || "/" + open.back() != name) return false;
            open.pop_back();
        }
    }
    return open.empty();
}

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
    CHECK(count(svg, "<path class=\"line s0\" d=\"M0 72.5h0L272 145L544 290\"/>") == 1);
}

TEST_CASE("figure: a line is broken where a value cannot be shown, and dashed where colours come again") {
    gr::plot::figure picture("", {.log_y = true});
    picture.line("a", std::vector{1.0, 10.0, -1.0, 10.0, std::nan(""), 1.0});
    for (int i = 0; i < 6; ++i) picture.line("b", zero_one);
    const auto svg = picture.svg();
    CHECK(well_formed(svg));
    CHECK(count(svg, "d=\"M0 290h0L108.8 0M326.4 0h0M544 290h0\"") == 1);
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
    CHECK(count(svg, "<rect class=\"dot s1\"") == 3);
    CHECK(count(svg, "<path class=\"heat h") == 10);  // ten columns, ten colours
    CHECK(count(svg, "<path class=\"heat h1\" d=\"M0 342h38v38h-38z") == 1);
    CHECK(count(svg, "<rect class=\"heat h") == 20);
    // Nine pieces of a vertical line in the middle of 380 pixels.
    CHECK(count(svg, "M190 323L190 361") + count(svg, "M190 361L190 323") == 1);
    CHECK(count(svg, ">p</text>") == 1);
    CHECK(count(svg, ">2.0</text>") == 1);
}

TEST_CASE("figure: a heat map of values that a network gave for the grid") {
    const auto at = gr::plot::grid({0, 4}, {0, 2}, 2);
    CHECK(at == gr::tensor<float, 2>{{1, 0.5f}, {3, 0.5f}, {1, 1.5f}, {3, 1.5f}});
    gr::plot::figure picture("values");
    picture.heat_map("z", {0, 4}, {0, 2}, std::vector{-3.0, std::nan(""), 5.0, 5.0});
    const auto svg = picture.svg();
    CHECK(count(svg, "<path class=\"heat h0\" d=\"M0 190h190v190h-190z\"/>") == 1);
    CHECK(count(svg, "<path class=\"heat h19\" d=\"M0 0h380v190h-380z\"/>") == 1);
    CHECK(count(svg, "<path class=\"heat") == 2);
    CHECK(count(svg, "<path class=\"line frame\"") == 0);
    picture.heat_map("z", {0, 4}, {0, 2}, std::vector{7.0, 7.0, 7.0, 7.0});
    CHECK(well_formed(picture.svg()));
}

TEST_CASE("figure: what does not fit is an error with its numbers") {
    gr::plot::figure picture("Loss");
    CHECK_THROWS_WITH_AS(picture.line("train", zero_one, std::vector{1.0, 2.0, 3.0}),
                         "figure \"Loss\": \"train\" has 2 x and 3 y", gr::error);
    CHECK_THROWS_WITH_AS(picture.heat_map("p", {0, 1}, {0, 1}, std::vector<double>(5)),
                         "figure \"Loss\": heat map \"p\" needs a square number of values, got 5", gr::error);
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
