#pragma once
/// \file
/// Formulas as data: a layer's description of what it computes (nn/visitor.hpp), which for example `explain` prints
/// with the numbers.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "gradus/tensor/tensor_ref.hpp"

namespace gradus {

/// A tensor with its name in a formula: "W", "h′".
struct symbol {
    std::string_view name{};
    tensor_ref values{};

    symbol() = default;
    template <any_tensor X>
    symbol(std::string_view n, const X& x) : name(n), values(x) {}
};

/// The function in y = f(z): "relu", "max(z, 0)". An empty name means no function.
struct function_words {
    std::string_view name{}, formula{};
    bool on_rows = false;  ///< y[n] is a function of the whole row z[n], like softmax: there is no elementwise f'
};

/// How an element of the result is computed from elements of the operands.
enum class made_by {
    words,        ///< not shown element by element: a remark; the result, if any, is shown as it is
    affine,       ///< result = f(z), z = a b + c: z is not stored
    function,     ///< result = a ∘ f'(b), backward: f' of each element in c
    outer,        ///< result = aᵀ b, over all rows
    column_sums,  ///< result = sum of the rows of a
    transposed,   ///< result = a bᵀ
    lookup,       ///< result = b[a], where a contains indices
    scatter,      ///< result[v] = sum of the rows of b where a is v
    elements      ///< element by element as in the text, "y = s ∘ x", with the symbols a, b, c and numbers
};

/// One formula of a layer with the tensors in it:
/// `{.text = "dW = xᵀ dz", .id = "dense.dW", .by = made_by::outer,
///   .result = {"dW", dW}, .a = {"x", x}, .b = {"dz", dz}}`
/// Its references are valid until the visitor returns.
struct statement {
    std::string_view text, id{};
    made_by by = made_by::words;
    symbol result{}, a{}, b{}, c{};
    function_words f{};
    std::optional<std::size_t> padding = {};  ///< for `scatter`: the index whose row gets no gradient
};

/// A formula of one unit in one time step: "c = f ∘ c′ + i ∘ g". Its symbols are explained at `cell_words`.
struct cell_formula {
    std::string_view text, id{};  ///< without an id it has no line of its own: it is carried to the previous step
};
/// Σ over rows and steps of a ∘ b, or of a: the gradient of one row of a cell's parameters other than W, U and b.
struct cell_sum {
    std::string_view text, a, b{};
};

/// The formulas of a cell, as constants of its type (layers/recurrent/step.hpp). Symbols:
/// z_i, u_i   the sums of gate i over x and over the state; z and u if the gate has no name
/// i, c, h    gates, stored values, the state; h′ and c′: of the previous step
/// dz_i, dh   gradients; dc′ and dh′ are carried to the previous step
/// f          the activation of the cell; f'(…) its derivative
struct cell_words {
    std::span<const cell_formula> forward{}, backward{};  ///< `backward` begins with the formula of dh
    std::string_view z = "z";                             ///< name of the sums over x
    std::string_view dq{};                                ///< name of du of the last gate, if it is not dz
    std::span<const std::string_view> own{};              ///< rows of its parameters other than W, U and b
    std::span<const cell_sum> own_gradient{};
    std::string_view own_id{};
};

/// A recurrent layer with all its tensors, as in layers/recurrent/recurrent.hpp: x (N, T, D), gates (N, T, G·H), ...
struct recurrence {
    cell_words words;
    std::span<const std::string_view> gate_names{}, kept_names{};
    std::size_t gates_of_h = 1;  ///< the others are multiplied with a stored value
    bool keeps_c = false, own_du = false, reverse = false;
    std::size_t truncate = 0;
    symbol own{};  ///< its parameters other than W, U and b
    tensor_ref x{}, W{}, U{}, b{}, gates{}, kept{}, y{};
    tensor_ref first_h{}, first_c{};  ///< before the first step; empty: zeros
    function_words f{};
    tensor_ref slopes{};  ///< f' at each y, if there is an f; set only in backward, like the members below
    tensor_ref dy{}, dz{}, du{}, dW{}, dU{}, db{}, dx{}, d_own{};
};

}  // namespace gradus
