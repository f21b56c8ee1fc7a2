#include "gradus/data/md5.hpp"

#include <doctest/doctest.h>

#include <string_view>
#include <utility>

using gradus::data::md5;

namespace {

std::string sum_of(std::string_view text, std::size_t piece = 1000) {
    md5 sum;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        const auto part = text.substr(0, piece);
        sum.update({reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
    }
    return sum.hex();
}

}  // namespace

TEST_CASE("md5: the test suite of RFC 1321") {
    const std::pair<std::string_view, std::string_view> known[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"}};
    for (const auto& [text, sum] : known) CHECK(sum_of(text) == sum);
}

TEST_CASE("md5: the pieces in which bytes come do not matter") {
    const std::string text(1000, 'x');
    for (std::size_t piece : {1u, 63u, 64u, 65u, 200u}) CHECK(sum_of(text, piece) == sum_of(text));
}
