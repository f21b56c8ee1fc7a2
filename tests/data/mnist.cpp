#include "gradus/data/mnist.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace gr = gradus;
namespace fs = std::filesystem;

namespace {

/// The environment that a test wants, in a folder of its own; both are gone with it.
class surroundings {
  public:
    fs::path folder;

    surroundings() {
        std::string name = (fs::temp_directory_path() / "gradus-mnist-XXXXXX").string();
        folder = mkdtemp(name.data());
        set("GRADUS_DATA", nullptr);
        set("GRADUS_MNIST_URL", "");
        set("XDG_CACHE_HOME", folder.c_str());
    }
    ~surroundings() {
        for (auto& [name, value] : before_) value ? setenv(name, value->c_str(), 1) : unsetenv(name);
        fs::remove_all(folder);
    }
    surroundings(const surroundings&) = delete;
    void operator=(const surroundings&) = delete;

    void set(const char* name, const char* value) {
        const char* old = std::getenv(name);
        before_.insert(before_.begin(), {name, old ? std::optional<std::string>(old) : std::nullopt});
        value ? setenv(name, value, 1) : unsetenv(name);
    }

    /// Few digits, what is said written to a file.
    gr::data::mnist_options few() {
        log_ = std::tmpfile();
        return {.drawn_train = 60, .drawn_test = 20, .log = log_};
    }
    std::string said() {
        std::rewind(log_);
        std::string text(1000, '\0');
        text.resize(std::fread(text.data(), 1, text.size(), log_));
        std::fclose(log_);
        return text;
    }

  private:
    std::vector<std::pair<const char*, std::optional<std::string>>> before_;
    std::FILE* log_ = nullptr;
};

#if GRADUS_HAS_ZLIB
/// Where the real files lie, or "" with a message.
std::string real_data() {
    const std::string folder = gr::data::environment("GRADUS_DATA");
    if (folder.empty() || gr::data::find_mnist_file(folder, "train-images-idx3-ubyte").empty()) {
        MESSAGE("GRADUS_DATA names no folder with MNIST: the real files are not tested");
        return "";
    }
    return folder;
}
#endif

void write_idx(const fs::path& path, std::vector<std::size_t> shape, std::size_t count) {
    auto bytes = gr::data::idx_header(shape);
    bytes.resize(bytes.size() + count);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

TEST_CASE("mnist: without files or network the digits are drawn, and one line says so") {
    surroundings here;
    const auto digits = gr::data::mnist(here.few());
    CHECK(digits.train.size() == 60);
    CHECK(digits.test.size() == 20);
    CHECK(digits.train.x.shape()[1] == 784);
    CHECK(digits.source == "drawn digits, seed 0");
    CHECK(!digits.real);
    CHECK(here.said() ==
          "gradus: no MNIST here and none downloaded (GRADUS_MNIST_URL is empty): these are drawn digits instead; "
          "--data or GRADUS_DATA names a folder with the real ones\n");
    CHECK(*std::max_element(digits.train.x.begin(), digits.train.x.end()) <= 1.0f);
    CHECK(digits.train.x != digits.test.x);
}

TEST_CASE("mnist: a folder that the options name must have the files; one that GRADUS_DATA names is passed over") {
    surroundings here;
    const std::string empty = here.folder / "empty";
    fs::create_directory(empty);
    const std::string message =
        "no MNIST in " + empty +
        ": neither there nor in its mnist/ is t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz";
    CHECK_THROWS_WITH_AS((void)gr::data::mnist({.folder = empty}), message.c_str(), gr::data_error);
    here.set("GRADUS_DATA", empty.c_str());
    CHECK_THROWS_WITH_AS((void)gr::data::mnist({.folder = empty}), message.c_str(), gr::data_error);
    CHECK(gr::data::mnist(here.few()).source == "drawn digits, seed 0");
    CHECK(here.said() ==
          "gradus: no MNIST in " + empty + ", which GRADUS_DATA names: it is passed over\n"
          "gradus: no MNIST here and none downloaded (GRADUS_MNIST_URL is empty): these are drawn digits instead; "
          "--data or GRADUS_DATA names a folder with the real ones\n");

    write_idx(fs::path(empty) / "train-images-idx3-ubyte", {10, 28, 28}, 7840);  // with one of the four the others are missed
    CHECK_THROWS_WITH_AS((void)gr::data::mnist(), message.c_str(), gr::data_error);
}

TEST_CASE("mnist: a file with another checksum is named, with both sums") {
    surroundings here;
    fs::create_directory(here.folder / "mnist");
    const auto path = here.folder / "mnist" / "t10k-labels-idx1-ubyte";
    write_idx(path, {10}, 10);
    CHECK_THROWS_WITH_AS((void)gr::data::mnist({.folder = here.folder}),
                         (path.string() + ": the MD5 of the unpacked file is f26db7e22c03614278121f9b8995c93a, "
                                          "MNIST's is 27ae3e4e09519cfbb04c329615203637")
                             .c_str(),
                         gr::data_error);
}

TEST_CASE("mnist: a download that fails leaves nothing behind, and drawn digits instead") {
    surroundings here;
    const fs::path cache = here.folder / "gradus" / "mnist";
#if GRADUS_HAS_ZLIB
    here.set("GRADUS_MNIST_URL", ("file://" + (here.folder / "no where; $(touch x)").string()).c_str());
    CHECK(!gr::data::mnist(here.few()).real);
    CHECK(here.said().find("no MNIST here and none downloaded (file://") != std::string::npos);
    CHECK(fs::is_empty(cache));

    // Four files that can be fetched, but are not MNIST.
    for (const auto& file : gr::data::mnist_files) write_idx(here.folder / (std::string(file.name) + ".gz"), {10}, 10);
    here.set("GRADUS_MNIST_URL", ("file://" + here.folder.string() + "/").c_str());
    CHECK(!gr::data::mnist(here.few()).real);
    CHECK(here.said().find("t10k-labels-idx1-ubyte.gz: the MD5 of the unpacked file is ") != std::string::npos);
    CHECK(fs::is_empty(cache));

    here.set("PATH", "/no/such/folder");
    CHECK(!gr::data::mnist(here.few()).real);
    CHECK(here.said().find("cmake, which downloads, could not be run") != std::string::npos);

    std::ofstream(here.folder / "file") << "in the way";
    here.set("XDG_CACHE_HOME", (here.folder / "file").c_str());
    CHECK(!gr::data::mnist(here.few()).real);
    CHECK(here.said().find("cannot write to " + (here.folder / "file/gradus/mnist").string() + ": Not a directory") !=
          std::string::npos);
#else
    here.set("GRADUS_MNIST_URL", "file:///anywhere");
    CHECK(!gr::data::mnist(here.few()).real);
    CHECK(here.said().find("(without zlib it could not be unpacked)") != std::string::npos);
    CHECK(!fs::exists(cache));
#endif
}

TEST_CASE("mnist: the cache is $XDG_CACHE_HOME, else in the home") {
    surroundings here;
    CHECK(gr::data::cache_folder() == here.folder.string() + "/gradus");
    here.set("XDG_CACHE_HOME", nullptr);
    here.set("HOME", "/home/someone");
    CHECK(gr::data::cache_folder() == "/home/someone/.cache/gradus");
    here.set("HOME", nullptr);
    CHECK(gr::data::cache_folder() == "");
}

TEST_CASE("mnist: without a home there is no cache, nothing is fetched or written, and the digits are drawn") {
    surroundings here;
    here.set("XDG_CACHE_HOME", nullptr);
    here.set("HOME", nullptr);
    here.set("GRADUS_MNIST_URL", "file:///no/such/folder");
    CHECK(!gr::data::mnist(here.few()).real);
    CHECK(here.said() ==
          "gradus: no MNIST here and none downloaded (no folder to keep it in: neither XDG_CACHE_HOME nor HOME is set): "
          "these are drawn digits instead; --data or GRADUS_DATA names a folder with the real ones\n");
}

TEST_CASE("mnist: the classes that are kept are labelled from 0, in the order given") {
    surroundings here;
    auto options = here.few();
    const auto all = gr::data::mnist(options);
    options.classes = {7, 1};
    const auto two = gr::data::mnist(options);
    std::vector<std::int32_t> expected;
    for (std::int32_t k : all.train.y)
        if (k == 7 || k == 1) expected.push_back(k == 1);
    CHECK(std::equal(two.train.y.begin(), two.train.y.end(), expected.begin(), expected.end()));
    options.classes = {10};
    CHECK_THROWS_WITH_AS((void)gr::data::mnist(options), "only: no sample has the label 10", gr::data_error);
    (void)here.said();
}

TEST_CASE("mnist: as_images gives (N, 28, 28, 1)") {
    surroundings here;
    auto digits = gr::data::mnist<double>(here.few());
    const auto flat = digits.train.x;
    const auto images = gr::data::as_images(std::move(digits.train));
    CHECK(images.x.shape() == gr::tensor<double, 4>::shape_type{60, 28, 28, 1});
    CHECK(images.x(3, 14, 13, 0) == flat(3, 14 * 28 + 13));
    (void)here.said();
}

#if GRADUS_HAS_ZLIB
TEST_CASE("mnist: the real files, read, fetched and found in the cache") {
    const std::string folder = real_data();
    if (folder.empty()) return;
    const std::string packed = gr::data::find_mnist_file(folder, "train-images-idx3-ubyte");
    surroundings here;
    const auto digits = gr::data::mnist({.folder = folder});
    CHECK(digits.real);
    CHECK(digits.source == "MNIST from " + folder);
    CHECK(digits.train.size() == 60000);
    CHECK(digits.test.size() == 10000);
    CHECK(digits.train.y(0) == 5);
    CHECK(digits.test.y(0) == 7);
    double sum = 0;
    for (float v : digits.train.x) sum += static_cast<double>(v);
    CHECK(sum / 60000 / 784 == doctest::Approx(0.1306605).epsilon(1e-6));  // the mean that everyone subtracts

    if (!packed.ends_with(".gz")) return;
    const auto source = fs::absolute(packed).parent_path().string();
    here.set("GRADUS_MNIST_URL", ("file://" + source + "/").c_str());
    CHECK(gr::data::mnist(here.few()).real);
    const std::string cache = here.folder / "gradus/mnist";
    CHECK(here.said() == "gradus: downloaded MNIST to " + cache + "\n");
    here.set("GRADUS_MNIST_URL", "");
    CHECK(gr::data::mnist(here.few()).source == "MNIST from " + cache);
    CHECK(here.said().empty());
    here.set("GRADUS_DATA", here.folder.c_str());
    CHECK(gr::data::mnist(here.few()).source == "MNIST from " + cache);
    CHECK(here.said() ==
          "gradus: no MNIST in " + here.folder.string() + ", which GRADUS_DATA names: it is passed over\n");
    here.set("GRADUS_DATA", folder.c_str());
    CHECK(gr::data::mnist(here.few()).source == "MNIST from " + folder);
    CHECK(here.said().empty());
    CHECK(gr::data::mnist<float>({.classes = {0, 1}}).train.size() == 5923 + 6742);
}
#endif
