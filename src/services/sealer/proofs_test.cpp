// SPDX-License-Identifier: MIT OR Apache-2.0
// Real sectors, real proofs, a real child process.
#include "bridge/proofs.hpp"

#include "base/test_util/vectors.hpp"
#include "rpc/run_blocking.hpp"
#include "services/sealer/child_process.hpp"
#include "services/sealer/sector_files.hpp"
#include "services/sealer/service.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace venus::sealer {
namespace {

namespace fs = std::filesystem;

constexpr ActorId kMiner{1000};

fs::path program() {
  const char* build = std::getenv("VENUS_BUILD_DIR");
  return build == nullptr
             ? fs::read_symlink("/proc/self/exe").parent_path() / "../../../apps/venus-sealer"
             : fs::path(build) / "apps" / "venus-sealer";
}

fs::path parameters() {
  const char* cache = std::getenv("VENUS_CACHE");
  return (cache == nullptr ? fs::path(std::getenv("HOME")) / ".cache" / "venus" : fs::path(cache)) /
         "devnet-params";
}

class SealerProofs : public ::testing::Test {
 protected:
  template <class T>
  Result<T> run(Task<T> task) {
    return rpc::run_blocking(io_, std::move(task));
  }
  ProveRequest request(const std::vector<SealerSector>& sectors, bool window) {
    ProveRequest out;
    out.window = window;
    out.post_proof = window ? 10 : 0;
    out.miner = kMiner;
    out.randomness = Bytes(32, 0xff);
    for (const auto& s : sectors)
      out.replicas.push_back(replica_of(s));
    return out;
  }

  base::test_util::TempFolder folder_;
  base::SystemClock clock_;
  asio::io_context io_;
};

TEST_F(SealerProofs, PresealedSectorsProveInAChild) {
  if (!missing_parameters(parameters(), 2048).empty()) {
    if (std::getenv("CI") != nullptr) FAIL() << missing_parameters(parameters(), 2048);
    GTEST_SKIP() << missing_parameters(parameters(), 2048);
  }
  const auto metas = preseal(kMiner, 3, 2, folder_.path());
  ASSERT_TRUE(metas) << metas.error().message;
  ASSERT_EQ(metas->size(), 2U);
  EXPECT_NE(metas->at(0).sealed_cid, metas->at(1).sealed_cid);
  // Sealing again keeps what is there; sealing elsewhere gives the same replica.
  EXPECT_EQ(preseal(kMiner, 3, 1, folder_.path())->at(0).sealed_cid, metas->at(0).sealed_cid);
  EXPECT_EQ(preseal(kMiner, 3, 1, folder_.path() / "again")->at(0).sealed_cid,
            metas->at(0).sealed_cid);
  EXPECT_EQ(miner_of_folder(folder_.path()).value(), kMiner);

  const auto database = db::sql::Database::open((folder_.path() / "s.db").string()).value();
  const auto store = Store::open(*database, clock_).value();
  EXPECT_EQ(import_sectors(*store, kMiner, folder_.path()).value(), 2U);
  EXPECT_EQ(import_sectors(*store, kMiner, folder_.path()).value(), 0U);
  const auto sectors = store->sectors(kMiner).value();
  ASSERT_EQ(sectors.size(), 2U);

  ChildProver prover({program(), parameters()});
  Service service(*store, prover, {kMiner, "test", parameters(), nullptr, nullptr});
  api::gateway::ComputeProofRequest ask;
  ask.sector_infos = {{RegisteredSealProof::StackedDrg2KiBV1_1, SectorNumber(4), std::nullopt,
                       sectors[1].sealed_cid}};
  ask.rand = Bytes(32, 0xff);
  const auto winning = run(service.winning_post(ask));
  ASSERT_TRUE(winning) << winning.error().message;
  ASSERT_EQ(winning->size(), 1U);
  EXPECT_EQ(winning->at(0).proof_bytes.size(), 192U);
  ask.sector_infos[0].sealed_cid = sectors[0].sealed_cid;
  EXPECT_EQ(run(service.winning_post(ask)).error().code, ErrorCode::Conflict);
  ask.sector_infos[0].sector_number = SectorNumber(5);
  EXPECT_EQ(run(service.winning_post(ask)).error().code, ErrorCode::NotFound);

  const auto window = run(prover.prove(request(sectors, true)));
  ASSERT_TRUE(window) << window.error().message;
  ASSERT_EQ(window->proofs.size(), 1U);
  EXPECT_EQ(window->proofs[0].proof_bytes.size(), 192U);

  // A damaged tree is found and named, not proven.
  fs::resize_file(sectors[0].replica_path, 0);
  EXPECT_EQ(check_files(sectors[0]).error().code, ErrorCode::NotFound);
  const auto damaged = run(prover.prove(request(sectors, true)));
  ASSERT_TRUE(damaged) << damaged.error().message;
  EXPECT_TRUE(damaged->proofs.empty());
  EXPECT_EQ(damaged->faulty, std::vector<std::uint64_t>{3});
}

TEST_F(SealerProofs, AChildThatFailsIsAnError) {
  const std::atomic<bool> go_on = false;
  const std::atomic<bool> cancelled = true;
  const auto shell = [](const std::string& script, std::chrono::milliseconds limit) {
    return ChildCommand{"/bin/sh", {"-c", script}, limit, 1000};
  };
  EXPECT_EQ(run_child(shell("cat", std::chrono::seconds(20)), "hello", go_on).value(), "hello");
  EXPECT_EQ(run_child(shell("kill -9 $$", std::chrono::seconds(20)), "", go_on).error().code,
            ErrorCode::Unavailable);
  EXPECT_EQ(run_child(shell("exit 3", std::chrono::seconds(20)), "", go_on).error().code,
            ErrorCode::Unavailable);
  EXPECT_EQ(
      run_child(shell("exec sleep 60", std::chrono::milliseconds(200)), "", go_on).error().code,
      ErrorCode::Timeout);
  EXPECT_EQ(run_child(shell("exec sleep 60", std::chrono::seconds(60)), "", cancelled).error().code,
            ErrorCode::Cancelled);
  EXPECT_EQ(run_child(shell("exec yes", std::chrono::seconds(20)), "", go_on).error().code,
            ErrorCode::TooLarge);
  EXPECT_EQ(run_child({"/does/not/exist", {}, std::chrono::seconds(1), 10}, "", go_on).error().code,
            ErrorCode::Unavailable);

  ChildProver prover({program(), "/does/not/exist"});
  auto nonsense = request({}, false);
  EXPECT_FALSE(run(prover.prove(nonsense)));
  prover.stop();
  EXPECT_EQ(run(prover.prove(nonsense)).error().code, ErrorCode::Cancelled);
}

TEST_F(SealerProofs, SectorFoldersThatLeaveTheirPlaceAreRefused) {
  const auto folder = folder_.path() / "s-t01000-1";
  fs::create_directories(folder);
  for (const std::string path : {"/etc/passwd", "../x", ""}) {
    std::ofstream(folder / "sector.json")
        << R"({"Miner":1000,"Number":1,"ProofType":5,"Sealed":")" << path << "\"}";
    EXPECT_EQ(read_meta(folder).error().code, ErrorCode::Malformed) << path;
  }
  EXPECT_EQ(preseal(kMiner, 0, 0, folder_.path()).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(miner_of_folder(folder_.path()).error().code, ErrorCode::NotFound);
}

TEST_F(SealerProofs, ASectorNeverChangesItsReplica) {
  const auto database = db::sql::Database::open((folder_.path() / "s.db").string()).value();
  const auto store = Store::open(*database, clock_).value();
  const auto cid = ipld::cid_of_raw(Bytes{1});
  SealerSector sector{kMiner, SectorNumber(1), 5, cid, cid, "/a/cache", "/a/sealed", "proving", ""};
  EXPECT_TRUE(store->add_sector(sector).value());
  sector.sealed_cid = ipld::cid_of_raw(Bytes{2});
  EXPECT_EQ(store->add_sector(sector).error().code, ErrorCode::Conflict);
  sector.sealed_cid = cid;
  sector.replica_path = "/elsewhere/sealed";
  EXPECT_FALSE(store->add_sector(sector).value());
  EXPECT_EQ(store->sector(kMiner, SectorNumber(1)).value()->replica_path, "/elsewhere/sealed");
  EXPECT_EQ(store->sectors(kMiner)->size(), 1U);
  EXPECT_TRUE(store->sectors(ActorId(5))->empty());
}

TEST_F(SealerProofs, ARequestThatNobodyWaitsForIsNotComputed) {
  ChildProver prover({program(), "/does/not/exist"});
  auto stale = request({}, false);
  stale.wanted = [] { return false; };
  EXPECT_EQ(run(prover.prove(stale)).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace venus::sealer
