#pragma once
/// \file
/// Reads the bytes of a file; a gzipped file is unpacked.
///
/// `GRADUS_HAS_ZLIB` (0 or 1) says whether the program is linked with zlib. CMake sets it; by hand: -DGRADUS_HAS_ZLIB=1
/// -lz. Without zlib, plain files work, and a gzipped file is an error whose message suggests `gunzip`.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

#ifndef GRADUS_HAS_ZLIB
#define GRADUS_HAS_ZLIB 0
#endif
#if GRADUS_HAS_ZLIB
#include <zlib.h>
#endif

namespace gradus::data {

/// A file, read from its beginning. Its first two bytes decide whether it is gzipped, not its name: a browser may have
/// unpacked it and kept the name.
class byte_reader {
  public:
    /// \throws data_error for a file that cannot be read, or that is gzipped when the program has no zlib.
    GRADUS_ONCE explicit byte_reader(std::string path);

    /// Reads `n` bytes, fewer only at the end of the file. \throws data_error for a damaged or truncated gzip stream.
    GRADUS_ONCE std::size_t read(void* to, std::size_t n);

    /// Upper bound on the unpacked bytes: the file's size, or for a gzipped file 1032 times that (the limit of
    /// deflate), at most 4 GiB. A header that announces more data than this can be rejected before memory is allocated.
    [[nodiscard]] std::uint64_t limit() const { return packed_ ? std::min(1032 * size_, most_unpacked) : size_; }

    /// The largest `limit()` of a gzipped file: 4 GiB.
    static constexpr std::uint64_t most_unpacked = std::uint64_t{1} << 32;

    [[nodiscard]] bool packed() const { return packed_; }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    struct close {
        void operator()(std::FILE* file) const { std::fclose(file); }
#if GRADUS_HAS_ZLIB
        void operator()(gzFile file) const { gzclose(file); }
#endif
    };

    std::string path_;
    std::unique_ptr<std::FILE, close> file_;
#if GRADUS_HAS_ZLIB
    std::unique_ptr<gzFile_s, close> unpack_;
#endif
    std::uint64_t size_ = 0, done_ = 0;
    bool packed_ = false;
};

/// The whole file, unpacked.
/// \throws data_error as byte_reader does, and for more than `most` bytes: before reading a plain file, while unpacking
///         a gzipped one.
GRADUS_ONCE [[nodiscard]] std::string read_text(const std::string& path, std::uint64_t most);

#if GRADUS_BODIES_OF(base)

GRADUS_BODY byte_reader::byte_reader(std::string path)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "rb")) {
    if (!file_) throw data_error("cannot open " + path_ + ": " + std::strerror(errno));
    unsigned char first[2] = {};
    const std::size_t got = std::fread(first, 1, 2, file_.get());
    if (std::ferror(file_.get()) || std::fseek(file_.get(), 0, SEEK_END) != 0)
        throw data_error("cannot read " + path_ + ": " + std::strerror(errno));
    size_ = static_cast<std::uint64_t>(std::ftell(file_.get()));
    std::rewind(file_.get());
    packed_ = got == 2 && first[0] == 0x1f && first[1] == 0x8b;
    if (!packed_) return;
#if GRADUS_HAS_ZLIB
    unpack_.reset(gzopen(path_.c_str(), "rb"));
    if (!unpack_) throw data_error("cannot open " + path_ + ": " + std::strerror(errno));
    gzbuffer(unpack_.get(), 1u << 17);
#else
    throw data_error(path_ + " is gzipped and this program was built without zlib: gunzip it first");
#endif
}

GRADUS_BODY std::size_t byte_reader::read(void* to, std::size_t n) {
    std::size_t got = 0;
#if GRADUS_HAS_ZLIB
    while (packed_ && got < n) {
        const auto piece = static_cast<unsigned>(std::min<std::size_t>(n - got, 1u << 30));
        const int step = gzread(unpack_.get(), static_cast<char*>(to) + got, piece);
        got += static_cast<std::size_t>(std::max(step, 0));
        if (step == static_cast<int>(piece)) continue;
        int code = Z_OK;
        std::string_view reason = gzerror(unpack_.get(), &code);
        if (reason.starts_with(path_)) reason.remove_prefix(path_.size() + 2);
        if (code != Z_OK)
            throw data_error(path_ + ": damaged gzip stream, " + std::string(reason) + " after " +
                             std::to_string(done_ + got) + " unpacked bytes");
        break;
    }
#endif
    if (!packed_) got = std::fread(to, 1, n, file_.get());
    done_ += got;
    return got;
}

GRADUS_BODY std::string read_text(const std::string& path, std::uint64_t most) {
    byte_reader in(path);
    std::string text;
    for (std::uint64_t room = in.packed() ? 1u << 20 : in.limit();; room = 2 * room + 1) {
        const auto done = text.size();
        if (!in.packed() && room > most)
            throw data_error(message({path, ": its ", room, " bytes are more than the limit of ", most}));
        text.resize(static_cast<std::size_t>(std::min(room, most) + 1));  // one more, to notice an excess
        text.resize(done + in.read(text.data() + done, text.size() - done));
        if (text.size() > most) throw data_error(message({path, ": its text is more than the limit of ", most, " bytes"}));
        if (text.size() <= room) return text;
    }
}

#endif

}  // namespace gradus::data
