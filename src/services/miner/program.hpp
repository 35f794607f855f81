// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/cli.hpp"
#include "platform/daemon.hpp"

namespace venus::miner {

struct Config {
  /// Letter of addresses in answers and logs: "f" or "t".
  std::string prefix = "f";
  std::vector<std::string> node_urls{"/ip4/127.0.0.1/tcp/3453/http"};
  platform::SecretText node_token;
  std::int64_t node_max_behind = 3;
  std::string submit_to = "all";
  std::string gateway_url = "/ip4/127.0.0.1/tcp/45132/http";
  platform::SecretText gateway_token;
  platform::SecretText dsn;
  /// "t01000=alice": instead of asking venus-auth.
  std::vector<std::string> miners;
  std::uint64_t propagation_delay_seconds = 0;
  std::chrono::milliseconds miner_timeout{0};
  void declare(platform::Properties& properties);
};

Result<void> build(platform::Daemon& daemon, const Config& config, const platform::CommonConfig& common);
/// The commands `address` and `winner`, which ask a running venus-miner.
void add_commands(platform::Cli& cli);

}  // namespace venus::miner
