// SPDX-License-Identifier: MIT OR Apache-2.0
// Peers for tests: they answer from a chain store, and as badly as a test wants.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "chainstore/chain_store.hpp"
#include "sync/chain_source.hpp"

namespace venus::sync::test_util {

/// What the network does with one request.
struct Answer {
  std::optional<Error> error;           ///< instead of an answer
  std::chrono::milliseconds delay{0};
  std::size_t at_most = SIZE_MAX;       ///< tipsets given
};

/// Answers from `world`, which must outlive it. `script` is asked before each request (on the asker's executor).
class StoreSource final : public ChainSource {
 public:
  enum class Kind { Headers, Messages };
  using Script = std::function<Answer(Kind kind, const PeerId& preferred)>;

  explicit StoreSource(chainstore::ChainStore& world, Script script = {});
  Task<std::vector<TipsetPtr>> headers(TipsetKey head, std::size_t count, PeerId preferred) override;
  Task<std::vector<TipsetMessages>> messages(std::vector<TipsetPtr> tipsets, PeerId preferred) override;
  void punish(const PeerId& peer, std::string reason, bool severe) override;

  struct Punished {
    PeerId peer;
    std::string reason;
    bool severe = false;
  };
  [[nodiscard]] std::vector<Punished> punished() const;
  std::atomic<std::size_t> header_requests = 0;
  std::atomic<std::size_t> message_requests = 0;
  std::atomic<std::size_t> headers_given = 0;

 private:
  Task<Answer> decide(Kind kind, PeerId preferred);

  chainstore::ChainStore& world_;
  Script script_;
  mutable std::mutex mutex_;
  std::vector<Punished> punished_;
};

/// Messages of a tipset as peers send them.
Result<TipsetMessages> messages_of(const chainstore::ChainStore& chain, const types::Tipset& tipset);

}  // namespace venus::sync::test_util
