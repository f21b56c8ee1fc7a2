#pragma once
/// \file
/// Reading of zip archives from untrusted sources.
///
/// Inflating needs zlib: `GRADUS_HAS_ZLIB` is 1 and the program is linked with -lz. CMake sets both if it finds zlib.

#include "gradus/base/compiled.hpp"
#include "gradus/base/file.hpp"
#include "gradus/io/zip.hpp"

#if GRADUS_HAS_ZLIB
#include <zlib.h>
#endif

namespace gradus::io {

/// Little-endian numbers of a zip archive, which may be cut short anywhere.
class zip_fields {
  public:
    /// \param what  the record being read, for messages
    zip_fields(std::span<const std::byte> bytes, std::size_t at, std::string what)
        : bytes_(bytes), at_(at), what_(std::move(what)) {}

    [[nodiscard]] std::size_t at() const { return at_; }
    void call(std::string what) { what_ = std::move(what); }
    void skip(std::size_t n) { static_cast<void>(take(n)); }
    std::uint32_t u16() { return static_cast<std::uint32_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }
    std::string_view text(std::size_t n) { return {reinterpret_cast<const char*>(take(n).data()), n}; }

    void need(bool condition, std::initializer_list<piece> otherwise) const {
        if (!condition) fail({what_, ": ", message(otherwise)});
    }

  private:
    [[nodiscard, gnu::noinline]] std::span<const std::byte> take(std::size_t n) {
        need(at_ <= bytes_.size() && n <= bytes_.size() - at_,
             {"needs ", n, " bytes from ", at_, " on, the end is at ", bytes_.size()});
        return bytes_.subspan(std::exchange(at_, at_ + n), n);
    }
    [[gnu::noinline]] std::uint64_t number(std::size_t n) {
        std::uint64_t value = 0;
        int shift = 0;
        for (const std::byte b : take(n)) value |= std::to_integer<std::uint64_t>(b) << std::exchange(shift, shift + 8);
        return value;
    }

    std::span<const std::byte> bytes_;
    std::size_t at_;
    std::string what_;
};

/// The members of a zip archive in memory, stored or (with `GRADUS_HAS_ZLIB`) deflated.
///
/// Opening reads the directory and every member's own header and compares them with each other and with the size of the
/// file; nothing is allocated for a size that a file merely claims. Members may not overlap, and one inflates to no
/// more than 1032 times its bytes, the maximum of deflate, and no more than `limit`. A member's checksum is compared
/// when it is read. \throws data_error with the file, the member, and the numbers.
class zip_reader {
  public:
    /// \param file   the archive's name in messages
    /// \param limit  the most bytes of a member; the format allows 4 GiB
    GRADUS_ONCE zip_reader(std::vector<std::byte> bytes, std::string file, std::uint64_t limit = zip::in_zip64);

    /// The members' names in the order of the directory.
    [[nodiscard]] const std::vector<std::string>& names() const { return names_.all(); }
    [[nodiscard]] bool contains(std::string_view name) const { return names_.find(name) != zip_names::none; }
    [[nodiscard]] const std::string& file() const { return file_; }

    /// A member's bytes: a view of the archive if it is stored, else inflated into `room`.
    GRADUS_ONCE [[nodiscard]] std::span<const std::byte> read(std::string_view name,
                                                              std::vector<std::byte>& room) const;

  private:
    struct member {
        std::uint32_t flags, method, crc, packed, size;  // bytes: `packed` in the archive, `size` when inflated
        std::size_t data;                                // where they begin
    };

    [[nodiscard]] std::string title(std::string_view name) const { return message({file_, ", '", name, "'"}); }

    [[nodiscard]] std::span<const std::byte> first(std::size_t n) const { return {bytes_.data(), n}; }

    /// Where the end record begins: the comment after it must reach to the end of the file.
    GRADUS_ONCE [[nodiscard]] std::size_t find_end() const;

    /// Reads a record of the directory and the header it points to. \returns the bytes of header and member.
    GRADUS_ONCE std::uint64_t read_record(zip_fields& f, std::uint32_t number, std::size_t members_end);

    /// Checks that a member's own header agrees with the directory. \returns where its bytes begin.
    GRADUS_ONCE static std::size_t check_header(zip_fields f, const member& m, std::string_view name);

    GRADUS_ONCE static std::span<const std::byte> inflate(std::span<const std::byte> packed, const member& m,
                                                          const std::string& what, std::vector<std::byte>& room);

    std::vector<std::byte> bytes_;
    std::string file_;
    std::uint64_t limit_;
    zip_names names_;
    std::vector<member> members_;
};

#if GRADUS_BODIES_OF(io)

GRADUS_BODY zip_reader::zip_reader(std::vector<std::byte> bytes, std::string file, std::uint64_t limit)
    : bytes_(std::move(bytes)), file_(std::move(file)), limit_(limit) {
    const std::size_t end = find_end();
    zip_fields f(bytes_, end + 4, message({file_, ": end of the directory"}));
    const std::uint32_t disk = f.u16(), first_disk = f.u16(), here = f.u16(), count = f.u16();
    const std::uint32_t length = f.u32(), start = f.u32();
    f.need(count != 0xFFFF && length != zip::in_zip64 && start != zip::in_zip64, {"zip64 is not read"});
    f.need(disk == 0 && first_disk == 0 && here == count, {"the archive is in several files"});
    f.need(std::uint64_t{start} + length == end,
           {"a directory of ", length, " bytes at ", start, " does not end at ", end});
    zip_fields directory(first(end), start, "");
    std::uint64_t room = 0;
    for (std::uint32_t i = 0; i < count; ++i) room += read_record(directory, i, start);
    f.need(directory.at() == end, {count, " members do not fill it"});
    f.need(room <= start, {"members overlap: ", room, " bytes in ", start});
}

GRADUS_BODY std::span<const std::byte> zip_reader::read(std::string_view name, std::vector<std::byte>& room) const {
    const std::size_t place = names_.find(name);
    if (place == zip_names::none) fail({file_, ": no member '", name, "'"});
    const member& m = members_[place];
    std::span<const std::byte> content = std::span(bytes_).subspan(m.data, m.packed);
    if (m.method == zip::deflated) content = inflate(content, m, title(name), room);
    const std::uint32_t crc = crc32(content);
    if (crc != m.crc) fail({title(name), ": damaged, its CRC-32 is ", crc, ", should be ", m.crc});
    return content;
}

GRADUS_BODY std::size_t zip_reader::find_end() const {
    for (std::size_t back = 22; back <= bytes_.size() && back <= 22 + 0xFFFF; ++back) {
        zip_fields f(bytes_, bytes_.size() - back, "");
        if (f.u32() != zip::end_record) continue;
        f.skip(16);
        if (f.u16() == back - 22) return bytes_.size() - back;
    }
    fail({file_, ": ", bytes_.size(),
          " bytes without the end of a zip archive: cut short, or another kind of file"});
}

GRADUS_BODY std::uint64_t zip_reader::read_record(zip_fields& f, std::uint32_t number, std::size_t members_end) {
    f.call(message({file_, ": record ", number, " of the directory"}));
    f.need(f.u32() == zip::directory_record, {"does not begin with PK\\1\\2"});
    member m{};
    f.skip(4);
    m.flags = f.u16();
    m.method = f.u16();
    f.skip(4);
    m.crc = f.u32();
    m.packed = f.u32();
    m.size = f.u32();
    const std::uint32_t name_length = f.u16(), extra_length = f.u16(), comment_length = f.u16();
    f.need(f.u16() == 0, {"is in another file"});
    f.skip(6);
    const std::uint32_t offset = f.u32();
    const std::string name(f.text(name_length));
    f.need(is_printable(name), {"has a name that is empty, not UTF-8, or has control characters"});
    f.skip(extra_length + comment_length);

    const std::string what = title(name);
    const auto need = [&](bool condition, std::initializer_list<piece> otherwise) {
        if (!condition) fail({what, ": ", message(otherwise)});
    };
    need((m.flags & 1) == 0, {"is encrypted"});
    need((m.flags & ~(zip::deflate_options | zip::sizes_follow | zip::utf8)) == 0, {"unknown flags ", m.flags});
    need(m.method == zip::stored || m.method == zip::deflated,
         {"compression method ", m.method, ", known are 0 (stored) and 8 (deflate)"});
    need(m.packed != zip::in_zip64 && m.size != zip::in_zip64 && offset != zip::in_zip64, {"zip64 is not read"});
    // Deflate stores at most 258 bytes in 2 bits: a larger claim is false, and nothing is allocated for it.
    need(m.method == zip::stored ? m.size == m.packed : m.size <= std::uint64_t{m.packed} * 1032,
         {m.size, " bytes cannot be in ", m.packed});
    need(m.size <= limit_, {"its ", m.size, " bytes are more than the limit of ", limit_});
    m.data = check_header(zip_fields(first(members_end), offset, message({what, ": header"})), m, name);
    need(m.packed <= members_end - m.data,
         {m.packed, " bytes from ", m.data, " on, but the directory begins at ", members_end});
    need(names_.add(name), {"a second time"});
    members_.push_back(m);
    return m.data - offset + std::uint64_t{m.packed};
}

GRADUS_BODY std::size_t zip_reader::check_header(zip_fields f, const member& m, std::string_view name) {
    const auto same = [&](const char* field, std::uint64_t value, std::uint64_t expected) {
        f.need(value == expected, {field, " is ", value, ", the directory says ", expected});
    };
    f.need(f.u32() == zip::local_record, {"does not begin with PK\\3\\4"});
    f.skip(2);
    same("flags", f.u16(), m.flags);
    same("method", f.u16(), m.method);
    f.skip(4);
    const std::uint32_t crc = f.u32();
    std::uint64_t packed = f.u32(), size = f.u32();
    const std::uint32_t name_length = f.u16(), extra_length = f.u16();
    f.need(f.text(name_length) == name, {"another name than in the directory"});
    zip_fields extra = f;
    f.skip(extra_length);
    const std::size_t data = f.at();
    if ((m.flags & zip::sizes_follow) != 0) return data;  // written to a pipe: only the directory has the sizes
    if (size == zip::in_zip64 || packed == zip::in_zip64) {
        // Python reserves zip64 fields before it knows the sizes: those are in field 1 of the extras.
        while (extra.at() + 20 <= data) {
            const std::uint32_t id = extra.u16(), length = extra.u16();
            if (id == 1 && length >= 16) {
                size = extra.u64();
                packed = extra.u64();
                break;
            }
            extra.skip(length);
        }
    }
    same("CRC-32", crc, m.crc);
    same("packed size", packed, m.packed);
    same("size", size, m.size);
    return data;
}

GRADUS_BODY std::span<const std::byte> zip_reader::inflate(std::span<const std::byte> packed, const member& m,
                                                           const std::string& what, std::vector<std::byte>& room) {
#if GRADUS_HAS_ZLIB
    room.resize(m.size);
    std::byte none{};  // zlib needs an address even for zero bytes
    ::z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream.avail_in = m.packed;
    stream.next_out = reinterpret_cast<Bytef*>(room.empty() ? &none : room.data());
    stream.avail_out = m.size;
    bool whole = ::inflateInit2(&stream, -15) == Z_OK;  // -15: raw deflate, as in zip
    whole = whole && ::inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
    const auto got = m.size - stream.avail_out;
    ::inflateEnd(&stream);
    if (!whole) fail({what, ": damaged, ", got, " of ", m.size, " bytes could be inflated"});
    return room;
#else
    static_cast<void>(packed), static_cast<void>(m), static_cast<void>(room);
    fail({what,
          ": is compressed, and this program has no zlib. Save it with numpy.savez instead of "
          "numpy.savez_compressed, or compile with -DGRADUS_HAS_ZLIB=1 and -lz"});
#endif
}

#endif

}  // namespace gradus::io
