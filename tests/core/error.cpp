#include "gradus/core/error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace gr = gradus;

TEST_CASE("error.shape_text: sizes in parentheses, with N for the batch on request") {
    CHECK(gr::shape_text(std::array<std::size_t, 2>{32, 100}) == "(32, 100)");
    CHECK(gr::shape_text(std::array<std::size_t, 2>{32, 100}, true) == "(N, 100)");
    CHECK(gr::shape_text(std::vector<int>{7}) == "(7)");
    CHECK(gr::shape_text(std::vector<int>{}) == "()");
}

TEST_CASE("error.shape_error: the layer, then each container that the error passes") {
    const gr::shape_error e("dense", "y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)");
    CHECK(std::string(e.what()) == "dense: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)");
    CHECK(std::string(e.within("3").what()) ==
          "dense #3: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)");
    CHECK(std::string(e.within("3").within("encoder").what()) ==
          "dense #encoder.3: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)");
    CHECK(std::string(e.what()).starts_with("dense: "));  // within() made copies
}

TEST_CASE("error: everything that gradus throws is caught as gradus::error, and as std::runtime_error") {
    CHECK_THROWS_AS(throw gr::shape_error("dense", "m"), gr::error);
    CHECK_THROWS_AS(throw gr::data_error("m"), gr::error);
    CHECK_THROWS_AS(throw gr::error("m"), std::runtime_error);
}
