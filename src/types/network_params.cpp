// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/network_params.hpp"

#include "types/message.hpp"

#include <algorithm>

namespace venus::types {
namespace {

struct UpgradeInfo {
  std::string_view name;
  std::uint32_t version;  // 0: keeps the version
};

constexpr std::array<UpgradeInfo, kUpgradeCount> kUpgrades = {
    {{"breeze", 1},         {"smoke", 2},           {"ignition", 3},
     {"refuel", 0},         {"assembly", 4},        {"tape", 5},
     {"liftoff", 0},        {"kumquat", 6},         {"calico", 7},
     {"persian", 8},        {"orange", 9},          {"claus", 0},
     {"trust", 10},         {"norwegian", 11},      {"turbo", 12},
     {"hyperdrive", 13},    {"chocolate", 14},      {"ohsnap", 15},
     {"skyr", 16},          {"shark", 17},          {"hygge", 18},
     {"lightning", 19},     {"thunder", 20},        {"watermelon", 21},
     {"watermelon_fix", 0}, {"watermelon_fix2", 0}, {"dragon", 22},
     {"dragon_fix", 0},     {"phoenix", 0},         {"waffle", 23},
     {"tuktuk", 24},        {"teep", 25},           {"tock", 26},
     {"tock_fix", 0},       {"golden_week", 27},    {"fire_horse", 28},
     {"solstice", 29}}};
constexpr std::uint32_t kNewestDecidedVersion = 28;

constexpr const UpgradeInfo& info(Upgrade upgrade) noexcept {
  return kUpgrades[static_cast<std::size_t>(upgrade)];
}

/// The version a feature came with; 0 for those that follow an upgrade's epoch in their own way.
constexpr std::uint32_t version_of(Feature feature) noexcept {
  switch (feature) {
    case Feature::LongConsensusLookback:
      return 4;
    case Feature::ZeroBlsReceiverRefused:
    case Feature::ActiveSectorsForWinning:
      return 7;
    case Feature::SenderResolvedToId:
    case Feature::RandomnessAfterNullRounds:
      return 13;
    case Feature::BeaconByEpoch:
      return 14;
    case Feature::DrandRoundPlusOne:
    case Feature::WasmExecution:
      return 16;
    case Feature::DelegatedSignatures:
    case Feature::ReceiptsWithEvents:
      return 18;
    case Feature::WindowPostV1_1:
      return 19;
    case Feature::Executable:
      return 21;
    case Feature::LegacyEthTransactions:
    case Feature::NonInteractivePorep:
      return 23;
    case Feature::TicketEntropyFromParent:
    case Feature::BaseFeeFromPremiums:
      return 0;
  }
  return 0;
}

}  // namespace

std::string_view to_string(Upgrade upgrade) noexcept { return info(upgrade).name; }

Result<Upgrade> parse_upgrade(std::string_view name) {
  const auto* found = std::ranges::find(kUpgrades, name, &UpgradeInfo::name);
  if (found == kUpgrades.end()) return fail(ErrorCode::InvalidArgument, "no upgrade \"{}\"", name);
  return static_cast<Upgrade>(found - kUpgrades.begin());
}

std::optional<NetworkVersion> upgrade_version(Upgrade upgrade) noexcept {
  const auto version = info(upgrade).version;
  if (version == 0) return std::nullopt;
  return NetworkVersion(version);
}

ChainEpoch NetworkParams::upgrade_epoch(Upgrade upgrade) const noexcept {
  if (const auto scheduled = upgrades[static_cast<std::size_t>(upgrade)]) return *scheduled;
  const auto version = info(upgrade).version;
  const bool undecided =
      version > kNewestDecidedVersion && version > genesis_network_version.value();
  return undecided ? kNeverEpoch : kBeforeGenesis;
}

NetworkVersion NetworkParams::network_version(ChainEpoch epoch) const noexcept {
  auto version = genesis_network_version.value();
  for (std::size_t i = 0; i < kUpgradeCount; ++i) {
    if (upgrades[i] && *upgrades[i] < epoch) version = std::max(version, kUpgrades[i].version);
  }
  return NetworkVersion(version);
}

bool NetworkParams::has(Feature feature, ChainEpoch epoch) const noexcept {
  if (feature == Feature::TicketEntropyFromParent) return is_after(Upgrade::Smoke, epoch);
  if (feature == Feature::BaseFeeFromPremiums) return epoch >= upgrade_epoch(Upgrade::FireHorse);
  return network_version(epoch).value() >= version_of(feature);
}

bool NetworkParams::is_gas_tamping(ChainEpoch epoch) const noexcept {
  const auto breeze = upgrade_epoch(Upgrade::Breeze);
  return epoch > breeze && epoch < breeze + breeze_gas_tamping_epochs;
}

Gas NetworkParams::on_chain_message_gas(std::size_t chain_length, ChainEpoch epoch) const noexcept {
  const auto chosen = [&](Upgrade upgrade) {
    const auto at = upgrade_epoch(upgrade);
    return at > ChainEpoch(0) && at <= epoch;
  };
  if (chosen(Upgrade::Hygge)) return types::on_chain_message_gas(chain_length);
  const std::int64_t per_byte = chosen(Upgrade::Calico) ? 1'300 : 1'000;
  return Gas(38'863 + per_byte * (36 + static_cast<std::int64_t>(chain_length)));
}

const DrandChain& NetworkParams::drand_at(ChainEpoch epoch) const noexcept {
  const auto* found = &drand.front();
  for (const auto& chain : drand) {
    if (chain.start_epoch <= epoch) found = &chain;
  }
  return *found;
}

ChainEpoch NetworkParams::epoch_at(std::uint64_t unix_seconds) const noexcept {
  if (unix_seconds < genesis_timestamp) return ChainEpoch(0);
  return ChainEpoch(
      static_cast<std::int64_t>((unix_seconds - genesis_timestamp) / block_delay_seconds));
}

bool NetworkParams::is_called(std::string_view name_or_alias) const {
  return name == name_or_alias || std::ranges::find(aliases, name_or_alias) != aliases.end();
}

}  // namespace venus::types
