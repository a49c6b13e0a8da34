#include "lean/lean.hpp"

#include "base/error.hpp"
#include "base/user.hpp"
#include "config/resolve.hpp"
#include "redis/node.hpp"
#include "redis/resolver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <unistd.h>

namespace holdfast {
namespace {

/// As seen from the lean program: where `cmake --install` puts it, and where it is built.
constexpr const char* places[] = {"../" HOLDFAST_LIBEXEC "/holdfast/holdfast", "whole/holdfast"};

bool needs_libraries(const Secret& uri) {
    const std::string& text = uri.reveal();
    if (text.starts_with("local:")) return false;
    // What is wrong with a URI the lean program can say.
    const auto node = parse_node(text);
    return node && (node->tls || known_addresses(*node).empty());
}

} // namespace

bool needs_whole_program(const Settings& settings) {
    return std::ranges::any_of(settings.nodes, needs_libraries) || !user_name() || environment_variable("LD_PRELOAD");
}

void become_whole_program(char** argv) {
    std::error_code error;
    const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (const char* place : places) ::execv((folder / place).c_str(), argv);
    throw Failure{ExitStatus::internal,
                  fmt::format("cannot start {}, which is needed for TLS and for names that are looked up: {}; install "
                              "holdfast again",
                              (folder / places[0]).lexically_normal().string(), errno_text(errno))};
}

} // namespace holdfast
