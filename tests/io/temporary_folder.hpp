#pragma once
// A folder of the test's own, gone at its end, and what a failing call says.

#include <cstdlib>
#include <filesystem>
#include <string>

#include "gradus/base/error.hpp"

struct temporary_folder {
    std::string path = (std::filesystem::temp_directory_path() / "gradus-XXXXXX").string();

    temporary_folder() { path = ::mkdtemp(path.data()); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() { std::filesystem::remove_all(path); }

    std::string operator/(const std::string& name) const { return path + "/" + name; }

    /// How many files lie in it: a writer that failed or was given up must leave none behind.
    long files() const {
        return std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator());
    }
};

/// The message of the data_error that a call throws; "no error" where it throws none.
template <class Call>
std::string message_of(Call&& call) {
    try {
        call();
    } catch (const gradus::data_error& e) {
        return e.what();
    }
    return "no error";
}
