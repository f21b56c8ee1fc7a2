#include "gradus/tensor/tensor.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <xtensor/xarray.hpp>

namespace gr = gradus;

static_assert(gr::any_tensor<gr::tensor<float, 2>>);
static_assert(gr::any_tensor<const gr::tensor<int, 1>&>);
static_assert(!gr::any_tensor<xt::xarray<float>>);
static_assert(!gr::any_tensor<decltype(gr::tensor<float, 1>() + gr::tensor<float, 1>())>);
static_assert(gr::tensor_of<gr::tensor<double, 3>&, double>);
static_assert(!gr::tensor_of<gr::tensor<double, 3>, float>);
static_assert(gr::rank_of<const gr::tensor<float, 4>&> == 4);
static_assert(std::same_as<gr::scalar_of<gr::tensor<double, 2>&>, double>);

TEST_CASE("tensor: begins at a cache line, row-major") {
    for (std::size_t n : {1u, 3u, 17u, 1000u}) {
        const gr::tensor<float, 2> x(std::array<std::size_t, 2>{n, 5});
        CHECK(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
        CHECK(&x(0, 1) == x.data() + 1);
    }
}

TEST_CASE("tensor: rows and features") {
    const gr::tensor<float, 1> vector(std::array<std::size_t, 1>{7});
    CHECK(gr::rows(vector) == 1);
    CHECK(gr::features(vector) == 7);
    const gr::tensor<float, 3> sequences(std::array<std::size_t, 3>{2, 3, 5});
    CHECK(gr::rows(sequences) == 6);
    CHECK(gr::features(sequences) == 5);
    CHECK(gr::with_features(sequences, 4) == std::array<std::size_t, 3>{2, 3, 4});
    const gr::tensor<float, 2> empty(std::array<std::size_t, 2>{0, 5});
    CHECK(gr::rows(empty) == 0);
}

TEST_CASE("tensor.flat: the elements in memory order, to read and to write") {
    gr::tensor<int, 2> x = {{1, 2, 3}, {4, 5, 6}};
    CHECK(gr::flat(x).size() == 6);
    CHECK(gr::flat(x)[3] == 4);
    gr::flat(x)[5] = 60;
    CHECK(x(1, 2) == 60);
    CHECK(gr::flat(std::as_const(x))[5] == 60);
}

TEST_CASE("tensor.reshape: keeps the elements where the shape stays, and the memory where it shrinks") {
    gr::tensor<float, 2> x = {{1, 2}, {3, 4}, {5, 6}};
    const float* memory = x.data();
    gr::reshape(x, std::array<std::size_t, 2>{3, 2});
    CHECK(x.data() == memory);
    CHECK(x(2, 1) == 6);
    gr::reshape(x, std::array<std::size_t, 2>{4, 5});
    CHECK(x.shape() == std::array<std::size_t, 2>{4, 5});
    CHECK(x.size() == 20);
}
