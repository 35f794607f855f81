// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/tipset.hpp"

#include "base/json.hpp"
#include "crypto/hash.hpp"

#include <numeric>

namespace venus::types {
namespace {

/// What the order of a tipset's blocks is decided by (protocol.md section 3).
struct Rank {
  ByteArray<32> ticket_digest;
  Cid cid;
  std::size_t index;
  auto operator<=>(const Rank&) const = default;
};

Result<std::vector<Rank>> rank(const std::vector<BlockHeader>& blocks) {
  std::vector<Rank> out;
  out.reserve(blocks.size());
  for (const auto& block : blocks) {
    auto cid = block.cid();
    if (!block.ticket) return fail(ErrorCode::FailedValidation, "block {} has no ticket", cid);
    out.push_back({crypto::blake2b_256(block.ticket->vrf_proof), cid, out.size()});
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

Bytes TipsetKey::bytes() const {
  Bytes out;
  for (const auto& cid : cids_)
    base::append(out, cid.bytes());
  return out;
}

Result<TipsetKey> TipsetKey::from_bytes(BytesView bytes) {
  std::vector<Cid> cids;
  while (!bytes.empty()) {
    std::size_t used = 0;
    TRY(cids.emplace_back(), Cid::read(bytes, used));
    bytes = bytes.subspan(used);
  }
  return TipsetKey(std::move(cids));
}

Cid TipsetKey::cid() const { return ipld::cid_of(bytes()); }

std::string TipsetKey::str() const {
  std::string out = "{";
  for (const auto& cid : cids_) {
    if (out.size() > 1) out += ',';
    out += cid.str();
  }
  return out + "}";
}

Result<TipsetPtr> Tipset::make(std::vector<BlockHeader> blocks) {
  if (blocks.empty()) return fail(ErrorCode::FailedValidation, "a tipset has at least one block");
  TRY(const auto ranks, rank(blocks));
  const auto& first = blocks[ranks.front().index];
  for (const auto& block : blocks) {
    if (block.height != first.height) {
      return fail(ErrorCode::FailedValidation, "blocks of heights {} and {} in one tipset",
                  first.height, block.height);
    }
    if (block.parents != first.parents) {
      return fail(ErrorCode::FailedValidation,
                  "blocks of different parents in one tipset at height {}", first.height);
    }
  }
  const std::shared_ptr<Tipset> out(new Tipset());
  std::vector<Cid> cids;
  out->blocks_.reserve(blocks.size());
  for (const auto& [digest, cid, index] : ranks) {
    cids.push_back(cid);
    out->blocks_.push_back(std::move(blocks[index]));
  }
  out->key_ = TipsetKey(std::move(cids));
  out->parents_ = TipsetKey(out->blocks_.front().parents);
  return out;
}

std::uint64_t Tipset::min_timestamp() const noexcept {
  return std::ranges::min(blocks_, {}, &BlockHeader::timestamp).timestamp;
}

const Ticket& Tipset::min_ticket() const noexcept { return *blocks_.front().ticket; }

}  // namespace venus::types

namespace venus::base {

boost::json::value JsonCodec<types::TipsetKey>::encode(const types::TipsetKey& v) {
  return to_json(v.cids());
}

Result<types::TipsetKey> JsonCodec<types::TipsetKey>::decode(const boost::json::value& v) {
  TRY(auto cids, from_json<std::vector<Cid>>(v));
  return types::TipsetKey(std::move(cids));
}

boost::json::value JsonCodec<types::TipsetPtr>::encode(const types::TipsetPtr& v) {
  if (v == nullptr) return nullptr;
  return boost::json::object{{"Cids", to_json(v->cids())},
                             {"Blocks", to_json(v->blocks())},
                             {"Height", to_json(v->height())}};
}

Result<types::TipsetPtr> JsonCodec<types::TipsetPtr>::decode(const boost::json::value& v) {
  if (v.is_null()) return types::TipsetPtr{};
  const auto* blocks = find_member(v, "Blocks");
  if (blocks == nullptr) return fail(ErrorCode::Malformed, "tipset without Blocks");
  TRY(auto headers, with_context(from_json<std::vector<types::BlockHeader>>(*blocks), "Blocks"));
  return types::Tipset::make(std::move(headers));
}

}  // namespace venus::base
