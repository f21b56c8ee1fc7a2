#include "gradus/io/numpy.hpp"

#include <doctest/doctest.h>

#include "temporary_folder.hpp"

namespace gr = gradus;
using gr::data::npy;
using labels = gr::tensor<std::int32_t, 1>;

TEST_CASE("npy: any element type, converted") {
    const temporary_folder here;
    const auto stored = [&](const auto& values) {
        gr::io::write_npy(here / "a.npy", {values.size()}, values);
        return here / "a.npy";
    };
    CHECK(npy<float, 1>(stored(std::vector<double>{0.1, -2})) == gr::tensor<float, 1>{0.1f, -2});
    CHECK(npy<double, 1>(stored(std::vector<float>{0.5f})) == gr::tensor<double, 1>{0.5});
    CHECK(npy<float, 1>(stored(std::vector<std::uint8_t>{0, 255})) == gr::tensor<float, 1>{0, 255});
    CHECK(npy<float, 1>(stored(std::vector<std::int8_t>{-128})) == gr::tensor<float, 1>{-128});
    CHECK(npy<double, 1>(stored(std::vector<std::int16_t>{-300})) == gr::tensor<double, 1>{-300});
    CHECK(npy<double, 1>(stored(std::vector<std::uint16_t>{60000})) == gr::tensor<double, 1>{60000});
    CHECK(npy<double, 1>(stored(std::vector<std::uint32_t>{4000000000u})) == gr::tensor<double, 1>{4e9});
    CHECK(npy<std::int32_t, 1>(stored(std::vector<std::int64_t>{7, -1})) == labels{7, -1});
    CHECK(npy<std::int32_t, 1>(stored(std::vector<std::int32_t>{7, -1})) == labels{7, -1});
    CHECK(npy<std::int32_t, 1>(stored(std::vector<std::uint64_t>{9})) == labels{9});
    CHECK(npy<std::int32_t, 1>(stored(std::vector<double>{3, -2147483648.0})) == labels{3, -2147483647 - 1});
    CHECK(npy<bool, 1>(stored(std::vector<std::uint8_t>{0, 1})) == gr::tensor<bool, 1>{false, true});
    CHECK(npy<bool, 1>(stored(std::vector<double>{1, 0})) == gr::tensor<bool, 1>{true, false});
    gr::io::write_npy(here / "b.npy", {2, 3}, std::vector<double>{1, 2, 3, 4, 5, 6});
    CHECK(npy<float, 2>(here / "b.npy") == gr::tensor<float, 2>{{1, 2, 3}, {4, 5, 6}});
}

TEST_CASE("npy: what does not fit") {
    const temporary_folder here;
    const std::string path = here / "a.npy";
    const auto refusal = [&]<class T>(const auto& values, T) {
        gr::io::write_npy(path, {values.size()}, values);
        return message_of([&] { (void)npy<T, 1>(path); });
    };
    constexpr auto most = std::int64_t{1} << 40;
    CHECK(refusal(std::vector<double>{1, 1.5}, 0) == path + ": element 1 is 1.5, no i4");
    CHECK(refusal(std::vector<double>{2147483647, 2147483648}, 0) == path + ": element 1 is 2.14748e+09, no i4");
    CHECK(refusal(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}, 0) == path + ": element 0 is nan, no i4");
    CHECK(refusal(std::vector<double>{9223372036854775808.0}, std::int64_t{}) == path + ": element 0 is 9.22337e+18, no i8");
    CHECK(refusal(std::vector<double>{-9223372036854775808.0}, std::int64_t{}) == "no error");
    CHECK(refusal(std::vector<std::int64_t>{1, 2, most}, 0) == path + ": element 2 is 1.09951e+12, no i4");
    CHECK(refusal(std::vector<std::int32_t>{-1}, std::uint8_t{}) == path + ": element 0 is -1, no u1");
    CHECK(refusal(std::vector<double>{0, 0.5}, false) == path + ": element 1 is 0.5, no bool");
    CHECK(refusal(std::vector<std::uint8_t>{2}, false) == path + ": element 0 is 2, no bool");
    gr::io::write_npy(path, {1}, std::vector<std::int32_t>{-1});
    CHECK(message_of([&] { (void)npy<float, 2>(path); }) == path + ": has shape (1), asked for 2 axes");
    CHECK(message_of([&] { (void)npy<float, 2>(here / "b.npy"); }) ==
          here / "b.npy" + ": cannot be read: No such file or directory");
}

TEST_CASE("npz: two of its arrays are a dataset") {
    const temporary_folder here;
    const std::string path = here / "digits.npz";
    gr::io::npz_writer out(path);
    out.add("x_train", {3, 2, 2}, std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    out.add("y_train", {3}, std::vector<std::int64_t>{7, 0, 9});
    out.add("y_test", {2}, std::vector<std::int64_t>{7, 0});
    out.close();
    const auto data = gr::data::npz<gr::tensor<float, 3>, labels>(path, "x_train", "y_train");
    CHECK(data.x(1, 1, 0) == 6);
    CHECK(data.y == labels{7, 0, 9});
    const auto read = [&](const char* x, const char* y) {
        return message_of([&] { (void)gr::data::npz<gr::tensor<float, 3>, labels>(path, x, y); });
    };
    CHECK(read("x_train", "y") == path + ": no array 'y', it has x_train, y_train, y_test");
    CHECK(read("y_train", "y_train") == path + ", 'y_train': has shape (3), asked for 3 axes");
    CHECK(read("x_train", "y_test").starts_with("dataset: x has 3 rows, y has 2"));
}
