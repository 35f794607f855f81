// SPDX-License-Identifier: MIT OR Apache-2.0
// The chain in the home folder of a node that does not run, for commands.
#pragma once

#include "platform/cli.hpp"
#include "platform/home.hpp"
#include "services/node/program.hpp"

namespace venus::node {

struct HomeChainOptions {
  std::string network = {};                ///< instead of what config.toml says
  std::vector<std::string> bundles = {};   ///< likewise
  bool bulk = false;                       ///< db::KeyValueOptions::bulk
};

/// A home folder, held by this process alone.
struct HomeChain {
  Settings settings;
  platform::Home home;
  std::unique_ptr<chainstore::ChainDatabase> database;
  std::unique_ptr<chainstore::ChainStore> chain;
};

/// The node's settings from its home folder, with what the command line says instead.
Result<Settings> load_settings(const platform::Cli& cli, const HomeChainOptions& options);
/// Conflict while a node runs on the folder.
Result<HomeChain> open_home_chain(const platform::Cli& cli, const HomeChainOptions& options);
/// `venus snapshot`; a part of add_file_commands.
void add_snapshot_commands(platform::Command& root);
/// Puts the built-in actors into the store.
Result<void> import_bundles(HomeChain& chain);

}  // namespace venus::node
