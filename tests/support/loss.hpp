#pragma once
/// \file
/// What is asked of every loss. Each file of tests/losses asks it of one, beside a case worked by hand.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "central_difference.hpp"
#include "close.hpp"
#include "draw.hpp"
#include "fixture.hpp"
#include "gradus/losses/cross_entropy.hpp"
#include "gradus/losses/loss.hpp"
#include "message.hpp"

namespace support {

template <class T, std::size_t N>
using tensor = gradus::tensor<T, N>;

template <class J>
inline constexpr bool takes_labels = std::is_same_v<J, gradus::cross_entropy>;

/// Labels for losses of classes, else numbers in [0, 1): what any loss takes with a prediction of this shape.
template <class J, class T, std::size_t N>
[[nodiscard]] auto draw_target(const typename tensor<T, N>::shape_type& shape, std::uint64_t key) {
    if constexpr (takes_labels<J>) {
        typename tensor<std::int32_t, N - 1>::shape_type rows;
        std::copy_n(shape.begin(), N - 1, rows.begin());
        tensor<std::int32_t, N - 1> y(rows);
        for (std::size_t r = 0; r < y.size(); ++r)
            y.data()[r] = static_cast<std::int32_t>(gradus::random::integer(key, r, shape[N - 1]));
        return y;
    } else {
        return draw<tensor<T, N>>(shape, key, 0, 1);
    }
}

/// The rows [first, last) of the first axis.
template <class X>
[[nodiscard]] X shard(const X& x, std::size_t first, std::size_t last) {
    auto shape = x.shape();
    shape[0] = last - first;
    X out(shape);
    const std::size_t row = x.size() / x.shape()[0];
    std::copy_n(x.data() + first * row, out.size(), out.data());
    return out;
}

/// (4, 3), of which row n has the first 3, 1, 2, 3 entries.
[[nodiscard]] inline tensor<bool, 2> ragged_mask() {
    return {{true, true, true}, {true, false, false}, {true, true, false}, {true, true, true}};
}

/// PyTorch's J and ∂J/∂ŷ. `target`: y, p (probabilities) or labels.
template <class J, class T, std::size_t N>
void equals_pytorch(const J& loss, const std::string& which, const std::string& target, bool masked = false) {
    CAPTURE(which);
    const auto y_hat = pytorch<tensor<T, N>>("losses/" + which + ".y_hat");
    const auto y = [&] {
        if constexpr (takes_labels<J>)
            return stored("losses/" + which + ".labels").template to<tensor<std::int32_t, N - 1>>();
        else
            return pytorch<tensor<T, N>>("losses/" + which + "." + target);
    }();
    tensor<bool, 2> mask;
    if (masked) mask = stored("losses/" + which + ".mask").template to<tensor<std::uint8_t, 2>>();
    const gradus::normalizer by{0, masked ? &mask : nullptr};
    const std::string expected = "losses/" + std::string(J::name) + "." + which;
    CHECK(difference(loss.value(y_hat, y, by), pytorch_number(expected + ".J")) <= tolerance<T>(y_hat.size()));
    CHECK(difference(loss.gradient(y_hat, y, by), pytorch<tensor<double, N>>(expected + ".dy")) <= tolerance<T>());
}
template <class J>
void equals_pytorch(const J& loss, const std::string& target) {
    equals_pytorch<J, float, 2>(loss, "rows", target);
    equals_pytorch<J, float, 3>(loss, "sequence", target);
    equals_pytorch<J, float, 3>(loss, "masked", target, true);
    equals_pytorch<J, double, 2>(loss, "rows", target);
    equals_pytorch<J, double, 3>(loss, "sequence", target);
    equals_pytorch<J, double, 3>(loss, "masked", target, true);
}

/// ∂J/∂ŷ is the slope of J, with a mask and without, also where the normalizer is given.
template <class J>
void follows_central_differences(const J& loss) {
    const auto mask = ragged_mask();
    auto y_hat = draw<tensor<double, 3>>({4, 3, 5}, 1, -3, 3);
    const auto y = draw_target<J, double, 3>(y_hat.shape(), 2);
    for (const gradus::normalizer& by : {gradus::normalizer{}, {0, &mask}, {7.5, nullptr}, {7.5, &mask}}) {
        const auto slope = slopes([&] { return loss.value(y_hat, y, by); }, y_hat);
        CHECK(relative_error(loss.gradient(y_hat, y, by), slope) <= 1e-9);
    }
}

/// Shards that are given the whole batch's normalizer: their J add up, their gradients are the whole's rows.
template <class J, class T>
void shards_add_up(const J& loss) {
    const auto mask = ragged_mask();
    const auto y_hat = draw<tensor<T, 3>>({4, 3, 5}, 1, -3, 3);
    const auto y = draw_target<J, T, 3>(y_hat.shape(), 2);
    for (const bool masked : {false, true}) {
        const gradus::normalizer whole{loss.count(y_hat, y, {0, masked ? &mask : nullptr}), masked ? &mask : nullptr};
        CHECK(loss.value(y_hat, y, whole) == loss.value(y_hat, y, {0, whole.mask}));
        const auto gradient = loss.gradient(y_hat, y, whole);
        double sum = 0;
        for (const auto& [first, last] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 2}, {2, 4}}) {
            const auto y_hat_part = shard(y_hat, first, last);
            const auto y_part = shard(y, first, last);
            const auto mask_part = shard(mask, first, last);
            const gradus::normalizer by{whole.total, masked ? &mask_part : nullptr};
            sum += loss.value(y_hat_part, y_part, by);
            CHECK(same(loss.gradient(y_hat_part, y_part, by), shard(gradient, first, last)));
        }
        CHECK(difference(sum, loss.value(y_hat, y, whole)) <= tolerance<T>());
    }
}

/// The textbook's form, for every size of a batch across the widths of registers.
template <class J, class T, class Twin>
void equals_reference(const J& loss, Twin&& twin) {
    for (std::size_t n : {1u, 2u, 3u, 17u, 33u}) {
        CAPTURE(n);
        const auto y_hat = draw<tensor<T, 2>>({n, 7}, n, -3, 3);
        const auto y = draw_target<J, T, 2>(y_hat.shape(), n + 1);
        const auto expected = twin(y_hat, y);
        CHECK(difference(loss.value(y_hat, y), expected.J) <= tolerance<T>(n));
        CHECK(difference(loss.gradient(y_hat, y), expected.dy) <= tolerance<T>(n));
    }
}

/// What each loss says to an empty batch and to masks that do not fit.
template <class J>
void refuses_empty_and_masks(const J& loss) {
    const std::string name(J::name);
    const auto y_hat = draw<tensor<float, 3>>({2, 3, 4}, 1);
    const auto y = draw_target<J, float, 3>({2, 3, 4}, 2), no_y = draw_target<J, float, 3>({0, 3, 4}, 2);
    CHECK(message_of([&] { (void)loss.value(tensor<float, 3>({0, 3, 4}, 0.f), no_y); }) ==
          name + ": got an empty batch, ŷ is (0, 3, 4)");
    const tensor<bool, 2> short_mask({2, 2}, true), turned({3, 2}, true), nothing({2, 3}, false);
    CHECK(message_of([&] { (void)loss.value(y_hat, y, {0, &short_mask}); }) ==
          name + ": the mask has (2, 2) entries, ŷ is (2, 3, 4)");
    CHECK(message_of([&] { (void)loss.value(y_hat, y, {5, &short_mask}); }) ==
          name + ": the mask has (2, 2) entries, ŷ is (2, 3, 4)");  // known total or not
    CHECK(message_of([&] { (void)loss.value(y_hat, y, {0, &turned}); }) ==
          name + ": the mask has (3, 2) entries, ŷ is (2, 3, 4)");
    CHECK(message_of([&] { (void)loss.value(y_hat, y, {0, &nothing}); }) ==
          name + ": the mask leaves no row of ŷ (2, 3, 4) to count");
    CHECK(loss.value(y_hat, y, {5, &nothing}) == 0);  // a shard of a batch that has others
    CHECK(same(loss.gradient(y_hat, y, {5, &nothing}), tensor<float, 3>({2, 3, 4}, 0.f)));
}

}  // namespace support
