#pragma once
/// \file
/// NumPy's `.npy`: one array, with its type and shape in a short header.
///
/// Source: NumPy Enhancement Proposal 1, and the description of format versions 1 to 3 in `numpy.lib.format`.

#include <bit>
#include <cstring>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/file.hpp"
#include "gradus/io/array.hpp"

namespace gradus::io {

/// The limit of NumPy 1.
inline constexpr std::size_t most_axes = 32;

/// The header before the elements in a `.npy`: magic, version 1.0, the dictionary, padded to a multiple of 64 bytes.
GRADUS_ONCE [[nodiscard]] std::string npy_header(dtype type, shape_view shape);

/// Parses the dictionary of a header, a Python literal:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
class npy_dictionary {
  public:
    dtype type;
    char order = '|';
    bool is_bool = false;  ///< read as u1, of 0 and 1
    bool fortran_order = false;
    std::vector<std::size_t> shape;

    /// \throws data_error with the field and the byte of the header at which it is wrong.
    GRADUS_ONCE npy_dictionary(std::string_view text, const std::string& source);

  private:
    [[noreturn]] void refuse(std::string_view what) const {
        fail({source_, ": npy header has ", what, " at byte ", at_, " of ", text_.size()});
    }
    char peek() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool accept(char c) { return peek() == c && ++at_ != 0; }
    void need(char c) {
        if (!accept(c)) refuse(message({"no ", std::string_view(&c, 1)}));
    }
    GRADUS_ONCE std::string_view quoted();
    GRADUS_ONCE bool truth();
    GRADUS_ONCE void read_type();
    GRADUS_ONCE void read_shape();
    std::size_t number() {
        constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
        std::size_t n = 0;
        if (peek() < '0' || peek() > '9') refuse("no number");
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
            const auto digit = static_cast<std::size_t>(text_[at_] - '0');
            if (n > (most - digit) / 10) refuse("a size beyond 64 bits");
            n = 10 * n + digit;
        }
        return n;
    }

    std::string_view text_;
    const std::string& source_;
    std::size_t at_ = 0;
};

/// Reorders elements from column-major order (first index fastest) to row-major order.
GRADUS_ONCE void to_row_major(array& a);

/// The array in the bytes of a `.npy`. Column-major and byte-swapped files are converted; b1, NumPy's bool, is read as
/// u1 of 0 and 1.
///
/// Allocates no more than the file's own size (twice that for column-major files), and only after the header was found
/// to agree with it.
/// \param source  its name in messages
/// \throws data_error with the field and its numbers.
GRADUS_ONCE [[nodiscard]] array parse_npy(std::span<const std::byte> file, std::string source, std::string name = "");

/// The array in a `.npy` file. \throws data_error with the path, the field and its numbers.
[[nodiscard]] inline array read_npy(const std::string& path) { return parse_npy(read_file(path), path); }

/// The header and the data of a `.npy`, after checking that shape and number of elements agree.
struct npy_parts {
    std::string header;
    std::span<const std::byte> data;

    /// \throws data_error if the shape has another number of elements, or too many axes.
    template <class Data>
    npy_parts(const std::string& source, shape_view shape, const Data& elements)
        : npy_parts(source, dtype_of<typename decltype(std::span(elements))::value_type>, shape,
                    std::as_bytes(std::span(elements))) {}
    GRADUS_ONCE npy_parts(const std::string& source, dtype type, shape_view shape, std::span<const std::byte> elements);
};

/// Writes one array as `.npy`. The file is replaced completely or not at all.
/// \param elements  row-major, anything contiguous: a vector, a span, `flat(x)` of a tensor
/// \throws data_error with the path and the reason.
template <class Data>
void write_npy(const std::string& path, shape_view shape, const Data& elements) {
    const npy_parts parts(path, shape, elements);
    replacement_file out(path);
    out.write(std::as_bytes(std::span(parts.header)));
    out.write(parts.data);
    out.commit();
}

#if GRADUS_BODIES_OF(io)

GRADUS_BODY std::string npy_header(dtype type, shape_view shape) {
    std::string sizes;
    for (std::size_t n : shape) sizes += message({sizes.empty() ? "" : ", ", n});
    if (shape.size() == 1) sizes += ',';
    const char* order = type.size == 1 ? "|" : std::endian::native == std::endian::little ? "<" : ">";
    std::string text =
        message({"{'descr': '", order, type.text(), "', 'fortran_order': False, 'shape': (", sizes, "), }"});
    text.append(63 - (10 + text.size()) % 64, ' ');
    text += '\n';
    const char magic[10] = {'\x93',
                            'N',
                            'U',
                            'M',
                            'P',
                            'Y',
                            1,
                            0,
                            static_cast<char>(text.size() % 256),
                            static_cast<char>(text.size() / 256)};
    return message({std::string_view(magic, 10), text});
}

GRADUS_BODY npy_dictionary::npy_dictionary(std::string_view text, const std::string& source)
    : text_(text), source_(source) {
    bool seen[3] = {};
    need('{');
    while (!accept('}')) {
        const std::string_view key = quoted();
        need(':');
        const int field = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
        if (field == 3) refuse("an unknown key");
        if (std::exchange(seen[field], true)) refuse(message({"'", key, "' a second time"}));
        if (field == 0) read_type();
        if (field == 1) fortran_order = truth();
        if (field == 2) read_shape();
        if (!accept(',') && peek() != '}') refuse("no , or }");
    }
    if (!seen[0] || !seen[1] || !seen[2]) refuse("no 'descr', 'fortran_order' or 'shape'");
    if (text_.substr(at_).find_first_not_of(' ') != text_.size() - 1 - at_ || text_.back() != '\n')
        refuse("something else than blanks and a line's end");
}

GRADUS_BODY std::string_view npy_dictionary::quoted() {
    const char mark = peek();
    const std::size_t end = mark == '\'' || mark == '"' ? text_.find(mark, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) refuse("no quoted text");
    const auto inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
}

GRADUS_BODY bool npy_dictionary::truth() {
    peek();
    for (const std::string_view word : {"True", "False"})
        if (text_.substr(at_).starts_with(word)) return at_ += word.size(), word == "True";
    refuse("neither True nor False");
}

GRADUS_BODY void npy_dictionary::read_type() {
    if (peek() == '[') refuse("a descr of several fields; only plain arrays are read,");
    const std::string_view s = quoted();
    const bool known = s.size() == 3 && std::string_view("<>|=").find(s[0]) != std::string_view::npos &&
                       (s[1] == 'f' ? s[2] == '4' || s[2] == '8'
                                        : (s[1] == 'i' || s[1] == 'u') &&
                                          (s[2] == '1' || s[2] == '2' || s[2] == '4' || s[2] == '8')) &&
                       (s[0] != '|' || s[2] == '1');
    is_bool = s == "|b1";
    if (!known && !is_bool) {
        const bool plain =
            s.size() < 20 && std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < 127; });
        refuse(message({"descr '", plain ? s : "...", "', none of b1 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8,"}));
    }
    order = s[0];
    type = {is_bool ? 'u' : s[1], static_cast<std::uint8_t>(s[2] - '0')};
}

GRADUS_BODY void npy_dictionary::read_shape() {
    need('(');
    while (!accept(')')) {
        if (shape.size() == most_axes) refuse("more than 32 axes");
        shape.push_back(number());
        if (!accept(',') && (shape.size() < 2 || peek() != ')')) refuse("no , or )");  // (3) is not a tuple, (3,) is
    }
}

GRADUS_BODY void to_row_major(array& a) {
    const std::size_t rank = a.shape.size(), width = a.type.size;
    if (rank < 2 || a.bytes.empty()) return;
    std::vector<std::size_t> index(rank, 0), stride(rank, width);
    for (std::size_t axis = 1; axis < rank; ++axis) stride[axis] = stride[axis - 1] * a.shape[axis - 1];
    std::vector<std::byte> out(a.bytes.size());
    std::size_t from = 0;
    for (std::size_t to = 0; to < out.size(); to += width) {
        std::memcpy(&out[to], &a.bytes[from], width);
        for (std::size_t axis = rank; axis-- > 0;) {
            from += stride[axis];
            if (++index[axis] < a.shape[axis]) break;
            from -= stride[axis] * a.shape[axis];
            index[axis] = 0;
        }
    }
    a.bytes = std::move(out);
}

GRADUS_BODY array parse_npy(std::span<const std::byte> file, std::string source, std::string name) {
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
    if (!text.starts_with("\x93NUMPY")) fail({source, ": no .npy: its first 6 bytes are not \\x93NUMPY"});
    if (text.size() < 8) fail({source, ": cut short: ", text.size(), " bytes"});
    if (byte(6) < 1 || byte(6) > 3 || byte(7) != 0)
        fail({source, ": npy version ", byte(6), ".", byte(7), ", known are 1.0, 2.0, 3.0"});
    const std::size_t start = byte(6) == 1 ? 10 : 12;
    if (text.size() < start) fail({source, ": cut short: ", text.size(), " bytes"});
    std::size_t length = 0;
    for (std::size_t i = start; i-- > 8;) length = 256 * length + byte(i);
    if (length > text.size() - start)
        fail({source, ": cut short: npy header of ", length, " bytes, ", text.size() - start, " are left"});

    npy_dictionary header(text.substr(start, length), source);
    const auto data = file.subspan(start + length);
    const std::size_t size = bytes_of(header.type, header.shape, source);
    if (data.size() != size)
        fail({source, ": shape ", text_of(header.shape), " of ", header.type.text(), " needs ", size, " bytes, got ",
              data.size()});

    array out{std::move(source), std::move(name), header.type, std::move(header.shape), {data.begin(), data.end()}};
    if (header.is_bool && std::any_of(out.bytes.begin(), out.bytes.end(), [](std::byte b) { return b > std::byte{1}; }))
        fail({out.source, ": holds b1, and a byte that is neither 0 nor 1"});
    const bool swapped = header.order == (std::endian::native == std::endian::little ? '>' : '<');
    for (auto p = out.bytes.begin(); swapped && p != out.bytes.end(); p += out.type.size)
        std::reverse(p, p + out.type.size);
    if (header.fortran_order) to_row_major(out);
    return out;
}

GRADUS_BODY npy_parts::npy_parts(const std::string& source, dtype type, shape_view shape,
                                 std::span<const std::byte> elements)
    : data(elements) {
    if (shape.size() > most_axes) fail({source, ": ", shape.size(), " axes, at most 32 can be written"});
    if (bytes_of(type, shape, source) != elements.size())
        fail({source, ": shape ", text_of(shape), " does not have ", elements.size() / type.size, " elements"});
    header = npy_header(type, shape);
}

#endif

}  // namespace gradus::io
