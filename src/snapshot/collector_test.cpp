// SPDX-License-Identifier: MIT OR Apache-2.0
// Garbage collection on a made-up chain whose states are small trees: what is kept, what goes, and what a kill at
// any moment leaves.
#include "snapshot/collector.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/test_util/vectors.hpp"
#include "snapshot/test_util/child.hpp"

namespace venus::snapshot {
namespace {

using base::test_util::TempFolder;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// A state: a root that links to leaves, most of which it shares with the state before. Leaf i of epoch e holds the
// number of the last epoch that changed it, below a node of its own, so that there are three levels.
class World {
 public:
  static constexpr int kNodes = 24;

  explicit World(Blockstore& store) : store_(store), leaves_(kNodes, 0) {}

  Cid leaf(int node, std::int64_t value) {
    ipld::cbor::Writer out;
    out.write_array(3);
    out.write_uint(static_cast<std::uint64_t>(node));
    out.write_int(value);
    out.write_bytes(Bytes(200, static_cast<std::uint8_t>(value)));
    return put(std::move(out).take());
  }
  Cid node(int at, std::int64_t value) {
    ipld::cbor::Writer out;
    out.write_array(2);
    out.write_uint(static_cast<std::uint64_t>(at));
    out.write_cid(leaf(at, value));
    return put(std::move(out).take());
  }
  // Writes what changes at an epoch, and some nodes again as they were without what they link to: as a machine does.
  Cid state(std::int64_t epoch) {
    const auto changed = static_cast<std::size_t>(epoch) % kNodes;
    leaves_[changed] = epoch;
    ipld::cbor::Writer out;
    out.write_array(kNodes);
    for (int i = 0; i < kNodes; ++i) {
      const auto value = leaves_[static_cast<std::size_t>(i)];
      if (static_cast<std::size_t>(i) == changed || !nodes_.contains({i, value})) nodes_[{i, value}] = node(i, value);
      else if (static_cast<std::size_t>(i) == (changed + 5) % kNodes) put_node_alone(i, value);
      out.write_cid(nodes_[{i, value}]);
    }
    return put(std::move(out).take());
  }
  // All blocks below a state must be here.
  static ::testing::AssertionResult whole(Blockstore& store, const Cid& root) {
    std::vector<Cid> stack{root};
    while (!stack.empty()) {
      const auto cid = stack.back();
      stack.pop_back();
      const auto data = store.find(cid);
      if (!data || !*data) return ::testing::AssertionFailure() << "no block " << cid.str();
      static_cast<void>(ipld::cbor::for_each_link(**data, [&](const Cid& link) -> Result<void> {
        stack.push_back(link);
        return {};
      }));
    }
    return ::testing::AssertionSuccess();
  }

 private:
  void put_node_alone(int at, std::int64_t value) {
    const auto data = must(store_.get(nodes_[{at, value}]));
    must(store_.put(nodes_[{at, value}], data));
  }
  Cid put(Bytes data) {
    const auto cid = ipld::cid_of_cbor(data);
    must(store_.put(cid, data));
    return cid;
  }
  Blockstore& store_;
  std::vector<std::int64_t> leaves_;
  std::map<std::pair<int, std::int64_t>, Cid> nodes_;
};

class Chain {
 public:
  explicit Chain(const std::filesystem::path& folder)
      : database(must(chainstore::ChainDatabase::open(folder, {.memory_mib = 8}))),
        store(must(chainstore::ChainStore::open(database->blocks(), *database))),
        world(database->blocks()) {}

  // Epoch `height` on the head, with the state after its parent, and a message list.
  void grow(std::int64_t height) {
    types::BlockHeader header;
    header.miner = Address::id(1000);
    header.ticket = types::Ticket{Bytes(32, static_cast<std::uint8_t>(height))};
    header.height = types::ChainEpoch(height);
    header.timestamp = static_cast<std::uint64_t>(height);
    if (const auto head = store->head()) header.parents = head->cids();
    header.parent_state_root = world.state(height);
    header.parent_message_receipts = receipts(height);
    header.messages = must(chainstore::store_message_meta(database->blocks(), {}, {}));
    const auto cid = must(store->put_block(header));
    if (height == 0) must(store->set_genesis(cid));
    const auto tipset = must(store->tipset(TipsetKey({cid})));
    if (height > 0) must(store->set_head(tipset));
    must(store->set_validated(cid));
    states[height] = header.parent_state_root;
    if (height > 0) {
      must(store->set_executed(TipsetKey(header.parents), {header.parent_state_root, header.parent_message_receipts}));
    }
  }

  Cid receipts(std::int64_t height) {
    ipld::cbor::Writer out;
    out.write_array(1);
    out.write_int(-height - 1);
    const auto cid = ipld::cid_of_cbor(out.bytes());
    must(database->blocks().put(cid, out.bytes()));
    return cid;
  }

  void expect_kept(std::int64_t floor) {
    auto tipset = store->head();
    for (;;) {
      const auto height = tipset->height().value();
      if (height > floor || height == 0) {
        EXPECT_TRUE(World::whole(database->blocks(), tipset->parent_state_root())) << "epoch " << height;
        EXPECT_TRUE(must(database->blocks().has(tipset->parent_receipts())));
        EXPECT_TRUE(World::whole(database->blocks(), tipset->blocks().front().messages));
      }
      EXPECT_TRUE(must(database->blocks().has(tipset->key().cid()))) << height;
      EXPECT_EQ(must(store->tipset_at(tipset->height(), nullptr, chainstore::NullRound::Before))->key(), tipset->key());
      if (height == 0) return;
      // Headers are read from the database, not from what the chain store remembers.
      ASSERT_TRUE(must(database->blocks().has(tipset->parents().cids().front()))) << height;
      tipset = must(store->parent(*tipset));
    }
  }

  std::unique_ptr<chainstore::ChainDatabase> database;
  std::unique_ptr<chainstore::ChainStore> store;
  World world;
  std::map<std::int64_t, Cid> states;
};

CollectOptions quick() {
  CollectOptions out;
  out.keep_epochs = kMinKeepEpochs;
  out.settle = std::chrono::milliseconds(0);
  out.reading.helpers = 1;
  return out;
}

TEST(Collector, KeepsTheRecentAndDropsTheRest) {
  const TempFolder folder;
  {
    Chain chain(folder.path());
    for (std::int64_t epoch = 0; epoch <= 1300; ++epoch) chain.grow(epoch);
    const auto done = must(collect_garbage(*chain.store, *chain.database, quick()));
    EXPECT_EQ(done.floor, 300);
    EXPECT_EQ(done.headers, 301U);
    EXPECT_EQ(done.missing, 0U);
    chain.expect_kept(300);
    EXPECT_FALSE(chain.database->collecting());
    for (std::int64_t epoch = 1; epoch <= 300; ++epoch) {
      EXPECT_FALSE(must(chain.database->blocks().has(chain.states[epoch]))) << epoch;
    }
    EXPECT_FALSE(must(chain.store->executed(TipsetKey({chain.store->genesis()->cids()}))).has_value() &&
                 must(chain.database->get(chainstore::Column::Executed, chain.store->genesis()->key().bytes())));
  }
  // And so it is after a restart, and after another collection further on.
  Chain chain(folder.path());
  chain.expect_kept(300);
  for (std::int64_t epoch = 1301; epoch <= 1500; ++epoch) chain.grow(epoch);
  const auto again = must(collect_garbage(*chain.store, *chain.database, quick()));
  EXPECT_EQ(again.floor, 500);
  EXPECT_EQ(again.headers, 200U);
  chain.expect_kept(500);
  EXPECT_EQ(chain.database->store().columns().size(), 9U);  // default, five of metadata, two of blocks, pinned
}

TEST(Collector, RefusesToKeepLessThanTheChainNeeds) {
  const TempFolder folder;
  Chain chain(folder.path());
  chain.grow(0);
  auto options = quick();
  options.keep_epochs = 900;
  EXPECT_EQ(collect_garbage(*chain.store, *chain.database, options).error().code, ErrorCode::InvalidArgument);
  EXPECT_FALSE(chain.database->collecting());
}

// The chain grows on another thread all the while.
TEST(Collector, LosesNothingWhileTheChainGrows) {
  const TempFolder folder;
  Chain chain(folder.path());
  std::int64_t height = 0;
  for (; height <= 1200; ++height) chain.grow(height);
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> done{false};
    std::thread grower([&] {
      while (!done) {
        chain.grow(height++);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    auto options = quick();
    options.settle = std::chrono::milliseconds(50);
    const auto collected = collect_garbage(*chain.store, *chain.database, options);
    done = true;
    grower.join();
    ASSERT_TRUE(collected) << collected.error().message;
    chain.expect_kept(collected->floor);
  }
}

// Runs in a child of the next test.
TEST(Collector, DISABLED_CollectUntilKilled) {
  const auto* folder = std::getenv("VENUS_TEST_FOLDER");
  ASSERT_NE(folder, nullptr);
  const auto phase = std::strtol(std::getenv("VENUS_TEST_PHASE"), nullptr, 10);
  const auto below = std::strtol(std::getenv("VENUS_TEST_BELOW"), nullptr, 10);
  Chain chain(folder);
  auto options = quick();
  options.progress = [&](const CollectProgress& now) {
    if (static_cast<int>(now.phase) == phase && now.height <= below) ::kill(::getpid(), SIGKILL);
    return true;
  };
  must(collect_garbage(*chain.store, *chain.database, options));
}

// Killed in each phase: the store opens, has all it needs, and the next collection ends the work.
TEST(Collector, AKillAtAnyMomentLosesNothing) {
  const TempFolder folder;
  {
    Chain chain(folder.path());
    for (std::int64_t epoch = 0; epoch <= 1250; ++epoch) chain.grow(epoch);
  }
  using Phase = CollectProgress::Phase;
  struct Moment {
    Phase phase;
    std::int64_t below;  // height
  };
  const std::vector<Moment> moments{{Phase::Copying, 2000},  {Phase::Copying, 1100}, {Phase::Copying, 600},
                                    {Phase::Settling, 2000}, {Phase::Pruning, 2000}};
  for (const auto& moment : moments) {
    const auto status = test_util::run_in_child("Collector.DISABLED_CollectUntilKilled",
                                                {{"VENUS_TEST_FOLDER", folder.path()},
                                                 {"VENUS_TEST_PHASE", std::to_string(static_cast<int>(moment.phase))},
                                                 {"VENUS_TEST_BELOW", std::to_string(moment.below)}});
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << to_string(moment.phase) << status;
    Chain chain(folder.path());
    EXPECT_TRUE(chain.database->collecting());
    chain.expect_kept(250);
  }
  Chain chain(folder.path());
  const auto done = must(collect_garbage(*chain.store, *chain.database, quick()));
  EXPECT_EQ(done.missing, 0U);
  chain.expect_kept(250);
  EXPECT_FALSE(chain.database->collecting());
}

// Forks that were executed stay whole, too.
TEST(Collector, KeepsStatesOfForks) {
  const TempFolder folder;
  Chain chain(folder.path());
  for (std::int64_t epoch = 0; epoch <= 1200; ++epoch) chain.grow(epoch);
  const auto main = chain.store->head();
  const auto fork_point = must(chain.store->tipset_at(types::ChainEpoch(1190), nullptr, chainstore::NullRound::Before));
  must(chain.store->set_head(fork_point));
  for (std::int64_t epoch = 1195; epoch <= 1198; ++epoch) chain.grow(epoch);
  const auto fork = chain.store->head();
  must(chain.store->set_head(main));
  must(collect_garbage(*chain.store, *chain.database, quick()));
  chain.expect_kept(200);
  must(chain.store->set_head(fork));
  chain.expect_kept(200);
}

}  // namespace
}  // namespace venus::snapshot
