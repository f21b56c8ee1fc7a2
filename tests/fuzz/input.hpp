#pragma once
/// \file
/// What a target does with an input: a reader reads it, or says in a gradus::error that names the file what is wrong with
/// it. Anything else (another exception, a crash, memory for a size that is only claimed) is a finding.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "gradus/base/error.hpp"

namespace fuzz {

using bytes = std::span<const std::uint8_t>;

/// Ends the process, which the fuzzer takes for a crash.
[[noreturn]] inline void finding(const char* what, const std::string& which = "") {
    std::fprintf(stderr, "%s%s\n", what, which.c_str());
    std::abort();
}

/// A file in memory, with a path.
class memory_file {
  public:
    memory_file() : descriptor_(::memfd_create("gradus", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {}
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    ~memory_file() { ::close(descriptor_); }

    [[nodiscard]] const std::string& path() const { return path_; }
    void hold(bytes content) const {
        if (::ftruncate(descriptor_, 0) != 0 ||
            ::pwrite(descriptor_, content.data(), content.size(), 0) != static_cast<ssize_t>(content.size()))
            finding("no room for the input");
    }

  private:
    int descriptor_;
    std::string path_;
};

/// What the last `read` said; empty where it refused nothing.
inline std::string refusal;

/// Calls `reader(path)` for a file of that content.
template <class Reader>
void read(bytes content, Reader&& reader) {
    static const memory_file file;
    file.hold(content);
    refusal.clear();
    try {
        reader(file.path());
    } catch (const gradus::error& e) {
        refusal = e.what();
        if (refusal.find(file.path()) == std::string::npos) finding("an error that does not name the file: ", refusal);
    }
}

}  // namespace fuzz

/// The target.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// Of libFuzzer, for targets that have mutations of their own.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
