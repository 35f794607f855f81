// SPDX-License-Identifier: MIT OR Apache-2.0
// What makes one Filecoin network different from another (protocol.md section 1). A program reads
// its network once at start and hands the immutable value to whoever needs it; code asks
// `params.has(Feature::X, epoch)`, never for a number of its own.
#pragma once

#include "types/address.hpp"
#include "types/sector.hpp"
#include "types/token_amount.hpp"

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace venus::types {

/// Upgrades by name, in the order of mainnet. Those with a network version of their own are listed
/// by upgrade_version().
enum class Upgrade : std::uint8_t {
  Breeze,
  Smoke,
  Ignition,
  Refuel,
  Assembly,
  Tape,
  Liftoff,
  Kumquat,
  Calico,
  Persian,
  Orange,
  Claus,
  Trust,
  Norwegian,
  Turbo,
  Hyperdrive,
  Chocolate,
  Ohsnap,
  Skyr,
  Shark,
  Hygge,
  Lightning,
  Thunder,
  Watermelon,
  WatermelonFix,
  WatermelonFix2,
  Dragon,
  DragonFix,
  Phoenix,
  Waffle,
  Tuktuk,
  Teep,
  Tock,
  TockFix,
  GoldenWeek,
  FireHorse,
  Solstice,
};
inline constexpr std::size_t kUpgradeCount = static_cast<std::size_t>(Upgrade::Solstice) + 1;

/// "fire_horse", as in the network files.
std::string_view to_string(Upgrade upgrade) noexcept;
/// InvalidArgument for other texts.
Result<Upgrade> parse_upgrade(std::string_view name);
/// The network version an upgrade brings; nothing for those that keep it.
std::optional<NetworkVersion> upgrade_version(Upgrade upgrade) noexcept;

/// Rules that a network switches on at some epoch.
enum class Feature : std::uint8_t {
  TicketEntropyFromParent,    ///< after Smoke: tickets and VRF inputs take the parent's ticket
  LongConsensusLookback,      ///< nv4: 900 epochs instead of 10
  ZeroBlsReceiverRefused,     ///< nv7: messages to the BLS point at infinity are invalid
  ActiveSectorsForWinning,    ///< nv7: WinningPoSt chooses among active sectors only
  SenderResolvedToId,         ///< nv13: nonce checks by actor id
  RandomnessAfterNullRounds,  ///< nv13: a null epoch's randomness is of the next tipset
  BeaconByEpoch,              ///< nv14: beacon randomness by exact round
  DrandRoundPlusOne,          ///< nv16: the beacon round of an epoch is one later
  WasmExecution,              ///< nv16: messages run in the FVM
  DelegatedSignatures,        ///< nv18: f4 addresses and delegated signatures
  ReceiptsWithEvents,         ///< nv18: receipts have an events root, state trees version 5
  WindowPostV1_1,             ///< nv19: the fixed WindowPoSt proof
  Executable,                 ///< nv21: the first version this node can execute
  LegacyEthTransactions,      ///< nv23: legacy Ethereum transactions
  NonInteractivePorep,        ///< nv23
  BaseFeeFromPremiums,        ///< FIP-0115: from FireHorse's own epoch on (Lotus compares with >=)
};

/// A drand network in force from an epoch on.
struct DrandChain {
  ChainEpoch start_epoch;
  std::string scheme;      ///< "pedersen-bls-chained" or "bls-unchained-g1-rfc9380"
  std::string chain_hash;  ///< lower-case hex
  Bytes public_key;
  std::uint64_t period_seconds = 0;
  std::int64_t genesis_timestamp = 0;  ///< Unix seconds of round 1
  std::vector<std::string> servers;    ///< base URLs of drand's HTTP API, asked in turn

  [[nodiscard]] bool is_chained() const { return scheme == "pedersen-bls-chained"; }
  bool operator==(const DrandChain&) const = default;
};

struct F3Params {
  bool enabled = false;
  std::string network_name;
  ChainEpoch bootstrap_epoch;
  std::optional<Cid> initial_power_table;
  bool operator==(const F3Params&) const = default;
};

/// "Not decided": later than every epoch.
inline constexpr ChainEpoch kNeverEpoch{std::numeric_limits<std::int64_t>::max()};
/// "In force at genesis".
inline constexpr ChainEpoch kBeforeGenesis{-1};

struct NetworkParams {
  std::string name;  ///< what users type, with its aliases
  std::vector<std::string> aliases;
  std::string network_name;  ///< in gossip topics and the genesis init actor
  NetworkVersion genesis_network_version;
  std::optional<Cid> genesis_cid;  ///< absent in a template
  std::uint64_t genesis_timestamp = 0;
  NetworkPrefix address_prefix = NetworkPrefix::Testnet;
  std::string actors_bundle;
  bool actor_debugging = false;
  std::uint64_t eip155_chain_id = 0;

  std::uint64_t block_delay_seconds = 30;
  std::uint64_t propagation_delay_seconds = 10;
  std::uint64_t equivocation_delay_seconds = 2;

  std::uint64_t consensus_miner_min_power = 0;  ///< bytes
  std::int64_t precommit_challenge_delay = 150;
  std::vector<RegisteredSealProof> seal_proofs;
  std::vector<RegisteredPostProof> window_post_proofs;
  std::int64_t power_ramp_epochs = 0;
  TokenAmount teep_initial_fil_reserved;
  std::int64_t breeze_gas_tamping_epochs = 0;
  std::vector<Cid> whitelisted_blocks;

  std::uint64_t bootstrap_peer_threshold = 1;
  std::vector<std::string> bootstrap_peers;

  /// Scheduled upgrades: the last epoch under the old rules. Absent: in force at genesis, or
  /// undecided for versions after FireHorse that are above the genesis version.
  std::array<std::optional<ChainEpoch>, kUpgradeCount> upgrades{};
  /// By start_epoch, ascending; never empty in a loaded network.
  std::vector<DrandChain> drand;
  F3Params f3;

  /// kBeforeGenesis, a scheduled epoch, or kNeverEpoch.
  [[nodiscard]] ChainEpoch upgrade_epoch(Upgrade upgrade) const noexcept;
  /// Whether the new rules hold at `epoch`, that is epoch > upgrade_epoch.
  [[nodiscard]] bool is_after(Upgrade upgrade, ChainEpoch epoch) const noexcept {
    return epoch > upgrade_epoch(upgrade);
  }
  /// Version whose rules hold at `epoch`: the newest upgrade with a height below it.
  [[nodiscard]] NetworkVersion network_version(ChainEpoch epoch) const noexcept;
  [[nodiscard]] bool has(Feature feature, ChainEpoch epoch) const noexcept;
  /// Whether the base fee of `epoch` is fixed to the minimum (after Breeze).
  [[nodiscard]] bool is_gas_tamping(ChainEpoch epoch) const noexcept;

  /// The least gas limit of a message of `chain_length` bytes in a block of `epoch`: what Lotus's
  /// price lists say. They are chosen by the epochs of Calico and Hygge, and an upgrade in force at
  /// genesis chooses none: on a devnet the oldest, cheapest list stays in force.
  [[nodiscard]] Gas on_chain_message_gas(std::size_t chain_length, ChainEpoch epoch) const noexcept;

  /// The beacon network in force at `epoch`.
  [[nodiscard]] const DrandChain& drand_at(ChainEpoch epoch) const noexcept;

  /// Unix seconds at which `epoch` begins.
  [[nodiscard]] std::uint64_t timestamp_of(ChainEpoch epoch) const noexcept {
    return genesis_timestamp + static_cast<std::uint64_t>(epoch.value()) * block_delay_seconds;
  }
  /// The epoch whose time includes `unix_seconds`; 0 before genesis.
  [[nodiscard]] ChainEpoch epoch_at(std::uint64_t unix_seconds) const noexcept;
  /// Whether users may call this network so.
  [[nodiscard]] bool is_called(std::string_view name_or_alias) const;

  bool operator==(const NetworkParams&) const = default;
};

using NetworkPtr = std::shared_ptr<const NetworkParams>;

/// A network from the text of its TOML file (networks/README.md lists the keys). Malformed with
/// line and reason when a key is missing, unknown or of the wrong kind.
Result<NetworkParams> parse_network(std::string_view toml);
/// The TOML text that parse_network reads back as the same value.
std::string write_network(const NetworkParams& params);
/// One of the networks compiled in, by name or alias; NotFound names those there are.
Result<NetworkParams> builtin_network(std::string_view name_or_alias);
/// Names of the networks compiled in.
std::vector<std::string> builtin_network_names();

}  // namespace venus::types

namespace venus {
using types::Feature;
using types::NetworkParams;
using types::NetworkPtr;
using types::Upgrade;
}  // namespace venus
