// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "types/block.hpp"

namespace venus::sync {

struct SyncOptions {
  /// Peers whose heads are waited for before the first target is chosen.
  std::size_t bootstrap_peers = 4;
  /// After that time the heads of fewer peers (one at least) do.
  std::chrono::milliseconds bootstrap_timeout{60'000};
  /// Unrelated targets synchronised side by side (Lotus MaxSyncWorkers).
  std::size_t max_workers = 5;
  /// A sync shorter than this means that the chain was caught up with (Lotus InitialSyncTimeThreshold).
  std::chrono::milliseconds caught_up_below{15 * 60'000};

  /// Tipsets in a request for headers (Lotus asks for 500; a server gives at most 900).
  std::size_t header_window = 500;
  /// Headers held in memory, by tipsets; further ones go to disk.
  std::size_t held_headers = 2000;
  /// Tipsets in a request for messages, and requests at once. Fewer while their messages are large.
  std::size_t batch_tipsets = 16;
  std::size_t batches = 4;
  /// Aim for messages on their way, all requests together.
  std::size_t batch_bytes = 64U << 20;
  /// How far execution may be ahead of validation, and both behind what was fetched.
  std::size_t ahead = 64;
  /// Threads that judge blocks; 0 means one per core.
  std::size_t threads = 0;

  /// How often heads and retries are looked at.
  std::chrono::milliseconds tick{1000};
  /// Wait after a failure that time may heal; doubled with each further one.
  std::chrono::milliseconds retry_first{1000};
  std::chrono::milliseconds retry_max{60'000};
  /// Failures in a row after which a head is given up until a peer offers it again.
  unsigned attempts = 12;

  /// Seconds between epochs; the constructor that takes a runtime sets it from the network.
  std::uint64_t block_delay_seconds = 30;

  /// Told, on the syncer's executor, of each header accepted from gossip or from our miner. May be empty.
  std::function<void(const types::BlockHeader&)> on_block = {};
  /// Told what is worth a line in the log: on the syncer's executor. May be empty.
  std::function<void(const std::string&)> note = {};
};

}  // namespace venus::sync
