#include "gradus/plot/confusion.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "xml.hpp"

namespace gr = gradus;
using gr::plot::confusion;

TEST_CASE("confusion: counts, shares of the row, names; right is blue, wrong is orange, never is a dot") {
    const auto svg = confusion(gr::tensor<std::size_t, 2>{{90, 10}, {0, 50}}, {"cat", "dog"}, {.title = "Pets"}).svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::texts(svg) ==
          "Pets | true class | cat | 90 | 90 % | 10 | 10 % | dog | · | 50 | 100 % | cat | dog | predicted class");
    CHECK(xml::count(svg, "<rect class=\"cell h0\"") == 2);   // 90 % and 100 % right
    CHECK(xml::count(svg, "<rect class=\"cell h14\"") == 1);  // 10 % wrong: the cubic root is 0.46
    CHECK(xml::count(svg, "<text class=\"quiet\"") == 1);
}

TEST_CASE("confusion: the same from counts of any type, with numbers for names") {
    const auto whole = confusion(gr::tensor<std::int32_t, 2>{{3, 1}, {2, 4}}).svg();
    CHECK(whole == confusion(gr::tensor<float, 2>{{3, 1}, {2, 4}}).svg());
    CHECK(whole == confusion(gr::tensor<double, 2>{{3, 1}, {2, 4}}, {"0", "1"}).svg());
}

TEST_CASE(
    "confusion: of many classes the share that is right stands behind the row; a class that never came has none") {
    gr::tensor<double, 2> counts({20, 20}, 0.0);
    std::vector<std::string> names;
    for (std::size_t k = 0; k < 20; ++k) {
        names.push_back("class & number " + std::to_string(k));
        counts(k, k) = k == 7 ? 0 : 97, counts(k, (k + 1) % 20) = k == 7 ? 0 : 3;
    }
    const auto svg = confusion(counts, names).svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::count(svg, ">97 %<") == 19);
    CHECK(xml::count(svg, ">–<") == 1);
    CHECK(xml::count(svg, ">3 %<") == 0);
    CHECK(xml::count(svg, "<rect class=\"cell") == 38);
    CHECK(xml::count(svg, "class &amp; number 19<") == 2);
}

TEST_CASE("confusion: a share is 0 or 100 % only where it is") {
    using gr::plot::percent;
    CHECK(percent(0) == "0 %");
    CHECK(percent(1e-5) == "<0.1 %");
    CHECK(percent(0.004) == "0.4 %");
    CHECK(percent(0.5) == "50 %");
    CHECK(percent(0.9951) == "99.5 %");
    CHECK(percent(0.99999) == "99.9 %");
    CHECK(percent(1) == "100 %");
}

TEST_CASE("confusion: what is no confusion matrix is an error in words") {
    CHECK_THROWS_WITH_AS((void)confusion(gr::tensor<int, 2>({0, 0})), "confusion: the matrix has no classes",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)confusion(gr::tensor<int, 2>({3, 4}, 1)), "confusion: the matrix is (3, 4), not square",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)confusion(gr::tensor<int, 2>({3, 3}, 1), {"a", "b"}), "confusion: 3 classes and 2 names",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)confusion(gr::tensor<int, 2>{{1, -1}, {0, 2}}),
                         "confusion: row 0, column 1 is -1: a count is finite and not negative", gr::data_error);
    CHECK_THROWS_WITH_AS((void)confusion(gr::tensor<float, 2>{{1, 0}, {NAN, 2}}),
                         "confusion: row 1, column 0 is nan: a count is finite and not negative", gr::data_error);
}
