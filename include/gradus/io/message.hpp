#pragma once
/// \file
/// Messages from texts and numbers. Built out of line: a chain of `+` at each of the many checks of a reader is inlined
/// there, and costs its user a second of compile time.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "gradus/core/error.hpp"

namespace gradus::io {

/// A text or a number in a message.
struct piece {
    std::string_view text;
    std::uint64_t number = 0;
    bool is_number = false;

    piece(std::string_view words) : text(words) {}
    piece(const std::string& words) : text(words) {}
    piece(const char* words) : text(words) {}
    template <std::unsigned_integral T>
    piece(T value) : number(value), is_number(true) {}
};

/// The pieces, one behind the other.
[[nodiscard, gnu::noinline]] inline std::string message(std::initializer_list<piece> pieces) {
    std::string out;
    for (const piece& p : pieces) {
        if (p.is_number) {
            out += std::to_string(p.number);
        } else {
            out += p.text;
        }
    }
    return out;
}

/// \throws data_error, with this message.
[[noreturn, gnu::noinline]] inline void fail(std::initializer_list<piece> pieces) { throw data_error(message(pieces)); }

}  // namespace gradus::io
