#pragma once

#include "gradus/base/compiled.hpp"
/// \file
/// MD5, the published checksum of the MNIST files. It detects damaged files, not deliberate forgery.
///
/// Source: RFC 1321 (1992).

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gradus::data {

/// MD5 of bytes given in pieces: `md5 sum; sum.update(header); sum.update(values); sum.hex()`.
class md5 {
  public:
    /// Appends bytes. O(bytes).
    GRADUS_ONCE void update(std::span<const std::uint8_t> bytes);

    /// The checksum of all bytes so far, as 32 hexadecimal digits.
    GRADUS_ONCE [[nodiscard]] std::string hex() const;

  private:
    /// One block of 64 bytes: four rounds of sixteen steps.
    GRADUS_ONCE void digest();

    /// ⌊2³² |sin(i + 1)|⌋, the angle in radians.
    static constexpr std::array<std::uint32_t, 64> sine = {
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
        0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
        0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

    std::array<std::uint32_t, 4> state_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    std::array<std::uint8_t, 64> block_{};
    std::uint64_t length_ = 0;
};

#if GRADUS_BODIES_OF(data)

GRADUS_BODY void md5::update(std::span<const std::uint8_t> bytes) {
    std::size_t filled = static_cast<std::size_t>(length_ % 64);
    length_ += bytes.size();
    while (!bytes.empty()) {
        const std::size_t n = std::min(bytes.size(), 64 - filled);
        std::copy_n(bytes.data(), n, block_.data() + filled);
        bytes = bytes.subspan(n);
        filled += n;
        if (filled == 64) digest(), filled = 0;
    }
}

GRADUS_BODY std::string md5::hex() const {
    md5 end = *this;
    const std::uint8_t one = 0x80, zero = 0;
    end.update({&one, 1});
    while (end.length_ % 64 != 56) end.update({&zero, 1});
    std::array<std::uint8_t, 8> bits{};
    for (std::size_t i = 0; i < 8; ++i) bits[i] = static_cast<std::uint8_t>(length_ * 8 >> 8 * i);
    end.update(bits);
    std::string out;
    for (std::uint32_t word : end.state_)
        for (int shift : {4, 0, 12, 8, 20, 16, 28, 24}) out += "0123456789abcdef"[(word >> shift) & 15];
    return out;
}

GRADUS_BODY void md5::digest() {
    constexpr int rotation[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    std::array<std::uint32_t, 16> word{};
    for (std::size_t i = 0; i < 64; ++i) word[i / 4] |= static_cast<std::uint32_t>(block_[i]) << i % 4 * 8;
    auto [a, b, c, d] = state_;
    for (std::size_t i = 0; i < 64; ++i) {
        const std::size_t round = i / 16;
        const std::uint32_t f = round == 0   ? (b & c) | (~b & d)
                                    : round == 1 ? (b & d) | (c & ~d)
                                    : round == 2 ? b ^ c ^ d
                                                 : c ^ (b | ~d);
        const std::size_t k = round == 0 ? i : round == 1 ? 5 * i + 1 : round == 2 ? 3 * i + 5 : 7 * i;
        const std::uint32_t turned = std::rotl(a + f + sine[i] + word[k % 16], rotation[round][i % 4]);
        a = d, d = c, c = b;
        b += turned;
    }
    state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d};
}

#endif

}  // namespace gradus::data
