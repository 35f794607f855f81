// SPDX-License-Identifier: MIT OR Apache-2.0
// What the Net* handlers answer from.
#pragma once

#include "net/ban_list.hpp"
#include "net/bandwidth.hpp"
#include "net/peer_manager.hpp"

namespace venus::node {

/// All null when networking is off (p2p.enabled = false, or no verifying keys): calls fail as Unavailable, lists are empty.
/// Whatever is set must outlive the dispatcher; after PeerManager::stop() calls may fail, but not crash, as
/// long as the objects are there.
struct NetParts {
  bridge::P2pHost* host = nullptr;
  net::PeerManager* peers = nullptr;
  net::BanList* bans = nullptr;
  net::Bandwidth* bandwidth = nullptr;
  bridge::P2pLimits limits;  ///< as the host was started with
};

}  // namespace venus::node
