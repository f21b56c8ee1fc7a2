#pragma once
/// \file
/// PGM, the simplest format of a gray image: three numbers as text, then one byte per pixel, row by row.
///
///   P5 width height maximum, with blanks or lines that begin with # between them | one blank | pixels
///
/// Source: Netpbm, "PGM Format Specification" (raw form).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "gradus/base/byte_reader.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// Reads a gray image (H, W) of bytes from a PGM file, plain or gzipped. A maximum (white) below 255 is scaled to 255.
/// The size in the header is compared with the size of the file before memory is allocated. O(size).
/// \throws data_error naming the file, the field and the numbers: a missing file, another format, a field that is not a
/// number, a side of 0, a maximum outside 1..255, a pixel above it, too few or too many pixels.
GRADUS_ONCE [[nodiscard]] tensor<std::uint8_t, 2> read_pgm(const std::string& path);

#if GRADUS_BODIES_OF(images)

GRADUS_BODY tensor<std::uint8_t, 2> read_pgm(const std::string& path) {
    byte_reader in(path);
    std::uint64_t done = 0;
    const auto next = [&] {  // -1 at the end of the file
        std::uint8_t byte = 0;
        return in.read(&byte, 1) == 1 ? (++done, int{byte}) : -1;
    };
    const auto blank = [](int c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    const auto refuse = [&](std::initializer_list<piece> why) { throw data_error(message({path, ": ", message(why)})); };

    if (next() != 'P' || next() != '5') refuse({"no raw gray picture (PGM), which begins with P5"});
    constexpr std::uint64_t most_side = 1u << 30;  // the product of two sides fits 64 bits
    int c = next();
    const auto number = [&](const char* field, std::uint64_t most) {
        if (!blank(c) && c != '#') refuse({"PGM: no blank before the ", field});
        bool comment = false;
        for (; comment || blank(c) || c == '#'; c = next()) comment = c != -1 && (comment || c == '#') && c != '\n';
        std::uint64_t v = 0;
        if (c < '0' || c > '9') refuse({"PGM: the ", field, " is no number"});
        for (; c >= '0' && c <= '9' && v <= most; c = next()) v = 10 * v + static_cast<std::uint64_t>(c - '0');
        if (v == 0 || v > most) refuse({"PGM: the ", field, " is not from 1 to ", most});
        return v;
    };
    const auto width = number("width", most_side), height = number("height", most_side), white = number("maximum", 255);
    if (!blank(c)) refuse({"PGM: no blank before the pixels"});
    const std::uint64_t room = in.limit() - std::min(in.limit(), done);
    if (width * height > room)
        refuse({"truncated, the PGM header promises ", width * height, " pixels, the file holds ",
                in.packed() ? "at most " : "", room});

    tensor<std::uint8_t, 2> x({static_cast<std::size_t>(height), static_cast<std::size_t>(width)});
    const std::size_t got = in.read(x.data(), x.size());
    if (got < x.size()) refuse({"truncated, the PGM header promises ", x.size(), " pixels, the file holds ", got});
    if (next() != -1) refuse({"bytes follow the ", x.size(), " pixels that the PGM header promises"});
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (x.data()[i] > white) refuse({"PGM: pixel ", i, " is ", int{x.data()[i]}, ", above the maximum, ", white});
        x.data()[i] = static_cast<std::uint8_t>((2 * 255u * x.data()[i] + white) / (2 * white));  // rounded to nearest
    }
    return x;
}

#endif

}  // namespace gradus::data
