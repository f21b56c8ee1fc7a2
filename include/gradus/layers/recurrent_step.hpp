#pragma once
/// \file
/// What a cell of a recurrent layer works on: one time step of all rows; and the room that the steps need.

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include "gradus/core/tensor.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/packed_product.hpp"

namespace gradus::recurrent {

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

/// The steps of one forward, and the room of its backward. What a step reads more than once is kept side by side: rows of
/// (N, T, ...) may lie so far apart that they share a few sets of the caches.
template <class T>
struct memory {
    tensor<T, 3> z, kept;      // (N, T, G·H) after the forward the gates, (N, T, K·H) what else the cell keeps
    tensor<T, 3> dz, all_du;   // (N, T, G·H), the second only where it is not the first
    tensor<T, 2> h, u;         // of one step: h_{t−1} (N, H), h_{t−1} U (N, G·H)
    tensor<T, 2> dh, dc, du, s;
    tensor<T, 1> zeros;        // (H) what stands before the first step
    std::array<kernels::packed<T>, 2> U, U_transposed;
};

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
