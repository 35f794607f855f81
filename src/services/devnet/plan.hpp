// SPDX-License-Identifier: MIT OR Apache-2.0
// What a devnet shall be, decided before anything is started. Pure: no files, no clock.
#pragma once

#include "genesis/template.hpp"
#include "services/devnet/drand.hpp"
#include "types/network_params.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace venus::devnet {

/// Where the first deadlines with sectors of all miners shall open.
struct DeadlineWindow {
  std::int64_t first = 62;
  std::int64_t last = 70;
};

/// The smallest `count` miner ids, ascending from 1000, whose first deadline with sectors opens
/// within the window. A miner's proving period follows from its id, so this is how a devnet gets a
/// deadline early. NotFound when a million ids hold too few.
Result<std::vector<ActorId>> choose_miner_ids(std::size_t count, DeadlineWindow window = {});

/// Seconds between epochs with which `miners` simultaneous winners still prove in time: each
/// WinningPoSt costs `proof_cpu_seconds`, `cores` share them, a quarter is added for all else and a
/// second for each node beyond the first, which validates and executes everything too; at least 4.
std::uint64_t choose_block_delay(std::size_t miners, std::size_t nodes, double proof_cpu_seconds,
                                 unsigned cores);

/// Unix seconds of epoch 0 with which `lead` epochs are left, from `now`, until epoch `open`
/// begins.
std::uint64_t genesis_time(std::int64_t now, std::int64_t open, std::int64_t lead,
                           std::uint64_t block_delay);

/// One storage miner of the plan.
struct PlannedMiner {
  ActorId id;
  Address owner;
  Address worker;
  std::vector<genesis::Sector> sectors;
};

struct PlannedNetwork {
  std::string name = "devnet";
  std::uint64_t block_delay = 15;
  std::uint64_t timestamp = 0;
  std::string seed;
  std::vector<PlannedMiner> miners;
  /// Further key addresses with money: 1,000,000 FIL each.
  std::vector<Address> clients;
};

/// The template for `venus genesis build`.
genesis::Template make_template(const PlannedNetwork& plan);

/// The network every node is configured with: the devnet compiled in, with this chain's own values.
Result<types::NetworkParams> make_network(const PlannedNetwork& plan, const Cid& genesis,
                                          const DrandChainInfo& drand,
                                          const std::string& drand_url);

/// "6,2" -> {6, 2}: sectors of each miner. Fewer numbers than miners: the last one counts for the
/// rest. InvalidArgument unless each is 1 to 64.
Result<std::vector<std::uint64_t>> parse_sectors(const std::string& text, std::size_t miners);

}  // namespace venus::devnet
