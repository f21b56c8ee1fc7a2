#include "gradus/plot/decision_boundary.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "xml.hpp"

namespace gr = gradus;
using gr::plot::decision_boundary;

namespace {

const gr::tensor<float, 2> four = {{0, 0}, {0, 10}, {10, 0}, {10, 10}};
const std::vector<int> left_right = {0, 0, 1, 1};

/// M values of f for M points.
template <class T, class F>
auto each_point(const gr::tensor<T, 2>& x, F f) {
    auto out = gr::tensor<decltype(f(0.0, 0.0)), 1>::from_shape({x.shape()[0]});
    for (std::size_t n = 0; n < out.size(); ++n) out(n) = f(x(n, 0), x(n, 1));
    return out;
}

}  // namespace

TEST_CASE("decision boundary: a probability, its line at one half, the samples on top, in float and double") {
    const auto p = [](const auto& x) { return each_point(x, [](double a, double) { return (a + 1) / 12; }); };
    const auto svg =
        decision_boundary(p, four, left_right, {.title = "Half", .names = {"left", "right"}, .cells = 8}).svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::texts(svg) ==
          "Half | left | right | 0 | 5 | 10 | x₁ | 0 | 5 | 10 | x₂ | p | "
          "0.0 | 0.2 | 0.4 | 0.6 | 0.8 | 1.0");
    CHECK(xml::count(svg, "<circle") == 2 + 1);
    CHECK(xml::count(svg, "<g class=\"dot s1\"><rect") == 2);
    // x runs from −1 to 11 (a tenth of its spread more), so 5 is in the middle of 380 pixels.
    CHECK(xml::count(svg, "M190 356.2l0-47.5") + xml::count(svg, "M190 308.8l0 47.5") == 1);
    const gr::tensor<double, 2> doubles = {{0, 0}, {0, 10}, {10, 0}, {10, 10}};
    CHECK(svg == decision_boundary(p, doubles, gr::tensor<float, 2>{{0}, {0}, {1}, {1}},
                                   {.title = "Half", .names = {"left", "right"}, .cells = 8})
                     .svg());
}

TEST_CASE("decision boundary: regions of the highest of several scores, divided where two scores are equal") {
    const auto scores = [](const gr::tensor<float, 2>& x) {
        gr::tensor<float, 2> out({x.shape()[0], 3});
        for (std::size_t n = 0; n < x.shape()[0]; ++n) out(n, 0) = 5, out(n, 1) = x(n, 0), out(n, 2) = -1;
        return out;
    };
    const auto svg = decision_boundary(scores, four, left_right, {.cells = 8}).svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::count(svg, "<path class=\"area s0\" stroke-width=\"47.5\" d=\"M0 356.2h190M0 308.8h190") == 1);
    CHECK(xml::count(svg, "<path class=\"area s1\" stroke-width=\"47.5\" d=\"M190 356.2h190") == 1);
    CHECK(xml::count(svg, "<path class=\"area") == 2);  // the third class wins nowhere
    CHECK(xml::count(svg, "M190 356.2l0-47.5") + xml::count(svg, "M190 308.8l0 47.5") == 1);
    CHECK(xml::count(svg, ">class 1<") == 1);
}

TEST_CASE("decision boundary: classes alone, a class without samples, three regions that meet") {
    const auto nearest = [](const auto& x) {
        return each_point(x, [](double a, double b) { return static_cast<std::size_t>(a < 5 ? 0 : b < 5 ? 1 : 2); });
    };
    const auto svg = decision_boundary(nearest, four, left_right, {.names = {"a", "b", "c"}, .cells = 8}).svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::count(svg, "<path class=\"area") == 3);
    CHECK(xml::count(svg, ">c</text>") == 1);
    const std::size_t line = svg.find("<path class=\"line frame\"");
    const std::string d = svg.substr(line, svg.find("/>", line) - line);
    CHECK(xml::count(d, "M") == 6 + 3 + 3);  // up and down, to the right, and three that meet in one square
}

TEST_CASE("decision boundary: what is not a number is a gap, and one sample has a plane around it") {
    const auto half = [](const auto& x) {
        return each_point(x, [](double a, double) { return a < 5 ? std::nan("") : 1.0; });
    };
    const auto svg = decision_boundary(half, four, left_right, {.cells = 8}).svg();
    CHECK(xml::count(svg, "stroke-width=\"47.5\"") == 1);
    CHECK(xml::count(svg, "line frame") == 0);
    CHECK(xml::texts(decision_boundary(half, gr::tensor<float, 2>{{3, NAN}}, std::vector{0}, {.cells = 8}).svg()) ==
          "class 0 | 2.0 | 2.5 | 3.0 | 3.5 | 4.0 | x₁ | −1.0 | −0.5 | 0.0 | 0.5 | 1.0 | x₂ | p | 0.0 | 0.2 | 0.4 | 0.6 "
          "| 0.8 | 1.0");
}

TEST_CASE("decision boundary: what does not fit is an error in words") {
    const auto ones = [](const auto& x) { return std::vector<double>(x.shape()[0], 1.0); };
    const gr::tensor<float, 2> none({0, 2}), three({4, 3}, 0.f);
    CHECK_THROWS_WITH_AS((void)decision_boundary(ones, none, std::vector<int>{}),
                         "decision_boundary: x of (0, 2): it needs samples of two features, (N, 2)", gr::data_error);
    CHECK_THROWS_WITH_AS((void)decision_boundary(ones, three, left_right),
                         "decision_boundary: x of (4, 3): it needs samples of two features, (N, 2)", gr::data_error);
    CHECK_THROWS_WITH_AS((void)decision_boundary(ones, four, std::vector{1, 0}),
                         "decision_boundary: 4 samples and 2 labels", gr::data_error);
    CHECK_THROWS_WITH_AS((void)decision_boundary(ones, four, std::vector{0.0, 1.0, 0.5, 1.0}),
                         "decision_boundary: y[2] is 0.5: a label is a whole number from 0 to 999", gr::data_error);
    CHECK_THROWS_WITH_AS((void)decision_boundary(ones, four, left_right, {.names = {"one"}}),
                         "decision_boundary: 2 classes and 1 names", gr::data_error);
    CHECK_THROWS_WITH_AS((void)decision_boundary(ones, four, left_right, {.cells = 1}),
                         "decision_boundary: 1 cells are too few", gr::data_error);
    CHECK_THROWS_WITH_AS(
        (void)decision_boundary([](const auto&) { return std::vector{1.0}; }, four, left_right, {.cells = 8}),
        "decision_boundary: classify gave 1 values for 64 points", gr::data_error);
    CHECK_THROWS_WITH_AS(
        (void)decision_boundary([](const auto& x) { return std::vector<int>(x.shape()[0], -1); }, four, left_right),
        "decision_boundary: classify gave the class -1", gr::data_error);
}
