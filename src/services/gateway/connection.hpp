// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "api/gateway.hpp"

namespace venus::services::gateway {

/// One wallet or prover that connected out to us: requests go down its stream, answers come back by id.
/// Thread-safe; held by shared_ptr while anybody waits for an answer.
class Connection {
 public:
  /// `account` is the user name of its token; `ip` for people.
  /// `proof_bytes` are a wallet's own random bytes for proofs of ownership.
  Connection(std::string account, std::string ip, rpc::StreamWriter<api::gateway::RequestEvent> writer,
             Bytes proof_bytes = {});

  /// Sends a request and waits for its answer. Timeout after the deadline; Unavailable when the
  /// connection ends first or is gone; Internal with the provider's own words when it refuses.
  Task<Bytes> request(std::string method, Bytes payload, std::chrono::milliseconds timeout);
  /// Hands an answer to who waits for it; NotFound when nobody does (any more).
  Result<void> respond(api::gateway::ResponseEvent response);
  /// Sends InitConnect with the channel's id.
  bool greet();
  /// Fails everything that waits.
  void end();
  [[nodiscard]] bool open() const { return writer_.open(); }
  void on_end(std::function<void()> hook) { writer_.on_end(std::move(hook)); }

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const std::string& account() const noexcept { return account_; }
  [[nodiscard]] const Bytes& proof_bytes() const noexcept { return proof_bytes_; }
  [[nodiscard]] std::vector<Address> addresses() const;
  [[nodiscard]] bool has(const Address& address) const;
  /// Whether it signs for the account: its own or one it supports.
  [[nodiscard]] bool serves(const std::string& account) const;
  [[nodiscard]] std::vector<std::string> support_accounts() const;
  void add_addresses(const std::vector<Address>& addresses);
  void remove_addresses(const std::vector<Address>& addresses);
  void add_support_account(std::string account);
  [[nodiscard]] api::GatewayConnection state() const;

 private:
  using Answer = Result<Bytes>;
  const std::string id_;
  const std::string account_;
  const std::string ip_;
  const std::string created_;
  const Bytes proof_bytes_;
  rpc::StreamWriter<api::gateway::RequestEvent> writer_;

  mutable std::mutex mutex_;
  bool ended_ = false;
  std::set<Address> addresses_;
  std::set<std::string> support_accounts_;
  std::map<std::string, rpc::StreamWriter<Answer>> waiting_;
};

using ConnectionPtr = std::shared_ptr<Connection>;

}  // namespace venus::services::gateway
