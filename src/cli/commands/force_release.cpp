#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/lock_view.hpp"
#include "cli/messages.hpp"
#include "cli/taking.hpp"
#include "cli/target.hpp"
#include "lock/revocation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string_view>
#include <termios.h>
#include <unistd.h>
#include <vector>

namespace holdfast {
namespace {

constexpr size_t longest_reason = 200;

/// The words that the holder is told.
std::string words(const std::string& reason) {
    const Holder self = this_process("", {});
    if (reason.size() > longest_reason)
        throw misuse("--reason has at most {} bytes, this one has {}", longest_reason, reason.size());
    return fmt::format("{}@{} has taken it away (force-release){}", self.user, self.host,
                       reason.empty() ? "" : ": " + reason);
}

/// Why it is not certain that the holder has had the lock for `least`; nothing if it is.
std::optional<std::string> too_young(const Record& record, milliseconds least) {
    const auto begin = since(record);
    if (!begin) return "its holder does not say since when it has it";
    const auto held_for = age(record);
    if (!held_for)
        return fmt::format(
            "by the clock of its host it is held since {}, which is yet to come here: the clocks disagree",
            local_time(*begin));
    if (*held_for > least) return {};
    return fmt::format("it is held for {} only, by the clocks of its host and of this one", format_duration(*held_for));
}

/// Asks the user at the terminal. Anything but yes means no, and what was typed before the question does not count.
bool confirmed(const std::string& question) {
    ::tcflush(STDIN_FILENO, TCIFLUSH);
    fmt::print(stderr, "{} [y/N] ", question);
    std::array<char, 100> line{};
    const ssize_t size = ::read(STDIN_FILENO, line.data(), line.size());
    if (size <= 0) fmt::print(stderr, "\n");
    const std::string_view answer{line.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
    return answer == "y\n" || answer == "Y\n" || answer == "yes\n";
}

std::string for_holder(const Record& record) {
    if (!record.holder) return "it is not told, and may go on as if it had the lock";
    if (record.holder->ended) return "its command has ended, and --min-hold kept the lock";
    if (record.holder->kept)
        return "acquire took it for a script, which is not told and goes on until it asks (verify, renew); it may run "
               "beside the next holder";
    return fmt::format("it is told now, or by its next renewal within {}, and its command has its grace to end; where "
                       "neither reaches it, its command ends within {}; until then it may run beside the next holder's",
                       format_duration(record.holder->ttl / 3), format_duration(record.holder->ttl));
}

std::string for_others(const LockKey& key, const Inspection& seen) {
    if (seen.standing == Standing::held && seen.kind().way != LockKind::Way::exclusive)
        return fmt::format("{} now; {} waiting", group_text(key, seen), seen.waiting);
    if (seen.standing == Standing::held)
        return fmt::format("{} is now held by {}; {} waiting", key.name, describe(seen.record), seen.waiting);
    // The next run is taking the lock: some nodes were asked before they gave it the lock, and some after.
    if (seen.queue.empty() && seen.holding > 0)
        return fmt::format("{} is taking {} now", describe(seen.record), key.name);
    if (seen.queue.empty()) return fmt::format("nobody waits for {}", key.name);
    return fmt::format("next in line is {}, first of {} waiting", describe(seen.queue.front().record), seen.waiting);
}

/// Takes the lock away from that holder, and shows what came of it. Returns false if the holder has just let go. If
/// another holder has the lock by now, returns false if the holder was one `of_several`, otherwise throws Failure.
bool take_away(NodeSet& nodes, const LockKey& key, const Record& record, const std::string& message,
               const Settings& settings, bool of_several) {
    const Revocation revocation = revoke(nodes, key, record, message, mode(settings), settings.history);
    const std::string holder = describe(record);
    switch (revocation.outcome) {
    case Revocation::Outcome::revoked:
        show(fmt::format("taken away from {}\n  {}\n", holder, for_holder(record)));
        return true;
    case Revocation::Outcome::free:
        show(fmt::format("{} has just let go: nothing to take away\n", holder));
        return false;
    case Revocation::Outcome::changed:
        if (of_several) {
            show(fmt::format("{} has just let go, and another holder came: nothing to take away\n", holder));
            return false;
        }
        throw Failure{ExitStatus::not_acquired, fmt::format("{} has another holder than {} by now; nothing was done{}",
                                                            key.name, holder, node_lines(reports(revocation.nodes)))};
    default: throw Failure{ExitStatus::too_few_nodes, too_few(revocation.answered, reports(revocation.nodes))};
    }
}

/// The holders from which to take the lock: those with the typed run or slot, or all. Throws Failure if there are
/// several and --all-holders was not typed.
std::vector<Record> meant(const Arguments& typed, const LockKey& key, const Inspection& seen) {
    const auto& run = typed.value("--holder");
    const auto& slot = typed.value("--slot");
    const auto number = slot ? std::optional{slot_number(*slot, "--slot")} : std::nullopt;
    std::vector<Record> found;
    for (const auto& [record, nodes, expires_in] : seen.holders) {
        const bool wrong_run = run && (run->empty() || !record.token().starts_with(*run));
        const bool wrong_slot = number && (!record.holder || record.holder->slot != *number);
        if (!wrong_run && !wrong_slot) found.push_back(record);
    }
    // What stands on fewer nodes is left of an attempt that failed.
    if (!run && !number && !typed.has("--all-holders") && seen.standing == Standing::held)
        std::erase_if(found, [&](const Record& record) {
            return std::ranges::find(seen.holders, record, &Holding::record)->nodes < quorum(seen.nodes.size());
        });
    if (found.size() < 2 || typed.has("--all-holders")) return found;
    if (run)
        throw misuse("{} holders of {} have a run that begins with '{}'; give more of it", found.size(), key.name,
                     printable(*run));
    throw misuse("{} has {} holders; say which one: --holder RUN{}, or --all-holders", key.name, found.size(),
                 seen.kind().way == LockKind::Way::slots ? " or --slot N" : "");
}

/// Removes those records whose holders have had the lock for `least` or less, or may have, and says so on stdout.
void spare_young(std::vector<Record>& records, milliseconds least) {
    std::vector<Record> old;
    for (const Record& record : records) {
        if (const auto why = too_young(record, least))
            show(fmt::format("{}, as --older-than {} asks: {}\n",
                             records.size() == 1 ? "nothing was done" : describe(record) + " keeps it",
                             format_duration(least), *why));
        else old.push_back(record);
    }
    records = std::move(old);
}

std::string names(const std::vector<Record>& records) {
    return records.size() == 1 ? describe(records.front()) : fmt::format("{} holders", records.size());
}

Exit force_release(const Arguments& typed, const Settings& settings) {
    const LockKey key = lock_key(typed.name, settings);
    const std::string message = words(typed.value("--reason").value_or(""));
    const auto least = typed.duration("--older-than");
    typed.refuse_several_of({"--holder", "--slot", "--all-holders"});
    const bool ask = !typed.has("--yes") && !typed.has("--dry-run");
    if (ask && (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1))
        throw misuse("force-release asks before it takes a lock away, and there is no terminal to ask at; give --yes");
    NodeSet nodes = nodes_to_ask(settings, key);
    const Inspection seen = inspect(nodes, key, mode(settings));
    check_told(key, seen);
    if (seen.holding == 0) {
        show(fmt::format("{} is free, nothing to take away\n", key.name));
        return ExitStatus::not_held;
    }
    show(lock_text(key, seen));
    std::vector<Record> from = meant(typed, key, seen);
    if (from.empty()) {
        const auto& run = typed.value("--holder");
        show(run ? fmt::format("no run there begins with '{}', nothing to take away; --holder takes the beginning of "
                               "RUN, and --all-holders takes all\n",
                               printable(*run))
                 : "no holder has that slot, nothing to take away\n");
        return ExitStatus::not_held;
    }
    if (least) spare_young(from, *least);
    if (from.empty()) return ExitStatus::not_held;
    if (typed.has("--dry-run")) {
        show(fmt::format("without --dry-run it would be taken away from {}\n", names(from)));
        return ExitStatus::ok;
    }
    if (ask && !confirmed(fmt::format("take it away from {}?", names(from)))) {
        show("nothing was done\n");
        return ExitStatus::not_held;
    }
    bool taken = false;
    for (const Record& record : from) taken |= take_away(nodes, key, record, message, settings, from.size() > 1);
    if (!taken) return ExitStatus::not_held;
    show(fmt::format("  {}\n", for_others(key, inspect(nodes, key, mode(settings)))));
    return ExitStatus::ok;
}

constexpr std::array own{
    OptionSyntax{"-y,--yes", "", "don't ask"},
    OptionSyntax{"--dry-run", "", "say what would be done, and do nothing"},
    OptionSyntax{"--reason", "TEXT", "what the holder is told, beside who you are"},
    OptionSyntax{"--holder", "RUN", "of several holders the one whose run, as status shows it, begins so"},
    OptionSyntax{"--slot", "N", "of several holders the one with that slot"},
    OptionSyntax{"--all-holders", "", "all of several holders"},
    OptionSyntax{"--older-than", "DURATION", "only when it has been held for longer"},
};

} // namespace

constinit const CommandRow force_release_command{
    .name = "force-release",
    .synopsis = "NAME",
    .help = "take lock NAME away from its holder",
    .example = "holdfast force-release --reason 'host is gone' deploy",
    .exit_status = "0 when it was taken away, 1 when it was free or nothing was done, 75 when the holder changed "
                   "meanwhile, 69 when too few nodes answered.",
    .options = own,
    .run = force_release,
};

} // namespace holdfast
