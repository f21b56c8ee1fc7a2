#pragma once
/// \file
/// Arrays as stored in files: element type, shape and bytes.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/file.hpp"
#include "gradus/tensor/tensor_ref.hpp"

namespace gradus::io {

/// Element types of arrays: integers of 1 to 8 bytes, float, double.
template <class T>
concept element = (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, float> || std::same_as<T, double>;

using gradus::dtype, gradus::dtype_of;

/// A shape as an argument: a container of sizes, or a list in braces.
struct shape_view : std::span<const std::size_t> {
    using std::span<const std::size_t>::span;
    shape_view(std::span<const std::size_t> sizes) : std::span<const std::size_t>(sizes) {}
    shape_view(std::initializer_list<std::size_t> sizes)  // valid until the end of the call in which it is written
        : std::span<const std::size_t>(sizes.begin(), sizes.size()) {}
};

/// "(2, 3)". \see gradus::shape_text
[[nodiscard]] inline std::string text_of(shape_view shape) { return shape_text(shape); }

/// An array as read from a file, in row-major order and this machine's byte order.
struct array {
    std::string source;  ///< its name in messages: `net.npz, '0.W'`
    std::string name;    ///< `0.W`; empty for a file of one array
    dtype type;
    std::vector<std::size_t> shape;
    std::vector<std::byte> bytes;

    /// Number of elements.
    [[nodiscard]] std::size_t size() const { return bytes.size() / type.size; }

    /// The elements. \throws data_error if they have another type; nothing is converted.
    template <element T>
    [[nodiscard]] std::span<const T> as() const& {
        require(dtype_of<T>);
        return {reinterpret_cast<const T*>(bytes.data()), size()};
    }

    /// The elements of an array of exactly this shape. \throws data_error if type or shape differs.
    template <element T>
    [[nodiscard]] std::span<const T> as(shape_view expected) const& {
        require(expected);
        return as<T>();
    }
    /// \throws data_error if type or shape differs.
    void require(dtype expected) const {
        if (type != expected) fail({source, ": holds ", type.text(), ", asked for ", expected.text()});
    }
    void require(shape_view expected) const {
        if (!std::ranges::equal(shape, expected))
            fail({source, ": has shape ", text_of(shape), ", asked for ", text_of(expected)});
    }

    /// A span into a temporary array would dangle: give the array a name first.
    template <element T>
    std::span<const T> as() const&& = delete;
    template <element T>
    std::span<const T> as(shape_view) const&& = delete;

    /// The element of an array of shape (). \throws data_error if type or shape differs.
    template <element T>
    [[nodiscard]] T scalar() const {
        if (!shape.empty()) fail({source, ": has shape ", text_of(shape), ", asked for ()"});
        return as<T>()[0];
    }

    /// A copy as a tensor. \throws data_error if type or rank differs.
    template <any_tensor X>
    [[nodiscard]] X to() const {
        if (shape.size() != rank_of<X>)
            fail({source, ": has shape ", text_of(shape), ", asked for ", rank_of<X>, " axes"});
        const auto values = as<scalar_of<X>>();
        X out;
        reshape(out, shape);
        std::copy(values.begin(), values.end(), out.data());
        return out;
    }
};

/// The bytes of all elements of a shape. \throws data_error if memory cannot address so many.
GRADUS_ONCE [[nodiscard]] std::size_t bytes_of(dtype type, shape_view shape, const std::string& source);

#if GRADUS_BODIES_OF(io)

GRADUS_BODY std::size_t bytes_of(dtype type, shape_view shape, const std::string& source) {
    std::size_t total = type.size;
    bool empty = false;
    for (std::size_t n : shape) {
        empty = empty || n == 0;
        if (n != 0 && total > std::numeric_limits<std::size_t>::max() / n)
            fail({source, ": shape ", text_of(shape), " is beyond memory"});
        if (n != 0) total *= n;
    }
    return empty ? 0 : total;
}

#endif

}  // namespace gradus::io
