#pragma once
/// \file
/// MNIST, 70 000 handwritten digits of 28 x 28 pixels, read from disk or downloaded; drawn digits if neither succeeds.
///
/// Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998).

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/data/digits.hpp"
#include "gradus/data/download.hpp"
#include "gradus/data/idx.hpp"
#include "gradus/data/md5.hpp"
#include "gradus/data/memory.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

using labels = tensor<std::int32_t, 1>;

struct mnist_options {
    /// The folder with the four files, gzipped or not, or with a subfolder `mnist/` that has them. Empty: tries
    /// $GRADUS_DATA, then the user's cache, then a download into the cache, then drawn digits.
    std::string folder = "";
    /// Keep only these digits, relabelled 0, 1, ... in this order. Empty: all ten.
    std::vector<std::int32_t> classes = {};
    /// How many digits are drawn if MNIST is not found, and with which seed.
    std::size_t drawn_train = 60000, drawn_test = 10000;
    std::uint64_t seed = 0;
    /// Gets one line if GRADUS_DATA names a folder without MNIST, if MNIST was downloaded, or if digits were drawn.
    /// May be null.
    std::FILE* log = stderr;
};

/// x (N, 784) in [0, 1], y (N): 60 000 digits for training and 10 000 for testing.
template <class T>
struct mnist_data {
    dataset<tensor<T, 2>, labels> train, test;
    std::string source;  ///< "MNIST from /path" or "drawn digits, seed 0"
    bool real = false;   ///< false: the digits are drawn
};

/// The digits as stored in the files: x (N, 28, 28) bytes, y (N).
struct mnist_bytes {
    dataset<tensor<std::uint8_t, 3>, labels> train, test;
};

/// The four files, smallest first, and the MD5 of their unpacked bytes.
struct mnist_file {
    const char *name, *md5;
};
inline constexpr mnist_file mnist_files[] = {
    {"t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"},
    {"train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"},
    {"t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"},
    {"train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"},
};

/// The path of an MNIST file in `folder` or its `mnist/`, unpacked preferred to gzipped; "" if it is in neither.
GRADUS_ONCE [[nodiscard]] std::string find_mnist_file(const std::string& folder, const std::string& name);

/// Reads one of the four files. \throws data_error as read_idx does, if the file is missing, or if its MD5 differs.
template <std::size_t N>
[[nodiscard]] tensor<std::uint8_t, N> read_mnist_file(const std::string& folder, const mnist_file& file) {
    const std::string path = find_mnist_file(folder, file.name);
    if (path.empty())
        throw data_error("no MNIST in " + folder + ": neither there nor in its mnist/ is " + file.name + " or " +
                         file.name + ".gz");
    auto values = read_idx<N>(path);
    md5 sum;
    sum.update(idx_header(values.shape()));
    sum.update(flat(values));
    if (sum.hex() != file.md5)
        throw data_error(path + ": the MD5 of the unpacked file is " + sum.hex() + ", MNIST's is " + file.md5);
    return values;
}

/// Reads MNIST from a folder. \throws data_error naming what is missing or damaged.
GRADUS_ONCE [[nodiscard]] mnist_bytes read_mnist(const std::string& folder);

/// Downloads MNIST into `folder`: into a temporary subfolder first, where the files are checked before they are moved,
/// so that `folder` never holds a broken file. $GRADUS_MNIST_URL names another source; set but empty, it forbids
/// downloads.
/// \throws data_error with the reason of the failure.
GRADUS_ONCE [[nodiscard]] mnist_bytes download_mnist(const std::string& folder);

/// The samples of `classes`, relabelled 0, 1, ... in that order. \throws data_error for a class that has no sample.
template <class X>
[[nodiscard]] dataset<X, labels> only(const dataset<X, labels>& data, const std::vector<std::int32_t>& classes) {
    for (std::int32_t k : classes)
        if (std::find(data.y.begin(), data.y.end(), k) == data.y.end())
            throw data_error("only: no sample has the label " + std::to_string(k));
    const auto place = [&](std::int32_t k) { return std::find(classes.begin(), classes.end(), k) - classes.begin(); };
    std::vector<std::size_t> which;
    for (std::size_t n = 0; n < data.size(); ++n)
        if (static_cast<std::size_t>(place(data.y(n))) < classes.size()) which.push_back(n);
    auto out = take(data, which);
    for (auto& k : out.y) k = static_cast<std::int32_t>(place(k));
    return out;
}

/// Handwritten digits: `auto digits = gr::data::mnist();`, then `digits.train`, `digits.test`, `digits.source`. See
/// mnist_options::folder for where it searches. About 0.7 s.
/// \throws data_error if the folder given in the options has no MNIST, or if a folder with MNIST lacks a file or has a
/// damaged one.
template <class T = float>
[[nodiscard]] mnist_data<T> mnist(const mnist_options& options = {}) {
    const std::string home = cache_folder(), cache = home.empty() ? "" : home + "/mnist";
    const auto report = [&](const std::string& line) {
        if (options.log != nullptr) std::fprintf(options.log, "gradus: %s\n", line.c_str());
    };
    const auto found_in = [](const std::string& folder) {
        return !folder.empty() && !find_mnist_file(folder, mnist_files[3].name).empty();
    };
    std::string folder = options.folder;
    if (folder.empty()) {
        folder = environment("GRADUS_DATA");
        if (!folder.empty() && !found_in(folder)) {
            report("no MNIST in " + folder + ", which GRADUS_DATA names: it is passed over");
            folder.clear();
        }
    }
    if (folder.empty() && found_in(cache)) folder = cache;
    std::optional<mnist_bytes> bytes;
    std::string source = "MNIST from " + (folder.empty() ? cache : folder);
    if (!folder.empty()) {
        bytes = read_mnist(folder);
    } else {
        try {
            bytes = download_mnist(cache);
            report("downloaded MNIST to " + cache);
        } catch (const data_error& problem) {
            source = "drawn digits, seed " + std::to_string(options.seed);
            report("no MNIST here and none downloaded (" + std::string(problem.what()) +
                   "): these are drawn digits instead; --data or GRADUS_DATA names a folder with the real ones");
            bytes.emplace(mnist_bytes{drawn_digits(options.drawn_train, random::mix(options.seed, "train")),
                                      drawn_digits(options.drawn_test, random::mix(options.seed, "test"))});
        }
    }
    const auto finish = [&](dataset<tensor<std::uint8_t, 3>, labels> part) -> dataset<tensor<T, 2>, labels> {
        if (!options.classes.empty()) part = only(part, options.classes);
        const std::size_t n = part.size(), pixels = part.x.size() / n;
        return {normalize<T>(with_shape(std::move(part.x), {n, pixels})), std::move(part.y)};
    };
    return {finish(std::move(bytes->train)), finish(std::move(bytes->test)), source, source.starts_with("MNIST")};
}

/// Rows (N, 784) as images (N, 28, 28, 1): `auto train = gr::data::as_images(std::move(digits.train));` copies nothing.
template <class T>
[[nodiscard]] dataset<tensor<T, 4>, labels> as_images(dataset<tensor<T, 2>, labels> data) {
    const std::size_t n = data.size();
    return {with_shape(std::move(data.x), {n, 28, 28, 1}), std::move(data.y)};
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(data) template mnist_data<float> mnist<float>(const mnist_options&);
GRADUS_EXTERN(data) template mnist_data<double> mnist<double>(const mnist_options&);
#endif

#if GRADUS_BODIES_OF(data)

GRADUS_BODY std::string find_mnist_file(const std::string& folder, const std::string& name) {
    for (const char* place : {"/", "/mnist/"})
        for (const char* suffix : {"", ".gz"})
            if (const auto path = folder + place + name + suffix; access(path.c_str(), F_OK) == 0) return path;
    return "";
}

GRADUS_BODY mnist_bytes read_mnist(const std::string& folder) {
    const auto part = [&](const mnist_file& y_file, const mnist_file& x_file) {
        const auto bytes = read_mnist_file<1>(folder, y_file);
        auto y = labels::from_shape({bytes.size()});
        std::copy(bytes.data(), bytes.data() + bytes.size(), y.data());
        return dataset(read_mnist_file<3>(folder, x_file), std::move(y));
    };
    auto test = part(mnist_files[0], mnist_files[2]);
    return {part(mnist_files[1], mnist_files[3]), std::move(test)};
}

GRADUS_BODY mnist_bytes download_mnist(const std::string& folder) {
    if (folder.empty()) throw data_error("no folder to keep it in: neither XDG_CACHE_HOME nor HOME is set");
    std::string url = "https://ossci-datasets.s3.amazonaws.com/mnist";
    if (const char* other = std::getenv("GRADUS_MNIST_URL")) url = other;
    if (url.empty()) throw data_error("GRADUS_MNIST_URL is empty");
    if (url.back() == '/') url.pop_back();
    if (!GRADUS_HAS_ZLIB) throw data_error("without zlib it could not be unpacked");
    std::string part = folder + "/download-XXXXXX";
    if (!make_folder(folder) || mkdtemp(part.data()) == nullptr)
        throw data_error("cannot write to " + folder + ": " + std::strerror(errno));
    std::vector<std::string> names;
    for (const auto& file : mnist_files) names.push_back(std::string(file.name) + ".gz");
    std::string problem = download(url, names, part);
    std::optional<mnist_bytes> out;
    try {
        if (problem.empty()) out = read_mnist(part);
    } catch (const data_error& e) {
        problem = e.what();
    }
    for (const auto& name : names) {
        const std::string from = part + "/" + name, to = folder + "/" + name;
        if (out && std::rename(from.c_str(), to.c_str()) != 0) problem = "cannot write " + to;
        std::remove(from.c_str());
    }
    std::remove(part.c_str());
    if (!problem.empty()) throw data_error(problem);
    return std::move(*out);
}

#endif

}  // namespace gradus::data
