// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/gateway/connection.hpp"

#include "base/clock.hpp"
#include "base/time_text.hpp"
#include "crypto/uuid.hpp"

namespace venus::services::gateway {

using api::gateway::RequestEvent;
using api::gateway::ResponseEvent;

Connection::Connection(std::string account, std::string ip, rpc::StreamWriter<RequestEvent> writer,
                       Bytes proof_bytes)
    : id_(crypto::new_uuid()), account_(std::move(account)), ip_(std::move(ip)), created_(base::rfc3339(base::SystemClock().unix_millis())),
      proof_bytes_(std::move(proof_bytes)), writer_(std::move(writer)) {}

bool Connection::greet() {
  const auto payload = base::write_json(base::to_json(api::gateway::ConnectedCompleted{id_}));
  return writer_.send({crypto::new_uuid(), std::string(api::gateway::event::kInitConnect),
                       base::to_bytes(base::as_bytes(payload))});
}

Task<Bytes> Connection::request(std::string method, Bytes payload, std::chrono::milliseconds timeout) {
  const auto id = crypto::new_uuid();
  auto [answer_writer, answer] = rpc::make_stream<Answer>(1);
  {
    const std::scoped_lock lock(mutex_);
    if (ended_) co_return fail(ErrorCode::Unavailable, "the connection to {} is gone", ip_);
    waiting_.emplace(id, std::move(answer_writer));
  }
  if (!writer_.send({id, std::move(method), std::move(payload)})) {
    const std::scoped_lock lock(mutex_);
    waiting_.erase(id);
    co_return fail(ErrorCode::Unavailable, "the connection to {} takes no more requests", ip_);
  }
  auto got = co_await answer.next_until(std::chrono::steady_clock::now() + timeout);
  {
    const std::scoped_lock lock(mutex_);
    waiting_.erase(id);
  }
  if (!got) co_return std::unexpected(std::move(got).error().context("no answer from " + ip_));
  if (!*got) co_return fail(ErrorCode::Unavailable, "the connection to {} ended before it answered", ip_);
  co_return **std::move(got);
}

Result<void> Connection::respond(ResponseEvent response) {
  rpc::StreamWriter<Answer> waiter;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = waiting_.find(response.id);
    if (found == waiting_.end()) {
      return fail(ErrorCode::NotFound, "nobody waits for the answer to request {}", response.id);
    }
    waiter = found->second;
    waiting_.erase(found);
  }
  if (response.error.empty()) waiter.send(Answer(std::move(response.payload)));
  else waiter.send(Answer(fail(ErrorCode::Internal, "{}", response.error)));
  return {};
}

void Connection::end() {
  std::map<std::string, rpc::StreamWriter<Answer>> waiting;
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    waiting.swap(waiting_);
  }
  for (auto& [id, waiter] : waiting) waiter.close();
}

std::vector<Address> Connection::addresses() const {
  const std::scoped_lock lock(mutex_);
  return {addresses_.begin(), addresses_.end()};
}

bool Connection::has(const Address& address) const {
  const std::scoped_lock lock(mutex_);
  return addresses_.contains(address);
}

bool Connection::serves(const std::string& account) const {
  const std::scoped_lock lock(mutex_);
  return account == account_ || support_accounts_.contains(account);
}

std::vector<std::string> Connection::support_accounts() const {
  const std::scoped_lock lock(mutex_);
  return {support_accounts_.begin(), support_accounts_.end()};
}

void Connection::add_addresses(const std::vector<Address>& addresses) {
  const std::scoped_lock lock(mutex_);
  addresses_.insert(addresses.begin(), addresses.end());
}

void Connection::remove_addresses(const std::vector<Address>& addresses) {
  const std::scoped_lock lock(mutex_);
  for (const auto& address : addresses) addresses_.erase(address);
}

void Connection::add_support_account(std::string account) {
  const std::scoped_lock lock(mutex_);
  support_accounts_.insert(std::move(account));
}

api::GatewayConnection Connection::state() const {
  const std::scoped_lock lock(mutex_);
  return {{addresses_.begin(), addresses_.end()}, id_, ip_, waiting_.size(), created_};
}

}  // namespace venus::services::gateway
