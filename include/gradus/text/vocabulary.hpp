#pragma once
/// \file
/// Vocabularies: texts to indices and back.
/// \code
/// const auto letters = gr::data::characters(text);                  // '\n' is 0, ' ' is 1, ...
/// const auto ids     = letters.encode("to be");                     // (5), std::int32_t
/// const auto again   = letters.decode(ids);                         // "to be"
/// const auto words   = gr::data::words(text, {.most = 5000, .padding = true, .unknown = true, .lower_case = true});
/// \endcode
/// Source: documents/001, 3.2 (词汇处理) and 4.2 (`tokenizer.encode`).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/data/csv_records.hpp"
#include "gradus/tensor/tensor.hpp"
#include "gradus/text/tokenize.hpp"

namespace gradus::data {

/// Distinct tokens, numbered from 0, and how a text is split into them.
class vocabulary {
  public:
    /// The tokens for padding and for everything that is not listed. No text is split into them: they are longer than a
    /// character, and < and > are tokens of their own.
    static constexpr std::string_view padding_token = "<pad>", unknown_token = "<unk>";

    /// \param source  its name in messages
    /// \throws data_error if there are no tokens, a token occurs twice, or no text can be split into it.
    GRADUS_ONCE explicit vocabulary(std::vector<std::string> tokens, const tokenize_options& cut = {},
                                    std::string_view source = "vocabulary");

    [[nodiscard]] std::size_t size() const { return tokens_.size(); }
    [[nodiscard]] const std::vector<std::string>& tokens() const { return tokens_; }
    [[nodiscard]] const tokenize_options& cut() const { return cut_; }

    /// A token's index, if it has one. O(log V).
    [[nodiscard]] std::optional<std::int32_t> find(std::string_view token) const {
        const auto found = index_.find(token);
        return found == index_.end() ? std::optional<std::int32_t>() : found->second;
    }
    [[nodiscard]] std::optional<std::int32_t> padding() const { return find(padding_token); }
    [[nodiscard]] std::optional<std::int32_t> unknown() const { return find(unknown_token); }

    /// A token's index, or the index of <unk>. \throws data_error if neither is listed.
    GRADUS_ONCE [[nodiscard]] std::int32_t index(std::string_view token) const;
    /// The token of an index. \throws data_error for one outside 0..V-1.
    [[nodiscard]] const std::string& operator[](std::int32_t index) const {
        if (!holds(index))
            throw data_error(message({"vocabulary: index ", index, " is not one of ", size(), ", counted from 0"}));
        return tokens_[static_cast<std::size_t>(index)];
    }

    /// The indices (T) of a text's tokens. O(bytes log V).
    /// \throws data_error if the text is not UTF-8; for a token that is not listed if <unk> is not listed either, with
    /// the offset of its first byte.
    GRADUS_ONCE [[nodiscard]] tensor<std::int32_t, 1> encode(std::string_view text,
                                                             std::string_view source = "text") const;

    /// The text of indices, without padding: characters are concatenated, words are joined by a blank.
    /// \throws data_error for an index outside 0..V-1, with its position.
    GRADUS_ONCE [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const;
    [[nodiscard]] std::string decode(const tensor<std::int32_t, 1>& ids) const { return decode(flat(ids)); }

  private:
    [[nodiscard]] bool holds(std::int32_t i) const { return i >= 0 && static_cast<std::size_t>(i) < size(); }
    [[nodiscard]] std::string_view unit_name() const { return cut_.by == unit::word ? "word" : "character"; }
    /// " (U+00E9)" for a character, "" for a word.
    [[nodiscard]] std::string code_of(std::string_view token) const {
        return cut_.by == unit::word ? std::string() : message({" (", code_point_text(decode_utf8(token)[0]), ")"});
    }
    [[noreturn]] void refuse_token(std::string_view where, std::string_view token, std::string_view code = {}) const {
        throw data_error(message({where, "the ", unit_name(), " ", shown(token), code, " is none of the vocabulary's ",
                                  size(), ", and it has no ", unknown_token}));
    }

    std::vector<std::string> tokens_;
    tokenize_options cut_;
    std::map<std::string, std::int32_t, std::less<>> index_;
};

struct vocabulary_options {
    std::size_t minimum = 1;  ///< a token that occurs less often is not listed
    std::size_t most = 0;     ///< maximum size, with <pad> and <unk>: the most frequent tokens are kept. 0: no limit
    bool padding = false;     ///< <pad> comes first
    bool unknown = false;     ///< <unk> comes next, for tokens that are not listed
    bool lower_case = false;
};

/// The vocabulary of a text: words by decreasing frequency, ties in code point order; characters in code point order.
/// O(bytes log V).
/// \throws data_error if the text is not UTF-8, or no token is left.
GRADUS_ONCE [[nodiscard]] vocabulary build_vocabulary(std::string_view text, unit by, const vocabulary_options& o);

/// The characters of a text, in code point order. \throws data_error as build_vocabulary does.
[[nodiscard]] inline vocabulary characters(std::string_view text, const vocabulary_options& options = {}) {
    return build_vocabulary(text, unit::character, options);
}
/// The words and punctuation marks of a text, the most frequent first, ties in code point order.
/// \throws data_error as build_vocabulary does.
[[nodiscard]] inline vocabulary words(std::string_view text, const vocabulary_options& options = {}) {
    return build_vocabulary(text, unit::word, options);
}

#if GRADUS_BODIES_OF(text)

GRADUS_BODY vocabulary::vocabulary(std::vector<std::string> tokens, const tokenize_options& cut,
                                   std::string_view source)
    : tokens_(std::move(tokens)), cut_(cut) {
    const auto refuse = [&](std::initializer_list<piece> why) {
        throw data_error(message({source, ": ", message(why)}));
    };
    if (tokens_.empty()) refuse({"there are no tokens"});
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
        const std::string& t = tokens_[i];
        const auto [other, is_new] = index_.emplace(t, static_cast<std::int32_t>(i));
        if (!is_new) refuse({"token ", i, ", ", shown(t), ", is token ", other->second, " too"});
        if (t == padding_token || t == unknown_token) continue;
        const auto pieces = tokenize(t, cut_, message({source, ": token ", i}));
        if (pieces.size() != 1 || pieces[0] != t)
            refuse({"token ", i, ", ", shown(t), ", is not one ", cut_.lower_case ? "lower-case " : "", unit_name()});
    }
}

GRADUS_BODY std::int32_t vocabulary::index(std::string_view token) const {
    if (const auto i = find(token)) return *i;
    if (const auto i = unknown()) return *i;
    refuse_token("vocabulary: ", token);
}

GRADUS_BODY tensor<std::int32_t, 1> vocabulary::encode(std::string_view text, std::string_view source) const {
    std::vector<std::int32_t> ids;
    const auto unlisted = unknown();
    each_token(text, cut_, source, [&](std::string_view token, std::size_t at) {
        const auto i = find(token);
        if (!i && !unlisted) refuse_token(message({source, ": byte ", at, ": "}), token, code_of(token));
        ids.push_back(i ? *i : *unlisted);
    });
    auto out = tensor<std::int32_t, 1>::from_shape({ids.size()});
    std::copy(ids.begin(), ids.end(), out.data());
    return out;
}

GRADUS_BODY std::string vocabulary::decode(std::span<const std::int32_t> ids) const {
    const auto filling = padding();
    std::string out;
    for (std::size_t t = 0; t < ids.size(); ++t) {
        if (!holds(ids[t]))
            throw data_error(message({"vocabulary: index ", ids[t], " at place ", t, " is not one of ", size(),
                                      ", counted from 0"}));
        if (ids[t] == filling) continue;
        if (cut_.by == unit::word && !out.empty()) out += ' ';
        out += tokens_[static_cast<std::size_t>(ids[t])];
    }
    return out;
}

GRADUS_BODY vocabulary build_vocabulary(std::string_view text, unit by, const vocabulary_options& o) {
    const tokenize_options cut{by, o.lower_case};
    const std::string_view set = by == unit::word ? "words" : "characters";
    std::map<std::string, std::size_t, std::less<>> counts;
    each_token(text, cut, "text", [&](std::string_view token, std::size_t) {
        const auto found = counts.find(token);
        ++(found == counts.end() ? counts.emplace(token, std::size_t{0}).first : found)->second;
    });
    std::vector<std::pair<std::string, std::size_t>> ranked;
    for (const auto& [token, count] : counts)
        if (count >= o.minimum) ranked.emplace_back(token, count);
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.second > b.second; });

    std::vector<std::string> tokens;
    if (o.padding) tokens.emplace_back(vocabulary::padding_token);
    if (o.unknown) tokens.emplace_back(vocabulary::unknown_token);
    const std::size_t special = tokens.size();
    const std::size_t room = o.most == 0 ? ranked.size() : o.most - std::min(o.most, special);
    if (ranked.empty() || room == 0)
        throw data_error(message({set, ": of ", counts.size(), " in the text, ", ranked.size(), " occur at least ",
                                  o.minimum, " times, and there is room for ", room}));
    for (std::size_t i = 0; i < std::min(room, ranked.size()); ++i) tokens.push_back(std::move(ranked[i].first));
    if (by == unit::character) std::sort(tokens.begin() + static_cast<std::ptrdiff_t>(special), tokens.end());
    return vocabulary(std::move(tokens), cut, set);
}

#endif

}  // namespace gradus::data
