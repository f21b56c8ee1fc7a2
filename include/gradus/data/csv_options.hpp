#pragma once
/// \file
/// Options of the CSV reader.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gradus::data {

/// The column of the label: its name, or its index counted from 0, or from −1 backwards.
struct csv_label {
    enum { none, by_name, by_number } kind = none;
    std::string name;
    long number = 0;

    csv_label() = default;
    csv_label(const char* n) : kind(by_name), name(n) {}
    csv_label(std::string n) : kind(by_name), name(std::move(n)) {}
    csv_label(int n) : kind(by_number), number(n) {}
};

/// How labels are read.
enum class csv_labels {
    sorted,      ///< a class; classes are in numeric order if all labels are numbers, else in the order of their texts
    first_seen,  ///< a class; classes are in the order of their first appearance in the file
    whole,       ///< the index of a class, from 0
    number       ///< a regression target
};
/// How a missing value among the features or targets is handled: as NaN, or as an error.
enum class csv_missing { as_nan, refuse };
/// How a column of texts among the features is handled: as an error, or as one column of 0 and 1 for each text, sorted.
enum class csv_texts { refuse, one_hot };

struct csv_options {
    std::optional<bool> header = {};  ///< unset: the first line is a header if none of its fields is a number
    csv_label label = {};             ///< unset: every column is a feature
    csv_labels labels = csv_labels::sorted;
    std::vector<std::string> classes = {};  ///< class names, as in the training set's table; empty: any
    std::vector<std::string> columns = {};  ///< columns of x, as in the training set's table, with texts; empty: any
    char separator = ',';
    csv_missing missing = csv_missing::as_nan;
    csv_texts texts = csv_texts::refuse;
    std::vector<std::string> missing_texts = {"", "NA", "N/A", "NaN", "nan", "null", "?"};
    std::uint64_t limit = std::uint64_t{1} << 32;  ///< the most bytes of the text, and of x
};

}  // namespace gradus::data
