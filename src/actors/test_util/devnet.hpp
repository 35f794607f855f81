// SPDX-License-Identifier: MIT OR Apache-2.0
// The recorded Lotus chain and the answers Lotus gave on it.
#pragma once

#include "actors/state_tree.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace venus::actors::test_util {

/// All blocks of the chain up to epoch 197 with every state, read once a process.
ipld::MemoryBlockstore& devnet_store();

/// The state that calls "at the tipset of height 185" read: the parent state of that tipset.
Cid recorded_state_root();

/// One recorded call: its parameters and its result or error.
struct Recording {
  boost::json::array params;
  boost::json::value result;
  std::string error;
};

/// Recordings of "StateMinerInfo" and so on.
std::vector<Recording> recordings(const std::string& method);

/// Whether two values are equal after normalisation: order of members does not count.
bool same_json(const boost::json::value& a, const boost::json::value& b);

}  // namespace venus::actors::test_util
