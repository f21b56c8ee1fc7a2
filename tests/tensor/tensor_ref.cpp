#include "gradus/tensor/tensor_ref.hpp"

#include <doctest/doctest.h>

#include <cstdint>

namespace gr = gradus;

TEST_CASE("tensor_ref: type, shape and elements of a tensor of any type") {
    gr::tensor<float, 2> x({2, 3}, 0.5f);
    x(1, 2) = 4;
    gr::tensor_ref ref(x);
    CHECK(ref.type() == gr::dtype_of<float>);
    CHECK(ref.type().text() == "f4");
    CHECK(ref.shape().size() == 2);
    CHECK(ref.shape()[0] == 2);
    CHECK(ref.shape()[1] == 3);
    CHECK(ref.size() == 6);
    CHECK(ref.bytes() == 24);
    CHECK(ref.number(5) == 4);
    ref.as<float>()[0] = 7;
    CHECK(x(0, 0) == 7);
}

TEST_CASE("tensor_ref: gives the tensor back where the type is asked for that it has") {
    gr::tensor<double, 1> x({3}, 1.0);
    gr::tensor_ref ref(x);
    CHECK(ref.get<gr::tensor<double, 1>>() == &x);
    CHECK(ref.get<gr::tensor<double, 2>>() == nullptr);
    CHECK(ref.get<gr::tensor<float, 1>>() == nullptr);
    CHECK(ref.get<gr::tensor<std::int64_t, 1>>() == nullptr);  // as large, but no floating-point number
}

TEST_CASE_TEMPLATE("tensor_ref: each element type as a number", T, float, double, bool, std::int8_t, std::int16_t, std::int32_t,
                   std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t) {
    const gr::tensor<T, 1> x{T(0), T(1), T(1)};
    const gr::tensor_ref ref(x);
    CHECK(ref.bytes() == 3 * sizeof(T));
    CHECK(ref.number(0) == 0);
    CHECK(ref.number(2) == 1);
    CHECK(ref.type().is_floating() == std::is_floating_point_v<T>);
    CHECK(ref.as<T>()[1] == T(1));
}

TEST_CASE("tensor_ref: negative integers keep their sign") {
    const gr::tensor<std::int8_t, 1> a{-3};
    const gr::tensor<std::int64_t, 1> b{-(std::int64_t{1} << 40)};
    CHECK(gr::tensor_ref(a).number(0) == -3);
    CHECK(gr::tensor_ref(b).number(0) == -1099511627776.0);
}
