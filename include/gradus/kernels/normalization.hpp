#pragma once
/// \file
/// What happens to each channel by itself: maps with constants of the channel, sums over all rows, mean and variance.

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include "gradus/core/tensor.hpp"
#include "gradus/kernels/elementwise.hpp"

namespace gradus::kernels {

/// A constant of each channel, f(j) for channel j, the same in every row.
template <class F>
struct per_channel {
    F value;
};
template <class F>
per_channel(F) -> per_channel<F>;

/// How many rows lie side by side in a wide row: enough to fill whole registers, sixteen of them, so that no sum waits for
/// the one before. Of 256 channels and more, one.
template <class T>
[[nodiscard]] constexpr std::size_t rows_abreast(std::size_t channels) {
    constexpr std::size_t enough = 16 * width<T>;
    std::size_t rows = 1;
    while (channels * rows < enough || (channels < enough && channels * rows % width<T> != 0)) ++rows;
    return rows;
}

/// Works on matrices (R, C) in memory order with a statement for one element.
///
/// Rows are short, 32 channels or 3: several side by side are one wide row, whose constants are repeated as often. So an
/// element meets its channel's constants at the same place of every wide row, and any C fills whole registers.
/// Memory: eight wide rows, of 256 elements where C is less; kept from call to call.
template <class T>
class channelwise {
  public:
    /// Allocates where sizes change.
    void resize(std::size_t rows, std::size_t channels) {
        if (rows == rows_ && channels == channels_) return;
        rows_ = rows, channels_ = channels;
        wide_ = std::min(rows, rows_abreast<T>(channels)) * channels;
        reshape(lines_, std::array{lines, wide_});
        reshape(sums_, std::array<std::size_t, 2>{2, channels});
    }

    /// out_ij = f(in_ij...), where each `in` is a matrix or a per_channel. `out` may be one of them.
    template <class F, class... In>
    void map(F f, T* out, const In&... in) {
        each_wide_row([&](std::size_t at, std::size_t n, const auto*... p) { kernels::map(n, f, out + at, p...); }, in...);
    }

    /// (a_j, b_j) = Σᵢ of what `add(a, b, in_ij...)` adds: two sums at once. Valid until the next.
    /// In registers over a block of wide rows, in double over the blocks: as good for a million rows as for a hundred.
    template <class F, class... In>
    std::pair<const double*, const double*> sum(F add, const In&... in) {
        T *a = line(0), *b = line(1);
        std::fill_n(a, 2 * wide_, T(0));
        sums_.fill(0);
        std::size_t summed = 0;
        each_wide_row(
            [&](std::size_t at, std::size_t n, const auto*... p) {
                kernels::update(n, add, a, b, p...);
                if (++summed % block != 0 && at + n != rows_ * channels_) return;
                gather(a, sums_.data()), gather(b, sums_.data() + channels_);
            },
            in...);
        return {sums_.data(), sums_.data() + channels_};
    }

    /// Mean and biased variance of each channel.
    ///   mean = m + Σ (x − m) / R     variance = Σ (x − m)² / R − (Σ (x − m) / R)²
    /// The first m is the mean of rows from all over the matrix, so near to the mean that nothing cancels.
    /// Source: Chan, Golub and LeVeque (1983), 3, shifted data. One pass over memory.
    void moments(const T* x, T* mean, T* variance) {
        pilot(x, mean);
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
    static constexpr std::size_t block = 256;  // wide rows that are summed in T
    static constexpr std::size_t sample = 32;  // wide rows of which m is the mean
    static constexpr std::size_t lines = 8;    // two of sums, the others of constants

    std::size_t rows_ = 0, channels_ = 0, wide_ = 0;
    tensor<T, 2> lines_;
    tensor<double, 2> sums_;

    [[nodiscard]] T* line(std::size_t k) { return lines_.data() + k * wide_; }

    /// A matrix moves on with the rows, constants stay.
    struct source {
        const T* data;
        bool moves;
    };
    [[nodiscard]] source source_of(std::size_t&, const T* matrix) const { return {matrix, true}; }
    template <class F>
    [[nodiscard]] source source_of(std::size_t& next, const per_channel<F>& constant) {
        T* out = line(next++);
        for (std::size_t j = 0; j < channels_; ++j) out[j] = static_cast<T>(constant.value(j));
        for (std::size_t i = channels_; i < wide_; i += channels_) std::copy_n(out, channels_, out + i);
        return {out, false};
    }

    /// visit(where it begins, its elements, data there...) of each wide row. The last may be shorter.
    template <class Visit, class... In>
    void each_wide_row(Visit visit, const In&... in) {
        static_assert(sizeof...(In) <= lines - 2);
        std::size_t next = 2;
        const std::array<source, sizeof...(In)> sources{source_of(next, in)...};
        const std::size_t size = rows_ * channels_;
        for (std::size_t at = 0; at < size; at += wide_)
            std::apply([&](const auto&... s) { visit(at, std::min(wide_, size - at), (s.moves ? s.data + at : s.data)...); },
                       sources);
    }

    /// into_j += Σ from over the rows that lie side by side, which begins anew.
    void gather(T* from, double* into) const {
        for (std::size_t i = 0; i < wide_; i += channels_)
            for (std::size_t j = 0; j < channels_; ++j) into[j] += static_cast<double>(from[i + j]), from[i + j] = 0;
    }

    void pilot(const T* x, T* mean) {
        const std::size_t whole = rows_ * channels_ / wide_, looks = std::min(sample, whole);
        T* a = line(0);
        std::fill_n(a, wide_, T(0));
        for (std::size_t k = 0; k < looks; ++k)
            kernels::update(wide_, [](auto& s, const auto& v) { s += v; }, a, x + k * whole / looks * wide_);
        sums_.fill(0);
        gather(a, sums_.data());
        for (std::size_t j = 0; j < channels_; ++j)
            mean[j] = static_cast<T>(sums_.data()[j] * static_cast<double>(channels_) / static_cast<double>(looks * wide_));
    }
};

}  // namespace gradus::kernels
