#include "gradus/text/tokenize.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using gr::data::tokenize;
using tokens = std::vector<std::string>;
namespace unicode = gr::data::unicode;

namespace {

std::string stored_text(const std::string& name) {
    std::string out;
    for (const std::int32_t byte : support::stored("text/" + name).to<gr::tensor<std::int32_t, 1>>())
        out += static_cast<char>(static_cast<unsigned char>(byte));
    return out;
}

gr::tensor<std::int32_t, 2> stored_table(const std::string& name) {
    return support::stored("text/" + name).to<gr::tensor<std::int32_t, 2>>();
}

}  // namespace

TEST_CASE("tokenize: words, marks and Chinese characters, by hand") {
    CHECK(tokenize("This is an example sentence.", {.lower_case = true}) ==
          tokens{"this", "is", "an", "example", "sentence", "."});  // documents/001, 4.2
    CHECK(tokenize("It's 5 €,\n(really) ") == tokens{"It", "'", "s", "5", "€", ",", "(", "really", ")"});
    CHECK(tokenize("词汇处理 with RNN。") == tokens{"词", "汇", "处", "理", "with", "RNN", "。"});
    CHECK(tokenize("a\u00adb\u200bc \a d") == tokens{"abc", "d"});  // what is not seen parts nothing
    CHECK(tokenize("ÀΒЖ Ǆ", {.lower_case = true}) == tokens{"àβж", "Ǆ"});
    CHECK(tokenize(" \t\u3000").empty());
    CHECK(tokenize("").empty());
}
TEST_CASE("tokenize: characters are all kept, blanks too") {
    CHECK(tokenize("A é\n", {.by = gr::data::unit::character}) == tokens{"A", " ", "é", "\n"});
    CHECK(tokenize("A É\n", {.by = gr::data::unit::character, .lower_case = true}) == tokens{"a", " ", "é", "\n"});
}
TEST_CASE("tokenize: offsets are those of the token's first byte") {
    std::vector<std::pair<std::string, std::size_t>> found;
    gr::data::each_token("é, wörter!", {}, "text", [&](std::string_view t, std::size_t at) { found.emplace_back(t, at); });
    CHECK(found == std::vector<std::pair<std::string, std::size_t>>{{"é", 0}, {",", 2}, {"wörter", 4}, {"!", 11}});
}
TEST_CASE("tokenize: a broken text") {
    CHECK(support::message_of([] { (void)tokenize("ab \xFF"); }) ==
          "text: broken UTF-8 at byte 3: 0xFF begins no sequence");
    CHECK(support::message_of([] { (void)tokenize("\xC3", {}, "poem.txt"); }) ==
          "poem.txt: broken UTF-8 at byte 0: 0xC3 is cut off at the end");
}
TEST_CASE("tokenize: as the definition of BERT's basic tokenizer, written in Python, cuts them") {
    for (const std::string i : {"0", "1", "2", "3", "4"}) {
        std::string joined;
        for (const std::string& t : tokenize(stored_text("text" + i), {.lower_case = true}))
            joined += (joined.empty() ? "" : "\n") + t;
        CHECK(joined == stored_text("tokens" + i));
    }
}
TEST_CASE("tokenize: kinds of characters and small letters as in Python's tables") {
    const auto kinds = stored_table("kinds"), small = stored_table("lower");
    for (std::size_t i = 0; i < kinds.shape()[0]; ++i) {
        const auto c = static_cast<char32_t>(kinds(i, 0));
        INFO(gr::data::code_point_text(c));
        CHECK(unicode::is_control(c) == (kinds(i, 1) != 0));
        CHECK(unicode::is_blank(c) == (kinds(i, 2) != 0));
        CHECK(unicode::is_punctuation(c) == (kinds(i, 3) != 0));
        CHECK(unicode::is_ideograph(c) == (kinds(i, 4) != 0));
    }
    for (std::size_t i = 0; i < small.shape()[0]; ++i) {
        INFO(gr::data::code_point_text(static_cast<char32_t>(small(i, 0))));
        CHECK(unicode::lower(static_cast<char32_t>(small(i, 0))) == static_cast<char32_t>(small(i, 1)));
    }
}
