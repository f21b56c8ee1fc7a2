#pragma once
/// \file
/// Convolution by the fastest of several algorithms. A batch is processed in chunks of images, so that the result of
/// one product is still in the cache when the next reads it; the memory of no algorithm grows with the batch.

#include <algorithm>
#include <cstddef>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/convolution/columns.hpp"
#include "gradus/kernels/convolution/depthwise.hpp"
#include "gradus/kernels/convolution/implicit.hpp"
#include "gradus/kernels/convolution/way.hpp"
#include "gradus/kernels/convolution/winograd.hpp"
#include "gradus/kernels/workspace.hpp"

namespace gradus::kernels {

/// Whether an algorithm supports the shape.
template <class T>
[[nodiscard]] bool serves(convolution_way way, const convolution_shape& s) {
    if (way == convolution_way::implicit) return implicit::serves<T>(s);
    if (way == convolution_way::winograd) return winograd::serves(s);
    if (way == convolution_way::depthwise) return depthwise::serves(s);
    return true;
}

/// The fastest algorithm for a shape. docs/convolution.md has the measurements.
template <class T>
[[nodiscard]] convolution_way fastest_way(const convolution_shape& s) {
    if (depthwise::serves(s)) return convolution_way::depthwise;
#if GRADUS_USE_BLAS
    // With wider registers than the built-in product a BLAS is faster, even though a matrix of columns must be written.
    static const bool blas_is_wider = blas_info().register_bits > int(8 * sizeof(reg<float>));
    if (blas_is_wider) return convolution_way::columns;
#endif
    if (winograd::pays(s)) return convolution_way::winograd;
    return implicit::serves<T>(s) ? convolution_way::implicit : convolution_way::columns;
}

/// The images `first` to `first + count − 1` of a batch.
struct image_range {
    std::size_t first, count;
    bool last;  ///< the last range of the batch
};

/// A convolution for given image sizes: the shape, the algorithm, and its memory. The memory holds, for a chunk of
/// images of at most `chunk_bytes` (or one larger image; winograd rounds four images and more up to a multiple of
/// eight, at most twice that): a padded copy if there is padding, and a second one for dx; the windows (columns). For
/// winograd's own chunk of about 64 tiles or more: V and M, 36 (C + O) numbers per tile. And once: Wᵀ (implicit), or U,
/// Uᵀ and dU (winograd: 12 times W).
template <class T>
class convolution {
  public:
    static constexpr std::size_t chunk_bytes = std::size_t{1} << 18;  ///< a quarter of an L2 cache of 1 MiB

    /// Sets the sizes: images as in `w`, C channels, O filters in `groups`; `way` must support the shape.
    void place(const window2d& w, std::size_t C, std::size_t O, std::size_t groups,
               convolution_way way = convolution_way::fastest);
    [[nodiscard]] convolution_way way() const { return way_; }
    [[nodiscard]] const convolution_shape& shape() const { return shape_; }

    /// Calls f(range) for the chunks of a batch.
    template <class F>
    void each_chunk(std::size_t images, F&& f) const {
        for (std::size_t n = 0; n < images; n += at_once_)
            f(image_range{n, std::min(at_once_, images - n), n + at_once_ >= images});
    }

    /// z = x ∗ W + b of a chunk.                                                              [convolution.forward]
    ///   x (N, H, W, C)   W (KH, KW, C / groups, O)   b (O)   z (chunk, H_out, W_out, O), the chunk's own
    void forward(image_range chunk, const T* x, const T* W, const T* bias, T* z);

    /// dW += gradient of the chunk, or dW = for the first. Complete after the last chunk.             [convolution.dW]
    /// dx of the chunk, unless dx is null.                                                           [convolution.dx]
    ///   x, W, dx as in `forward`   dz (chunk, H_out, W_out, O), the chunk's own
    void gradients(image_range chunk, const T* x, const T* dz, const T* W, T* dW, T* dx);
    /// dW only.
    void weights_gradient(image_range chunk, const T* x, const T* dz, T* dW);
    /// dx only. The first chunk prepares W for all of them.
    void input_gradient(image_range chunk, const T* dz, const T* W, T* dx);

  private:
    window2d window_;
    convolution_shape shape_;
    convolution_way way_ = convolution_way::columns;
    std::size_t at_once_ = 1;
    bool ready_ = false;
    implicit::offsets at_;
    workspace<T> padded_, dx_padded_, windows_, turned_;
    winograd::workspace<T> winograd_;

    void place(const convolution_shape& s, convolution_way way);

    /// Calls f(offset in x, offset in the padded copy, length) for each line of pixels of `images` images.
    template <class F>
    void each_line(std::size_t images, F&& f) const {
        const std::size_t C = shape_.channels, line = window_.in.width * C;
        for (std::size_t n = 0, in = 0; n < images; ++n)
            for (std::size_t i = 0; i < window_.in.height; ++i, in += line)
                f(in, n * shape_.image() + (i + window_.padding.top) * shape_.row() + window_.padding.left * C, line);
    }

    /// The padded images of the chunk, or the images themselves if there is no padding.
    const T* padded(image_range chunk, const T* x);
    /// The memory in which the chunk's dx is computed: dx itself, or with padding a buffer from which it is cropped.
    T* target(image_range chunk, T* dx);
    void crop(image_range chunk, const T* images, T* dx) const;
};

template <class T>
void convolution<T>::place(const window2d& w, std::size_t C, std::size_t O, std::size_t groups, convolution_way way) {
    const convolution_shape s(w, C, O, groups);
    if (way == convolution_way::fastest) way = s == shape_ && ready_ ? way_ : fastest_way<T>(s);
    if (!(s == shape_ && way == way_ && ready_)) place(s, way);
    window_ = w;  // `same` pads images of two sizes to one: 5 x 5 and 6 x 6 to 7 x 7
}

template <class T>
void convolution<T>::forward(image_range chunk, const T* x, const T* W, const T* bias, T* z) {
    const T* const images = padded(chunk, x);
    if (way_ == convolution_way::winograd && chunk.first == 0) winograd::prepare(shape_, W, winograd_);
    if (way_ == convolution_way::implicit)
        implicit::forward(shape_, at_, chunk.count, images, W, bias, z);
    else if (way_ == convolution_way::winograd)
        winograd::forward(shape_, chunk.count, images, bias, z, winograd_);
    else if (way_ == convolution_way::depthwise)
        depthwise::forward(shape_, chunk.count, images, W, bias, z);
    else
        columns::forward(shape_, chunk.count, images, W, bias, z, windows_);
}

template <class T>
void convolution<T>::gradients(image_range chunk, const T* x, const T* dz, const T* W, T* dW, T* dx) {
    if (way_ == convolution_way::winograd) {  // both begin with the same transform of dz
        T* const images = dx == nullptr ? nullptr : target(chunk, dx);
        if (dx != nullptr && chunk.first == 0) winograd::prepare_input(shape_, W, winograd_);
        winograd::gradients(shape_, chunk.count, padded(chunk, x), dz, images, winograd_, chunk.first == 0);
        if (chunk.last) winograd::finish_weights(shape_, winograd_, dW);
        if (dx != nullptr) crop(chunk, images, dx);
    } else {
        weights_gradient(chunk, x, dz, dW);
        if (dx != nullptr) input_gradient(chunk, dz, W, dx);
    }
}

template <class T>
void convolution<T>::weights_gradient(image_range chunk, const T* x, const T* dz, T* dW) {
    const T* const images = padded(chunk, x);
    const bool first = chunk.first == 0;
    if (way_ == convolution_way::implicit)
        implicit::weights_gradient(shape_, at_, chunk.count, images, dz, dW, first);
    else if (way_ == convolution_way::winograd)
        gradients(chunk, x, dz, nullptr, dW, nullptr);
    else if (way_ == convolution_way::depthwise)
        depthwise::weights_gradient(shape_, chunk.count, images, dz, dW, first);
    else
        columns::weights_gradient(shape_, chunk.count, images, dz, dW, first, windows_);
}

template <class T>
void convolution<T>::input_gradient(image_range chunk, const T* dz, const T* W, T* dx) {
    T* const images = target(chunk, dx);
    if (way_ == convolution_way::implicit && implicit::serves_input_gradient<T>(shape_)) {
        T* const turned = turned_.of(shape_.depth() * shape_.filters);
        if (chunk.first == 0) implicit::turn(shape_, W, turned);
        implicit::input_gradient(shape_, at_, chunk.count, dz, turned, images);
    } else if (way_ == convolution_way::winograd) {
        if (chunk.first == 0) winograd::prepare_input(shape_, W, winograd_);
        winograd::input_gradient(shape_, chunk.count, dz, images, winograd_);
    } else if (way_ == convolution_way::depthwise) {
        depthwise::input_gradient(shape_, chunk.count, dz, W, images);
    } else {
        columns::input_gradient(shape_, chunk.count, dz, W, images, windows_);
    }
    crop(chunk, images, dx);
}

template <class T>
void convolution<T>::place(const convolution_shape& s, convolution_way way) {
    shape_ = s, way_ = way, ready_ = true;
    if (way == convolution_way::implicit) at_.of(s);
    const std::size_t per_image =
        way == convolution_way::columns ? s.out.area() * s.depth() : s.image() + s.result();
    at_once_ = std::max<std::size_t>(1, chunk_bytes / sizeof(T) / per_image);
    // With multiples of eight images the rows of the products fill whole tiles, whatever the number of tiles per image.
    if (way == convolution_way::winograd && at_once_ >= 4) at_once_ = (at_once_ + 7) / 8 * 8;
}

template <class T>
const T* convolution<T>::padded(image_range chunk, const T* x) {
    x += chunk.first * window_.in.area() * shape_.channels;
    if (!window_.pads()) return x;
    T* const copy = padded_.of(chunk.count * shape_.image());
    std::fill_n(copy, chunk.count * shape_.image(), T(0));
    each_line(chunk.count,
              [&](std::size_t in, std::size_t inside, std::size_t n) { std::copy_n(x + in, n, copy + inside); });
    return copy;
}

template <class T>
T* convolution<T>::target(image_range chunk, T* dx) {
    if (window_.pads()) return dx_padded_.of(chunk.count * shape_.image());
    return dx + chunk.first * shape_.image();
}

template <class T>
void convolution<T>::crop(image_range chunk, const T* images, T* dx) const {
    if (!window_.pads()) return;
    dx += chunk.first * window_.in.area() * shape_.channels;
    each_line(chunk.count,
              [&](std::size_t in, std::size_t inside, std::size_t n) { std::copy_n(images + inside, n, dx + in); });
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(kernels) template class convolution<float>;
GRADUS_EXTERN(kernels) template class convolution<double>;
#endif

}  // namespace gradus::kernels
