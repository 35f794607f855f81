// SPDX-License-Identifier: MIT OR Apache-2.0
#include "snapshot/header_tracker.hpp"

#include "ipld/codec.hpp"

namespace venus::snapshot {
namespace {

// A file in the usual order has two or three tipsets open at a time; one that needs more is not followed.
constexpr std::size_t kMaxWaiting = 4096;
// Longer runs of null rounds do not occur; a header that claims one is a lie that must not cost memory.
constexpr std::int64_t kMaxNullRounds = 100'000;

void write_key(ipld::cbor::Writer& out, const TipsetKey& key) { out.write_bytes(key.bytes()); }

Result<TipsetKey> read_key(ipld::cbor::Reader& in) {
  const auto bytes = in.read_bytes();
  if (bytes.empty()) return TipsetKey();
  return TipsetKey::from_bytes(bytes);
}

}  // namespace

HeaderTracker::HeaderTracker(const std::vector<Cid>& head) {
  auto pending = std::make_shared<Pending>();
  pending->key = TipsetKey(head);
  expect(pending);
}

void HeaderTracker::expect(const PendingPtr& pending) {
  if (waiting_.size() + pending->key.cids().size() > kMaxWaiting) return;
  for (const auto& cid : pending->key.cids()) {
    if (waiting_.emplace(cid, pending).second) ++pending->missing;
  }
}

Result<void> HeaderTracker::first_header(const PendingPtr& tipset, const types::BlockHeader& header,
                                         chainstore::MetadataBatch& heights) {
  const auto height = header.height.value();
  const auto child_height = tipset->child_height;
  const bool falls = child_height < 0 || (height < child_height && child_height - height <= kMaxNullRounds);
  if (height < 0 || !falls) {
    return fail(ErrorCode::FailedValidation, "a block of height {} is a parent of one of height {}", height,
                child_height);
  }
  tipset->height = height;
  tipset->parents = TipsetKey(header.parents);
  lowest_ = lowest_ < 0 ? height : std::min(lowest_, height);
  if (child_height >= 0) {
    const auto key = [](std::int64_t epoch) { return base::be64(static_cast<std::uint64_t>(epoch)); };
    heights.put(chainstore::Column::Heights, key(height), tipset->key.bytes());
    // The child stands for the null rounds before it. The head's key is known only when it is sorted.
    for (auto epoch = height + 1; epoch < child_height && !tipset->child.empty(); ++epoch) {
      heights.put(chainstore::Column::Heights, key(epoch), tipset->child.bytes());
    }
  }
  if (height == 0) {
    if (tipset->key.cids().size() != 1) return fail(ErrorCode::FailedValidation, "a genesis of several blocks");
    genesis_ = tipset->key.cids().front();
    return {};
  }
  if (tipset->parents.empty()) return fail(ErrorCode::FailedValidation, "block of height {} without parents", height);
  auto parent = std::make_shared<Pending>();
  parent->key = tipset->parents;
  parent->child_height = height;
  if (child_height >= 0) parent->child = tipset->key;
  expect(parent);
  return {};
}

Result<bool> HeaderTracker::see(BytesView cid_bytes, BytesView data, chainstore::MetadataBatch& heights) {
  if (waiting_.empty()) return false;
  const auto cid = Cid::from_bytes(cid_bytes);
  if (!cid) return false;
  const auto found = waiting_.find(*cid);
  if (found == waiting_.end()) return false;
  const auto tipset = found->second;
  TRY(const auto header, with_context(ipld::decode<types::BlockHeader>(data), fmt::format("header {}", *cid)));
  if (tipset->height < 0) {
    TRY_VOID(first_header(tipset, header, heights));
  } else if (header.height.value() != tipset->height || TipsetKey(header.parents) != tipset->parents) {
    return fail(ErrorCode::FailedValidation, "blocks of {} are of different tipsets", tipset->key);
  }
  waiting_.erase(*cid);
  --tipset->missing;
  ++headers_;
  return true;
}

Bytes HeaderTracker::encode() const {
  ipld::cbor::Writer out;
  std::vector<PendingPtr> tipsets;
  for (const auto& [cid, pending] : waiting_) {
    if (std::find(tipsets.begin(), tipsets.end(), pending) == tipsets.end()) tipsets.push_back(pending);
  }
  out.write_array(4);
  if (genesis_.defined()) out.write_cid(genesis_);
  else out.write_null();
  out.write_uint(headers_);
  out.write_int(lowest_);
  out.write_array(tipsets.size());
  for (const auto& pending : tipsets) {
    out.write_array(6);
    write_key(out, pending->key);
    out.write_int(pending->height);
    write_key(out, pending->parents);
    write_key(out, pending->child);
    out.write_int(pending->child_height);
    std::vector<Cid> left;
    for (const auto& cid : pending->key.cids()) {
      if (const auto at = waiting_.find(cid); at != waiting_.end() && at->second == pending) left.push_back(cid);
    }
    write_key(out, TipsetKey(left));
  }
  return std::move(out).take();
}

Result<HeaderTracker> HeaderTracker::decode(BytesView bytes) {
  ipld::cbor::Reader in(bytes);
  HeaderTracker out;
  in.expect_array(4);
  if (!in.try_null()) out.genesis_ = in.read_cid();
  out.headers_ = in.read_uint();
  out.lowest_ = in.read_int();
  for (auto count = in.read_array(kMaxWaiting); count > 0 && in.ok(); --count) {
    auto pending = std::make_shared<Pending>();
    in.expect_array(6);
    TRY(pending->key, read_key(in));
    pending->height = in.read_int();
    TRY(pending->parents, read_key(in));
    TRY(pending->child, read_key(in));
    pending->child_height = in.read_int();
    TRY(const auto left, read_key(in));
    for (const auto& cid : left.cids()) {
      if (out.waiting_.emplace(cid, pending).second) ++pending->missing;
    }
  }
  TRY_VOID(with_context(in.finish(), "record of an import"));
  return out;
}

}  // namespace venus::snapshot
