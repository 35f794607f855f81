// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

namespace venus::snapshot {

/// Makes the calling thread yield processor and disk to all others (nice 10, lowest I/O level): for long work beside
/// a node that must keep up with its chain. What the system refuses is let be.
void yield_to_others() noexcept;

}  // namespace venus::snapshot
