#pragma once
/// \file
/// IDX, the format of MNIST: a magic number, the size of each axis, the values, last axis fastest.
///
///   bytes 0 0 type rank | rank sizes, 32 bits each, most significant byte first | values
///
/// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits". The only supported
/// element type is unsigned byte (0x08).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "gradus/base/byte_reader.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// The header of an IDX file of unsigned bytes with the given shape.
template <class Shape>
[[nodiscard]] std::vector<std::uint8_t> idx_header(const Shape& shape) {
    std::vector<std::uint8_t> out = {0, 0, 0x08, static_cast<std::uint8_t>(shape.size())};
    for (auto size : shape)
        for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(size >> shift));
    return out;
}

/// Reads unsigned bytes with N axes from an IDX file, plain or gzipped. The sizes in the header are compared with the
/// size of the file before memory is allocated. O(size).
/// \throws data_error naming the file, the field and the numbers: a missing file, a wrong magic number, an axis of size
/// 0, too few or too many values, a damaged gzip stream.
template <std::size_t N>
[[nodiscard]] tensor<std::uint8_t, N> read_idx(const std::string& path) {
    byte_reader in(path);
    std::array<std::uint8_t, 4 + 4 * N> head{};
    const std::size_t got = in.read(head.data(), head.size());
    if (got < head.size())
        throw data_error(path + ": truncated, the IDX header for " + std::to_string(N) + " axes has " +
                         std::to_string(head.size()) + " bytes, the file " + std::to_string(got));
    if (head[0] != 0 || head[1] != 0 || head[2] != 0x08 || head[3] != N) {
        char text[100];
        std::snprintf(text, sizeof text,
                      ": IDX magic must be 0x%08zx (unsigned bytes, %zu axes), got 0x%02x%02x%02x%02x", 0x0800 + N, N,
                      head[0], head[1], head[2], head[3]);
        throw data_error(path + text);
    }
    typename tensor<std::uint8_t, N>::shape_type shape{};
    const std::uint64_t most = in.limit() - std::min<std::uint64_t>(in.limit(), head.size());
    std::uint64_t count = 1;
    bool fits = true;
    for (std::size_t axis = 0; axis < N; ++axis) {
        for (std::size_t i = 0; i < 4; ++i) shape[axis] = shape[axis] << 8 | head[4 + 4 * axis + i];
        if (shape[axis] == 0) throw data_error(path + ": axis " + std::to_string(axis) + " has size 0");
        fits = fits && shape[axis] <= most / count;  // by division: the product of three sizes has up to 96 bits
        if (fits) count *= shape[axis];
    }
    if (!fits)
        throw data_error(path + ": truncated, the header promises " + shape_text(shape) + " values, the file holds " +
                         (in.packed() ? "at most " : "") + std::to_string(most));
    tensor<std::uint8_t, N> out(shape);
    const std::size_t filled = in.read(out.data(), out.size());
    if (filled < out.size())
        throw data_error(path + ": truncated, the header promises " + shape_text(shape) + " values, the file holds " +
                         std::to_string(filled));
    char beyond;
    if (in.read(&beyond, 1) != 0)
        throw data_error(path + ": bytes follow the " + std::to_string(count) + " values that the header promises");
    return out;
}

/// Images (N, H, W) as numbers in [0, 1]; `read_idx<3>` returns the bytes. \throws data_error as read_idx does.
template <class T = float>
[[nodiscard]] tensor<T, 3> read_images(const std::string& path) {
    return normalize<T>(read_idx<3>(path));
}

/// Labels (N), each below `classes`. \throws data_error as read_idx does, or naming a label out of range.
GRADUS_ONCE [[nodiscard]] tensor<std::int32_t, 1> read_labels(const std::string& path, std::size_t classes = 256);

#if GRADUS_BODIES_OF(data)

GRADUS_BODY tensor<std::int32_t, 1> read_labels(const std::string& path, std::size_t classes) {
    const auto bytes = read_idx<1>(path);
    auto out = tensor<std::int32_t, 1>::from_shape({bytes.size()});
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        if (bytes(n) >= classes)
            throw data_error(path + ": label " + std::to_string(bytes(n)) + " of sample " + std::to_string(n) +
                             " is not one of " + std::to_string(classes) + " classes, counted from 0");
        out(n) = bytes(n);
    }
    return out;
}

#endif

}  // namespace gradus::data
