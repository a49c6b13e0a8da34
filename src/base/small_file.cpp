#include "base/small_file.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/fd.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace holdfast {
namespace {

constexpr size_t largest_file = 1U << 20U;

std::string first_line(const std::string& text) { return text.substr(0, text.find_first_of("\r\n")); }

} // namespace

SmallFile read_small_file(const std::string& path) {
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    const auto refuse = [&](const std::string& why) {
        return Failure{ExitStatus::configuration, fmt::format("cannot read {}: {}", printable(path, 300), why)};
    };
    struct stat info {};
    if (!fd && path.find("/~") != std::string::npos)
        throw refuse(errno_text(errno) + "; the shell replaces '~' only at the begin of a word without quotes");
    if (!fd && path.starts_with("~/"))
        throw refuse(errno_text(errno) + "; '~' is for a shell to replace, so write the whole path here");
    if (!fd || ::fstat(fd.get(), &info) != 0) throw refuse(errno_text(errno));
    if (S_ISDIR(info.st_mode))
        throw refuse("it is a directory; name a file in it (containers make an empty directory where the file to mount "
                     "is missing)");
    SmallFile content;
    content.others_may_read = (info.st_mode & S_IROTH) != 0;
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
        if (size < 0) throw refuse(errno_text(errno));
        if (size == 0) return content;
        content.text.append(buffer.data(), static_cast<size_t>(size));
        if (content.text.size() > largest_file) throw refuse("it is larger than anything people write");
    }
}

std::string how_to_keep_from_others(const std::string& path) {
    struct statvfs mount {};
    if (::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0)
        return "its mount is read-only, so give the mode where it is mounted: in Kubernetes defaultMode: 0440 and an "
               "fsGroup, in Docker mode: 0440 and a gid";
    return fmt::format("chmod o-r {}", printable(path, 300));
}

Secret read_password(const std::string& what, const std::string& file) {
    std::error_code none;
    const auto refuse = [&](const std::string& why) {
        return Failure{ExitStatus::configuration, fmt::format("{} {}: {}", what, printable(file, 300), why)};
    };
    if (file.find_first_of("/~") == std::string::npos && ::access(file.c_str(), F_OK) != 0 && errno == ENOENT)
        throw refuse(file == "-" ? "there is no such file; /dev/stdin is standard input"
                                 : fmt::format("there is no such file in {}; its first line is to be the password "
                                               "(HOLDFAST_PASSWORD has the password itself)",
                                               printable(std::filesystem::current_path(none).string(), 300)));
    const SmallFile read = read_small_file(file);
    if (read.others_may_read) throw refuse("others may read the password; " + how_to_keep_from_others(file));
    std::string password = first_line(read.text);
    if (password.empty()) throw refuse("its first line has no password");
    return Secret{std::move(password)};
}

bool read_again(Secret& password, const std::string& file) {
    // The password may come from a pipe or a terminal, which was read at the start; reading that again could wait for
    // ever.
    if (!stamp_of(file)) return false;
    try {
        std::string now = first_line(read_small_file(file).text);
        if (now.empty() || now == password.reveal()) return false;
        password = Secret{std::move(now)};
        return true;
    } catch (const Failure&) {
        return false;
    }
}

FileStamp stamp_of(const std::string& path) {
    struct stat info {};
    if (path.empty() || ::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
    return std::array<int64_t, 5>{static_cast<int64_t>(info.st_dev), static_cast<int64_t>(info.st_ino), info.st_size,
                                  info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
}

} // namespace holdfast
