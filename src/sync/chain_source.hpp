// SPDX-License-Identifier: MIT OR Apache-2.0
// What sync asks of the network. net::PeerChainSource asks peers; tests answer from a chain of their own.
#pragma once

#include <vector>

#include "base/task.hpp"
#include "types/message.hpp"
#include "types/peer_id.hpp"
#include "types/tipset.hpp"

namespace venus::sync {

/// The messages of one tipset, each once, and which block carries which.
struct TipsetMessages {
  std::vector<types::Message> bls;
  std::vector<std::vector<std::uint64_t>> bls_of_block;  ///< indices into `bls`, one list per block
  std::vector<types::SignedMessage> secpk;
  std::vector<std::vector<std::uint64_t>> secpk_of_block;
};

/// Answers have been checked against what was asked: hashes, links, message roots. A peer that answered
/// wrongly has been punished; the caller never sees it.
class ChainSource {
 public:
  virtual ~ChainSource() = default;
  /// Between one and `count` tipsets, newest first: that of `head`, then its ancestors. `count` is at most
  /// 900. `preferred` (may be empty) is asked first. NotFound when nobody has it, Unavailable without
  /// peers, Timeout.
  virtual Task<std::vector<TipsetPtr>> headers(TipsetKey head, std::size_t count, PeerId preferred) = 0;
  /// Messages of consecutive tipsets given newest first (each the parent of the one before): between one
  /// and all of them, in the same order. Errors as headers().
  virtual Task<std::vector<TipsetMessages>> messages(std::vector<TipsetPtr> tipsets, PeerId preferred) = 0;
  /// The peer gave a chain that broke a rule: it loses score, and its connection when `severe`.
  virtual void punish(const PeerId& peer, std::string reason, bool severe) = 0;
};

}  // namespace venus::sync
