#pragma once
/// \file
/// Axes with round numbers: where they begin and end, which values get a tick, and how a tick is written.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace gradus::plot {

struct range {
    double low = 0, high = 1;
};

/// One axis of a picture.
class axis {
  public:
    std::vector<double> ticks;

    /// An axis for `values`; it begins and ends at a tick. Values that are not finite, or not positive on a
    /// logarithmic axis, do not count.
    axis(std::span<const double> values, bool logarithmic) : log_(logarithmic) {
        double low = std::numeric_limits<double>::infinity(), high = -low;
        bool whole = true;  // epochs and steps get no tick at a half
        for (double v : values) {
            if (!has(v)) continue;
            low = std::min(low, v), high = std::max(high, v);
            whole = whole && v == std::floor(v);
        }
        if (low > high) low = log_ ? 1 : 0, high = log_ ? 10 : 1;
        if (log_) {
            low_ = mark(low, false), high_ = mark(high, true);
            if (low_ == high_) high_ = mark(high * 1.01, true);
            mark_ticks();
        } else {
            if (low == high) low -= low == 0 ? 1 : std::abs(low) / 10, high += high == 0 ? 1 : std::abs(high) / 10;
            step_ = mark((high - low) / 5, true);
            if (whole) step_ = std::max(step_, 1.0);
            low_ = step_ * std::floor(low / step_ + 1e-9), high_ = step_ * std::ceil(high / step_ - 1e-9);
            step_ticks();
        }
    }

    /// An axis from r.low to r.high exactly, with ticks at round numbers between.
    explicit axis(range r) : low_(r.low), high_(r.high), step_(mark((r.high - r.low) / 5, true)) { step_ticks(); }

    /// Can the axis show this value?
    [[nodiscard]] bool has(double v) const { return std::isfinite(v) && (!log_ || v > 0); }

    /// Where a value lies: 0 at the beginning, 1 at the end.
    [[nodiscard]] double place(double v) const {
        return log_ ? std::log(v / low_) / std::log(high_ / low_) : (v - low_) / (high_ - low_);
    }

    /// A tick as text: as many decimals as the step needs, a true minus, powers of ten where zeros would have to be
    /// counted.
    [[nodiscard]] std::string label(double v) const {
        const double step = log_ ? v : step_, most = log_ ? v : std::max(std::abs(low_), std::abs(high_));
        char text[40];
        if (step < 0.999e-4 || most >= 1e6) {
            int exponent = v == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(v)) + 1e-9));
            const double mantissa = v / std::pow(10, exponent);
            std::snprintf(text, sizeof text, "%.3g", mantissa);
            if (v == 0) return "0";
            return minus(log_ && std::abs(mantissa - 1) < 1e-6 ? "" : std::string(text) + "·") + "10" +
                   raised(exponent);
        }
        const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
        std::snprintf(text, sizeof text, "%.*f", decimals, v);
        return minus(text);
    }

  private:
    /// The nearest of ..., 0.5, 1, 2, 5, 10, 20, ... that is not below (or not above) v.
    static double mark(double v, bool above) {
        const double power = std::pow(10, std::floor(std::log10(v) + 1e-9));
        double best = above ? 10 * power : power;
        for (double m : {1.0, 2.0, 5.0, 10.0}) {
            const double candidate = m * power;
            if (above && candidate >= v * (1 - 1e-9)) best = std::min(best, candidate);
            if (!above && candidate <= v * (1 + 1e-9)) best = std::max(best, candidate);
        }
        return best;
    }

    void step_ticks() {
        const double first = std::ceil(low_ / step_ - 1e-9), last = std::floor(high_ / step_ + 1e-9);
        for (double i = first; i <= last; ++i) ticks.push_back(i == 0 ? 0 : i * step_);
    }

    /// Every 1, 2 and 5 of few decades, powers of ten alone of more, and not all of those of very many.
    void mark_ticks() {
        const double decades = std::log10(high_ / low_), every = std::ceil(decades / 8);
        for (double p = std::floor(std::log10(low_) + 1e-9); std::pow(10, p) <= high_ * (1 + 1e-9); ++p)
            for (double m : {1.0, 2.0, 5.0}) {
                const double v = m * std::pow(10, p);
                const bool wanted = decades < 2.5 || (m == 1 && std::fmod(p, every) == 0);
                if (wanted && v >= low_ * (1 - 1e-9) && v <= high_ * (1 + 1e-9)) ticks.push_back(v);
            }
    }

    static std::string minus(std::string text) {
        if (text.starts_with('-')) text.replace(0, 1, "−");
        return text;
    }

    static std::string raised(int exponent) {
        static constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
        std::string out = exponent < 0 ? "⁻" : "";
        for (char c : std::to_string(std::abs(exponent))) out += digits[c - '0'];
        return out;
    }

    double low_ = 0, high_ = 1, step_ = 1;
    bool log_ = false;
};

}  // namespace gradus::plot
