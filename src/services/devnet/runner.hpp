// SPDX-License-Identifier: MIT OR Apache-2.0
// `venus-devnet up`: from a folder to running processes, until it is told to end.
#pragma once

#include "platform/cli.hpp"
#include "services/devnet/setup.hpp"

namespace venus::devnet {

struct UpOptions {
  SetupOptions setup;
  bool porep = false;  ///< make the PoRep parameters in the background
};

/// The program itself, as the system knows it.
std::filesystem::path self_path();

/// Sets up if need be, starts everything, supervises until SIGINT or SIGTERM, stops everything.
Result<void> run_foreground(platform::Cli& cli, const std::filesystem::path& folder,
                            const UpOptions& options);

/// The same by a process of its own, which goes on when this one ends; returns when all components
/// answer.
Result<void> run_detached(platform::Cli& cli, const std::filesystem::path& folder,
                          std::vector<std::string> words);

/// The id of the process that has the devnet of a folder up; 0 for none.
pid_t running_pid(const std::filesystem::path& folder);

/// Ends it and waits until all its processes have ended. Timeout after two minutes.
Result<void> bring_down(const std::filesystem::path& folder);

}  // namespace venus::devnet
