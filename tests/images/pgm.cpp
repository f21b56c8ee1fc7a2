#include "gradus/images/pgm.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "../io/temporary_folder.hpp"

namespace gr = gradus;
using namespace std::string_literals;
using image = gr::tensor<std::uint8_t, 2>;

namespace {

image read(const std::string& bytes) {
    const temporary_folder folder;
    std::ofstream(folder / "picture.pgm", std::ios::binary) << bytes;
    return gr::data::read_pgm(folder / "picture.pgm");
}

/// What is said of a file of these bytes, behind its path.
std::string refusal(const std::string& bytes) {
    const std::string said = message_of([&] { (void)read(bytes); });
    const std::size_t path = said.find("/picture.pgm: ");
    return path == said.npos ? "without its path: " + said : said.substr(path + 14);
}

}  // namespace

TEST_CASE("pgm: a picture, with its header in one line, in several, and with comments") {
    const image x{{0, 51, 255}, {1, 2, '\n'}};
    const std::string pixels = "\x00\x33\xff\x01\x02\n"s;
    CHECK(read("P5 3 2 255\n" + pixels) == x);
    CHECK(read("P5\n3 2\n255 " + pixels) == x);
    CHECK(read("P5\r\n\t3\v\f2 \n 255\t" + pixels) == x);
    CHECK(read("P5\n# drawn by hand, 7 8 9\n3 # wide\n#\n#\n2\n255\n" + pixels) == x);
    CHECK(read("P5# 7\n003 02 0255\n" + pixels) == x);
    CHECK(read("P5 1 1 255\n#") == image{{'#'}});  // behind the one blank, all is pixels
}

TEST_CASE("pgm: a maximum below 255 is stretched to it, to the nearest byte") {
    CHECK(read("P5 4 1 3\n\x00\x01\x02\x03"s) == image{{0, 85, 170, 255}});
    CHECK(read("P5 3 1 200\n\x01\x64\xc8") == image{{1, 128, 255}});  // 1.275, 127.5, 255
    CHECK(read("P5 2 1 1\n\x00\x01"s) == image{{0, 255}});
}

TEST_CASE("pgm: what is no picture is an error that names the file, the field and the numbers") {
    CHECK(message_of([] { (void)gr::data::read_pgm("/no/such/file"); }) ==
          "cannot open /no/such/file: No such file or directory");
    for (const char* other : {"", "P", "P2 3 2 255\n1 2 3 4 5 6", "P6 1 1 255\n123", "\x89PNG", "GIF89a"})
        CHECK(refusal(other) == "no raw gray picture (PGM), which begins with P5");
    CHECK(refusal("P5") == "PGM: no blank before the width");
    CHECK(refusal("P53 2 255\n123456") == "PGM: no blank before the width");
    CHECK(refusal("P5 ") == "PGM: the width is no number");
    CHECK(refusal("P5 # without an end 3 2 255") == "PGM: the width is no number");
    CHECK(refusal("P5 -3 2 255\n123456") == "PGM: the width is no number");
    CHECK(refusal("P5 3 two 255\n123456") == "PGM: the height is no number");
    CHECK(refusal("P5 3x2 255\n123456") == "PGM: no blank before the height");
    CHECK(refusal("P5 3 2 ") == "PGM: the maximum is no number");
    CHECK(refusal("P5 0 2 255\n") == "PGM: the width is not from 1 to 1073741824");
    CHECK(refusal("P5 3 1073741825 255\n") == "PGM: the height is not from 1 to 1073741824");
    CHECK(refusal("P5 3 " + std::string(5000, '9') + " 255\n") == "PGM: the height is not from 1 to 1073741824");
    CHECK(refusal("P5 3 18446744073709551618 255\n123456") == "PGM: the height is not from 1 to 1073741824");  // 2 + 2⁶⁴
    CHECK(refusal("P5 3 2 0\n123456") == "PGM: the maximum is not from 1 to 255");
    CHECK(refusal("P5 3 2 65535\n123456123456") == "PGM: the maximum is not from 1 to 255");
    CHECK(refusal("P5 3 2 255") == "PGM: no blank before the pixels");
    CHECK(refusal("P5 3 2 255#\n123456") == "PGM: no blank before the pixels");
    CHECK(refusal("P5 3 2 255\n12345") == "truncated, the PGM header promises 6 pixels, the file holds 5");
    CHECK(refusal("P5 1073741824 1073741824 255\n12") ==
          "truncated, the PGM header promises 1152921504606846976 pixels, the file holds 2");
    CHECK(refusal("P5 3 2 255\n1234567") == "bytes follow the 6 pixels that the PGM header promises");
    CHECK(refusal("P5 3 1 100\n\x01\x64\x65") == "PGM: pixel 2 is 101, above the maximum, 100");
}
