// labels: computes
#include "gradus/kernels/normalization.hpp"

#include <doctest/doctest.h>

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
namespace k = gradus::kernels;

TEST_CASE_TEMPLATE("kernels: wide rows fill whole registers, sixteen and more", T, float, double) {
    for (std::size_t channels = 1; channels < 300; ++channels) {
        const std::size_t wide = channels * k::rows_abreast<T>(channels);
        CHECK(wide >= 16 * k::width<T>);
        if (channels < 16 * k::width<T>)
            CHECK(wide % k::width<T> == 0);
        else
            CHECK(wide == channels);
    }
}

TEST_CASE_TEMPLATE("kernels: row_means gives each row its lane, and no lane to what is not there", T, float, double) {
    for (std::size_t cols : {1u, 3u, 16u, 37u, 70u})
        for (std::size_t rows = 1; rows <= k::width<T>; ++rows) {
            CAPTURE(cols);
            const auto x = support::draw<gr::tensor<T, 2>>({rows, cols}, 1), y = support::draw<gr::tensor<T, 2>>({rows, cols}, 2);
            const auto formula = [](std::size_t n) {
                return [n = static_cast<T>(n)](const auto& a, const auto& b) { return a * b + n + T(1); };  // not 0 at 0
            };
            alignas(64) T lane[k::width<T>];
            k::row_means<T>(rows, cols, formula, x.data(), y.data()).store_aligned(lane);
            for (std::size_t n = 0; n < k::width<T>; ++n) {
                double mean = n < rows ? static_cast<double>(n) + 1 : 0;
                for (std::size_t j = 0; n < rows && j < cols; ++j)
                    mean += static_cast<double>(x(n, j)) * static_cast<double>(y(n, j)) / static_cast<double>(cols);
                CHECK(support::difference(static_cast<double>(lane[n]), mean) <= support::tolerance<T>(cols));
            }
        }
}

TEST_CASE("kernels: channelwise, by hand: constants repeat with the rows, a map may work in place, sizes may change") {
    k::channelwise<double> channels;
    for (const std::size_t rows : {1u, 200u, 7u}) {
        gr::tensor<double, 2> x({rows, 3}, 1.0);
        for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(i);
        channels.resize(rows, 3);
        const auto [sum, weighted] = channels.sum([](auto& a, auto& b, const auto& v, const auto& c) { a += v, b += v * c; }, x.data(),
                                                  k::per_channel{[](std::size_t j) { return 10.0 * static_cast<double>(j); }});
        const double R = static_cast<double>(rows);
        for (std::size_t j = 0; j < 3; ++j) {
            const double expected = 3 * R * (R - 1) / 2 + R * static_cast<double>(j);  // Σᵢ (3i + j)
            CHECK(sum[j] == expected);
            CHECK(weighted[j] == 10.0 * static_cast<double>(j) * expected);
        }
        channels.map([](const auto& v, const auto& c) { return v + c; }, x.data(), x.data(),
                     k::per_channel{[](std::size_t j) { return static_cast<double>(j) * 1000; }});
        CHECK(x(rows - 1, 2) == 3 * (R - 1) + 2 + 2000);
        CHECK(x(rows / 2, 1) == 3 * static_cast<double>(rows / 2) + 1 + 1000);
    }
}
