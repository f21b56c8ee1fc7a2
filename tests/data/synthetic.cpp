#include "gradus/data/synthetic.hpp"

#include <doctest/doctest.h>

namespace gr = gradus;

TEST_CASE("xor_gate: the truth table") {
    const auto data = gr::data::xor_gate();
    CHECK(data.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(data.y(i, 0) == (data.x(i, 0) != data.x(i, 1) ? 1.0f : 0.0f));
    CHECK(gr::data::xor_gate<double>().x(2, 0) == 1.0);
}
