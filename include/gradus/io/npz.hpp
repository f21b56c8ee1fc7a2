#pragma once
/// \file
/// NumPy's `.npz`: a zip archive of named `.npy` arrays.
///
/// \code
/// gr::io::npz_writer out("net.npz");
/// out.add("0.W", {2, 3}, values);
/// out.close();                                                     // now, and only now, net.npz is the new one
///
/// gr::io::npz_reader in("net.npz");
/// auto W = in["0.W"];
/// std::span<const float> values = W.as<float>({2, 3});
/// \endcode

#include "gradus/base/compiled.hpp"
#include "gradus/io/npy.hpp"
#include "gradus/io/zip_reader.hpp"
#include "gradus/io/zip_writer.hpp"

namespace gradus::io {

/// Writes arrays as `.npz`, uncompressed like `numpy.savez`. Equal arrays in equal order produce equal files.
///
/// The file is replaced at `close`: without it, and after any failure, an existing file stays as it was.
/// \throws data_error with the path, the array and the reason: no folder, no permission, disk full, a name used twice,
/// a
///         shape that does not fit its elements, more than 4 GiB or 65534 arrays.
class npz_writer {
  public:
    /// Begins a temporary file next to `path`; throws at once if that fails.
    explicit npz_writer(std::string path) : zip_(std::move(path)) {}

    /// Adds an array.
    /// \param name      UTF-8 without control characters: `0.W`, `encoder/W`
    /// \param elements  row-major, anything contiguous: a vector, a span, `flat(x)` of a tensor
    template <class Data>
    void add(std::string_view name, shape_view shape, const Data& elements) {
        const std::span view(elements);
        add(name, dtype_of<typename decltype(view)::value_type>, shape, std::as_bytes(view));
    }
    void add(std::string_view name, dtype type, shape_view shape, std::span<const std::byte> elements) {
        const npy_parts parts(message({zip_.path(), ", '", name, "'"}), type, shape, elements);
        zip_.add(message({name, ".npy"}), {std::as_bytes(std::span(parts.header)), parts.data});
    }
    /// Adds a tensor of any type.
    void add(std::string_view name, const tensor_ref& x) {
        add(name, x.type(), x.shape(), {static_cast<const std::byte*>(x.data()), x.bytes()});
    }

    /// Adds a tensor.
    template <any_tensor X>
    void add(std::string_view name, const X& x) {
        add(name, x.shape(), flat(x));
    }

    /// Adds one number, as an array of shape ().
    template <element T>
    void add(std::string_view name, T value) {
        add(name, {}, std::span<const T>(&value, 1));
    }

    /// Moves the finished file to its path.
    void close() { zip_.close(); }

  private:
    zip_writer zip_;
};

/// Reads an `.npz`, also a damaged or malicious one: any defect is an error before memory is allocated for it.
///
/// Holds the file in memory; an array is checked against its checksum, parsed and copied when it is requested.
/// \throws data_error with the path, the array, the field and its numbers.
class npz_reader {
  public:
    /// \param limit  the most bytes of an unpacked array: a small file may unpack to 1032 times its size
    explicit npz_reader(const std::string& path, std::uint64_t limit = zip::in_zip64)
        : npz_reader(read_file(path, 0xFFFFFFFF), path, limit) {}

    /// \param file  the name of these bytes in messages
    GRADUS_ONCE npz_reader(std::vector<std::byte> bytes, std::string file, std::uint64_t limit = zip::in_zip64);

    /// The names in the order of the file.
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
    [[nodiscard]] bool contains(std::string_view name) const { return zip_.contains(message({name, ".npy"})); }

    /// The array of that name.
    [[nodiscard]] array operator[](std::string_view name) const {
        if (!contains(name)) {
            std::string known;
            for (std::size_t i = 0; i < names_.size() && i < 8; ++i) known += message({i == 0 ? "" : ", ", names_[i]});
            if (names_.size() > 8) known += message({", ... (", names_.size(), " arrays)"});
            fail({zip_.file(), ": no array '", name, "', it has ", known.empty() ? "none" : known});
        }
        std::vector<std::byte> room;
        const auto bytes = zip_.read(message({name, ".npy"}), room);
        return parse_npy(bytes, message({zip_.file(), ", '", name, "'"}), std::string(name));
    }

  private:
    zip_reader zip_;
    std::vector<std::string> names_;
};

#if GRADUS_BODIES_OF(io)

GRADUS_BODY npz_reader::npz_reader(std::vector<std::byte> bytes, std::string file, std::uint64_t limit)
    : zip_(std::move(bytes), std::move(file), limit) {
    for (const std::string& name : zip_.names()) {
        if (!name.ends_with(".npy"))
            fail({zip_.file(), ": member '", name, "' is no array, its name does not end in .npy"});
        names_.push_back(name.substr(0, name.size() - 4));
    }
}

#endif

}  // namespace gradus::io
