#include "redis/explain.hpp"

#include "base/escape.hpp"
#include "base/numbered.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {
namespace {

using enum NodeFailure::Kind;
using enum Refusal::Helps;

/// One kind of refusal. In its text, {words} stands for the server's words and {place} for the last of them, {user} and
/// {db} for the node's.
struct Row {
    std::string_view code; ///< how the refusal begins
    std::string_view text; ///< empty: the server's words are quoted
    std::string_view advice;
    NodeFailure::Kind kind = no_vote;
    Refusal::Helps helps = repair;
};

constexpr Row no_password{"NOAUTH", "it asks for a password and none was given",
                          "HOLDFAST_PASSWORD or --password-file takes one", denied};

constexpr Row rows[]{
    no_password,
    // The same refusal as NOAUTH, in the words for a long request that comes before the password.
    {"ERR Protocol error: unauthenticated", no_password.text, no_password.advice, denied},
    {"WRONGPASS",
     "it does not let user '{user}' in with the password from the node's URI or else from HOLDFAST_PASSWORD or "
     "--password-file",
     "", denied},
    {"NOPERM", "", give_rights, denied},
    {"DENIED", "it is in protected mode and takes only clients of its own host", "give it a password"},
    {"ERR max number of clients", "it has all the clients that its maxclients allows",
     "raise maxclients, or see whose connections they are (CLIENT LIST)"},
    {"ERR DB index", "it has no database {db}", "see 'databases' in its configuration", denied},
    {"ERR SELECT is not allowed in cluster mode", "in a cluster it has database 0 alone",
     "leave the database out of its URI", denied},
    {"OOM", "", "free memory there or raise its maxmemory"},
    {"MISCONF", "", "see to its disk, which may be full; its log has the cause"},
    {"NOREPLICAS", "", "see to its replicas: with too few of them it refuses writes (min-replicas-to-write)"},
    {"READONLY", "it says: {words}; it is a replica by now", "name its master instead", no_vote, another_server},
    {"MASTERDOWN", "", "name its master instead", no_vote, another_server},
    {"LOADING", "", "it was just started and will answer soon", no_vote, time},
    {"BUSY", "", "end the script of another client that keeps it busy (SCRIPT KILL)", no_vote, time},
    {"MOVED", "it is a node of a Redis Cluster and the key belongs to another one, {place}",
     "write cluster:// for redis://", no_vote, another_server},
    {"ASK", "its cluster is moving the key to {place}", "try again when it has", no_vote, another_server},
    {"TRYAGAIN", "its cluster is moving the key", "try again when it has", no_vote, time},
    {"CLUSTERDOWN", "", "repair its cluster"},
};

/// The refusal itself: the text without what a script or a transaction says around it, and without its final point.
std::string_view cause(std::string_view text) {
    constexpr std::string_view discarded = "EXECABORT Transaction discarded because of: ";
    if (text.starts_with(discarded)) text.remove_prefix(discarded.size());
    // Redis 6: "ERR Error running script (call to f_0a9f): @user_script:1: @user_script: 1: -OOM command not allowed"
    if (const size_t at = text.find(": -"); text.starts_with("ERR Error running script") && at != text.npos)
        text.remove_prefix(at + 3);
    // The line number in our script is of no use to users, so it is cut off: " script: 0a9f, on @user_script:1." of
    // Redis 7, " script: on @user_script:1." of Valkey 9.
    if (const size_t script = text.rfind(" script: "); text.find(" on @user_script:", script) != text.npos)
        text = text.substr(0, script);
    if (text.ends_with('.')) text.remove_suffix(1);
    return text;
}

/// Whether the error says that our user lacks a right, in a script or outside. Servers of different versions use
/// different words for that.
bool lacks_right(const Reply& error) {
    const auto says = [&](const char* words) { return error.text.find(words) != std::string::npos; };
    return says("NOPERM") || says("user executing the script") || says("ACL failure");
}

/// Whether the text has four bytes of the secret in a row, or the whole of a shorter secret, so that the text may not
/// be shown.
bool shows_part_of(std::string_view secret, std::string_view text) {
    constexpr size_t part = 4;
    for (size_t at = 0; at < secret.size(); ++at)
        if ((at == 0 || at + part <= secret.size()) && text.find(secret.substr(at, part)) != text.npos) return true;
    return false;
}

Row row_of(const Reply& error, std::string_view cause) {
    const Reply refusal{Reply::Type::error, std::string{lacks_right(error) ? "NOPERM" : cause}, 0, {}};
    const auto found = std::ranges::find_if(rows, [&](const Row& row) { return refusal.is_error(row.code); });
    return found == std::end(rows) ? Row{} : *found;
}

/// The refusal that `row` describes; {words}, {place}, {user} and {db} in its text are filled in. `otherwise` is the
/// text if `row` has none.
Refusal in_words(const Row& row, std::string_view otherwise, const std::string& words, const Node& node) {
    const auto filled = [&](std::string_view text) {
        return fmt::format(
            fmt::runtime(text), fmt::arg("words", words), fmt::arg("place", words.substr(words.rfind(' ') + 1)),
            fmt::arg("user", node.user.empty() ? "default" : printable(node.user)), fmt::arg("db", node.db));
    };
    return {filled(row.text.empty() ? otherwise : row.text), std::string{row.advice}, row.kind, row.helps};
}

} // namespace

Refusal meaning(const Reply& error, const Node& node) {
    const std::string_view said = cause(error.text);
    return in_words(row_of(error, said), "it says: {words}", printable(said), node);
}

Refusal meaning_of_greeting(const Reply& error, const Node& node) {
    const bool tells = shows_part_of(node.password.reveal(), error.text);
    const std::string words = printable(tells ? error.text.substr(0, error.text.find(' ')) : error.text);
    Row row = row_of(error, error.text);
    if (row.code.empty()) row = {"", "it refuses our password: {words}", "", denied};
    if (row.code == "WRONGPASS" && node.password.empty())
        row = {"", "it asks for the password of user '{user}' and none was given", no_password.advice, denied};
    else if (row.code == "WRONGPASS" && node.user.empty())
        row.advice = "another user stands in its address: redis://USER:@HOST";
    else if (row.code == "WRONGPASS")
        row.advice = "a server with one password for all (requirepass) has no such user: redis://:PASSWORD@HOST";
    return in_words(row, "it says: {words}", words, node);
}

bool refuses_command(const Reply& error) {
    const auto says = [&](const char* words) { return error.text.find(words) != std::string::npos; };
    // An error that names user_script comes from a script that has run, and WRONGTYPE comes from a key.
    if (error.type != Reply::Type::error || says("user_script") || says("WRONGTYPE")) return false;
    const std::string_view known = row_of(error, cause(error.text)).code;
    return known.empty() || (known == "NOPERM" && !says(" key") && !says(" channel"));
}

std::optional<Refusal> not_a_master(std::string_view mode, std::string_view role) {
    if (mode == "sentinel")
        return Refusal{"it is a Sentinel, which keeps no locks",
                       "write sentinel://HOST:PORT/MASTER for the server that it names"};
    if (role.empty() || role == "master") return {};
    return Refusal{fmt::format("it is a {} and has no vote", printable(role)), "name its master instead", no_vote,
                   another_server};
}

NodeFailure as_failure(const Refusal& refusal) {
    return {refusal.kind, refusal.advice.empty() ? refusal.text : refusal.text + "; " + refusal.advice,
            refusal.helps == another_server};
}

std::optional<Redirection> redirection(const Reply& error) {
    Redirection told;
    told.asking = error.is_error("ASK");
    if (!told.asking && !error.is_error("MOVED")) return {};
    // "MOVED 3999 127.0.0.1:6381"; an IPv6 address has colons, too, and no brackets.
    const std::string_view text = error.text;
    const std::string_view place = text.substr(text.rfind(' ') + 1);
    const size_t colon = place.rfind(':');
    if (colon == std::string_view::npos) return {};
    const auto port = number_in<uint16_t>(place.substr(colon + 1));
    if (port.value_or(0) == 0) return {};
    told.to = {std::string{place.substr(0, colon)}, *port};
    // By "?" the server means another host whose name it does not know.
    if (told.to.host == "?") return {};
    return told;
}

std::optional<std::string> stranger(std::string_view first_bytes) {
    constexpr char tls_alert = 0x15;
    if (first_bytes.starts_with(tls_alert)) return "it seems to speak TLS; write rediss:// for redis://";
    if (first_bytes.starts_with("HTTP/") || first_bytes.starts_with('<'))
        return "a web server answers there, not Redis; check the port";
    if (first_bytes.starts_with("SSH-")) return "an SSH server answers there, not Redis; check the port";
    return {};
}

} // namespace holdfast
