#pragma once

#include "gradus/base/compiled.hpp"
/// \file
/// Common parts of reading and writing zip archives: constants of the format, checksum, names.
///
/// Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 (records) and 4.4 (fields). Without zip64, so up to 4 GiB.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::io {

/// Remainders for CRC-32 (polynomial 0xEDB88320, reflected): table k is for a byte followed by k zero bytes.
struct crc_tables {
    std::uint32_t of[8][256];

    crc_tables() {
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t c = i;
            for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ (c & 1 ? 0xEDB88320u : 0u);
            of[0][i] = c;
        }
        for (int k = 1; k < 8; ++k)
            for (int i = 0; i < 256; ++i) of[k][i] = (of[k - 1][i] >> 8) ^ of[0][of[k - 1][i] & 255];
    }
};

/// CRC-32 of bytes that follow others whose CRC-32 is `crc`. Eight bytes per step ("slicing by 8").
GRADUS_ONCE [[nodiscard]] std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0);

/// Whether a name is UTF-8 that can be shown: no control characters, no overlong forms, no surrogates, not empty.
GRADUS_ONCE [[nodiscard]] bool is_printable(std::string_view name);

/// Signatures of the records of a zip archive, and the bits of `flags` that may be set.
struct zip {
    static constexpr std::uint32_t local_record = 0x04034b50, directory_record = 0x02014b50, end_record = 0x06054b50;
    static constexpr std::uint32_t deflate_options = 6, sizes_follow = 8, utf8 = 0x800;
    static constexpr std::uint32_t stored = 0, deflated = 8;
    static constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;  ///< marks a value that is in a zip64 field
};

/// The distinct names in an archive, in order. (A map would add 0.1 s to the compilation of every program that saves.)
class zip_names {
  public:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    [[nodiscard]] const std::vector<std::string>& all() const { return names_; }
    [[nodiscard]] std::size_t size() const { return names_.size(); }

    /// Its index, or none. O(log n).
    [[nodiscard]] std::size_t find(std::string_view name) const {
        const std::size_t at = lower_bound(name);
        return at < sorted_.size() && names_[sorted_[at]] == name ? sorted_[at] : none;
    }
    /// Adds a name; false if it was already there.
    GRADUS_ONCE bool add(std::string_view name);

  private:
    [[nodiscard]] std::size_t lower_bound(std::string_view name) const {
        std::size_t low = 0, high = sorted_.size();
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            if (names_[sorted_[middle]] < name)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    std::vector<std::string> names_;
    std::vector<std::size_t> sorted_;  // indices, sorted by name
};

#if GRADUS_BODIES_OF(io)

GRADUS_BODY std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t crc) {
    static const crc_tables table;  // 20 µs at its first use; constexpr would cost each user 0.07 s to compile
    const auto& t = table.of;
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
    std::uint32_t c = ~crc;
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, p += 8) {
        const std::uint32_t low =
            c ^ (p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16 | std::uint32_t{p[3]} << 24);
        c = t[7][low & 255] ^ t[6][low >> 8 & 255] ^ t[5][low >> 16 & 255] ^ t[4][low >> 24] ^  //
            t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]];
    }
    for (; left > 0; --left, ++p) c = (c >> 8) ^ t[0][(c ^ *p) & 255];
    return ~c;
}

GRADUS_BODY bool is_printable(std::string_view name) {
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

GRADUS_BODY bool zip_names::add(std::string_view name) {
    if (find(name) != none) return false;
    sorted_.insert(sorted_.begin() + static_cast<std::ptrdiff_t>(lower_bound(name)), names_.size());
    names_.emplace_back(name);
    return true;
}

#endif

}  // namespace gradus::io
