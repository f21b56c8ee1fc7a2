// replay FOLDER: each file of a folder through one target. Those named `valid...` are read, all others refused.
#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <vector>

#include "gradus/base/file.hpp"
#include "input.hpp"

#ifdef __has_feature
constexpr bool sanitized = __has_feature(address_sanitizer);
#else
constexpr bool sanitized = false;
#endif

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t*, std::size_t size, std::size_t) { return size; }

int main(int, char** argv) {
    if (!sanitized) {
        const rlimit most = {256u << 20, 256u << 20};  // who believes the size that a file claims gets std::bad_alloc
        ::setrlimit(RLIMIT_DATA, &most);
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    int wrong = files.empty();
    for (const auto& file : files) {
        const std::string name = file.filename();
        std::printf("%s: ", name.c_str());
        std::fflush(stdout);  // a finding ends the process
        try {
            const auto content = gradus::io::read_file(file);
            LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
        } catch (const std::exception& e) {
            fuzz::finding("not a gradus::error: ", e.what());
        }
        const bool read = fuzz::refusal.empty(), right = read == name.starts_with("valid");
        std::printf("%s%s\n", read ? "read" : fuzz::refusal.c_str(), right ? "" : "   <-- WRONG");
        wrong += !right;
    }
    return wrong;
}
