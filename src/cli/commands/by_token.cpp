// renew, release and verify: the commands that need a lock's token.
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/split.hpp"
#include "cli/command.hpp"
#include "cli/messages.hpp"
#include "cli/runs_around.hpp"
#include "cli/taking.hpp"
#include "cli/token_file.hpp"
#include "config/resolve.hpp"
#include "lock/inspection.hpp"
#include "lock/lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

std::optional<Token> given_token(const Arguments& typed) {
    typed.refuse_several_of({"--token", "--token-file"});
    if (const auto& token = typed.value("--token")) return parse_token(*token, "--token");
    if (const auto& file = typed.value("--token-file")) return read_token(*file);
    return {};
}

/// Why the lock is not ours, or may not be; nothing when it is.
std::optional<Failure> refuted(const LockKey& key, const Tenure& held) {
    if (held.outcome == Tenure::Outcome::unknown)
        return Failure{ExitStatus::too_few_nodes, too_few(held.answered, held.nodes)};
    if (held.outcome != Tenure::Outcome::not_ours) return {};
    return Failure{
        ExitStatus::lost,
        fmt::format("{0} is not held with this token: it has ended, was taken away, or the token is another lock's; "
                    "holdfast history {0} tells more{1}",
                    key.name, node_lines(held.nodes))};
}

Token needed_token(const Arguments& typed) {
    if (auto token = given_token(typed)) return *token;
    const std::string around = environment_variable("HOLDFAST_LOCK").value_or("");
    const std::vector<std::string_view> names = split(around, ',');
    if (!runs_around().empty() && std::ranges::count(names, typed.name) > 0)
        throw misuse("{} is held by the run around this {}: run renews its lock, and lets it go when its command ends",
                     printable(typed.name), typed.command->name);
    throw misuse("{} needs the token that acquire gave: --token TOKEN or --token-file FILE (after --export: --token "
                 "\"$HOLDFAST_TOKEN\"); if it is lost, holdfast force-release {} takes the lock away",
                 typed.command->name, printable(typed.name));
}

/// Calls `act` with the lock that acquire took under the typed token. Throws Failure if the lock is not held with it,
/// or if a running holdfast holds the lock.
void with_lock(const Arguments& typed, const Settings& settings, void (*act)(Lock&)) {
    const LockKey key = lock_key(typed.name, settings);
    const Token token = needed_token(typed);
    NodeSet nodes = nodes_to_ask(settings, key);
    std::optional<LockTerms> terms;
    if (typed.settings.contains("ttl")) terms = lock_terms(settings, nodes.size(), {}, milliseconds{0});
    const Tenure held = tenure(nodes, key, token, mode(settings));
    if (const auto failure = refuted(key, held)) throw *failure;
    if (!held.record.holder || !held.record.holder->kept)
        throw misuse("{} is held by {}, a running holdfast that looks after it itself; {} is for what acquire took",
                     key.name, describe(held.record), typed.command->name);
    // Unless a TTL is typed, the one in the record is used, which acquire has found possible.
    const Timing as_acquired{held.record.holder->ttl, milliseconds{0}, settings.node_timeout, settings.drift};
    if (!terms) terms = LockTerms{as_acquired, settings.restart_guard, mode(settings), {}, {}, settings.history};
    Lock lock{nodes, key, *terms, token, held};
    act(lock);
}

Exit renew(const Arguments& typed, const Settings& settings) {
    with_lock(typed, settings, [](Lock& lock) {
        const Renewal renewal = lock.extend([] {});
        if (renewal == Renewal::held && lock.valid()) return;
        if (renewal == Renewal::held || renewal == Renewal::lost)
            throw Failure{ExitStatus::lost,
                          fmt::format("{} is not ours any more{}", lock.key().name, node_lines(lock.last_reports()))};
        throw Failure{ExitStatus::too_few_nodes, fmt::format("too few nodes confirmed that {} was renewed{}",
                                                             lock.key().name, node_lines(lock.last_reports()))};
    });
    return ExitStatus::ok;
}

Exit release(const Arguments& typed, const Settings& settings) {
    with_lock(typed, settings, [](Lock& lock) {
        lock.ended({.how = How::released});
        if (lock.release()) return;
        throw Failure{ExitStatus::too_few_nodes,
                      fmt::format("too few nodes confirmed that {} was released; it may stay held until its TTL ends{}",
                                  lock.key().name, node_lines(lock.last_reports()))};
    });
    return ExitStatus::ok;
}

/// A lock, and the token under which it should be held.
struct Claim {
    std::string name;
    Token token;
};

/// The locks of the run or the acquire around us, as its variables name them; none if they do not.
std::vector<Claim> claims_around() {
    const std::string name = environment_variable("HOLDFAST_LOCK").value_or("");
    const std::string token = environment_variable("HOLDFAST_TOKEN").value_or("");
    if (name.empty() || token.empty()) return {};
    std::vector<std::string_view> names = split(name, ',');
    const std::vector<std::string_view> tokens = split(token, ',');
    // An earlier holdfast took one lock whose name may have commas.
    if (names.size() != tokens.size()) names = {name};
    std::vector<Claim> claims;
    for (size_t i = 0; i < names.size(); ++i)
        claims.push_back({std::string{names[i]}, parse_token(std::string{tokens[i]}, "HOLDFAST_TOKEN")});
    return claims;
}

/// What is to be verified: with a typed token one lock, the typed one or that around us; otherwise the locks around us,
/// all or the one of the typed name. Throws Failure if there is none.
std::vector<Claim> claims(const Arguments& typed) {
    const std::string around = environment_variable("HOLDFAST_LOCK").value_or("");
    if (const auto token = given_token(typed)) {
        const std::string& name = typed.name.empty() ? around : typed.name;
        if (!name.empty()) return {{name, *token}};
    } else {
        std::vector<Claim> all = claims_around();
        if (!typed.name.empty() && typed.name != around)
            std::erase_if(all, [&](const Claim& claim) { return claim.name != typed.name; });
        if (!all.empty()) return all;
    }
    throw misuse("verify needs NAME and its token (--token or --token-file), unless it is inside run, whose lock it "
                 "verifies");
}

Exit verify(const Arguments& typed, const Settings& settings) {
    std::optional<Failure> worst;
    for (const Claim& claim : claims(typed)) {
        const LockKey key = lock_key(claim.name, settings);
        NodeSet nodes = nodes_to_ask(settings, key);
        const Tenure held = tenure(nodes, key, claim.token, mode(settings));
        const auto failure = refuted(key, held);
        if (!failure) Log{settings.verbosity}.tell(event::verified(key.name, held.expires_in, held.nodes));
        // A lock that is lost is worse than one of which too few nodes can tell.
        if (failure && (!worst || failure->status() == ExitStatus::lost)) worst = failure;
    }
    if (worst) throw *worst;
    return ExitStatus::ok;
}

constexpr OptionSyntax token{"--token", "TOKEN", "what acquire printed"};
constexpr OptionSyntax token_file{"--token-file", "FILE", "a file with the token"};
constexpr std::array own{token, token_file};
constexpr std::array of_renew{OptionSyntax{"--ttl", "DURATION", "the fresh TTL (as it was acquired)"}, token,
                              token_file};

constexpr std::string_view whether_ours =
    "0 when it was ours, 79 when it is not any more, 69 when too few nodes can tell.";

} // namespace

constinit const CommandRow renew_command{
    .name = "renew",
    .synopsis = "NAME",
    .help = "give a lock that acquire took a fresh TTL",
    .example = "holdfast renew --token-file token deploy",
    .exit_status = whether_ours,
    .options = of_renew,
    .run = renew,
};

constinit const CommandRow release_command{
    .name = "release",
    .synopsis = "NAME",
    .help = "let go of a lock that acquire took",
    .example = "holdfast release --token-file token deploy",
    .exit_status = whether_ours,
    .options = own,
    .run = release,
};

constinit const CommandRow verify_command{
    .name = "verify",
    .synopsis = "[NAME]",
    .help = "whether the lock is still ours; inside run it needs no words",
    .example = "holdfast run deploy -- sh -c 'holdfast verify && ./write.sh'",
    .exit_status = whether_ours,
    .options = own,
    .run = verify,
};

} // namespace holdfast
