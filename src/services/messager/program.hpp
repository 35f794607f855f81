// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/cli.hpp"
#include "platform/daemon.hpp"

namespace venus::messager {

struct Config {
  /// Letter of addresses in answers and logs: "f" or "t".
  std::string prefix = "f";
  /// The first that answers and is not behind is followed; all get the messages (push_to).
  std::vector<std::string> node_urls{"/ip4/127.0.0.1/tcp/3453/http"};
  platform::SecretText node_token;
  std::int64_t node_max_behind = 3;
  std::string push_to = "all";
  std::string gateway_url = "/ip4/127.0.0.1/tcp/45132/http";
  platform::SecretText gateway_token;
  platform::SecretText dsn;
  std::chrono::milliseconds stable_head{1'000};
  void declare(platform::Properties& properties);
};

Result<void> build(platform::Daemon& daemon, const Config& config);
/// The commands `msg`, `address`, `share-params` and `send`, which ask a running messager.
void add_commands(platform::Cli& cli);

}  // namespace venus::messager
