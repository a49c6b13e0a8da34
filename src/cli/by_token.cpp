// renew, release and verify: what is done with a lock by its token.
#include "base/error.hpp"
#include "cli/messages.hpp"
#include "cli/taking.hpp"
#include "cli/token_file.hpp"
#include "lock/lock.hpp"
#include "lock/tenure.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

std::optional<Token> given_token(const Arguments& arguments) {
    if (arguments.token && arguments.token_file)
        throw Failure{ExitStatus::usage, "--token and --token-file contradict each other; give one of them"};
    if (arguments.token) return parse_token(*arguments.token, "--token");
    if (arguments.token_file) return read_token(*arguments.token_file);
    return {};
}

Failure not_ours(const LockKey& key, const Tenure& tenure) {
    return {ExitStatus::lost,
            fmt::format("{} is not held with this token: it has ended, was taken away, or the token is "
                        "another lock's{}",
                        key.name, node_lines(tenure.nodes))};
}

Failure cannot_tell(const Tenure& tenure) {
    return {ExitStatus::too_few_nodes, too_few(tenure.answered, tenure.nodes)};
}

/// A lock of acquire's, taken up again.
Lock taken_up(const Arguments& arguments, const Settings& settings) {
    const LockKey key = lock_key(arguments, settings);
    const auto token = given_token(arguments);
    const char* command = arguments.command == CommandName::renew ? "renew" : "release";
    if (!token)
        throw Failure{ExitStatus::usage, fmt::format("{} needs the token that acquire gave: --token TOKEN or "
                                                     "--token-file FILE (after --export: --token \"$HOLDFAST_TOKEN\")",
                                                     command)};
    NodeSet nodes = nodes_to_ask(settings);
    std::optional<LockTerms> terms;
    if (arguments.settings.contains("ttl")) terms = lock_terms(settings, nodes.size(), milliseconds{0});
    const Tenure held = tenure(nodes, key, *token, mode(settings));
    if (held.outcome == Tenure::Outcome::not_ours) throw not_ours(key, held);
    if (held.outcome == Tenure::Outcome::unknown) throw cannot_tell(held);
    if (!held.record.holder || !held.record.holder->kept)
        throw Failure{ExitStatus::usage, fmt::format("{} is held by {}, a running holdfast that looks after it itself; "
                                                     "{} is for what acquire took",
                                                     key.name, describe(held.record), command)};
    // Unless it is typed, the TTL is the one that acquire has found possible.
    const Timing as_acquired{held.record.holder->ttl, milliseconds{0}, settings.node_timeout, settings.drift};
    if (!terms) terms = LockTerms{as_acquired, settings.restart_guard, mode(settings)};
    return {std::move(nodes), key, *terms, *token, held};
}

} // namespace

Exit renew(const Arguments& arguments, const Settings& settings) {
    Lock lock = taken_up(arguments, settings);
    switch (lock.extend([] {})) {
    case Renewal::held:
        if (lock.valid()) return ExitStatus::ok;
        [[fallthrough]];
    case Renewal::lost:
        throw Failure{ExitStatus::lost,
                      fmt::format("{} is not ours any more{}", lock.key().name, node_lines(lock.last_reports()))};
    default:
        throw Failure{ExitStatus::too_few_nodes, fmt::format("too few nodes confirmed that {} was renewed{}",
                                                             lock.key().name, node_lines(lock.last_reports()))};
    }
}

Exit release(const Arguments& arguments, const Settings& settings) {
    Lock lock = taken_up(arguments, settings);
    if (lock.release()) return ExitStatus::ok;
    throw Failure{ExitStatus::too_few_nodes,
                  fmt::format("too few nodes confirmed that {} was released; it may stay held until its TTL ends{}",
                              lock.key().name, node_lines(lock.last_reports()))};
}

Exit verify(const Arguments& arguments, const Settings& settings) {
    Arguments completed = arguments;
    auto token = given_token(arguments);
    const std::string around = environment_variable("HOLDFAST_LOCK").value_or("");
    if (completed.name.empty()) completed.name = around;
    const std::string token_around = environment_variable("HOLDFAST_TOKEN").value_or("");
    if (!token && completed.name == around && !token_around.empty())
        token = parse_token(token_around, "HOLDFAST_TOKEN");
    if (completed.name.empty() || !token)
        throw Failure{ExitStatus::usage,
                      "verify needs NAME and --token, unless it is inside run, whose lock it verifies"};
    const LockKey key = lock_key(completed, settings);
    NodeSet nodes = nodes_to_ask(settings);
    const Tenure held = tenure(nodes, key, *token, mode(settings));
    if (held.outcome == Tenure::Outcome::not_ours) throw not_ours(key, held);
    if (held.outcome == Tenure::Outcome::unknown) throw cannot_tell(held);
    Log{settings.verbosity}.tell(event::verified(key.name, held.expires_in, held.nodes));
    return ExitStatus::ok;
}

} // namespace holdfast
