#pragma once
/// \file
/// Kernels per channel: maps with constants of each channel, sums over all rows, mean and variance.

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::kernels {

/// Σⱼ f(in_j...) / cols of up to `width` rows at once, one lane per row, where `formula(k)` is the f of row k. The sums
/// of the rows are independent, and the code that uses the result works on all rows at once.
template <class T, class Formula, class... In>
[[nodiscard]] reg<T> row_means(std::size_t rows, std::size_t cols, Formula formula, const T* first, const In*... in) {
    constexpr std::size_t W = width<T>;
    alignas(64) T sums[W] = {};
    for (std::size_t k = 0, at = 0; k < rows; ++k, at += cols) {
        const auto f = formula(k);
        reg<T> even(T(0)), odd(T(0));
        std::size_t j = 0;
        for (; j + 2 * W <= cols; j += 2 * W) {
            even += f(reg<T>::load_unaligned(first + at + j), reg<T>::load_unaligned(in + at + j)...);
            odd += f(reg<T>::load_unaligned(first + at + j + W), reg<T>::load_unaligned(in + at + j + W)...);
        }
        for (; j < cols; j += W) {
            reg<T> term = f(load_at(first + at, j, cols), load_at(in + at, j, cols)...);
            if (cols - j < W) {  // lanes beyond the end count as 0, whatever f returns there
                alignas(64) T lane[W] = {};
                store_part(lane, cols - j, term);
                term = reg<T>::load_aligned(lane);
            }
            even += term;
        }
        sums[k] = fold(reg<T>(even + odd), [](T a, T b) { return a + b; });  // xsimd 8.1's haddp swaps lanes in AVX-512
    }
    return reg<T>::load_aligned(sums) / static_cast<T>(cols);
}

/// Two sums over rows, for each column: in T over a block of rows, in double over the blocks, so that a million rows
/// are summed as accurately as a hundred.
template <class T>
class column_totals {
  public:
    /// Sets all sums to 0. `columns` is a multiple of `channels`. Allocates if sizes change.
    void begin(std::size_t columns, std::size_t channels) {
        if (block_.shape() != std::array<std::size_t, 2>{2, columns}) {
            reshape(block_, std::array<std::size_t, 2>{2, columns});
            block_.fill(T(0));  // later done by `gather`
        }
        reshape(total_, std::array<std::size_t, 2>{2, channels});
        total_.fill(0);
        rows_ = 0;
    }
    /// The sums to which each row adds; call `end_row` after each row.
    [[nodiscard]] T* a() { return block_.data(); }
    [[nodiscard]] T* b() { return block_.data() + block_.shape()[1]; }
    void end_row() {
        if (++rows_ % 256 == 0) gather();
    }
    /// (Σ a, Σ b) of each channel, valid until the next `begin`.
    std::pair<const double*, const double*> end() {
        gather();
        return {total_.data(), total_.data() + total_.shape()[1]};
    }

  private:
    tensor<T, 2> block_;
    tensor<double, 2> total_;
    std::size_t rows_ = 0;

    void gather() {
        const std::size_t columns = block_.shape()[1], channels = total_.shape()[1];
        const T* from = block_.data();
        for (double* into = total_.data(); into != total_.data() + 2 * channels; into += channels)
            for (std::size_t i = 0; i < columns; i += channels, from += channels)
                for (std::size_t j = 0; j < channels; ++j) into[j] += static_cast<double>(from[j]);
        block_.fill(T(0));
    }
};

/// A constant of each channel, f(j) for channel j, the same in every row.
template <class F>
struct per_channel {
    F value;
};
template <class F>
per_channel(F) -> per_channel<F>;

/// The number of rows that form one wide row: enough to fill at least 16 whole registers, so that no addition waits for
/// the previous one. For 256 channels and more (AVX-512, float) it is 1.
template <class T>
[[nodiscard]] constexpr std::size_t rows_abreast(std::size_t channels) {
    constexpr std::size_t enough = 16 * width<T>;
    std::size_t rows = 1;
    while (channels * rows < enough || (channels < enough && channels * rows % width<T> != 0)) ++rows;
    return rows;
}

/// Applies the formula of one element to matrices (R, C), in memory order.
///
/// Rows are short (32 channels, or 3), so several consecutive rows form one wide row, and the channels' constants are
/// repeated as often. Each channel has the same positions in every wide row, and any C fills whole registers.
/// Memory: six wide rows (a few hundred elements each if C is smaller), kept between calls.
template <class T>
class channelwise {
  public:
    /// Allocates if sizes change.
    void resize(std::size_t rows, std::size_t channels) {
        if (rows == rows_ && channels == channels_) return;
        rows_ = rows, channels_ = channels;
        wide_ = std::min(rows, rows_abreast<T>(channels)) * channels;
        reshape(constants_, std::array{most_constants, wide_});
    }

    /// out_ij = f(in_ij...), where each `in` is a matrix or a per_channel. `out` may be one of them.
    template <class F, class... In>
    void map(F f, T* out, const In&... in) {
        each_wide_row([&](std::size_t at, std::size_t n, const auto*... p) { kernels::map(n, f, out + at, p...); }, in...);
    }

    /// (a_j, b_j) = Σᵢ of the terms that `add(a, b, in_ij...)` adds: two sums at once, valid until the next call.
    template <class F, class... In>
    std::pair<const double*, const double*> sum(F add, const In&... in) {
        totals_.begin(wide_, channels_);
        each_wide_row(
            [&](std::size_t, std::size_t n, const auto*... p) {
                kernels::update(n, add, totals_.a(), totals_.b(), p...);
                totals_.end_row();
            },
            in...);
        return totals_.end();
    }

    /// Mean and biased variance of each channel.
    ///   mean = m + Σ (x − m) / R     variance = Σ (x − m)² / R − (Σ (x − m) / R)²
    /// m is the mean of a sample of rows, near enough to the mean to avoid cancellation. One pass over memory, in
    /// addition to these rows.
    /// Source: Chan, Golub and LeVeque, "Algorithms for computing the sample variance" (1983), shifted data.
    void moments(const T* x, T* mean, T* variance) {
        guess(x, mean);
        const auto [d, q] = sum(
            [](auto& sum, auto& squares, const auto& v, const auto& m) {
                const auto away = v - m;
                sum += away, squares += away * away;
            },
            x, per_channel{[=](std::size_t j) { return mean[j]; }});
        const auto R = static_cast<double>(rows_);
        for (std::size_t j = 0; j < channels_; ++j) {
            const double shift = d[j] / R;
            mean[j] = static_cast<T>(static_cast<double>(mean[j]) + shift);
            variance[j] = static_cast<T>(std::max(0.0, q[j] / R - shift * shift));
        }
    }

  private:
    static constexpr std::size_t most_constants = 4;

    std::size_t rows_ = 0, channels_ = 0, wide_ = 0;
    tensor<T, 2> constants_;
    column_totals<T> totals_;

    /// A matrix advances with the rows, constants do not.
    struct source {
        const T* data;
        bool moves;
    };
    [[nodiscard]] source source_of(std::size_t&, const T* matrix) const { return {matrix, true}; }
    template <class F>
    [[nodiscard]] source source_of(std::size_t& next, const per_channel<F>& constant) {
        T* out = constants_.data() + next++ * wide_;
        for (std::size_t j = 0; j < channels_; ++j) out[j] = static_cast<T>(constant.value(j));
        for (std::size_t i = channels_; i < wide_; i *= 2) std::copy_n(out, std::min(i, wide_ - i), out + i);
        return {out, false};
    }

    /// visit(offset, number of elements, data...) for each wide row. The last one may be shorter.
    template <class Visit, class... In>
    void each_wide_row(Visit visit, const In&... in) {
        static_assert((std::size_t(!std::is_pointer_v<In>) + ...) <= most_constants);
        std::size_t next = 0;
        const std::array<source, sizeof...(In)> sources{source_of(next, in)...};
        const std::size_t size = rows_ * channels_;
        for (std::size_t at = 0; at < size; at += wide_)
            std::apply([&](const auto&... s) { visit(at, std::min(wide_, size - at), (s.moves ? s.data + at : s.data)...); },
                       sources);
    }

    /// The mean of at most 16 wide rows (a few hundred rows), evenly distributed over x.
    void guess(const T* x, T* mean) {
        const std::size_t whole = rows_ * channels_ / wide_, looks = std::min<std::size_t>(16, whole);
        totals_.begin(wide_, channels_);
        for (std::size_t k = 0; k < looks; ++k)
            kernels::update(wide_, [](auto& s, const auto& v) { s += v; }, totals_.a(), x + k * whole / looks * wide_);
        const double* sum = totals_.end().first;
        for (std::size_t j = 0; j < channels_; ++j)
            mean[j] = static_cast<T>(sum[j] * static_cast<double>(channels_) / static_cast<double>(looks * wide_));
    }
};

}  // namespace gradus::kernels
