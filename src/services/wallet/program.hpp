// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "platform/cli.hpp"
#include "platform/config.hpp"
#include "platform/daemon.hpp"

namespace venus::wallet {

struct Config {
  platform::SecretText dsn;                     ///< empty: wallet.db in the home folder
  std::string password_file;
  std::uint64_t scrypt_n = 1U << 18;
  std::uint64_t scrypt_p = 1;
  bool allow_unknown = false;
  bool refuse_same_parents = false;
  std::chrono::milliseconds keep_records{std::chrono::hours(168)};
  std::uint64_t chain_id = 314;
  std::string prefix = "f";
  std::vector<std::string> gateways;
  platform::SecretText gateway_token;
  std::string gateway_token_file;
  std::vector<std::string> support_accounts;

  void declare(platform::Properties& properties);
};

/// Opens the database, unlocks if a password is there (or somebody to ask), binds the API and connects to
/// the gateways. Blocks.
Result<void> build(platform::Daemon& daemon, const Config& config);

/// The commands that talk to a running venus-wallet.
void add_commands(platform::Cli& cli);

}  // namespace venus::wallet
