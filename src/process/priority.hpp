// How the priority of this process delays it on a busy machine.
#pragma once

namespace holdfast {

/// How many times as long as a process of nice 0 this process may have to wait for a busy processor, because the
/// scheduler gives it that much less time. 1 for nice 0 or below, and for real-time priorities.
double waits_longer_by();

} // namespace holdfast
