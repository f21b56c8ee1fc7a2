#include "gradus/io/csv_log.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "gradus.hpp"
#include "temporary_folder.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

constexpr auto quiet = gr::show::never;

auto line() { return gr::sequential(gr::dense(2, 1)); }

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}
std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}
std::vector<double> numbers_of(std::string line) {
    std::vector<double> numbers;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) numbers.push_back(std::stod(field));
    return numbers;
}
std::string short_text(double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", v);
    return text;
}

}  // namespace

TEST_CASE("csv_log: the columns that the history has, one line for each epoch") {
    const temporary_folder folder;
    auto net = line();
    const auto data = gr::data::xor_gate();
    auto h = gr::fit(net, gr::mse{}, gr::gradient_descent{.learning_rate = 0.25}, data, {.epochs = 3, .progress = quiet},
                     gr::csv_log(folder / "plain.csv"));
    auto lines = lines_of(folder / "plain.csv");
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == "epoch,loss,learning_rate,seconds");
    for (std::size_t e = 0; e < 3; ++e)
        CHECK(lines[e + 1].starts_with(std::to_string(e + 1) + "," + short_text(h.loss[e]) + ",0.25,"));

    h = gr::fit(net, gr::binary_cross_entropy{}, gr::gradient_descent{.learning_rate = 0.25}, data,
                {.epochs = 2, .validation = data, .progress = quiet}, gr::csv_log(folder / "all.csv"));
    lines = lines_of(folder / "all.csv");
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds");
    const auto last = numbers_of(lines[2]);
    REQUIRE(last.size() == 7);
    const double expected[] = {2, h.loss[1], h.accuracy[1], h.validation_loss[1], h.validation_accuracy[1], 0.25, h.seconds};
    for (std::size_t c = 0; c < 7; ++c) CHECK(last[c] == doctest::Approx(expected[c]).epsilon(1e-8));
}

TEST_CASE("csv_log: after each epoch its line lies in the file") {
    const temporary_folder folder;
    auto net = line();
    std::vector<std::size_t> lines;
    gr::fit(net, gr::mse{}, gr::adam{}, gr::data::xor_gate(), {.epochs = 3, .progress = quiet},
            gr::csv_log(folder / "log.csv"), [&](auto&) { lines.push_back(lines_of(folder / "log.csv").size()); });
    CHECK(lines == std::vector<std::size_t>{2, 3, 4});
}

TEST_CASE("csv_log: begins anew, or goes on with the epochs of an earlier run") {
    const temporary_folder folder;
    const std::string path = folder / "log.csv";
    auto net = line();
    gr::optimizer descend(net, gr::adam{});
    const auto run = [&](gr::csv_log_options o) {
        gr::fit(net, gr::mse{}, descend, gr::data::xor_gate(), {.epochs = 2, .progress = quiet}, gr::csv_log(path, o));
    };
    run({.append = true});  // a file that is not there begins as any other
    run({.append = true});
    const auto lines = lines_of(path);
    REQUIRE(lines.size() == 5);
    CHECK(lines[0] == "epoch,loss,learning_rate,seconds");
    for (std::size_t e = 1; e <= 4; ++e) CHECK(lines[e].starts_with(std::to_string(e) + ","));
    run({});
    CHECK(lines_of(path).size() == 3);
    CHECK(lines_of(path)[1].starts_with("5,"));
}

TEST_CASE("csv_log: lines of other columns are not appended, and the file stays as it was") {
    const temporary_folder folder;
    const std::string path = folder / "log.csv";
    auto net = line();
    const auto data = gr::data::xor_gate();
    gr::fit(net, gr::mse{}, gr::adam{}, data, {.epochs = 1, .progress = quiet}, gr::csv_log(path));
    const std::string before = text_of(path);
    CHECK(message_of([&] {
              gr::fit(net, gr::mse{}, gr::adam{}, data, {.epochs = 1, .validation = data, .progress = quiet},
                      gr::csv_log(path, {.append = true}));
          }) == path + ": the log has the columns epoch,loss,learning_rate,seconds, this run has "
                       "epoch,loss,validation_loss,learning_rate,seconds");
    CHECK(text_of(path) == before);
}

TEST_CASE("csv_log: a path that cannot be written") {
    const temporary_folder folder;
    const std::string lost = folder / "none/log.csv";
    CHECK(message_of([&] { gr::csv_log log(lost); }) == lost + ": the log cannot be written: No such file or directory");
    CHECK(message_of([&] { gr::csv_log log(folder.path, {.append = true}); }) ==
          folder.path + ": the log cannot be written: Is a directory");
}
