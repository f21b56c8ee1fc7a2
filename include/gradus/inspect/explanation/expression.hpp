#pragma once
/// \file
/// Evaluates an element-wise formula, "h = o ∘ tanh c", and writes it with numbers in place of its symbols.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "gradus/base/error.hpp"
#include "gradus/base/function_ref.hpp"
#include "gradus/inspect/explanation/page.hpp"

namespace gradus::explaining {

/// The value of a symbol in a formula, if it has one.
using symbols = function_ref<std::optional<double>(std::string_view)>;

/// The right side of a formula: sums and products (∘) of symbols, numbers and functions, squares, parentheses.
class expression {
  public:
    std::string text;  ///< "0.31·tanh(0.62)". A negative number is in parentheses, except right after one
    double value = 0;  ///< NaN if it applies a function that only the layer can compute

    /// \param f the name of the layer's function
    /// \throws error if the formula cannot be parsed, or `s` has no value for a symbol
    expression(const page& p, std::string_view formula, symbols s, std::string_view f = "f")
        : page_(p), rest_(formula), value_of_(s), f_(f) {
        value = sum();
        if (!rest_.empty()) throw error(message({"explain: cannot read `", rest_, "` in `", formula, "`"}));
    }

  private:
    bool take(std::string_view word) {
        const bool there = rest_.starts_with(word);
        if (there) rest_.remove_prefix(word.size());
        return there;
    }
    [[nodiscard]] std::string_view word() const { return rest_.substr(0, std::min(rest_.find_first_of(" ()"), rest_.find("²"))); }
    void put(double v) { text += text.empty() || !text.ends_with('(') ? page_.factor(v) : page_.number(v); }

    double sum() {
        double v = product();
        while (true)
            if (take(" + "))
                text += " + ", v += product();
            else if (take(" − "))
                text += " − ", v -= product();
            else
                return v;
    }
    double product() {
        double v = power();
        while (take(" ∘ ")) text += "·", v *= power();
        return v;
    }
    double power() {
        const double v = factor();
        if (!take("²")) return v;
        text += "²";
        return v * v;
    }
    double inner() {
        text += "(";
        const double v = sum();
        if (!take(")")) throw error(message({"explain: a parenthesis is not closed, before `", rest_, "`"}));
        text += ")";
        return v;
    }
    double factor() {
        if (take("(")) return inner();
        if (rest_.starts_with("f'("))
            return symbol(rest_.substr(0, rest_.find(')') + 1));
        const std::string_view name = word();
        if (name.empty()) throw error(message({"explain: no symbol where one is due, before `", rest_, "`"}));
        if (name.find_first_not_of("0123456789.") == std::string_view::npos) {
            text += name, take(name);
            return std::strtod(std::string(name).c_str(), nullptr);
        }
        if (rest_.substr(name.size()).starts_with("(")) return function(name);
        if (name == "tanh") return hyperbolic();
        return symbol(name);
    }
    double symbol(std::string_view name) {
        const auto v = value_of_(name);
        if (!v) throw error(message({"explain: nothing is known by the name `", name, "`"}));
        take(name), put(*v);
        return *v;
    }
    double function(std::string_view name) {
        take(name);
        text += name == "f" ? f_ : name;
        take("(");
        const double v = inner();
        if (name == "σ") return 1 / (1 + std::exp(-v));
        return name == "tanh" ? std::tanh(v) : std::numeric_limits<double>::quiet_NaN();
    }
    /// "tanh c", which is a symbol if its value was stored, and "tanh² c".
    double hyperbolic() {
        take("tanh");
        const bool squared = take("²");
        take(" ");
        const std::string_view of = word();
        const std::string kept = "tanh " + std::string(of);
        if (const auto v = value_of_(kept)) {
            take(of), put(*v);
            if (squared) text += "²";
            return squared ? *v * *v : *v;
        }
        text += "tanh(";
        const double v = std::tanh(symbol(of));
        text += squared ? ")²" : ")";
        return squared ? v * v : v;
    }

    const page& page_;
    std::string_view rest_;
    symbols value_of_;
    std::string_view f_;
};

/// The formula with the name of the layer's function: "h = f(z + u)" becomes "h = tanh(z + u)".
[[nodiscard]] inline std::string with_function(std::string_view formula, std::string_view name) {
    std::string out(formula);
    if (name.empty()) return out;
    for (const std::string_view f : {" f(", " f'("})
        if (const auto at = out.find(f); at != std::string::npos) out.replace(at + 1, 1, name);
    return out;
}

}  // namespace gradus::explaining
