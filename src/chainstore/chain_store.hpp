// SPDX-License-Identifier: MIT OR Apache-2.0
// The chain as this node has it: tipsets, the heaviest of them, messages, receipts, and who wants to
// hear of a new head.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "chainstore/head_change.hpp"
#include "chainstore/lru_cache.hpp"
#include "chainstore/messages.hpp"
#include "chainstore/metadata.hpp"
#include "ipld/blockstore.hpp"
#include "types/policy.hpp"
#include "types/receipt.hpp"
#include "types/tipset.hpp"

namespace venus::chainstore {

/// Weight of the chain up to and including a tipset (consensus/weight.hpp).
using WeightFunction = std::function<Result<BigInt>(const TipsetPtr&)>;
/// An actor's id in a state.
using ResolveInState = std::function<Result<ActorId>(const Cid& state_root, const Address& address)>;

/// Which tipset stands for an epoch without blocks.
enum class NullRound : std::uint8_t {
  Before,  ///< the last one below it
  After,   ///< the first one above it
};

/// Where a message stands on the chain of the head.
struct MessageLocation {
  ChainEpoch epoch;
  TipsetKey tipset;  ///< whose blocks carry it; its receipt is among those of the next tipset's parents
  bool operator==(const MessageLocation&) const = default;
};

/// What was found wrong with a block for good.
struct BadBlock {
  Cid cid;
  std::string reason;
};

struct ChainStoreOptions {
  std::size_t tipset_cache = 8192;
  std::size_t message_cache = 256;  ///< blocks' message lists
  std::size_t bad_block_cache = 32768;
  bool index_messages = true;  ///< keep the message -> tipset index
};

/// How a head is adopted whose chain was loaded as a whole.
struct AdoptOptions {
  /// The index of heights is there but for the newest tipsets.
  bool heights_known = false;
  /// For how many epochs below the head messages and tipset keys are indexed (Lotus: twice the finality).
  std::int64_t recent = 2 * types::policy::kChainFinality;
  /// Told now and then how far down it is; false stops (Cancelled) without a new head.
  std::function<bool(ChainEpoch)> progress = {};
};

/// Outcome of an execution, kept so that a tipset is executed once.
struct ExecutedState {
  Cid state_root;
  Cid receipts_root;
  bool operator==(const ExecutedState&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("StateRoot", &ExecutedState::state_root),
                           base::field("ReceiptsRoot", &ExecutedState::receipts_root));
  }
};

/// Thread-safe. Readers never wait for a head change longer than a pointer takes to copy.
class ChainStore {
 public:
  /// Never adopt a fork that reverts this many tipsets of ours.
  static constexpr std::int64_t kFinality = types::policy::kChainFinality;

  /// Opens the chain kept in `metadata` and `blocks` (normally one database), with its head and
  /// genesis as they were at the last write. Both must outlive the store.
  static Result<std::unique_ptr<ChainStore>> open(Blockstore& blocks, Metadata& metadata,
                                                  ChainStoreOptions options = {});

  /// Given once, before weights are compared or messages selected.
  void set_rules(WeightFunction weight, ResolveInState resolve);

  [[nodiscard]] Blockstore& blocks() const noexcept { return blocks_; }
  [[nodiscard]] Metadata& metadata() const noexcept { return metadata_; }

  // ---- genesis and head ---------------------------------------------------------------------------
  /// The genesis tipset; null before set_genesis.
  [[nodiscard]] TipsetPtr genesis() const;
  /// Makes a block (already stored, height 0) the genesis and, without a head, the head. Conflict when
  /// another genesis is set.
  Result<void> set_genesis(const Cid& block);
  /// The heaviest tipset; null before set_genesis.
  [[nodiscard]] TipsetPtr head() const;
  /// Moves the head, whatever its weight: persisted in one write with the height and message index,
  /// then subscribers hear of it. A checkpoint that would be left is removed first.
  Result<void> set_head(TipsetPtr tipset);
  /// Makes a tipset the head whose chain down to genesis is here and was not walked up: indexes it in steps of
  /// bounded memory, then moves the head; subscribers hear of the new head alone.
  Result<void> adopt_head(const TipsetPtr& head, const AdoptOptions& options = {});
  /// Makes `tipset` the head if it is heavier than the head (tie: smaller tickets) and the fork is
  /// allowed. True if the head moved.
  Result<bool> consider(const TipsetPtr& tipset);
  /// Registers a validated block and takes the heaviest tipset that can be formed at its height from
  /// registered blocks, leaving out miners with two blocks at a height. True if the head moved.
  Result<bool> add_validated_block(const types::BlockHeader& block);
  /// The same for all blocks of a tipset at once, so that the head does not pass through parts of it.
  Result<bool> add_validated_tipset(const types::Tipset& tipset);
  /// Weight of the chain with this tipset at its end.
  Result<BigInt> weight(const TipsetPtr& tipset) const;
  /// Whether `candidate` wins over `current` at equal weight: the first ticket that differs decides.
  static bool wins_tie(const types::Tipset& candidate, const types::Tipset& current);

  // ---- tipsets ------------------------------------------------------------------------------------
  /// NotFound when the block is not here; Malformed when it is no header.
  Result<types::BlockHeader> block(const Cid& cid) const;
  /// The tipset of a key. InvalidArgument for the empty key.
  Result<TipsetPtr> tipset(const TipsetKey& key) const;
  Result<TipsetPtr> parent(const types::Tipset& tipset) const { return this->tipset(tipset.parents()); }
  /// The tipset at an epoch on the chain that ends in `from` (the head when null). InvalidArgument when
  /// the epoch is negative or above `from`.
  Result<TipsetPtr> tipset_at(ChainEpoch epoch, TipsetPtr from, NullRound rule) const;
  /// Whether the tipset is on the chain of the head.
  Result<bool> on_head_chain(const types::Tipset& tipset) const;
  /// Stores a header; its CID.
  Result<Cid> put_block(const types::BlockHeader& block);
  /// How to get from one tipset to another. `from` may be null: then everything is applied.
  Result<HeadChange> path(TipsetPtr from, TipsetPtr to) const;

  // ---- messages -----------------------------------------------------------------------------------
  /// Messages of a block, as they stand in it; cached.
  Result<MessagesPtr> messages(const types::BlockHeader& block) const;
  /// Messages of all blocks of a tipset, in block order.
  Result<std::vector<MessagesPtr>> block_messages(const types::Tipset& tipset) const;
  /// Those that are executed, in order, one list per block (see select_for_execution).
  Result<std::vector<std::vector<SelectedMessage>>> executed_messages(const types::Tipset& tipset,
                                                                      std::span<const MessagesPtr> messages) const;
  /// Any message by the CID blocks refer to it by. NotFound otherwise.
  Result<types::SignedMessage> message(const Cid& cid) const;
  /// Stores messages under their CIDs.
  Result<void> put_messages(std::span<const types::SignedMessage> messages);
  /// Where a message stands on the head's chain; nothing when it does not (or is not indexed).
  Result<std::optional<MessageLocation>> locate(const Cid& message) const;

  /// Receipts of a receipts root, in order.
  Result<std::vector<types::Receipt>> receipts(const Cid& root) const;
  Result<types::Receipt> receipt(const Cid& root, std::uint64_t index) const;
  /// Events of an events root, in order.
  Result<std::vector<types::Event>> events(const Cid& root) const;

  // ---- what was learnt of tipsets and blocks ------------------------------------------------------
  /// Outcome of executing a tipset, if it was executed.
  Result<std::optional<ExecutedState>> executed(const TipsetKey& key) const;
  Result<void> set_executed(const TipsetKey& key, const ExecutedState& state);
  /// Whether a block passed validation.
  [[nodiscard]] bool is_validated(const Cid& block) const;
  Result<void> set_validated(const Cid& block);
  /// Why a block is bad, if it is known to be.
  [[nodiscard]] std::optional<std::string> bad_reason(const Cid& block) const;
  void mark_bad(const Cid& block, std::string reason);
  void unmark_bad(const Cid& block);
  void unmark_all_bad();

  // ---- checkpoint ---------------------------------------------------------------------------------
  [[nodiscard]] TipsetPtr checkpoint() const;
  /// No fork below this tipset is taken from now on. Must be here; when it is not below the head, the
  /// head moves there. FailedValidation when the fork point is older than finality.
  Result<void> set_checkpoint(const TipsetPtr& tipset);
  Result<void> remove_checkpoint();

  // ---- subscribers --------------------------------------------------------------------------------
  /// A queue of head changes from now on; dropping the pointer ends it.
  std::shared_ptr<HeadSubscription> subscribe(std::size_t capacity = 64);

 private:
  ChainStore(Blockstore& blocks, Metadata& metadata, ChainStoreOptions options);
  Result<void> load();
  Result<bool> move_head(const TipsetPtr& to);
  Result<bool> exceeds_fork_length(TipsetPtr current, TipsetPtr candidate) const;
  Result<void> register_block(const types::BlockHeader& block);
  Result<bool> choose_head(ChainEpoch height);
  Result<std::pair<TipsetPtr, BigInt>> heaviest_at(ChainEpoch height) const;
  Result<TipsetPtr> indexed_at(ChainEpoch epoch) const;
  Result<void> put_key(const TipsetKey& key);
  Result<void> index_change(const HeadChange& change, MetadataBatch& batch) const;
  Result<void> index_messages(const types::Tipset& tipset, bool add, MetadataBatch& batch) const;
  void notify(const HeadChange& change);

  Blockstore& blocks_;
  Metadata& metadata_;
  const ChainStoreOptions options_;
  WeightFunction weight_;
  ResolveInState resolve_;

  mutable LruCache<TipsetKey, TipsetPtr> tipsets_;
  mutable LruCache<Cid, MessagesPtr> messages_;
  mutable LruCache<TipsetKey, ExecutedState> executed_;
  mutable LruCache<Cid, bool> validated_;
  mutable LruCache<Cid, std::string> bad_blocks_;

  // One mover at a time; readers take head_mutex_ for the pointers alone.
  std::mutex mover_;
  mutable std::shared_mutex head_mutex_;
  TipsetPtr genesis_;
  TipsetPtr head_;
  TipsetPtr checkpoint_;
  std::map<ChainEpoch, std::vector<Cid>> recent_blocks_;  // under mover_: validated, by height

  std::mutex subscribers_mutex_;
  std::vector<std::weak_ptr<HeadSubscription>> subscribers_;
};

}  // namespace venus::chainstore
