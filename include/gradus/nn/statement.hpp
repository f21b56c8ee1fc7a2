#pragma once
/// \file
/// Formulas as data: what a layer tells of what it computes (nn/visitor.hpp), for whoever writes them down with their
/// numbers, as `explain` does.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "gradus/tensor/tensor_ref.hpp"

namespace gradus {

/// A tensor under the name that it has in a formula: "W", "h′".
struct symbol {
    std::string_view name{};
    tensor_ref values{};

    symbol() = default;
    template <any_tensor X>
    symbol(std::string_view n, const X& x) : name(n), values(x) {}
};

/// The function in y = f(z): "relu", "max(z, 0)". No name: there is none.
struct function_words {
    std::string_view name{}, formula{};
    bool on_rows = false;  ///< y[n] is a function of the row z[n], as softmax: no f' to multiply by
};

/// How an entry of the result is made of entries of what it is computed from.
enum class made_by {
    words,        ///< not shown by entries: a remark; the result, if there is one, as it is
    affine,       ///< result = f(z), z = a b + c: z is kept nowhere
    function,     ///< result = a ∘ f'(b), backward: f' of each element in c
    outer,        ///< result = aᵀ b, over all rows
    column_sums,  ///< result = Σ of the rows of a
    transposed,   ///< result = a bᵀ
    lookup,       ///< result = b[a], a of indices
    scatter,      ///< result[v] = Σ b of the rows where a is v
    elements      ///< element by element as the text says, "y = s ∘ x": of symbols a, b, c, and numbers of one element
};

/// One formula of a layer with the tensors in it:
/// `{.text = "dW = xᵀ dz", .id = "dense.dW", .by = made_by::outer, .result = {"dW", dW}, .a = {"x", x}, .b = {"dz", dz}}`.
/// What it refers to is valid until who is told returns.
struct statement {
    std::string_view text, id{};
    made_by by = made_by::words;
    symbol result{}, a{}, b{}, c{};
    function_words f{};
    std::optional<std::size_t> padding = {};  ///< of `scatter`: the index whose row gets nothing
};

/// A formula of one unit in one time step: "c = f ∘ c′ + i ∘ g". Its symbols are those of `recurrence`.
struct cell_formula {
    std::string_view text, id{};  ///< without an id it is no line of its own: what goes on to the step before
};
/// Σ over rows and steps of a ∘ b, or of a: the gradient of what a cell learns beside W, U and b, of each of its rows.
struct cell_sum {
    std::string_view text, a, b{};
};

/// What a cell says of its formulas: constants of it (layers/recurrent/step.hpp). Symbols are
/// z_i, u_i   the sums of the gate i, of x and of the state; without a name of the gate z and u
/// i, c, h    gates, what is kept, the state; h′ and c′: of the step before
/// dz_i, dh   gradients; dc′ and dh′ are carried to the step before
/// f          the function of the cell; f'(…) its derivative
struct cell_words {
    std::span<const cell_formula> forward{}, backward{};  ///< the latter begins with that of dh
    std::string_view z = "z";                             ///< what the sums of x are called
    std::string_view dq{};                                ///< what du of the last gate is called, where it is not dz
    std::span<const std::string_view> own{};              ///< rows of what it learns beside W, U and b
    std::span<const cell_sum> own_gradient{};
    std::string_view own_id{};
};

/// A recurrent layer with all its numbers: x (N, T, D), the gates (N, T, G·H) and so on, as layers/recurrent/recurrent.hpp has them.
struct recurrence {
    cell_words words;
    std::span<const std::string_view> gate_names{}, kept_names{};
    std::size_t gates_of_h = 1;  ///< the others are multiplied with what is kept
    bool keeps_c = false, own_du = false, reverse = false;
    std::size_t truncate = 0;
    symbol own{};  ///< what it learns beside W, U and b
    tensor_ref x{}, W{}, U{}, b{}, gates{}, kept{}, y{};
    tensor_ref first_h{}, first_c{};  ///< before the first step; empty: zeros
    function_words f{};
    tensor_ref slopes{};  ///< f' of each y, where there is an f; like the rest only backward
    tensor_ref dy{}, dz{}, du{}, dW{}, dU{}, db{}, dx{}, d_own{};
};

}  // namespace gradus
