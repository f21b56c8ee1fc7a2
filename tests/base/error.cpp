#include "gradus/base/error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace gr = gradus;

TEST_CASE("error.shape_text: sizes in parentheses, with N for the batch on request") {
    CHECK(gr::shape_text(std::array<std::size_t, 2>{32, 100}) == "(32, 100)");
    CHECK(gr::shape_text(std::array<std::size_t, 2>{32, 100}, true) == "(N, 100)");
    CHECK(gr::shape_text(std::vector<std::size_t>{7}) == "(7)");
    CHECK(gr::shape_text(std::vector<std::size_t>{}) == "()");
}

TEST_CASE("error.message: texts, numbers and shapes, one behind the other") {
    const std::string name = "weights";
    const std::array<std::size_t, 2> shape{120, 10};
    CHECK(gr::message({}) == "");
    CHECK(gr::message({name, " at ", 3u, ": ", shape, std::string_view("!")}) == "weights at 3: (120, 10)!");
    CHECK(gr::message({-7, " ", 0, " ", std::int64_t{1} << 40}) == "-7 0 1099511627776");
    CHECK(gr::message({std::numeric_limits<std::int64_t>::min(), " ", std::numeric_limits<std::uint64_t>::max()}) ==
          "-9223372036854775808 18446744073709551615");
}

TEST_CASE("error.number_text: as short as it may be") {
    CHECK(gr::number_text(0.05) == "0.05");
    CHECK(gr::number_text(-3) == "-3");
    CHECK(gr::number_text(1e-7) == "1e-07");
}

TEST_CASE("error.shape_error: the layer, then each container that the error passes") {
    const std::array<std::size_t, 2> x{32, 100}, W{120, 10};
    const gr::shape_error e("dense", {"y = f(xW + b) needs x of (N, ", W[0], "), got ", x, ": W is ", W});
    CHECK(std::string(e.what()) == "dense: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)");
    CHECK(std::string(e.within("3").what()) ==
          "dense #3: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)");
    CHECK(std::string(e.within("3").within("encoder").what()) ==
          "dense #encoder.3: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)");
    CHECK(std::string(e.what()).starts_with("dense: "));  // within() made copies
}

TEST_CASE("error: everything that gradus throws is caught as gradus::error, and as std::runtime_error") {
    CHECK_THROWS_AS(throw gr::shape_error("dense", {"m"}), gr::error);
    CHECK_THROWS_AS(throw gr::data_error("m"), gr::error);
    CHECK_THROWS_AS(throw gr::error("m"), std::runtime_error);
}
