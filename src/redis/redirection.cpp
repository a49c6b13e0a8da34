#include "redis/redirection.hpp"

#include <charconv>

namespace holdfast {

std::optional<Redirection> redirection(const Reply& error) {
    Redirection told;
    told.asking = error.is_error("ASK");
    if (!told.asking && !error.is_error("MOVED")) return {};
    // "MOVED 3999 127.0.0.1:6381"; an IPv6 address has colons, too, and no brackets.
    const std::string_view text = error.text;
    const std::string_view place = text.substr(text.rfind(' ') + 1);
    const size_t colon = place.rfind(':');
    if (colon == std::string_view::npos) return {};
    const auto [end, failed] = std::from_chars(place.data() + colon + 1, place.data() + place.size(), told.to.port);
    if (failed != std::errc{} || end != place.data() + place.size() || told.to.port == 0) return {};
    told.to.host = place.substr(0, colon);
    // By "?" the server means another host whose name it does not know.
    if (told.to.host == "?") return {};
    return told;
}

} // namespace holdfast
