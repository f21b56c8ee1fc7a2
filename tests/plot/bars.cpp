#include "gradus/plot/bars.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "gradus/tensor/tensor.hpp"
#include "xml.hpp"

namespace gr = gradus;

TEST_CASE("bars: grouped, from 0, with their values, names and a legend") {
    gr::plot::bars picture("Accuracy", {"SGD", "Adam"}, {.x = "optimizer", .y = "share"});
    picture.bar("epoch 1", std::vector{0.5f, 0.75f}).bar("epoch 10", gr::tensor<double, 1>{0.8, 1.0});
    const auto svg = picture.svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::texts(svg) ==
          "Accuracy | epoch 1 | epoch 10 | 0.0 | 0.2 | 0.4 | 0.6 | 0.8 | 1.0 | share | "
          "0.5 | 0.75 | 0.8 | 1 | SGD | Adam | optimizer");
    CHECK(xml::count(svg, "<rect class=\"cell s0\"") == 2 + 1);  // and one in the legend
    CHECK(xml::count(svg, "<rect class=\"cell s1\"") == 2 + 1);
    CHECK(xml::count(svg, "y=\"225\" width=\"66.2\" height=\"145\"/>") == 1);  // 0.5 of 290 pixels, down to y = 370
    CHECK(xml::count(svg, "y=\"80\" width=\"66.2\" height=\"290\"/>") == 1);
}

TEST_CASE("bars: below zero they hang, and their values stand below them") {
    const auto svg = gr::plot::bars("", {"a", "b"}).bar("", std::vector{-1, 1}).svg();
    CHECK(xml::texts(svg) == "−1 | 0 | 1 | −1 | 1 | a | b");
    CHECK(xml::count(svg, "height=\"145\"") == 2);
    CHECK(xml::count(svg, "y=\"333\" text-anchor=\"middle\">−1<") == 1);
}

TEST_CASE("bars: what is not finite has no bar") {
    const auto svg = gr::plot::bars("", {"a", "b", "c"}).bar("", std::vector{std::nan(""), HUGE_VAL, 2.0}).svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::count(svg, "<rect class=\"cell") == 1);
    CHECK(xml::well_formed(gr::plot::bars("", {"a"}).bar("", std::vector{std::nan("")}).svg()));
}

TEST_CASE("bars: many names slant, and values that have no room are left out") {
    std::vector<std::string> names;
    for (int i = 0; i < 20; ++i) names.push_back("<class> number " + std::to_string(i));
    gr::plot::bars picture("many", names);
    for (int s = 0; s < 3; ++s) picture.bar("series", std::vector<double>(20, 0.123));
    const auto svg = picture.svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::count(svg, "rotate(-40)") == 20);
    CHECK(xml::count(svg, "&lt;class&gt; number 19<") == 1);
    CHECK(xml::count(svg, ">0.123<") == 0);
    CHECK(xml::count(svg, "<rect class=\"cell") == 60 + 3);
}

TEST_CASE("bars: what is missing is an error in words") {
    CHECK_THROWS_WITH_AS(gr::plot::bars("Accuracy", {}), "bars \"Accuracy\": no names", gr::data_error);
    gr::plot::bars picture("Accuracy", {"a", "b"});
    CHECK_THROWS_WITH_AS((void)picture.svg(), "bars \"Accuracy\": no values", gr::data_error);
    CHECK_THROWS_WITH_AS(picture.bar("epoch 1", std::vector{1, 2, 3}),
                         "bars \"Accuracy\": \"epoch 1\" has 3 values for 2 names", gr::data_error);
}
