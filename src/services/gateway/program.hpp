// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/cli.hpp"
#include "platform/daemon.hpp"

namespace venus::services::gateway {

struct Config {
  /// Letter of addresses in answers and logs: "f" or "t".
  std::string prefix = "f";
  std::chrono::milliseconds sign_timeout{20'000};
  std::chrono::milliseconds proof_timeout{60'000};
  std::size_t max_connections_per_account = 64;
  void declare(platform::Properties& properties);
};

/// Binds the gateway's API to a daemon.
Result<void> build(platform::Daemon& daemon, const Config& config, const platform::CommonConfig& common);
/// The commands `miner` and `wallet`, which ask a running gateway.
void add_commands(platform::Cli& cli);

}  // namespace venus::services::gateway
