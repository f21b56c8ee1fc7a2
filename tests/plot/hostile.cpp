/// \file
/// Pictures of anything: each is well-formed and without a number that is none, or refused in words.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "gradus/base/random.hpp"
#include "gradus/plot/bars.hpp"
#include "gradus/plot/confusion.hpp"
#include "gradus/plot/decision_boundary.hpp"
#include "gradus/plot/figure.hpp"
#include "gradus/plot/images.hpp"
#include "xml.hpp"

namespace gr = gradus;
namespace plot = gradus::plot;

namespace {

/// Draws, one after the other.
struct hostile {
    std::uint64_t n = 0;

    std::size_t below(std::size_t end) { return static_cast<std::size_t>(gr::random::integer(7, n++, end)); }
    bool coin() { return below(2) == 0; }
    double number() {
        static const double all[] = {0,        -0.0,    1,      -1,       NAN,   HUGE_VAL, -HUGE_VAL,
                                     5e-324,   -5e-324, 1e-310, 1e-300,   1e300, 9e299,    1.7e308,
                                     -1.7e308, 3.4e38,  1e-7,   999999.9, 1e6,   1 + 1e-15};
        if (coin()) return all[below(std::size(all))];
        return std::ldexp(static_cast<double>(below(1u << 20)) - (1 << 19), static_cast<int>(below(300)) - 150);
    }
    std::vector<double> numbers(std::size_t count) {
        std::vector<double> out(count);
        for (double& v : out) v = number();
        return out;
    }
    std::string text() {  // bytes, some of them UTF-8
        static const char* all[] = {"a", "é", "汽", "<", "&", "\"", "'", "\n", "\xff", "\xc3", ">", "]]>"};
        std::string out;
        for (std::size_t i = below(12); i > 0; --i) out += all[below(std::size(all))];
        return out;
    }
    gr::tensor<double, 2> matrix(std::size_t rows, std::size_t columns) {
        gr::tensor<double, 2> out({rows, columns});
        for (double& v : gr::flat(out)) v = number();
        return out;
    }
};

template <class Draw>
void judge(Draw&& draw) {
    std::size_t drawn = 0;
    hostile h;
    for (int i = 0; i < 300; ++i) {
        std::string svg;
        try {
            svg = draw(h);
        } catch (const gr::data_error&) {
            continue;
        }
        ++drawn;
        REQUIRE_MESSAGE(xml::well_formed(svg), svg);
        for (const char* number : {"nan", "inf\"", "\"inf", "-inf"}) REQUIRE_MESSAGE(xml::count(svg, number) == 0, svg);
    }
    CHECK(drawn > 50);
}

}  // namespace

TEST_CASE("plots of anything: lines and points") {
    judge([](hostile& h) {
        plot::figure f(h.text(), {.x = h.text(), .y = h.text(), .log_x = h.coin(), .log_y = h.coin()});
        const auto x = h.numbers(4), y = h.numbers(4);
        return f.line(h.text(), x, y).scatter(h.text(), y, x).svg();
    });
}

TEST_CASE("plots of anything: heat maps and decision boundaries") {
    judge([](hostile& h) {
        plot::colours c;
        if (h.coin()) c.low = h.number(), c.high = h.number();
        if (h.coin()) c.boundary = h.number();
        return plot::figure(h.text()).heat_map(h.text(), {0, 1}, {0, 1}, h.matrix(3, 4), c).svg();
    });
    judge([](hostile& h) {
        const std::size_t classes = 1 + h.below(3);
        const auto classify = [&](const auto& x) { return h.numbers(classes * x.shape()[0]); };
        return plot::decision_boundary(classify, h.matrix(2, 2), std::vector{0, 1}, {.title = h.text(), .cells = 5})
            .svg();
    });
}

TEST_CASE("plots of anything: bars, images, confusion matrices") {
    judge([](hostile& h) {
        return plot::bars(h.text(), {h.text(), h.text(), h.text()}, {.x = h.text(), .y = h.text()})
            .bar(h.text(), h.numbers(3))
            .bar(h.text(), h.numbers(3))
            .svg();
    });
    judge([](hostile& h) {
        plot::image_grid o{.title = h.text(), .titles = {h.text()}};
        if (h.coin()) o.low = h.number(), o.high = h.number();
        return plot::images(h.matrix(4, 5), o).svg();
    });
    judge([](hostile& h) {
        gr::tensor<double, 2> counts = h.matrix(3, 3);
        for (double& v : gr::flat(counts)) v = std::isfinite(v) ? std::abs(v) : 0;
        return plot::confusion(counts, {h.text(), h.text(), h.text()}, {.title = h.text()}).svg();
    });
}
