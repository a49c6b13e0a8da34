#include "lean/lean.hpp"

#include "base/error.hpp"
#include "base/user.hpp"
#include "config/resolve.hpp"
#include "redis/address.hpp"
#include "redis/node.hpp"

#include <fmt/format.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <unistd.h>

namespace holdfast {
namespace {

/// Where the whole program is, relative to the folder of the lean one: after `cmake --install`, and in the folder of
/// the build.
constexpr const char* places[] = {"../" HOLDFAST_LIBEXEC "/holdfast/holdfast", "whole/holdfast"};

/// Why this node needs the whole program, as in "for TLS (rediss://a:6379)"; nothing if it does not.
std::optional<std::string> needed_for(const Secret& uri) {
    // The lean program can report a wrong URI itself. A "local:" node does not parse here, and has neither TLS nor a
    // name.
    const auto node = parse_node(uri.reveal());
    if (!node) return {};
    if (node->locator == Node::Locator::sentinel) return fmt::format("to ask Sentinels ({})", node->display());
    if (node->locator == Node::Locator::cluster) return fmt::format("to find a cluster's master ({})", node->display());
    if (node->tls) return fmt::format("for TLS ({})", node->display());
    if (known_addresses(*node).empty()) return fmt::format("to look up a name ({})", node->display());
    return {};
}

/// The lean program's own file.
struct Self {
    std::filesystem::path path; ///< absolute; empty if it cannot be found
    uid_t owner = 0;
};

Self self() {
    Self found;
    std::error_code error;
    struct stat info {};
    if (::stat("/proc/self/exe", &info) == 0) found.path = std::filesystem::read_symlink("/proc/self/exe", error);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel's own words for a path
    else if (const auto* executed = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
             executed != nullptr && ::stat(executed, &info) == 0)
        found.path = std::filesystem::canonical(executed, error);
    found.owner = info.st_uid;
    return found;
}

/// Returns only if the whole program could not be started, with the errno.
int execute_whole_program(const Self& lean, char** argv) {
    for (const char* place : places) {
        const auto file = lean.path.parent_path() / place;
        struct stat info {};
        // If somebody copies the lean program to /tmp, any user can put a file beside the copy, so a file is executed
        // only if its owner is the owner of the lean program's file.
        if (::stat(file.c_str(), &info) != 0 || info.st_uid != lean.owner) continue;
        ::execv(file.c_str(), argv);
        return errno;
    }
    return ENOENT;
}

} // namespace

void become_whole_program_where_needed(const Settings& settings, char** argv) {
    std::optional<std::string> needed;
    for (const Secret& uri : settings.nodes)
        if (!needed) needed = needed_for(uri);
    if (!needed && user_name() && !environment_variable("LD_PRELOAD")) return;
    const Self lean = self();
    const int why = lean.path.empty() ? ENOENT : execute_whole_program(lean, argv);
    // If only the user or LD_PRELOAD asked for the whole program, the lean program goes on, though it shows the user as
    // "uid 1000" and ignores LD_PRELOAD.
    if (!needed) return;
    if (lean.path.empty())
        throw Failure{ExitStatus::internal,
                      fmt::format("what holdfast needs {} cannot be found without /proc; mount /proc", *needed)};
    throw Failure{ExitStatus::internal, fmt::format("cannot start {}, which is needed {}: {}; install holdfast again",
                                                    (lean.path.parent_path() / places[0]).lexically_normal().string(),
                                                    *needed, errno_text(why))};
}

} // namespace holdfast
