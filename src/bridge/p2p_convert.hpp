// SPDX-License-Identifier: MIT OR Apache-2.0
// Between the host's C++ types and those of the native library.
#pragma once

#include "bridge/p2p.hpp"
#include "venus-p2p/src/lib.rs.h"

#include <algorithm>

namespace venus::bridge::detail {

/// The host's settings; the identity's copy in it is to be wiped.
native::P2pConfig config_in(const P2pSettings& settings);
/// Malformed when a peer is none, which only a defect could cause.
Result<P2pEvent> event_out(native::P2pNews& news);
Result<std::vector<P2pScore>> scores_out(const rust::Vec<native::P2pScoreOut>& scores);
P2pBandwidth bandwidth_out(const native::P2pBandwidthOut& bandwidth);

rust::Vec<rust::String> strings_in(const std::vector<std::string>& strings);
std::vector<std::string> strings_out(const rust::Vec<rust::String>& strings);

/// Never negative.
inline std::uint64_t ms_in(milliseconds time) {
  return static_cast<std::uint64_t>(std::max<milliseconds::rep>(time.count(), 0));
}

}  // namespace venus::bridge::detail
