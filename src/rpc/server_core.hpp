// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the server: what all its connections share, and what it knows of a connection.
#pragma once

#include "rpc/gate.hpp"
#include "rpc/router.hpp"
#include "rpc/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <list>
#include <mutex>
#include <unordered_set>

namespace venus::rpc {

using tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Strand = asio::strand<Executor>;
/// A socket whose handlers need no type erasure of their executor.
using Socket = asio::basic_stream_socket<tcp, Strand>;

/// A connection, as the sweeper and stop() see it. Methods may be called from any thread.
class Session {
 public:
  virtual ~Session() = default;
  /// Ends it now.
  virtual void close() = 0;
  /// Ends it as soon as nothing runs on it.
  virtual void drain() = 0;
  /// Called every sweep; `now` in milliseconds of the steady clock.
  virtual void sweep(std::int64_t now) = 0;
};

std::int64_t steady_millis();

struct Server::Core : std::enable_shared_from_this<Server::Core> {
  Core(asio::io_context& context, ServerOptions given);

  /// Who sends this token; cached verdicts belong to the connections.
  Task<std::shared_ptr<const Caller>> verify(std::string token);
  void add(const std::shared_ptr<Session>& session);
  void remove(const Session* session);
  std::vector<std::shared_ptr<Session>> sessions();
  void record(const MethodInfo* method, std::string_view name, const CallContext& context,
              std::chrono::steady_clock::time_point started, const Error* error) const;
  [[nodiscard]] bool ready() const { return !options.ready || options.ready(); }
  [[nodiscard]] bool stopping() const { return stopping_flag.load(std::memory_order_relaxed); }

  asio::io_context& io;
  const ServerOptions options;
  Router router;
  Gate gate;
  std::shared_ptr<const Caller> anonymous;

  struct Listener {
    explicit Listener(Strand on) : strand(on), acceptor(on) {}
    Strand strand;
    asio::basic_socket_acceptor<tcp, Strand> acceptor;
  };
  std::mutex mutex;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::unordered_map<const Session*, std::shared_ptr<Session>> live;

  std::shared_ptr<asio::steady_timer> sweeper;
  std::atomic<bool> stopping_flag{false};
  std::atomic<bool> closed{false};
  std::atomic<std::size_t> connections{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> next_connection{1};
};

/// The caller of one connection: the token it sent and the verdict on it, asked again when it is
/// old.
class ConnectionAuth {
 public:
  /// Nothing sent is the anonymous caller. Unauthenticated; Unavailable only while nothing is known
  /// yet.
  Task<std::shared_ptr<const Caller>> caller(std::shared_ptr<Server::Core> core, std::string token);

 private:
  std::string token_;
  std::shared_ptr<const Caller> known_;
  std::int64_t check_at_ = 0;
};

/// The token of an Authorization header or a query; Unauthenticated for another scheme than Bearer.
Result<std::string> token_of(std::string_view authorization, std::string_view query);

/// An answer to the body of a POST.
struct RpcReply {
  unsigned status = 200;
  std::string body;
};
/// Runs a single request or a batch.
asio::awaitable<RpcReply> answer_post(std::shared_ptr<Server::Core> core, Router::Mount mount,
                                      CallContext context, std::string_view text, bool with_kind);

/// Serves a connection from its accept to its end.
void start_http(std::shared_ptr<Server::Core> core, Socket socket, std::string remote);

/// Facts of an upgrade request that the WebSocket needs.
struct Upgrade {
  Router::Mount mount{};
  std::shared_ptr<const CallContext::Connection> connection;
  std::string token;
  ConnectionAuth auth;
  Trace trace;
  bool with_kind = false;
  bool only_ready = false;  ///< kOnlyReadyHeader
};

}  // namespace venus::rpc
