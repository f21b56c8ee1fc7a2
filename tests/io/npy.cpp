#include "gradus/io/npy.hpp"

#include <doctest/doctest.h>

#include "../support/fixture.hpp"
#include "temporary_folder.hpp"

namespace gr = gradus;
using gr::io::parse_npy;

namespace {

const std::string fixtures = support::fixture("npz/");

/// A .npy of version 1 with this dictionary and so many bytes of data.
std::vector<std::byte> npy(std::string dictionary, std::size_t data = 0) {
    dictionary += '\n';
    std::string text("\x93NUMPY\x01\0", 8);
    text += static_cast<char>(dictionary.size() % 256);
    text += static_cast<char>(dictionary.size() / 256);
    text += dictionary + std::string(data, '\0');
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

std::string refusal(const std::vector<std::byte>& bytes) {
    return message_of([&] { (void)parse_npy(bytes, "a.npy"); });
}

}  // namespace

TEST_CASE("io.npy: the header as NumPy writes it") {
    const std::string header = gr::io::npy_header(gr::io::dtype_of<float>, std::vector<std::size_t>{2, 3});
    CHECK(header.size() == 128);
    CHECK(header.substr(0, 10) == std::string("\x93NUMPY\x01\0\x76\0", 10));
    CHECK(header.substr(10, 60) == "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ");
    CHECK(header.back() == '\n');
    const auto shape_part = [](std::vector<std::size_t> shape) {
        const std::string h = gr::io::npy_header({'u', 1}, shape);
        return h.substr(20, h.find('}') - 20);
    };
    CHECK(shape_part({}) == "'|u1', 'fortran_order': False, 'shape': (), ");
    CHECK(shape_part({5}) == "'|u1', 'fortran_order': False, 'shape': (5,), ");
    for (std::size_t n = 1; n < 70; ++n)
        CHECK(gr::io::npy_header({'f', 8}, std::vector<std::size_t>(n, 10)).size() % 64 == 0);
}

TEST_CASE("io.npy: round trip, and each type of element") {
    const temporary_folder folder;
    const std::vector<float> values{1, 2, 3, 4, 5, 6};
    gr::io::write_npy(folder / "a.npy", {2, 3}, values);
    const auto a = gr::io::read_npy(folder / "a.npy");
    CHECK(a.type.text() == "f4");
    CHECK(a.shape == std::vector<std::size_t>{2, 3});
    CHECK(a.size() == 6);
    CHECK(std::ranges::equal(a.as<float>({2, 3}), values));
    CHECK(a.to<gr::tensor<float, 2>>()(1, 0) == 4);

    const auto trip = [&]<class T>(T value) {
        gr::io::write_npy(folder / "one.npy", {}, std::span<const T>(&value, 1));
        const auto one = gr::io::read_npy(folder / "one.npy");
        CHECK(one.type == gr::io::dtype_of<T>);
        CHECK(one.scalar<T>() == value);
    };
    trip(-1.5f), trip(0x1.23456789abcdep-3), trip(std::int8_t{-7}), trip(std::int16_t{-700}), trip(-70000);
    trip(std::int64_t{-1} << 40), trip(std::uint8_t{200}), trip(std::uint16_t{60000}), trip(4000000000u);
    trip(~std::uint64_t{0}), trip(-1LL);
    CHECK(folder.files() == 2);
}

TEST_CASE("io.npy: what NumPy wrote, in all versions of the format") {
    for (const char* name : {"version1.npy", "version2.npy", "version3.npy"}) {
        const auto a = gr::io::read_npy(fixtures + name);
        const std::vector<float> values{0, 0.25f, 0.5f, 0.75f, 1, 1.25f};
        CHECK(std::ranges::equal(a.as<float>({2, 3}), values));
    }
}

TEST_CASE("io.array: nothing is converted, and the message names both sides") {
    const auto a = parse_npy(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", 48), "net.npz, '0.W'");
    CHECK(message_of([&] { (void)a.as<float>(); }) == "net.npz, '0.W': holds f8, asked for f4");
    CHECK(message_of([&] { (void)a.as<double>({3, 2}); }) == "net.npz, '0.W': has shape (2, 3), asked for (3, 2)");
    CHECK(message_of([&] { (void)a.as<double>({2}); }) == "net.npz, '0.W': has shape (2, 3), asked for (2)");
    CHECK(message_of([&] { (void)a.scalar<double>(); }) == "net.npz, '0.W': has shape (2, 3), asked for ()");
    CHECK(message_of([&] { (void)a.to<gr::tensor<double, 1>>(); }) ==
          "net.npz, '0.W': has shape (2, 3), asked for 1 axes");
    CHECK(message_of([&] { (void)a.to<gr::tensor<float, 2>>(); }) == "net.npz, '0.W': holds f8, asked for f4");
}

TEST_CASE("io.npy: other ways to write the same header") {
    CHECK(parse_npy(npy("{\"shape\": (2,), 'fortran_order':True,'descr' : \"|u1\" , }   ", 2), "a.npy").size() == 2);
    CHECK(parse_npy(npy("{'descr': '=i4', 'fortran_order': False, 'shape': ()}", 4), "a.npy").scalar<int>() == 0);
    CHECK(parse_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0, )}"), "a.npy").size() == 0);
}

TEST_CASE("io.npy: a file whose first index is the fastest comes in row-major order, by hand") {
    auto file = npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", 6);
    for (std::size_t i = 0; i < 6; ++i) file[file.size() - 6 + i] = static_cast<std::byte>(i + 1);
    // columns 1 2, 3 4, 5 6
    CHECK(parse_npy(file, "a.npy").to<gr::tensor<std::uint8_t, 2>>() == gr::tensor<std::uint8_t, 2>{{1, 3, 5}, {2, 4, 6}});
}

TEST_CASE("io.npy: each thing that can be wrong has its message") {
    const auto with = [](const std::string& descr, const std::string& order, const std::string& shape) {
        return refusal(npy("{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + "}", 24));
    };
    CHECK(with("'<f4'", "False", "(2, 3)") == "no error");
    CHECK(with("'<f4'", "False", "(2, 4)") == "a.npy: shape (2, 4) of f4 needs 32 bytes, got 24");
    CHECK(with("'<f4'", "False", "(1152921504606846976,)") ==
          "a.npy: shape (1152921504606846976) of f4 needs 4611686018427387904 bytes, got 24");
    CHECK(with("'<f4'", "False", "(4294967296, 4294967296)") ==
          "a.npy: shape (4294967296, 4294967296) is beyond memory");
    CHECK(with("'<f4'", "False", "(0, 4294967296, 4294967296)") ==
          "a.npy: shape (0, 4294967296, 4294967296) is beyond memory");
    CHECK(with("'<f4'", "False", "(99999999999999999999,)") ==
          "a.npy: npy header has a size beyond 64 bits at byte 70 of 75");
    CHECK(with("'<f4'", "False", "(-1,)") == "a.npy: npy header has no number at byte 51 of 57");
    CHECK(with("'<f4'", "False", "(6)") == "a.npy: npy header has no , or ) at byte 52 of 55");
    CHECK(with("'<f4'", "False", "6") == "a.npy: npy header has no ( at byte 50 of 53");
    std::string ones = "(1";
    for (int i = 0; i < 32; ++i) ones += ", 1";
    CHECK(with("'<f4'", "False", ones + ")") == "a.npy: npy header has more than 32 axes at byte 147 of 151");
    CHECK(with("'<f4'", "0", "(6,)") == "a.npy: npy header has neither True nor False at byte 34 of 52");
    CHECK(with("'<b1'", "False", "(6,)") ==
          "a.npy: npy header has descr '<b1', none of b1 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8, at byte 15 of 56");
    CHECK(with("'|f4'", "False", "(6,)") ==
          "a.npy: npy header has descr '|f4', none of b1 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8, at byte 15 of 56");
    CHECK(with("'\x1b[2J'", "False", "(6,)") ==
          "a.npy: npy header has descr '...', none of b1 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8, at byte 16 of 57");
    CHECK(with("[('a', '<f4')]", "False", "(6,)") ==
          "a.npy: npy header has a descr of several fields; only plain arrays are read, at byte 10 of 65");
    CHECK(with("<f4", "False", "(6,)") == "a.npy: npy header has no quoted text at byte 10 of 54");

    CHECK(refusal(npy("{'descr': '<f4', 'shape': (6,)}", 24)) ==
          "a.npy: npy header has no 'descr', 'fortran_order' or 'shape' at byte 31 of 32");
    CHECK(refusal(npy("{'descr': '<f4', 'descr': '<f4'}", 24)) ==
          "a.npy: npy header has 'descr' a second time at byte 25 of 33");
    CHECK(refusal(npy("{'color': '<f4'}", 24)) == "a.npy: npy header has an unknown key at byte 9 of 17");
    CHECK(refusal(npy("{'descr': '<f4' 'shape': (6,)}", 24)) == "a.npy: npy header has no , or } at byte 16 of 31");
    CHECK(refusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} or", 24)) ==
          "a.npy: npy header has something else than blanks and a line's end at byte 55 of 59");
    CHECK(refusal(npy("{'descr': '<f4'")) == "a.npy: npy header has no , or } at byte 15 of 16");
    CHECK(refusal(npy("")) == "a.npy: npy header has no { at byte 0 of 1");

    auto bytes = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", 24);
    bytes[9] = std::byte{2};
    CHECK(refusal(bytes) == "a.npy: cut short: npy header of 568 bytes, 80 are left");
    bytes[6] = std::byte{4};
    CHECK(refusal(bytes) == "a.npy: npy version 4.0, known are 1.0, 2.0, 3.0");
    bytes[6] = std::byte{2};
    bytes[11] = std::byte{0xFF};
    CHECK(refusal(bytes).starts_with("a.npy: cut short: npy header of 42"));
    bytes[0] = std::byte{'P'};
    CHECK(refusal(bytes) == "a.npy: no .npy: its first 6 bytes are not \\x93NUMPY");
}

TEST_CASE("io.npy: a file cut anywhere is an error, a flipped byte never a crash") {
    const auto whole = gr::io::read_file(fixtures + "version2.npy");
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
        CHECK(refusal(cut) != "no error");
    }
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (int value = 0; value < 256; ++value) {
            auto flipped = whole;
            flipped[i] = static_cast<std::byte>(value);
            std::size_t size = 24;
            (void)message_of([&] { size = parse_npy(flipped, "a.npy").bytes.size(); });
            CHECK(size == 24);
        }
}

TEST_CASE("io.write_npy: shape and elements must agree") {
    const temporary_folder folder;
    const std::vector<float> values(6);
    CHECK(message_of([&] {
              gr::io::write_npy(folder / "a.npy", {2, 4}, values);
          }) == folder / "a.npy" + ": shape (2, 4) does not have 6 elements");
    const std::vector<std::size_t> many(33, 1);
    CHECK(message_of([&] { gr::io::write_npy(folder / "a.npy", many, std::span(values).first(1)); }) ==
          folder / "a.npy" + ": 33 axes, at most 32 can be written");
    CHECK(folder.files() == 0);
}

TEST_CASE("io.npy: NumPy's bool is u1 of 0 and 1") {
    auto file = npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", 3);
    file.back() = std::byte{1};
    const auto a = parse_npy(file, "a.npy");
    CHECK(a.type.text() == "u1");
    CHECK(a.to<gr::tensor<std::uint8_t, 1>>() == gr::tensor<std::uint8_t, 1>{0, 0, 1});
    file.back() = std::byte{2};
    CHECK(refusal(file) == "a.npy: holds b1, and a byte that is neither 0 nor 1");
}
