#include "gradus/inspect/explanation/expression.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace gr = gradus;
using gr::explaining::expression, gr::explaining::page, gr::explaining::with_function;

namespace {

std::optional<double> symbol(std::string_view name) {
    if (name == "a") return 2.0;
    if (name == "b′") return -0.5;
    if (name == "z_i") return 0.25;
    if (name == "tanh k") return 0.75;
    return std::nullopt;
}
expression read(std::string_view formula, std::string_view f = "f") {
    static const page out({.digits = 4});
    return {out, formula, [](std::string_view name) { return symbol(name); }, f};
}

}  // namespace

TEST_CASE("expression: numbers in place of symbols, and the value") {
    const auto is = [](std::string_view formula, const std::string& text, double value) {
        CAPTURE(formula);
        const expression e = read(formula);
        CHECK(e.text == text);
        CHECK(e.value == doctest::Approx(value).epsilon(1e-15));
    };
    is("a", "2", 2);
    is("a + b′ − z_i", "2 + (-0.5) − 0.25", 1.25);
    is("a ∘ b′ + 3", "2·(-0.5) + 3", 2);
    is("(1 − a) ∘ (b′ − 1)", "(1 − 2)·(-0.5 − 1)", 1.5);
    is("1 − b′²", "1 − (-0.5)²", 0.75);
    is("0.5 ∘ (1 − a²)", "0.5·(1 − 2²)", -1.5);
    is("σ(z_i + b′)", "σ(0.25 + (-0.5))", 1 / (1 + std::exp(0.25)));
    is("tanh(b′)", "tanh(-0.5)", std::tanh(-0.5));
    is("a ∘ tanh b′", "2·tanh(-0.5)", 2 * std::tanh(-0.5));
    is("1 − tanh² b′", "1 − tanh(-0.5)²", 1 - std::tanh(-0.5) * std::tanh(-0.5));
    is("1 − tanh² k", "1 − 0.75²", 1 - 0.75 * 0.75);  // kept: it is a number
    is("a ∘ tanh k ∘ a", "2·0.75·2", 3);
}

TEST_CASE("expression: a function that only its layer knows goes by its name and has no value here") {
    const expression e = read("f(a + z_i)", "relu");
    CHECK(e.text == "relu(2 + 0.25)");
    CHECK(std::isnan(e.value));
    CHECK(with_function("h = f(z + u)", "tanh") == "h = tanh(z + u)");
    CHECK(with_function("dz = dh ∘ f'(z + u)", "tanh") == "dz = dh ∘ tanh'(z + u)");
    CHECK(with_function("h = f ∘ c", "") == "h = f ∘ c");
}

TEST_CASE("expression: what is none is refused") {
    CHECK_THROWS_WITH_AS(read("a ∘ c"), "explain: nothing is known by the name `c`", gr::error);
    CHECK_THROWS_WITH_AS(read("a ∘ "), "explain: no symbol where one is due, before ``", gr::error);
    CHECK_THROWS_WITH_AS(read("a ∘ (b′ + a"), "explain: a parenthesis is not closed, before ``", gr::error);
    CHECK_THROWS_WITH_AS(read("a b′"), "explain: cannot read ` b′` in `a b′`", gr::error);
}
