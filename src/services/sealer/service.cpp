// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/sealer/service.hpp"

#include "bridge/proofs.hpp"
#include "platform/log.hpp"
#include "rpc/openrpc.hpp"
#include "services/sealer/sector_files.hpp"

namespace venus::sealer {

using platform::kv;

std::string missing_parameters(const std::filesystem::path& folder, std::uint64_t sector_size) {
  for (const auto& [kind, name] : {std::pair{bridge::ParameterKind::WinningPost, "WinningPoSt"},
                                   std::pair{bridge::ParameterKind::WindowPost, "WindowPoSt"}}) {
    const auto present = bridge::parameters_present(kind, sector_size, folder);
    if (present && *present) continue;
    const auto file = bridge::parameter_name(kind, sector_size).value_or("?");
    return fmt::format(
        "the {} parameters of {}-byte sectors are not in {} (want {}.params, .vk, .meta); set "
        "proofs.parameter_cache, or let venus-devnet make them",
        name, sector_size, folder.string(), file);
  }
  return {};
}

void Service::set_metrics(platform::Metrics& metrics) {
  made_ = &metrics.counter("venus_sealer_winning_posts_total", "WinningPoSts asked for",
                           {{"result", "made"}});
  failed_ = &metrics.counter("venus_sealer_winning_posts_total", "WinningPoSts asked for",
                             {{"result", "failed"}});
  seconds_ = &metrics.histogram("venus_sealer_winning_post_seconds", "From request to proof",
                                {0.1, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120});
}

Result<ProveRequest> Service::request_for(const api::gateway::ComputeProofRequest& request) {
  if (request.sector_infos.empty())
    return fail(ErrorCode::InvalidArgument, "there are no sectors to prove");
  if (request.rand.size() != 32) return fail(ErrorCode::InvalidArgument, "randomness has 32 bytes");
  ProveRequest out;
  TRY(const auto type, types::winning_post_proof(request.sector_infos.front().seal_proof));
  out.post_proof = static_cast<std::int64_t>(type);
  out.miner = parts_.miner;
  out.randomness = request.rand;
  for (const auto& info : request.sector_infos) {
    TRY(const auto sector, store_.sector(parts_.miner, info.sector_number));
    if (!sector) return fail(ErrorCode::NotFound, "sector {} is not kept here", info.sector_number);
    if (sector->sealed_cid != info.sealed_cid) {
      return fail(ErrorCode::Conflict, "sector {} is {} here, not {}", info.sector_number,
                  sector->sealed_cid, info.sealed_cid);
    }
    TRY_VOID(with_context(check_files(*sector), fmt::format("sector {}", info.sector_number)));
    out.replicas.push_back(replica_of(*sector));
  }
  return out;
}

Task<std::vector<types::PostProof>> Service::winning_post(
    api::gateway::ComputeProofRequest request) {
  const platform::Log log("winning");
  const auto start = std::chrono::steady_clock::now();
  auto prepared = co_await on(threads_, [&] { return request_for(request); });
  Result<ProveAnswer> answer =
      prepared ? Result<ProveAnswer>(ProveAnswer{}) : std::unexpected(prepared.error());
  if (prepared) {
    // Of several that wait for their turn, only those for the newest epoch are of use.
    const auto height = request.height.value();
    if (newest_ < height) newest_ = height;
    prepared->wanted = [this, height] { return newest_ <= height; };
    answer = co_await prover_.prove(*std::move(prepared));
  }
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!answer) {
    if (failed_ != nullptr) failed_->add();
    log.error("WinningPoSt failed", kv("epoch", request.height), kv("error", answer.error()));
    co_return std::unexpected(std::move(answer).error());
  }
  if (made_ != nullptr) made_->add();
  if (seconds_ != nullptr) seconds_->observe(seconds);
  log.info("WinningPoSt made", kv("epoch", request.height),
           kv("sectors", request.sector_infos.size()), kv("seconds", seconds));
  co_return std::move(answer->proofs);
}

Task<std::vector<types::PostProof>> Service::compute(std::vector<types::ExtendedSectorInfo> sectors,
                                                     Bytes randomness, ChainEpoch epoch,
                                                     NetworkVersion version) {
  co_return co_await winning_post({std::move(sectors), std::move(randomness), epoch, version});
}

Task<std::vector<SealerSector>> Service::list() {
  co_return co_await on(threads_, [this] { return store_.sectors(parts_.miner); });
}

Task<std::uint64_t> Service::import(std::string dir) {
  co_return co_await on(threads_,
                        [this, &dir] { return import_sectors(store_, parts_.miner, dir); });
}

Task<std::vector<SealerPost>> Service::posts(std::uint64_t limit) {
  co_return co_await on(threads_,
                        [this, limit] { return store_.latest_posts(parts_.miner, limit); });
}

Task<std::vector<api::SealerDeadline>> Service::deadlines() {
  if (parts_.scheduler == nullptr)
    co_return fail(ErrorCode::Unsupported, "WindowPoSt is switched off (post.enabled)");
  co_return co_await parts_.scheduler->deadlines();
}

Task<api::SealerInfo> Service::info() {
  CO_TRY(const auto sectors, co_await list());
  api::SealerInfo out;
  out.version = parts_.version;
  out.miner = Address::id(parts_.miner);
  out.sectors = sectors.size();
  if (parts_.scheduler != nullptr) out.head = parts_.scheduler->head();
  if (parts_.links != nullptr) out.gateways = parts_.links->states();
  out.parameters = missing_parameters(parts_.parameters, 2048);
  co_return out;
}

Result<void> Service::bind(rpc::Dispatcher& dispatcher) {
  using Api = api::SealerApi;
  dispatcher.bind<Api::ComputeProof>(*this, &Service::compute);
  dispatcher.bind<Api::SectorsList>(*this, &Service::list);
  dispatcher.bind<Api::SectorsImport>(*this, &Service::import);
  dispatcher.bind<Api::Posts>(*this, &Service::posts);
  dispatcher.bind<Api::Deadlines>(*this, &Service::deadlines);
  dispatcher.bind<Api::Info>(*this, &Service::info);
  dispatcher.bind<Api::Version>(
      [version = parts_.version]() -> Result<std::string> { return version; });
  rpc::bind_discover<Api>(dispatcher, "venus-sealer", parts_.version);
  return dispatcher.check_complete<Api>();
}

}  // namespace venus::sealer
