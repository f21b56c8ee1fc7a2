#pragma once
/// \file
/// The grammar of CSV: records of fields, divided by separators and quoted where necessary.
///
/// Source: RFC 4180, plus common extensions: any separator, blanks around fields, lines that end in LF, CR LF or CR,
/// empty lines (skipped), a byte order mark.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus::data {

/// Text from a file as messages show it: in quotes, at most 32 bytes, control characters as ?.
GRADUS_ONCE [[nodiscard]] std::string shown(std::string_view text);

/// A field as it stands in the file.
struct csv_field {
    std::string_view text;  ///< without the enclosing quotes and the blanks around them
    bool doubled = false;   ///< contains doubled quotes

    /// The text of the field, with single instead of doubled quotes.
    GRADUS_ONCE [[nodiscard]] std::string value() const;
};

/// Whether a number outside double's range overflows (not underflows), by the power of ten of its first non-zero digit.
/// \param digits  the number without its sign
GRADUS_ONCE [[nodiscard]] bool too_great(std::string_view digits);

/// The number that the whole text spells, in any locale; empty if there is none or it is nan or inf. Returns infinity
/// for 1e999, so that a message can say that it is too large, and 0 for 1e-999.
GRADUS_ONCE [[nodiscard]] std::optional<double> csv_number(std::string_view text);

/// Iterates over the records of a text; a copy continues from the same position. Refers to the text and the source.
class csv_records {
  public:
    /// \param source  the name of the text in messages
    /// \throws data_error for a NUL byte, for UTF-16, or for a separator that is a quote, a line end or NUL.
    GRADUS_ONCE csv_records(std::string_view text, const std::string& source, char separator);

    /// Reads the next record; returns false at the end. \throws data_error for a misplaced quote.
    GRADUS_ONCE bool next();

    [[nodiscard]] const std::vector<csv_field>& fields() const { return fields_; }
    /// The line on which the record begins, counted from 1.
    [[nodiscard]] std::size_t line() const { return line_; }
    [[nodiscard]] const std::string& source() const { return *source_; }

    /// \throws data_error with the source and the line on which the record begins.
    [[noreturn]] void fail(std::initializer_list<piece> pieces) const {
        throw data_error(message({*source_, ": line ", line_, message(pieces)}));
    }

  private:
    [[nodiscard]] bool at_line_end() const { return at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r'); }
    void end_line() {
        at_ += text_.substr(at_).starts_with("\r\n") ? 2 : 1;
        ++here_;
    }
    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] != separator_ && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    }
    /// Advances the line number by the line ends in `piece`.
    void pass(std::string_view piece) {
        for (std::size_t i = 0; i < piece.size(); ++i)
            here_ += piece[i] == '\n' || (piece[i] == '\r' && !piece.substr(i + 1).starts_with('\n'));
    }

    GRADUS_ONCE csv_field plain();

    GRADUS_ONCE csv_field quoted();

    std::string_view text_;
    const std::string* source_;
    char separator_;
    std::size_t at_ = 0, here_ = 1, line_ = 1;  // here_: the line of at_; line_: of the record
    std::vector<csv_field> fields_;
};

#if GRADUS_BODIES_OF(data)

GRADUS_BODY std::string shown(std::string_view text) {
    std::size_t n = std::min<std::size_t>(text.size(), 32);
    // does not cut a UTF-8 character
    while (n < text.size() && n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0) == 0x80) --n;
    std::string out = message({"'", text.substr(0, n), n < text.size() ? "...'" : "'"});
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
    return out;
}

GRADUS_BODY std::string csv_field::value() const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out += text[i];
        if (doubled && text[i] == '"') ++i;
    }
    return out;
}

GRADUS_BODY bool too_great(std::string_view digits) {
    const std::size_t e = std::min(digits.find_first_of("eE"), digits.size());
    const std::size_t point = std::min(digits.find('.'), e), first = digits.find_first_of("123456789");
    std::string_view exponent = digits.substr(std::min(e + 1, digits.size()));
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    long power = 0;
    const auto problem = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power).ec;
    if (problem == std::errc::result_out_of_range) return !exponent.starts_with('-');
    const auto at = [](std::size_t i) { return static_cast<double>(i); };
    return at(point) + static_cast<double>(power) > at(first);
}

GRADUS_BODY std::optional<double> csv_number(std::string_view text) {
    const bool sign = text.starts_with('+') || text.starts_with('-');
    const std::string_view digits = text.substr(sign ? 1 : 0);
    if (digits.empty() || !(digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'))) return {};  // nan, inf, +-1
    if (text[0] == '+') text = digits;  // from_chars does not accept a +
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return {};
    if (problem == std::errc::result_out_of_range)
        return too_great(digits) ? std::numeric_limits<double>::infinity() : 0;
    return value;
}

GRADUS_BODY csv_records::csv_records(std::string_view text, const std::string& source, char separator)
    : text_(text), source_(&source), separator_(separator) {
    if (separator == '"' || separator == '\n' || separator == '\r' || separator == '\0')
        throw data_error(message({source, ": a quote, a line's end or NUL cannot be a separator"}));
    if (text.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        throw data_error(message({source, ": a text in UTF-16; save it as UTF-8"}));
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        pass(text.substr(0, nul));
        throw data_error(message({source, ": line ", here_, ": a NUL byte, so it is no text"}));
    }
}

GRADUS_BODY bool csv_records::next() {
    fields_.clear();
    while (at_line_end()) end_line();
    if (at_ == text_.size()) return false;
    line_ = here_;
    for (;;) {
        skip_blanks();
        fields_.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
        if (at_ == text_.size()) return true;
        if (text_[at_] != separator_) return end_line(), true;
        ++at_;
    }
}

GRADUS_BODY csv_field csv_records::plain() {
    const std::size_t begin = at_;
    bool quote = false;
    for (; at_ < text_.size() && text_[at_] != separator_ && !at_line_end(); ++at_) quote = quote || text_[at_] == '"';
    std::size_t end = at_;
    while (end > begin && (text_[end - 1] == ' ' || text_[end - 1] == '\t')) --end;
    const csv_field field{text_.substr(begin, end - begin)};
    if (quote) fail({": a quote within the field ", shown(field.text), ", which does not begin with one"});
    return field;
}

GRADUS_BODY csv_field csv_records::quoted() {
    const std::size_t begin = at_ + 1;
    csv_field field;
    std::size_t end = text_.find('"', begin);
    while (text_.substr(std::min(end, text_.size())).starts_with("\"\"")) {
        field.doubled = true;
        end = text_.find('"', end + 2);
    }
    if (end == std::string_view::npos) fail({": the quote before ", shown(text_.substr(begin)), " is never closed"});
    field.text = text_.substr(begin, end - begin);
    pass(field.text);
    at_ = end + 1;
    skip_blanks();
    if (at_ < text_.size() && text_[at_] != separator_ && !at_line_end())
        fail({": ", shown(text_.substr(at_, 1)), " follows the quote that closes ", shown(field.text)});
    return field;
}

#endif

}  // namespace gradus::data
