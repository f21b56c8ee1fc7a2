#include "gradus/text/vocabulary.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../support/message.hpp"

namespace gr = gradus;
using namespace std::string_literals;
using support::message_of;
using gr::data::vocabulary;
using ids = gr::tensor<std::int32_t, 1>;
using tokens = std::vector<std::string>;

TEST_CASE("characters: in the order of code points; there and back") {
    const auto letters = gr::data::characters("to be,\nor ñot 词 to be");
    CHECK(letters.tokens() == tokens{"\n", " ", ",", "b", "e", "o", "r", "t", "ñ", "词"});
    CHECK(letters.size() == 10);
    CHECK(letters.encode("to 词") == ids{7, 5, 1, 9});
    CHECK(letters.decode(ids{7, 5, 1, 9}) == "to 词");
    CHECK(letters.encode("").size() == 0);
    CHECK(letters.decode(std::vector<std::int32_t>{}) == "");
    CHECK(letters.index("ñ") == 8);
    CHECK(letters[8] == "ñ");
    CHECK(!letters.find("x"));
    CHECK(!letters.padding());
    CHECK(!letters.unknown());
}
TEST_CASE("characters: rare ones left out, what is unknown, the most frequent, small letters") {
    const std::string text = "aaabbbccd";
    const auto rare = gr::data::characters(text, {.minimum = 2, .padding = true, .unknown = true});
    CHECK(rare.tokens() == tokens{"<pad>", "<unk>", "a", "b", "c"});
    CHECK(rare.padding() == 0);
    CHECK(rare.unknown() == 1);
    CHECK(rare.encode("adz") == ids{2, 1, 1});
    CHECK(rare.index("z") == 1);
    CHECK(rare.decode(ids{2, 1, 3, 0, 0}) == "a<unk>b");
    CHECK(gr::data::characters("bbbaac", {.most = 2}).tokens() == tokens{"a", "b"});
    CHECK(gr::data::characters("bbbaac", {.most = 2, .unknown = true}).tokens() == tokens{"<unk>", "b"});
    const auto small = gr::data::characters("AaBÉ", {.lower_case = true});
    CHECK(small.tokens() == tokens{"a", "b", "é"});
    CHECK(small.encode("ÉB") == ids{2, 1});
}
TEST_CASE("words: by how often they occur, ties in the order of code points") {
    const auto words = gr::data::words("To be, or not to be", {.lower_case = true});
    CHECK(words.tokens() == tokens{"be", "to", ",", "not", "or"});
    CHECK(words.encode("be OR not") == ids{0, 4, 3});
    CHECK(words.decode(ids{1, 0, 2, 4}) == "to be , or");
    const auto few = gr::data::words("a a a b b <unk> c c", {.most = 4, .padding = true, .unknown = true});
    CHECK(few.tokens() == tokens{"<pad>", "<unk>", "a", "b"});
    CHECK(few.encode("a <unk> b") == ids{2, 1, 1, 1, 3});  // <, unk, >: a text cannot spell it
    CHECK(few.decode(ids{0, 2, 0, 3}) == "a b");
}

TEST_CASE("vocabulary: what is not listed is named with its place") {
    const auto letters = gr::data::characters("abc\n");
    CHECK(message_of([&] { (void)letters.encode("abé"); }) ==
          "text: byte 2: the character 'é' (U+00E9) is none of the vocabulary's 4, and it has no <unk>");
    CHECK(message_of([&] { (void)letters.encode("a\tb", "poem.txt"); }) ==
          "poem.txt: byte 1: the character '?' (U+0009) is none of the vocabulary's 4, and it has no <unk>");
    CHECK(message_of([&] { (void)letters.encode("a\xC3"); }) ==
          "text: broken UTF-8 at byte 1: 0xC3 is cut off at the end");
    CHECK(message_of([&] { (void)letters.index("z"); }) ==
          "vocabulary: the character 'z' is none of the vocabulary's 4, and it has no <unk>");
    CHECK(message_of([&] { (void)letters.index("ab"); }) ==
          "vocabulary: the character 'ab' is none of the vocabulary's 4, and it has no <unk>");
    CHECK(message_of([&] { (void)letters.index(""); }) ==
          "vocabulary: the character '' is none of the vocabulary's 4, and it has no <unk>");
    CHECK(message_of([&] { (void)letters.index("\xFF"); }) ==
          "vocabulary: the character '\xFF' is none of the vocabulary's 4, and it has no <unk>");
    const auto words = gr::data::words("to be");
    CHECK(message_of([&] { (void)words.encode("to  bee"); }) ==
          "text: byte 4: the word 'bee' is none of the vocabulary's 2, and it has no <unk>");
    CHECK(message_of([&] { (void)words.decode(ids{0, 2}); }) ==
          "vocabulary: index 2 at place 1 is not one of 2, counted from 0");
    CHECK(message_of([&] { (void)words.decode(ids{-1}); }) ==
          "vocabulary: index -1 at place 0 is not one of 2, counted from 0");
    CHECK(message_of([&] { (void)words[2]; }) == "vocabulary: index 2 is not one of 2, counted from 0");
}
TEST_CASE("vocabulary: texts and lists that make none") {
    CHECK(message_of([] { (void)gr::data::characters(""); }) ==
          "characters: of 0 in the text, 0 occur at least 1 times, and there is room for 0");
    CHECK(message_of([] { (void)gr::data::words("a b b", {.minimum = 3}); }) ==
          "words: of 2 in the text, 0 occur at least 3 times, and there is room for 0");
    CHECK(message_of([] { (void)gr::data::words("a b b", {.most = 1, .unknown = true}); }) ==
          "words: of 2 in the text, 2 occur at least 1 times, and there is room for 0");
    CHECK(message_of([] { (void)gr::data::words("a \x80"); }) ==
          "text: broken UTF-8 at byte 2: 0x80 continues no sequence");
    CHECK(message_of([] { (void)vocabulary({}); }) == "vocabulary: there are no tokens");
    CHECK(message_of([] { (void)vocabulary({"a", "b", "a"}); }) == "vocabulary: token 2, 'a', is token 0 too");
    CHECK(message_of([] { (void)vocabulary({"a", ""}); }) == "vocabulary: token 1, '', is not one word");
    CHECK(message_of([] { (void)vocabulary({"it's"}); }) == "vocabulary: token 0, 'it's', is not one word");
    CHECK(message_of([] { (void)vocabulary({"It"}, {.lower_case = true}); }) ==
          "vocabulary: token 0, 'It', is not one lower-case word");
    CHECK(message_of([] { (void)vocabulary({"a", "bc"}, {.by = gr::data::unit::character}); }) ==
          "vocabulary: token 1, 'bc', is not one character");
    CHECK(message_of([] { (void)vocabulary({"a", "\xC3"}); }) ==
          "vocabulary: token 1: broken UTF-8 at byte 0: 0xC3 is cut off at the end");
}
