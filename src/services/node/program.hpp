// SPDX-License-Identifier: MIT OR Apache-2.0
// The program `venus`: settings, wiring of the daemon, commands.
#pragma once

#include "platform/cli.hpp"
#include "platform/config.hpp"
#include "platform/daemon.hpp"
#include "services/node/network_config.hpp"
#include "services/node/node.hpp"

namespace venus::node {

struct Config {
  std::string network = "mainnet";  ///< a built-in network or the path of a network file
  std::string genesis;
  std::vector<std::string> bundles;  ///< empty: those that the actors tool put into the cache
  platform::ByteSize database_memory{64U << 20};
  std::int64_t gc_keep_epochs = 2000;
  platform::ByteSize max_disk{0};
  platform::ByteSize min_free{1U << 30};
  platform::ByteSize vm_cache{48U << 20};
  std::size_t workers = 4;
  std::int64_t max_epochs_behind = 5;  ///< "in sync" for readiness
  NetworkConfig p2p;

  void declare(platform::Properties& properties);
};

/// What Node::open wants, from the settings: reads the network's file and looks for actor bundles. Also
/// chooses the letter addresses are shown with.
Result<Settings> make_settings(const Config& config, const std::filesystem::path& home);

/// NotFound when verifying keys of the network's proofs are missing: then good proofs in messages look wrong
/// and states come out wrong. On devnets the keys of one sector size are enough. Without `with_porep` those of
/// seals may be missing, as on a devnet that nobody seals on yet.
Result<void> check_verifying_keys(const types::NetworkParams& network, bool with_porep = true);

/// Opens the node, binds the whole API (checked to be complete) and adds health checks.
Result<void> build(platform::Daemon& daemon, const Config& config);

/// All commands that talk to a running node, and those that work on its home folder.
void add_commands(platform::Cli& cli);

// Parts of add_commands, by area.
void add_chain_commands(platform::Command& root);
void add_sync_commands(platform::Command& root);
void add_file_commands(platform::Command& root);
void add_state_commands(platform::Command& root);
void add_wallet_commands(platform::Command& root);
void add_mpool_commands(platform::Command& root);
void add_net_commands(platform::Command& root);

}  // namespace venus::node
