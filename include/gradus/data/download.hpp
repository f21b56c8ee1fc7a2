#pragma once

#include "gradus/base/compiled.hpp"
/// \file
/// Downloads files with CMake's `file(DOWNLOAD)`: building gradus needs CMake anyway, and no library must be linked.

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace gradus::data {

/// An environment variable, or "" if it is not set.
[[nodiscard]] inline std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// The folder for downloaded files: $XDG_CACHE_HOME/gradus, else ~/.cache/gradus; "" if HOME is not set either.
GRADUS_ONCE [[nodiscard]] std::string cache_folder();

/// Creates a folder and its parents. Returns false on failure, with the reason in errno.
GRADUS_ONCE [[nodiscard]] bool make_folder(const std::string& path);

/// Runs a program without a shell, discarding its output. Returns its exit status; -1 if it did not run or was killed.
GRADUS_ONCE [[nodiscard]] int run_quietly(std::vector<std::string> words);

/// Downloads `names` from below `url` (http, https, file) into an existing folder. Returns "" or the reason of a
/// failure. Fails if the first file takes more than 5 s in total (put the smallest first), or a later one receives no
/// data for 5 s.
GRADUS_ONCE [[nodiscard]] std::string download(const std::string& url, const std::vector<std::string>& names,
                                               const std::string& folder);

#if GRADUS_BODIES_OF(data)

GRADUS_BODY std::string cache_folder() {
    if (const auto cache = environment("XDG_CACHE_HOME"); !cache.empty()) return cache + "/gradus";
    if (const auto home = environment("HOME"); !home.empty()) return home + "/.cache/gradus";
    return "";
}

GRADUS_BODY bool make_folder(const std::string& path) {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        if (mkdir(path.substr(0, end).c_str(), 0777) != 0 && errno != EEXIST) return false;
        if (end == std::string::npos) return true;
    }
}

GRADUS_BODY int run_quietly(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t to_nowhere;
    posix_spawn_file_actions_init(&to_nowhere);
    for (int fd : {1, 2}) posix_spawn_file_actions_addopen(&to_nowhere, fd, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int failed = posix_spawnp(&child, argv[0], &to_nowhere, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&to_nowhere);
    if (failed != 0) return -1;
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

GRADUS_BODY std::string download(const std::string& url, const std::vector<std::string>& names,
                                 const std::string& folder) {
    static constexpr const char script[] = R"(
set(limit 5)
foreach(name IN LISTS NAMES)
    file(DOWNLOAD "${URL}/${name}" "${TO}/${name}" TIMEOUT ${limit} INACTIVITY_TIMEOUT 5 STATUS status)
    list(GET status 0 code)
    if(code)
        list(GET status 1 reason)
        string(REPLACE "\"" "" reason "${reason}")
        file(WRITE "${TO}/reason" "${reason}")
        message(FATAL_ERROR)
    endif()
    set(limit 600)
endforeach()
)";
    const std::string path = folder + "/download.cmake";
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (file == nullptr) return path + ": " + std::strerror(errno);
    const bool written = std::fputs(script, file) >= 0;
    if (std::fclose(file) != 0 || !written) return path + ": " + std::strerror(errno);
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ";") + name;
    const int status = run_quietly({"cmake", "-DURL=" + url, "-DNAMES=" + list, "-DTO=" + folder, "-P", path});
    std::remove(path.c_str());
    if (status == 0) return "";
    std::string reason(200, '\0');
    file = std::fopen((folder + "/reason").c_str(), "r");
    reason.resize(file == nullptr ? 0 : std::fread(reason.data(), 1, reason.size(), file));
    if (file != nullptr) std::fclose(file), std::remove((folder + "/reason").c_str());
    return url + ": " + (reason.empty() ? "cmake, which downloads, could not be run" : reason);
}

#endif

}  // namespace gradus::data
