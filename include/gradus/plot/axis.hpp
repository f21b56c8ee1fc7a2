#pragma once
/// \file
/// Axes with round numbers: their ends, their ticks and the text of a tick.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus::plot {

/// Any range of numbers as doubles.
template <class R>
[[nodiscard]] std::vector<double> numbers(const R& r) {
    std::vector<double> out;
    for (auto v : r) out.push_back(static_cast<double>(v));
    return out;
}

struct range {
    double low = 0, high = 1;
};

/// A number with a true minus sign.
[[nodiscard]] inline std::string minus(std::string text) {
    if (text.starts_with('-')) text.replace(0, 1, "−");
    return text;
}

/// A number of so many digits as "1.5·10⁻⁹"; with `bare`, a power of ten is "10⁻⁹".
GRADUS_ONCE [[nodiscard]] std::string scientific(double v, int digits, bool bare = false);

/// A value of about three digits: "0.987", "12.5", "60000", "1.25·10⁷".
GRADUS_ONCE [[nodiscard]] std::string short_number(double v);

/// One axis of a picture.
class axis {
  public:
    std::vector<double> ticks;

    /// An axis for `values` that begins and ends at a tick. Values that are not finite, or not positive on a
    /// logarithmic axis, are ignored.
    GRADUS_ONCE axis(std::span<const double> values, bool logarithmic);

    /// An axis from r.low to r.high exactly, with ticks at round numbers between them.
    /// \throws data_error for a range that is empty or not finite.
    GRADUS_ONCE explicit axis(range r);

    /// Whether the axis can show this value. Numbers whose differences would overflow count as infinite.
    [[nodiscard]] bool has(double v) const { return std::abs(v) < 1e300 && (!log_ || v > tiny); }

    /// The position of a value: 0 at the beginning, 1 at the end.
    [[nodiscard]] double place(double v) const {
        return log_ ? (std::log(v) - std::log(low_)) / (std::log(high_) - std::log(low_)) : (v - low_) / (high_ - low_);
    }

    /// The text of a tick: as many decimals as the step needs, a true minus sign, and powers of ten if the numbers
    /// would have many zeros.
    GRADUS_ONCE [[nodiscard]] std::string label(double v) const;

  private:
    static constexpr double tiny = 1e-300;  ///< below it, steps and powers of ten would be 0

    /// The nearest of ..., 0.5, 1, 2, 5, 10, 20, ... that is not below v (`above`), or not above v.
    GRADUS_ONCE static double mark(double v, bool above);

    void step_ticks() {
        const double first = std::ceil(low_ / step_ - 1e-9), last = std::floor(high_ / step_ + 1e-9);
        for (int i = 0; i <= static_cast<int>(last - first); ++i) ticks.push_back((first + i) * step_ + 0.0);  // no -0
    }

    /// Ticks at 1, 2, 5 times each power of ten for few decades, at powers of ten for more, at some for very many.
    GRADUS_ONCE void mark_ticks();

    double low_ = 0, high_ = 1, step_ = 1;
    bool log_ = false;
};

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY std::string scientific(double v, int digits, bool bare) {
    static constexpr const char* raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    if (v == 0) return "0";
    const int exponent = static_cast<int>(std::floor(std::log10(std::abs(v)) + 1e-9));
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, v / std::pow(10, exponent));
    std::string out = bare && text == std::string("1") ? "10" : std::string(text) + "·10";
    if (exponent < 0) out += "⁻";
    for (char c : std::to_string(std::abs(exponent))) out += raised[c - '0'];
    return minus(out);
}

GRADUS_BODY std::string short_number(double v) {
    const double size = std::abs(v);
    if (size != 0 && (size < 0.999e-3 || size > 0.999e6)) return scientific(v, 3);
    char text[40];
    std::snprintf(text, sizeof text, size < 999.5 ? "%.3g" : "%.0f", v);
    return minus(text);
}

GRADUS_BODY axis::axis(std::span<const double> values, bool logarithmic) : log_(logarithmic) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    bool whole = !values.empty();  // no ticks at halves for epochs and steps
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
        const double size = std::max(std::abs(low), std::abs(high));
        if (high - low <= std::max(1e-9 * size, tiny)) {  // (almost) one value: put it in the middle
            low -= size <= tiny ? 1 : size / 10;
            high += size <= tiny ? 1 : size / 10;
        }
        step_ = mark((high - low) / 5, true);
        if (whole) step_ = std::max(step_, 1.0);
        low_ = step_ * std::floor(low / step_ + 1e-9), high_ = step_ * std::ceil(high / step_ - 1e-9);
        step_ticks();
    }
}

GRADUS_BODY axis::axis(range r) : low_(r.low), high_(r.high), step_(mark((r.high - r.low) / 5, true)) {
    if (!(std::isfinite(r.high - r.low) && r.high - r.low > tiny))
        throw data_error(message({"axis: from ", number_text(r.low), " to ", number_text(r.high), " is no range"}));
    step_ticks();
}

GRADUS_BODY std::string axis::label(double v) const {
    const double most = log_ ? v : std::max(std::abs(low_), std::abs(high_));
    const double step = log_ ? v : step_, size = std::abs(v);
    if (most < 0.999e-3 || most > 0.999e6) {
        if (v == 0) return "0";
        const int digits = 1 + std::max(0, static_cast<int>(std::ceil(std::log10(size / step) - 1e-9)));
        return scientific(v, digits, log_);
    }
    char text[40];
    const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
    std::snprintf(text, sizeof text, "%.*f", decimals, v);
    return minus(text);
}

GRADUS_BODY double axis::mark(double v, bool above) {
    const double decade = std::pow(10, std::floor(std::log10(v) + 1e-9));
    double best = above ? 10 * decade : decade;
    for (double m : {1.0, 2.0, 5.0, 10.0}) {
        const double candidate = m * decade;
        if (above && candidate >= v * (1 - 1e-9)) best = std::min(best, candidate);
        if (!above && candidate <= v * (1 + 1e-9)) best = std::max(best, candidate);
    }
    return best;
}

GRADUS_BODY void axis::mark_ticks() {
    const double decades = std::log10(high_) - std::log10(low_), every = std::ceil(decades / 8);
    for (double p = std::floor(std::log10(low_) + 1e-9); std::pow(10, p) <= high_ * (1 + 1e-9); ++p)
        for (double m : {1.0, 2.0, 5.0}) {
            const double v = m * std::pow(10, p);
            const bool wanted = decades < 2.5 || (m == 1 && std::fmod(p, every) == 0);
            if (wanted && v >= low_ * (1 - 1e-9) && v <= high_ * (1 + 1e-9)) ticks.push_back(v);
        }
}

#endif

}  // namespace gradus::plot
