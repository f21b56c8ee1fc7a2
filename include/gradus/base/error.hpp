#pragma once
/// \file
/// The exceptions of gradus. A message names the layer or the file, the formula or the field, and the numbers.

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gradus/base/compiled.hpp"

namespace gradus {

/// Base of all exceptions of gradus.
struct error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Invalid data: a file, a field of a file, or data in memory.
struct data_error : error {
    using error::error;
};

/// Appends a number. Uses snprintf, because `std::to_string` is inlined at each use and increases compile time.
GRADUS_ONCE void append_number(std::string& out, std::uint64_t value);

/// "(32, 100)". With `batch`, the first axis is written as "N".
GRADUS_ONCE [[nodiscard]] std::string shape_text(std::span<const std::size_t> shape, bool batch = false);

/// "0.05": the short form, at most six digits.
GRADUS_ONCE [[nodiscard]] std::string number_text(double value);

/// A text, a number or a shape in a message. Only three machine words, because each of the many checks stores several.
struct piece {
    const void* data = nullptr;  ///< the characters of a text, or the sizes of a shape
    std::uint64_t number = 0;    ///< their count; or the number itself (the bits of a double)
    enum { words, natural, negative, sizes, real } kind = words;

    piece(std::string_view t) : data(t.data()), number(t.size()) {}
    piece(const std::string& t) : piece(std::string_view(t)) {}
    piece(const char* t) : piece(std::string_view(t)) {}
    template <std::integral T>
    piece(T value)
        : number(value < T(0) ? std::uint64_t(0) - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value)),
          kind(value < T(0) ? negative : natural) {}
    piece(double v) : number(std::bit_cast<std::uint64_t>(v)), kind(real) {}
    template <std::size_t N>
    piece(const std::array<std::size_t, N>& s) : data(s.data()), number(N), kind(sizes) {}
};

/// Concatenates the pieces. Out of line: a chain of `+` would be inlined at each of many checks, and would cost every
/// program a second of compile time.
GRADUS_ONCE [[nodiscard]] std::string message(std::initializer_list<piece> pieces);

/// Shapes that do not fit a formula: "dense #3: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)".
///
/// A layer throws it with its own name; each container through which it propagates adds the layer's position.
class shape_error : public error {
  public:
    GRADUS_ONCE shape_error(std::string_view layer, std::initializer_list<piece> pieces);
    shape_error(std::string_view layer, std::string_view text) : shape_error(layer, {piece(text)}) {}

    /// The same error with the layer's name in its container ("3", "encoder") added.
    GRADUS_ONCE [[nodiscard]] shape_error within(std::string_view name) const;

  private:
    shape_error(const std::string& text, std::size_t layer_size) : error(text), layer_size_(layer_size) {}

    std::size_t layer_size_;  // of the layer's name, at the beginning of what()
};

#if GRADUS_BODIES_OF(base)

GRADUS_BODY void append_number(std::string& out, std::uint64_t value) {
    char digits[24];
    out.append(digits, static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "%llu", static_cast<unsigned long long>(value))));
}

GRADUS_BODY std::string shape_text(std::span<const std::size_t> shape, bool batch) {
    std::string out(1, '(');
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (axis != 0) out.append(", ", 2);
        if (batch && axis == 0)
            out.push_back('N');
        else
            append_number(out, shape[axis]);
    }
    out.push_back(')');
    return out;
}

GRADUS_BODY std::string number_text(double value) {
    if (value != value) return "nan";  // whatever its sign
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

GRADUS_BODY std::string message(std::initializer_list<piece> pieces) {
    std::string out;
    for (const piece& p : pieces) {
        if (p.kind == piece::negative) out.push_back('-');
        if (p.kind == piece::words)
            out.append(static_cast<const char*>(p.data), p.number);
        else if (p.kind == piece::sizes)
            out.append(shape_text({static_cast<const std::size_t*>(p.data), p.number}));
        else if (p.kind == piece::real)
            out.append(number_text(std::bit_cast<double>(p.number)));
        else
            append_number(out, p.number);
    }
    return out;
}

GRADUS_BODY shape_error::shape_error(std::string_view layer, std::initializer_list<piece> pieces)
    : error(message({layer, ": ", message(pieces)})), layer_size_(layer.size()) {}

GRADUS_BODY shape_error shape_error::within(std::string_view name) const {
    const std::string_view text = what(), layer = text.substr(0, layer_size_), rest = text.substr(layer_size_);
    const bool placed = rest.starts_with(" #");
    return {message({layer, " #", name, placed ? "." : "", placed ? rest.substr(2) : rest}), layer_size_};
}

#endif

}  // namespace gradus
