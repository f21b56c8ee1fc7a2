#pragma once
/// \file
/// A reference to a tensor whose element type and rank are known only at run time, for code compiled once for all
/// networks.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "gradus/base/compiled.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// An element type in NumPy's notation: kind and bytes, `f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1`.
struct dtype {
    char kind = 'f';
    std::uint8_t size = 4;

    [[nodiscard]] std::string text() const { return {kind, static_cast<char>('0' + size)}; }
    [[nodiscard]] constexpr bool is_floating() const { return kind == 'f'; }
    friend constexpr bool operator==(dtype, dtype) = default;
};

template <class T>
    requires std::is_arithmetic_v<T>
inline constexpr dtype dtype_of{std::same_as<T, bool>      ? 'b'
                                : std::floating_point<T>   ? 'f'
                                : std::signed_integral<T>  ? 'i'
                                                           : 'u',
                                sizeof(T)};

/// A reference to a tensor of any element type and rank, valid as long as the tensor lives and keeps its shape. A const
/// tensor_ref returns const elements only.
class tensor_ref {
  public:
    tensor_ref() = default;  ///< no tensor, no elements
    template <any_tensor X>
    explicit tensor_ref(X& x)
        : tensor_(const_cast<std::remove_const_t<X>*>(&x)), data_(const_cast<scalar_of<X>*>(x.data())),
          sizes_(x.shape().data()), size_(x.size()), rank_(rank_of<X>), type_(dtype_of<scalar_of<X>>) {}

    [[nodiscard]] dtype type() const { return type_; }
    [[nodiscard]] std::span<const std::size_t> shape() const { return {sizes_, rank_}; }
    [[nodiscard]] std::size_t size() const { return size_; }  ///< number of elements
    [[nodiscard]] std::size_t bytes() const { return size_ * type_.size; }
    [[nodiscard]] void* data() { return data_; }
    [[nodiscard]] const void* data() const { return data_; }

    /// The same type and shape with elements stored elsewhere; `get` of the result is null.
    [[nodiscard]] tensor_ref over(void* elements) const {
        tensor_ref other = *this;
        other.tensor_ = nullptr, other.data_ = elements;
        return other;
    }

    /// The elements, which must be of type T.
    template <class T>
    [[nodiscard]] std::span<T> as() {
        return {static_cast<T*>(data_), size_};
    }
    template <class T>
    [[nodiscard]] std::span<const T> as() const {
        return {static_cast<const T*>(data_), size_};
    }

    /// The tensor itself; null if it is not an X.
    template <any_tensor X>
    [[nodiscard]] X* get() {
        return is<X>() ? static_cast<X*>(tensor_) : nullptr;
    }
    template <any_tensor X>
    [[nodiscard]] const X* get() const {
        return is<X>() ? static_cast<const X*>(tensor_) : nullptr;
    }
    template <any_tensor X>
    [[nodiscard]] bool is() const {
        return rank_ == rank_of<X> && type_ == dtype_of<scalar_of<X>>;
    }

    /// Element i, in memory order, as a double: exact except for integers beyond 2⁵³.
    GRADUS_ONCE [[nodiscard]] double number(std::size_t i) const;

  private:
    template <class T>
    [[nodiscard]] double at(std::size_t i) const {
        return static_cast<double>(static_cast<const T*>(data_)[i]);
    }

    void* tensor_ = nullptr;
    void* data_ = nullptr;
    const std::size_t* sizes_ = nullptr;
    std::size_t size_ = 0;
    std::uint8_t rank_ = 0;
    dtype type_;
};

#if GRADUS_BODIES_OF(tensor)

GRADUS_BODY double tensor_ref::number(std::size_t i) const {
    switch (type_.kind) {
    case 'f': return type_.size == 4 ? at<float>(i) : at<double>(i);
    case 'i': return type_.size == 1   ? at<std::int8_t>(i)
                     : type_.size == 2 ? at<std::int16_t>(i)
                     : type_.size == 4 ? at<std::int32_t>(i)
                                       : at<std::int64_t>(i);
    default: return type_.size == 1   ? at<std::uint8_t>(i)
                    : type_.size == 2 ? at<std::uint16_t>(i)
                    : type_.size == 4 ? at<std::uint32_t>(i)
                                      : at<std::uint64_t>(i);
    }
}

#endif

}  // namespace gradus
