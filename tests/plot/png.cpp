#include "gradus/plot/png.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace gr = gradus;

#if GRADUS_HAS_ZLIB  // the independent reader of what is written here
#include <zlib.h>

namespace {

/// What zlib reads in a deflate stream without header.
std::string inflated(const std::string& bytes, std::size_t size) {
    std::string out(size + 1, '?');
    z_stream z = {};
    inflateInit2(&z, -15);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const bool ended = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0;
    inflateEnd(&z);
    out.resize(ended ? z.total_out : 0);
    return out;
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
    return out;
}

}  // namespace

TEST_CASE("png: zlib reads what deflate wrote, for every byte, every distance and every length of a run") {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    for (std::size_t run = 1; run < 600; ++run) all += std::string(run, static_cast<char>(run * 37));
    for (int i = 0; i < 500; ++i) all += "abc";
    for (std::size_t distance = 1; distance <= 4; ++distance) {
        const std::string packed = gr::plot::deflate(all, distance).bytes;
        CHECK(inflated(packed, all.size()) == all);
        CHECK(inflated(gr::plot::deflate("", distance).bytes, 0).empty());
    }
    CHECK(gr::plot::deflate(std::string(1000, 'x'), 1).bytes.size() <= 12);
}

TEST_CASE("png: signature, chunks with their checksums, pixels") {
    const std::string pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9};
    for (std::size_t channels = 1; channels <= 4; ++channels) {
        const std::size_t width = 12 / channels / 2 == 0 ? 1 : 12 / channels / (channels == 4 ? 1 : 2),
                          height = 12 / channels / width;
        const std::string file = gr::plot::png(pixels, width, height, channels);
        CHECK(file.substr(0, 8) == "\x89PNG\r\n\x1a\n");
        std::string names, data;
        for (std::size_t at = 8; at < file.size(); at += number_at(file, at) + 12) {
            const std::string chunk = file.substr(at + 4, number_at(file, at) + 4);
            names += chunk.substr(0, 4);
            if (chunk.starts_with("IDAT")) data = chunk.substr(4);
            CHECK(number_at(file, at + 4 + chunk.size()) ==
                  crc32(0, reinterpret_cast<const Bytef*>(chunk.data()), static_cast<uInt>(chunk.size())));
        }
        CHECK(names == "IHDRIDATIEND");
        CHECK(number_at(file, 16) == width);
        CHECK(number_at(file, 20) == height);
        CHECK(file[24] == 8);
        CHECK(file[25] == std::string("\0\4\2\6", 4)[channels - 1]);
        std::string lines;
        for (std::size_t row = 0; row < height; ++row)
            (lines += '\0') += pixels.substr(row * width * channels, width * channels);
        std::string read(lines.size(), '?');
        uLongf size = read.size();
        CHECK(uncompress(reinterpret_cast<Bytef*>(read.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
                         data.size()) == Z_OK);  // checks Adler-32, too
        CHECK(read == lines);
    }
}

#endif

TEST_CASE("png: base64 as RFC 4648, section 10, has it") {
    using gr::plot::base64;
    CHECK(base64("").empty());
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foob") == "Zm9vYg==");
    CHECK(base64("fooba") == "Zm9vYmE=");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xff\xef") == "/+8=");
}
