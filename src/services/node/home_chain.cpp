// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/home_chain.hpp"

#include "ipld/car.hpp"

namespace venus::node {

Result<Settings> load_settings(const platform::Cli& cli, const HomeChainOptions& options) {
  Config config;
  platform::CommonConfig common;
  platform::Properties properties(cli.info().component);
  common.declare(properties);
  config.declare(properties);
  platform::Properties::Sources sources;
  sources.file = cli.home() / "config.toml";
  if (!options.network.empty()) sources.flags["network.name"] = options.network;
  TRY_VOID(properties.load(sources));
  if (!options.bundles.empty()) config.bundles = options.bundles;
  return make_settings(config, cli.home());
}

Result<HomeChain> open_home_chain(const platform::Cli& cli, const HomeChainOptions& options) {
  TRY(auto settings, load_settings(cli, options));
  TRY(auto home, platform::Home::open(settings.home));
  TRY(auto database, chainstore::ChainDatabase::open(settings.home / "chain",
                                                     {.memory_mib = settings.database_memory_mib,
                                                      .must_exist = false,
                                                      .bulk = options.bulk}));
  TRY(auto chain, chainstore::ChainStore::open(database->blocks(), *database));
  return HomeChain{std::move(settings), std::move(home), std::move(database), std::move(chain)};
}

Result<void> import_bundles(HomeChain& chain) {
  for (const auto& bundle : chain.settings.actor_bundles) {
    TRY_VOID(with_context(ipld::import_car_file(bundle, chain.database->blocks()), bundle.string()));
  }
  return {};
}

}  // namespace venus::node
