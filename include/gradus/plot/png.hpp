#pragma once

#include "gradus/base/compiled.hpp"
/// \file
/// Encodes PNG in memory, without a library; small if pixels repeat.
///
/// Source: PNG, W3C 2003 (chunks: 5, filter 0: 9); RFC 1950 (zlib); RFC 1951 (3.2.5 lengths, 3.2.6 fixed codes).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gradus::plot {

/// Deflate, of one block with fixed codes, that finds repetitions at one distance: that of neighbouring pixels.
class deflate {
  public:
    /// `distance`: 1 to 4 bytes. Linear time.
    GRADUS_ONCE deflate(std::string_view text, std::size_t distance);

    std::string bytes;

  private:
    GRADUS_ONCE void bits(std::uint32_t value, int count);
    void code(std::uint32_t value, int count) {  // most significant bit first
        while (count > 0) bits(value >> --count, 1);
    }
    GRADUS_ONCE void symbol(std::uint32_t s);
    GRADUS_ONCE void length(std::uint32_t less_3);

    std::uint32_t pending_ = 0;
    int filled_ = 0;
};

/// A PNG of width x height pixels, row by row, with `channels` bytes each: 1 grey, 2 grey and alpha, 3 red, green,
/// blue, 4 these and alpha.
GRADUS_ONCE [[nodiscard]] std::string png(std::string_view pixels, std::size_t width, std::size_t height,
                                          std::size_t channels);

/// Base64: bytes as text, 6 bits per letter (RFC 4648).
GRADUS_ONCE [[nodiscard]] std::string base64(std::string_view bytes);

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY deflate::deflate(std::string_view text, std::size_t distance) {
    bits(1, 1), bits(1, 2);  // the last block; fixed codes
    for (std::size_t i = 0; i < text.size();) {
        std::size_t run = 0;
        while (i >= distance && i + run < text.size() && run < 257 && text[i + run] == text[i + run - distance])
            ++run;
        if (run >= 3) {
            length(static_cast<std::uint32_t>(run - 3));
            code(static_cast<std::uint32_t>(distance - 1), 5);
            i += run;
        } else {
            symbol(static_cast<unsigned char>(text[i++]));
        }
    }
    symbol(256);
    bits(0, 7);  // fills the last byte
}

GRADUS_BODY void deflate::bits(std::uint32_t value, int count) {  // least significant bit first
    for (int i = 0; i < count; ++i) {
        pending_ |= (value >> i & 1) << filled_;
        if (++filled_ == 8) bytes += static_cast<char>(pending_), pending_ = 0, filled_ = 0;
    }
}

GRADUS_BODY void deflate::symbol(std::uint32_t s) {
    if (s < 144)
        code(0x30 + s, 8);
    else if (s < 256)
        code(0x190 + s - 144, 9);
    else if (s < 280)
        code(s - 256, 7);
    else
        code(0xC0 + s - 280, 8);
}

GRADUS_BODY void deflate::length(std::uint32_t less_3) {
    int extra = 0;
    while (less_3 >> extra >= 8) ++extra;
    symbol(257 + 4 * static_cast<std::uint32_t>(extra) + (less_3 >> extra));
    bits(less_3 & ((1u << extra) - 1), extra);
}

GRADUS_BODY std::string png(std::string_view pixels, std::size_t width, std::size_t height, std::size_t channels) {
    const auto number = [](std::uint32_t v) {
        std::string out;
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(v >> shift & 255);
        return out;
    };
    std::string out = "\x89PNG\r\n\x1a\n";
    const auto chunk = [&](const std::string& content) {  // its name and its data
        std::uint32_t crc = ~0u;
        for (char c : content) {
            crc ^= static_cast<unsigned char>(c);
            for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        }
        out += number(static_cast<std::uint32_t>(content.size() - 4)) + content + number(~crc);
    };
    std::string lines;
    for (std::size_t row = 0; row < height; ++row)
        (lines += '\0') += pixels.substr(row * width * channels, width * channels);
    std::uint32_t a = 1, b = 0;  // Adler-32
    for (char c : lines) a = (a + static_cast<unsigned char>(c)) % 65521, b = (b + a) % 65521;

    constexpr char kinds[] = {0, 4, 2, 6};
    chunk("IHDR" + number(static_cast<std::uint32_t>(width)) + number(static_cast<std::uint32_t>(height)) + '\x08' +
          kinds[channels - 1] + std::string(3, '\0'));
    chunk("IDAT\x78\x01" + deflate(lines, channels).bytes + number(b << 16 | a));
    chunk("IEND");
    return out;
}

GRADUS_BODY std::string base64(std::string_view bytes) {
    static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k)
            three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : letters[three >> (18 - 6 * k) & 63];
    }
    return out;
}

#endif

}  // namespace gradus::plot
