#pragma once
/// \file
/// A product whose right operand is packed once and used many times, such as hU in each time step of a recurrent layer.

#include <algorithm>
#include <array>
#include <cstddef>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/product/matrix_product.hpp"
#include "gradus/kernels/workspace.hpp"

namespace gradus::kernels {

/// B (K, M), to be multiplied with many A (N, K), one after the other.
///
/// The rows of a wide B are far apart and share few cache sets, so that they evict each other in every product. If
/// enough products share the cost, B is copied into panels as wide as a tile, which are read sequentially. For few
/// products, and where a linked BLAS is faster, the ordinary product is used.
///
/// Memory: K times M, rounded up to whole registers, kept from one `prepare` to the next.
template <class T>
class packed {
    matrix<const T> b_;
    bool in_panels_ = false;
    workspace<T> memory_;

  public:
    /// From this number of products on, panels are faster.
    static constexpr std::size_t enough = 3;

    /// Prepares `times` products with A of `rows` rows. B must not change until they are done.
    void prepare(matrix<const T> b, std::size_t times, std::size_t rows);

    /// C = AB + βC, as prepared.                                                                [matrix.packed_product]
    ///   A (N, K), not transposed   C (N, M), sharing no element with A or B
    /// 2NKM operations, no allocation.
    void product(matrix<const T> a, T beta, matrix<T> c) const;

  private:
    [[nodiscard]] static std::size_t whole(std::size_t cols) {
        return (cols + builtin::lanes<T> - 1) / builtin::lanes<T> * builtin::lanes<T>;
    }
    /// f(k, depth, j, cols, width) for each panel: rows k... of B, columns j ... j + cols − 1, stored `width` wide.
    template <class F>
    void each_panel(F&& f) const {
        for (std::size_t k = 0, depth = 0; k < b_.rows; k += depth) {
            depth = std::min(builtin::panel_depth<T>, b_.rows - k);
            for (std::size_t j = 0, width = 0; j < b_.cols; j += width) {
                // The remaining registers, divided evenly: 4 become two panels of 2, never 3 and 1.
                const std::size_t registers = whole(b_.cols - j) / builtin::lanes<T>;
                const std::size_t panels = (registers + builtin::tile_width - 1) / builtin::tile_width;
                width = (registers + panels - 1) / panels * builtin::lanes<T>;
                f(k, depth, j, std::min(width, b_.cols - j), width);
            }
        }
    }
};

template <class T>
void packed<T>::prepare(matrix<const T> b, std::size_t times, std::size_t rows) {
    b_ = b;
    const std::size_t work = rows * b.rows * b.cols;
    in_panels_ = times >= enough && work > fastest::loops;
#if GRADUS_USE_BLAS
    in_panels_ = in_panels_ && work < fastest::blas();
#endif
    if (!in_panels_) return;
    T* panel = memory_.of(b.rows * whole(b.cols));
    each_panel([&](std::size_t k, std::size_t depth, std::size_t j, std::size_t cols, std::size_t width) {
        if (b.transposed)
            builtin::pack_transposed(b.data + j * b.stride + k, b.stride, depth, cols, panel, width);
        else
            builtin::pack_rows(b.data + k * b.stride + j, b.stride, depth, builtin::readable_rows(b, k, j + width), cols,
                               panel, width);
        panel += depth * width;
    });
}

template <class T>
void packed<T>::product(matrix<const T> a, T beta, matrix<T> c) const {
    if (!in_panels_) return kernels::product<T>(1, a, b_, beta, c);
    const T* panel = memory_.memory.data();
    builtin::operands<T> p{};
    p.alpha = 1;
    p.a_row = a.stride, p.a_step = 1;
    p.c_row = p.d_row = c.stride;
    each_panel([&](std::size_t k, std::size_t depth, std::size_t j, std::size_t cols, std::size_t width) {
        p.depth = depth;
        p.beta = k == 0 ? beta : T(1);
        p.b = panel, p.b_row = width;
        p.a = a.data + k;
        p.d = p.c = c.data + j;
        const std::size_t v = width / builtin::lanes<T>;
        if (v == 3)
            builtin::column<builtin::tile_rows<T>, 3>(p, c.rows, cols);
        else if (v == 2)
            builtin::column<builtin::tile_rows<T>, 2>(p, c.rows, cols);
        else
            builtin::column<builtin::tile_rows<T>, 1>(p, c.rows, cols);
        panel += depth * width;
    });
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(kernels) template class packed<float>;
GRADUS_EXTERN(kernels) template class packed<double>;
#endif

}  // namespace gradus::kernels
