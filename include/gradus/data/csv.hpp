#pragma once
/// \file
/// Tables in text: CSV, with any separator, gzipped or not.
/// \code
/// auto iris   = gr::data::csv("iris.csv", {.label = "species"});                   // x, y, columns, classes
/// auto train  = gr::data::csv("train.csv", {.label = 0}).classification();         // a dataset with labels (N)
/// auto prices = gr::data::csv("prices.csv", {.header = false, .label = -1, .labels = gr::data::csv_labels::number,
///                                            .separator = ';'}).regression();      // targets (N, 1)
/// \endcode

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/byte_reader.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/data/csv_options.hpp"
#include "gradus/data/csv_records.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// The contents of a CSV file.   x (N, D)     y (N) for class labels, or target (N, 1) for numeric labels
template <class T = float>
struct csv_table {
    tensor<T, 2> x;
    tensor<std::int32_t, 1> y;
    tensor<T, 2> target;
    std::vector<std::string> columns;  ///< feature names: from the header, else "0", "1", ...; one-hot: "color=red"
    std::vector<std::string> classes;  ///< names of the classes 0, 1, ...; empty if the labels are numbers
    std::string source;                ///< its name in messages

    /// Copies of x and the labels. \throws data_error if there are no labels.
    [[nodiscard]] dataset<tensor<T, 2>, tensor<std::int32_t, 1>> classification() const {
        if (y.size() == 0) throw data_error(message({source, ": no classes: .label must name a column of them"}));
        return {x, y};
    }

    /// Copies of x and the targets. \throws data_error if there are no targets.
    [[nodiscard]] dataset<tensor<T, 2>, tensor<T, 2>> regression() const {
        if (target.size() == 0)
            throw data_error(message({source, ": no targets: .label must name a column and .labels be csv_labels::number"}));
        return {x, target};
    }
};

/// Reads a table in several passes over its text: its shape, the texts of one-hot columns, the values.
class csv_reader {
  public:
    /// Finds header, label and shape. \throws data_error as csv does.
    GRADUS_ONCE csv_reader(std::string_view text, const std::string& source, const csv_options& options);

    /// The table. \throws data_error as csv does.
    template <class T>
    [[nodiscard]] csv_table<T> table() const;

  private:
    GRADUS_ONCE [[nodiscard]] bool missing(const csv_field& f) const;
    [[noreturn]] void fail(const csv_records& r, std::size_t c, std::initializer_list<piece> pieces) const {
        const std::string name = names_.empty() ? "" : message({" (", names_[c], ")"});
        r.fail({", column ", c, name, ": ", message(pieces)});
    }

    GRADUS_ONCE [[nodiscard]] std::size_t find_label() const;

    /// Counts the rows and checks that each has as many fields as the first.
    GRADUS_ONCE void count_rows();

    /// Finds the columns of x, and the distinct texts of the one-hot columns.
    GRADUS_ONCE void find_texts();

    /// Takes the columns from `options.columns`, so that they match those of another table.
    GRADUS_ONCE void take_columns();

    template <class T>
    T number(const csv_records& r, std::size_t c) const;

    template <class T>
    T* one_hot(const csv_records& r, std::size_t c, T* to) const;

    /// The index of a class; a new class gets the next index.
    GRADUS_ONCE std::int32_t label(const csv_records& r, std::map<std::string, std::int32_t>& classes,
                                   std::vector<std::string>& names) const;

    GRADUS_ONCE static void sort_classes(tensor<std::int32_t, 1>& y, std::vector<std::string>& names);

    const csv_options& options_;
    csv_records body_;  // positioned before the first line of data
    std::array<bool, 256> may_be_missing_{};
    std::size_t width_ = 0, label_ = 0, first_line_ = 0, rows_ = 0;
    std::vector<std::string> names_, columns_;
    std::vector<std::set<std::string>> texts_;  // the distinct texts of a one-hot column; empty for a column of numbers
};

template <class T>
csv_table<T> csv_reader::table() const {
    const std::string& source = body_.source();
    const std::array<std::size_t, 2> shape = {rows_, columns_.size()};
    if (rows_ > options_.limit / sizeof(T) / columns_.size())
        throw data_error(message({source, ": x of ", shape, " is more than the limit of ", options_.limit, " bytes"}));
    csv_table<T> out{tensor<T, 2>(shape), {}, {}, columns_, options_.classes, source};
    const bool labelled = label_ < width_, numbers = options_.labels == csv_labels::number;
    if (labelled && numbers) out.target = tensor<T, 2>({rows_, std::size_t{1}});
    if (labelled && !numbers) out.y = tensor<std::int32_t, 1>::from_shape({rows_});
    std::map<std::string, std::int32_t> classes;
    for (const std::string& name : out.classes) classes.emplace(name, static_cast<std::int32_t>(classes.size()));

    T* to = out.x.data();
    csv_records r = body_;
    for (std::size_t n = 0; r.next(); ++n)
        for (std::size_t c = 0; c < width_; ++c) {
            if (c == label_ && numbers)
                out.target(n, 0) = number<T>(r, c);
            else if (c == label_)
                out.y(n) = label(r, classes, out.classes);
            else if (texts_[c].empty())
                *to++ = number<T>(r, c);
            else
                to = one_hot(r, c, to);
        }
    if (options_.labels == csv_labels::sorted && options_.classes.empty()) sort_classes(out.y, out.classes);
    return out;
}

template <class T>
T csv_reader::number(const csv_records& r, std::size_t c) const {
    const csv_field& f = r.fields()[c];
    if (missing(f)) {
        if (options_.missing == csv_missing::refuse) fail(r, c, {"the value is missing: ", shown(f.text)});
        return std::numeric_limits<T>::quiet_NaN();
    }
    const auto value = csv_number(f.text);
    const bool maybe_header = !options_.header && names_.empty() && r.line() == first_line_;
    if (!value)
        fail(r, c, {shown(f.text), " is no number",
                    maybe_header ? "; if this line is a header, set .header = true" : ""});
    if (std::abs(*value) > static_cast<double>(std::numeric_limits<T>::max()))
        fail(r, c, {shown(f.text), " is beyond ", sizeof(T) == 4 ? "float" : "double"});
    return static_cast<T>(*value);
}

template <class T>
T* csv_reader::one_hot(const csv_records& r, std::size_t c, T* to) const {
    const csv_field& f = r.fields()[c];
    const auto& texts = texts_[c];
    const bool lacks = missing(f);
    if (lacks && options_.missing == csv_missing::refuse) fail(r, c, {"the value is missing: ", shown(f.text)});
    std::fill_n(to, texts.size(), lacks ? std::numeric_limits<T>::quiet_NaN() : T(0));
    const auto found = texts.find(f.value());
    if (!lacks && found == texts.end())
        fail(r, c, {shown(f.text), " is none of the ", texts.size(), " texts that .columns has of it"});
    if (!lacks) to[std::distance(texts.begin(), found)] = T(1);
    return to + texts.size();
}

/// Parses a table. \param source  its name in messages   \throws data_error as csv does
template <class T = float>
[[nodiscard]] csv_table<T> parse_csv(std::string_view text, const std::string& source, const csv_options& options = {}) {
    return csv_reader(text, source, options).table<T>();
}

/// Reads a table from a file, plain or gzipped: `gr::data::csv("iris.csv", {.label = "species"})`. The whole file is
/// read at once; memory for the table is allocated after its lines are counted. O(bytes).
/// \throws data_error naming the file, the line, the column and the offending text: lines of unequal length, a quote
/// that is not closed, a field that is not a number, a missing value or label, no such column, a text that `.columns`
/// lacks, an empty file, NUL bytes, more bytes than the limit.
template <class T = float>
[[nodiscard]] csv_table<T> csv(const std::string& path, const csv_options& options = {}) {
    return parse_csv<T>(read_text(path, options.limit), path, options);
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(data) template csv_table<float> csv_reader::table<float>() const;
GRADUS_EXTERN(data) template csv_table<double> csv_reader::table<double>() const;
#endif

#if GRADUS_BODIES_OF(data)

GRADUS_BODY csv_reader::csv_reader(std::string_view text, const std::string& source, const csv_options& options)
    : options_(options), body_(text, source, options.separator) {
    for (const std::string& m : options.missing_texts)
        if (!m.empty()) may_be_missing_[static_cast<unsigned char>(m[0])] = true;
    csv_records first = body_;
    if (!first.next()) throw data_error(message({source, ": it is empty"}));
    width_ = first.fields().size();
    const bool named = options.label.kind == csv_label::by_name;
    const bool header = options.header.value_or(
        named || std::none_of(first.fields().begin(), first.fields().end(), [](auto& f) { return csv_number(f.text); }));
    if (header) {
        for (const csv_field& f : first.fields()) names_.push_back(f.value());
        body_ = first;
    } else if (named) {
        throw data_error(message({source, ": without a header there is no column ", shown(options.label.name)}));
    }
    label_ = find_label();
    first_line_ = first.line();
    count_rows();
    find_texts();
    if (columns_.empty()) throw data_error(message({source, ": no column is left beside the label"}));
}

GRADUS_BODY bool csv_reader::missing(const csv_field& f) const {
    if (!f.text.empty() && !may_be_missing_[static_cast<unsigned char>(f.text[0])]) return false;
    const auto& texts = options_.missing_texts;
    return std::find(texts.begin(), texts.end(), f.text) != texts.end();
}

GRADUS_BODY std::size_t csv_reader::find_label() const {
    const auto& label = options_.label;
    const auto width = static_cast<long>(width_);
    if (label.kind == csv_label::none) return width_;
    if (label.kind == csv_label::by_number) {
        if (label.number < -width || label.number >= width)
            throw data_error(message({body_.source(), ": no column ", label.number, ": it has ", width_,
                                      ", counted from 0, or from -1 backwards"}));
        return static_cast<std::size_t>(label.number < 0 ? label.number + width : label.number);
    }
    const auto found = std::find(names_.begin(), names_.end(), label.name);
    if (found == names_.end()) {
        std::string known;
        for (std::size_t c = 0; c < width_ && c < 8; ++c) known += message({c == 0 ? "" : ", ", shown(names_[c])});
        throw data_error(message({body_.source(), ": no column ", shown(label.name), ", it has ", known,
                                  width_ > 8 ? ", ..." : ""}));
    }
    if (std::find(found + 1, names_.end(), label.name) != names_.end())
        throw data_error(message({body_.source(), ": two columns are called ", shown(label.name)}));
    return static_cast<std::size_t>(found - names_.begin());
}

GRADUS_BODY void csv_reader::count_rows() {
    for (csv_records r = body_; r.next(); ++rows_)
        if (const std::size_t n = r.fields().size(); n != width_)
            r.fail({" has ", n, " fields, line ", first_line_, " has ", width_});
    if (rows_ == 0) throw data_error(message({body_.source(), ": no line follows the header"}));
}

GRADUS_BODY void csv_reader::find_texts() {
    texts_.resize(width_);
    std::vector<bool> has_text(width_);
    if (!options_.columns.empty()) return take_columns();
    if (options_.texts == csv_texts::one_hot) {
        for (csv_records r = body_; r.next();)
            for (std::size_t c = 0; c < width_; ++c)
                if (const csv_field& f = r.fields()[c]; c != label_ && !has_text[c])
                    has_text[c] = !missing(f) && !csv_number(f.text);
        for (csv_records r = body_; r.next();)
            for (std::size_t c = 0; c < width_; ++c)
                if (const csv_field& f = r.fields()[c]; has_text[c] && !missing(f)) texts_[c].insert(f.value());
    }
    for (std::size_t c = 0; c < width_; ++c) {
        const std::string name = names_.empty() ? message({c}) : names_[c];
        for (const std::string& text : texts_[c]) columns_.push_back(message({name, "=", text}));
        if (c != label_ && texts_[c].empty()) columns_.push_back(name);
    }
}

GRADUS_BODY void csv_reader::take_columns() {
    columns_ = options_.columns;
    auto next = columns_.begin();
    for (std::size_t c = 0; c < width_; ++c) {
        if (c == label_) continue;
        const std::string name = names_.empty() ? message({c}) : names_[c], before = name + "=";
        const auto first = next;
        if (next != columns_.end() && *next == name)
            ++next;
        else
            for (; next != columns_.end() && next->starts_with(before); ++next)
                texts_[c].insert(next->substr(before.size()));
        if (next == first)
            throw data_error(message({body_.source(), ": column ", c, " is ", shown(name), ", .columns has ",
                                      next == columns_.end() ? "no more" : shown(*next)}));
    }
    if (next != columns_.end())
        throw data_error(message({body_.source(), ": lacks the column ", shown(*next), " of .columns"}));
}

GRADUS_BODY std::int32_t csv_reader::label(const csv_records& r, std::map<std::string, std::int32_t>& classes,
                                           std::vector<std::string>& names) const {
    const csv_field& f = r.fields()[label_];
    if (missing(f)) fail(r, label_, {"the label is missing: ", shown(f.text)});
    if (options_.labels == csv_labels::whole) {
        const double value = csv_number(f.text).value_or(-1);
        if (!(value >= 0 && value <= 2147483647 && value == std::floor(value)))
            fail(r, label_, {"the label ", shown(f.text), " is no whole number from 0 to 2147483647"});
        return static_cast<std::int32_t>(value);
    }
    const auto [at, is_new] = classes.try_emplace(f.value(), static_cast<std::int32_t>(classes.size()));
    if (is_new && !options_.classes.empty())
        fail(r, label_, {"the label ", shown(f.text), " is none of the ", options_.classes.size(), " classes"});
    if (is_new) names.push_back(at->first);
    return at->second;
}

GRADUS_BODY void csv_reader::sort_classes(tensor<std::int32_t, 1>& y, std::vector<std::string>& names) {
    const bool numbers = std::all_of(names.begin(), names.end(), [](const auto& name) { return csv_number(name).has_value(); });
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t k = 0; k < names.size(); ++k) order.emplace_back(numbers ? *csv_number(names[k]) : 0, k);
    std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : names[a.second] < names[b.second];
    });
    std::vector<std::string> sorted;
    std::vector<std::int32_t> place(names.size());
    for (const auto& [number, k] : order) {
        place[k] = static_cast<std::int32_t>(sorted.size());
        sorted.push_back(std::move(names[k]));
    }
    for (std::int32_t& k : y) k = place[static_cast<std::size_t>(k)];
    names = std::move(sorted);
}

#endif

}  // namespace gradus::data
