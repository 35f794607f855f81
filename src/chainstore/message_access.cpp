// SPDX-License-Identifier: MIT OR Apache-2.0
// Messages, receipts and events by what headers say of them.
#include "chainstore/chain_store.hpp"
#include "ipld/amt.hpp"

namespace venus::chainstore {
namespace {

constexpr std::size_t kEpochBytes = 8;

}  // namespace

Result<MessagesPtr> ChainStore::messages(const types::BlockHeader& block) const {
  if (auto known = messages_.get(block.messages)) return *known;
  TRY(auto loaded, with_context(load_block_messages(blocks_, block.messages), "messages of a block"));
  auto out = std::make_shared<const BlockMessages>(std::move(loaded));
  messages_.put(block.messages, out);
  return out;
}

Result<std::vector<MessagesPtr>> ChainStore::block_messages(const types::Tipset& tipset) const {
  std::vector<MessagesPtr> out;
  out.reserve(tipset.blocks().size());
  for (const auto& block : tipset.blocks()) {
    TRY(auto of_block, messages(block));
    out.push_back(std::move(of_block));
  }
  return out;
}

Result<std::vector<std::vector<SelectedMessage>>> ChainStore::executed_messages(
    const types::Tipset& tipset, std::span<const MessagesPtr> messages) const {
  if (!resolve_) return fail(ErrorCode::Internal, "the chain store has no rule to resolve senders");
  return select_for_execution(messages, [&](const Address& address) -> Result<ActorId> {
    if (address.is_id()) return address.actor_id();
    return resolve_(tipset.parent_state_root(), address);
  });
}

Result<types::SignedMessage> ChainStore::message(const Cid& cid) const {
  TRY(auto bytes, blocks_.get(cid));
  // A bare message is a tuple of ten, a signed one of two: the head tells them apart.
  if (auto loaded = ChainMessage::from_signed(cid, bytes)) return loaded->signed_message();
  TRY(auto bare, ChainMessage::from_bls(cid, std::move(bytes)));
  return bare.signed_message();
}

Result<void> ChainStore::put_messages(std::span<const types::SignedMessage> messages) {
  std::vector<std::pair<Cid, Bytes>> blocks;
  blocks.reserve(messages.size());
  for (const auto& message : messages) {
    auto bytes = message.signature.type == types::SignatureType::Bls ? ipld::encode(message.message)
                                                                     : ipld::encode(message);
    const auto cid = ipld::cid_of_cbor(bytes);
    blocks.emplace_back(cid, std::move(bytes));
  }
  return blocks_.put_many(blocks);
}

Result<std::optional<MessageLocation>> ChainStore::locate(const Cid& message) const {
  TRY(auto bytes, metadata_.get(Column::Messages, message.bytes()));
  if (!bytes) return std::optional<MessageLocation>{};
  if (bytes->size() < kEpochBytes) return fail(ErrorCode::Corrupt, "index entry of message {}", message);
  std::uint64_t epoch = 0;
  for (std::size_t i = 0; i < kEpochBytes; ++i) epoch = epoch << 8 | (*bytes)[i];
  TRY(auto key, TipsetKey::from_bytes(BytesView(*bytes).subspan(kEpochBytes)));
  return std::optional(MessageLocation{ChainEpoch(static_cast<std::int64_t>(epoch)), std::move(key)});
}

Result<std::vector<types::Receipt>> ChainStore::receipts(const Cid& root) const {
  return ipld::read_amt<types::Receipt>(blocks_, root, ipld::kBlockAmt);
}

Result<types::Receipt> ChainStore::receipt(const Cid& root, std::uint64_t index) const {
  TRY(auto amt, ipld::Amt<types::Receipt>::load(blocks_, root, ipld::kBlockAmt));
  TRY(auto found, amt.get(index));
  if (!found) return fail(ErrorCode::NotFound, "no receipt {} in {}", index, root);
  return *std::move(found);
}

Result<std::vector<types::Event>> ChainStore::events(const Cid& root) const {
  return ipld::read_amt<types::Event>(blocks_, root, ipld::kEventsAmt);
}

// ---- records of executions and validations ----------------------------------------------------------

Result<std::optional<ExecutedState>> ChainStore::executed(const TipsetKey& key) const {
  if (auto known = executed_.get(key)) return known;
  TRY(auto bytes, metadata_.get(Column::Executed, key.bytes()));
  if (!bytes) return std::optional<ExecutedState>{};
  TRY(auto state, ipld::decode<ExecutedState>(*bytes));
  executed_.put(key, state);
  return std::optional(std::move(state));
}

Result<void> ChainStore::set_executed(const TipsetKey& key, const ExecutedState& state) {
  MetadataBatch batch;
  batch.put(Column::Executed, key.bytes(), ipld::encode(state));
  TRY_VOID(metadata_.write(batch));
  executed_.put(key, state);
  return {};
}

bool ChainStore::is_validated(const Cid& block) const {
  if (validated_.contains(block)) return true;
  const auto found = metadata_.get(Column::Validated, block.bytes());
  if (!found || !*found) return false;
  validated_.put(block, true);
  return true;
}

Result<void> ChainStore::set_validated(const Cid& block) {
  if (is_validated(block)) return {};
  MetadataBatch batch;
  batch.put(Column::Validated, block.bytes(), {});
  TRY_VOID(metadata_.write(batch));
  validated_.put(block, true);
  return {};
}

std::optional<std::string> ChainStore::bad_reason(const Cid& block) const { return bad_blocks_.get(block); }
void ChainStore::mark_bad(const Cid& block, std::string reason) { bad_blocks_.put(block, std::move(reason)); }
void ChainStore::unmark_bad(const Cid& block) { bad_blocks_.erase(block); }
void ChainStore::unmark_all_bad() { bad_blocks_.clear(); }

}  // namespace venus::chainstore
