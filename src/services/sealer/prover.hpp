// SPDX-License-Identifier: MIT OR Apache-2.0
// Proofs of spacetime. The real prover computes in child processes (`venus-sealer prove`): a crash
// or lack of memory in proof code ends only that proof.
#pragma once

#include "base/json.hpp"
#include "base/task.hpp"
#include "services/sealer/store.hpp"

#include <atomic>
#include <filesystem>
#include <functional>

namespace venus::sealer {

enum class ProofKind : std::uint8_t { Winning, Window };

struct ProveReplica {
  SectorNumber number;
  std::int64_t seal_proof = 0;
  Cid sealed_cid;
  std::string cache;
  std::string sealed;
  static constexpr auto fields() {
    using base::field;
    using T = ProveReplica;
    return base::fields_of(field("number", &T::number), field("seal_proof", &T::seal_proof),
                           field("sealed_cid", &T::sealed_cid), field("cache", &T::cache),
                           field("sealed", &T::sealed));
  }
};
ProveReplica replica_of(const SealerSector& sector);

struct ProveRequest {
  bool window = false;          ///< WindowPoSt, else WinningPoSt
  std::int64_t post_proof = 0;  ///< registered PoSt proof
  ActorId miner;
  Bytes randomness;                    ///< 32
  std::vector<ProveReplica> replicas;  ///< WinningPoSt: in challenge order
  std::string parameters;              ///< folder
  std::int64_t nice = 0;               ///< of the child
  std::int64_t parent = 0;             ///< process id
  /// Asked when its turn comes; false: nobody waits for the proof any more (not sent to the child).
  std::function<bool()> wanted{};
  static constexpr auto fields() {
    using base::field;
    using T = ProveRequest;
    return base::fields_of(field("window", &T::window), field("post_proof", &T::post_proof),
                           field("miner", &T::miner), field("randomness", &T::randomness),
                           field("replicas", &T::replicas), field("parameters", &T::parameters),
                           field("nice", &T::nice), field("parent", &T::parent));
  }
};

/// Proofs that were verified, or the sectors that kept a WindowPoSt from being made.
struct ProveAnswer {
  std::vector<types::PostProof> proofs;
  std::vector<std::uint64_t> faulty;
  std::string error;
  static constexpr auto fields() {
    return base::fields_of(base::field("proofs", &ProveAnswer::proofs),
                           base::field("faulty", &ProveAnswer::faulty),
                           base::field("error", &ProveAnswer::error));
  }
};

class Prover {
 public:
  virtual ~Prover() = default;
  /// Fills in how to run; `request.window` decides which. An answer without error has either proofs
  /// or faulty sectors. Errors: Timeout, Unavailable (the child crashed), Cancelled,
  /// InvalidArgument.
  virtual Task<ProveAnswer> prove(ProveRequest request) = 0;
};

/// At most one WinningPoSt and one WindowPoSt at a time; others wait for their turn. A WindowPoSt
/// runs at low priority, since a WinningPoSt has seconds and a WindowPoSt has half an hour.
class ChildProver final : public Prover {
 public:
  struct Options {
    std::filesystem::path program;  ///< this program
    std::filesystem::path parameters;
    std::chrono::milliseconds winning_limit{120'000};
    std::chrono::milliseconds window_limit{1'500'000};
  };
  explicit ChildProver(Options options) : options_(std::move(options)) {}
  ~ChildProver() override { stop(); }

  Task<ProveAnswer> prove(ProveRequest request) override;
  /// Kills what runs; nothing is proven afterwards.
  void stop() { stopped_ = true; }

 private:
  Result<ProveAnswer> run(ProveRequest request);

  Options options_;
  std::atomic<bool> stopped_ = false;
  WorkerPool winning_{1};
  WorkerPool window_{1};
};

/// The child: reads a ProveRequest from standard input, proves, verifies and writes a ProveAnswer
/// to standard output. The process's exit code; 0 also for an answer that is an error.
int prove_main();

}  // namespace venus::sealer
