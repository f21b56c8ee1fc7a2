#pragma once
/// \file
/// Shared by all examples: their command line, and their results as JSON.
///
/// Compiled once, in options.cpp: CLI11 and nlohmann/json would add seconds to the compile time of each example.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace example {

/// The command line. An example sets its own defaults, then calls `parse`.
struct options {
    std::string data;  ///< folder of the data; empty: the default search
    std::size_t epochs = 1;
    std::size_t batch_size = 32;
    double learning_rate = 0.01;
    std::uint64_t seed = 1;
    std::size_t threads = 1;
    std::string out = "out";  ///< folder of the pictures, created if missing
    std::string json;         ///< file for the results; empty: none
    bool quiet = false;       ///< print errors only

    /// An option of one example only.
    struct extra {
        std::string name;  ///< "--classes"
        std::size_t& value;
        std::size_t low, high;  ///< the allowed range
        std::string help;
    };
    /// The same, with words as values.
    struct choice {
        std::string name;  ///< "--recipe"
        std::string& value;
        std::vector<std::string> words;  ///< allowed values; empty: a file name
        std::string help;
    };

    /// Reads the command line. Ends the program after --help (status 0), and if an option is wrong (status 2).
    /// `unused` names options that have no effect in this example, which the help then says.
    void parse(int argc, char** argv, const std::string& about, const std::vector<extra>& extras = {},
               const std::vector<std::string>& unused = {}, const std::vector<choice>& choices = {});

    /// Whether an option was given on the command line. Defaults that depend on another option do not override it then.
    [[nodiscard]] bool given(const std::string& name) const;

    /// The path of a picture: `out`/`name`. Creates the folder. \throws gradus::data_error if that fails.
    [[nodiscard]] std::string picture(const std::string& name) const;

    /// Like printf, but prints nothing if `quiet`.
    [[gnu::format(printf, 2, 3)]] void say(const char* format, ...) const;

  private:
    std::vector<std::string> given_;
};

using value = std::variant<std::string, std::uint64_t, double, std::vector<double>>;

/// Writes results to `o.json`, in the given order; does nothing if no file was named. Numbers that are not finite
/// become null. \throws gradus::data_error if the file cannot be written.
void write_json(const options& o, const std::vector<std::pair<std::string, value>>& results);

}  // namespace example
