#pragma once
/// \file
/// Reads whole files; writes files atomically.

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus::io {

/// \throws data_error, with this message.
[[noreturn, gnu::noinline]] inline void fail(std::initializer_list<piece> pieces) { throw data_error(message(pieces)); }

/// Closes what `std::fopen` opened.
struct file_closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using file_handle = std::unique_ptr<std::FILE, file_closer>;

/// The system's text for an error number: "No such file or directory".
[[nodiscard]] inline std::string system_reason(int number) { return std::generic_category().message(number); }

/// The contents of a regular file, in one allocation of its size.
///
/// \throws data_error with the path and the system's reason; before allocating if the file is a folder, a device or
///         longer than `limit` bytes.
GRADUS_ONCE [[nodiscard]] std::vector<std::byte> read_file(const std::string& path, std::uint64_t limit = UINT64_MAX);

/// An atomically replaced file: the old contents of `path` stay untouched until `commit`, and after any failure.
///
/// Data is written to a temporary file in the same folder, which `commit` flushes, syncs and renames; without a commit
/// the destructor removes it. A link is followed, the mode of a replaced file is kept, and a file without write
/// permission is not replaced, although a rename could do it.
///
/// \throws data_error with the path and the reason.
class replacement_file {
  public:
    GRADUS_ONCE explicit replacement_file(std::string path);
    replacement_file(const replacement_file&) = delete;
    replacement_file& operator=(const replacement_file&) = delete;
    ~replacement_file() { discard(); }

    /// Whether `write` and `commit` can still be called: no commit and no failure so far.
    [[nodiscard]] bool is_open() const { return file_ != nullptr; }

    /// The path as given; messages use it.
    [[nodiscard]] const std::string& path() const { return path_; }

    GRADUS_ONCE void write(std::span<const std::byte> bytes);

    /// Replaces the file at `path`.
    GRADUS_ONCE void commit();

  private:
    [[noreturn]] void refuse(std::string_view why) const { fail({path_, ": cannot be written: ", why}); }
    GRADUS_ONCE [[noreturn]] void refuse(int reason) const;
    [[noreturn]] void discard_and_refuse(int reason) {
        discard();
        refuse(reason);
    }
    GRADUS_ONCE void discard();

    std::string path_, target_, temporary_;
    file_handle file_;
};

#if GRADUS_BODIES_OF(base)

GRADUS_BODY std::vector<std::byte> read_file(const std::string& path, std::uint64_t limit) {
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0) fail({path, ": cannot be read: ", system_reason(errno)});
    if (S_ISDIR(info.st_mode)) fail({path, ": cannot be read: it is a folder"});
    if (!S_ISREG(info.st_mode)) fail({path, ": cannot be read: it is a device or a pipe"});
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > limit) fail({path, ": cannot be read: its ", size, " bytes are more than ", limit});

    const file_handle file(std::fopen(path.c_str(), "rb"));
    if (!file) fail({path, ": cannot be read: ", system_reason(errno)});
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    const std::size_t got = bytes.empty() ? 0 : std::fread(bytes.data(), 1, bytes.size(), file.get());
    if (got != bytes.size()) fail({path, ": cannot be read: it ended after ", got, " of ", size, " bytes"});
    return bytes;
}

GRADUS_BODY replacement_file::replacement_file(std::string path) : path_(std::move(path)), target_(path_) {
    if (path_.empty()) refuse(ENOENT);
    struct stat old = {};
    const bool exists = ::stat(path_.c_str(), &old) == 0;
    if (exists && S_ISDIR(old.st_mode)) refuse("it is a folder");
    if (exists && !S_ISREG(old.st_mode))
        refuse("it is a device or a pipe");  // a rename would replace it by a file
    if (exists && ::access(path_.c_str(), W_OK) != 0) refuse(errno);
    if (char* real = exists ? ::realpath(path_.c_str(), nullptr) : nullptr) {
        target_ = real;
        std::free(real);
    }
    for (int n = 0; n < 1000 && !file_; ++n) {  // "x": fails if another writer has created it
        temporary_ = target_ + ".tmp" + std::to_string(n);
        file_.reset(std::fopen(temporary_.c_str(), "wbx"));
        if (!file_ && errno != EEXIST) break;
    }
    if (!file_) refuse(errno);
    if (exists && ::fchmod(::fileno(file_.get()), old.st_mode & 07777) != 0) discard_and_refuse(errno);
}

GRADUS_BODY void replacement_file::write(std::span<const std::byte> bytes) {
    if (!file_) refuse("it was closed, or an earlier write failed");
    if (!bytes.empty() && std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
        discard_and_refuse(errno);
}

GRADUS_BODY void replacement_file::commit() {
    if (!file_) refuse("it was closed, or an earlier write failed");
    if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0) discard_and_refuse(errno);
    if (std::fclose(file_.release()) != 0 || std::rename(temporary_.c_str(), target_.c_str()) != 0) {
        const int reason = errno;
        std::remove(temporary_.c_str());
        refuse(reason);
    }
}

GRADUS_BODY [[noreturn]] void replacement_file::refuse(int reason) const {
    const std::size_t slash = path_.rfind('/');
    if (reason == ENOENT && slash != std::string::npos)
        fail({path_, ": cannot be written: there is no folder ", path_.substr(0, slash)});
    refuse(system_reason(reason));
}

GRADUS_BODY void replacement_file::discard() {
    if (!file_) return;
    file_.reset();
    std::remove(temporary_.c_str());
}

#endif

}  // namespace gradus::io
