#pragma once
/// \file
/// The network and its optimizer in a file, every few epochs.

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gradus/io/save.hpp"
#include "gradus/training/callbacks.hpp"

namespace gradus {

/// When `checkpoint` writes.
struct checkpoint_options {
    std::size_t every = 1;              ///< epochs
    std::optional<watch> best_of = {};  ///< only where this is the best of those epochs so far; NaN never is
};

/// Callback of `fit`: saves the network with the state of its optimizer, from which `load` goes on bit for bit:
/// `gr::fit(net, J, gr::adam{}, train, {.epochs = 20}, gr::checkpoint("net-{epoch}.npz", {.every = 5}))`.
///
/// `{epoch}` in the path stands for the epochs ended, those of earlier runs included; without it the file is replaced,
/// whole or not at all.
/// \throws data_error with the path and the reason, or where the history does not hold what it watches.
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
