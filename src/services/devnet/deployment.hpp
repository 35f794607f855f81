// SPDX-License-Identifier: MIT OR Apache-2.0
// A devnet that was set up: who is there, where, with which tokens. Lies as devnet.json in its
// folder.
#pragma once

#include "base/json.hpp"
#include "services/devnet/supervisor.hpp"
#include "types/address.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace venus::devnet {

/// A storage miner with its wallet and sealer.
struct MinerEntry {
  Address address;
  std::string user;
  std::string token;  ///< of that user, right `sign`
  Address owner;
  Address worker;
  std::uint64_t sectors = 0;
  std::string wallet;  ///< name of the component
  std::string sealer;
  std::string producer;  ///< the venus-miner that makes its blocks
  static constexpr auto fields() {
    using base::field;
    using T = MinerEntry;
    return base::fields_of(
        field("address", &T::address), field("user", &T::user), field("token", &T::token),
        field("owner", &T::owner), field("worker", &T::worker), field("sectors", &T::sectors),
        field("wallet", &T::wallet), field("sealer", &T::sealer), field("producer", &T::producer));
  }
};

struct Component {
  std::string name;     ///< "wallet-1"; folder, log and status go by it
  std::string program;  ///< "venus-wallet"
  std::uint16_t port = 0;
  std::string url;             ///< "http://127.0.0.1:5678"
  std::uint16_t p2p_port = 0;  ///< of a node: TCP, and QUIC over UDP
  std::string peer_id;         ///< of a node
  static constexpr auto fields() {
    using base::field;
    using T = Component;
    return base::fields_of(field("name", &T::name), field("program", &T::program),
                           field("port", &T::port), field("url", &T::url),
                           field("p2p_port", &T::p2p_port), field("peer_id", &T::peer_id));
  }
};

struct Deployment {
  bool complete = false;  ///< false while it is being set up
  std::string network_file;
  std::string genesis_file;
  std::string genesis_cid;
  std::uint64_t block_delay = 0;
  std::uint64_t genesis_timestamp = 0;
  std::int64_t first_open_epoch = 0;  ///< when the first deadline with sectors opens
  std::int64_t start_epoch = 0;       ///< whose time it was at set-up
  std::string parameters;             ///< folder of the proof parameters
  std::string pool_token;             ///< right `admin`, for the pool's components
  Address client;                     ///< secp256k1 account with money, in the first wallet
  std::vector<MinerEntry> miners;
  std::vector<Component> components;  ///< in the order they are started
  static constexpr auto fields() {
    using base::field;
    using T = Deployment;
    return base::fields_of(
        field("complete", &T::complete), field("network_file", &T::network_file),
        field("genesis_file", &T::genesis_file), field("genesis_cid", &T::genesis_cid),
        field("block_delay", &T::block_delay), field("genesis_timestamp", &T::genesis_timestamp),
        field("first_open_epoch", &T::first_open_epoch), field("start_epoch", &T::start_epoch),
        field("parameters", &T::parameters), field("pool_token", &T::pool_token),
        field("client", &T::client), field("miners", &T::miners),
        field("components", &T::components));
  }

  /// NotFound when there is no devnet in the folder.
  static Result<Deployment> load(const std::filesystem::path& folder);
  [[nodiscard]] Result<void> save(const std::filesystem::path& folder) const;
  /// Empty when there is none of that name.
  [[nodiscard]] std::string url_of(std::string_view component) const;
  /// All components that are one program: "venus", "venus-miner".
  [[nodiscard]] std::vector<Component> running(std::string_view program) const;
  /// URLs of the nodes' APIs, beginning with the one at `first` (counted around), for a component
  /// that prefers that one.
  [[nodiscard]] std::vector<std::string> node_urls(std::size_t first) const;
};

/// Which ports the components get.
enum class Ports : std::uint8_t { Default, Free };

/// The components of a devnet with so many miners, nodes and venus-miners (at most one for each
/// miner), with their ports. Several nodes are node-1, node-2 ..., each knowing the others; one is
/// "node". One venus-miner
/// ("miner") mines for all and publishes each miner's blocks through another node; several (miner-1
/// ...) share the miners, and each uses another node first. With Ports::Default: those of
/// design.md, each further wallet, sealer and venus-miner one higher, further nodes from 3461, p2p
/// from 3481 on; Conflict naming the port that is taken and what to do. With Ports::Free: any.
Result<std::vector<Component>> plan_components(std::size_t miners, std::size_t nodes,
                                               std::size_t producers, Ports ports);

/// Gives each node its key (p2p/identity in its home folder) and notes the peer id.
Result<void> make_identities(Deployment& deployment, const std::filesystem::path& folder);

/// The settings file of a component; empty for drand, which has none.
std::string settings_of(const Deployment& deployment, const Component& component,
                        const std::filesystem::path& folder);

/// How a component is started. `programs` is the folder with all programs.
ChildSpec child_of(const Deployment& deployment, const Component& component,
                   const std::filesystem::path& folder, const std::filesystem::path& programs);

/// Makes the home folders and writes the settings of all components.
Result<void> write_settings(const Deployment& deployment, const std::filesystem::path& folder);

}  // namespace venus::devnet
