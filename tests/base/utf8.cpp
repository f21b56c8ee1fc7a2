#include "gradus/base/utf8.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "../io/temporary_folder.hpp"

namespace gr = gradus;
using namespace std::string_literals;
using gr::data::decode_utf8;

namespace {

/// Where a text breaks, by the table of well-formed sequences (Unicode 15, table 3-7), not by arithmetic.
std::optional<std::size_t> broken_at(const std::string& text) {
    struct row {
        unsigned lead[2], second[2];
        std::size_t n;
    };
    static const row table[] = {
        {{0x00, 0x7F}, {}, 1},           {{0xC2, 0xDF}, {0x80, 0xBF}, 2}, {{0xE0, 0xE0}, {0xA0, 0xBF}, 3},
        {{0xE1, 0xEC}, {0x80, 0xBF}, 3}, {{0xED, 0xED}, {0x80, 0x9F}, 3}, {{0xEE, 0xEF}, {0x80, 0xBF}, 3},
        {{0xF0, 0xF0}, {0x90, 0xBF}, 4}, {{0xF1, 0xF3}, {0x80, 0xBF}, 4}, {{0xF4, 0xF4}, {0x80, 0x8F}, 4}};
    const auto within = [&](std::size_t i, const unsigned (&range)[2]) {
        const unsigned byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0x100;
        return byte >= range[0] && byte <= range[1];
    };
    for (std::size_t at = 0; at < text.size();) {
        std::size_t n = 0;
        for (const row& r : table) {
            if (!within(at, r.lead)) continue;
            bool good = r.n == 1 || within(at + 1, r.second);
            for (std::size_t i = 2; i < r.n; ++i) good = good && within(at + i, {0x80, 0xBF});
            if (good) n = r.n;
        }
        if (n == 0) return at;
        at += n;
    }
    return {};
}

/// Whether the text decodes and comes back, or is refused where the table refuses it.
bool as_in_table(const std::string& text) {
    const std::optional<std::size_t> broken = broken_at(text);
    std::string back;
    const std::string said = message_of([&] { back = gr::data::encode_utf8(decode_utf8(text)); });
    if (broken) return said.starts_with("text: broken UTF-8 at byte " + std::to_string(*broken) + ": 0x");
    return said == "no error" && back == text;
}

}  // namespace

TEST_CASE("utf8: code points and bytes, by hand") {
    CHECK(decode_utf8("") == U"");
    CHECK(decode_utf8("a\n\x7f") == U"a\n\x7f");
    CHECK(decode_utf8("\xC2\x80\xC3\xA9\xDF\xBF") == U"\u0080\u00e9\u07ff");
    CHECK(decode_utf8("\xE0\xA0\x80\xE8\xAF\x8D\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF") == U"\u0800\u8bcd\ud7ff\ue000\uffff");
    CHECK(decode_utf8("\xF0\x90\x80\x80\xF0\x9F\x99\x82\xF4\x8F\xBF\xBF") == U"\U00010000\U0001f642\U0010ffff");
    CHECK(decode_utf8("\0a"s) == std::u32string{0, U'a'});  // NUL is a character too
    CHECK(gr::data::encode_utf8(U"") == "");
    CHECK(gr::data::encode_utf8(U"词汇, café 🙂") == "词汇, café 🙂");
}

TEST_CASE("utf8: each code point comes back") {
    for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 || (c > 0xD700 && c < 0xE100) ? 1 : 61)
        if (gr::data::is_scalar_value(c)) {
            const std::u32string one(1, c);
            CHECK_UNARY(decode_utf8(gr::data::encode_utf8(one)) == one);
        }
}

TEST_CASE("utf8: what is broken is named by its offset and its bytes") {
    const auto said = [](const std::string& text) { return message_of([&] { (void)decode_utf8(text, "poem.txt"); }); };
    CHECK(said("abc\x80") == "poem.txt: broken UTF-8 at byte 3: 0x80 continues no sequence");
    CHECK(said("caf\xC3\xA9\xBF!") == "poem.txt: broken UTF-8 at byte 5: 0xBF continues no sequence");
    CHECK(said("\xFE") == "poem.txt: broken UTF-8 at byte 0: 0xFE begins no sequence");
    CHECK(said("\xF8\x88\x80\x80\x80") == "poem.txt: broken UTF-8 at byte 0: 0xF8 begins no sequence");
    CHECK(said("a\xE2\x82") == "poem.txt: broken UTF-8 at byte 1: 0xE2 0x82 is cut off at the end");
    CHECK(said("\xF0") == "poem.txt: broken UTF-8 at byte 0: 0xF0 is cut off at the end");
    CHECK(said("caf\xE9 au lait") ==
          "poem.txt: broken UTF-8 at byte 3: 0xE9 0x20 is cut short by its last byte");  // Latin-1
    CHECK(said("\xE2\x82\xC3\xA9") == "poem.txt: broken UTF-8 at byte 0: 0xE2 0x82 0xC3 is cut short by its last byte");
    CHECK(said("\xC0\xAF") == "poem.txt: broken UTF-8 at byte 0: 0xC0 0xAF is an overlong U+002F");
    CHECK(said("\xE0\x9F\xBF") == "poem.txt: broken UTF-8 at byte 0: 0xE0 0x9F 0xBF is an overlong U+07FF");
    CHECK(said("\xF0\x8F\xBF\xBF") == "poem.txt: broken UTF-8 at byte 0: 0xF0 0x8F 0xBF 0xBF is an overlong U+FFFF");
    CHECK(said("\xED\xA0\x80") == "poem.txt: broken UTF-8 at byte 0: 0xED 0xA0 0x80 is a surrogate, U+D800");
    CHECK(said("\xF4\x90\x80\x80") == "poem.txt: broken UTF-8 at byte 0: 0xF4 0x90 0x80 0x80 is beyond U+10FFFF");
    CHECK(message_of([] { (void)decode_utf8("\x80"); }) == "text: broken UTF-8 at byte 0: 0x80 continues no sequence");
    CHECK(message_of([] { (void)gr::data::encode_utf8(std::u32string{0x61, 0xDFFF}); }) ==
          "encode_utf8: U+DFFF is no character");
    CHECK(message_of([] { (void)gr::data::encode_utf8(std::u32string{0x110000}); }) ==
          "encode_utf8: U+110000 is no character");
}

TEST_CASE("utf8: every truncation and every byte flip of a text decodes, or is refused where Unicode's table refuses it") {
    const std::string text = "Aé词🙂~ß\n";
    for (std::size_t n = 0; n <= text.size(); ++n) CHECK_UNARY(as_in_table(text.substr(0, n)));
    for (std::size_t at = 0; at < text.size(); ++at) {
        CHECK_UNARY(as_in_table(text.substr(at)));
        for (int byte = 0; byte < 256; ++byte) {
            std::string flipped = text;
            flipped[at] = static_cast<char>(byte);
            CHECK_UNARY(as_in_table(flipped));
        }
    }
}

TEST_CASE("utf8: all pairs of bytes, and all long sequences of bytes at the borders of a range") {
    for (int a = 0; a < 256; ++a)
        for (int b = 0; b < 256; ++b) CHECK_UNARY(as_in_table({static_cast<char>(a), static_cast<char>(b)}));
    const std::vector<unsigned char> border = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                               0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF};
    for (const auto a : border)
        for (const auto b : border)
            for (const auto c : border)
                for (const auto d : {0x7F, 0x80, 0xBF, 0xC0}) {
                    const unsigned char bytes[] = {a, b, c, static_cast<unsigned char>(d)};
                    CHECK_UNARY(as_in_table(std::string(reinterpret_cast<const char*>(bytes), 4)));
                }
}

TEST_CASE("read_utf8: a file, its mark left out; what cannot be read") {
    const temporary_folder folder;
    const auto write = [&](const std::string& bytes) {
        std::ofstream(folder / "poem.txt", std::ios::binary) << bytes;
        return folder / "poem.txt";
    };
    CHECK(gr::data::read_utf8(write("一\r\ntwo\n")) == "一\r\ntwo\n");
    CHECK(gr::data::read_utf8(write("\xEF\xBB\xBFmarked")) == "marked");
    CHECK(gr::data::read_utf8(write("")) == "");
    const std::string path = write("\xEF\xBB\xBFok\x80");
    CHECK(message_of([&] { (void)gr::data::read_utf8(path); }) ==
          path + ": broken UTF-8 at byte 5: 0x80 continues no sequence");
    (void)write("\xFF\xFEh\0i\0"s);
    CHECK(message_of([&] { (void)gr::data::read_utf8(path); }) == path + ": a text in UTF-16; save it as UTF-8");
    (void)write("four");
    CHECK(message_of([&] { (void)gr::data::read_utf8(path, 3); }) == path + ": its 4 bytes are more than the limit of 3");
    CHECK(message_of([] { (void)gr::data::read_utf8("/no/such/file"); }) ==
          "cannot open /no/such/file: No such file or directory");
}
