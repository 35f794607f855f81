// SPDX-License-Identifier: MIT OR Apache-2.0
// What PeerManager decides, with a host that does what it is told at once.
#include "net/peer_manager.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/test_util/vectors.hpp"
#include "net/test_util/fake_host.hpp"
#include "net/test_util/pipe_host.hpp"

namespace venus::net {
namespace {

using namespace std::chrono_literals;
using test_util::test_peer;

const std::vector<std::string> kFilecoin{"/fil/hello/1.0.0", "/fil/chain/xchg/0.0.1", "/fil/kad/devnet"};

std::string address_of(unsigned number, std::string_view network = "80.1") {
  return fmt::format("/ip4/{}.{}.{}/tcp/1347", network, number / 250, number % 250 + 1);
}

class PeerManagerTest : public ::testing::Test {
 protected:
  PeerManagerTest() {
    settings_.now = [this] { return now_; };
    settings_.observer = [this](std::string_view what, const PeerId& peer, std::string_view why) {
      notes_.push_back(fmt::format("{} {} {}", what, peer, why));
    };
  }
  void start() {
    manager_.reset();
    host_.emplace(test_peer(255));
    book_ = PeerBook::open(home_.path() / "p2p" / "peers.json", clock_).value();
    bans_ = BanList::open(home_.path() / "p2p" / "bans.json", clock_).value();
    bans_->attach(&*host_);
    manager_ = std::make_unique<PeerManager>(io_.get_executor(), PeerManager::Parts{*host_, *book_, *bans_, bandwidth_, disk_}, settings_);
  }
  ~PeerManagerTest() override { settle(); }

  void settle() {
    io_.restart();
    io_.poll();
    if (!manager_) return;
    while (!host_->events.empty()) {
      const auto event = host_->events.front();
      host_->events.pop_front();
      manager_->on_event(event);
    }
  }
  void pass(std::chrono::steady_clock::duration time, std::chrono::steady_clock::duration step = 1s) {
    for (const auto until = now_ + time; now_ < until;) {
      now_ += step;
      manager_->tick();
      settle();
    }
  }
  void bootstrap(std::uint8_t number) {
    settings_.bootstrap.push_back(fmt::format("{}/p2p/{}", address_of(number), test_peer(number)));
  }
  void come(std::uint8_t number, bool filecoin = true, std::string_view network = "80.1") {
    host_->come(test_peer(number), address_of(number, network));
    if (filecoin) host_->identify(test_peer(number), kFilecoin);
    settle();
  }
  bool connected(std::uint8_t number) { return manager_->is_connected(test_peer(number)); }

  std::chrono::steady_clock::time_point now_{std::chrono::hours(1000)};
  asio::io_context io_;
  base::test_util::TempFolder home_;
  base::ManualClock clock_{1'700'000'000'000};
  std::optional<test_util::FakeHost> host_;
  std::unique_ptr<PeerBook> book_;
  std::unique_ptr<BanList> bans_;
  Bandwidth bandwidth_;
  WorkerPool disk_{1};
  PeerManagerSettings settings_;
  std::vector<std::string> notes_;
  std::unique_ptr<PeerManager> manager_;
};

TEST_F(PeerManagerTest, DialsBootstrapPeersWithGrowingWaitsAndNeverAStorm) {
  for (std::uint8_t i = 1; i <= 20; ++i) bootstrap(i);
  start();
  manager_->tick();
  settle();
  EXPECT_LE(host_->dials.size(), settings_.dials_per_second);
  pass(1h);
  // Twenty dead peers, and nobody else: each every half minute or so.
  EXPECT_GT(host_->dials.size(), 20U * 80);
  EXPECT_LT(host_->dials.size(), 20U * 180);
  // With somebody to talk to, every ten minutes is enough.
  come(100);
  const auto before = host_->dials.size();
  pass(1h);
  EXPECT_GE(host_->dials.size() - before, 20U * 4);
  EXPECT_LE(host_->dials.size() - before, 20U * 9);
}

TEST_F(PeerManagerTest, LooksForPeersUntilThereAreEnough) {
  settings_.min_peers = 5;
  bootstrap(1);
  start();
  host_->alive[test_peer(1)] = address_of(1);
  manager_->tick();
  settle();
  ASSERT_TRUE(connected(1));
  EXPECT_EQ(host_->app_scores[test_peer(1)], 2500);
  host_->identify(test_peer(1), kFilecoin, {address_of(1)});
  settle();
  EXPECT_EQ(host_->routes[test_peer(1)], std::vector{address_of(1)});
  pass(2s);
  EXPECT_EQ(host_->walks, 1U);
  for (std::uint8_t i = 2; i <= 30; ++i) {
    host_->alive[test_peer(i)] = address_of(i);
    host_->events.emplace_back(bridge::P2pDiscovered{test_peer(i), {address_of(i), "/ip4/127.0.0.1/tcp/8545", "/ip4/10.0.0.1/tcp/22"}});
  }
  settle();
  EXPECT_EQ(book_->find(test_peer(2))->addresses, std::vector{address_of(2)}) << "never its own network's addresses";
  pass(10s);
  EXPECT_GE(manager_->connected_count(), 5U);
  EXPECT_LE(manager_->connected_count(), 5U + settings_.dials_per_second);
  for (const auto& peer : manager_->peers()) host_->identify(peer.peer, kFilecoin);
  settle();
  const auto dials = host_->dials.size();
  pass(5min);
  EXPECT_EQ(host_->dials.size(), dials) << "enough is enough";
}

TEST_F(PeerManagerTest, PeersThatDoNothingForTheChainDoNotCount) {
  settings_.min_peers = 2;
  start();
  for (std::uint8_t i = 1; i <= 5; ++i) {
    come(i, false);
    host_->identify(test_peer(i), {"/ipfs/id/1.0.0"});
  }
  settle();
  book_->heard_of(test_peer(9), {address_of(9)});
  pass(5s);
  EXPECT_EQ(host_->dials, std::vector{test_peer(9)});
}

TEST_F(PeerManagerTest, FindsItsPeersAgainWhenAllAreLost) {
  settings_.min_peers = 4;
  bootstrap(1);
  start();
  for (std::uint8_t i = 1; i <= 4; ++i) {
    host_->alive[test_peer(i)] = address_of(i);
    book_->heard_of(test_peer(i), {address_of(i)});
  }
  pass(5s);
  ASSERT_EQ(manager_->connected_count(), 4U);
  for (std::uint8_t i = 1; i <= 4; ++i) host_->identify(test_peer(i), kFilecoin);
  pass(10min);
  // A minute without a network, and a jump of the clock on top.
  auto alive = host_->alive;
  host_->alive.clear();
  for (std::uint8_t i = 1; i <= 4; ++i) host_->leave(test_peer(i));
  settle();
  clock_.advance_millis(-1000LL * 86'400 * 30);
  pass(30min);
  EXPECT_EQ(manager_->connected_count(), 0U);
  host_->alive = alive;
  pass(45s);
  EXPECT_EQ(manager_->connected_count(), 4U);
}

TEST_F(PeerManagerTest, ComesBackWithinSecondsAfterAMinuteAlone) {
  settings_.min_peers = 4;
  start();
  for (std::uint8_t i = 1; i <= 4; ++i) {
    host_->alive[test_peer(i)] = address_of(i);
    book_->heard_of(test_peer(i), {address_of(i)});
  }
  pass(2min);
  const auto alive = std::exchange(host_->alive, {});
  for (std::uint8_t i = 1; i <= 4; ++i) host_->leave(test_peer(i));
  settle();
  pass(60s);
  host_->alive = alive;
  pass(60s);
  EXPECT_EQ(manager_->connected_count(), 4U);
}

TEST_F(PeerManagerTest, KnowsItsPeersAfterARestart) {
  start();
  for (std::uint8_t i = 1; i <= 3; ++i) {
    host_->alive[test_peer(i)] = address_of(i);
    ASSERT_EQ(test_util::run(io_, manager_->connect(test_peer(i), {address_of(i)})).has_value(), true);
    settle();
  }
  ASSERT_TRUE(manager_->protect(test_peer(2)));
  manager_->stop();
  const auto alive = host_->alive;
  settings_.min_peers = 3;
  start();
  host_->alive = alive;
  EXPECT_EQ(manager_->protected_peers(), std::vector{test_peer(2)});
  pass(3s);
  EXPECT_EQ(manager_->connected_count(), 3U);
}

TEST_F(PeerManagerTest, TrimsTheLeastValuableButNoneThatIsProtectedOrNew) {
  settings_.low_water = 10;
  settings_.high_water = 15;
  start();
  for (std::uint8_t i = 1; i <= 15; ++i) come(i, true, fmt::format("80.{}", i));
  for (std::uint8_t i = 1; i <= 5; ++i) manager_->served(test_peer(i), 1ms, 10);
  manager_->misbehaved(test_peer(6), Misbehaviour::Flooded, "");
  ASSERT_TRUE(manager_->protect(test_peer(6)));
  manager_->misbehaved(test_peer(7), Misbehaviour::Flooded, "");
  pass(30s);
  EXPECT_EQ(manager_->connected_count(), 15U) << "at the high water, not over it";
  for (std::uint8_t i = 16; i <= 20; ++i) come(i, false, fmt::format("80.{}", i));
  pass(1s);
  EXPECT_EQ(manager_->connected_count(), 10U);
  EXPECT_EQ(manager_->stats().trimmed, 10U);
  for (std::uint8_t i = 16; i <= 20; ++i) EXPECT_TRUE(connected(i)) << "within their grace";
  EXPECT_TRUE(connected(6)) << "protected";
  EXPECT_FALSE(connected(7));
  EXPECT_EQ(std::ranges::count_if(std::vector{1, 2, 3, 4, 5}, [&](int i) { return connected(static_cast<std::uint8_t>(i)); }), 4);
  pass(5min);
  EXPECT_EQ(manager_->connected_count(), 10U);
}

TEST_F(PeerManagerTest, MisbehaviourCostsTheConnectionAndThenTheRightToConnect) {
  start();
  come(1);
  come(2);
  come(3);
  manager_->misbehaved(test_peer(1), Misbehaviour::Malformed, "half a frame");
  settle();
  EXPECT_FALSE(connected(1));
  EXPECT_FALSE(bans_->has(test_peer(1)));
  come(1);
  manager_->misbehaved(test_peer(1), Misbehaviour::Malformed, "half a frame");
  settle();
  EXPECT_FALSE(connected(1));
  EXPECT_TRUE(bans_->has(test_peer(1)));
  manager_->misbehaved(test_peer(2), Misbehaviour::Lied, "hash");
  settle();
  EXPECT_EQ(host_->banned.size(), 2U);
  EXPECT_FALSE(connected(2));
  EXPECT_TRUE(connected(3));
  const auto stats = manager_->stats();
  EXPECT_EQ(stats.bans, 2U);
  EXPECT_EQ(stats.misbehaved.at("malformed"), 2U);
  EXPECT_EQ(notes_.size(), 3U);
  // Banned peers are not dialled; an operator is told why.
  book_->heard_of(test_peer(2), {address_of(2)});
  pass(1min);
  EXPECT_EQ(std::ranges::count(host_->dials, test_peer(2)), 0);
  EXPECT_EQ(test_util::run(io_, manager_->connect(test_peer(2), {})).error().code, ErrorCode::PermissionDenied);
}

TEST_F(PeerManagerTest, AProtectedPeerIsClosedButNeverBanned) {
  start();
  come(1);
  ASSERT_TRUE(manager_->protect(test_peer(1)));
  manager_->misbehaved(test_peer(1), Misbehaviour::BadChain, "");
  settle();
  EXPECT_FALSE(bans_->has(test_peer(1)));
  host_->alive[test_peer(1)] = address_of(1);
  book_->heard_of(test_peer(1), {address_of(1)});
  pass(2min);
  EXPECT_TRUE(connected(1)) << "and dialled again";
}

TEST_F(PeerManagerTest, PeersOfAnotherNetworkAreLeftAlone) {
  start();
  book_->heard_of(test_peer(1), {address_of(1)});
  host_->alive[test_peer(1)] = address_of(1);
  pass(2s);
  ASSERT_TRUE(connected(1));
  manager_->misbehaved(test_peer(1), Misbehaviour::WrongNetwork, "genesis");
  settle();
  EXPECT_FALSE(connected(1));
  pass(5h, 10s);
  EXPECT_EQ(host_->dials.size(), 1U);
  pass(2h, 10s);
  EXPECT_EQ(host_->dials.size(), 2U);
}

TEST_F(PeerManagerTest, ManyBadPeersOfOneAddressLoseIt) {
  start();
  for (std::uint8_t i = 1; i <= 5; ++i) {
    host_->come(test_peer(i), "/ip4/80.1.1.1/tcp/4000");
    settle();
    EXPECT_FALSE(bans_->has(parse_ip("80.1.1.1").value())) << int{i};
    manager_->misbehaved(test_peer(i), Misbehaviour::Lied, "");
  }
  EXPECT_TRUE(bans_->has(parse_ip("80.1.1.1").value()));
  for (std::uint8_t i = 11; i <= 20; ++i) {
    host_->come(test_peer(i), "/ip4/127.0.0.1/tcp/4000");
    settle();
    manager_->misbehaved(test_peer(i), Misbehaviour::Lied, "");
  }
  EXPECT_FALSE(bans_->has(parse_ip("127.0.0.1").value()));
}

TEST_F(PeerManagerTest, GossipHearsOfBadBehaviourAndOfItsEnd) {
  start();
  come(1);
  EXPECT_FALSE(host_->app_scores.contains(test_peer(1)));
  manager_->misbehaved(test_peer(1), Misbehaviour::Flooded, "");
  EXPECT_EQ(host_->app_scores[test_peer(1)], -150);
  pass(2h, 10s);
  EXPECT_GT(host_->app_scores[test_peer(1)], -25);
}

TEST_F(PeerManagerTest, APeerThatClosesAtOnceIsNotDialledInALoop) {
  start();
  come(2);
  book_->heard_of(test_peer(1), {address_of(1)});
  host_->alive[test_peer(1)] = address_of(1);
  for (int i = 0; i < 600; ++i) {
    pass(1s);
    if (connected(1)) host_->leave(test_peer(1));
    settle();
  }
  EXPECT_LT(host_->dials.size(), 10U);
}

TEST_F(PeerManagerTest, TellsWhereItIsAndWhetherOthersGetThere) {
  settings_.announce = {"/ip4/80.9.9.9/tcp/1347"};
  start();
  manager_->on_event(bridge::P2pListening{"/ip4/127.0.0.1/tcp/5", true});
  manager_->on_event(bridge::P2pListening{"/ip4/10.0.0.1/tcp/5", true});
  manager_->on_event(bridge::P2pListening{"/ip4/10.0.0.1/tcp/5", false});
  EXPECT_EQ(manager_->listening(), (std::vector<std::string>{"/ip4/127.0.0.1/tcp/5", "/ip4/80.9.9.9/tcp/1347"}));
  EXPECT_EQ(manager_->reachability(), Reachability::Unknown);
  EXPECT_TRUE(manager_->public_addresses().empty());
  host_->come(test_peer(1), "/ip4/192.168.1.7/tcp/4000");
  settle();
  EXPECT_EQ(manager_->reachability(), Reachability::Unknown);
  come(2);
  EXPECT_EQ(manager_->reachability(), Reachability::Public);
  EXPECT_EQ(manager_->public_addresses(), std::vector<std::string>{"/ip4/80.9.9.9/tcp/1347"});
}

TEST_F(PeerManagerTest, ShowsWhatItKnowsOfAPeer) {
  start();
  come(1);
  manager_->on_event(bridge::P2pPinged{test_peer(1), 40ms});
  manager_->on_event(bridge::P2pPinged{test_peer(1), 80ms});
  ASSERT_TRUE(manager_->protect(test_peer(1), "mine"));
  const auto view = manager_->peer(test_peer(1)).value();
  EXPECT_EQ(view.agent, "test/1");
  EXPECT_EQ(view.latency, 50ms);
  EXPECT_EQ(view.tags, std::vector<std::string>{"mine"});
  ASSERT_EQ(view.connections.size(), 1U);
  EXPECT_TRUE(view.connections.front().inbound);
  EXPECT_EQ(manager_->stats().inbound, 1U);
  EXPECT_FALSE(manager_->peer(test_peer(2)));
  EXPECT_EQ(test_util::run(io_, manager_->ping(test_peer(2))).error().code, ErrorCode::Unavailable);
}

TEST_F(PeerManagerTest, ProtectionIsOnDiskWhenSaved) {
  start();
  ASSERT_TRUE(manager_->protect(test_peer(2)));
  ASSERT_TRUE(manager_->save());
  const auto again = PeerBook::open(home_.path() / "p2p" / "peers.json", clock_).value();
  EXPECT_TRUE(again->is_protected(test_peer(2)));
}

TEST_F(PeerManagerTest, NothingHappensAfterStop) {
  bootstrap(1);
  start();
  host_->alive[test_peer(1)] = address_of(1);
  manager_->tick();
  manager_->stop();
  settle();
  manager_->tick();
  settle();
  EXPECT_FALSE(connected(1));
  EXPECT_EQ(test_util::run(io_, manager_->connect(test_peer(1), {address_of(1)})).error().code, ErrorCode::Cancelled);
}

TEST_F(PeerManagerTest, DialsFromWithinItsOwnRound) {
  bootstrap(1);
  start();
  host_->alive[test_peer(1)] = address_of(1);
  asio::co_spawn(io_, manager_->run(), asio::detached);
  settle();
  EXPECT_TRUE(connected(1)) << "a round on the io thread starts dials there";
  manager_->stop();
}

TEST_F(PeerManagerTest, RunEndsWithStop) {
  settings_.now = nullptr;
  start();
  bool ended = false;
  asio::co_spawn(io_, manager_->run(), [&](std::exception_ptr, const Result<void>& result) { ended = result.has_value(); });
  io_.restart();
  io_.poll();
  EXPECT_FALSE(ended);
  manager_->stop();
  io_.restart();
  io_.run();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace venus::net
