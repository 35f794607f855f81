// SPDX-License-Identifier: MIT OR Apache-2.0
// One client out of several peers that serve the same, in order of preference: calls and
// subscriptions go to the first that answers and is not behind the others, and to the next when
// that changes.
#pragma once

#include "rpc/client.hpp"

#include <optional>
#include <string>
#include <vector>

namespace venus::rpc {

struct FailoverOptions {
  Millis probe_interval{2'000};
  /// A peer that does not tell its progress within this is gone; calls that wait for it go
  /// elsewhere.
  Millis probe_timeout{3'000};
  /// How much less than the best peer's progress one may have and still be used.
  std::int64_t max_behind = 3;
  /// A preferred peer that was lost is used again after so many good probes in a row.
  unsigned return_after = 3;
};

/// How far a peer is (a node: the height of its head), asked with the timeout of the probe. An
/// error: it is no use now.
using ProgressProbe =
    std::function<Task<std::int64_t>(std::shared_ptr<Client> peer, Millis timeout)>;

/// Thread-safe, as every client. A call that a peer can't answer (Unavailable, or it stopped
/// answering altogether) is made again at the next when its method may be sent twice
/// (CallMeta::retry_safe), else it fails with the peer's error. Subscriptions begin anew at the
/// peer in use, so their readers must take a fresh beginning at any time.
class FailoverClient : public Client {
 public:
  struct PeerState {
    bool alive = false;                    ///< its last probe was answered
    std::optional<std::int64_t> progress;  ///< as last told
    std::string error;                     ///< of the last failed probe
  };
  /// Position of the peer in use.
  [[nodiscard]] virtual std::size_t in_use() const = 0;
  [[nodiscard]] virtual std::vector<PeerState> peers() const = 0;
  /// Called whenever another peer is taken, with its position; not from within the client's own
  /// calls.
  virtual void on_switch(std::function<void(std::size_t)> hook) = 0;
};

/// Over clients that nobody else stops. Probing begins at once. InvalidArgument without peers.
Result<std::shared_ptr<FailoverClient>> make_failover_client(
    asio::io_context& io, std::vector<std::shared_ptr<Client>> peers, ProgressProbe probe,
    FailoverOptions options = {});

}  // namespace venus::rpc
