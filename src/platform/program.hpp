// SPDX-License-Identifier: MIT OR Apache-2.0
// The main of a daemon's program: `run` (or `daemon`), `config default|show|check`, `auth
// create-token|api-info`, `wait-api`, `completion` and the program's own commands.
//
//   int main(int argc, char** argv) {
//     WalletConfig config;
//     CommonConfig common;
//     common.listen = "/ip4/127.0.0.1/tcp/5678/http";
//     return run_program(argc, argv, {
//         .info = {.program = "venus-wallet", .component = "wallet", .doc = "...", .version =
//         kVersion}, .common = &common, .declare = [&](Properties& p) { config.declare(p); },
//         .build = [&](Daemon& daemon) { return build_wallet(daemon, config); },
//         .commands = add_wallet_commands,
//         .no_core_dumps = true});
//   }
#pragma once

#include "platform/cli.hpp"
#include "platform/daemon.hpp"

namespace venus::platform {

struct Program {
  Cli::Info info{};
  CommonConfig* common = nullptr;
  /// Declares the program's own settings, after the common ones.
  std::function<void(Properties&)> declare{};
  /// Wires the parts: binds handlers, on_start, on_stop. The settings are loaded.
  std::function<Result<void>(Daemon&)> build{};
  /// Adds the commands that talk to the daemon.
  std::function<void(Cli&)> commands{};
  std::string run_name = "run";
  /// More flags of the run command.
  std::function<void(Command&)> run_flags{};
  bool no_core_dumps = false;
};

/// Parses the command line and does what it says; returns the exit code.
int run_program(int argc, const char* const* argv, Program program);

}  // namespace venus::platform
