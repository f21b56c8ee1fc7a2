#include "gradus/data/idx.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gr = gradus;
using namespace std::string_literals;

namespace {

/// A folder of its own for each test, removed with it.
struct folder {
    std::filesystem::path path;
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "gradus-idx-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~folder() { std::filesystem::remove_all(path); }
    std::string write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path / name, std::ios::binary) << bytes;
        return (path / name).string();
    }
};

/// Header of unsigned bytes with those sizes.
std::string header(std::vector<std::size_t> shape) {
    const auto bytes = gr::data::idx_header(shape);
    return {bytes.begin(), bytes.end()};
}

#if GRADUS_HAS_ZLIB
std::string gzip(const std::string& bytes) {
    std::string out(bytes.size() + 1000, '\0');
    z_stream z{};
    deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<unsigned>(bytes.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<unsigned>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}
#endif

}  // namespace

TEST_CASE("idx: images and labels, as bytes and scaled") {
    const folder here;
    const auto images = here.write("images", header({2, 1, 3}) + "\x00\x33\xff\x01\x02\x03"s);
    CHECK(gr::data::read_idx<3>(images) == gr::tensor<std::uint8_t, 3>{{{0, 51, 255}}, {{1, 2, 3}}});
    const auto x = gr::data::read_images(images);
    CHECK(x(0, 0, 1) == 0.2f);
    CHECK(x(0, 0, 2) == 1.0f);
    const auto labels = here.write("labels", header({3}) + "\x07\x00\x09"s);
    CHECK(gr::data::read_labels(labels, 10) == gr::tensor<std::int32_t, 1>{7, 0, 9});
    CHECK_THROWS_WITH_AS((void)gr::data::read_labels(labels, 8),
                         (labels + ": label 9 of sample 2 is not one of 8 classes, counted from 0").c_str(),
                         gr::data_error);
}

TEST_CASE("idx: a file that is not there") {
    CHECK_THROWS_WITH_AS((void)gr::data::read_idx<1>("/no/such/file"),
                         "cannot open /no/such/file: No such file or directory", gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::data::read_idx<1>("/"), "cannot read /: Is a directory", gr::data_error);
}

TEST_CASE("idx: a damaged file is an error that names the file, the field and the numbers") {
    const folder here;
    const auto fails = [&](const std::string& bytes, const std::string& message) {
        const auto path = here.write("damaged", bytes);
        CHECK_THROWS_WITH_AS((void)gr::data::read_idx<3>(path), (path + ": " + message).c_str(), gr::data_error);
    };
    fails("", "truncated, the IDX header for 3 axes has 16 bytes, the file 0");
    fails("\0\0\x08\x03\0\0"s, "truncated, the IDX header for 3 axes has 16 bytes, the file 6");
    fails("GIF89a, but of some length", "IDX magic must be 0x00000803 (unsigned bytes, 3 axes), got 0x47494638");
    fails(header({20}) + std::string(20, 'x'), "IDX magic must be 0x00000803 (unsigned bytes, 3 axes), got 0x00000801");
    fails(header({2, 0, 3}), "axis 1 has size 0");
    fails(header({2, 1, 3}) + "12345", "truncated, the header promises (2, 1, 3) values, the file holds 5");
    fails(header({2, 1, 3}) + "1234567", "bytes follow the 6 values that the header promises");
    // 2^96 values: the product wraps around to 0 in 64 bits, and must not.
    fails(header({0x80000000u, 0x80000000u, 4}) + "1234",
          "truncated, the header promises (2147483648, 2147483648, 4) values, the file holds 4");
    // A file of 16 MB, where 2^24 x 2^20 x 2^20 wraps around too.
    fails(header({1u << 24, 1u << 20, 1u << 20}) + std::string(1u << 24, 'x'),
          "truncated, the header promises (16777216, 1048576, 1048576) values, the file holds 16777216");
    fails(header({0xffffffffu, 0xffffffffu, 0xffffffffu}),
          "truncated, the header promises (4294967295, 4294967295, 4294967295) values, the file holds 0");
}

TEST_CASE("idx: gzip") {
    const folder here;
#if GRADUS_HAS_ZLIB
    std::string values;
    for (unsigned i = 0; i < 4000; ++i) values += static_cast<char>(i * i * 7919 >> 3);
    const std::string plain = header({40, 10, 10}) + values, packed = gzip(plain);
    const auto read = [&](const std::string& bytes) { return gr::data::read_idx<3>(here.write("images.gz", bytes)); };
    const std::string path = (here.path / "images.gz").string();
    CHECK(read(packed) == gr::data::read_idx<3>(here.write("images", plain)));
    CHECK(read(plain).size() == 4000);  // unpacked under its old name

    CHECK_THROWS_WITH_AS((void)read(packed.substr(0, 50)), doctest::Contains("damaged gzip stream, unexpected end"),
                         gr::data_error);
    std::string flipped = packed;
    flipped[flipped.size() - 8] = static_cast<char>(flipped[flipped.size() - 8] ^ 1);  // the CRC
    CHECK_THROWS_WITH_AS((void)read(flipped), doctest::Contains("damaged gzip stream, incorrect data check"),
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)read(gzip(plain + "!")),
                         (path + ": bytes follow the 4000 values that the header promises").c_str(), gr::data_error);
    CHECK_THROWS_WITH_AS((void)read(gzip(plain.substr(0, 1000))),
                         (path + ": truncated, the header promises (40, 10, 10) values, the file holds 984").c_str(),
                         gr::data_error);
    const std::string lie = gzip(header({60000, 28, 28}));
    const auto most = std::to_string(lie.size() * 1032 - 16);
    CHECK_THROWS_WITH_AS(
        (void)read(lie),
        (path + ": truncated, the header promises (60000, 28, 28) values, the file holds at most " + most).c_str(),
        gr::data_error);

    // A packed file that is large enough for more than 4 GiB is not believed either.
    std::string noise(5u << 20, '\0');
    for (std::size_t i = 0; i < noise.size(); i += 8) {
        const std::uint64_t bits = gr::random::bits(1, i);
        std::copy_n(reinterpret_cast<const char*>(&bits), 8, noise.data() + i);
    }
    CHECK_THROWS_WITH_AS(
        (void)read(gzip(header({5000, 1000, 1000}) + noise)),
        (path + ": truncated, the header promises (5000, 1000, 1000) values, the file holds at most 4294967280").c_str(),
        gr::data_error);
#else
    const auto path = here.write("images.gz", "\x1f\x8b\x08");
    CHECK_THROWS_WITH_AS((void)gr::data::read_idx<3>(path),
                         (path + " is gzipped and this program was built without zlib: gunzip it first").c_str(),
                         gr::data_error);
#endif
}
