// SPDX-License-Identifier: MIT OR Apache-2.0
// Who calls, from where, and the trace the call belongs to.
#pragma once

#include "base/task.hpp"
#include "rpc/perm.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace venus::rpc {

/// A caller as the token says. Immutable, shared by all calls of a connection.
struct Caller {
  std::string name;  ///< user name of venus-auth; empty for local and anonymous callers
  PermSet perms;
  std::string extra;  ///< `ext` of a Venus token
  std::string token;  ///< as sent; empty when anonymous
};

/// W3C trace context (traceparent header): one id follows a request through all daemons.
struct Trace {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};

  /// A random one.
  static Trace fresh();
  /// From "00-<32 hex>-<16 hex>-<2 hex>"; nothing when it is not that.
  static std::optional<Trace> parse(std::string_view traceparent);
  /// The same trace with a new span, to pass on to the next daemon.
  [[nodiscard]] Trace child() const;
  /// The traceparent header's value, sampled.
  [[nodiscard]] std::string to_string() const;
  /// The 32 hex digits that appear in logs.
  [[nodiscard]] std::string id() const;
};

/// What a handler knows about its call; cheap to copy.
class CallContext {
 public:
  struct Connection {
    std::uint64_t id = 0;  ///< unique in this process
    std::string remote;    ///< "127.0.0.1:51234"
    bool websocket = false;
  };

  CallContext() = default;
  CallContext(std::shared_ptr<const Caller> caller, std::shared_ptr<const Connection> connection,
              Trace trace)
      : caller_(std::move(caller)), connection_(std::move(connection)), trace_(trace) {}

  /// A context with every right, for calls inside the process.
  static CallContext internal();

  [[nodiscard]] const Caller& caller() const noexcept { return *caller_; }
  [[nodiscard]] PermSet perms() const noexcept { return caller_->perms; }
  [[nodiscard]] const std::string& user() const noexcept { return caller_->name; }
  [[nodiscard]] const Connection& connection() const noexcept { return *connection_; }
  [[nodiscard]] const Trace& trace() const noexcept { return trace_; }

 private:
  std::shared_ptr<const Caller> caller_ = std::make_shared<Caller>();
  std::shared_ptr<const Connection> connection_ = std::make_shared<Connection>();
  Trace trace_;
};

/// Turns a token into a caller. Implementations cache; the server asks again every few seconds.
class AuthVerifier {
 public:
  virtual ~AuthVerifier() = default;
  /// Unauthenticated when the token is not good; Unavailable when that cannot be found out.
  virtual Task<std::shared_ptr<const Caller>> verify(std::string token) = 0;
};

}  // namespace venus::rpc
