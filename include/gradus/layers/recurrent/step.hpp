#pragma once
/// \file
/// The data of one time step of all rows, which a cell of a recurrent layer works on, and the workspace of the steps.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/product/packed.hpp"
#include "gradus/layers/recurrent/shapes.hpp"
#include "gradus/nn/statement.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::recurrent {

/// The base of all cells: defaults that a cell overrides.
struct any_cell {
    static constexpr std::size_t kept = 0;         ///< numbers per unit stored for backward, in addition to its gates
    static constexpr bool keeps_c = false;         ///< the first of them is the state c
    static constexpr bool in_place = false;        ///< the only gate is h itself, so z is stored in y
    static constexpr bool own_du = false;          ///< du is not dz: a gate multiplies its product u
    static constexpr bool whole_product = true;    ///< every gate is multiplied with h_{t−1}
    /// Names of the gates ("i", "f") and of the other stored values, for visitors (nn/visitor.hpp).
    static constexpr std::span<const std::string_view> gate_names{}, kept_names{};
    /// The formulas of the cell, for explain; without them explain shows only inputs and outputs.
    static constexpr cell_words words() { return {}; }

    template <class T>
    using parameters = recurrent_parameters<T>;
    template <class T>
    using state = hidden_state<T>;
    void begin(auto&, std::size_t) const {}        ///< sets the initial values of θ other than those drawn
    void clear(auto&) const {}                     ///< zeroes the gradients that backward accumulates
};

/// The number of gates whose u is h_{t−1} U: all, or all but the last.
template <class Cell>
inline constexpr std::size_t gates_of_h = Cell::gates - (Cell::whole_product ? 0 : 1);

using kernels::in;  // marks an argument that a step only reads

/// Pointers to the parts of a row, H numbers each: `const auto [i, f, g, o] = side_by_side<4>(s.z[n], H)`.
template <std::size_t K, class T>
[[nodiscard]] std::array<T*, K> side_by_side(T* row, std::size_t H) {
    std::array<T*, K> parts;
    for (std::size_t k = 0; k < K; ++k) parts[k] = row + k * H;
    return parts;
}

/// Rows with a constant stride.
template <class T>
struct lines {
    T* data = nullptr;
    std::size_t stride = 0;
    [[nodiscard]] T* operator[](std::size_t n) const { return data + n * stride; }
    operator lines<const T>() const
        requires(!std::is_const_v<T>)
    {
        return {data, stride};
    }
};
template <class T>
[[nodiscard]] lines<T> lines_of(tensor<T, 2>& a) {
    return {a.data(), a.shape()[1]};
}
/// The rows of step t.
template <class T>
[[nodiscard]] lines<T> lines_of(tensor<T, 3>& a, std::size_t t) {
    return {a.data() + t * a.shape()[2], a.shape()[1] * a.shape()[2]};
}

/// dy of a layer whose y is part of the columns of a wider tensor: its shape, and its rows in the wider tensor.
template <class T, std::size_t R>
struct part {
    std::array<std::size_t, R> sizes;
    lines<const T> rows;

    [[nodiscard]] tensor<T, R> copy() const {
        tensor<T, R> out(sizes);
        for (std::size_t n = 0; n < gradus::rows(out); ++n) std::copy_n(rows[n], features(out), out.data() + n * features(out));
        return out;
    }
};
/// A copy of H columns beginning with `first`: one of the gates in (N, T, G·H).
template <class T>
[[nodiscard]] tensor<T, 3> columns(const tensor<T, 3>& all, std::size_t first, std::size_t H) {
    return part<T, 3>{with_features(all, H), {all.data() + first, features(all)}}.copy();
}

/// Values of all steps of a forward, and the workspace of its backward. Values that a step reads more than once are
/// stored contiguously: the rows of one step in (N, T, ...) may be so far apart that they map to few cache sets.
template <class T>
struct memory {
    tensor<T, 3> z, kept;      // (N, T, G·H), after forward the gates; (N, T, K·H), other values of the cell
    tensor<T, 3> dz, all_du;   // (N, T, G·H); all_du only if it differs from dz
    tensor<T, 3> x;            // (N, T, D), only with a mask
    tensor<T, 2> h, u;         // of one step: h_{t−1} (N, H), h_{t−1} U (N, G·H)
    tensor<T, 2> dh, dc, du, s;
    tensor<T, 1> zeros;        // (H), the state before the first step
    std::array<kernels::packed<T>, 2> U, U_transposed;

    /// For a forward of N rows.
    template <class Cell>
    void prepare(const tensor<T, 2>& all_U, std::size_t N, std::size_t steps) {
        const std::size_t H = all_U.shape()[0];
        if constexpr (!Cell::in_place) reshape(z, std::array{N, steps, Cell::gates * H});
        if constexpr (Cell::kept != 0) reshape(kept, std::array{N, steps, Cell::kept * H});
        if constexpr (!Cell::whole_product) reshape(s, std::array{N, H});
        reshape(u, std::array{N, Cell::gates * H});
        reshape(zeros, std::array{H});
        zeros.fill(T(0));
        each_part<Cell>(all_U, [&](std::size_t i, kernels::matrix<const T> part) { U[i].prepare(part, steps, N); });
    }
    /// For the backward of that forward.
    template <class Cell>
    void prepare_backward(const tensor<T, 2>& all_U, std::size_t N, std::size_t steps) {
        reshape(dz, std::array{N, steps, Cell::gates * all_U.shape()[0]});
        if constexpr (Cell::own_du) reshape(all_du, dz.shape());
        reshape(du, u.shape());
        each_part<Cell>(all_U, [&](std::size_t i, kernels::matrix<const T> part) {
            U_transposed[i].prepare(kernels::transpose(part), steps, N);
        });
    }

    /// x with zeros at masked steps: their dz is 0, but 0 times a NaN or infinity in x would be NaN.
    const tensor<T, 3>& masked(const tensor<T, 3>& all_x, const tensor<bool, 2>* mask) {
        if (mask == nullptr) return all_x;
        reshape(x, all_x.shape());
        const std::size_t D = features(all_x);
        for (std::size_t i = 0; i < rows(all_x); ++i)
            if (mask->data()[i])
                std::copy_n(all_x.data() + i * D, D, x.data() + i * D);
            else
                std::fill_n(x.data() + i * D, D, T(0));
        return x;
    }

  private:
    /// Calls f for each part of U with a product of its own: all of U, or the gates of h_{t−1} and then the last gate.
    template <class Cell, class F>
    static void each_part(const tensor<T, 2>& all_U, F&& f) {
        const std::size_t H = all_U.shape()[0], first = gates_of_h<Cell> * H, all = Cell::gates * H;
        f(0, kernels::matrix<const T>(all_U.data(), H, first, all));
        if (first != all) f(1, kernels::matrix<const T>(all_U.data() + first, H, all - first, all));
    }
};

/// Copies `from` to `to`, which gets this shape; zeros if `from` is empty.
template <class T>
void begin(tensor<T, 2>& to, const tensor<T, 2>& from, const std::array<std::size_t, 2>& shape) {
    reshape(to, shape);
    if (from.size() == 0)
        to.fill(T(0));
    else
        std::copy_n(from.data(), from.size(), to.data());
}

/// Step t of N rows. Gate g of row n is at z[n] + g H.
template <class T>
struct step {
    std::size_t rows, units;
    memory<T>& room;
    lines<T> z{}, kept{}, y{}, dz{}, all_du{};  // of this step
    lines<const T> h_before{}, c_before{};      // of the previous step
    lines<const bool> mask{};                   // null: no step is masked
    lines<T> h = lines_of(room.h), u = lines_of(room.u), s = lines_of(room.s);
    lines<T> dh = lines_of(room.dh), dc = lines_of(room.dc), du = lines_of(room.du);

    [[nodiscard]] bool there(std::size_t n) const { return mask.data == nullptr || *mask[n]; }

    /// Calls f(n) for every row in which this step is not masked.
    template <class F>
    void each_row(F&& f) const {
        for (std::size_t n = 0; n < rows; ++n)
            if (there(n)) f(n);
    }
    /// Calls f(n) for the other rows.
    template <class F>
    void each_missing(F&& f) const {
        if (mask.data != nullptr)
            for (std::size_t n = 0; n < rows; ++n)
                if (!there(n)) f(n);
    }

    /// u = a U with the i-th part of U, for `count` gates beginning with `first`.
    void recur(const lines<T>& a, std::size_t i, std::size_t first, std::size_t count) const {
        room.U[i].product(matrix({a.data, a.stride}, units), T(0), matrix({u.data + first * units, u.stride}, count * units));
    }
    /// da = β da + du Uᵀ.
    void recur_back(const lines<T>& da, std::size_t i, std::size_t first, std::size_t count, T beta = T(1)) const {
        room.U_transposed[i].product(matrix({du.data + first * units, du.stride}, count * units), beta, matrix(da, units));
    }

  private:
    [[nodiscard]] kernels::matrix<T> matrix(const lines<T>& a, std::size_t cols) const { return {a.data, rows, cols, a.stride}; }
};

}  // namespace gradus::recurrent
