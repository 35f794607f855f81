// SPDX-License-Identifier: MIT OR Apache-2.0
// Keeps a miner's power: proves each deadline that has sectors and gets the proof on chain while
// the deadline's window is open; declares faults and recoveries for deadlines ahead (protocol.md
// section 12).
//
// Each step is a row before it is an action: a proof is stored when it is made, a message is stored
// with its id before it is handed to the messager, which takes an id once. So a restart at any
// point goes on where it was, and no proof is submitted twice.
#pragma once

#include "api/messager.hpp"
#include "api/node/chain.hpp"
#include "api/node/state.hpp"
#include "api/node/state_miner.hpp"
#include "rpc/client.hpp"
#include "services/sealer/params.hpp"
#include "services/sealer/prover.hpp"
#include "services/sealer/store.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace venus::sealer {

struct SchedulerSettings {
  ActorId miner;
  std::int64_t challenge_confidence = 1;  ///< epochs above the challenge before the proof is begun
  std::int64_t submit_confidence = 4;     ///< epochs the window is open before the proof is sent
  std::uint64_t max_partitions = 3;       ///< in one message; the actor takes 3
  std::int64_t max_attempts = 20;         ///< messages for one group of partitions
  std::optional<Address> sender;          ///< instead of the miner's worker
};

/// A deadline at one of its windows.
struct Deadline {
  std::uint64_t index = 0;
  ChainEpoch open, close, challenge, fault_cutoff;
};
/// The deadline `steps` windows after the one `now` is about; windows follow each other without
/// gaps.
Deadline deadline_ahead(const api::DeadlineInfo& now, std::uint64_t steps);

class Scheduler : public std::enable_shared_from_this<Scheduler> {
 public:
  struct Peers {
    std::shared_ptr<rpc::Client> node;
    std::shared_ptr<rpc::Client> messager;
  };
  /// Starts a task in the background; proofs are made there.
  using Spawn = std::function<void(std::string name, Task<> task)>;

  /// Store, prover and peers outlive the scheduler and its tasks.
  Scheduler(Store& store, Prover& prover, Peers peers, SchedulerSettings settings, Spawn spawn);

  /// Follows the chain's head until stop() or cancellation; failures are logged and tried again.
  Task<> run(std::chrono::milliseconds poll);
  void stop() { stopped_ = true; }
  /// One step on a head; the error is the first of what went wrong, after all was tried.
  Task<> tick(types::TipsetPtr head);

  /// Height worked on last; -1 before the first.
  [[nodiscard]] std::int64_t head() const { return head_; }
  /// Messages that landed, failed, and windows missed, since the start.
  [[nodiscard]] std::uint64_t landed() const { return landed_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }
  /// Whether a proof is being made.
  [[nodiscard]] bool busy() const;
  /// The miner's deadlines that have sectors.
  Task<std::vector<api::SealerDeadline>> deadlines();

 private:
  using Key = std::tuple<ChainEpoch, std::int64_t, std::int64_t>;
  /// What a proof is made of.
  struct Work {
    std::vector<PostPartition> partitions;  ///< with what is skipped before proving
    std::vector<ProveReplica> replicas;
    std::map<std::uint64_t, BitField> to_prove;  ///< by partition
  };

  Task<> work(Deadline deadline, types::TipsetPtr head);
  Task<std::vector<SealerPost>> plan(Deadline deadline, types::TipsetPtr head);
  Task<> step(SealerPost post, types::TipsetPtr head);
  Task<> retry(SealerPost post, types::TipsetPtr head);
  Task<> submit(SealerPost post, types::TipsetPtr head);
  Task<> track(SealerPost post);
  Task<> hand_over(std::string id, MethodNum method, Address sender, Bytes params,
                   ChainEpoch expire);
  Task<> overdue(types::TipsetPtr head);
  Task<> prove_in_background(SealerPost post, types::TipsetPtr head);
  Task<> prove(SealerPost post, types::TipsetPtr head);
  Task<Work> gather(const SealerPost& post, types::TipsetPtr head);
  Task<> declare(api::DeadlineInfo now, types::TipsetPtr head);
  Task<> declare_for(Deadline deadline, types::TipsetPtr head);
  Task<> send_declaration(MethodNum method, Deadline deadline, DeclarationParams params,
                          types::TipsetPtr head);

  Task<std::vector<PartitionState>> partitions(std::uint64_t deadline, types::TipsetKey at);
  Task<Bytes> challenge_randomness(ChainEpoch challenge, types::TipsetKey at);
  Task<Address> sender(types::TipsetKey at);
  Result<std::string> files_error(SectorNumber number, const Cid* sealed_cid,
                                  ProveReplica* replica);
  Task<> change(SealerPostState from, SealerPost post);
  Task<> note(SealerPost post, std::string error);
  Task<> give_up(SealerPost post, std::string error);
  template <class F>
  auto in_database(F work) -> asio::awaitable<std::invoke_result_t<F&>> {
    co_return co_await on(pool_, std::move(work));
  }

  Store& store_;
  Prover& prover_;
  Peers peers_;
  SchedulerSettings settings_;
  Address miner_;
  Spawn spawn_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::int64_t> head_ = -1;
  std::atomic<std::uint64_t> landed_ = 0, failed_ = 0, missed_ = 0;
  mutable std::mutex mutex_;
  std::set<Key> proving_;                    ///< guarded by mutex_
  std::set<ChainEpoch> idle_;                ///< windows without sectors to prove, by first epoch
  std::map<ChainEpoch, ChainEpoch> looked_;  ///< window -> when its files were looked at
  std::map<std::string, int> stuck_;         ///< message -> ticks without being filled
  WorkerPool pool_{2};
};

}  // namespace venus::sealer
