#pragma once
/// \file
/// Schedules as PyTorch computes them: each rate from the previous one. α(t) therefore needs a loop over 0 … t.

#include <cmath>
#include <cstdint>
#include <numbers>

#include "gradus/optimizers/schedule.hpp"

namespace gradus::reference {

/// α(t + 1) = γ α(t) where t + 1 is a multiple of `every`, else α(t).                                   [schedule.step]
[[nodiscard]] inline double rate_after(const schedule::step& s, std::uint64_t t, double rate) {
    return (t + 1) % s.every == 0 ? s.factor * rate : rate;
}

/// α(t + 1) = γ α(t).                                                                            [schedule.exponential]
[[nodiscard]] inline double rate_after(const schedule::exponential& s, std::uint64_t, double rate) {
    return s.factor * rate;
}

/// α(t + 1) = α(t) ((1 − (t + 1) / T) / (1 − t / T))^p, for α_end = 0.                            [schedule.polynomial]
[[nodiscard]] inline double rate_after(const schedule::polynomial& s, std::uint64_t t, double rate) {
    if (t >= s.steps) return rate;
    const auto left = [&](std::uint64_t at) { return 1 - static_cast<double>(at) / static_cast<double>(s.steps); };
    return rate * std::pow(left(t + 1) / left(t), s.power);
}

/// α(t + 1) = α_end + (α(t) − α_end) (1 + cos(π (t + 1) / T)) / (1 + cos(π t / T)), and where that divides by 0, at the
/// odd multiples of T, α(t) + ½ (α₀ − α_end) (1 − cos(π / T)).                                        [schedule.cosine]
[[nodiscard]] inline double rate_after(const schedule::cosine& s, std::uint64_t t, double rate) {
    const auto cosine = [&](std::uint64_t at) {
        return std::cos(std::numbers::pi * static_cast<double>(at) / static_cast<double>(s.steps));
    };
    if (t % (2 * s.steps) == s.steps) return rate + (s.learning_rate - s.end) * (1 - cosine(1)) / 2;
    return s.end + (rate - s.end) * (1 + cosine(t + 1)) / (1 + cosine(t));
}

}  // namespace gradus::reference
