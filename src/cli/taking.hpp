// What the commands that take a lock share: how they ask for the lock, and what they say if they do not get it.
#pragma once

#include "cli/command.hpp"
#include "cli/runs_around.hpp"
#include "cli/target.hpp"
#include "events/log.hpp"
#include "lock/lock.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The options that say in which kind a lock is taken (lock/kind.hpp). They come from the command line alone: a variable
// or a file that made a lock shared would end the exclusion of a command line that says nothing of it.
constexpr OptionSyntax shared_option{"-s,--shared", "", "hold it beside others that share it, as flock -s"};
constexpr OptionSyntax exclusive_option{"-x,-e,--exclusive", "", "hold it alone, as without this option"};
constexpr OptionSyntax slots_option{"--slots", "N", "hold one of N slots, so that N hold it at once"};

/// The kind that was typed. Throws Failure for options that contradict each other.
LockKind kind_of(const Arguments&);

/// How many slots, or which slot, was typed with that option: a number from 1 to most_slots. Throws Failure for any
/// other text.
unsigned slot_number(const std::string& text, std::string_view option);

/// The terms of a lock with this grace and Timing::processor_wait. Throws Failure for terms that cannot work; gives
/// advice on timings that may not be meant.
LockTerms lock_terms(const Settings&, size_t nodes, const LockKind&, milliseconds grace, double processor_wait = 1,
                     milliseconds min_hold = {});

/// Throws Failure if a run around us holds the lock, as the nodes confirm, because we would wait for it for ever.
void refuse_inside_itself(const std::vector<RunAround>&, const LockKey&, const std::vector<Node>&, const Settings&);

/// Gives advice on the nodes; the run goes on.
void advise(const std::vector<Node>&, const Log&);

/// Who was to have the lock: the command of run, or the script that called acquire.
enum class Refused { command, script };
/// Says why the attempt did not win, and of a command that it was not run. Returns the exit of a lock that was not
/// acquired (conflict_exit_code), also of a skipped run; throws Failure for every other cause.
Exit refuse(const Lock&, const Attempt&, const Settings&, Refused);

} // namespace holdfast
