// A table in text, as three callers may want it.
#include "gradus/data/csv.hpp"

#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace table = gradus::data;
    const auto read = [&](const table::csv_options& options) {
        fuzz::read({data, size}, [&](const std::string& path) { (void)table::csv(path, options); });
    };
    read({.label = 0, .labels = table::csv_labels::whole, .separator = ';', .missing = table::csv_missing::refuse});
    read({.header = false, .label = -1, .labels = table::csv_labels::number});
    read({.label = "y", .texts = table::csv_texts::one_hot});
    return 0;
}
