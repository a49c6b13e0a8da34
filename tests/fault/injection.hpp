// The faults: what each does to a scene.
#pragma once

#include "fault/scene.hpp"

namespace holdfast::test {

/// Does the drawn fault to the scene, at the drawn moment. Returns an instant after which no node has granted a
/// renewal; of no meaning where the lock lives on.
BootTime inject(Scene& scene);
/// What comes on top when the run should tell its command to stop; nothing when it has done so before, and is gone.
void strike(Scene& scene, BootTime lease_ends);
/// Undoes what can be undone, after the end of the lease.
void heal(Scene& scene);
/// One of many ways to make a connection bad, by that number.
Meddling some_meddling(unsigned which, milliseconds node_timeout);

} // namespace holdfast::test
