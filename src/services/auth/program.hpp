// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/cli.hpp"
#include "platform/config.hpp"
#include "platform/daemon.hpp"

namespace venus::auth {

struct Config {
  /// Where the tables are (db::sql::parse_dsn); empty: auth.db in the home folder.
  platform::SecretText dsn;
  std::size_t sessions = 8;

  void declare(platform::Properties& properties);
};

/// Opens the database, makes the admin token and binds the REST interface. Blocks.
Result<void> build(platform::Daemon& daemon, const Config& config);

/// The commands `token`, `user` and `signer`, which talk to a running venus-auth.
void add_commands(platform::Cli& cli);

}  // namespace venus::auth
