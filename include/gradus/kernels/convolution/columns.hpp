#pragma once
/// \file
/// Convolution as a matrix product (im2col): the windows of a chunk of images are copied into the rows of a matrix.
/// Works for every shape, and can use a BLAS.
/// Source: Chellapilla, Puri, Simard, "High performance convolutional neural networks for document processing" (2006).

#include <algorithm>
#include <cstddef>

#include "gradus/kernels/convolution/shape.hpp"
#include "gradus/kernels/product/matrix_product.hpp"
#include "gradus/kernels/workspace.hpp"

namespace gradus::kernels::columns {

/// Calls f(offset in x, row of the matrix, column in it, length) for every contiguous run of a group's windows.
template <class F>
void each_run(const convolution_shape& s, std::size_t images, std::size_t group, F&& f) {
    const std::size_t per_group = s.group_channels();
    const bool joined = s.dilation.width == 1 && s.groups == 1;  // taps of one row are contiguous in x
    const std::size_t taps = joined ? 1 : s.kernel.width, run = joined ? s.kernel.width * per_group : per_group;
    std::size_t row = 0;
    for (std::size_t n = 0; n < images; ++n)
        for (std::size_t i = 0; i < s.out.height; ++i)
            for (std::size_t j = 0; j < s.out.width; ++j, ++row) {
                const std::size_t window = n * s.image() + s.window_at(i, j) + group * per_group;
                for (std::size_t u = 0, column = 0; u < s.kernel.height; ++u)
                    for (std::size_t v = 0; v < taps; ++v, column += run) f(window + s.tap_at(u, v), row, column, run);
            }
}

/// The windows of a chunk of images, (images · out, K).                                           [convolution.im2col]
template <class T>
void from_images(const convolution_shape& s, std::size_t images, std::size_t group, const T* x, T* matrix) {
    each_run(s, images, group, [&, K = s.depth()](std::size_t at, std::size_t row, std::size_t column, std::size_t n) {
        std::copy_n(x + at, n, matrix + row * K + column);
    });
}
/// The reverse of im2col; overlapping windows are added.                                          [convolution.col2im]
template <class T>
void add_to_images(const convolution_shape& s, std::size_t images, std::size_t group, const T* matrix, T* x) {
    each_run(s, images, group, [&, K = s.depth()](std::size_t at, std::size_t row, std::size_t column, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) x[at + i] += matrix[row * K + column + i];
    });
}

/// One group's columns of z (images · out, O), of W (K, O) or of b.
template <class T>
[[nodiscard]] matrix<T> of_group(const convolution_shape& s, T* data, std::size_t rows, std::size_t group) {
    return {data + group * s.group_filters(), rows, s.group_filters(), s.filters};
}

/// z = x ∗ W + b: the matrix of windows times W, for each group.                                  [convolution.columns]
template <class T>
void forward(const convolution_shape& s, std::size_t images, const T* x, const T* W, const T* bias, T* z,
             workspace<T>& memory) {
    const std::size_t rows = images * s.out.area(), K = s.depth();
    T* const windows = memory.of(rows * K);
    for (std::size_t g = 0; g < s.groups; ++g) {
        from_images(s, images, g, x, windows);
        product_with_bias<T>({windows, rows, K, K}, of_group(s, W, K, g), bias + g * s.group_filters(),
                             of_group(s, z, rows, g));
    }
}

/// dW += windowsᵀ dz, or dW = if `first`.                                                      [convolution.columns_dW]
template <class T>
void weights_gradient(const convolution_shape& s, std::size_t images, const T* x, const T* dz, T* dW, bool first,
                      workspace<T>& memory) {
    const std::size_t rows = images * s.out.area(), K = s.depth();
    T* const windows = memory.of(rows * K);
    for (std::size_t g = 0; g < s.groups; ++g) {
        from_images(s, images, g, x, windows);
        product<T>(1, transpose(matrix<const T>{windows, rows, K, K}), of_group(s, dz, rows, g), first ? T(0) : T(1),
                   of_group(s, dW, K, g));
    }
}

/// dx = the windows of dz Wᵀ, added where they overlap.                                        [convolution.columns_dx]
template <class T>
void input_gradient(const convolution_shape& s, std::size_t images, const T* dz, const T* W, T* dx,
                    workspace<T>& memory) {
    const std::size_t rows = images * s.out.area(), K = s.depth();
    T* const windows = memory.of(rows * K);
    std::fill_n(dx, images * s.image(), T(0));
    for (std::size_t g = 0; g < s.groups; ++g) {
        product<T>(1, of_group(s, dz, rows, g), transpose(of_group(s, W, K, g)), 0, matrix<T>{windows, rows, K, K});
        add_to_images(s, images, g, windows, dx);
    }
}

}  // namespace gradus::kernels::columns
