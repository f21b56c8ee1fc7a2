#include "gradus/io/npz.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <cmath>

#include "../support/fixture.hpp"
#include "temporary_folder.hpp"

namespace gr = gradus;
using gr::io::npz_reader;
using gr::io::npz_writer;

namespace {

using bytes = std::vector<std::byte>;

const std::string fixtures = support::fixture("npz/");
const std::vector<float> matrix{0, 0.25f, 0.5f, 0.75f, 1, 1.25f};

/// The arrays of fixtures/npz/gradus.npz.
void write_example(const std::string& path) {
    npz_writer out(path);
    out.add("0.W", {2, 3}, matrix);
    out.add("encoder/0.b", gr::tensor<double, 1>{-1.5, 0.0, HUGE_VAL});
    out.add("step", (std::uint64_t{1} << 63) + 1);
    out.add("größe", {1, 1}, std::vector<std::int64_t>{7});
    out.add("empty", {0, 4}, std::vector<float>{});
    out.close();
}

/// One matrix, stored: 30 bytes of header, 7 of name, 152 of .npy; 53 of directory; 22 of end.
bytes small_archive() {
    const temporary_folder folder;
    npz_writer out(folder / "a.npz");
    out.add("0.W", {2, 3}, matrix);
    out.close();
    return gr::io::read_file(folder / "a.npz");
}
constexpr std::size_t directory = 189, end = 242;

void put(bytes& to, std::size_t at, std::uint32_t value, int width) {
    for (int i = 0; i < width; ++i) to[at + static_cast<std::size_t>(i)] = static_cast<std::byte>(value >> (8 * i));
}

void read_all(const bytes& content) {
    const npz_reader in(content, "a.npz");
    for (const auto& name : in.names()) (void)in[name];
}
std::string refusal(const bytes& content) {
    return message_of([&] { read_all(content); });
}

}  // namespace

TEST_CASE("io.npz: round trip") {
    const temporary_folder folder;
    write_example(folder / "a.npz");
    const npz_reader in(folder / "a.npz");
    CHECK(in.names() == std::vector<std::string>{"0.W", "encoder/0.b", "step", "größe", "empty"});
    CHECK(in.contains("0.W"));
    CHECK_FALSE(in.contains("0.W.npy"));
    const auto W = in["0.W"];
    CHECK(W.name == "0.W");
    CHECK(std::ranges::equal(W.as<float>({2, 3}), matrix));
    CHECK(in["encoder/0.b"].to<gr::tensor<double, 1>>()(0) == -1.5);
    CHECK(in["step"].scalar<std::uint64_t>() == 9223372036854775809u);
    CHECK(in["größe"].shape == std::vector<std::size_t>{1, 1});
    CHECK(in["empty"].shape == std::vector<std::size_t>{0, 4});
    CHECK(in["empty"].to<gr::tensor<float, 2>>().size() == 0);
    CHECK(folder.files() == 1);

    npz_writer(folder / "none.npz").close();
    CHECK(npz_reader(folder / "none.npz").names().empty());
}

TEST_CASE("io.npz: the very bytes that NumPy was seen to read") {
    const temporary_folder folder;
    write_example(folder / "a.npz");
    CHECK(gr::io::read_file(folder / "a.npz") == gr::io::read_file(fixtures + "gradus.npz"));
}

TEST_CASE("io.npz: what NumPy wrote") {
    const npz_reader in(fixtures + "numpy.npz");
    CHECK(in.names().size() == 18);
    CHECK(in["0.W"].to<gr::tensor<float, 2>>()(1, 2) == 1.25f);
    CHECK(in["encoder/0.b"].to<gr::tensor<double, 1>>()(2) == HUGE_VAL);
    CHECK(in["step"].scalar<std::uint64_t>() == 9223372036854775809u);
    CHECK(in["größe"].to<gr::tensor<std::int64_t, 2>>()(0, 0) == 7);
    CHECK(in["empty"].shape == std::vector<std::size_t>{0, 4});
    const auto columns = in["columns"];
    for (int i = 0; const int v : columns.as<int>({2, 3, 4})) CHECK(v == i++);
    CHECK(in["big"].to<gr::tensor<int, 1>>() == gr::tensor<int, 1>{1, -2, 258});
    CHECK(in["big columns"].to<gr::tensor<double, 2>>() == gr::tensor<double, 2>{{0, 1, 2}, {3, 4, 5}});
    const auto counts = [&]<class T>(T, const char* type) {
        const auto a = in[std::string("type ") + type];
        CHECK(std::ranges::equal(a.template as<T>({3}), std::vector<T>{T(1), T(2), T(3)}));
    };
    counts(1.f, "f4"), counts(1.0, "f8"), counts(std::int8_t{}, "i1"), counts(std::int16_t{}, "i2");
    counts(std::int32_t{}, "i4"), counts(std::int64_t{}, "i8"), counts(std::uint8_t{}, "u1");
    counts(std::uint16_t{}, "u2"), counts(std::uint32_t{}, "u4"), counts(std::uint64_t{}, "u8");
}

TEST_CASE("io.npz: written to a pipe, and with zip64 announced in vain") {
    for (const char* name : {"streamed.npz", "announced.npz"}) {
        const auto W = npz_reader(fixtures + name)["0.W"];
        CHECK(std::ranges::equal(W.as<float>({2, 3}), matrix));
    }
}

TEST_CASE("io.npz: compressed arrays are read with zlib, and explained without") {
    const npz_reader in(fixtures + "compressed.npz");
#if GRADUS_HAS_ZLIB
    const auto W = in["0.W"], zeros = in["zeros"];
    CHECK(std::ranges::equal(W.as<float>({2, 3}), matrix));
    CHECK(std::ranges::equal(zeros.as<double>({40, 50}), std::vector<double>(2000)));
#else
    CHECK(message_of([&] { (void)in["0.W"]; }) ==
          fixtures +
              "compressed.npz, '0.W.npy': is compressed, and this program has no zlib. Save it with numpy.savez "
              "instead of numpy.savez_compressed, or compile with -DGRADUS_HAS_ZLIB=1 and -lz");
#endif
}

TEST_CASE("io.npz: arrays and archives that it does not know") {
    const npz_reader in(fixtures + "refused.npz");
    const auto refused = [&](const char* name) {
        return message_of([&] { (void)in[name]; }).substr((fixtures + "refused.npz, ").size());
    };
    const std::string known = ", none of b1 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8, at byte ";
    CHECK(refused("half") == "'half': npy header has descr '<f2'" + known + "15 of 118");
    CHECK(in["truth"].type.text() == "u1");  // NumPy's bool
    CHECK(refused("text") == "'text': npy header has descr '<U2'" + known + "15 of 118");
    CHECK(refused("thing") == "'thing': npy header has descr '|O'" + known + "14 of 118");
    CHECK(refused("pair") ==
          "'pair': npy header has a descr of several fields; only plain arrays are read, at byte 10 of 118");
    CHECK(message_of([] { npz_reader(fixtures + "no_array.npz"); }) ==
          fixtures + "no_array.npz: member 'word/document.xml' is no array, its name does not end in .npy");
    CHECK(message_of([&] { (void)in["whole"]; }) ==
          fixtures + "refused.npz: no array 'whole', it has half, truth, text, pair, thing");
    CHECK(message_of([] { (void)npz_reader(fixtures + "numpy.npz")["1.W"]; })
              .ends_with("no array '1.W', it has 0.W, encoder/0.b, step, größe, empty, columns, big, big columns, ... "
                         "(18 arrays)"));
}

TEST_CASE("io.npz: cut short anywhere, it is an error") {
    const bytes whole = small_archive();
    REQUIRE(whole.size() == end + 22);
    CHECK(refusal(whole) == "no error");
    CHECK(refusal(bytes(whole.begin(), whole.end() - 1)) ==
          "a.npz: 263 bytes without the end of a zip archive: cut short, or another kind of file");
    for (std::size_t n = 0; n < whole.size(); ++n)
        CHECK(refusal(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))) != "no error");
}

TEST_CASE("io.npz: a flipped byte is an error, or lies where it changes nothing") {
    for (const char* name : {"gradus.npz", "announced.npz", "streamed.npz", "compressed.npz"}) {
        const bytes whole = gr::io::read_file(fixtures + name);
        const npz_reader good(whole, name);
        long harmless = 0;
        for (std::size_t i = 0; i < whole.size(); ++i)
            for (const int flip : {0x01, 0x08, 0x80, 0xFF, 0x21}) {
                bytes flipped = whole;
                flipped[i] ^= static_cast<std::byte>(flip);
                bool same = true;
                const std::string error = message_of([&] {
                    const npz_reader in(flipped, name);
                    same = in.names() == good.names();
                    for (const auto& array : good.names()) {
#if !GRADUS_HAS_ZLIB
                        if (std::string(name) == "compressed.npz") continue;
#endif
                        const auto a = in[array], b = good[array];
                        same = same && a.type == b.type && a.shape == b.shape && a.bytes == b.bytes;
                    }
                });
                CHECK(same);
                harmless += error == "no error";
            }
        // In each of its five members, version and date (6 bytes), in their records these and the attributes (14).
        if (name == std::string("gradus.npz")) CHECK(harmless == 5 * (6 + 14) * 5);
    }
}

TEST_CASE("io.npz: each field of the archive is checked") {
    const auto with = [](std::size_t at, std::uint32_t value, int width) {
        bytes content = small_archive();
        put(content, at, value, width);
        return refusal(content);
    };
    // The end of the directory.
    CHECK(with(end + 4, 1, 2) == "a.npz: end of the directory: the archive is in several files");
    CHECK(with(end + 10, 2, 2) == "a.npz: end of the directory: the archive is in several files");
    CHECK(with(end + 10, 0xFFFF, 2) == "a.npz: end of the directory: zip64 is not read");
    CHECK(with(end + 16, 0xFFFFFFFF, 4) == "a.npz: end of the directory: zip64 is not read");
    CHECK(with(end + 16, 188, 4) == "a.npz: end of the directory: a directory of 53 bytes at 188 does not end at 242");
    CHECK(with(end + 12, 0xFFFFFFF0, 4) ==
          "a.npz: end of the directory: a directory of 4294967280 bytes at 189 does not end at 242");
    CHECK(with(end + 8, 0, 4) == "a.npz: end of the directory: 0 members do not fill it");
    CHECK(with(end + 8, 2 << 16 | 2, 4) ==
          "a.npz: record 1 of the directory: needs 4 bytes from 242 on, the end is at 242");
    // The record of the directory.
    CHECK(with(directory, 0, 4) == "a.npz: record 0 of the directory: does not begin with PK\\1\\2");
    CHECK(with(directory + 28, 0xFFFF, 2) ==
          "a.npz: record 0 of the directory: needs 65535 bytes from 235 on, the end is at 242");
    CHECK(with(directory + 34, 1, 2) == "a.npz: record 0 of the directory: is in another file");
    CHECK(with(directory + 46, 0x1b, 1) ==
          "a.npz: record 0 of the directory: has a name that is empty, not UTF-8, or has control characters");
    CHECK(with(directory + 8, 1, 2) == "a.npz, '0.W.npy': is encrypted");
    CHECK(with(directory + 8, 32, 2) == "a.npz, '0.W.npy': unknown flags 32");
    CHECK(with(directory + 10, 12, 2) ==
          "a.npz, '0.W.npy': compression method 12, known are 0 (stored) and 8 (deflate)");
    CHECK(with(directory + 24, 0xFFFFFFFF, 4) == "a.npz, '0.W.npy': zip64 is not read");
    CHECK(with(directory + 24, 4000000000, 4) == "a.npz, '0.W.npy': 4000000000 bytes cannot be in 152");
    CHECK(with(directory + 42, 1, 4) == "a.npz, '0.W.npy': header: does not begin with PK\\3\\4");
    CHECK(with(directory + 42, 4000000000, 4) ==
          "a.npz, '0.W.npy': header: needs 4 bytes from 4000000000 on, the end is at 189");
    // The member's own header.
    CHECK(with(0, 0, 4) == "a.npz, '0.W.npy': header: does not begin with PK\\3\\4");
    CHECK(with(6, 0x800, 2) == "a.npz, '0.W.npy': header: flags is 2048, the directory says 0");
    CHECK(with(8, 8, 2) == "a.npz, '0.W.npy': header: method is 8, the directory says 0");
    CHECK(with(18, 151, 4) == "a.npz, '0.W.npy': header: packed size is 151, the directory says 152");
    CHECK(with(22, 153, 4) == "a.npz, '0.W.npy': header: size is 153, the directory says 152");
    CHECK(with(22, 0xFFFFFFFF, 4) == "a.npz, '0.W.npy': header: size is 4294967295, the directory says 152");
    CHECK(with(28, 1, 2) == "a.npz, '0.W.npy': 152 bytes from 38 on, but the directory begins at 189");
    CHECK(with(28, 0xFFFF, 2) == "a.npz, '0.W.npy': header: needs 65535 bytes from 37 on, the end is at 189");
    CHECK(with(30, 'x', 1) == "a.npz, '0.W.npy': header: another name than in the directory");
    // Its bytes.
    CHECK(with(188, 0, 1).starts_with("a.npz, '0.W.npy': damaged, its CRC-32 is "));
}

TEST_CASE("io.npz: the same bytes under two names, and one name twice") {
    const bytes one = small_archive();
    const auto record = [&](std::size_t from, std::size_t to) {
        return bytes(one.begin() + static_cast<std::ptrdiff_t>(from), one.begin() + static_cast<std::ptrdiff_t>(to));
    };
    const auto archive = [&](std::initializer_list<bytes> parts) {
        bytes all;
        for (const bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
        const std::size_t at = all.size() - 22;
        put(all, at + 8, 2 << 16 | 2, 4);
        put(all, at + 12, 106, 4);
        put(all, at + 16, static_cast<std::uint32_t>(at - 106), 4);
        return all;
    };
    const bytes member = record(0, directory), entry = record(directory, end), tail = record(end, end + 22);
    CHECK(refusal(archive({member, entry, entry, tail})) == "a.npz, '0.W.npy': a second time");
    bytes other = entry, twin = member;
    put(other, 42, directory, 4);
    CHECK(refusal(archive({member, member, entry, other, tail})) == "a.npz, '0.W.npy': a second time");
    put(other, 46, '1', 1);
    put(twin, 30, '1', 1);
    CHECK(refusal(archive({member, twin, entry, other, tail})) == "no error");
    // A member inside another, as bombs have it: the first one's bytes run on over the second header.
    bytes long_entry = entry, long_member = member;
    put(long_entry, 20, 300, 4), put(long_entry, 24, 300, 4), put(long_member, 18, 300, 4),
        put(long_member, 22, 300, 4);
    CHECK(refusal(archive({long_member, twin, long_entry, other, tail})) ==
          "a.npz: end of the directory: members overlap: 526 bytes in 378");
}

#if GRADUS_HAS_ZLIB
TEST_CASE("io.npz: a deflated member may claim only what deflate can do") {
    const bytes whole = gr::io::read_file(fixtures + "compressed.npz");
    const npz_reader good(whole, "a.npz");
    std::size_t at = whole.size() - 22 - (46 + 7) - (46 + 9);  // the record of 0.W
    REQUIRE(whole[at + 46] == std::byte{'0'});
    const auto claim = [&](std::uint32_t size) {
        bytes content = whole;
        put(content, at + 24, size, 4);
        put(content, 22, size, 4);
        if (content[30 + 7] == std::byte{1}) put(content, 30 + 7 + 4, size, 4);  // and in the extra field
        return refusal(content);
    };
    CHECK(claim(152) == "no error");
    CHECK(claim(151).starts_with("a.npz, '0.W.npy': damaged, "));
    CHECK(claim(153) == "a.npz, '0.W.npy': damaged, 152 of 153 bytes could be inflated");
    CHECK(claim(4000000000).find(" bytes cannot be in ") != std::string::npos);
}

TEST_CASE("io.npz: an array may be larger than a limit that is given") {
    const std::string path = fixtures + "compressed.npz";  // 40 x 50 doubles, of which 200 bytes are left
    CHECK(npz_reader(path, 16128).contains("zeros"));
    CHECK(message_of([&] { npz_reader in(path, 16127); }) ==
          path + ", 'zeros.npy': its 16128 bytes are more than the limit of 16127");
}
#endif

TEST_CASE("io.npz: a file that is larger than any archive that can be read") {
    const temporary_folder folder;
    write_example(folder / "a.npz");
    std::filesystem::resize_file(folder / "a.npz", std::uintmax_t{5} << 30);  // a hole: it takes no room
    CHECK(message_of([&] { npz_reader in(folder / "a.npz"); }) ==
          folder / "a.npz" + ": cannot be read: its 5368709120 bytes are more than 4294967295");
}

TEST_CASE("io.npz: the writer refuses what it cannot write, and the old file stays") {
    const temporary_folder folder;
    write_example(folder / "a.npz");
    const bytes old = gr::io::read_file(folder / "a.npz");
    {
        npz_writer out(folder / "a.npz");
        out.add("W", {2, 3}, matrix);
        const auto refused = [&](std::string_view name, gr::io::shape_view shape) {
            return message_of([&] { out.add(name, shape, matrix); }).substr((folder / "a.npz").size());
        };
        CHECK(refused("W", {2, 3}) == ": cannot be written: 'W.npy' a second time");
        CHECK(refused("V", {3, 3}) == ", 'V': shape (3, 3) does not have 6 elements");
        const std::string names =
            ": cannot be written: a member's name must be UTF-8 without control characters, of 1 to 65535 bytes";
        for (const std::string name : {"a\nb", "\x7f", "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xc2\x9b", "\xe2\x82",
                                       "\xf4\x90\x80\x80", "\xf0\x82\x82\xac"})
            CHECK(refused(name, {2, 3}) == names);
        CHECK(refused(std::string(65532, 'x'), {2, 3}) == names);
        CHECK(refused(std::string("a\0b", 3), {2, 3}) == names);

        // 5 GiB of addresses without memory behind them: the size alone must be enough to refuse.
        const std::size_t huge = std::size_t{5} << 30;
        void* addresses = ::mmap(nullptr, huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        REQUIRE(addresses != MAP_FAILED);
        const std::span<const float> large(static_cast<const float*>(addresses), huge / 4);
        CHECK(message_of([&] { out.add("large", {huge / 4}, large); }) ==
              folder / "a.npz" +
                  ": cannot be written: 'large.npy' of 5368709248 bytes makes more than 4 GiB: zip64 is not written");
        ::munmap(addresses, huge);
        out.add("€ 𝄞 é", {6}, matrix);  // what was refused left no trace
    }
    CHECK(gr::io::read_file(folder / "a.npz") == old);
    CHECK(folder.files() == 1);

    CHECK(message_of([&] { npz_writer out(folder / "runs/a.npz"); }) ==
          folder / "runs/a.npz" + ": cannot be written: there is no folder " + folder.path + "/runs");
    CHECK(message_of([&] { npz_writer out(folder.path); }) == folder.path + ": cannot be written: it is a folder");
}

TEST_CASE("io.npz: 65534 arrays and no more") {
    const temporary_folder folder;
    npz_writer out(folder / "a.npz");
    for (int i = 0; i < 65534; ++i) out.add(std::to_string(i), std::uint8_t{1});
    CHECK(message_of([&] { out.add("x", 1); }) ==
          folder / "a.npz" + ": cannot be written: 'x.npy' would be member 65535: zip64 is not written");
    out.close();
    const npz_reader in(folder / "a.npz");
    CHECK(in.names().size() == 65534);
    CHECK(in["65533"].scalar<std::uint8_t>() == 1);
}

TEST_CASE("io.crc32: the check value of the catalogue, any length, in pieces") {
    const auto crc = [](std::string_view text, std::uint32_t before = 0) {
        return gr::io::crc32(std::as_bytes(std::span(text)), before);
    };
    CHECK(crc("123456789") == 0xCBF43926);
    CHECK(crc("") == 0);
    std::string text;
    for (int i = 0; i < 50; ++i) text += static_cast<char>(37 * i);
    for (std::size_t n = 0; n <= text.size(); ++n) {
        std::uint32_t slow = ~0u;  // bit by bit, as the polynomial division is written down
        for (std::size_t i = 0; i < n; ++i)
            for (int bit = 0; bit < 8; ++bit)
                slow =
                    (slow >> 1) ^ (((slow ^ (static_cast<unsigned char>(text[i]) >> bit)) & 1) != 0 ? 0xEDB88320u : 0);
        CHECK(crc(text.substr(0, n)) == ~slow);
        CHECK(crc(text.substr(n), crc(text.substr(0, n))) == crc(text));
    }
}
