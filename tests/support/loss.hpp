#pragma once
/// \file
/// Tests for every loss. Each file of tests/losses runs them for one loss, in addition to a case worked by hand.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "central_difference.hpp"
#include "close.hpp"
#include "draw.hpp"
#include "fixture.hpp"
#include "gradus/losses/element_loss.hpp"
#include "gradus/losses/row_loss.hpp"
#include "message.hpp"

namespace support {

template <class T, std::size_t N>
using tensor = gradus::tensor<T, N>;

template <class J>
inline constexpr bool takes_labels = requires { requires J::target_kind == gradus::judged_by::label; };

/// Targets for a prediction of this shape: labels, classes −1 and 1, or numbers in [0, 1), as the loss requires.
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
        auto y = draw<tensor<T, N>>(shape, key, 0, 1);
        if (!J::takes_target(0.5))
            for (T& v : gradus::flat(y)) v = v < T(0.5) ? T(-1) : T(1);
        return y;
    }
}
/// Predictions: log-probabilities, probabilities, or any numbers, as the loss requires. Probabilities are not close to
/// 0, where central differences of a logarithm are inaccurate.
template <class J, class T, std::size_t N>
[[nodiscard]] auto draw_prediction(const typename tensor<T, N>::shape_type& shape, std::uint64_t key) {
    const bool logarithms = !J::takes_prediction(1), probabilities = !J::takes_prediction(-1);
    return draw<tensor<T, N>>(shape, key, probabilities ? 0.3 : -3, logarithms ? -0.1 : probabilities ? 0.7 : 3);
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

/// A mask (4, 3) in which the first 3, 1, 2 and 3 entries of the rows are true.
[[nodiscard]] inline tensor<bool, 2> ragged_mask() {
    return {{true, true, true}, {true, false, false}, {true, true, false}, {true, true, true}};
}

/// A weight for each entry of ragged_mask, one of them 0.
[[nodiscard]] inline std::vector<double> row_weights() { return {1, 0.5, 2, 0, 3, 1.5, 0.25, 1, 4, 2, 2, 1}; }
/// Normalizers of a loss: a mask, weights of rows or of samples, a given total, and combinations of them.
struct given {
    tensor<bool, 2> mask = ragged_mask();
    std::vector<double> rows = row_weights(), samples = {0.5, 2, 0, 1.25};

    [[nodiscard]] std::vector<gradus::normalizer> all() const {
        return {{}, {0, &mask}, {7.5}, {7.5, &mask}, {0, nullptr, samples}, {0, nullptr, rows}, {0, &mask, rows}, {7.5, &mask, samples}};
    }
};

/// J and ∂J/∂ŷ equal PyTorch's. `input` and `target` are the names of the arrays; the expected values are stored under
/// the name of the loss followed by `variant`.
template <class J, class T, std::size_t N>
void equals_pytorch(const J& loss, const std::string& which, const std::string& input, const std::string& target,
                    const std::string& variant) {
    CAPTURE(which);
    const auto y_hat = pytorch<tensor<T, N>>("losses/" + which + "." + input);
    const auto y = [&] {
        if constexpr (takes_labels<J>)
            return stored("losses/" + which + ".labels").template to<tensor<std::int32_t, N - 1>>();
        else
            return pytorch<tensor<T, N>>("losses/" + which + "." + target);
    }();
    tensor<bool, 2> mask;
    tensor<double, 2> weights;
    gradus::normalizer by;
    if (which == "masked" || which == "weighted") {
        mask = stored("losses/" + which + ".mask").template to<tensor<std::uint8_t, 2>>();
        by.mask = &mask;
    }
    if (which == "weighted") {
        weights = pytorch<tensor<double, 2>>("losses/weighted.weights");
        by.weights = gradus::flat(weights);
    }
    const std::string expected = "losses/" + std::string(J::name) + variant + "." + which;
    CHECK(difference(loss.value(y_hat, y, by), pytorch_number(expected + ".J")) <= tolerance<T>(y_hat.size()));
    CHECK(difference(loss.gradient(y_hat, y, by), pytorch<tensor<double, N>>(expected + ".dy")) <= tolerance<T>());
}
template <class J>
void equals_pytorch(const J& loss, const std::string& input, const std::string& target, const std::string& variant = "") {
    equals_pytorch<J, float, 2>(loss, "rows", input, target, variant);
    equals_pytorch<J, double, 2>(loss, "rows", input, target, variant);
    for (const std::string which : {"sequence", "masked", "weighted"}) {
        equals_pytorch<J, float, 3>(loss, which, input, target, variant);
        equals_pytorch<J, double, 3>(loss, which, input, target, variant);
    }
}

/// ∂J/∂ŷ equals central differences of J: masked, weighted, with a given total, as mean and as sum.
template <class J>
void follows_central_differences(J loss) {
    const given what;
    auto y_hat = draw_prediction<J, double, 3>({4, 3, 5}, 1);
    const auto y = draw_target<J, double, 3>(y_hat.shape(), 2);
    for (const auto reduction : {gradus::reduce::mean, gradus::reduce::sum})
        for (const gradus::normalizer& by : what.all()) {
            loss.reduction = reduction;
            const auto slope = slopes([&] { return loss.value(y_hat, y, by); }, y_hat);
            CHECK(relative_error(loss.gradient(y_hat, y, by), slope) <= 1e-9);
        }
}

/// Shards that are normalized by the count of the whole batch: their J add up to that of the batch, and their gradients
/// are rows of its gradient. The sum is the mean times the count.
template <class J, class T>
void shards_add_up(J loss) {
    const given what;
    const auto y_hat = draw_prediction<J, T, 3>({4, 3, 5}, 1);
    const auto y = draw_target<J, T, 3>(y_hat.shape(), 2);
    for (gradus::normalizer by : what.all()) {
        loss.reduction = gradus::reduce::mean;
        by.total = 0;
        const double mean = loss.value(y_hat, y, by);
        by.total = loss.count(y_hat, y, by);
        CHECK(loss.value(y_hat, y, by) == mean);
        const auto gradient = loss.gradient(y_hat, y, by);
        double sum = 0, count = 0;
        for (const auto& [first, last] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 2}, {2, 4}}) {
            const auto y_hat_part = shard(y_hat, first, last);
            const auto y_part = shard(y, first, last);
            const auto mask_part = shard(what.mask, first, last);
            const std::size_t each = by.weights.size() / 4;
            const gradus::normalizer part{by.total, by.mask == nullptr ? nullptr : &mask_part,
                                          by.weights.subspan(first * each, (last - first) * each)};
            sum += loss.value(y_hat_part, y_part, part);
            count += loss.count(y_hat_part, y_part, part);
            CHECK(same(loss.gradient(y_hat_part, y_part, part), shard(gradient, first, last)));
        }
        CHECK(difference(sum, mean) <= tolerance<T>());
        CHECK(difference(count, by.total) <= 1e-15);
        loss.reduction = gradus::reduce::sum;
        CHECK(difference(loss.value(y_hat, y, by), mean * by.total) <= 1e-14);
        CHECK(difference(loss.gradient(y_hat, y, by), tensor<T, 3>(gradient * static_cast<T>(by.total))) <= tolerance<T>());
    }
}

/// Equals the reference implementation, for batch sizes that are not multiples of a register width.
template <class T, class J, class Twin>
void equals_reference(const J& loss, Twin&& twin) {
    for (std::size_t n : {1u, 2u, 3u, 17u, 33u}) {
        CAPTURE(n);
        const auto y_hat = draw_prediction<J, T, 2>({n, 7}, n);
        const auto y = draw_target<J, T, 2>(y_hat.shape(), n + 1);
        const auto expected = twin(y_hat, y);
        CHECK(difference(loss.value(y_hat, y), expected.J) <= tolerance<T>(n));
        CHECK(difference(loss.gradient(y_hat, y), expected.dy) <= tolerance<T>(n));
    }
}

/// The error messages for an empty batch, and for masks and weights that do not fit.
template <class J>
void refuses_what_does_not_fit(const J& loss) {
    const std::string name(J::name);
    const auto y_hat = draw_prediction<J, float, 3>({2, 3, 4}, 1);
    const auto y = draw_target<J, float, 3>({2, 3, 4}, 2), no_y = draw_target<J, float, 3>({0, 3, 4}, 2);
    const auto said = [&](const gradus::normalizer& by) { return message_of([&] { (void)loss.value(y_hat, y, by); }); };
    CHECK(message_of([&] { (void)loss.value(tensor<float, 3>({0, 3, 4}, 0.f), no_y); }) ==
          name + ": got an empty batch, ŷ is (0, 3, 4)");
    const tensor<bool, 2> short_mask({2, 2}, true), turned({3, 2}, true), nothing({2, 3}, false);
    CHECK(said({0, &short_mask}) == name + ": the mask has (2, 2) entries, ŷ is (2, 3, 4)");
    CHECK(said({5, &short_mask}) == name + ": the mask has (2, 2) entries, ŷ is (2, 3, 4)");  // with a given total too
    CHECK(said({0, &turned}) == name + ": the mask has (3, 2) entries, ŷ is (2, 3, 4)");
    CHECK(said({0, &nothing}) == name + ": the mask leaves no row of ŷ (2, 3, 4) to count");
    CHECK(loss.value(y_hat, y, {5, &nothing}) == 0);  // a shard of a batch with other rows
    CHECK(same(loss.gradient(y_hat, y, {5, &nothing}), tensor<float, 3>({2, 3, 4}, 0.f)));

    const std::vector<double> three(3, 1.0), negative{1, -2}, endless{1, 1, 1, 1, HUGE_VAL, 1}, zeros(2, 0.0), ones(6, 1.0);
    CHECK(said({0, nullptr, three}) ==
          name + ": got 3 weights for ŷ (2, 3, 4): there must be 2, one for each sample, or 6, one for each row");
    CHECK(said({0, nullptr, negative}) == name + ": weight -2 of sample 1 is not a finite number of at least 0");
    CHECK(said({5, nullptr, endless}) == name + ": weight inf of row 4 is not a finite number of at least 0");
    CHECK(said({0, nullptr, zeros}) == name + ": the weights of the rows of ŷ (2, 3, 4) sum to 0");
    CHECK(said({0, &nothing, ones}) == name + ": the weights of the rows of ŷ (2, 3, 4) sum to 0");
    CHECK(loss.value(y_hat, y, {5, nullptr, zeros}) == 0);
    CHECK(loss.value(y_hat, y, {0, nullptr, ones}) == doctest::Approx(loss.value(y_hat, y)));
}

/// The error messages of a loss whose targets must have the shape of the prediction.
template <class J>
void refuses_other_shapes(const J& loss) {
    const auto y_hat = draw_prediction<J, double, 2>({4, 3}, 1);
    const tensor<double, 2> y({4, 1}, 0.0);
    typename J::template cache<tensor<double, 2>> c;
    const std::string words = gradus::message({J::name, ": needs targets shaped as the prediction (4, 3), got (4, 1)"});
    CHECK(message_of([&] { (void)loss.value(y_hat, y); }) == words);
    CHECK(message_of([&] { (void)loss.count(y_hat, y); }) == words);
    c.dy = y_hat;
    if constexpr (requires { c.kept; }) c.kept = true;
    CHECK(message_of([&] { (void)loss.backward(y_hat, y, c); }) == words);
    refuses_what_does_not_fit(loss);
}

/// The formulas accept a number, a SIMD register and a lazy tensor expression, in float and in double.
template <class T, class J>
void is_generic(const J& loss) {
    using reg = gradus::kernels::reg<T>;
    const auto p = draw_prediction<J, T, 2>({3, 17}, 1);
    const auto y = draw_target<J, T, 2>(p.shape(), 2);
    const tensor<T, 2> l = loss.term(p, y), d = loss.derivative(p, y);
    T lane[2][gradus::kernels::width<T>];
    for (std::size_t i = 0; i < p.size(); ++i) {
        const T u = p.data()[i], t = y.data()[i];
        reg(loss.term(reg(u), reg(t))).store_unaligned(lane[0]);
        reg(loss.derivative(reg(u), reg(t))).store_unaligned(lane[1]);
        CHECK(difference(loss.term(u, t), l.data()[i]) <= tolerance<T>());
        CHECK(difference(lane[0][0], l.data()[i]) <= tolerance<T>());
        CHECK(difference(loss.derivative(u, t), d.data()[i]) <= tolerance<T>());
        CHECK(difference(lane[1][0], d.data()[i]) <= tolerance<T>());
    }
}

/// J and ∂J/∂ŷ are finite for every pair of these predictions and targets.
template <class T, class J>
void is_finite(const J& loss, const std::vector<double>& predictions, const std::vector<double>& targets) {
    tensor<T, 2> p({predictions.size(), targets.size()}, T(0)), y(p.shape());
    for (std::size_t i = 0; i < p.shape()[0]; ++i)
        for (std::size_t j = 0; j < p.shape()[1]; ++j)
            p(i, j) = static_cast<T>(predictions[i]), y(i, j) = static_cast<T>(targets[j]);
    CHECK(std::isfinite(loss.value(p, y)));
    CHECK(finite(loss.gradient(p, y)));
}

}  // namespace support
