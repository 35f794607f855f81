// SPDX-License-Identifier: MIT OR Apache-2.0
#include "consensus/beacon.hpp"

#include "bridge/bls.hpp"
#include "crypto/hash.hpp"

namespace venus::consensus {
namespace {

// Since nv16 the round counts from 1 at drand's genesis.
constexpr NetworkVersion kRoundsFromOne{16};

}  // namespace

Beacon::Beacon(types::DrandChain network, std::uint64_t genesis_time, std::uint64_t block_delay)
    : network_(std::move(network)), genesis_time_(genesis_time), block_delay_(block_delay) {}

bool Beacon::chained() const noexcept { return network_.is_chained(); }

std::uint64_t Beacon::round_at(NetworkVersion version, ChainEpoch epoch) const {
  // Unsigned arithmetic wraps as the network's implementations do when drand is younger than the chain.
  const auto latest = genesis_time_ + static_cast<std::uint64_t>(epoch.value()) * block_delay_ - block_delay_;
  const auto drand_genesis = static_cast<std::uint64_t>(network_.genesis_timestamp);
  const auto since = latest - drand_genesis;
  if (version < kRoundsFromOne) return since / network_.period_seconds;
  if (latest < drand_genesis) return 1;
  return since / network_.period_seconds + 1;
}

Result<void> Beacon::verify(const types::BeaconEntry& entry, BytesView previous) const {
  if (const auto known = verified_.get(entry.round)) {
    if (*known == entry.data) return {};
    return fail(ErrorCode::FailedValidation, "beacon entry of round {} differs from the verified one", entry.round);
  }
  const auto round = base::be64(entry.round);
  bool good = false;
  if (chained()) {
    Bytes message = base::to_bytes(previous);
    base::append(message, round);
    good = bridge::drand_verify_chained(network_.public_key, entry.data, crypto::sha256(message));
  } else {
    good = bridge::drand_verify_unchained_g1(network_.public_key, entry.data, crypto::sha256(round));
  }
  if (!good) return fail(ErrorCode::FailedValidation, "beacon entry of round {} has a bad signature", entry.round);
  verified_.put(entry.round, entry.data);
  return {};
}

BeaconSchedule::BeaconSchedule(const types::NetworkParams& params, std::uint64_t genesis_time) {
  for (const auto& chain : params.drand) {
    points_.push_back({chain.start_epoch,
                       std::make_shared<const Beacon>(chain, genesis_time, params.block_delay_seconds)});
  }
}

const Beacon& BeaconSchedule::at(ChainEpoch epoch) const {
  const auto* chosen = points_.front().beacon.get();
  for (const auto& point : points_) {
    if (point.start <= epoch) chosen = point.beacon.get();
  }
  return *chosen;
}

Result<void> BeaconSchedule::validate_entries(NetworkVersion version, ChainEpoch height,
                                              std::span<const types::BeaconEntry> entries,
                                              ChainEpoch parent_height,
                                              const types::BeaconEntry& previous) const {
  const auto& beacon = at(height);
  // A chained network that takes over needs the entry its first signature refers to.
  if (&at(parent_height) != &beacon && beacon.chained()) {
    if (entries.size() != 2) {
      return fail(ErrorCode::FailedValidation, "want 2 beacon entries where the beacon changes, got {}", entries.size());
    }
    return beacon.verify(entries[1], entries[0].data);
  }
  const auto newest = beacon.round_at(version, height);
  if (newest == previous.round) {
    if (entries.empty()) return {};
    return fail(ErrorCode::FailedValidation, "want no beacon entries, got {}", entries.size());
  }
  if (entries.empty()) return fail(ErrorCode::FailedValidation, "no beacon entries");
  // The genesis entry of a chained network is nobody's signature.
  if (beacon.chained() && previous.round == 0) return {};
  if (entries.back().round != newest) {
    return fail(ErrorCode::FailedValidation, "last beacon round is {}, want {}", entries.back().round, newest);
  }
  if (!beacon.chained()) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto want = beacon.round_at(version, parent_height + static_cast<std::int64_t>(i) + 1);
      if (entries[i].round != want) {
        return fail(ErrorCode::FailedValidation, "beacon entry {} has round {}, want {}", i, entries[i].round, want);
      }
    }
  }
  BytesView before = previous.data;
  for (const auto& entry : entries) {
    TRY_VOID(beacon.verify(entry, before));
    before = entry.data;
  }
  return {};
}

BeaconSchedule::Needed BeaconSchedule::needed(NetworkVersion version, ChainEpoch height, ChainEpoch parent_height,
                                              const types::BeaconEntry& previous) const {
  const auto& beacon = at(height);
  Needed out{&beacon, {}};
  const auto newest = beacon.round_at(version, height);
  if (&at(parent_height) != &beacon && beacon.chained()) {
    out.rounds = {newest - 1, newest};
    return out;
  }
  if (newest == previous.round) return out;
  for (auto epoch = parent_height + 1; epoch <= height; ++epoch) {
    out.rounds.push_back(beacon.round_at(version, epoch));
  }
  return out;
}

Task<std::vector<types::BeaconEntry>> beacon_entries_for_block(const BeaconSchedule& schedule, BeaconSource& source,
                                                               NetworkVersion version, ChainEpoch height,
                                                               ChainEpoch parent_height,
                                                               types::BeaconEntry previous) {
  const auto needed = schedule.needed(version, height, parent_height, previous);
  std::vector<types::BeaconEntry> out;
  for (const auto round : needed.rounds) {
    CO_TRY(auto entry, co_await source.entry(needed.beacon->network(), round));
    if (entry.round != round) {
      co_return fail(ErrorCode::FailedValidation, "asked drand for round {}, got {}", round, entry.round);
    }
    // Chained networks sign over the entry before; the first of two at a switch has none we know.
    const bool verifiable = !needed.beacon->chained() || !out.empty();
    if (verifiable) CO_TRY_VOID(needed.beacon->verify(entry, out.empty() ? previous.data : out.back().data));
    out.push_back(std::move(entry));
  }
  co_return out;
}

}  // namespace venus::consensus
