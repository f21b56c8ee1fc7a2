#include "gradus/text/vocabulary_file.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../io/temporary_folder.hpp"

namespace gr = gradus;
using gr::data::vocabulary;

namespace {

struct vocabulary_in_file {
    const temporary_folder folder;
    const std::string path = folder / "letters.txt";

    vocabulary read(const std::string& content) const {
        std::ofstream(path, std::ios::binary) << content;
        return gr::data::load_vocabulary(path);
    }
    /// What is said of a file of that content, behind its path.
    std::string refusal(const std::string& content) const {
        const std::string said = message_of([&] { (void)read(content); });
        return said.starts_with(path + ": ") ? said.substr(path.size() + 2) : "without its path: " + said;
    }
    std::string written() const {
        std::ostringstream out;
        out << std::ifstream(path, std::ios::binary).rdbuf();
        return out.str();
    }
};

void check_same(const vocabulary& a, const vocabulary& b) {
    CHECK(a.tokens() == b.tokens());
    CHECK(a.cut().by == b.cut().by);
    CHECK(a.cut().lower_case == b.cut().lower_case);
}

}  // namespace

TEST_CASE_FIXTURE(vocabulary_in_file, "vocabulary: a file as it is written, by hand, and read again") {
    const auto letters = gr::data::characters("a\n \\词\u00a0", {.unknown = true});
    gr::data::save(path, letters);
    CHECK(written() == "gradus vocabulary: 7 characters\n<unk>\n\\u{000A}\n\\u{0020}\n\\u{005C}\na\n\\u{00A0}\n词\n");
    check_same(gr::data::load_vocabulary(path), letters);
    CHECK(folder.files() == 1);

    const auto words = gr::data::words("To be or not to be", {.padding = true, .lower_case = true});
    gr::data::save(path, words);
    CHECK(written() == "gradus vocabulary: 5 words, lower case\n<pad>\nbe\nto\nnot\nor\n");
    check_same(gr::data::load_vocabulary(path), words);
    check_same(read("gradus vocabulary: 2 words\r\nno\r\nyes\r\n"), vocabulary({"no", "yes"}));  // an editor's line ends
    check_same(read("gradus vocabulary: 1 words\n\\u{6e}\\u{006F}\n"), vocabulary({"no"}));
}
TEST_CASE_FIXTURE(vocabulary_in_file, "vocabulary: files that hold none") {
    CHECK(message_of([] { (void)gr::data::load_vocabulary("/no/such/file"); }) ==
          "cannot open /no/such/file: No such file or directory");
    CHECK(message_of([] { gr::data::save("/no/such/file", vocabulary({"a"})); }) ==
          "/no/such/file: cannot be written: there is no folder /no/such");
    CHECK(refusal("") == "no vocabulary, which begins with 'gradus vocabulary: '");
    CHECK(refusal("the\nof\n") == "no vocabulary, which begins with 'gradus vocabulary: '");
    CHECK(refusal("gradus vocabulary: 2 wo") == "line 1 is cut off");
    for (const std::string head : {"", "2", "words", "2 syllables", "0 words", "-2 words", "2 words, upper case", "2words",
                                   "2 words, lower case, lower case", "99999999999999999999 words"})
        CHECK(refusal("gradus vocabulary: " + head + "\na\nb\n") ==
              "line 1: '" + head + "' is neither a number of characters nor of words");
    CHECK(refusal("gradus vocabulary: 3 words\nab\nbcd\n") == "line 1 promises 3 tokens, there are 2");
    CHECK(refusal("gradus vocabulary: 1 words\na\nb\n") == "line 1 promises 1 tokens, there are more");
    CHECK(refusal("gradus vocabulary: 18446744073709551615 words\na\n") ==
          "line 1 promises 18446744073709551615 tokens, the file has room for 1");
    CHECK(refusal("gradus vocabulary: 2 words\na\nbc") == "line 3 is cut off");
    CHECK(refusal("gradus vocabulary: 2 words\na\na\n") == "token 1, 'a', is token 0 too");
    CHECK(refusal("gradus vocabulary: 2 words\naa\n\n") == "token 1, '', is not one word");
    CHECK(refusal("gradus vocabulary: 2 characters\na\nbc\n") == "token 1, 'bc', is not one character");
    for (const std::string token : {"\\", "\\n", "\\u", "\\u{", "\\u{}", "\\u{41", "\\u{4G}", "\\u{D800}",
                                    "\\u{110000}", "\\u{FFFFFFFF41}"})
        CHECK(refusal("gradus vocabulary: 1 characters\n" + token + "\n") ==
              "line 2: '" + token + "' begins with no \\u{...} of a character");
    CHECK(refusal("gradus vocabulary: 1 characters\n\xC3\n") ==
          "broken UTF-8 at byte 32: 0xC3 0x0A is cut short by its last byte");
}
TEST_CASE_FIXTURE(vocabulary_in_file, "vocabulary: each truncation and byte flip of a file is read, or names it") {
    gr::data::save(path, gr::data::characters("a\né词", {.unknown = true}));
    const std::string whole = written();
    for (std::size_t n = 0; n < whole.size(); ++n) CHECK(!refusal(whole.substr(0, n)).starts_with("without"));
    std::size_t read_well = 0;
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const int flip : {0x01, 0x02, 0x10, 0x20, 0x80, 0xFF}) {
            std::string flipped = whole;
            flipped[at] = static_cast<char>(flipped[at] ^ flip);
            const std::string said = refusal(flipped);
            const bool well = said == "without its path: no error";
            read_well += well;
            CHECK_UNARY(well || !said.starts_with("without"));
        }
    CHECK(read_well > 0);
}
