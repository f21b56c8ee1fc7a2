#pragma once
/// \file
/// What readers and writers of zip archives share: numbers of the format, checksum, names.
///
/// Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 (records) and 4.4 (fields). Without zip64, so up to 4 GiB.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>


namespace gradus::io {

/// Remainders for CRC-32 (polynomial 0xEDB88320, reflected): table k is that of a byte with k zero bytes behind it.
inline constexpr auto crc_tables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ (c & 1 ? 0xEDB88320u : 0u);
        table[0][i] = c;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t i = 0; i < 256; ++i)
            table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 255];
    return table;
}();

/// CRC-32 of bytes that follow others whose CRC-32 is `crc`. Eight bytes a step ("slicing by 8").
[[nodiscard]] inline std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0) {
    const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    std::uint32_t c = ~crc;
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        c ^= at(i) | at(i + 1) << 8 | at(i + 2) << 16 | at(i + 3) << 24;
        c = crc_tables[7][c & 255] ^ crc_tables[6][c >> 8 & 255] ^ crc_tables[5][c >> 16 & 255] ^
            crc_tables[4][c >> 24] ^ crc_tables[3][at(i + 4)] ^ crc_tables[2][at(i + 5)] ^ crc_tables[1][at(i + 6)] ^
            crc_tables[0][at(i + 7)];
    }
    for (; i < bytes.size(); ++i) c = (c >> 8) ^ crc_tables[0][(c ^ at(i)) & 255];
    return ~c;
}

/// Whether a name is UTF-8 that can be shown: no control characters, no overlong forms, no surrogates, not empty.
[[nodiscard]] inline bool is_printable(std::string_view name) {
    for (std::size_t i = 0; i < name.size();) {
        const auto lead = static_cast<unsigned char>(name[i++]);
        const int more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : -1;
        if (more < 0) return false;
        std::uint32_t code = more == 0 ? lead : lead & (0x3Fu >> more);
        for (int k = 0; k < more; ++k, ++i) {
            if (i == name.size() || (static_cast<unsigned char>(name[i]) & 0xC0) != 0x80) return false;
            code = code << 6 | (static_cast<unsigned char>(name[i]) & 0x3Fu);
        }
        constexpr std::uint32_t least[] = {0x20, 0xA0, 0x800, 0x10000};  // 0x80 to 0x9F are control characters too
        if (code < least[more] || code == 0x7F || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return false;
    }
    return !name.empty();
}

/// What the records of a zip archive begin with, and the bits of `flags` that may be set.
struct zip {
    static constexpr std::uint32_t local_record = 0x04034b50, directory_record = 0x02014b50, end_record = 0x06054b50;
    static constexpr std::uint32_t deflate_options = 6, sizes_follow = 8, utf8 = 0x800;
    static constexpr std::uint32_t stored = 0, deflated = 8;
    static constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;  ///< stands where the value is in a zip64 field
};

}  // namespace gradus::io
