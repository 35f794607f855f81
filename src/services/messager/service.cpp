// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/messager/service.hpp"

#include <boost/asio/steady_timer.hpp>

#include "api/node/state.hpp"
#include "crypto/uuid.hpp"
#include "services/messager/rows.hpp"

namespace venus::messager {
namespace {

constexpr auto kWaitPoll = std::chrono::milliseconds(500);

template <class T>
Result<T> found_or(Result<std::optional<T>> result, const std::string& what) {
  if (!result) return std::unexpected(std::move(result).error());
  if (!*result) return fail(ErrorCode::NotFound, "no message {}", what);
  return **std::move(result);
}

}  // namespace

void Service::bind(rpc::Dispatcher& dispatcher) {
  using Api = api::MessagerApi;
  dispatcher.bind<Api::Push>(*this, &Service::push);
  dispatcher.bind<Api::PushWithId>(*this, &Service::push_with_id);
  dispatcher.bind<Api::Has>(*this, &Service::has);
  dispatcher.bind<Api::Get>(*this, &Service::get);
  dispatcher.bind<Api::GetBySignedCid>(*this, &Service::get_by_cid);
  dispatcher.bind<Api::GetByFromAndNonce>(*this, &Service::get_by_nonce);
  dispatcher.bind<Api::List>(*this, &Service::list);
  dispatcher.bind<Api::Wait>(*this, &Service::wait);
  dispatcher.bind<Api::MarkBad>(*this, &Service::mark_bad);
  dispatcher.bind<Api::ForbidAddress>(*this, &Service::forbid);
  dispatcher.bind<Api::ActivateAddress>(*this, &Service::activate);
  dispatcher.bind<Api::ListAddress>([this] { return store_.addresses(); });
  dispatcher.bind<Api::GetSharedParams>([this] { return store_.shared_params(); });
  dispatcher.bind<Api::SetSharedParams>(
      [this](api::MessagerSharedParams params) { return store_.set_shared_params(params); });
  dispatcher.bind<Api::Version>([]() -> Result<api::MessagerVersion> { return api::MessagerVersion{"venus-messager"}; });
}

api::MessagerMessage Service::with_confidence(api::MessagerMessage message) const {
  if (message.height > 0) message.confidence = std::max<std::int64_t>(0, head_height_ - message.height);
  return message;
}

Task<std::string> Service::push(rpc::CallContext context, types::Message message,
                                std::optional<api::MessagerSendSpec> spec) {
  co_return co_await push_with_id(std::move(context), crypto::new_uuid(), std::move(message), std::move(spec));
}

Task<std::string> Service::push_with_id(rpc::CallContext context, std::string id, types::Message message,
                                        std::optional<api::MessagerSendSpec> spec) {
  if (!message.from.defined() || !message.to.defined()) {
    co_return fail(ErrorCode::InvalidArgument, "a message needs a sender and a receiver");
  }
  CO_TRY(message.from, with_context(co_await key_of(message.from), "sender"));
  message.nonce = Nonce(0);
  CO_TRY_VOID(co_await in_database([this, &id, &message, &spec, &context] {
    return store_.push(id, message, spec.value_or(api::MessagerSendSpec{}), context.user());
  }));
  new_messages_ = true;
  co_return id;
}

Task<bool> Service::has(std::string id) {
  CO_TRY(const auto found, co_await in_database([this, &id] { return store_.by_id(id); }));
  co_return found.has_value();
}

Task<api::MessagerMessage> Service::get(std::string id) {
  CO_TRY(auto message, found_or(co_await in_database([this, &id] { return store_.by_id(id); }), id));
  co_return with_confidence(std::move(message));
}

Task<api::MessagerMessage> Service::get_by_cid(Cid cid) {
  CO_TRY(auto message,
         found_or(co_await in_database([this, &cid] { return store_.by_signed_cid(cid); }), cid.str()));
  co_return with_confidence(std::move(message));
}

Task<api::MessagerMessage> Service::get_by_nonce(Address from, Nonce nonce) {
  CO_TRY(auto message, found_or(co_await in_database([this, from, nonce] { return store_.by_nonce(from, nonce); }),
                                fmt::format("of {} with nonce {}", from, nonce)));
  co_return with_confidence(std::move(message));
}

Task<std::vector<api::MessagerMessage>> Service::list(api::MessagerQuery query) {
  CO_TRY(auto found, co_await in_database([this, &query] { return store_.list(query); }));
  for (auto& message : found) message = with_confidence(std::move(message));
  co_return found;
}

Task<api::MessagerMessage> Service::wait(std::string id, std::uint64_t confidence) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!stopping_) {
    CO_TRY(auto message, co_await get(id));
    const bool executed = message.state == api::MessageState::OnChain &&
                          static_cast<std::uint64_t>(message.confidence) >= confidence;
    if (executed || message.state == api::MessageState::Failed ||
        message.state == api::MessageState::NonceConflict) {
      co_return message;
    }
    timer.expires_after(kWaitPoll);
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return fail(ErrorCode::Cancelled, "the messager stops");
}

Task<> Service::mark_bad(std::string id) {
  co_return co_await in_database([this, &id] { return store_.mark_bad(id, "given up by hand"); });
}

Task<> Service::forbid(Address address) {
  co_return co_await in_database([this, address] { return store_.set_address_state(address, kAddressForbidden); });
}

Task<> Service::activate(Address address) {
  co_return co_await in_database([this, address] { return store_.set_address_state(address, kAddressAlive); });
}

}  // namespace venus::messager
