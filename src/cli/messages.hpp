// Sentences about locks for the people who run them, the same wherever they are shown.
#pragma once

#include "lock/lock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// Since when the holder has the lock, by its host's wall clock; nothing if the record has no possible time.
std::optional<milliseconds> since(const Record&);
/// For how long the holder has had the lock: from since() until now by this host's clock. Nothing without since(), or
/// if it is in the future, because the two clocks disagree.
std::optional<milliseconds> age(const Record&);

/// Whether the holder's command has ended, and --min-hold keeps the lock.
bool is_only_kept(const Record&);
/// ", whose command ended 3s ago", or ", whose command has ended" if the clocks disagree; empty if it has not ended.
std::string ended_ago(const Record&);

/// "backup (root@web1, pid 4242) for 3m12s; it expires in 27s unless renewed", or of a lock that is only kept "backup
/// (root@web1, pid 4242), whose command ended 3s ago; it stays held for 27s more (--min-hold)"
std::string held_by(const Record&, milliseconds expires_in);

/// "oldest: backup (root@web1, pid 4242) for 3m12s"
std::string oldest(const Record&);
/// Whether the attempt failed because each slot of the lock has a holder.
bool all_slots_held(const Attempt&);
/// "backup (root@web1, pid 4242), started 3h12m ago; that counts for 16h48m more"
std::string succeeded_by(const Success&);

/// The record of the one in the way of an attempt: the holder, of several the oldest, or the first waiter. Empty if
/// none is known.
const Record& in_front(const Attempt&);

/// Why an attempt did not win: a sentence, and a line for each node if nodes differ. If nodes cannot be used, the
/// sentence says where they were given, unless `nodes_from` is empty (config/settings.hpp).
std::string not_acquired(const Lock&, const Attempt&, const std::string& nodes_from);

/// A sentence on a key that exists and is no lock.
std::string not_a_lock(const LockKey&);

/// Puts the ending after the sentence, before the nodes' lines.
std::string with_ending(std::string sentence, std::string_view ending);

/// "only 1 of 3 nodes answered, 2 are needed", and a line for each node; of a single node, why it cannot be used.
std::string too_few(size_t answered, const std::vector<NodeReport>&);

} // namespace holdfast
