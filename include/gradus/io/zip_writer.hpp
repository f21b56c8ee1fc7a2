#pragma once
/// \file
/// Writing of zip archives.

#include <algorithm>
#include <initializer_list>

#include "gradus/base/compiled.hpp"
#include "gradus/base/file.hpp"
#include "gradus/io/zip.hpp"

namespace gradus::io {

/// Writes a zip archive of stored members. Equal members produce equal bytes: all carry the date 1980-01-01.
///
/// The file is replaced at `close`; without it, or after a failure, an existing file stays as it was.
/// \throws data_error with the path and the reason.
class zip_writer {
  public:
    explicit zip_writer(std::string path) : file_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const { return file_.path(); }

    /// Adds a member whose bytes are these parts, concatenated.
    GRADUS_ONCE void add(std::string_view name, std::initializer_list<std::span<const std::byte>> parts);

    /// Writes the directory and moves the file to its path.
    GRADUS_ONCE void close();

  private:
    [[noreturn]] void refuse(std::initializer_list<piece> why) const {
        fail({path(), ": cannot be written: ", message(why)});
    }
    void write(const std::string& text) { file_.write(std::as_bytes(std::span(text))); }
    [[gnu::noinline]] static void put16(std::string& out, std::initializer_list<std::uint32_t> values) {
        for (const std::uint32_t v : values)
            for (int shift = 0; shift < 16; shift += 8) out += static_cast<char>(v >> shift & 255);
    }
    [[gnu::noinline]] static void put32(std::string& out, std::initializer_list<std::uint32_t> values) {
        for (const std::uint32_t v : values) put16(out, {v & 0xFFFF, v >> 16});
    }

    replacement_file file_;
    zip_names names_;
    std::string directory_;
    std::uint64_t offset_ = 0;
};

#if GRADUS_BODIES_OF(io)

GRADUS_BODY void zip_writer::add(std::string_view name, std::initializer_list<std::span<const std::byte>> parts) {
    if (!is_printable(name) || name.size() > 0xFFFF)
        refuse({"a member's name must be UTF-8 without control characters, of 1 to 65535 bytes"});
    if (names_.size() == 0xFFFE) refuse({"'", name, "' would be member 65535: zip64 is not written"});
    if (names_.find(name) != zip_names::none) refuse({"'", name, "' a second time"});
    std::uint64_t size = 0;
    for (const auto& part : parts) size += part.size();
    if (offset_ + size + directory_.size() + 2 * name.size() + 200 > 0xFFFFFFFF)
        refuse({"'", name, "' of ", size, " bytes makes more than 4 GiB: zip64 is not written"});
    std::uint32_t crc = 0;
    for (const auto& part : parts) crc = crc32(part, crc);
    const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });

    std::string shared;  // the common part of the local record and the directory record
    put16(shared, {20, ascii ? 0 : zip::utf8, 0, 0, 0x21});
    put32(shared, {crc, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(size)});
    put16(shared, {static_cast<std::uint32_t>(name.size()), 0});

    put32(directory_, {zip::directory_record});
    put16(directory_, {20});
    directory_ += shared;
    put16(directory_, {0, 0, 0});
    put32(directory_, {0, static_cast<std::uint32_t>(offset_)});
    directory_ += name;

    std::string record;
    put32(record, {zip::local_record});
    record += shared;
    record += name;
    write(record);
    for (const auto& part : parts) file_.write(part);
    offset_ += record.size() + size;
    names_.add(name);
}

GRADUS_BODY void zip_writer::close() {
    const auto count = static_cast<std::uint32_t>(names_.size());
    std::string end;
    put32(end, {zip::end_record});
    put16(end, {0, 0, count, count});
    put32(end, {static_cast<std::uint32_t>(directory_.size()), static_cast<std::uint32_t>(offset_)});
    put16(end, {0});
    write(directory_);
    write(end);
    file_.commit();
}

#endif

}  // namespace gradus::io
