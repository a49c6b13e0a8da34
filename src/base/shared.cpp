#include "base/shared.hpp"

#include "base/numbered.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <fcntl.h>
#include <string>
#include <string_view>

namespace holdfast {
namespace {

/// A process that maps the memory relies on its size.
constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

#ifndef MFD_NOEXEC_SEAL
constexpr unsigned MFD_NOEXEC_SEAL = 8;
#endif

} // namespace

Fd make_named_memory(const char* name, size_t size) {
    // Beyond this limit the kernel would send SIGXFSZ.
    rlimit largest_file{};
    if (::getrlimit(RLIMIT_FSIZE, &largest_file) != 0 || largest_file.rlim_cur < size) return {};
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    // A kernel may demand the flag (vm.memfd_noexec), and one before 6.3 does not know it.
    Fd file{::memfd_create(name, flags | MFD_NOEXEC_SEAL)};
    if (!file) file = Fd{::memfd_create(name, flags)};
    if (!file || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0 || ::fcntl(file.get(), F_ADD_SEALS, seals) != 0)
        return {};
    return file;
}

Fd find_named_memory(pid_t process, const char* name, size_t size) {
    const Fd folder{::open(fmt::format("/proc/{}/fd", process).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder) return {};
    const std::string wanted = fmt::format("/memfd:{} (deleted)", name);
    Fd found;
    each_number(folder.get(), [&](int number) {
        const std::string entry = std::to_string(number);
        std::array<char, 64> target{};
        const ssize_t length = ::readlinkat(folder.get(), entry.c_str(), target.data(), target.size());
        if (length < 0 || std::string_view{target.data(), static_cast<size_t>(length)} != wanted) return;
        Fd file{::openat(folder.get(), entry.c_str(), O_RDONLY | O_CLOEXEC)};
        struct stat status {};
        const int has = file ? ::fcntl(file.get(), F_GET_SEALS) : -1;
        if (has >= 0 && (has & seals) == seals && ::fstat(file.get(), &status) == 0 &&
            status.st_size == static_cast<off_t>(size))
            found = std::move(file);
    });
    return found;
}

} // namespace holdfast
