// SPDX-License-Identifier: MIT OR Apache-2.0
#include "api/node/mpool.hpp"

#include "services/node/gas.hpp"
#include "services/node/handlers/handlers.hpp"
#include "services/node/mining.hpp"

namespace venus::node {
namespace {

using Api = api::MpoolApi;
using api::SignedMessages;

SignedMessages copies(const mpool::Selected& selected) {
  SignedMessages out;
  out.reserve(selected.size());
  for (const auto& message : selected) out.push_back(*message);
  return out;
}

Task<SignedMessages> select(Node& node, TipsetKey key, double quality) {
  co_return co_await on(node.workers, [&]() -> Result<SignedMessages> {
    TRY(const auto tipset, node.tipset(key));
    TRY(const auto selected, node.pool->select(tipset, quality));
    return copies(selected);
  });
}

Task<std::vector<SignedMessages>> select_many(Node& node, TipsetKey key, std::vector<double> qualities) {
  if (qualities.size() > 100) co_return fail(ErrorCode::TooLarge, "at most 100 blocks at a time");
  co_return co_await on(node.workers, [&]() -> Result<std::vector<SignedMessages>> {
    TRY(const auto tipset, node.tipset(key));
    TRY(const auto selected, node.pool->select_many(tipset, qualities));
    std::vector<SignedMessages> out;
    for (const auto& list : selected) out.push_back(copies(list));
    return out;
  });
}

Task<Cid> push(Node& node, types::SignedMessage message, mpool::Origin origin) {
  co_return co_await on(node.workers, [&] { return node.push_message(std::move(message), origin); });
}

Task<std::vector<Cid>> push_all(Node& node, SignedMessages messages, mpool::Origin origin) {
  co_return co_await on(node.workers, [&]() -> Result<std::vector<Cid>> {
    std::vector<Cid> out;
    for (auto& message : messages) {
      TRY(const auto cid, node.push_message(std::move(message), origin));
      out.push_back(cid);
    }
    return out;
  });
}

// Fills, signs with a key of this node and pushes.
Result<types::SignedMessage> send(Node& node, types::Message message,
                                  const std::optional<api::MessageSendSpec>& spec) {
  const auto head = node.head();
  if (!message.from.defined()) message.from = node.keys->default_address();
  if (!message.from.defined()) {
    return fail(ErrorCode::InvalidArgument, "no sender given and no key in this node: `venus wallet new`");
  }
  if (message.from.is_id()) {
    TRY(message.from, node.runtime->states.key_address(message.from, head));
  }
  if (message.nonce.value() != 0) {
    return fail(ErrorCode::InvalidArgument, "MpoolPushMessage chooses the nonce: leave it 0, it was {}", message.nonce);
  }
  GasEstimator gas(node);
  TRY(message, gas.fill(std::move(message), spec, head, node.pool->pending_of(message.from)));
  TRY(message.nonce, node.pool->next_nonce(message.from));
  TRY(auto signed_message, node.keys->sign_message(std::move(message), node.settings.network.eip155_chain_id));
  TRY_VOID(node.push_message(signed_message, mpool::Origin::Local));
  return signed_message;
}

api::MpoolConfig to_api(const mpool::Config& c) {
  return {c.priority_addresses, c.size_limit_high, c.size_limit_low,
          c.replace_by_fee_ratio, c.prune_cooldown, c.gas_limit_overestimation};
}

mpool::Config from_api(const api::MpoolConfig& c) {
  return {c.priority_addresses, c.size_limit_high, c.size_limit_low,
          c.replace_by_fee_ratio, c.prune_cooldown, c.gas_limit_overestimation};
}

Result<rpc::Stream<api::MpoolUpdate>> subscribe(Node& node) {
  auto [writer, stream] = rpc::make_stream<api::MpoolUpdate>(1024);
  const auto subscription = node.pool->subscribe([writer](const mpool::Update& update) {
    writer.send({static_cast<int>(update.kind), *update.message});
  });
  writer.on_end([&node, subscription] { node.pool->unsubscribe(subscription); });
  return std::move(stream);
}

Task<std::optional<api::MiningBaseInfo>> base_info_on(Node& node, Address miner, ChainEpoch epoch, TipsetKey key) {
  CO_TRY(auto base, node.tipset(key));
  co_return co_await mining_base_info(node, miner, epoch, std::move(base));
}

}  // namespace

void bind_mpool(rpc::Dispatcher& d, Node& node) {
  d.bind<Api::Pending>([&node](TipsetKey) -> Result<SignedMessages> { return node.pool->pending(); });
  d.bind<Api::Select>([&node](TipsetKey key, double quality) { return select(node, std::move(key), quality); });
  d.bind<Api::SelectMany>([&node](TipsetKey key, std::vector<double> qualities) {
    return select_many(node, std::move(key), std::move(qualities));
  });
  d.bind<Api::Push>([&node](types::SignedMessage m) { return push(node, std::move(m), mpool::Origin::Local); });
  d.bind<Api::PushUntrusted>(
      [&node](types::SignedMessage m) { return push(node, std::move(m), mpool::Origin::Untrusted); });
  d.bind<Api::BatchPush>([&node](SignedMessages m) { return push_all(node, std::move(m), mpool::Origin::Local); });
  d.bind<Api::BatchPushUntrusted>(
      [&node](SignedMessages m) { return push_all(node, std::move(m), mpool::Origin::Untrusted); });
  d.bind<Api::PushMessage>([&node](types::Message m, std::optional<api::MessageSendSpec> spec) {
    return on(node.workers, [&node, m = std::move(m), spec = std::move(spec)] { return send(node, m, spec); });
  });
  d.bind<Api::BatchPushMessage>([&node](api::Messages messages, std::optional<api::MessageSendSpec> spec) {
    return on(node.workers,
              [&node, messages = std::move(messages), spec = std::move(spec)]() -> Result<SignedMessages> {
                SignedMessages out;
                for (const auto& message : messages) {
                  TRY(auto sent, send(node, message, spec));
                  out.push_back(std::move(sent));
                }
                return out;
              });
  });
  d.bind<Api::GetNonce>([&node](Address address) {
    return on(node.workers, [&node, address] { return node.pool->next_nonce(address); });
  });
  d.bind<Api::Sub>([&node] { return subscribe(node); });
  d.bind<Api::Clear>([&node](bool local) -> Result<void> { return node.pool->clear(local); });
  d.bind<Api::GetConfig>([&node]() -> Result<api::MpoolConfig> { return to_api(node.pool->config()); });
  d.bind<Api::SetConfig>(
      [&node](api::MpoolConfig config) -> Result<void> { return node.pool->set_config(from_api(config)); });
  d.bind<Api::CheckPendingMessages>([&node](Address address) -> Result<api::Json> {
    // Lotus answers null for a sender without pending messages; its check lists are not built here.
    if (node.pool->pending_of(address).empty()) return api::Json(nullptr);
    return fail(ErrorCode::Unsupported, "check lists of pending messages are not available; see MpoolPending");
  });
  d.bind<Api::PublishByAddress>([&node](Address address) -> Result<void> {
    if (!node.relay) return fail(ErrorCode::Unavailable, "networking is switched off (p2p.enabled = false)");
    auto messages = node.pool->pending_of(address);
    if (messages.empty()) return fail(ErrorCode::NotFound, "no pending messages of {}", address);
    for (auto& message : messages) node.relay(std::move(message));
    return {};
  });
  d.bind<Api::PublishMessage>([&node](types::SignedMessage message) -> Result<void> {
    TRY_VOID(node.push_message(std::move(message), mpool::Origin::Local));
    return {};
  });
}

void bind_gas(rpc::Dispatcher& d, Node& node) {
  d.bind<Api::EstimateFeeCap>(
      [&node](types::Message message, std::int64_t blocks, TipsetKey) -> Result<TokenAmount> {
        return GasEstimator(node).fee_cap(message, blocks, node.head());
      });
  d.bind<Api::EstimateGasLimit>([&node](types::Message message, TipsetKey key) {
    return on(node.workers, [&node, message = std::move(message), key = std::move(key)]() -> Result<Gas> {
      TRY(const auto tipset, node.tipset(key));
      return GasEstimator(node).gas_limit(message, tipset, node.pool->pending_of(message.from));
    });
  });
  d.bind<Api::EstimateGasPremium>([&node](std::uint64_t blocks, Address, std::int64_t, TipsetKey key) {
    return on(node.workers, [&node, blocks, key = std::move(key)]() -> Result<TokenAmount> {
      TRY(const auto tipset, node.tipset(key));
      return GasEstimator(node).premium(std::min<std::uint64_t>(blocks, 100), tipset);
    });
  });
  d.bind<Api::EstimateMessageGas>(
      [&node](types::Message message, std::optional<api::MessageSendSpec> spec, TipsetKey key) {
        return on(node.workers,
                  [&node, message = std::move(message), spec = std::move(spec),
                   key = std::move(key)]() -> Result<types::Message> {
                    TRY(const auto tipset, node.tipset(key));
                    return GasEstimator(node).fill(message, spec, tipset, node.pool->pending_of(message.from));
                  });
      });
  d.bind<Api::BatchEstimateMessageGas>(
      [&node](std::vector<api::EstimateMessage> messages, Nonce first, TipsetKey key) {
        return on(node.workers, [&node, messages = std::move(messages), first,
                                 key = std::move(key)]() -> Result<std::vector<api::EstimateResult>> {
          if (messages.size() > 1000) return fail(ErrorCode::TooLarge, "at most 1000 messages at a time");
          TRY(const auto tipset, node.tipset(key));
          return GasEstimator(node).fill_batch(messages, first, tipset);
        });
      });
}

void bind_mining(rpc::Dispatcher& d, Node& node) {
  d.bind<Api::GetBaseInfo>([&node](Address miner, ChainEpoch epoch, TipsetKey key) {
    return base_info_on(node, miner, epoch, std::move(key));
  });
  d.bind<Api::CreateBlock>([&node](api::BlockTemplate wanted) {
    return on(node.workers, [&node, wanted = std::move(wanted)] { return create_block(node, wanted); });
  });
}

}  // namespace venus::node
