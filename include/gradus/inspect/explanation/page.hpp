#pragma once
/// \file
/// The text of an explanation: formulas with numbers in them. Numbers are doubles for every scalar of the network, so
/// that nothing here is a template.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/tensor/tensor_ref.hpp"

namespace gradus {

struct explain_options {
    int digits = 6;           ///< significant digits of each number
    std::size_t entries = 4;  ///< of each tensor, at most
    std::size_t terms = 4;    ///< of each sum, at most; the rest becomes an ellipsis
};

namespace explaining {

/// A tensor as plain numbers.
struct numbers {
    std::vector<std::size_t> shape;
    std::vector<double> values;

    [[nodiscard]] std::size_t size() const { return values.size(); }
    [[nodiscard]] std::size_t columns() const { return shape.empty() ? 1 : shape.back(); }
    [[nodiscard]] std::size_t rows() const { return columns() == 0 ? 0 : size() / columns(); }
    [[nodiscard]] double operator[](std::size_t i) const { return values[i]; }
    [[nodiscard]] double at(std::size_t row, std::size_t column) const { return values[row * columns() + column]; }

    /// "0,2": the index of element i, without the last `drop` axes.
    [[nodiscard]] std::string place(std::size_t i, std::size_t drop = 0) const {
        std::string out;
        for (std::size_t axis = shape.size(); axis-- > 0; i /= shape[axis])
            if (axis + drop < shape.size()) out = std::to_string(i % shape[axis]) + (out.empty() ? "" : "," + out);
        return out;
    }
};

template <any_tensor X>
[[nodiscard]] numbers numbers_of(const X& x) {
    numbers out{{x.shape().begin(), x.shape().end()}, std::vector<double>(x.size())};
    for (std::size_t i = 0; i < x.size(); ++i) out.values[i] = static_cast<double>(x.data()[i]);
    return out;
}

[[nodiscard]] inline numbers numbers_of(const tensor_ref& x) {
    numbers out{{x.shape().begin(), x.shape().end()}, std::vector<double>(x.size())};
    for (std::size_t i = 0; i < x.size(); ++i) out.values[i] = x.number(i);
    return out;
}

/// A product in a sum: a·b, or a alone.
struct term {
    double a = 0, b = 1;
    bool alone = false;
};

/// The text so far.
class page {
  public:
    explain_options limits;
    std::string text;

    explicit page(const explain_options& o) : limits(o) {}

    void line(std::string_view words) { text.append("  ").append(words).append("\n"); }
    /// A line of numbers, below its formula.
    void numeric(std::string_view words) { text.append("    ").append(words).append("\n"); }
    void part(std::string_view words) { text.append("\n").append(words).append("\n"); }

    [[nodiscard]] std::string number(double v) const {
        char out[64];
        std::snprintf(out, sizeof out, "%.*g", std::clamp(limits.digits, 1, 17), v + 0.0);
        return std::string(out) == "-0" ? "0" : out;
    }
    /// A number within a formula: "0.2", "(-0.2)".
    [[nodiscard]] std::string factor(double v) const {
        const std::string n = number(v);
        return n.front() == '-' ? "(" + n + ")" : n;
    }

    /// "0.05·0.15 + 0.1·0.2". Of a long sum the first terms that are not 0 (most pixels are 0), the rest as "…".
    [[nodiscard]] std::string sum(const std::vector<term>& terms) const {
        std::string out;
        std::size_t next = 0;  // the term that would follow without a gap
        for (std::size_t i :
             choose(terms.size(), limits.terms, [&](std::size_t k) { return terms[k].a * terms[k].b != 0; })) {
            if (!out.empty()) out += " + ";
            if (i != next) out += "… + ";
            out += terms[i].alone ? factor(terms[i].a) : factor(terms[i].a) + "·" + factor(terms[i].b);
            next = i + 1;
        }
        return next < terms.size() ? out + " + …" : out;
    }

    /// The entries of a tensor that are shown: the first that are not 0.
    [[nodiscard]] std::vector<std::size_t> entries(const numbers& x) const {
        return choose(x.size(), limits.entries, [&](std::size_t i) { return x[i] != 0; });
    }
    /// The first entries, 0 or not: an output of 0 is worth showing.
    [[nodiscard]] std::vector<std::size_t> first(std::size_t n) const {
        return choose(n, limits.entries, [](std::size_t) { return true; });
    }
    /// Writes that a tensor has more entries than those shown.
    void more(std::size_t all) {
        if (all > limits.entries) numeric("… " + std::to_string(all) + " entries in all");
    }

    /// "dW[0,1] = 0.25" for the entries that are shown, in one line.
    void show(const std::string& name, const numbers& x) {
        std::string out = name + " " + shape_text(x.shape) + ":";
        for (std::size_t i : entries(x)) out += "  [" + x.place(i) + "] " + number(x[i]);
        numeric(x.size() > limits.entries ? out + "  …" : out);
    }

  private:
    /// At most `limit` of 0..n−1 in order: all, or else the first that matter, then the first that do not.
    template <class Matters>
    static std::vector<std::size_t> choose(std::size_t n, std::size_t limit, const Matters& matters) {
        std::vector<std::size_t> out;
        for (const bool wanted : {true, false})
            for (std::size_t i = 0; i < n && out.size() < limit; ++i)
                if (n <= limit ? wanted : matters(i) == wanted) out.push_back(i);
        std::sort(out.begin(), out.end());
        return out;
    }
};

}  // namespace explaining
}  // namespace gradus
