#pragma once
/// \file
/// What a cell of a recurrent layer works on: one time step of all rows; and the room that the steps need.

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

/// What cells have in common, and what a cell says where it differs.
struct any_cell {
    static constexpr std::size_t kept = 0;         ///< numbers that each unit keeps for backward, beside its gates
    static constexpr bool keeps_c = false;         ///< the first of them is a state c
    static constexpr bool in_place = false;        ///< the only gate is h itself
    static constexpr bool own_du = false;          ///< du is not dz: a gate takes its product by itself
    static constexpr bool whole_product = true;    ///< every gate is multiplied with h_{t−1}
    /// What the gates are called, and what else it keeps: "i", "f"; for whoever listens (nn/visitor.hpp).
    static constexpr std::span<const std::string_view> gate_names{}, kept_names{};
    /// Its formulas, for explain; without any it shows what goes in and out.
    static constexpr cell_words words() { return {}; }

    template <class T>
    using parameters = recurrent_parameters<T>;
    template <class T>
    using state = hidden_state<T>;
    void begin(auto&, std::size_t) const {}        ///< θ beyond W, U and b
    void clear(auto&) const {}                     ///< its gradients, which backward adds up
};

/// How many gates h_{t−1} is multiplied for: all, or all but the last.
template <class Cell>
inline constexpr std::size_t gates_of_h = Cell::gates - (Cell::whole_product ? 0 : 1);

using kernels::in;  // what a step reads and leaves as it is

/// What stands side by side in a row, H numbers each: `const auto [i, f, g, o] = side_by_side<4>(s.z[n], H)`.
template <std::size_t K, class T>
[[nodiscard]] std::array<T*, K> side_by_side(T* row, std::size_t H) {
    std::array<T*, K> parts;
    for (std::size_t k = 0; k < K; ++k) parts[k] = row + k * H;
    return parts;
}

/// Rows of numbers at equal distances.
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
/// Those of step t.
template <class T>
[[nodiscard]] lines<T> lines_of(tensor<T, 3>& a, std::size_t t) {
    return {a.data() + t * a.shape()[2], a.shape()[1] * a.shape()[2]};
}

/// dy of a layer whose y is a part of a wider one: of that shape, its rows where `rows` says.
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
/// H columns from the first on: one of the gates that stand side by side in (N, T, G·H).
template <class T>
[[nodiscard]] tensor<T, 3> columns(const tensor<T, 3>& all, std::size_t first, std::size_t H) {
    return part<T, 3>{with_features(all, H), {all.data() + first, features(all)}}.copy();
}

/// The steps of one forward, and the room of its backward. What a step reads more than once is kept side by side: rows of
/// (N, T, ...) may lie so far apart that they share a few sets of the caches.
template <class T>
struct memory {
    tensor<T, 3> z, kept;      // (N, T, G·H) after the forward the gates, (N, T, K·H) what else the cell keeps
    tensor<T, 3> dz, all_du;   // (N, T, G·H), the second only where it is not the first
    tensor<T, 3> x;            // (N, T, D) where there is a mask
    tensor<T, 2> h, u;         // of one step: h_{t−1} (N, H), h_{t−1} U (N, G·H)
    tensor<T, 2> dh, dc, du, s;
    tensor<T, 1> zeros;        // (H) what stands before the first step
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
    /// For its backward.
    template <class Cell>
    void prepare_backward(const tensor<T, 2>& all_U, std::size_t N, std::size_t steps) {
        reshape(dz, std::array{N, steps, Cell::gates * all_U.shape()[0]});
        if constexpr (Cell::own_du) reshape(all_du, dz.shape());
        reshape(du, u.shape());
        each_part<Cell>(all_U, [&](std::size_t i, kernels::matrix<const T> part) {
            U_transposed[i].prepare(kernels::transpose(part), steps, N);
        });
    }

    /// x with zeros in the steps that the mask leaves out: beside their dz, which is 0, anything else may be NaN.
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
    /// The parts of U that a step multiplies by: all of it, or the gates of h_{t−1} and the other.
    template <class Cell, class F>
    static void each_part(const tensor<T, 2>& all_U, F&& f) {
        const std::size_t H = all_U.shape()[0], first = gates_of_h<Cell> * H, all = Cell::gates * H;
        f(0, kernels::matrix<const T>(all_U.data(), H, first, all));
        if (first != all) f(1, kernels::matrix<const T>(all_U.data() + first, H, all - first, all));
    }
};

/// `to` of that shape as `from`, or 0 where that is empty.
template <class T>
void begin(tensor<T, 2>& to, const tensor<T, 2>& from, const std::array<std::size_t, 2>& shape) {
    reshape(to, shape);
    if (from.size() == 0)
        to.fill(T(0));
    else
        std::copy_n(from.data(), from.size(), to.data());
}

/// Step t of N rows, as a cell works on it. Gate g of row n stands at z[n] + g H.
template <class T>
struct step {
    std::size_t rows, units;
    memory<T>& room;
    lines<T> z{}, kept{}, y{}, dz{}, all_du{};  // of this step
    lines<const T> h_before{}, c_before{};      // of the step that it follows
    lines<const bool> mask{};                   // null: every row has this step
    lines<T> h = lines_of(room.h), u = lines_of(room.u), s = lines_of(room.s);
    lines<T> dh = lines_of(room.dh), dc = lines_of(room.dc), du = lines_of(room.du);

    [[nodiscard]] bool there(std::size_t n) const { return mask.data == nullptr || *mask[n]; }

    /// f(n) for every row whose sequence has this step.
    template <class F>
    void each_row(F&& f) const {
        for (std::size_t n = 0; n < rows; ++n)
            if (there(n)) f(n);
    }
    /// f(n) for the others.
    template <class F>
    void each_missing(F&& f) const {
        if (mask.data != nullptr)
            for (std::size_t n = 0; n < rows; ++n)
                if (!there(n)) f(n);
    }

    /// u = a U, for `count` gates from `first` on: the i-th part of U.
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
