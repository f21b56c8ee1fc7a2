#pragma once
/// \file
/// Splits texts into tokens: characters, or words and punctuation marks.
///
/// Source: documents/001, 3.2 (词汇处理, the first step of language processing) and 4.2 (`BertTokenizer`,
/// "bert-base-uncased").
/// Words are split as in BERT's tokenizer before its WordPiece step (Devlin and others 2019; "basic tokenization" in
/// their code), except that accents are kept. There is no WordPiece.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/utf8.hpp"

namespace gradus::data {

namespace unicode {

struct range {
    char32_t first, last;
};
template <std::size_t N>
[[nodiscard]] constexpr bool within(char32_t c, const range (&ranges)[N]) {
    for (const range& r : ranges)
        if (c >= r.first && c <= r.last) return true;
    return false;
}

/// Blanks, which separate words.
[[nodiscard]] constexpr bool is_blank(char32_t c) {
    constexpr range blanks[] = {{0x9, 0xA}, {0xD, 0xD}, {0x20, 0x20}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A},
                                {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
    return within(c, blanks);
}

/// Invisible characters: other controls, marks of direction and width, the replacement character U+FFFD.
[[nodiscard]] constexpr bool is_control(char32_t c) {
    constexpr range controls[] = {{0x0, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x200B, 0x200F}, {0x202A, 0x202E},
                                  {0x2060, 0x2064}, {0x2066, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xFFFD, 0xFFFD}};
    return within(c, controls) && !is_blank(c);
}

/// ASCII signs that are neither letters nor digits, including $ and + as in BERT; and the punctuation of Latin-1, of
/// Chinese and Japanese, and of Unicode's general block.
[[nodiscard]] constexpr bool is_punctuation(char32_t c) {
    constexpr range marks[] = {
        {0x21, 0x2F},     {0x3A, 0x40},     {0x5B, 0x60},     {0x7B, 0x7E},     {0xA1, 0xA1},     {0xA7, 0xA7},
        {0xAB, 0xAB},     {0xB6, 0xB7},     {0xBB, 0xBB},     {0xBF, 0xBF},     {0x2010, 0x2027}, {0x2030, 0x2043},
        {0x2045, 0x2051}, {0x2053, 0x205E}, {0x3001, 0x3003}, {0x3008, 0x3011}, {0x3014, 0x301F}, {0x3030, 0x3030},
        {0x303D, 0x303D}, {0xFE30, 0xFE52}, {0xFE54, 0xFE61}, {0xFE63, 0xFE63}, {0xFE68, 0xFE68}, {0xFE6A, 0xFE6B},
        {0xFF01, 0xFF03}, {0xFF05, 0xFF0A}, {0xFF0C, 0xFF0F}, {0xFF1A, 0xFF1B}, {0xFF1F, 0xFF20}, {0xFF3B, 0xFF3D},
        {0xFF3F, 0xFF3F}, {0xFF5B, 0xFF5B}, {0xFF5D, 0xFF5D}, {0xFF5F, 0xFF65}};
    return within(c, marks);
}

/// Chinese characters, which are written without blanks between words: each is a token.
[[nodiscard]] constexpr bool is_ideograph(char32_t c) {
    constexpr range han[] = {{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x2A6DF}, {0x2A700, 0x2CEAF},
                             {0x2F800, 0x2FA1F}};
    return within(c, han);
}

/// Lower case of upper-case Latin (except Extended-B), Greek, Cyrillic and full-width letters; others are unchanged.
[[nodiscard]] constexpr char32_t lower(char32_t c) {
    struct capitals {
        char32_t first, last;
        int shift;
        char32_t step = 1;  // 2: upper and lower case alternate
    };
    constexpr capitals table[] = {
        {0x41, 0x5A, 32}, {0xC0, 0xD6, 32}, {0xD8, 0xDE, 32}, {0x100, 0x12E, 1, 2},
        {0x130, 0x130, -199}, {0x132, 0x136, 1, 2}, {0x139, 0x147, 1, 2}, {0x14A, 0x176, 1, 2},
        {0x178, 0x178, -121}, {0x179, 0x17D, 1, 2}, {0x386, 0x386, 38}, {0x388, 0x38A, 37},
        {0x38C, 0x38C, 64}, {0x38E, 0x38F, 63}, {0x391, 0x3A1, 32}, {0x3A3, 0x3AB, 32},
        {0x400, 0x40F, 80}, {0x410, 0x42F, 32}, {0x460, 0x480, 1, 2}, {0x48A, 0x4BE, 1, 2},
        {0x4C0, 0x4C0, 15}, {0x4C1, 0x4CD, 1, 2}, {0x4D0, 0x52E, 1, 2}, {0x1E00, 0x1E94, 1, 2},
        {0x1E9E, 0x1E9E, -7615}, {0x1EA0, 0x1EFE, 1, 2}, {0xFF21, 0xFF3A, 32}};
    for (const capitals& t : table)
        if (c >= t.first && c <= t.last && (c - t.first) % t.step == 0)
            return static_cast<char32_t>(static_cast<int>(c) + t.shift);
    return c;
}

}  // namespace unicode

/// The kind of token.
enum class unit { character, word };

struct tokenize_options {
    unit by = unit::word;
    bool lower_case = false;
};

/// Calls f(token, offset) for each token of a text and the byte where it begins. A token is valid only during the call.
/// O(bytes).
/// \throws data_error if the text is not UTF-8.
template <class F>
void each_token(std::string_view text, const tokenize_options& options, std::string_view source, F&& f) {
    std::string token;
    std::size_t begin = 0;
    const auto end_token = [&] {
        if (!token.empty()) f(std::string_view(token), begin);
        token.clear();
    };
    for (std::size_t at = 0, before = 0; at < text.size(); before = at) {
        const char32_t c = utf8::next(text, at, source);
        const bool is_word = options.by == unit::word;
        const bool alone = !is_word || unicode::is_punctuation(c) || unicode::is_ideograph(c);
        const bool blank = is_word && unicode::is_blank(c);
        if (is_word && unicode::is_control(c)) continue;  // it does not split a word
        if (alone || blank) end_token();
        if (blank) continue;
        if (token.empty()) begin = before;
        append_utf8(token, options.lower_case ? unicode::lower(c) : c);
        if (alone) end_token();
    }
    end_token();
}

/// The tokens of a text. As words: what stands between blanks, with each punctuation mark and each Chinese character as
/// a token of its own, without control characters. `tokenize("It's 5 €!", {.lower_case = true})` returns it ' s 5 € !
/// \throws data_error if the text is not UTF-8.
GRADUS_ONCE [[nodiscard]] std::vector<std::string> tokenize(std::string_view text, const tokenize_options& options = {},
                                                            std::string_view source = "text");

#if GRADUS_BODIES_OF(text)

GRADUS_BODY std::vector<std::string> tokenize(std::string_view text, const tokenize_options& options,
                                              std::string_view source) {
    std::vector<std::string> out;
    each_token(text, options, source, [&](std::string_view token, std::size_t) { out.emplace_back(token); });
    return out;
}

#endif

}  // namespace gradus::data
