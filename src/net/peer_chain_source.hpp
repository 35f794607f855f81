// SPDX-License-Identifier: MIT OR Apache-2.0
// The chain as our peers have it.
#pragma once

#include "net/hedge.hpp"

namespace venus::net {

struct ChainSourceOptions {
  HedgeOptions hedge;
  std::size_t peers = 8;           ///< tried for one request before it fails
  std::size_t parallel = 4;        ///< pieces of one messages() request that are fetched at once
  std::size_t piece_tipsets = 16;  ///< the least a piece is worth a request of its own
};

/// Thread-safe. A request tries peers in the order of PeerTracker::choose(), the next one early when one is
/// slow; messages of many tipsets are fetched in pieces from several peers at once. All answers are checked
/// (exchange_check.hpp), and bad ones told to the judge by the client.
class PeerChainSource final : public sync::ChainSource {
 public:
  /// All references must outlive the source and its tasks; a task that was cancelled may leave requests that
  /// end within the client's deadlines, at once when the host is stopped.
  PeerChainSource(ExchangeClient& client, PeerTracker& tracker, PeerJudge& judge, ChainSourceOptions options = {})
      : client_(client), tracker_(tracker), judge_(judge), options_(options) {}

  Task<std::vector<TipsetPtr>> headers(TipsetKey head, std::size_t count, PeerId preferred) override;
  Task<std::vector<sync::TipsetMessages>> messages(std::vector<TipsetPtr> tipsets, PeerId preferred) override;
  void punish(const PeerId& peer, std::string reason, bool severe) override;

 private:
  using Messages = std::vector<sync::TipsetMessages>;
  Task<Messages> piece(std::vector<TipsetPtr> tipsets, std::vector<PeerId> peers);
  Task<Messages> pieces(std::vector<TipsetPtr> tipsets, std::vector<PeerId> peers, std::size_t count);

  ExchangeClient& client_;
  PeerTracker& tracker_;
  PeerJudge& judge_;
  const ChainSourceOptions options_;
};

}  // namespace venus::net
