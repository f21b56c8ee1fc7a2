#pragma once
/// \file
/// Error messages, for comparison word for word.

#include <string>

#include "gradus/base/error.hpp"

namespace support {

/// The message of the gradus::error that `call` throws.
template <class Call>
[[nodiscard]] std::string message_of(Call&& call) {
    try {
        call();
    } catch (const gradus::error& e) {
        return e.what();
    }
    return "(no error)";
}

}  // namespace support
