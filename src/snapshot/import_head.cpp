// SPDX-License-Identifier: MIT OR Apache-2.0
// From imported blocks to a chain with a head.
#include "ipld/walk.hpp"
#include "snapshot/importer.hpp"
#include "snapshot/visited_set.hpp"

namespace venus::snapshot {
namespace {

// Beyond this more states are nice to have, but nothing depends on them.
constexpr std::int64_t kStatesOfInterest = 2000;

}  // namespace

Result<HeadCheck> find_head(chainstore::ChainStore& chain, const Imported& imported,
                            const std::function<bool(std::int64_t height)>& progress) {
  std::vector<types::BlockHeader> blocks;
  for (const auto& root : imported.roots) {
    TRY(auto header, with_context(chain.block(root), "a block of the snapshot's head"));
    blocks.push_back(std::move(header));
  }
  HeadCheck out;
  TRY(out.head, with_context(types::Tipset::make(std::move(blocks)), "the snapshot's head"));
  if (imported.followed) {
    TRY(out.genesis, chain.tipset(TipsetKey({imported.genesis})));
  } else {
    auto tipset = out.head;
    for (std::int64_t done = 0; tipset->height().value() > 0; ++done) {
      if (progress && done % 1000 == 0 && !progress(tipset->height().value())) {
        return fail(ErrorCode::Cancelled, "stopped at epoch {}", tipset->height());
      }
      const auto below = tipset->height();
      TRY(tipset, with_context(chain.parent(*tipset), fmt::format("parents of epoch {}", below)));
      if (tipset->height() >= below) {
        return fail(ErrorCode::FailedValidation, "tipset of height {} below one of height {}", tipset->height(), below);
      }
    }
    out.genesis = tipset;
  }
  auto tipset = out.head;
  while (out.head->height() - tipset->height() < kStatesOfInterest) {
    TRY(const bool here, chain.blocks().has(tipset->parent_state_root()));
    if (!here) break;
    out.states = out.head->height() - tipset->height() + 1;
    if (tipset->height().value() == 0) break;
    TRY(tipset, chain.parent(*tipset));
  }
  return out;
}

Result<void> adopt_head(chainstore::ChainStore& chain, const Imported& imported, const HeadCheck& found,
                        const std::function<bool(std::int64_t height)>& progress) {
  const auto present = chain.head();
  if (!present) return fail(ErrorCode::InvalidArgument, "the chain has no genesis yet");
  if (present->key() == found.head->key()) return {};
  if (present->height() > found.head->height()) {
    return fail(ErrorCode::Conflict, "this chain is at epoch {} already, above the snapshot's head at {}",
                present->height(), found.head->height());
  }
  chainstore::AdoptOptions options;
  options.heights_known = imported.followed;
  if (progress) options.progress = [&](types::ChainEpoch at) { return progress(at.value()); };
  return chain.adopt_head(found.head, options);
}

Result<std::uint64_t> verify_state(Blockstore& store, const Cid& root,
                                   const std::function<bool(std::uint64_t)>& progress) {
  VisitedSet visited;
  std::vector<Cid> stack{root};
  std::uint64_t blocks = 0;
  while (!stack.empty()) {
    const auto cid = stack.back();
    stack.pop_back();
    if (!names_block(cid) || !visited.insert(cid)) continue;
    TRY(const auto data, store.find(cid));
    if (!data) return fail(ErrorCode::NotFound, "state {} lacks block {}", root, cid);
    TRY_VOID(ipld::verify_block(cid, *data));
    if (++blocks % 10'000 == 0 && progress && !progress(blocks)) return fail(ErrorCode::Cancelled, "stopped");
    if (!has_links(cid)) continue;
    TRY_VOID(with_context(ipld::cbor::for_each_link(*data, [&](const Cid& link) -> Result<void> {
      stack.push_back(link);
      return {};
    }), cid.str()));
  }
  return blocks;
}

}  // namespace venus::snapshot
