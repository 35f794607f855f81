// SPDX-License-Identifier: MIT OR Apache-2.0
// WinningPoSt on request, and the sealer's API.
#pragma once

#include "api/gateway_events.hpp"
#include "platform/metrics.hpp"
#include "rpc/dispatcher.hpp"
#include "services/sealer/gateway_link.hpp"
#include "services/sealer/scheduler.hpp"

namespace venus::sealer {

/// Which of the parameters PoSt needs are missing in a folder; empty: none.
std::string missing_parameters(const std::filesystem::path& folder, std::uint64_t sector_size);

class Service {
 public:
  struct Parts {
    ActorId miner;
    std::string version;
    std::filesystem::path parameters;
    Scheduler* scheduler = nullptr;  ///< none: WindowPoSt is switched off
    GatewayLinks* links = nullptr;
  };
  /// Store and prover outlive the service, as do what bind() serves and the parts.
  Service(Store& store, Prover& prover, Parts parts)
      : store_(store), prover_(prover), parts_(std::move(parts)) {}
  void set_links(GatewayLinks* links) { parts_.links = links; }
  void set_metrics(platform::Metrics& metrics);

  /// A verified WinningPoSt over the challenged sectors, which must be kept here with these very
  /// replicas.
  Task<std::vector<types::PostProof>> winning_post(api::gateway::ComputeProofRequest request);
  Result<void> bind(rpc::Dispatcher& dispatcher);

 private:
  Result<ProveRequest> request_for(const api::gateway::ComputeProofRequest& request);
  Task<std::vector<types::PostProof>> compute(std::vector<types::ExtendedSectorInfo> sectors,
                                              Bytes randomness, ChainEpoch epoch,
                                              NetworkVersion version);
  Task<std::vector<SealerSector>> list();
  Task<std::uint64_t> import(std::string dir);
  Task<std::vector<SealerPost>> posts(std::uint64_t limit);
  Task<std::vector<api::SealerDeadline>> deadlines();
  Task<api::SealerInfo> info();

  Store& store_;
  Prover& prover_;
  Parts parts_;
  std::atomic<std::int64_t> newest_ = 0;  ///< epoch asked for
  platform::Counter* made_ = nullptr;
  platform::Counter* failed_ = nullptr;
  platform::Histogram* seconds_ = nullptr;
  WorkerPool threads_{2};
};

}  // namespace venus::sealer
