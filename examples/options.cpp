#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "gradus/base/error.hpp"

namespace example {

namespace {

/// Accepts a whole number from low to high. (CLI11 alone would take -1 for a very large one.)
CLI::Validator whole(std::size_t low, std::size_t high) {
    const std::string range = high == std::numeric_limits<std::size_t>::max()
                                  ? std::to_string(low) + " on"
                                  : std::to_string(low) + " to " + std::to_string(high);
    return {[=](std::string& text) -> std::string {
                std::size_t v = 0;
                const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), v);
                const bool good = problem == std::errc() && end == text.data() + text.size() && v >= low && v <= high;
                return good ? "" : "'" + text + "' is no whole number from " + range;
            },
            ""};
}

CLI::Validator positive() {
    return {[](std::string& text) -> std::string {
                char* end = nullptr;
                const double v = std::strtod(text.c_str(), &end);
                return *end == '\0' && v > 0 && v < 1e6 ? "" : "'" + text + "' is no positive number";
            },
            ""};
}

CLI::Validator one_of(const std::vector<std::string>& words) {
    return {[=](std::string& text) -> std::string {
                if (std::find(words.begin(), words.end(), text) != words.end()) return "";
                return "'" + text + "' is none of " + CLI::detail::join(words, ", ");
            },
            ""};
}

}  // namespace

void options::parse(int argc, char** argv, const std::string& about, const std::vector<extra>& extras,
                    const std::vector<std::string>& unused, const std::vector<choice>& choices) {
    CLI::App app(about);
    constexpr std::size_t any = std::numeric_limits<std::size_t>::max();
    app.add_option("--data", data, "Folder of the data (default: $GRADUS_DATA, then the user's cache)");
    app.add_option("--epochs", epochs, "How often training goes through the data")
        ->check(whole(1, any))
        ->capture_default_str();
    app.add_option("--batch-size", batch_size, "Samples per step")->check(whole(1, any))->capture_default_str();
    app.add_option("--learning-rate", learning_rate, "The step α")->check(positive())->capture_default_str();
    app.add_option("--seed", seed, "Of initial parameters and of shuffling")
        ->check(whole(0, any))
        ->capture_default_str();
    app.add_option("--threads", threads, "Threads that share each batch")->check(whole(1, 256))->capture_default_str();
    app.add_option("--out", out, "Folder of the pictures")->capture_default_str();
    app.add_option("--json", json, "File of the results, as JSON");
    app.add_flag("--quiet", quiet, "Print nothing but errors");
    for (const extra& e : extras)
        app.add_option(e.name, e.value, e.help)->check(whole(e.low, e.high))->capture_default_str();
    for (const choice& c : choices) {
        CLI::Option* option = app.add_option(c.name, c.value, c.help)->capture_default_str();
        if (c.words.empty()) continue;
        option->check(one_of(c.words))->description(CLI::detail::join(c.words, ", ") + ": " + c.help);
    }
    for (CLI::Option* option : app.get_options()) {
        option->type_name("");  // the default shows the type
        for (const std::string& name : unused)
            if (option->check_name(name)) option->description(option->get_description() + "; changes nothing here");
    }
    app.get_option("--data")->type_name("FOLDER");
    app.get_option("--json")->type_name("FILE");
    for (const choice& c : choices)
        if (c.words.empty()) app.get_option(c.name)->type_name("FILE");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::fputs(app.help().c_str(), stdout);
        std::exit(0);
    } catch (const CLI::ParseError& e) {
        std::string what = e.what();
        if (e.get_name() == "ArgumentMismatch") what = what.substr(0, what.find(':')) + ": a value is missing";
        std::fprintf(stderr, "%s\nRun with --help for the options.\n", what.c_str());
        std::exit(2);
    }
    for (const CLI::Option* option : app.get_options())
        if (option->count() > 0) given_.push_back(option->get_name());
}

bool options::given(const std::string& name) const {
    return std::find(given_.begin(), given_.end(), name) != given_.end();
}

std::string options::picture(const std::string& name) const {
    std::error_code problem;
    std::filesystem::create_directories(out, problem);
    if (problem) throw gradus::data_error("cannot make the folder " + out + ": " + problem.message());
    return (std::filesystem::path(out) / name).string();
}

void options::say(const char* format, ...) const {
    if (quiet) return;
    std::va_list arguments;
    va_start(arguments, format);
    std::vprintf(format, arguments);
    va_end(arguments);
    std::fflush(stdout);
}

void write_json(const options& o, const std::vector<std::pair<std::string, value>>& results) {
    if (o.json.empty()) return;
    nlohmann::ordered_json document;
    for (const auto& result : results)
        std::visit([&](const auto& content) { document[result.first] = content; }, result.second);
    std::ofstream file(o.json);
    file << document.dump(2) << '\n';
    file.close();
    if (!file) throw gradus::data_error("cannot write " + o.json);
}

}  // namespace example
