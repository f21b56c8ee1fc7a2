#pragma once
/// \file
/// What a reader of CSV can be told.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gradus::data {

/// The column of the label: its name, or its number from 0, or from −1 backwards.
struct csv_label {
    enum { none, by_name, by_number } kind = none;
    std::string name;
    long number = 0;

    csv_label() = default;
    csv_label(const char* n) : kind(by_name), name(n) {}
    csv_label(std::string n) : kind(by_name), name(std::move(n)) {}
    csv_label(int n) : kind(by_number), number(n) {}
};

/// What a label means.
enum class csv_labels {
    sorted,      ///< a class; classes are counted in the order of their numbers or, if one of them is none, of their texts
    first_seen,  ///< a class; classes are counted in the order of the file
    whole,       ///< the number of a class, from 0
    number       ///< the target of a regression
};
/// What becomes of a missing value among the features or targets.
enum class csv_missing { as_nan, refuse };
/// What becomes of a column of texts among the features: an error, or a column of 0 and 1 for each of its texts, sorted.
enum class csv_texts { refuse, one_hot };

struct csv_options {
    std::optional<bool> header = {};  ///< not said: the first line is one if none of its fields is a number
    csv_label label = {};             ///< not said: every column is a feature
    csv_labels labels = csv_labels::sorted;
    std::vector<std::string> classes = {};  ///< what the classes are, as the training set's table names them; empty: any
    std::vector<std::string> columns = {};  ///< of x, as the training set's table names them, texts included; empty: any
    char separator = ',';
    csv_missing missing = csv_missing::as_nan;
    csv_texts texts = csv_texts::refuse;
    std::vector<std::string> missing_texts = {"", "NA", "N/A", "NaN", "nan", "null", "?"};
    std::uint64_t limit = std::uint64_t{1} << 32;  ///< bytes of the text, and of x, at most
};

}  // namespace gradus::data
