// SPDX-License-Identifier: MIT OR Apache-2.0
// What the Sync* handlers answer from.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "rpc/stream.hpp"
#include "sync/syncer.hpp"

namespace venus::node {

/// Hands each block header that arrives to all who listen. Thread-safe.
class BlockHub {
 public:
  using Stream = rpc::Stream<types::BlockHeader>;

  /// Headers from now on; a reader that falls 256 behind loses its stream.
  Stream subscribe();
  void publish(const types::BlockHeader& header);
  /// Ends all streams.
  void close();

 private:
  std::mutex mutex_;
  std::vector<rpc::StreamWriter<types::BlockHeader>> writers_;
};

/// All null when networking is off: then SyncState is empty, SyncSubmitBlock ends at this node, and
/// SyncIncomingBlocks fails as Unavailable. Whatever is set must outlive the dispatcher.
struct SyncParts {
  sync::Syncer* syncer = nullptr;
  BlockHub* incoming = nullptr;
  /// Validates, adopts and publishes a block of our own miner; empty: Node::submit_block.
  std::function<Task<>(types::BlockMessage)> submit = {};
};

}  // namespace venus::node
