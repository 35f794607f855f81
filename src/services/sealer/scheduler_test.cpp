// SPDX-License-Identifier: MIT OR Apache-2.0
// Store and scheduler over a real SQLite file, with a node and a messager behind the real API
// tables and a prover that answers at once. Sectors are real folders with small files.
#include "services/sealer/scheduler.hpp"

#include "base/test_util/vectors.hpp"
#include "rpc/dispatcher.hpp"
#include "rpc/run_blocking.hpp"
#include "services/sealer/sector_files.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace venus::sealer {
namespace {

namespace fs = std::filesystem;
using api::MessageState;

constexpr ActorId kMiner{1000};
constexpr std::int64_t kOpen = 100;

Cid sealed_cid(std::uint64_t number) { return ipld::cid_of_raw(base::be64(number)); }

TipsetPtr tipset_at(std::int64_t height) {
  types::BlockHeader block;
  block.miner = Address::id(kMiner);
  block.ticket = types::Ticket{{1}};
  block.height = ChainEpoch(height);
  block.parents = {ipld::cid_of_raw({})};
  block.timestamp = static_cast<std::uint64_t>(height);
  block.parent_state_root = block.parent_message_receipts = block.messages = ipld::cid_of_raw({});
  return types::Tipset::make({block}).value();
}

// Deadline 7 opens at kOpen; deadline 9 has partition 0 with sector 9.
struct Node {
  std::vector<PartitionState> seven{{{1, 2}, {}, {}, {1, 2}, {1, 2}}, {{3}, {}, {}, {3}, {3}}};
  std::vector<PartitionState> nine{{{9}, {}, {}, {9}, {9}}};
  std::int64_t height = 0;
  std::uint8_t beacon = 1;
  BitField posted;

  void bind(rpc::Dispatcher& d) {
    using M = api::StateMinerApi;
    d.bind<M::ProvingDeadline>([this](Address, TipsetKey) -> Result<api::DeadlineInfo> {
      // The window before kOpen is deadline 6's.
      const auto steps = height < kOpen ? -1 : (height - kOpen) / 60;
      api::DeadlineInfo out;
      out.index = static_cast<std::uint64_t>(7 + steps);
      out.open = ChainEpoch(kOpen + 60 * steps);
      out.close = out.open + 60;
      out.challenge = out.open - 20;
      out.fault_cutoff = out.open - 70;
      out.period_deadlines = 48;
      out.challenge_window = 60;
      return out;
    });
    d.bind<M::Partitions>([this](Address, std::uint64_t deadline, TipsetKey) -> Result<api::Json> {
      if (deadline == 7) return base::to_json(seven);
      if (deadline == 9) return base::to_json(nine);
      return api::Json(boost::json::array{});
    });
    d.bind<M::Sectors>([](Address, std::optional<api::Json> runs, TipsetKey) -> Result<api::Json> {
      TRY(const auto wanted, base::from_json<BitField>(*runs));
      TRY(const auto numbers, wanted.bits(100));
      std::vector<api::SectorOnChain> out;
      for (const auto n : numbers)
        out.push_back({SectorNumber(n), 5, sealed_cid(n), {}, {}});
      return base::to_json(out);
    });
    d.bind<M::Deadlines>([this](Address, TipsetKey) -> Result<api::Json> {
      boost::json::array out;
      for (int i = 0; i < 48; ++i) {
        boost::json::object one;
        one["PostSubmissions"] = base::to_json(i == 7 ? posted : BitField{});
        out.push_back(std::move(one));
      }
      return api::Json(std::move(out));
    });
    d.bind<M::Info>([](Address, TipsetKey) -> Result<api::MinerInfo> {
      api::MinerInfo out;
      out.worker = Address::id(101);
      out.window_post_proof_type = 10;
      return out;
    });
    d.bind<api::StateApi::RandomnessFromBeacon>(
        [this](std::int64_t tag, ChainEpoch epoch, Bytes entropy, TipsetKey) -> Result<Bytes> {
          EXPECT_EQ(tag, 4);
          EXPECT_EQ(epoch, ChainEpoch(kOpen - 20));
          EXPECT_EQ(base::to_hex(entropy), "4300e807");
          return Bytes(32, beacon);
        });
    d.bind<api::StateApi::RandomnessFromTickets>(
        [](std::int64_t tag, ChainEpoch epoch, Bytes entropy, TipsetKey) -> Result<Bytes> {
          EXPECT_EQ(tag, 9);
          EXPECT_EQ(epoch, ChainEpoch(kOpen - 20));
          EXPECT_TRUE(entropy.empty());
          return Bytes(32, 99);
        });
  }
};

struct Messager {
  std::map<std::string, api::MessagerMessage> messages;
  std::vector<std::string> pushes;
  bool away = false;

  void bind(rpc::Dispatcher& d) {
    using M = api::MessagerApi;
    d.bind<M::PushWithId>([this](std::string id, types::Message message,
                                 std::optional<api::MessagerSendSpec> spec) -> Result<std::string> {
      if (away) return fail(ErrorCode::Unavailable, "away");
      pushes.push_back(id);
      const auto [at, is_new] = messages.try_emplace(id);
      if (!is_new) {
        EXPECT_EQ(at->second.message, message);
        return id;
      }
      at->second.id = id;
      at->second.message = message;
      at->second.meta = spec;
      at->second.state = MessageState::UnFilled;
      return id;
    });
    d.bind<M::Get>([this](std::string id) -> Result<api::MessagerMessage> {
      if (!messages.contains(id)) return fail(ErrorCode::NotFound, "no message");
      return messages[id];
    });
    d.bind<M::MarkBad>([this](std::string id) -> Result<void> {
      messages[id].state = MessageState::Failed;
      return {};
    });
  }
  void execute(const std::string& id, std::int64_t exit_code) {
    auto& message = messages.at(id);
    message.state = MessageState::OnChain;
    message.height = 110;
    message.receipt = types::Receipt{ExitCode(exit_code), {}, Gas(5), {}};
  }
};

class FakeProver final : public Prover {
 public:
  Task<ProveAnswer> prove(ProveRequest request) override {
    requests.push_back(request);
    if (fails) co_return fail(ErrorCode::Unavailable, "the child crashed");
    std::vector<std::uint64_t> found;
    for (const auto& r : request.replicas) {
      if (bad.test(r.number.value())) found.push_back(r.number.value());
    }
    if (!found.empty()) co_return ProveAnswer{{}, found, ""};
    co_return ProveAnswer{{{request.post_proof, Bytes(192, 7)}}, {}, ""};
  }
  std::vector<ProveRequest> requests;
  BitField bad;
  bool fails = false;
};

class SchedulerTest : public ::testing::Test {
 protected:
  SchedulerTest() {
    types::set_display_prefix(types::NetworkPrefix::Testnet);
    chain_.bind(node_);
    box_.bind(messager_);
    restart();
    for (const auto n : {1, 2, 3, 9})
      add_sector(static_cast<std::uint64_t>(n));
  }
  // As after kill -9: only the file is left.
  void restart() {
    scheduler_.reset();
    store_.reset();
    database_.reset();
    database_ = db::sql::Database::open((folder_.path() / "s.db").string()).value();
    store_ = Store::open(*database_, clock_).value();
    SchedulerSettings settings;
    settings.miner = kMiner;
    settings.submit_confidence = 2;
    scheduler_ = std::make_shared<Scheduler>(
        *store_, prover_,
        Scheduler::Peers{rpc::make_local_client(io_, node_),
                         rpc::make_local_client(io_, messager_)},
        settings, [this](std::string, Task<> task) {
          asio::co_spawn(io_, std::move(task), [](std::exception_ptr, const Result<void>&) {});
        });
  }
  fs::path folder_of(std::uint64_t number) {
    return folder_.path() / sector_folder_name(kMiner, SectorNumber(number));
  }
  void write_files(std::uint64_t number) {
    fs::create_directories(folder_of(number) / "cache");
    std::ofstream(folder_of(number) / "sealed") << std::string(2048, 'x');
    std::ofstream(folder_of(number) / "cache" / "p_aux") << "p";
    std::ofstream(folder_of(number) / "cache" / "t_aux") << "t";
  }
  void add_sector(std::uint64_t number) {
    write_files(number);
    SealerSector sector{kMiner,
                        SectorNumber(number),
                        5,
                        sealed_cid(number),
                        sealed_cid(0),
                        (folder_of(number) / "cache").string(),
                        (folder_of(number) / "sealed").string(),
                        "proving",
                        ""};
    ASSERT_TRUE(store_->add_sector(sector).value());
  }
  // A step on a head; proofs begun by it are finished. The error of the step.
  Result<void> tick(std::int64_t height) {
    chain_.height = height;
    auto done = rpc::run_blocking(io_, scheduler_->tick(tipset_at(height)));
    while (scheduler_->busy()) {
      io_.restart();
      io_.run_one();
    }
    return done;
  }
  std::vector<SealerPost> rows() { return store_->posts(kMiner, ChainEpoch(kOpen)).value(); }
  SubmitPostParams sent(const std::string& id) {
    return ipld::decode<SubmitPostParams>(box_.messages.at(id).message.params).value();
  }

  base::test_util::TempFolder folder_;
  base::ManualClock clock_{1'000'000};
  asio::io_context io_;
  Node chain_;
  Messager box_;
  FakeProver prover_;
  rpc::Dispatcher node_, messager_;
  std::unique_ptr<db::sql::Database> database_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<Scheduler> scheduler_;
};

constexpr auto kFirst = "post/t01000/7/100/0";

TEST_F(SchedulerTest, ProvesEarlySubmitsInTheWindowAndSeesItLand) {
  ASSERT_TRUE(tick(80));
  EXPECT_TRUE(rows().empty());  // the challenge's epoch itself is too early
  ASSERT_TRUE(tick(81));
  ASSERT_EQ(rows().size(), 1U);
  EXPECT_EQ(rows()[0].state, SealerPostState::Proven);
  ASSERT_EQ(prover_.requests.size(), 1U);
  EXPECT_EQ(prover_.requests[0].replicas.size(), 3U);
  EXPECT_EQ(prover_.requests[0].post_proof, 10);
  ASSERT_TRUE(tick(101));
  EXPECT_TRUE(box_.pushes.empty());
  ASSERT_TRUE(tick(102));
  ASSERT_EQ(box_.pushes, std::vector<std::string>{kFirst});
  const auto params = sent(kFirst);
  EXPECT_EQ(params.deadline, 7U);
  ASSERT_EQ(params.partitions.size(), 2U);
  EXPECT_TRUE(params.partitions[0].skipped.empty());
  EXPECT_EQ(params.proofs.at(0).proof_bytes, Bytes(192, 7));
  EXPECT_EQ(params.chain_commit_epoch, ChainEpoch(80));
  EXPECT_EQ(params.chain_commit_randomness, Bytes(32, 99));
  const auto& message = box_.messages.at(kFirst);
  EXPECT_EQ(message.message.from, Address::id(101));
  EXPECT_EQ(message.message.to, Address::id(kMiner));
  EXPECT_EQ(message.message.method, MethodNum(5));
  EXPECT_EQ(message.meta->expire_epoch, ChainEpoch(160));
  box_.execute(kFirst, 0);
  ASSERT_TRUE(tick(111));
  EXPECT_EQ(rows()[0].state, SealerPostState::Landed);
  EXPECT_EQ(rows()[0].height, 110);
  ASSERT_TRUE(tick(170));
  EXPECT_EQ(rows()[0].state, SealerPostState::Landed);
  EXPECT_EQ(prover_.requests.size(), 1U);
}

TEST_F(SchedulerTest, ARestartAtAnyStepSubmitsOnce) {
  ASSERT_TRUE(tick(81));
  restart();
  ASSERT_TRUE(tick(90));
  EXPECT_EQ(prover_.requests.size(), 1U);  // the stored proof is used
  box_.away = true;
  EXPECT_FALSE(tick(102));
  EXPECT_EQ(rows()[0].state, SealerPostState::Submitted);  // fixed before it was handed over
  restart();
  box_.away = false;
  ASSERT_TRUE(tick(103));
  restart();
  ASSERT_TRUE(tick(104));
  EXPECT_EQ(box_.messages.size(), 1U);
  EXPECT_EQ(prover_.requests.size(), 1U);
  EXPECT_EQ(rows().size(), 1U);
}

TEST_F(SchedulerTest, AFailedMessageIsTriedAgainUnderANewId) {
  ASSERT_TRUE(tick(81));
  ASSERT_TRUE(tick(102));
  box_.execute(kFirst, 16);
  ASSERT_TRUE(tick(105));
  EXPECT_EQ(rows()[0].state, SealerPostState::Failed);
  EXPECT_EQ(rows()[0].error, "exit code 16");
  ASSERT_TRUE(tick(106));
  ASSERT_TRUE(tick(107));
  EXPECT_EQ(box_.pushes.back(), std::string(kFirst) + ".1");
  box_.execute(std::string(kFirst) + ".1", 0);
  ASSERT_TRUE(tick(110));
  EXPECT_EQ(rows()[1].state, SealerPostState::Landed);
}

TEST_F(SchedulerTest, WhatTheChainHasAlreadyIsNotProvenAgain) {
  ASSERT_TRUE(tick(81));
  ASSERT_TRUE(tick(102));
  box_.messages[kFirst].state = MessageState::NonceConflict;
  ASSERT_TRUE(tick(105));
  chain_.posted = {0, 1};
  ASSERT_TRUE(tick(106));
  ASSERT_EQ(rows().size(), 1U);
  EXPECT_EQ(rows()[0].state, SealerPostState::Landed);
}

TEST_F(SchedulerTest, ReorganisedRandomnessIsProvenAnew) {
  ASSERT_TRUE(tick(81));
  chain_.beacon = 2;
  ASSERT_TRUE(tick(102));
  EXPECT_TRUE(box_.pushes.empty());
  ASSERT_TRUE(tick(103));
  ASSERT_TRUE(tick(104));
  EXPECT_EQ(prover_.requests.back().randomness, Bytes(32, 2));
  EXPECT_EQ(box_.pushes, std::vector<std::string>{kFirst});
}

TEST_F(SchedulerTest, MissingAndFaultySectorsAreSkippedDeclaredFaultsLeftOut) {
  fs::remove(folder_of(1) / "sealed");
  prover_.bad = {3};
  chain_.seven.push_back({{4}, {4}, {}, {4}, {}});
  ASSERT_TRUE(tick(81));
  ASSERT_EQ(prover_.requests.size(), 2U);
  ASSERT_EQ(prover_.requests.back().replicas.size(), 1U);
  EXPECT_EQ(prover_.requests.back().replicas[0].number, SectorNumber(2));
  EXPECT_EQ(rows()[0].skipped, 1U);
  ASSERT_TRUE(tick(102));
  const auto params = sent(kFirst);
  // Partition 1 has nothing left and 2 only a declared fault.
  ASSERT_EQ(params.partitions.size(), 1U);
  EXPECT_EQ(params.partitions[0].index, 0U);
  EXPECT_EQ(params.partitions[0].skipped, BitField{1});
  EXPECT_EQ(store_->sector(kMiner, SectorNumber(1)).value()->state, "missing");
}

TEST_F(SchedulerTest, AWindowThatClosesIsReportedAsMissed) {
  prover_.fails = true;
  ASSERT_TRUE(tick(81));
  ASSERT_TRUE(tick(82));
  EXPECT_EQ(prover_.requests.size(), 2U);
  EXPECT_EQ(rows().size(), 1U);
  EXPECT_EQ(rows()[0].error, "the child crashed");
  prover_.fails = false;
  ASSERT_TRUE(tick(83));
  EXPECT_EQ(rows().back().state, SealerPostState::Proven);
  ASSERT_TRUE(tick(160));
  EXPECT_EQ(rows().back().state, SealerPostState::Missed);
  EXPECT_TRUE(box_.pushes.empty());
  EXPECT_EQ(scheduler_->missed(), 1U);
}

TEST_F(SchedulerTest, LandedAndRevertedIsFollowedAgain) {
  ASSERT_TRUE(tick(81));
  ASSERT_TRUE(tick(102));
  box_.execute(kFirst, 0);
  ASSERT_TRUE(tick(111));
  box_.messages[kFirst].state = MessageState::Filled;
  box_.messages[kFirst].receipt.reset();
  ASSERT_TRUE(tick(112));
  EXPECT_EQ(rows()[0].state, SealerPostState::Submitted);
}

TEST_F(SchedulerTest, DeclaresFaultsAheadOnceAndRecoveries) {
  // Deadline 9 opens at 220, so declarations for it must land before 150.
  fs::remove(folder_of(9) / "sealed");
  ASSERT_TRUE(tick(100));
  ASSERT_EQ(box_.pushes.size(), 1U);
  const auto id = box_.pushes[0];
  EXPECT_TRUE(id.starts_with("faults/t01000/9/220/")) << id;
  EXPECT_EQ(box_.messages.at(id).message.method, MethodNum(10));
  const auto params = ipld::decode<DeclarationParams>(box_.messages.at(id).message.params).value();
  ASSERT_EQ(params.declarations.size(), 1U);
  EXPECT_EQ(params.declarations[0].sectors, BitField{9});
  restart();
  ASSERT_TRUE(tick(106));
  EXPECT_EQ(box_.messages.size(), 1U + (box_.messages.contains(kFirst) ? 1U : 0U));
  box_.execute(id, 0);
  chain_.nine[0].faulty = {9};
  write_files(9);
  ASSERT_TRUE(tick(112));
  const auto last = box_.pushes.back();
  EXPECT_TRUE(last.starts_with("recoveries/t01000/9/220/")) << last;
  EXPECT_EQ(box_.messages.at(last).message.method, MethodNum(11));
}

}  // namespace
}  // namespace venus::sealer
