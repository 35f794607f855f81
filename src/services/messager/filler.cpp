// SPDX-License-Identifier: MIT OR Apache-2.0
// Nonce, gas and signature, then the way out.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "api/gateway.hpp"
#include "api/node/mpool.hpp"
#include "api/node/state.hpp"
#include "services/messager/rows.hpp"
#include "services/messager/service.hpp"
#include "types/signing.hpp"

namespace venus::messager {
namespace {

types::SignatureType signature_type(const Address& key) {
  switch (key.protocol()) {
    case types::Protocol::Bls: return types::SignatureType::Bls;
    case types::Protocol::Delegated: return types::SignatureType::Delegated;
    default: return types::SignatureType::Secp256k1;
  }
}

// The message's own rule, else the general one.
api::MessageSendSpec merged_spec(const api::MessagerSendSpec& own, const api::MessagerSharedParams& shared) {
  api::MessageSendSpec out;
  out.max_fee = own.max_fee.is_zero() ? shared.max_fee : own.max_fee;
  out.gas_over_estimation = own.gas_over_estimation != 0 ? own.gas_over_estimation : shared.gas_over_estimation;
  out.gas_over_premium = own.gas_over_premium != 0 ? own.gas_over_premium : shared.gas_over_premium;
  return out;
}

// Nodes that have a message already, or whose chain is past it, need not be told.
bool is_harmless(const Error& error) {
  for (const auto* text : {"already exists", "existing nonce", "nonce too low", "minimum expected nonce"}) {
    if (error.message.find(text) != std::string::npos) return true;
  }
  return false;
}

// Checking a message takes a node milliseconds; its queue may be longer.
constexpr std::chrono::seconds kPushTimeout{10};

// Knows nothing of the service, which it may outlive.
using Report = std::function<void(std::string_view, const Error&)>;
Task<> push_to(std::shared_ptr<rpc::Client> node, std::vector<types::SignedMessage> messages, Report report) {
  for (const auto& message : messages) {
    const auto pushed = co_await node->call_with<api::MpoolApi::Push>(rpc::CallMeta{.timeout = kPushTimeout}, message);
    if (pushed || is_harmless(pushed.error())) continue;
    if (report) report("push " + message.cid().str(), pushed.error());
    // A node that can't be reached at all would cost the time-out of each message.
    if (pushed.error().code == ErrorCode::Unavailable || pushed.error().code == ErrorCode::Timeout) break;
  }
  co_return Result<void>{};
}

asio::awaitable<void> tell(Task<> task, rpc::StreamWriter<bool> writer) {
  writer.send((co_await std::move(task)).has_value());
}

}  // namespace

Task<> Service::fill_all(TipsetPtr head) {
  CO_TRY_VOID(co_await in_database([this, height = head->height()]() -> Result<void> {
    TRY_VOID(store_.expire(height));
    return {};
  }));
  CO_TRY(const auto shared, co_await in_database([this] { return store_.shared_params(); }));
  CO_TRY(const auto addresses, co_await in_database([this] { return store_.addresses(); }));
  for (const auto& address : addresses) {
    const auto filled = co_await fill_sender(address.address, head, shared);
    if (!filled) report("fill messages of " + address.address.str(), filled.error());
  }
  co_return Result<void>{};
}

Task<> Service::fill_sender(Address from, TipsetPtr head, api::MessagerSharedParams shared) {
  CO_TRY(const auto lease, co_await in_database([this, from] { return store_.lease(from, settings_.holder); }));
  if (!lease) co_return Result<void>{};
  CO_TRY(const auto actor, co_await peers_.node->call<api::StateApi::GetActor>(from, head->key()));
  CO_TRY(const auto pool_nonce, co_await peers_.node->call<api::MpoolApi::GetNonce>(from));
  CO_TRY(const auto next,
         co_await in_database([this, from, pool_nonce] { return store_.next_nonce(from, pool_nonce); }));
  // All filled ones go out again each time: a node that restarted or missed one needs it.
  CO_TRY(auto outgoing, co_await in_database([this, from, nonce = actor.nonce] {
    return store_.filled_from(from, nonce);
  }));
  const auto in_flight = next > actor.nonce ? next - actor.nonce : 0;
  if (in_flight < shared.select_count) {
    const auto want = std::min<std::size_t>(shared.select_count - in_flight, settings_.batch);
    CO_TRY(auto waiting, co_await in_database([this, from, want] { return store_.unfilled(from, want); }));
    if (!waiting.empty()) {
      CO_TRY(const auto filled, co_await fill_batch(from, next, std::move(waiting), head, shared));
      if (!filled.empty()) {
        CO_TRY_VOID(co_await in_database(
            [this, from, next, &filled, &lease] { return store_.save_filled(from, next, filled, *lease); }));
        for (const auto& one : filled) outgoing.push_back(one.signed_message);
      }
    }
  }
  co_return co_await push_to_nodes(std::move(outgoing));
}

Task<std::vector<Filled>> Service::fill_batch(Address from, Nonce first, std::vector<Unfilled> waiting,
                                              TipsetPtr head, api::MessagerSharedParams shared) {
  std::vector<api::EstimateMessage> ask;
  for (const auto& one : waiting) {
    auto message = one.message;
    message.from = from;
    ask.push_back({std::move(message), merged_spec(one.spec, shared)});
  }
  CO_TRY(auto estimates, co_await peers_.node->call<api::MpoolApi::BatchEstimateMessageGas>(
                             std::move(ask), first, head->key()));
  std::vector<Filled> out;
  auto nonce = first;
  for (std::size_t i = 0; i < waiting.size() && i < estimates.size(); ++i) {
    auto& estimate = estimates[i];
    if (!estimate.error.empty() || !estimate.message) {
      const auto why = "gas estimate: " + estimate.error;
      CO_TRY_VOID(co_await in_database([this, &waiting, i, &why] { return store_.note_error(waiting[i].id, why); }));
      continue;
    }
    auto message = *std::move(estimate.message);
    message.nonce = nonce;
    auto signed_message = co_await sign(std::move(message), waiting[i].wallet_name);
    if (!signed_message) {
      // Later ones would leave a hole in the nonces: stop here and try again with the next head.
      const auto why = signed_message.error().message;
      CO_TRY_VOID(co_await in_database([this, &waiting, i, &why] { return store_.note_error(waiting[i].id, why); }));
      break;
    }
    out.push_back({waiting[i].id, *std::move(signed_message)});
    ++nonce;
  }
  co_return out;
}

Task<types::SignedMessage> Service::sign(types::Message message, std::string account) {
  const auto type = signature_type(message.from);
  CO_TRY(auto bytes, types::message_signing_bytes(message, type, settings_.chain_id));
  std::vector<std::string> accounts;
  if (!account.empty()) accounts.push_back(std::move(account));
  CO_TRY(auto signature, co_await peers_.gateway->call<api::GatewayApi::WalletSign>(
                             message.from, std::move(accounts), std::move(bytes),
                             api::MsgMeta{std::string(api::sign_type::kMessage), ipld::encode(message)}));
  co_return types::SignedMessage{std::move(message), std::move(signature)};
}

// What does not arrive now goes out again with the next head.
Task<> Service::push_to_nodes(std::vector<types::SignedMessage> messages) {
  if (messages.empty()) co_return Result<void>{};
  if (!settings_.push_to_all) co_return co_await push_to(peers_.node, std::move(messages), report_);
  std::vector<std::shared_ptr<rpc::Client>> to;
  for (std::size_t i = 0; i < peers_.push_nodes.size(); ++i) {
    if (!peers_.push_node_alive || peers_.push_node_alive(i)) to.push_back(peers_.push_nodes[i]);
  }
  // At the same time, so that one that hangs holds up no other.
  auto [writer, done] = rpc::make_stream<bool>(to.size() + 1);
  const auto executor = co_await asio::this_coro::executor;
  for (const auto& node : to) asio::co_spawn(executor, tell(push_to(node, messages, report_), writer), asio::detached);
  for (std::size_t i = 0; i < to.size(); ++i) CO_TRY_VOID(co_await done.next());
  co_return Result<void>{};
}

}  // namespace venus::messager
