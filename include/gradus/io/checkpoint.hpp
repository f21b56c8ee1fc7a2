#pragma once
/// \file
/// Saves the network and its optimizer to a file, every few epochs.

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gradus/io/save.hpp"
#include "gradus/training/callbacks.hpp"

namespace gradus {

/// Options of `checkpoint`.
struct checkpoint_options {
    std::size_t every = 1;              ///< epochs from one file to the next
    std::optional<watch> best_of = {};  ///< write only if this is the best of those epochs so far; NaN never is
};

/// Callback of `fit`: saves the network with the state of its optimizer, so that training can continue bit for bit:
/// `gr::fit(net, J, gr::adam{}, train, {.epochs = 20}, gr::checkpoint("net-{epoch}.npz", {.every = 5}))`.
///
/// `{epoch}` in the path is replaced by the number of finished epochs, earlier runs included; without it, each save
/// replaces the file, completely or not at all.
/// \throws data_error with the path and the reason, or if the history does not have the watched value.
class checkpoint {
  public:
    explicit checkpoint(std::string path, checkpoint_options o = {}) : path_(std::move(path)), options_(o) {
        if (o.every == 0) io::fail({"checkpoint ", path_, ": every 0 epochs is never: it must be at least 1"});
    }

    void after_epoch(auto& now) {
        if (now.descend.epoch % options_.every != 0) return;
        if (options_.best_of) {
            const double value = watched("checkpoint", now.so_far, *options_.best_of);
            const bool better = more_is_better(*options_.best_of) ? value > best_ : value < best_;
            if (std::isnan(value) || !(better || std::isnan(best_))) return;
            best_ = value;
        }
        save(path_of(now.descend.epoch), now.net, now.descend);
    }

  private:
    [[nodiscard]] std::string path_of(std::size_t epoch) const {
        constexpr std::string_view mark = "{epoch}";
        std::string path = path_, number;
        append_number(number, epoch);
        for (std::size_t at; (at = path.find(mark)) != std::string::npos;) path.replace(at, mark.size(), number);
        return path;
    }

    std::string path_;
    checkpoint_options options_;
    double best_ = std::nan("");
};

}  // namespace gradus
