// SPDX-License-Identifier: MIT OR Apache-2.0
// From an empty folder to a devnet that can be started, step by step.
#pragma once

#include "base/task.hpp"
#include "services/devnet/deployment.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>

namespace venus::devnet {

struct SetupOptions {
  std::size_t miners = 2;
  std::size_t nodes = 3;
  std::size_t producers = 1;  ///< venus-miners, at most one for each miner
  std::string sectors = "6,2";
  std::uint64_t block_delay = 0;  ///< 0: from a measurement
  std::int64_t lead_epochs = 4;   ///< epochs from the start to the first deadline with sectors
  Ports ports = Ports::Default;
  std::string name = "devnet";
};

using Say = std::function<void(const std::string&)>;

/// Everything a devnet needs from this machine: programs beside this one, the bundle of actors,
/// disk, proof parameters (made when missing). The error says what is missing and what to do.
Result<void> check_machine(const std::filesystem::path& self, const std::filesystem::path& folder,
                           const Say& say);

/// Sets a devnet up in `folder`. Starts drand, auth and the wallets under `supervisor`, which go on
/// running; the caller starts the rest. Blocks for a minute or so.
Result<Deployment> set_up(const std::filesystem::path& self, const std::filesystem::path& folder,
                          const SetupOptions& options, Supervisor& supervisor, asio::io_context& io,
                          const Say& say);

/// Starts a component and waits until it answers /healthz. Unavailable with the end of its log
/// otherwise.
Result<void> start_component(const Deployment& deployment, const Component& component,
                             const std::filesystem::path& self, const std::filesystem::path& folder,
                             Supervisor& supervisor, asio::io_context& io);

}  // namespace venus::devnet
