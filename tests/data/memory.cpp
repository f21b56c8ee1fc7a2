#include "gradus/data/memory.hpp"

#include <doctest/doctest.h>

#include <cstdint>

namespace gr = gradus;

TEST_CASE("from_memory: vectors and pointers, copied, last axis fastest") {
    const std::vector<float> v = {1, 2, 3, 4, 5, 6};
    const auto x = gr::data::from_memory(v, {3, 2});
    CHECK(x == gr::tensor<float, 2>{{1, 2}, {3, 4}, {5, 6}});
    CHECK(x.data() != v.data());
    CHECK(gr::data::from_memory(v.data(), 6, {1, 2, 3}) == gr::tensor<float, 3>{{{1, 2, 3}, {4, 5, 6}}});
    CHECK(gr::data::from_memory(std::vector<std::int32_t>{7, 8}) == gr::tensor<std::int32_t, 1>{7, 8});
    CHECK(gr::data::from_memory(std::vector<std::vector<double>>{{1, 2}, {3, 4}}) ==
          gr::tensor<double, 2>{{1, 2}, {3, 4}});
}

TEST_CASE("from_memory: a shape that does not fit names both numbers") {
    const std::vector<float> v(6);
    CHECK_THROWS_WITH_AS((void)gr::data::from_memory(v, {4, 2}), "from_memory: shape (4, 2) holds 8 values, got 6",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::data::from_memory(v, {std::size_t{1} << 62, 8, 2}),
                         "from_memory: shape (4611686018427387904, 8, 2) holds more values than memory, got 6",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::data::from_memory(static_cast<const float*>(nullptr), 2, {2}),
                         "from_memory: a null pointer to 2 values", gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::data::from_memory(std::vector<std::vector<float>>{{1, 2}, {3}}),
                         "from_memory: row 1 has 1 values, row 0 has 2", gr::data_error);
}

TEST_CASE("with_shape: the same values in memory, under other axes") {
    gr::tensor<float, 2> x = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    const float* values = x.data();
    const auto images = gr::data::with_shape(std::move(x), {2, 2, 2, 1});
    CHECK(images.data() == values);
    CHECK(images(1, 0, 1, 0) == 6);
    CHECK(gr::data::with_shape(images, {8})(7) == 8);
    CHECK_THROWS_WITH_AS((void)gr::data::with_shape(images, {3, 2}),
                         "with_shape: shape (3, 2) holds 6 values, (2, 2, 2, 1) holds 8", gr::data_error);
}
