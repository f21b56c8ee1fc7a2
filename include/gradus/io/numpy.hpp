#pragma once
/// \file
/// Tensors and datasets from NumPy's files, converted to the element types of the program.
/// \code
/// auto x     = gr::data::npy<float, 2>("x.npy");
/// using images = gr::tensor<float, 3>;
/// using labels = gr::tensor<std::int32_t, 1>;
/// auto train = gr::data::npz<images, labels>("mnist.npz", "x_train", "y_train");
/// \endcode
/// NumPy computes in f8 and i8, networks mostly in float with labels of 32 bits: here elements are converted, whereas
/// io::array keeps them as they are.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "gradus/base/error.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/io/npz.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// Whether the integer type T can represent a number.
template <class T, class From>
[[nodiscard]] bool holds(From v) {
    using limits = std::numeric_limits<T>;
    if constexpr (std::same_as<T, bool>)
        return v == From(0) || v == From(1);
    else if constexpr (std::integral<From>)
        return std::in_range<T>(v);
    else  // the largest 64-bit integer is rounded up as a double, the next power of two is exact
        return v == std::floor(v) && v >= static_cast<From>(limits::min()) &&
               v < static_cast<From>(2) * static_cast<From>(limits::max() / 2 + 1);
}

/// The name of T: "i4", "bool".
template <class T>
[[nodiscard]] std::string type_text() {
    if constexpr (std::same_as<T, bool>)
        return "bool";
    else
        return io::dtype_of<T>.text();
}

/// The elements of an array as a tensor. For floating-point T they are rounded; for integers they must be whole and in
/// range, for bool 0 or 1.
/// \throws data_error if the rank differs, or naming the first element that T cannot represent.
template <any_tensor X>
[[nodiscard]] X converted(const io::array& a) {
    using T = scalar_of<X>;
    if (a.shape.size() != rank_of<X>)
        throw data_error(message({a.source, ": has shape ", io::text_of(a.shape), ", asked for ", rank_of<X>, " axes"}));
    X out;
    reshape(out, a.shape);
    const auto copy = [&]<class From>(From) {
        const auto values = a.as<From>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if constexpr (std::integral<T>)
                if (!holds<T>(values[i]))
                    throw data_error(message({a.source, ": element ", i, " is ", number_text(static_cast<double>(values[i])),
                                              ", no ", type_text<T>()}));
            out.data()[i] = static_cast<T>(values[i]);
        }
    };
    const bool is_signed = a.type.kind == 'i';
    if (a.type.kind == 'f') return a.type.size == 4 ? copy(float{}) : copy(double{}), out;
    switch (a.type.size) {
        case 1: is_signed ? copy(std::int8_t{}) : copy(std::uint8_t{}); break;
        case 2: is_signed ? copy(std::int16_t{}) : copy(std::uint16_t{}); break;
        case 4: is_signed ? copy(std::int32_t{}) : copy(std::uint32_t{}); break;
        default: is_signed ? copy(std::int64_t{}) : copy(std::uint64_t{});
    }
    return out;
}

/// The array of a `.npy` file with N axes. Nothing is allocated for a size that the file claims but does not have.
/// \throws data_error as io::read_npy and converted do.
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> npy(const std::string& path) {
    return converted<tensor<T, N>>(io::read_npy(path));
}

/// Two arrays of a `.npz` file as samples and their targets.
/// \throws data_error as io::npz_reader and converted do, or if they differ in their number of rows.
template <any_tensor X, any_tensor Y>
[[nodiscard]] dataset<X, Y> npz(const std::string& path, const std::string& x, const std::string& y) {
    const io::npz_reader file(path);
    return {converted<X>(file[x]), converted<Y>(file[y])};
}

}  // namespace gradus::data
