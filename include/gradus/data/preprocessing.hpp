#pragma once
/// \file
/// Preprocessing: missing values are dropped or filled in, columns are brought to a common scale.
///
/// Fit on the training set and apply the result to every other set, which must not influence the fit:
/// \code
/// auto fill  = gr::data::fill_missing(train.x, gr::data::fill_by::median);
/// auto scale = gr::data::standard_score(fill(train.x));
/// train.x = scale(fill(train.x)), test.x = scale(fill(test.x));
/// \endcode
/// Columns run along the last axis, samples along the first. A missing value is NaN; scaling leaves it NaN.
///
/// Source: documents/003, 3, step 1 of the procedure: data cleaning (数据清洗) and data normalization (数据归一化). The
/// document has no formulas; the definitions are scikit-learn's.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// The indices of the samples that contain no NaN. O(size).
template <class T, std::size_t N>
[[nodiscard]] std::vector<std::size_t> complete_samples(const tensor<T, N>& x) {
    std::vector<std::size_t> which;
    const std::size_t n = samples(x), row = n == 0 ? 0 : x.size() / n;
    for (std::size_t i = 0; i < n; ++i)
        if (std::none_of(x.data() + i * row, x.data() + (i + 1) * row, [](T v) { return v != v; })) which.push_back(i);
    return which;
}

/// The dataset without the samples that have a missing value in x. (If y has some: `take` and complete_samples(y).)
/// \throws data_error if no sample is left.
template <class T, std::size_t N, class Y>
[[nodiscard]] dataset<tensor<T, N>, Y> drop_missing(const dataset<tensor<T, N>, Y>& data) {
    const auto which = complete_samples(data.x);
    if (which.empty())
        throw data_error(message({"drop_missing: each of ", data.size(), " samples lacks a value, none would be left"}));
    return take(data, which);
}

/// What replaces a missing value of a column.
enum class fill_by {
    mean,           ///< of the column's other values
    median,         ///< the middle value; for an even number of values the mean of the middle two
    most_frequent,  ///< the smallest of those that are equally frequent
    constant        ///< a given number
};

/// Replaces NaN by one number per column. Returned by fill_missing.
template <class T>
struct filling {
    tensor<T, 1> value;  ///< (D)

    /// x with every NaN replaced; `std::move(x)` avoids a copy. \throws shape_error for another number of columns.
    template <std::size_t N>
    [[nodiscard]] tensor<T, N> operator()(tensor<T, N> x) const {
        const std::size_t D = value.size();
        if (features(x) != D)
            throw shape_error("fill_missing", {"it was fitted to ", D, " columns, got ", x.shape()});
        for (std::size_t i = 0; i < x.size(); ++i)
            if (x.data()[i] != x.data()[i]) x.data()[i] = value(i % D);
        return x;
    }
};

/// Computes from each column of x the value that replaces missing ones.   x (N, ..., D)
/// Definition: scikit-learn's SimpleImputer. O(N log N) for each column.
/// \throws data_error for a column in which every value is missing, except with fill_by::constant.
template <class T, std::size_t N>
[[nodiscard]] filling<T> fill_missing(const tensor<T, N>& x, fill_by by = fill_by::mean, double constant = 0) {
    const std::size_t D = features(x);
    filling<T> out{tensor<T, 1>({D}, static_cast<T>(constant))};
    if (by == fill_by::constant) return out;
    for (std::size_t d = 0; d < D; ++d) {
        std::vector<T> v;
        for (std::size_t i = d; i < x.size(); i += D)
            if (x.data()[i] == x.data()[i]) v.push_back(x.data()[i]);
        const std::size_t n = v.size();
        if (n == 0) throw data_error(message({"fill_missing: column ", d, " has no value to learn from"}));
        double sum = 0;
        for (T value : v) sum += static_cast<double>(value);
        std::sort(v.begin(), v.end());
        T& value = out.value(d);
        if (by == fill_by::mean) value = static_cast<T>(sum / static_cast<double>(n));
        if (by == fill_by::median) value = static_cast<T>((static_cast<double>(v[(n - 1) / 2]) + static_cast<double>(v[n / 2])) / 2);
        if (by == fill_by::most_frequent)
            for (std::size_t i = 0, most = 0; i < n;) {
                const auto end = static_cast<std::size_t>(std::upper_bound(v.begin(), v.end(), v[i]) - v.begin());
                if (end - i > most) most = end - i, value = v[i];
                i = end;
            }
    }
    return out;
}

/// A linear scaling of each column, y = (x − shift) / scale, and its inverse. Returned by min_max and standard_score.
template <class T>
struct scaling {
    std::string_view name;      ///< the function that fitted it
    tensor<T, 1> shift, scale;  ///< (D)

    /// y = (x − shift) / scale; `std::move(x)` avoids a copy. \throws shape_error for another number of columns.
    template <std::size_t N>
    [[nodiscard]] tensor<T, N> operator()(tensor<T, N> x) const {
        return each(std::move(x), [](T v, T shift_d, T scale_d) { return (v - shift_d) / scale_d; });
    }

    /// x = y scale + shift. \throws shape_error for another number of columns.
    template <std::size_t N>
    [[nodiscard]] tensor<T, N> inverse(tensor<T, N> y) const {
        return each(std::move(y), [](T v, T shift_d, T scale_d) { return v * scale_d + shift_d; });
    }

  private:
    template <std::size_t N, class F>
    tensor<T, N> each(tensor<T, N> x, F&& f) const {
        const std::size_t D = shift.size();
        if (features(x) != D) throw shape_error(name, {"it was fitted to ", D, " columns, got ", x.shape()});
        for (T* row = x.data(); row != x.data() + x.size(); row += D)
            for (std::size_t d = 0; d < D; ++d) row[d] = f(row[d], shift.data()[d], scale.data()[d]);
        return x;
    }
};

/// Statistics of a column, without its missing values.
struct column_statistics {
    double min = std::numeric_limits<double>::infinity(), max = -min;
    double mean = 0, deviation = 0;  ///< biased: σ² = Σ (x − μ)² / N
};

/// \throws data_error, always.
template <class T>
[[noreturn]] void refuse_column(std::string_view asks, std::size_t d, const column_statistics& c) {
    throw data_error(message({asks, ": column ", d, " goes from ", number_text(c.min), " to ", number_text(c.max),
                              ", which has no scale in ", sizeof(T) == 4 ? "float" : "double"}));
}

/// 2^⌊log₂ |v|⌋, or 1 for v = 0: dividing numbers of v's size by it brings them near 1 without rounding.
[[nodiscard]] inline double unit_of(double v) { return v == 0 ? 1 : std::ldexp(1.0, std::ilogb(v)); }

/// Statistics of each column of x. Three passes in double; sums are in units of the column's size, since 1e200²
/// overflows and 1e-200² underflows.
/// \throws data_error for a column that has no value, an infinite one, or a range that overflows T.
template <class T, std::size_t N>
[[nodiscard]] std::vector<column_statistics> columns_of(std::string_view asks, const tensor<T, N>& x) {
    const std::size_t D = features(x);
    std::vector<column_statistics> columns(D);
    std::vector<double> count(D), unit(D);
    const auto each_value = [&](auto&& f) {
        for (std::size_t i = 0; i < x.size(); ++i)
            if (const auto v = static_cast<double>(x.data()[i]); v == v) f(i % D, v);
    };
    each_value([&](std::size_t d, double v) {
        auto& c = columns[d];
        c.min = std::min(c.min, v), c.max = std::max(c.max, v), count[d] += 1;
    });
    for (std::size_t d = 0; d < D; ++d) {
        if (count[d] == 0) throw data_error(message({asks, ": column ", d, " has no value to learn from"}));
        const double min = columns[d].min, max = columns[d].max;
        if (!(max - min <= static_cast<double>(std::numeric_limits<T>::max()))) refuse_column<T>(asks, d, columns[d]);
        unit[d] = unit_of(std::max(std::abs(min), std::abs(max)));
    }
    each_value([&](std::size_t d, double v) { columns[d].mean += v / unit[d]; });
    for (std::size_t d = 0; d < D; ++d) {
        columns[d].mean = columns[d].mean / count[d] * unit[d];
        unit[d] = unit_of(columns[d].max - columns[d].min);
    }
    each_value([&](std::size_t d, double v) {
        const double share = (v - columns[d].mean) / unit[d];
        columns[d].deviation += share * share;
    });
    for (std::size_t d = 0; d < D; ++d) columns[d].deviation = unit[d] * std::sqrt(columns[d].deviation / count[d]);
    return columns;
}

/// Sets shift and scale of column d, rounded to T. \throws data_error if they are infinite in T, or the scale is 0.
template <class T>
void fit_column(scaling<T>& out, std::size_t d, const column_statistics& c, double shift, double scale) {
    out.shift(d) = static_cast<T>(shift), out.scale(d) = static_cast<T>(scale);
    if (!std::isfinite(out.shift(d)) || !std::isfinite(out.scale(d)) || !(out.scale(d) > 0)) refuse_column<T>(out.name, d, c);
}

/// Fits a scaling that maps each column of x from [min, max] to [low, high].   x (N, ..., D)
///   y = low + (high − low) (x − min) / (max − min)                                                           [min_max]
/// A constant column becomes `low`, as if max − min were 1. Definition: scikit-learn's MinMaxScaler.
/// \throws data_error for a column without values or with an infinite one, a range or scale that overflows or
///         underflows T, or unless low < high.
template <class T, std::size_t N>
[[nodiscard]] scaling<T> min_max(const tensor<T, N>& x, double low = 0, double high = 1) {
    if (!(low < high && std::isfinite(high - low)))
        throw data_error(message({"min_max: from ", number_text(low), " to ", number_text(high), " is no range"}));
    const auto columns = columns_of("min_max", x);
    scaling<T> out{"min_max", tensor<T, 1>({columns.size()}, T(0)), tensor<T, 1>({columns.size()}, T(1))};
    for (std::size_t d = 0; d < columns.size(); ++d) {
        const auto& c = columns[d];
        const double scale = (c.max > c.min ? c.max - c.min : 1) / (high - low);
        fit_column(out, d, c, c.min - low * scale, scale);
    }
    return out;
}

/// Fits a scaling of each column of x to mean 0 and variance 1.   x (N, ..., D)
///   y = (x − μ) / σ     μ = Σ x / N     σ² = Σ (x − μ)² / N                                           [standard_score]
/// A constant column becomes 0, as if σ were 1. Definition: scikit-learn's StandardScaler.
/// \throws data_error for a column without values or with an infinite one, or a range or scale that overflows or
///         underflows T.
template <class T, std::size_t N>
[[nodiscard]] scaling<T> standard_score(const tensor<T, N>& x) {
    const auto columns = columns_of("standard_score", x);
    scaling<T> out{"standard_score", tensor<T, 1>({columns.size()}, T(0)), tensor<T, 1>({columns.size()}, T(1))};
    for (std::size_t d = 0; d < columns.size(); ++d) {
        const auto& c = columns[d];
        const bool varies = c.max > c.min;
        fit_column(out, d, c, varies ? c.mean : c.min, varies ? c.deviation : 1);
    }
    return out;
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(data) template scaling<float> min_max(const tensor<float, 2>&, double, double);
GRADUS_EXTERN(data) template scaling<double> min_max(const tensor<double, 2>&, double, double);
GRADUS_EXTERN(data) template scaling<float> standard_score(const tensor<float, 2>&);
GRADUS_EXTERN(data) template scaling<double> standard_score(const tensor<double, 2>&);
#endif

}  // namespace gradus::data
