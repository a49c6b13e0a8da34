// Words of flock, consul, etcdctl, kubectl, redis-cli and of libraries for locks, and what to type to holdfast for the
// same. Pure.
#pragma once

#include <string_view>

namespace holdfast {

/// Whether the word may be mistyped: if so, a known word that is near to it counts as well.
enum class Slip { none, perhaps };

/// What to type here for a command of another program, as the rest of a sentence; empty: nothing is known of the word.
std::string_view here_for_command(std::string_view word, Slip = Slip::none);

/// What to type here for an option of another program, as "--nowait" or "-u"; empty: nothing is known of the option.
/// `takes_locks`: the option was typed to run or acquire.
std::string_view here_for_option(std::string_view spelling, bool takes_locks, Slip = Slip::none);

} // namespace holdfast
