#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "gradus/inspect/explanation/page.hpp"
#include "gradus/losses/binary_cross_entropy.hpp"
#include "gradus/losses/cross_entropy.hpp"
#include "gradus/losses/mse.hpp"

namespace gradus {

namespace explaining {

/// A loss with all its numbers: the argument of a hook `explain_loss(page&, const J&, const loss_numbers&)`.
struct loss_numbers {
    numbers y_hat, y, dy;
    double value = 0;  ///< J
    double count = 1;  ///< the divisor
};

/// "a + b + …" of the first terms, each written by `word(i)`.
template <class Word>
[[nodiscard]] std::string spelt(const page& out, std::size_t n, const Word& word) {
    std::string text;
    for (std::size_t i = 0; i < std::min(n, out.limits.terms); ++i) text += (i == 0 ? "" : " + ") + word(i);
    return n > out.limits.terms ? text + " + …" : text;
}

/// "dŷ[0,1] = (0.7 − 1) / 4 = -0.075" for the entries that are shown; `word(i)` writes the numerator.
template <class Word>
void gradient_entries(page& out, const loss_numbers& v, const std::string& name, const Word& word) {
    for (std::size_t i : out.first(v.dy.size()))
        out.numeric(name + "[" + v.dy.place(i) + "] = " + word(i) + " / " + out.number(v.count) + " = " +
                    out.number(v.dy[i]));
    out.more(v.dy.size());
}

/// For a loss of single elements, the library's or a user's: its terms and derivatives as numbers.
template <class J>
void elements(page& out, const J& loss, const loss_numbers& v) {
    out.numeric("J = [" + spelt(out, v.y.size(), [&](std::size_t i) { return out.factor(loss.term(v.y_hat[i], v.y[i])); }) +
                "] / " + out.number(v.count) + " = " + out.number(v.value));
    gradient_entries(out, v, "dŷ", [&](std::size_t i) { return out.factor(loss.derivative(v.y_hat[i], v.y[i])); });
}
/// For any other loss.
inline void bare(page& out, const loss_numbers& v) {
    out.numeric("J = " + out.number(v.value));
    out.show("ŷ", v.y_hat), out.show("y", v.y), out.show("dŷ", v.dy);
}

inline void squared_error(page& out, const loss_numbers& v, bool half) {
    const auto difference = [&](std::size_t i) {
        return message({"(", out.number(v.y_hat[i]), " − ", out.factor(v.y[i]), ")"});
    };
    out.numeric("J = " + std::string(half ? "½ " : "") + "[" +
                spelt(out, v.y.size(), [&](std::size_t i) { return difference(i) + "²"; }) + "] / " +
                out.number(v.count) + " = " + out.number(v.value));
    gradient_entries(out, v, "dŷ", [&](std::size_t i) { return message({half ? "" : "2 ", difference(i)}); });
}

}  // namespace explaining

template <class J>
    requires requires(const J& loss) { loss.term(0.0, 0.0), loss.derivative(0.0, 0.0); }
void explain_loss(explaining::page& out, const J& loss, const explaining::loss_numbers& v) {
    explaining::elements(out, loss, v);
}

inline void explain_loss(explaining::page& out, const mse&, const explaining::loss_numbers& v) {
    explaining::squared_error(out, v, false);
}
inline void explain_loss(explaining::page& out, const half_mse&, const explaining::loss_numbers& v) {
    explaining::squared_error(out, v, true);
}

inline void explain_loss(explaining::page& out, const binary_cross_entropy& loss, const explaining::loss_numbers& v) {
    if (loss.positive_weight != 1) return explaining::elements(out, loss, v);
    const auto word = [&](std::size_t i) {
        const double z = v.y_hat[i];
        return "(" + out.number(z > 0 ? z : 0) + " − " + out.factor(z) + "·" + out.factor(v.y[i]) + " + log(1 + e^-" +
               out.number(std::abs(z)) + "))";
    };
    out.numeric("J = [" + explaining::spelt(out, v.y.size(), word) + "] / " + out.number(v.count) + " = " +
                out.number(v.value));
    explaining::gradient_entries(out, v, "dz", [&](std::size_t i) {
        return "(σ(" + out.number(v.y_hat[i]) + ") − " + out.factor(v.y[i]) + ")";
    });
}

inline void explain_loss(explaining::page& out, const cross_entropy& loss, const explaining::loss_numbers& v) {
    if (!loss.plain()) return explaining::bare(out, v);
    const std::size_t classes = v.y_hat.columns();
    std::vector<double> lse(v.y.size());  // log Σⱼ e^zⱼ of each row
    for (std::size_t n = 0; n < lse.size(); ++n) {
        double largest = v.y_hat.at(n, 0), sum = 0;
        for (std::size_t j = 1; j < classes; ++j) largest = std::max(largest, v.y_hat.at(n, j));
        for (std::size_t j = 0; j < classes; ++j) sum += std::exp(v.y_hat.at(n, j) - largest);
        lse[n] = largest + std::log(sum);
    }
    out.numeric("J = [" +
                explaining::spelt(out, lse.size(),
                                  [&](std::size_t n) {
                                      const auto label = static_cast<std::size_t>(v.y[n]);
                                      return message({"(", out.number(lse[n]), " − ", out.factor(v.y_hat.at(n, label)), ")"});
                                  }) +
                "] / " + out.number(v.count) + " = " + out.number(v.value));
    explaining::gradient_entries(out, v, "dz", [&](std::size_t i) {
        const std::size_t n = i / classes;
        const bool label = static_cast<std::size_t>(v.y[n]) == i % classes;
        return message({"(", out.number(std::exp(v.y_hat[i] - lse[n])), " − ", label ? "1" : "0", ")"});
    });
}

}  // namespace gradus
