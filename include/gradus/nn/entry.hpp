#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/random.hpp"

namespace gradus {

/// One node of a path: the name of a parameter or of a layer, linked to the entry that contains it.
struct entry {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    std::string_view name;          ///< "W"; empty if the index is the name, or if there is no name
    std::size_t index = none;       ///< index in a sequence of layers
    bool trainable = true;          ///< an optimizer changes it
    bool decay = true;              ///< weight decay applies to it
    const entry* parent = nullptr;  ///< the entry that contains it; set by the walk

    entry(std::string_view n) : name(n) {}
    entry(const char* n) : name(n) {}
    entry(std::size_t i) : index(i) {}

    /// The same entry, excluded from weight decay: biases, scales.
    [[nodiscard]] entry without_decay() const {
        entry e = *this;
        e.decay = false;
        return e;
    }
    /// The same entry, not changed by the optimizer.
    [[nodiscard]] entry frozen() const {
        entry e = *this;
        e.trainable = false;
        return e;
    }

    /// The same entry below another, from which it inherits `frozen` and `without_decay`.
    [[nodiscard]] entry below(const entry* above) const {
        entry e = *this;
        e.parent = above;
        if (above != nullptr) e.trainable = trainable && above->trainable, e.decay = decay && above->decay;
        return e;
    }

    /// The key of this path's random stream for `seed`. Initial draws use it, whatever the order of construction.
    GRADUS_ONCE [[nodiscard]] std::uint64_t key(std::uint64_t seed) const;

    /// "W", "3"
    [[nodiscard]] std::string text() const {
        std::string out;
        append_text(out);
        return out;
    }
    /// "encoder.3.W", built only on request.
    [[nodiscard]] std::string path() const {
        std::string out;
        append_path(out);
        return out;
    }

  private:
    GRADUS_ONCE void append_text(std::string& out) const;
    GRADUS_ONCE void append_path(std::string& out) const;
};

#if GRADUS_BODIES_OF(nn)

GRADUS_BODY std::uint64_t entry::key(std::uint64_t seed) const {
    const std::uint64_t above = parent == nullptr ? seed : parent->key(seed);
    return index != none ? random::mix(above, index) : random::mix(above, name);
}

GRADUS_BODY void entry::append_text(std::string& out) const {
    if (name.empty() && index != none)
        append_number(out, index);
    else
        out.append(name);
}

GRADUS_BODY void entry::append_path(std::string& out) const {
    if (parent != nullptr) {
        parent->append_path(out);
        out.push_back('.');
    }
    append_text(out);
}

#endif

}  // namespace gradus
