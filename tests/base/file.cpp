#include "gradus/base/file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "../io/temporary_folder.hpp"

namespace gr = gradus;
namespace fs = std::filesystem;
using gr::io::read_file;
using gr::io::replacement_file;

namespace {

std::span<const std::byte> bytes(const char* text) { return std::as_bytes(std::span(text, std::strlen(text))); }

std::string text_of(const std::string& path) {
    const auto content = read_file(path);
    return {reinterpret_cast<const char*>(content.data()), content.size()};
}

void replace(const std::string& path, const char* text) {
    replacement_file out(path);
    out.write(bytes(text));
    out.commit();
}

}  // namespace

TEST_CASE("io.read_file: the whole of a file, or why not") {
    const temporary_folder folder;
    replace(folder / "a", "gradus");
    CHECK(text_of(folder / "a") == "gradus");
    replace(folder / "none", "");
    CHECK(read_file(folder / "none").empty());
    CHECK(read_file(folder / "a", 6).size() == 6);

    CHECK(message_of([&] { (void)read_file(folder / "a", 5); }) ==
          folder / "a" + ": cannot be read: its 6 bytes are more than 5");
    CHECK(message_of([&] { (void)read_file(folder / "b"); }) ==
          folder / "b" + ": cannot be read: No such file or directory");
    CHECK(message_of([&] { (void)read_file(folder.path); }) == folder.path + ": cannot be read: it is a folder");
    CHECK(message_of([&] { (void)read_file("/dev/zero"); }) == "/dev/zero: cannot be read: it is a device or a pipe");
}

TEST_CASE("io.replacement_file: in place only when committed") {
    const temporary_folder folder;
    replace(folder / "a", "old");
    {
        replacement_file out(folder / "a");
        out.write(bytes("new, but given up"));
        CHECK(folder.files() == 2);
    }
    CHECK(text_of(folder / "a") == "old");
    CHECK(folder.files() == 1);

    replacement_file out(folder / "a");
    out.write(bytes("ne"));
    out.write(bytes("w"));
    CHECK(text_of(folder / "a") == "old");
    out.commit();
    CHECK_FALSE(out.is_open());
    CHECK(text_of(folder / "a") == "new");
    CHECK(folder.files() == 1);

    const std::string closed = folder / "a" + ": cannot be written: it was closed, or an earlier write failed";
    CHECK(message_of([&] { out.commit(); }) == closed);
    CHECK(message_of([&] { out.write(bytes("more")); }) == closed);
}

TEST_CASE("io.replacement_file: two writers of one path do not mix") {
    const temporary_folder folder;
    replacement_file first(folder / "a"), second(folder / "a");
    first.write(bytes("first"));
    second.write(bytes("second"));
    second.commit();
    CHECK(text_of(folder / "a") == "second");
    first.commit();
    CHECK(text_of(folder / "a") == "first");
    CHECK(folder.files() == 1);
}

TEST_CASE("io.replacement_file: keeps the mode, follows links") {
    const temporary_folder folder;
    replace(folder / "a", "old");
    fs::permissions(folder / "a", fs::perms::owner_read | fs::perms::owner_write);
    fs::create_directory(folder / "b");
    fs::create_symlink("../a", folder / "b" + "/latest");
    replace(folder / "b" + "/latest", "new");
    CHECK(fs::is_symlink(folder / "b" + "/latest"));
    CHECK(text_of(folder / "a") == "new");
    CHECK(fs::status(folder / "a").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("io.replacement_file: says why a path cannot be written") {
    const temporary_folder folder;
    replace(folder / "a", "old");
    const auto why = [](const std::string& path) { return message_of([&] { replacement_file out(path); }); };
    CHECK(why(folder.path) == folder.path + ": cannot be written: it is a folder");
    CHECK(why("/dev/null") == "/dev/null: cannot be written: it is a device or a pipe");
    CHECK(why(folder / "runs/7/a") ==
          folder / "runs/7/a" + ": cannot be written: there is no folder " + folder.path + "/runs/7");
    CHECK(why(folder / "a/b") == folder / "a/b" + ": cannot be written: Not a directory");
    CHECK(why("") == ": cannot be written: No such file or directory");
    CHECK(folder.files() == 1);
}

TEST_CASE("io.replacement_file: a full disk leaves the old file, and nothing else") {
    const temporary_folder folder;
    replace(folder / "a", "old");
    const std::vector<std::byte> large(1 << 20);
    struct rlimit before = {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);  // then write() fails, as it does on a full disk
    const struct rlimit small = {1 << 16, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string on_write = message_of([&] {
        replacement_file out(folder / "a");
        out.write(large);
    });
    const struct rlimit none = {2, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
    const std::string on_commit = message_of([&] {  // three bytes wait in the buffer until then
        replacement_file out(folder / "a");
        out.write(bytes("new"));
        out.commit();
    });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    CHECK(on_write == folder / "a" + ": cannot be written: File too large");
    CHECK(on_commit == folder / "a" + ": cannot be written: File too large");
    CHECK(text_of(folder / "a") == "old");
    CHECK(folder.files() == 1);
}

TEST_CASE("io.replacement_file: no permission, no replacement") {
    const temporary_folder folder;
    replace(folder / "a", "old");
    fs::permissions(folder / "a", fs::perms::owner_read | fs::perms::others_read);
    fs::permissions(folder.path, fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
    // Root may write anywhere: a child that is nobody tries.
    const auto nobody_hears = [](const std::string& path, const std::string& expected) {
        const ::pid_t child = ::fork();
        if (child == 0) {
            const bool changed = ::getuid() != 0 || ::setuid(65534) == 0;
            ::_exit(changed && message_of([&] { replacement_file out(path); }) == expected ? 0 : 1);
        }
        int status = -1;
        ::waitpid(child, &status, 0);
        return status == 0;
    };
    CHECK(nobody_hears(folder / "a", folder / "a" + ": cannot be written: Permission denied"));
    if (::getuid() == 0) CHECK(nobody_hears(folder / "b", folder / "b" + ": cannot be written: Permission denied"));
    CHECK(text_of(folder / "a") == "old");
    CHECK(folder.files() == 1);
}
