#pragma once
/// \file
/// Convolution by Winograd's F(m x m, 3 x 3): computes m x m results of one filter from a tile of (m + 2) x (m + 2)
/// pixels with one multiplication per pixel of the tile; direct convolution needs 9 m². So F(2 x 2) needs 2.25 times
/// fewer multiplications, F(4 x 4) 4 times fewer. Only for filters of 3 x 3 with stride 1.
///
/// In one dimension z = Aᵀ ((G g) ∘ (Bᵀ d)), and so in two dimensions z = Aᵀ ((G g Gᵀ) ∘ (Bᵀ d B)) A. Summed over the
/// channels, each multiplication becomes a matrix product, which takes most of the time. With P = (m + 2)²:
///     U = G W Gᵀ (P, C, O)     V = Bᵀ d B (P, tiles, C)     Mᵢ = Vᵢ Uᵢ (P, tiles, O)     z = Aᵀ M A + b
/// Backward is each step transposed, in reverse order:
///     dM = A dz Aᵀ     dUᵢ = Vᵢᵀ dMᵢ     dW = Gᵀ dU G     dVᵢ = dMᵢ Uᵢᵀ     dx = Σ over tiles of B dV Bᵀ
///
/// Its rounding errors differ from those of direct convolution. In float, root mean square against double, C = 32 to
/// 256: 4e-7 to 3e-6 for F(4 x 4), 2e-7 to 4e-7 for F(2 x 2); direct 2e-7 to 9e-7.
///
/// Source: Winograd, "Arithmetic complexity of computations" (1980); Lavin and Gray, "Fast algorithms for convolutional
/// neural networks" (2015).

#include <cstddef>

#include "gradus/kernels/convolution/winograd_transforms.hpp"
#include "gradus/kernels/product/matrix_product.hpp"
#include "gradus/kernels/workspace.hpp"

namespace gradus::kernels::winograd {

/// Whether Winograd's algorithm supports the shape.
[[nodiscard]] inline bool serves(const convolution_shape& s) {
    return s.kernel == size2d{3} && s.stride == size2d{1} && s.dilation == size2d{1} && s.groups == 1;
}

/// Whether F(4 x 4) is also the fastest algorithm. Measured on Zen 5 (AVX-512, AVX2, SSE2; float and double) against
/// the implicit product, forward, dW and dx: from 16 channels and 16 filters on, if at least a third of the
/// multiplications is saved, it is 1.2 to 3 times as fast (2.2 times for 11 x 11 results, 32 channels, 64 filters);
/// with 8 channels half as fast.
[[nodiscard]] inline bool pays(const convolution_shape& s) {
    const std::size_t products = 36 * ((s.out.height + 3) / 4) * ((s.out.width + 3) / 4);
    return serves(s) && s.channels >= 16 && s.filters >= 16 && 3 * products <= 2 * 9 * s.out.area();
}

/// The operands of the products: U, its transpose and dU of all filters; V and M, or their gradients, of one chunk of
/// tiles: (m + 2)² (3 C O + tiles (C + O)) numbers, with the number of tiles from `tiling`. For 11 x 11 results, 32
/// channels and 64 filters 1.5 MB, of which a product and its transforms use 1 MB at a time, whatever the batch size.
/// The memory only grows. `m` is 4 (faster) or 2 (more accurate).
template <class T, std::size_t m = 4>
struct workspace {
    kernels::workspace<T> U, U_transposed, dU, V, M;

    /// One register of padding between the planes: planes at a distance of a power of two would share few cache sets.
    [[nodiscard]] static planes<T, m> of(kernels::workspace<T>& memory, std::size_t rows, std::size_t cols) {
        const std::size_t stride = (cols + width<T> - 1) / width<T> * width<T>, distance = rows * stride + width<T>;
        return {memory.of((m + 2) * (m + 2) * distance), stride, distance};
    }
};

/// To be called before `forward`, once for all images: U = G W Gᵀ.
template <class T, std::size_t m>
void prepare(const convolution_shape& s, const T* W, workspace<T, m>& work) {
    transform_filters(s, W, work.of(work.U, s.channels, s.filters));
}

/// z = x ∗ W + b of some images, after `prepare` with W; a null bias means zeros.
template <class T, std::size_t m>
void forward(const convolution_shape& s, std::size_t images, const T* x, const T* bias, T* z, workspace<T, m>& work) {
    const tiling<T, m> tiles{s};
    const std::size_t C = s.channels, O = s.filters;
    const auto U = work.of(work.U, C, O), V = work.of(work.V, tiles.chunk(), C), M = work.of(work.M, tiles.chunk(), O);
    tiles.each_chunk(images, [&](std::size_t row, std::size_t rows, std::size_t n) {
        transform_data(tiles, row, rows, x, V);                                                        // V = Bᵀ d B
        for (std::size_t i = 0; i < tiles.products; ++i)
            product<T>(1, V(i, n, C), U(i, C, U.stride), 0, M(i, n, M.stride));                        // Mᵢ = Vᵢ Uᵢ
        transform_output(tiles, row, rows, M, bias, z);                                                // z = Aᵀ M A + b
    });
}

/// To be called before `gradients` with dx, once for all images: Uᵢᵀ, from the transpose of each tap of W.
template <class T, std::size_t m>
void prepare_input(const convolution_shape& s, const T* W, workspace<T, m>& work) {
    const std::size_t C = s.channels, O = s.filters;
    const auto turned = work.of(work.U_transposed, O, C);
    convolution_shape back = s;
    back.channels = O, back.filters = turned.stride;
    T* const W_transposed = work.V.of(9 * O * back.filters);
    for (std::size_t tap = 0; tap < 9; ++tap)
        builtin::pack_transposed(W + tap * C * O, O, O, C, W_transposed + tap * O * back.filters, back.filters);
    transform_filters(back, W_transposed, turned);
}

/// dU of some images, added to the dU of the calls since the `first`, and their dx. Null x: no dU; null dx: no dx.
template <class T, std::size_t m>
void gradients(const convolution_shape& s, std::size_t images, const T* x, const T* dz, T* dx, workspace<T, m>& work,
               bool first) {
    const tiling<T, m> tiles{s};
    const std::size_t C = s.channels, O = s.filters;
    const auto dU = work.of(work.dU, C, O), turned = work.of(work.U_transposed, O, C);
    const auto V = work.of(work.V, tiles.chunk(), C), dV = V, dM = work.of(work.M, tiles.chunk(), O);
    tiles.each_chunk(images, [&](std::size_t row, std::size_t rows, std::size_t n) {
        transform_output_gradient(tiles, row, rows, dz, dM);                                           // dM = A dz Aᵀ
        if (x != nullptr) {
            const T beta = first && row == 0 ? T(0) : T(1);
            transform_data(tiles, row, rows, x, V);                                                    // V = Bᵀ d B
            for (std::size_t i = 0; i < tiles.products; ++i)
                product<T>(1, transpose(V(i, n, C)), dM(i, n, dM.stride), beta, dU(i, C, dU.stride));  // dUᵢ = Vᵢᵀ dMᵢ
        }
        if (dx != nullptr) {
            for (std::size_t i = 0; i < tiles.products; ++i)
                product<T>(1, dM(i, n, O), turned(i, O, turned.stride), 0, dV(i, n, dV.stride));       // dVᵢ = dMᵢ Uᵢᵀ
            transform_data_gradient(tiles, row, rows, dV, dx);                                         // dx = Σ B dV Bᵀ
        }
    });
}
template <class T, std::size_t m>
void weights_gradient(const convolution_shape& s, std::size_t images, const T* x, const T* dz, workspace<T, m>& work,
                      bool first) {
    gradients<T, m>(s, images, x, dz, nullptr, work, first);
}
template <class T, std::size_t m>
void input_gradient(const convolution_shape& s, std::size_t images, const T* dz, T* dx, workspace<T, m>& work) {
    gradients<T, m>(s, images, nullptr, dz, dx, work, true);
}

/// To be called after all images: dW = Gᵀ dU G.
template <class T, std::size_t m>
void finish_weights(const convolution_shape& s, workspace<T, m>& work, T* dW) {
    transform_filters_gradient(s, work.of(work.dU, s.channels, s.filters), dW);
}

}  // namespace gradus::kernels::winograd
