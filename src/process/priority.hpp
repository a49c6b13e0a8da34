// What the priority of this process means for how late it gets a processor.
#pragma once

namespace holdfast {

/// How many times longer than a process of nice 0 this process may wait for a busy processor, because the scheduler
/// gives it that much less time. 1 for nice 0 and better.
double waits_longer_by();

} // namespace holdfast
