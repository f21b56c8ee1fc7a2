#pragma once
/// \file
/// What all examples share beside gradus: their command line, and their results as JSON.
///
/// Compiled once, in options.cpp: CLI11 and nlohmann/json would cost each example seconds.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace example {

/// The command line. An example sets its own defaults, then parses.
struct options {
    std::string data;  ///< folder of the data; empty: the data's own search
    std::size_t epochs = 1;
    std::size_t batch_size = 32;
    double learning_rate = 0.01;
    std::uint64_t seed = 1;
    std::size_t threads = 1;
    std::string out = "out";  ///< folder of the pictures, made where it is missing
    std::string json;         ///< file of the results; empty: none
    bool quiet = false;       ///< say nothing, but what goes wrong

    /// An option of one example alone.
    struct extra {
        std::string name;  ///< "--classes"
        std::size_t& value;
        std::size_t low, high;  ///< what it may be
        std::string help;
    };
    /// The same, of words.
    struct choice {
        std::string name;  ///< "--recipe"
        std::string& value;
        std::vector<std::string> words;  ///< what it may be; none: a file
        std::string help;
    };

    /// Reads the command line. Ends the program after --help (status 0), and where an option is wrong (status 2).
    /// `unused` names options that change nothing in this example: the help says so.
    void parse(int argc, char** argv, const std::string& about, const std::vector<extra>& extras = {},
               const std::vector<std::string>& unused = {}, const std::vector<choice>& choices = {});

    /// Whether an option stood on the command line: defaults that hang on another option leave it alone then.
    [[nodiscard]] bool given(const std::string& name) const;

    /// The path of a picture: `out`/`name`. Makes the folder. \throws gradus::data_error where that fails.
    [[nodiscard]] std::string picture(const std::string& name) const;

    /// printf, unless quiet.
    [[gnu::format(printf, 2, 3)]] void say(const char* format, ...) const;

  private:
    std::vector<std::string> given_;
};

using value = std::variant<std::string, std::uint64_t, double, std::vector<double>>;

/// Writes results to `o.json`, in the order given; does nothing where no file was named. Numbers that are not finite
/// become null. \throws gradus::data_error where the file cannot be written.
void write_json(const options& o, const std::vector<std::pair<std::string, value>>& results);

}  // namespace example
