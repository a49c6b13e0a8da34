#include "redis/explain.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <array>

namespace holdfast {
namespace {

struct Advice {
    std::string_view code;
    std::string_view text;
};

constexpr std::array<Advice, 5> advices{{
    {"OOM", "free memory there or raise its maxmemory"},
    {"MISCONF", "its disk may be full, and its log has the cause"},
    {"READONLY", "it is a replica by now; name its master instead"},
    {"LOADING", "it was just started and will answer soon"},
    {"CLUSTERDOWN", "repair its cluster, or name a server that stands alone"},
}};

/// "MOVED 1234 10.0.0.1:7001"
std::string moved(std::string_view text) {
    return fmt::format("it is a node of a Redis Cluster and the key belongs to another one, {}; "
                       "name that one, or a server that stands alone",
                       printable(text.substr(text.rfind(' ') + 1)));
}

} // namespace

std::optional<std::string> stranger(std::string_view first_bytes) {
    constexpr char tls_alert = 0x15;
    if (first_bytes.starts_with(tls_alert)) return "it seems to speak TLS; write rediss:// for redis://";
    if (first_bytes.starts_with("HTTP/") || first_bytes.starts_with('<'))
        return "a web server answers there, not Redis; check the port";
    if (first_bytes.starts_with("SSH-")) return "an SSH server answers there, not Redis; check the port";
    return {};
}

bool lacks_right(const Reply& error) {
    const auto says = [&](const char* words) { return error.text.find(words) != std::string::npos; };
    return says("NOPERM") || says("user executing the script") || says("ACL failure");
}

std::string explained(const Reply& error) {
    if (error.is_error("MOVED")) return moved(error.text);
    std::string_view text = error.text;
    // Which line of our script it was helps nobody.
    if (const size_t script = text.rfind(" script: "); text.find(", on @user_script:", script) != text.npos)
        text = text.substr(0, script);
    if (text.ends_with('.')) text.remove_suffix(1);
    std::string said = fmt::format("it says: {}", printable(text));
    if (lacks_right(error)) return said + "; give our user the rights that holdfast doctor --acl prints";
    for (const auto& [code, advice] : advices)
        if (error.is_error(code)) return fmt::format("{}; {}", said, advice);
    return said;
}

} // namespace holdfast
