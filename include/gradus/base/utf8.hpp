#pragma once
/// \file
/// UTF-8 decoding and encoding. Invalid bytes are an error with their offset, never replaced silently.
///
///   U+0000..7F      0xxxxxxx
///   U+0080..7FF     110xxxxx 10xxxxxx
///   U+0800..FFFF    1110xxxx 10xxxxxx 10xxxxxx                 except D800..DFFF, the surrogates of UTF-16
///   U+10000..10FFFF 11110xxx 10xxxxxx 10xxxxxx 10xxxxxx
///
/// Source: RFC 3629, 3; each code point has exactly one encoding, the shortest.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "gradus/base/byte_reader.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus::data {

/// "U+00E9"
GRADUS_ONCE [[nodiscard]] std::string code_point_text(char32_t c);

/// Whether a number is a valid code point: not a surrogate, and at most U+10FFFF.
[[nodiscard]] constexpr bool is_scalar_value(char32_t c) { return c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF); }

namespace utf8 {

/// \throws data_error with the source, the offset and the n bytes there.
GRADUS_ONCE [[noreturn]] void refuse(std::string_view source, std::string_view text, std::size_t at, std::size_t n,
                                     std::string_view why);

/// The code point at byte `at`; advances `at` past it. \throws data_error as decode_utf8. O(1).
[[nodiscard]] inline char32_t next(std::string_view text, std::size_t& at, std::string_view source = "text") {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    const std::uint32_t lead = byte(at);
    if (lead < 0x80) return ++at, static_cast<char32_t>(lead);
    if (lead < 0xC0) refuse(source, text, at, 1, "continues no sequence");
    if (lead > 0xF7) refuse(source, text, at, 1, "begins no sequence");

    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};  // smallest code point of n bytes
    const std::size_t n = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t c = lead & (0x7Fu >> n);
    for (std::size_t i = 1; i < n; ++i) {
        if (at + i == text.size()) refuse(source, text, at, i, "is cut off at the end");
        if ((byte(at + i) & 0xC0) != 0x80) refuse(source, text, at, i + 1, "is cut short by its last byte");
        c = c << 6 | (byte(at + i) & 0x3F);
    }
    const auto found = static_cast<char32_t>(c);
    if (c < least[n]) refuse(source, text, at, n, message({"is an overlong ", code_point_text(found)}));
    if (c > 0x10FFFF) refuse(source, text, at, n, "is beyond U+10FFFF");
    if (!is_scalar_value(found)) refuse(source, text, at, n, message({"is a surrogate, ", code_point_text(found)}));
    at += n;
    return found;
}

#if GRADUS_BODIES_OF(base)

GRADUS_BODY [[noreturn]] void refuse(std::string_view source, std::string_view text, std::size_t at, std::size_t n,
                                     std::string_view why) {
    std::string bytes;
    for (const char c : text.substr(at, n)) {
        char hex[8];
        std::snprintf(hex, sizeof hex, "0x%02X ", static_cast<unsigned>(static_cast<unsigned char>(c)));
        bytes += hex;
    }
    throw data_error(message({source, ": broken UTF-8 at byte ", at, ": ", bytes, why}));
}

#endif

}  // namespace utf8

/// The code points of a text. O(bytes).
/// \param source  name of the text in messages
/// \throws data_error with the source, the offset and the bytes: for a byte that neither begins nor continues a
/// sequence, and for a sequence that is truncated, overlong, a surrogate, or beyond U+10FFFF.
GRADUS_ONCE [[nodiscard]] std::u32string decode_utf8(std::string_view text, std::string_view source = "text");

/// Appends a code point. \throws data_error for a surrogate or a number beyond U+10FFFF.
inline void append_utf8(std::string& out, char32_t c) {
    if (!is_scalar_value(c)) throw data_error(message({"encode_utf8: ", code_point_text(c), " is no character"}));
    const auto u = static_cast<std::uint32_t>(c);
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    const auto rest = [&](unsigned shift) { put(0x80 | (u >> shift & 0x3F)); };
    if (u < 0x80)
        put(u);
    else if (u < 0x800)
        put(0xC0 | u >> 6), rest(0);
    else if (u < 0x10000)
        put(0xE0 | u >> 12), rest(6), rest(0);
    else
        put(0xF0 | u >> 18), rest(12), rest(6), rest(0);
}

/// The UTF-8 bytes of a text. \throws data_error as append_utf8.
GRADUS_ONCE [[nodiscard]] std::string encode_utf8(std::u32string_view text);

/// The text of a plain or gzipped file, without a byte order mark, with its line endings unchanged.
/// \param limit  maximum size of the text in bytes
/// \throws data_error for a file that cannot be read or exceeds the limit; for invalid UTF-8 with the file, the offset
/// and the bytes.
GRADUS_ONCE [[nodiscard]] std::string read_utf8(const std::string& path, std::uint64_t limit = std::uint64_t{1} << 32);

#if GRADUS_BODIES_OF(base)

GRADUS_BODY std::string code_point_text(char32_t c) {
    char text[16];
    std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(c));
    return text;
}

GRADUS_BODY std::u32string decode_utf8(std::string_view text, std::string_view source) {
    std::u32string out;
    for (std::size_t at = 0; at < text.size();) out += utf8::next(text, at, source);
    return out;
}

GRADUS_BODY std::string encode_utf8(std::u32string_view text) {
    std::string out;
    for (const char32_t c : text) append_utf8(out, c);
    return out;
}

GRADUS_BODY std::string read_utf8(const std::string& path, std::uint64_t limit) {
    std::string text = read_text(path, limit);
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        throw data_error(message({path, ": a text in UTF-16; save it as UTF-8"}));
    for (std::size_t at = 0; at < text.size();) (void)utf8::next(text, at, path);
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    return text;
}

#endif

}  // namespace gradus::data
