#pragma once
/// \file
/// Writes one line per epoch to a file during training.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "gradus/base/compiled.hpp"
#include "gradus/base/file.hpp"
#include "gradus/training/state.hpp"

namespace gradus {

/// Options of `csv_log`.
struct csv_log_options {
    bool append = false;  ///< continues the file of an earlier run, which must have the same columns
};

/// Callback of `fit`: after each epoch, writes and flushes one line with epoch, losses, accuracies, learning rate and
/// seconds so far: `gr::fit(net, J, gr::adam{}, train, {}, gr::csv_log("log.csv"))`.
/// The columns are those that the history has; epochs count from 1, earlier runs included.
/// \throws data_error with the path and the reason; after the first epoch, if the file has other columns than this run.
class csv_log {
  public:
    GRADUS_ONCE explicit csv_log(std::string path, csv_log_options o = {});

    void after_epoch(auto& now) { write(now.descend.epoch, now.so_far); }

  private:
    GRADUS_ONCE void write(std::uint64_t epoch, const history& h);
    /// Reads the first line of the file; empty if the file is new.
    GRADUS_ONCE void read_header();
    static void add(std::string& line, double value) {
        char text[32];
        line.append(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, ",%.9g", value)));
    }
    [[noreturn]] void refuse() const { io::fail({path_, ": the log cannot be written: ", io::system_reason(errno)}); }

    std::string path_;
    io::file_handle file_;
    std::string header_;
};

#if GRADUS_BODIES_OF(io)

GRADUS_BODY csv_log::csv_log(std::string path, csv_log_options o) : path_(std::move(path)) {
    file_.reset(std::fopen(path_.c_str(), o.append ? "ab+" : "wb"));
    if (!file_) refuse();
    if (o.append) read_header();
}

GRADUS_BODY void csv_log::read_header() {
    std::rewind(file_.get());
    for (int c; (c = std::fgetc(file_.get())) != EOF && c != '\n';)
        if (c != '\r') header_ += static_cast<char>(c);
    std::fseek(file_.get(), 0, SEEK_END);  // required between reading and writing
}

GRADUS_BODY void csv_log::write(std::uint64_t epoch, const history& h) {
    std::string names = "epoch", line;
    append_number(line, epoch);
    const auto column = [&](const char* name, const auto& values) {
        if (values.empty()) return;
        names += ',', names += name;
        add(line, values.back());
    };
    column("loss", h.loss);
    column("accuracy", h.accuracy);
    column("validation_loss", h.validation_loss);
    column("validation_accuracy", h.validation_accuracy);
    column("learning_rate", h.learning_rate);
    names += ",seconds";
    add(line, h.seconds);
    if (header_.empty())
        line = names + "\n" + line;
    else if (header_ != names)
        io::fail({path_, ": the log has the columns ", header_, ", this run has ", names});
    header_ = names;
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0) refuse();
}

#endif

}  // namespace gradus
