#include "gradus/kernels/window.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>

#include "../support/message.hpp"

namespace gr = gradus;
using gr::window::place;
using support::message_of;
using sizes = std::array<std::size_t, 2>;
using sides = std::array<std::size_t, 4>;

namespace {

sides padding_of(const gr::window2d& w) { return {w.padding.top, w.padding.bottom, w.padding.left, w.padding.right}; }

/// Whether a window of k, dilated by d, fits into a padded axis where it is put: by counting.
std::size_t counted(std::size_t padded, std::size_t k, std::size_t s, std::size_t d) {
    std::size_t n = 0;
    for (std::size_t begin = 0; begin + d * (k - 1) < padded; begin += s) ++n;
    return n;
}

}  // namespace

TEST_CASE("window.output: by hand") {
    CHECK(place("l", {28, 28}, 3, 1, gr::valid).out == gr::size2d(26));   // the documents' CNN
    CHECK(place("l", {26, 26}, 2, 2, gr::valid).out == gr::size2d(13));
    CHECK(place("l", {11, 11}, 2, 2, gr::valid).out == gr::size2d(5));    // ⌊9 / 2⌋ + 1: a row and a column are left out
    CHECK(place("l", {5, 7}, {2, 3}, {2, 3}, gr::valid).out == gr::size2d(2, 2));
    CHECK(place("l", {5, 7}, {2, 3}, {3, 1}, gr::padding2d(1, 2)).out == gr::size2d(2, 9));  // ⌊(5 + 2 − 2) / 3⌋ + 1, 7 + 4 − 3 + 1
    CHECK(place("l", {7, 7}, 3, 1, gr::valid, 3).out == gr::size2d(1));   // reaches 3 · 2 + 1 = 7
    CHECK(place("l", {9, 8}, {3, 2}, 2, gr::valid, {2, 4}).out == gr::size2d(3, 2));  // ⌊(9 − 5) / 2⌋ + 1, ⌊(8 − 5) / 2⌋ + 1
    CHECK(place("l", {1, 1}, 1, 1, gr::valid).out == gr::size2d(1));
    const auto w = place("l", {4, 5}, {3, 2}, {2, 1}, gr::padding2d(1, 0, 0, 2));
    CHECK(w.in == gr::size2d(4, 5));
    CHECK(w.padded() == gr::size2d(5, 7));
    CHECK(w.pads());
    CHECK(w.out == gr::size2d(2, 6));
    CHECK(w.kernel == gr::size2d(3, 2));
    CHECK(w.stride == gr::size2d(2, 1));
    CHECK_FALSE(place("l", {4, 5}, 3, 1, gr::valid).pads());
}

TEST_CASE("window.output: as many as fit, counted, for every small size") {
    for (std::size_t size = 1; size < 12; ++size)
        for (std::size_t k = 1; k < 5; ++k)
            for (std::size_t s = 1; s < 5; ++s)
                for (std::size_t d = 1; d < 4; ++d)
                    for (std::size_t p = 0; p < 3; ++p) {
                        const std::size_t fit = counted(size + 2 * p, k, s, d);
                        if (fit == 0)
                            CHECK_THROWS_AS((void)place("l", size, k, s, p, d), gr::shape_error);
                        else
                            CHECK(place("l", size, k, s, p, d).out == gr::size2d(fit));
                    }
}

TEST_CASE("window.same: by hand, as Keras pads") {
    const auto padded = [](gr::size2d in, gr::size2d kernel, gr::size2d stride, gr::size2d dilation = {}) {
        return padding_of(place("l", in, kernel, stride, gr::same, dilation));
    };
    CHECK(padded({28, 28}, 3, 1) == sides{1, 1, 1, 1});
    CHECK(padded({28, 28}, 2, 1) == sides{0, 1, 0, 1});   // p = 1: below and to the right
    CHECK(padded({28, 28}, 5, 1) == sides{2, 2, 2, 2});
    CHECK(padded({5, 4}, 3, 2) == sides{1, 1, 0, 1});     // p = (3 − 1) 2 + 3 − 5 = 2, and (2 − 1) 2 + 3 − 4 = 1
    CHECK(padded({224, 224}, 7, 2) == sides{2, 3, 2, 3});  // p = 111 · 2 + 7 − 224 = 5: not PyTorch's padding=3 on all sides
    CHECK(padded({7, 7}, 1, 3) == sides{0, 0, 0, 0});     // a kernel smaller than its stride needs none
    CHECK(padded({5, 5}, 3, 1, 2) == sides{2, 2, 2, 2});
    CHECK(padded({1, 1}, 4, 1) == sides{1, 2, 1, 2});
    CHECK(padded({3, 6}, {1, 2}, {2, 4}) == sides{0, 0, 0, 0});
}

TEST_CASE("window.same: H_out = ⌈H / s⌉, with no more padding than it takes, the odd one last") {
    for (std::size_t size = 1; size < 15; ++size)
        for (std::size_t k = 1; k < 6; ++k)
            for (std::size_t s = 1; s < 5; ++s)
                for (std::size_t d = 1; d < 3; ++d) {
                    const auto w = place("l", size, k, s, gr::same, d);
                    CHECK(w.out == gr::size2d((size + s - 1) / s));
                    const std::size_t before = w.padding.top, after = w.padding.bottom, p = before + after;
                    CHECK((after == before || after == before + 1));
                    if (p > 0) CHECK(counted(size + p - 1, k, s, d) < w.out.height);
                    CHECK(padding_of(w) == sides{before, after, before, after});
                }
}

TEST_CASE("window: what does not fit is told, in the name of the layer") {
    const auto told = [](gr::size2d in, gr::size2d kernel, gr::size2d stride, gr::padding2d padding, gr::size2d dilation = {}) {
        return message_of([&] { (void)place("conv2d", in, kernel, stride, padding, dilation); });
    };
    CHECK(told({2, 5}, 3, 1, gr::valid) == "conv2d: a window of (3, 3) does not fit into an image of (2, 5)");
    CHECK(told({5, 2}, 3, 1, gr::valid) == "conv2d: a window of (3, 3) does not fit into an image of (5, 2)");
    CHECK(told({5, 5}, 3, 1, gr::valid, 3) == "conv2d: a window of (7, 7) does not fit into an image of (5, 5)");
    CHECK(told({2, 3}, 6, 1, 1) == "conv2d: a window of (6, 6) does not fit into an image of (2, 3) padded to (4, 5)");
    CHECK(told({0, 5}, 3, 1, gr::same) == "conv2d: a window of (3, 3) does not fit into an image of (0, 5)");
    CHECK(told({5, 5}, {0, 3}, 1, gr::valid) ==
          "conv2d: kernel, stride and dilation are at least 1, got (0, 3), (1, 1) and (1, 1)");
    CHECK(told({5, 5}, 3, {1, 0}, gr::valid) ==
          "conv2d: kernel, stride and dilation are at least 1, got (3, 3), (1, 0) and (1, 1)");
    CHECK(told({5, 5}, 3, 1, gr::valid, {0, 1}) ==
          "conv2d: kernel, stride and dilation are at least 1, got (3, 3), (1, 1) and (0, 1)");
}

TEST_CASE("window: what does not fit into one line is told in one number") {
    const auto told = [](std::size_t in, std::size_t kernel, gr::padding1d padding, std::size_t dilation = 1) {
        return message_of([&] { (void)place("conv1d", {1, in}, {1, kernel}, 1, padding.in_one_row(), {1, dilation}); });
    };
    CHECK(told(5, 9, {}) == "conv1d: a window of 9 does not fit into a sequence of 5");
    CHECK(told(5, 5, {1, 0}, 2) == "conv1d: a window of 9 does not fit into a sequence of 5 padded to 6");
    CHECK(message_of([] { (void)place("conv2d", {1, 5}, {3, 3}, 1, gr::valid); }) ==
          "conv2d: a window of (3, 3) does not fit into an image of (1, 5)");
}

TEST_CASE("window: a negative size or padding is refused where it is written, before std::size_t makes 2⁶⁴ − 1 of it") {
    struct options {
        gr::size2d stride = 1;
        gr::padding2d padding = 0;
        gr::padding1d in_time = 0;
    };
    constexpr auto minus_one = static_cast<std::size_t>(-1);  // written without a cast, it is a warning of clang's
    const std::string one = "window: a size or a padding is negative or above 2^31: -1";
    CHECK(message_of([] { (void)options{.stride = minus_one}; }) == one);
    CHECK(message_of([] { (void)options{.padding = minus_one}; }) == one);
    CHECK(message_of([] { (void)options{.in_time = minus_one}; }) == one);
    CHECK(message_of([] { (void)gr::size2d(2, minus_one); }) == one);
    for (std::size_t at = 0; at < 4; ++at)
        CHECK(message_of([&] {
                  sides p{0, 1, 2, 3};
                  p[at] = minus_one;
                  (void)gr::padding2d(p[0], p[1], p[2], p[3]);
              }) == one);
    CHECK(message_of([] { (void)gr::padding1d(0, std::size_t{1} << 31); }) ==
          "window: a size or a padding is negative or above 2^31: 2147483648");
    CHECK(gr::size2d((std::size_t{1} << 31) - 1).height == 2147483647);
}

TEST_CASE("window: one number is both sizes, all sides, or two of them") {
    static_assert(gr::size2d(3) == gr::size2d(3, 3) && gr::size2d() == gr::size2d(1) && gr::size2d(2, 5).area() == 10);
    static_assert(gr::size2d(2, 5).array() == sizes{2, 5});
    static_assert(gr::window::reach(3, 1) == 3 && gr::window::reach(3, 2) == 5 && gr::window::reach(1, 9) == 1);
    const auto given = [](gr::padding2d p) { return padding_of(place("l", 9, 1, 1, p)); };
    CHECK(given(gr::valid) == sides{0, 0, 0, 0});
    CHECK(given(2) == sides{2, 2, 2, 2});
    CHECK(given({1, 2}) == sides{1, 1, 2, 2});
    CHECK(given({1, 2, 3, 4}) == sides{1, 2, 3, 4});
}
