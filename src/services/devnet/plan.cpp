// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/plan.hpp"

#include "genesis/builder.hpp"

#include <cmath>

namespace venus::devnet {
namespace {

constexpr std::uint64_t kFirstMiner = 1000;
constexpr std::uint64_t kIdsLookedAt = 1'000'000;
constexpr std::uint64_t kLeastBlockDelay = 4;
constexpr std::uint64_t kMostBlockDelay = 600;
/// A WindowPoSt may be made at the same time, and the node has work too.
constexpr double kOtherWork = 1.25;
/// CPU seconds an epoch costs each node beyond the first.
constexpr double kFurtherNode = 1.0;

}  // namespace

Result<std::vector<ActorId>> choose_miner_ids(std::size_t count, DeadlineWindow window) {
  std::vector<ActorId> out;
  for (std::uint64_t id = kFirstMiner; id < kFirstMiner + kIdsLookedAt && out.size() < count;
       ++id) {
    const auto open = genesis::first_deadline_with_sectors(ActorId(id)).value();
    if (window.first <= open && open <= window.last) out.emplace_back(id);
  }
  if (out.size() == count) return out;
  return fail(ErrorCode::NotFound,
              "only {} of {} miner ids have a deadline that opens at epochs {} to {}", out.size(),
              count, window.first, window.last);
}

std::uint64_t choose_block_delay(std::size_t miners, std::size_t nodes, double proof_cpu_seconds,
                                 unsigned cores) {
  const auto work = static_cast<double>(miners) * proof_cpu_seconds * kOtherWork +
                    static_cast<double>(std::max<std::size_t>(nodes, 1) - 1) * kFurtherNode;
  const auto seconds = std::ceil(work / static_cast<double>(std::max(cores, 1U)));
  return std::clamp(static_cast<std::uint64_t>(std::max(seconds, 0.0)), kLeastBlockDelay,
                    kMostBlockDelay);
}

std::uint64_t genesis_time(std::int64_t now, std::int64_t open, std::int64_t lead,
                           std::uint64_t block_delay) {
  return static_cast<std::uint64_t>(now - std::max<std::int64_t>(open - lead, 0) *
                                              static_cast<std::int64_t>(block_delay));
}

genesis::Template make_template(const PlannedNetwork& plan) {
  genesis::Template out;
  out.network_name = plan.name;
  out.timestamp = plan.timestamp;
  out.seed = plan.seed;
  for (const auto& miner : plan.miners) {
    out.accounts.push_back({miner.owner, TokenAmount::from_fil(1'000'000)});
    if (miner.worker != miner.owner)
      out.accounts.push_back({miner.worker, TokenAmount::from_fil(100'000)});
    genesis::Miner entry;
    entry.id = miner.id;
    entry.owner = miner.owner;
    entry.worker = miner.worker;
    entry.balance = TokenAmount::from_fil(10'000);
    entry.sectors = miner.sectors;
    out.miners.push_back(std::move(entry));
  }
  for (const auto& client : plan.clients)
    out.accounts.push_back({client, TokenAmount::from_fil(1'000'000)});
  out.verified_registry_root =
      plan.clients.empty() ? plan.miners.front().owner : plan.clients.front();
  return out;
}

Result<types::NetworkParams> make_network(const PlannedNetwork& plan, const Cid& genesis,
                                          const DrandChainInfo& drand,
                                          const std::string& drand_url) {
  TRY(auto out, types::builtin_network("devnet"));
  out.network_name = plan.name;
  out.genesis_cid = genesis;
  out.genesis_timestamp = plan.timestamp;
  out.block_delay_seconds = plan.block_delay;
  out.propagation_delay_seconds = std::max<std::uint64_t>(plan.block_delay / 4, 1);
  types::DrandChain chain;
  chain.start_epoch = ChainEpoch(0);
  chain.scheme = std::string(kDrandScheme);
  chain.chain_hash = drand.hash();
  chain.public_key = drand.public_key;
  chain.period_seconds = drand.period_seconds;
  chain.genesis_timestamp = drand.genesis_time;
  chain.servers = {drand_url};
  out.drand = {std::move(chain)};
  return out;
}

Result<std::vector<std::uint64_t>> parse_sectors(const std::string& text, std::size_t miners) {
  std::vector<std::uint64_t> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    const auto word = text.substr(at, end - at);
    if (word.empty() || word.size() > 2 ||
        word.find_first_not_of("0123456789") != std::string::npos) {
      return fail(ErrorCode::InvalidArgument, "sectors are written as 6,2: '{}' is no such list",
                  text);
    }
    out.push_back(std::stoull(word));
    if (out.back() < 1 || out.back() > 64) {
      return fail(ErrorCode::InvalidArgument, "a miner has 1 to 64 sectors, not {}", out.back());
    }
    at = end + 1;
  }
  if (out.size() > miners)
    return fail(ErrorCode::InvalidArgument, "'{}' names more than {} miners", text, miners);
  out.resize(miners, out.back());
  return out;
}

}  // namespace venus::devnet
