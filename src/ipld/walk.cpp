// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/walk.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

namespace venus::ipld {
namespace {

constexpr std::size_t kUsualSize = 38;

bool is_usual(const Cid& cid) noexcept {
  return cid.bytes().size() == kUsualSize && cid.codec() == Codec::DagCbor &&
         cid.hash() == Multihash::Blake2b_256;
}

struct DigestHash {
  using is_avalanching = void;
  std::size_t operator()(const ByteArray<32>& digest) const noexcept {
    std::size_t out = 0;
    std::memcpy(&out, digest.data(), sizeof out);
    return out;
  }
};

ByteArray<32> digest_of(const Cid& cid) noexcept {
  ByteArray<32> out;
  std::memcpy(out.data(), cid.bytes().data() + kUsualSize - out.size(), out.size());
  return out;
}

/// Whether the CID names a block that a store could hold.
bool names_block(const Cid& cid) noexcept {
  if (cid.hash() == Multihash::Identity) return false;
  const auto codec = cid.codec();
  return codec != Codec::FilCommitmentSealed && codec != Codec::FilCommitmentUnsealed;
}

}  // namespace

struct CidSet::Sets {
  boost::unordered_flat_set<ByteArray<32>, DigestHash> usual;
  boost::unordered_flat_set<Cid, std::hash<Cid>> others;
};

CidSet::CidSet() : sets_(std::make_unique<Sets>()) {}
CidSet::CidSet(CidSet&&) noexcept = default;
CidSet& CidSet::operator=(CidSet&&) noexcept = default;
CidSet::~CidSet() = default;

bool CidSet::insert(const Cid& cid) {
  return is_usual(cid) ? sets_->usual.insert(digest_of(cid)).second
                       : sets_->others.insert(cid).second;
}

bool CidSet::contains(const Cid& cid) const {
  return is_usual(cid) ? sets_->usual.contains(digest_of(cid)) : sets_->others.contains(cid);
}

std::size_t CidSet::size() const noexcept { return sets_->usual.size() + sets_->others.size(); }

Result<void> walk(Blockstore& store, std::span<const Cid> roots, CidSet& visited,
                  FunctionRef<Result<void>(const Cid&, BytesView)> visit,
                  const WalkOptions& options) {
  // A stack of our own: the DAG's depth is the chain's length.
  std::vector<Cid> stack(roots.rbegin(), roots.rend());
  while (!stack.empty()) {
    const auto cid = stack.back();
    stack.pop_back();
    if (!cid.defined() || !names_block(cid) || visited.contains(cid)) continue;
    if (options.want && !options.want(cid)) continue;
    visited.insert(cid);
    TRY(const auto data, store.find(cid));
    if (!data) {
      if (options.skip_missing) continue;
      return fail(ErrorCode::NotFound, "no block {}", cid);
    }
    TRY_VOID(visit(cid, *data));
    if (cid.codec() != Codec::DagCbor && cid.codec() != Codec::Cbor) continue;
    const auto first = static_cast<std::ptrdiff_t>(stack.size());
    auto links = cbor::for_each_link(*data, [&](const Cid& link) -> Result<void> {
      if (!visited.contains(link)) stack.push_back(link);
      return {};
    });
    if (!links) return std::unexpected(std::move(links).error().context(cid.str()));
    std::reverse(stack.begin() + first, stack.end());
  }
  return {};
}

}  // namespace venus::ipld
