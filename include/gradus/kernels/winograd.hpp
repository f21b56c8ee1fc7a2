#pragma once
/// \file
/// Convolution by Winograd's F(2 x 2, 3 x 3): 2 x 2 results of one filter from a tile of 4 x 4 pixels, by 16 products where
/// the book takes 36. It serves filters of 3 x 3 that move by one pixel.
///
/// Along a line, two results of a filter of three take 4 products where the book takes 6,
///     z = Aᵀ ((G g) ∘ (Bᵀ d))                  d (4)   g (3)   z (2)
/// and so along both axes of the plane, z = Aᵀ ((G g Gᵀ) ∘ (Bᵀ d B)) A. Summed over the channels, each of the 16 products
/// is one of matrices, and there the time goes:
///     U = G W Gᵀ (16, C, O)     V = Bᵀ x B (16, tiles, C)     Mᵢ = Vᵢ Uᵢ (16, tiles, O)     z = Aᵀ M A + b
/// The way back is each step transposed, last first:
///     dM = A dz Aᵀ     dUᵢ = Vᵢᵀ dMᵢ     dW = Gᵀ dU G     dVᵢ = dMᵢ Uᵢᵀ     dx = Σ over tiles of B dV Bᵀ
///
/// Source: Winograd, "Arithmetic complexity of computations" (1980); Lavin and Gray, "Fast algorithms for convolutional
/// neural networks" (2015). Their last rows of Bᵀ and Aᵀ have the other sign: as they stand here, nothing is negated.

#include <cstddef>

#include "gradus/kernels/matrix_product.hpp"
#include "gradus/kernels/winograd_transforms.hpp"
#include "gradus/kernels/workspace.hpp"

namespace gradus::kernels::winograd {

/// Whether the shape is one that these tiles serve.
[[nodiscard]] inline bool serves(const convolution_shape& s) {
    return s.kernel == size2d{3} && s.stride == size2d{1} && s.dilation == size2d{1} && s.groups == 1;
}

/// What the products read and write: U, its transpose and dU of all filters; V and M, and their gradients, of one chunk of
/// tiles. In bytes 48 C O sizeof(T) + `tiling::chunk_bytes`, O and C rounded up to whole registers.
template <class T>
struct workspace {
    kernels::workspace<T> U, U_transposed, dU, V, M;

    /// A register between the planes: those that are a power of two apart share few sets of the caches.
    [[nodiscard]] static planes<T> of(kernels::workspace<T>& memory, std::size_t rows, std::size_t cols) {
        const std::size_t stride = (cols + width<T> - 1) / width<T> * width<T>, distance = rows * stride + width<T>;
        return {memory.of(16 * distance), stride, distance};
    }
};

/// Before `forward`, once for all images: U = G W Gᵀ.
template <class T>
void prepare(const convolution_shape& s, const T* W, workspace<T>& work) {
    transform_filters(s, W, work.of(work.U, s.channels, s.filters));
}

/// z = x ∗ W + b of some images, W as it was prepared; a null b is a row of zeros.
template <class T>
void forward(const convolution_shape& s, std::size_t images, const T* x, const T* bias, T* z, workspace<T>& work) {
    const tiling<T> tiles{s};
    const std::size_t C = s.channels;
    const auto U = work.of(work.U, C, s.filters), V = work.of(work.V, tiles.chunk(), C), M = work.of(work.M, tiles.chunk(), s.filters);
    tiles.each_chunk(images, [&](std::size_t row, std::size_t rows, std::size_t n) {
        transform_data(tiles, row, rows, x, V);                                                        // V = Bᵀ d B
        for (std::size_t i = 0; i < 16; ++i)
            product<T>(1, V(i, n, C), U(i, C, U.stride), 0, M(i, n, M.stride));                        // Mᵢ = Vᵢ Uᵢ
        transform_output(tiles, row, rows, M, bias, z);                                                // z = Aᵀ M A + b
    });
}

/// Before `gradients` with dx, once for all images: Uᵢᵀ, for the products to read as it stands.
template <class T>
void prepare_input(const convolution_shape& s, const T* W, workspace<T>& work) {
    prepare(s, W, work);
    const auto U = work.of(work.U, s.channels, s.filters), turned = work.of(work.U_transposed, s.filters, s.channels);
    for (std::size_t i = 0; i < 16; ++i)
        builtin::pack_transposed(U.data + i * U.distance, U.stride, s.filters, s.channels, turned.data + i * turned.distance, turned.stride);
}

/// dU of some images, added to that of the calls since the `first`, and dx. Neither where x or dx is null.
template <class T>
void gradients(const convolution_shape& s, std::size_t images, const T* x, const T* dz, T* dx, workspace<T>& work, bool first) {
    const tiling<T> tiles{s};
    const std::size_t C = s.channels, O = s.filters;
    const auto dU = work.of(work.dU, C, O), turned = work.of(work.U_transposed, O, C);
    const auto V = work.of(work.V, tiles.chunk(), C), dV = V, dM = work.of(work.M, tiles.chunk(), O);
    tiles.each_chunk(images, [&](std::size_t row, std::size_t rows, std::size_t n) {
        transform_output_gradient(tiles, row, rows, dz, dM);                                           // dM = A dz Aᵀ
        if (x != nullptr) {
            const T beta = first && row == 0 ? T(0) : T(1);
            transform_data(tiles, row, rows, x, V);                                                    // V = Bᵀ d B
            for (std::size_t i = 0; i < 16; ++i)
                product<T>(1, transpose(V(i, n, C)), dM(i, n, dM.stride), beta, dU(i, C, dU.stride));  // dUᵢ = Vᵢᵀ dMᵢ
        }
        if (dx != nullptr) {
            for (std::size_t i = 0; i < 16; ++i)
                product<T>(1, dM(i, n, O), turned(i, O, turned.stride), 0, dV(i, n, dV.stride));       // dVᵢ = dMᵢ Uᵢᵀ
            transform_data_gradient(tiles, row, rows, dV, dx);                                         // dx = Σ B dV Bᵀ
        }
    });
}
template <class T>
void weights_gradient(const convolution_shape& s, std::size_t images, const T* x, const T* dz, workspace<T>& work, bool first) {
    gradients<T>(s, images, x, dz, nullptr, work, first);
}
template <class T>
void input_gradient(const convolution_shape& s, std::size_t images, const T* dz, T* dx, workspace<T>& work) {
    gradients<T>(s, images, nullptr, dz, dx, work, true);
}

/// After all images: dW = Gᵀ dU G.
template <class T>
void finish_weights(const convolution_shape& s, workspace<T>& work, T* dW) {
    transform_filters_gradient(s, work.of(work.dU, s.channels, s.filters), dW);
}

}  // namespace gradus::kernels::winograd
