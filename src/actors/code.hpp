// SPDX-License-Identifier: MIT OR Apache-2.0
// Which built-in actor a code CID stands for. The table is networks/actor_codes.tsv; networks with
// bundles of their own are read from the system actor's manifest.
#pragma once

#include "ipld/blockstore.hpp"
#include "types/ids.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace venus::actors {

/// The built-in actors of actors v10 and later.
enum class ActorType : std::uint8_t {
  System,
  Init,
  Cron,
  Account,
  Power,
  Miner,
  Market,
  PaymentChannel,
  Multisig,
  Reward,
  VerifiedRegistry,
  Datacap,
  Placeholder,
  Evm,
  Eam,
  EthAccount,
};

/// Actors versions whose state and methods this room understands.
inline constexpr unsigned kOldestVersion = 16;
inline constexpr unsigned kNewestVersion = 19;

/// Name of an actor in a bundle's manifest: "storageminer", "account", ...
std::string_view to_string(ActorType type) noexcept;
/// The actor of a manifest name; nothing for an unknown name.
std::optional<ActorType> actor_type(std::string_view manifest_name) noexcept;

struct CodeInfo {
  ActorType type = ActorType::System;
  /// Actors version; a code shared by several versions shows the newest.
  unsigned version = 0;
  /// Column "network" of networks/actors.tsv; "" for a bundle read from a manifest.
  std::string network;
  bool operator==(const CodeInfo&) const = default;
};

/// Name and code CID of each actor of a bundle, in the manifest's order.
using CodeList = std::vector<std::pair<std::string, Cid>>;

/// Looks a code up in the compiled-in table, which knows actors v8 and later of the public
/// networks; nothing when it is not there.
std::optional<CodeInfo> find_code(const Cid& code);

/// As find_code, but Unsupported when the code is unknown or its version is outside
/// kOldestVersion..kNewestVersion; the message names what the code is, as far as it can be told.
Result<CodeInfo> supported_code(const Cid& code);

/// The bundle of an actors version on a network ("mainnet", "calibrationnet", "butterflynet",
/// "devnet"), sorted by name. Version 19 is answered with version 18's codes, as Lotus does until
/// its bundle is released. NotFound when the table lacks it.
Result<CodeList> bundle_codes(unsigned version, std::string_view network);

/// Actors version in force at a network version (protocol.md section 1); Unsupported beyond nv29.
Result<unsigned> actors_version(NetworkVersion network_version);

/// Reads the list a manifest or the system actor's state points to: [[name, code CID], ...].
Result<CodeList> load_code_list(Blockstore& store, const Cid& list);

}  // namespace venus::actors
