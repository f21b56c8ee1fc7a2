#pragma once
/// \file
/// Everything that gradus throws. A message names the layer or the file, the formula or the field, and the numbers.

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// Base of all exceptions of gradus.
struct error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A file, a field of it, or data in memory that is not what it should be.
struct data_error : error {
    using error::error;
};

/// "(32, 100)". A leading `"N"` stands for the batch axis where `batch` is set.
template <class Shape>
[[nodiscard]] std::string shape_text(const Shape& shape, bool batch = false) {
    std::string out = "(";
    std::size_t axis = 0;
    for (auto size : shape) {
        if (axis != 0) out += ", ";
        out += batch && axis == 0 ? std::string("N") : std::to_string(size);
        ++axis;
    }
    return out + ")";
}

/// Shapes that do not fit a formula: "dense #3: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)".
///
/// A layer throws it with its own name; each container that it passes on its way out adds where in it the layer stands.
class shape_error : public error {
  public:
    shape_error(std::string_view layer, std::string_view message)
        : error(std::string(layer) + ": " + std::string(message)), layer_(layer), message_(message) {}

    /// The same error, seen from the container in which the layer is called `name` ("3", "encoder").
    [[nodiscard]] shape_error within(std::string_view name) const {
        shape_error out = *this;
        out.path_ = path_.empty() ? std::string(name) : std::string(name) + "." + path_;
        static_cast<error&>(out) = error(layer_ + " #" + out.path_ + ": " + message_);
        return out;
    }

  private:
    std::string layer_, message_, path_;
};

}  // namespace gradus
