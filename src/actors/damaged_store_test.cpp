// SPDX-License-Identifier: MIT OR Apache-2.0
// Views over a store in which one block is damaged: an error or an answer, never a crash or a hang.
#include "actors/legacy_hamt.hpp"
#include "actors/market.hpp"
#include "actors/miner.hpp"
#include "actors/power.hpp"
#include "actors/supply.hpp"
#include "actors/test_util/devnet.hpp"
#include "actors/verified_registry.hpp"
#include "base/test_util/mutate.hpp"
#include "base/test_util/vectors.hpp"

#include <gtest/gtest.h>

namespace venus::actors {
namespace {

/// Every question that walks a structure of several blocks; how many were answered.
int ask_all(Blockstore& store, const Cid& root) {
  int answered = 0;
  const auto tree = StateTree::load(store, root);
  if (!tree) return answered;
  answered += exact_circulating_supply(*tree, ChainEpoch(184)).has_value() ? 1 : 0;
  if (const auto power = power::View::load(*tree)) {
    answered += power->miners().has_value() ? 1 : 0;
    answered += power->cron_events(ChainEpoch(185)).has_value() ? 1 : 0;
  }
  if (const auto market = market::View::load(*tree)) {
    const auto visited =
        market->for_each_deal([](DealId, const market::Deal&) -> Result<void> { return {}; });
    answered += visited.has_value() ? 1 : 0;
  }
  if (const auto registry = verified_registry::View::load(*tree)) {
    answered += registry->all_claims().has_value() ? 1 : 0;
  }
  if (const auto miner = miner::View::load(*tree, ActorId(1000))) {
    answered += miner->info().has_value() ? 1 : 0;
    answered += miner->collect(miner::SectorSet::Active).has_value() ? 1 : 0;
    answered += miner->sectors().has_value() ? 1 : 0;
    answered += miner->vested_funds(ChainEpoch(185)).has_value() ? 1 : 0;
    answered += miner->sector_expiration(SectorNumber(0)).has_value() ? 1 : 0;
    answered += miner->allocated().has_value() ? 1 : 0;
  }
  return answered;
}

/// Answers one block with other bytes, the rest from the store below.
class DamagedStore final : public Blockstore {
 public:
  DamagedStore(Blockstore& below, const Cid& at, BytesView bytes)
      : below_(below), at_(at), bytes_(base::to_bytes(bytes)) {}
  Result<std::optional<Bytes>> find(const Cid& cid) override {
    if (cid == at_) return std::optional(bytes_);
    return below_.find(cid);
  }
  Result<bool> has(const Cid& cid) override { return below_.has(cid); }
  Result<void> put(const Cid&, BytesView) override { return {}; }

 private:
  Blockstore& below_;
  Cid at_;
  Bytes bytes_;
};

/// Remembers which blocks were read.
class WatchedStore final : public Blockstore {
 public:
  explicit WatchedStore(Blockstore& below) : below_(below) {}
  Result<std::optional<Bytes>> find(const Cid& cid) override {
    read.insert_or_assign(cid.str(), cid);
    return below_.find(cid);
  }
  Result<bool> has(const Cid& cid) override { return below_.has(cid); }
  Result<void> put(const Cid&, BytesView) override { return {}; }
  std::map<std::string, Cid> read;

 private:
  Blockstore& below_;
};

TEST(DamagedStore, ViewsAnswerOrFail) {
  VENUS_VECTORS_OR_SKIP(vectors, "lotus-devnet/states-197.car");
  const auto root = test_util::recorded_state_root();
  auto& store = test_util::devnet_store();
  WatchedStore watched(store);
  const auto all = ask_all(watched, root);
  ASSERT_EQ(all, 11);
  ASSERT_GT(watched.read.size(), 30U);
  int refused = 0;
  for (const auto& [text, cid] : watched.read) {
    const std::vector<Bytes> seeds = {store.get(cid).value()};
    base::test_util::for_each_mutation(seeds, 3, [&](BytesView damaged) {
      DamagedStore broken(store, cid, damaged);
      if (ask_all(broken, root) < all) ++refused;
    });
  }
  EXPECT_GT(refused, 0);
}

TEST(DamagedStore, LegacyMapsThatShareSubtreesAreRefusedAtOnce) {
  ipld::MemoryBlockstore store;
  const auto put_node = [&](auto write_pointer) {
    ipld::cbor::Writer writer;
    writer.write_array(2);
    writer.write_bytes(base::from_hex("ffffffff").value());
    writer.write_array(32);
    for (int i = 0; i < 32; ++i)
      write_pointer(writer);
    const auto cid = ipld::cid_of_cbor(writer.bytes());
    EXPECT_TRUE(store.put(cid, writer.bytes()));
    return cid;
  };
  auto at = put_node([](ipld::cbor::Writer& writer) {
    writer.write_map(1);
    writer.write_text("1");
    writer.write_array(1);
    writer.write_array(2);
    writer.write_bytes(base::as_bytes("key"));
    writer.write_uint(1);
  });
  for (int level = 0; level < 40; ++level) {
    at = put_node([below = at](ipld::cbor::Writer& writer) {
      writer.write_map(1);
      writer.write_text("0");
      writer.write_cid(below);
    });
  }
  const auto visited =
      legacy_hamt::for_each(store, at, [](BytesView, BytesView) -> Result<void> { return {}; });
  ASSERT_FALSE(visited);
  EXPECT_EQ(visited.error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace venus::actors
