#include "gradus/plot/axis.hpp"

#include <doctest/doctest.h>

#include <string>

namespace gr = gradus;
using gr::plot::axis;

namespace {

/// The ticks as they are written.
std::string ticks(const axis& a) {
    std::string out;
    for (double v : a.ticks) (out += out.empty() ? "" : " ") += a.label(v);
    return out;
}
std::string ticks(std::vector<double> values, bool logarithmic = false) { return ticks(axis(values, logarithmic)); }

const double not_a_number = std::nan(""), infinite = HUGE_VAL;

}  // namespace

TEST_CASE("axis: it begins and ends at round numbers, and its ticks are 1, 2 or 5 apart") {
    CHECK(ticks({0, 1000}) == "0 200 400 600 800 1000");
    CHECK(ticks({0.003, 0.27}) == "0.0 0.1 0.2 0.3");
    CHECK(ticks({0.9123, 0.989}) == "0.90 0.92 0.94 0.96 0.98 1.00");
    CHECK(ticks({-0.31, 0.28}) == "−0.4 −0.2 0.0 0.2 0.4");
    CHECK(ticks({1, 2, 3}) == "1 2 3");  // whole numbers: no epoch 1.5
    CHECK(ticks({60000}) == "50000 55000 60000 65000 70000");
    const axis a(std::vector<double>{3, 97}, false);
    CHECK(a.place(0) == doctest::Approx(0));
    CHECK(a.place(100) == doctest::Approx(1));
    CHECK(a.place(25) == doctest::Approx(0.25));
}

TEST_CASE("axis: very large and very small numbers are powers of ten, all of them different") {
    CHECK(ticks({0, 3e7}) == "0 1·10⁷ 2·10⁷ 3·10⁷");
    CHECK(ticks({-1.5e7, 0}) == "−1.5·10⁷ −1·10⁷ −5·10⁶ 0");
    CHECK(ticks({1e-9, 2e-9}) == "1·10⁻⁹ 1.2·10⁻⁹ 1.4·10⁻⁹ 1.6·10⁻⁹ 1.8·10⁻⁹ 2·10⁻⁹");
    CHECK(ticks({1.00001, 1.00003}) == "1.000010 1.000015 1.000020 1.000025 1.000030");
}

TEST_CASE("axis: logarithmic, by 1, 2 and 5 or by powers") {
    CHECK(ticks({0.11, 0.26}, true) == "0.1 0.2 0.5");
    CHECK(ticks({0.0015, 30}, true) == "0.001 0.01 0.1 1 10");
    CHECK(ticks({1e-9, 1e7}, true) == "10⁻⁸ 10⁻⁶ 10⁻⁴ 0.01 1 100 10000 10⁶");
    CHECK(ticks({5}, true) == "5 10");
    const axis a(std::vector<double>{1, 10000, -3, 0}, true);
    CHECK(a.place(100) == doctest::Approx(0.5));
    CHECK(!a.has(0));
    CHECK(!a.has(-3));
}

TEST_CASE("axis: nothing to show, one value, values that are not finite") {
    CHECK(ticks(std::vector<double>{}) == "0.0 0.2 0.4 0.6 0.8 1.0");
    CHECK(ticks(std::vector<double>{}, true) == "1 2 5 10");
    CHECK(ticks({not_a_number, infinite, 1, 2}) == "1 2");
    CHECK(ticks({0, 5e-324}) == "−1.0 −0.5 0.0 0.5 1.0");  // too small to be divided
    CHECK(ticks({5e-324, 1e308}, true) == "1 2 5 10");
    CHECK(ticks({0.5}) == "0.44 0.46 0.48 0.50 0.52 0.54 0.56");
    CHECK(ticks({1, 1 + 1e-16, 1 + 1e-15}).size() < 100);
}

TEST_CASE("axis: of a range, exactly, with round ticks inside") {
    CHECK(ticks(axis(gr::plot::range{-0.5, 1.5})) == "−0.5 0.0 0.5 1.0 1.5");
    const axis a(gr::plot::range{0.13, 0.97});
    CHECK(ticks(a) == "0.2 0.4 0.6 0.8");
    CHECK(a.place(0.13) == 0);
    CHECK_THROWS_WITH_AS(axis(gr::plot::range{1, 1}), "axis: from 1 to 1 is no range", gr::data_error);
}

TEST_CASE("axis: a value by itself has about three digits") {
    CHECK(gr::plot::short_number(0) == "0");
    CHECK(gr::plot::short_number(0.98765) == "0.988");
    CHECK(gr::plot::short_number(12.34) == "12.3");
    CHECK(gr::plot::short_number(60000) == "60000");
    CHECK(gr::plot::short_number(999.7) == "1000");
    CHECK(gr::plot::short_number(-1.25e7) == "−1.25·10⁷");
    CHECK(gr::plot::short_number(4e-5) == "4·10⁻⁵");
}
