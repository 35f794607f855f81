// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the failover client: its peers, which of them is in use, and what waits for them.
#pragma once

#include "rpc/failover.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <list>
#include <map>
#include <mutex>
#include <set>

namespace venus::rpc {

/// Which peer to use, from what is known of each. No clock, no sockets.
class PeerChoice {
 public:
  PeerChoice(std::size_t count, const FailoverOptions& options)
      : peers_(count), options_(options) {}

  /// Takes note of a probe. True: another peer is in use now.
  bool note(std::size_t peer, const Result<std::int64_t>& progress);
  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  /// The one in use unless it was tried, else the best that was not; none when all were.
  [[nodiscard]] std::optional<std::size_t> next(const std::set<std::size_t>& tried) const;
  [[nodiscard]] bool alive(std::size_t peer) const { return peers_[peer].alive; }
  [[nodiscard]] std::vector<FailoverClient::PeerState> states() const;

 private:
  struct Peer {
    bool known = false;
    bool alive = false;
    std::int64_t progress = 0;
    unsigned good = 0;  ///< good probes in a row
    std::string error;
  };
  [[nodiscard]] bool usable(const Peer& peer) const;
  [[nodiscard]] std::int64_t best() const;

  std::vector<Peer> peers_;
  FailoverOptions options_;
  std::size_t in_use_ = 0;
};

struct FailoverCore : std::enable_shared_from_this<FailoverCore> {
  using Answer = StreamWriter<Result<boost::json::value>>;
  /// A subscription of the client's user.
  struct Kept {
    std::string method;
    boost::json::array params;
    std::shared_ptr<JsonSink> sink;
    std::shared_ptr<JsonSink>
        link;  ///< what the peer in use pushes to; guarded by the core's mutex
    Millis pause{0};
  };

  FailoverCore(asio::io_context& context, std::vector<std::shared_ptr<Client>> given,
               ProgressProbe how, FailoverOptions how_often);

  void start();
  void stop();
  /// Asks a peer at once how it does, because a call to it failed.
  void suspect(std::size_t peer);
  void note(std::size_t peer, const Result<std::int64_t>& progress);
  /// A peer's answer, or Unavailable as soon as the peer is found to be gone.
  static Task<boost::json::value> call_peer(std::shared_ptr<FailoverCore> self, std::size_t peer,
                                            std::string method, boost::json::array params,
                                            CallMeta meta);
  static Task<boost::json::value> call(std::shared_ptr<FailoverCore> self, std::string method,
                                       boost::json::array params, CallMeta meta);
  static asio::awaitable<void> watch(std::shared_ptr<FailoverCore> self, std::size_t peer);
  static asio::awaitable<void> subscribe(std::shared_ptr<FailoverCore> self,
                                         std::shared_ptr<Kept> kept);
  void keep(std::shared_ptr<Kept> kept);
  /// Nobody reads it any more.
  void forget(const std::shared_ptr<Kept>& entry);
  /// The link of a subscription broke; a better one is made after a pause.
  void link_ended(const std::shared_ptr<Kept>& kept, const JsonSink* link,
                  std::optional<Error> error);

  asio::io_context& io;
  const asio::strand<asio::io_context::executor_type> strand;
  const std::vector<std::shared_ptr<Client>> clients;
  const ProgressProbe probe;
  const FailoverOptions options;

  mutable std::mutex mutex;
  PeerChoice choice;
  bool stopped = false;
  std::uint64_t next_call = 0;
  std::vector<std::map<std::uint64_t, Answer>> waiting;  ///< by peer
  std::list<std::shared_ptr<Kept>> kept;
  std::function<void(std::size_t)> hook;

  std::vector<std::shared_ptr<asio::steady_timer>> timers;  ///< of the watches; on the strand
};

}  // namespace venus::rpc
