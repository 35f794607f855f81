// SPDX-License-Identifier: MIT OR Apache-2.0
// A node with nothing but the genesis catches up with chains that Lotus made.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <iostream>
#include <thread>

#include "ipld/car.hpp"
#include "recording.hpp"
#include "sync/syncer.hpp"
#include "sync/test_util/store_source.hpp"

namespace venus::replay {
namespace {

using namespace std::chrono_literals;
using sync::test_util::Answer;
using sync::test_util::StoreSource;

PeerId peer(std::uint8_t number) {
  Bytes id{0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
  id.resize(38, number);
  return PeerId::from_bytes(id).value();
}

// Peers that have a recording, and a node beside them that starts at its genesis.
class CatchUp {
 public:
  explicit CatchUp(const std::string& file, StoreSource::Script script = {})
      : world(file), source(*world.chain, std::move(script)) {
    ipld::import_car_file(actors_bundle(), store).value();
    ipld::import_car_file(recording_folder() / "genesis.car", store).value();
    chain = chainstore::ChainStore::open(store, metadata).value();
    consensus::adopt_genesis(world.params, *chain, world.loaded.genesis->cids().at(0)).value();
    runtime = consensus::make_runtime(world.params, *chain, engine(), clock).value();
    sync::SyncOptions options;
    options.bootstrap_peers = 1;
    options.tick = 20ms;
    options.retry_first = 20ms;
    options.retry_max = 200ms;
    syncer = std::make_unique<sync::Syncer>(io.get_executor(), *runtime, source, clock, pool, options);
    syncer->start();
    thread = std::jthread([this] { io.run(); });
  }
  ~CatchUp() {
    asio::co_spawn(io, syncer->stop(), asio::use_future).get().value();
    syncer.reset();
    work.reset();
  }

  void tell_head() {
    const auto& head = world.loaded.head;
    syncer->peer_head(peer(1), head->key(), head->height(), BigInt(0));
  }
  bool reaches(const TipsetPtr& tipset) {
    const auto limit = std::chrono::steady_clock::now() + 600s;
    while (std::chrono::steady_clock::now() < limit) {
      if (chain->head()->key() == tipset->key()) return true;
      std::this_thread::sleep_for(2ms);
    }
    return false;
  }
  std::string states() const {
    std::string out = fmt::format("head at {}\n", chain->head()->height());
    for (const auto& sync : syncer->status().syncs) {
      out += fmt::format("{} {} at {}: {}\n", sync.worker, to_string(sync.stage), sync.height, sync.message);
    }
    return out;
  }

  Recording world;
  StoreSource source;
  ipld::MemoryBlockstore store;
  chainstore::MemoryMetadata metadata;
  std::unique_ptr<chainstore::ChainStore> chain;
  base::SystemClock clock;
  std::unique_ptr<consensus::ChainRuntime> runtime;
  asio::io_context io;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{io.get_executor()};
  WorkerPool pool{3};
  std::unique_ptr<sync::Syncer> syncer;
  std::jthread thread;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(CatchUp, TheShortChainOfLotus) {
  VENUS_RECORDING_OR_SKIP();
  CatchUp node("chain-197.car");
  node.tell_head();
  ASSERT_TRUE(node.reaches(node.world.loaded.head)) << node.states();
  for (const auto& cid : node.world.loaded.head->cids()) EXPECT_TRUE(node.chain->is_validated(cid));
  EXPECT_TRUE(node.source.punished().empty());
}

// The figure of issue 4: catching up costs at most a quarter more than replaying what is here already.
TEST(CatchUp, TheLongChainNearlyAsFastAsAReplay) {
  VENUS_RECORDING_OR_SKIP();
  engine();
  double replayed = 0;
  {
    Recording recording("chain-700.car");
    consensus::ReplayOptions options;
    options.full_validation = true;
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(consensus::replay_chain(*recording.runtime, recording.loaded.head, options));
    replayed = seconds_since(start);
  }
  CatchUp node("chain-700.car");
  const auto start = std::chrono::steady_clock::now();
  node.tell_head();
  ASSERT_TRUE(node.reaches(node.world.loaded.head)) << node.states();
  const auto synced = seconds_since(start);
  // Printed, not judged: a test does not fail for the machine's other work.
  std::cout << fmt::format("replay {:.2f} s, catch-up {:.2f} s: {:.0f} % of the replay's speed\n", replayed, synced,
                           100 * replayed / synced);
  // Batches, not tipsets, are asked for.
  EXPECT_LE(node.source.message_requests, 687U / 8);
}

// Every fourth request fails, answers are late and short: the chain arrives all the same.
TEST(CatchUp, FromPeersThatFailAndStumble) {
  VENUS_RECORDING_OR_SKIP();
  std::atomic<unsigned> asked = 0;
  CatchUp node("chain-197.car", [&](StoreSource::Kind, const PeerId&) {
    Answer out;
    const auto turn = asked++;
    if (turn % 4 == 1) out.error = Error{ErrorCode::Unavailable, "the peer is gone"};
    out.delay = std::chrono::milliseconds(turn % 3);
    out.at_most = 1 + turn % 7;
    return out;
  });
  node.tell_head();
  ASSERT_TRUE(node.reaches(node.world.loaded.head)) << node.states();
}

// Somebody forges a block on top of real ones: what is below it is taken, the block is refused with the rules it
// breaks, and the chain of an honest peer goes on.
TEST(CatchUp, AForgedTopIsRefusedAndTheRestTaken) {
  VENUS_RECORDING_OR_SKIP();
  CatchUp node("chain-197.car");
  const auto honest = node.world.at(60);
  auto header = honest->blocks().front();
  header.fork_signaling = 7;  // signed by nobody
  ASSERT_TRUE(node.world.chain->put_block(header));
  const auto forged = types::Tipset::make({header}).value();
  node.syncer->peer_head(peer(2), forged->key(), forged->height(), BigInt(0));
  const auto limit = std::chrono::steady_clock::now() + 600s;
  while (!node.chain->bad_reason(header.cid()) && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(2ms);
  }
  const auto reason = node.chain->bad_reason(header.cid());
  ASSERT_TRUE(reason) << node.states();
  EXPECT_EQ(reason->find("block_signature"), 0U) << *reason;
  EXPECT_EQ(node.chain->head()->key(), honest->parents());
  node.tell_head();
  ASSERT_TRUE(node.reaches(node.world.loaded.head)) << node.states();
  const auto punished = node.source.punished();
  ASSERT_EQ(punished.size(), 1U);
  EXPECT_EQ(punished.front().peer, peer(2));
  EXPECT_TRUE(punished.front().severe);
}

TEST(CatchUp, AGossipedBlockBringsWhatIsBelowIt) {
  VENUS_RECORDING_OR_SKIP();
  CatchUp node("chain-197.car");
  const auto low = node.world.at(40);
  node.syncer->peer_head(peer(1), low->key(), low->height(), BigInt(0));
  ASSERT_TRUE(node.reaches(low)) << node.states();
  // A gossiped block from far above brings everything between.
  const auto high = node.world.at(120);
  const auto& header = high->blocks().front();
  const auto messages = node.world.chain->messages(header).value();
  types::BlockMessage block{header, {}, {}};
  std::vector<types::SignedMessage> bodies;
  for (const auto& message : messages->bls) block.bls_messages.push_back(message.cid), bodies.push_back(message.signed_message());
  for (const auto& message : messages->secpk) block.secpk_messages.push_back(message.cid), bodies.push_back(message.signed_message());
  ASSERT_TRUE(node.chain->put_messages(bodies));
  const auto taken = asio::co_spawn(node.io, node.syncer->incoming_block(block, peer(2)), asio::use_future).get();
  ASSERT_TRUE(taken) << taken.error().message;
  ASSERT_TRUE(node.reaches(types::Tipset::make({header}).value())) << node.states();
}

}  // namespace
}  // namespace venus::replay
