// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/cli.hpp"
#include "platform/config.hpp"
#include "platform/daemon.hpp"
#include "types/ids.hpp"

namespace venus::sealer {

struct Config {
  Config();

  std::string miner;        ///< empty: whose sectors lie in sectors_dir
  std::string sectors_dir;  ///< empty: the home folder
  platform::SecretText dsn;
  std::vector<std::string> node_urls{"http://127.0.0.1:3453/rpc/v1"};
  platform::SecretText node_token;
  std::int64_t node_max_behind = 3;
  std::chrono::milliseconds poll{1'000};
  std::string messager_url = "http://127.0.0.1:39812/rpc/v1";
  platform::SecretText messager_token;
  std::vector<std::string> gateways;
  platform::SecretText gateway_token;
  std::string parameters;
  std::chrono::milliseconds winning_limit{120'000};
  std::chrono::milliseconds window_limit{1'500'000};
  bool post_enabled = true;
  std::int64_t challenge_confidence = 1;
  std::int64_t submit_confidence = 4;
  std::uint64_t max_partitions = 3;
  std::string sender;

  void declare(platform::Properties& properties);
};

/// Opens the database, takes new sectors over, binds the API, connects to the gateways and follows
/// the chain. Blocks.
Result<void> build(platform::Daemon& daemon, const Config& config);

/// preseal, sectors, proving and info. `sectors` work on the database itself, with or without a
/// daemon.
void add_commands(platform::Cli& cli);

/// The number of "t01000"; InvalidArgument for other addresses. Also takes the letter for addresses
/// shown.
Result<ActorId> miner_id(const std::string& text);

/// Where sectors lie and the database is, for a home folder.
std::filesystem::path sectors_folder(const Config& config, const std::filesystem::path& home);
std::string database_of(const Config& config, const std::filesystem::path& home);

}  // namespace venus::sealer
