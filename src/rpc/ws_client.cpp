// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/ws_client.hpp"

#include "rpc/client_text.hpp"
#include "rpc/rpc_text.hpp"
#include "rpc/ws_link.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <random>
#include <unordered_map>

namespace venus::rpc {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

// Everything below is used on the strand only, but for the atomics and constants.
struct Core : std::enable_shared_from_this<Core> {
  Core(asio::io_context& io, Endpoint to, ClientOptions given)
      : strand(asio::make_strand(io.get_executor())),
        endpoint(std::move(to)),
        options(std::move(given)),
        pause(strand),
        wake(strand) {}

  using Answer = StreamWriter<boost::json::value>;
  struct Pending {
    Answer answer;
    std::shared_ptr<JsonSink> sink;  // of a call that opens a channel
    bool kept = false;               // keep_channel: survives reconnects
  };
  struct Kept {
    std::string method;
    boost::json::array params;
    std::shared_ptr<JsonSink> sink;
  };
  struct Channel {
    std::shared_ptr<JsonSink> sink;
    std::uint64_t request = 0;
    bool kept = false;
  };

  static asio::awaitable<void> run(std::shared_ptr<Core> self);
  static asio::awaitable<void> write_loop(std::shared_ptr<Core> self, std::shared_ptr<WsLink> link);
  static asio::awaitable<void> back_off(std::shared_ptr<Core> self, Millis& delay);

  void submit(std::uint64_t id, std::string text, Pending pending);
  void send_kept(const Kept& kept);
  void forget(std::uint64_t id);
  void push_out(std::string text);
  void handle(std::string_view text);
  void handle_answer(std::uint64_t id, boost::json::value document);
  void handle_channel(std::string_view method, const boost::json::value& document);
  void watch_reader(const std::shared_ptr<JsonSink>& sink, std::uint64_t request);
  void fail_all(const Error& error);
  void on_open();
  void stop();

  const LinkStrand strand;
  const Endpoint endpoint;
  const ClientOptions options;
  std::atomic<std::uint64_t> next_id{1};
  std::atomic<bool> connected{false};
  bool stopped = false;
  std::shared_ptr<WsLink> link;
  asio::steady_timer pause;
  asio::steady_timer wake;
  std::deque<std::string> outbox;
  std::unordered_map<std::uint64_t, Pending> pending;
  std::unordered_map<std::uint64_t, Channel> channels;
  std::vector<Kept> kept;
  std::vector<std::function<void()>> hooks;
};

asio::awaitable<void> Core::run(std::shared_ptr<Core> self) {
  auto delay = self->options.reconnect_min;
  while (!self->stopped) {
    auto link = make_link(self->strand, self->endpoint.tls());
    self->link = link;
    auto opened = co_await link->open(self->endpoint, self->options);
    if (self->stopped) co_return;
    if (!opened) {
      self->fail_all(opened.error());
      co_await back_off(self, delay);
      continue;
    }
    delay = self->options.reconnect_min;
    asio::co_spawn(self->strand, write_loop(self, link), asio::detached);
    self->on_open();
    Error broken;
    for (;;) {
      auto text = co_await link->read();
      if (!text) {
        broken = std::move(text).error();
        break;
      }
      self->handle(*text);
    }
    self->connected = false;
    link->close();
    self->wake.cancel();
    self->outbox.clear();
    self->fail_all(broken);
    if (!self->stopped) co_await back_off(self, delay);
  }
}

asio::awaitable<void> Core::back_off(std::shared_ptr<Core> self, Millis& delay) {
  // Jitter keeps the clients of a restarted server from coming all at once.
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto spread = std::uniform_int_distribution<std::int64_t>(0, delay.count() / 2)(random);
  self->pause.expires_after(delay / 2 + Millis(spread));
  delay = std::min(delay * 2, self->options.reconnect_max);
  static_cast<void>(co_await self->pause.async_wait(kToken));
}

asio::awaitable<void> Core::write_loop(std::shared_ptr<Core> self, std::shared_ptr<WsLink> link) {
  while (self->link == link && !self->stopped) {
    if (self->outbox.empty()) {
      self->wake.expires_at(SteadyTime::max());
      static_cast<void>(co_await self->wake.async_wait(kToken));
      if (!self->connected) co_return;
      continue;
    }
    auto text = std::move(self->outbox.front());
    self->outbox.pop_front();
    const auto written = co_await link->write(std::move(text));
    if (!written) {
      link->close();
      co_return;
    }
  }
}

void Core::on_open() {
  connected = true;
  std::erase_if(kept, [](const auto& entry) { return !entry.sink->open(); });
  for (const auto& entry : kept)
    send_kept(entry);
  for (const auto& hook : hooks)
    hook();
}

void Core::submit(std::uint64_t id, std::string text, Pending entry) {
  if (stopped) return entry.answer.close({ErrorCode::Cancelled, "the client was stopped"});
  pending.emplace(id, std::move(entry));
  push_out(std::move(text));
}

void Core::push_out(std::string text) {
  outbox.push_back(std::move(text));
  wake.cancel();
}

void Core::send_kept(const Kept& entry) {
  const auto id = next_id.fetch_add(1);
  auto [answer, unread] = make_stream<boost::json::value>(1);
  submit(id, request_text(id, entry.method, entry.params, std::nullopt),
         {answer, entry.sink, true});
}

void Core::forget(std::uint64_t id) {
  if (pending.erase(id) > 0 && connected) push_out(cancel_text(id));
}

void Core::fail_all(const Error& error) {
  auto calls = std::exchange(pending, {});
  auto open = std::exchange(channels, {});
  outbox.clear();
  for (auto& [id, call] : calls) {
    call.answer.close(error);
    if (call.sink && !call.kept) call.sink->finish(error);
  }
  for (auto& [id, channel] : open) {
    if (!channel.kept) channel.sink->finish(error);
  }
}

void Core::handle(std::string_view text) {
  auto document = base::parse_json(text, kAnswerDepth);
  // A peer that sends something else than JSON is not worth talking to.
  if (!document || !document->is_object()) return link->close();
  const auto& object = document->get_object();
  if (const auto* method = object.if_contains("method"); method != nullptr && method->is_string()) {
    return handle_channel({method->get_string().data(), method->get_string().size()}, *document);
  }
  const auto* id = object.if_contains("id");
  if (id == nullptr) return;
  const auto number = base::from_json<std::uint64_t>(*id);
  if (number) handle_answer(*number, *std::move(document));
}

void Core::handle_answer(std::uint64_t id, boost::json::value document) {
  auto found = pending.extract(id);
  if (found.empty()) return;
  auto& call = found.mapped();
  auto answer = take_answer(std::move(document));
  if (!answer) {
    if (call.sink) call.sink->finish(answer.error());
    return call.answer.close(std::move(answer).error());
  }
  if (call.sink) {
    const auto channel = base::from_json<std::uint64_t>(*answer);
    if (!channel) {
      const Error error{ErrorCode::Malformed, "the peer answered no channel id"};
      call.sink->finish(error);
      return call.answer.close(error);
    }
    channels.insert_or_assign(*channel, Channel{call.sink, id, call.kept});
    watch_reader(call.sink, id);
  }
  call.answer.send(*std::move(answer));
}

void Core::watch_reader(const std::shared_ptr<JsonSink>& sink, std::uint64_t request) {
  sink->on_end([weak = weak_from_this(), request] {
    const auto self = weak.lock();
    if (!self) return;
    asio::post(self->strand, [self, request] {
      const auto open = std::ranges::find_if(
          self->channels, [&](const auto& c) { return c.second.request == request; });
      if (open == self->channels.end()) return;
      self->channels.erase(open);
      if (self->connected) self->push_out(cancel_text(request));
    });
  });
}

void Core::handle_channel(std::string_view method, const boost::json::value& document) {
  const auto* params = base::find_member(document, "params");
  if (params == nullptr || !params->is_array() || params->get_array().empty()) return;
  const auto& list = params->get_array();
  const auto id = base::from_json<std::uint64_t>(list[0]);
  if (!id) return;
  const auto found = channels.find(*id);
  if (found == channels.end()) return;
  if (method == kChannelValue && list.size() == 2) {
    found->second.sink->push(list[1]);
  } else if (method == kChannelClose) {
    auto channel = std::move(found->second);
    channels.erase(found);
    if (!channel.kept) return channel.sink->finish(std::nullopt);
    // The peer ended a subscription that is to last (it may be stopping): ask again a little later.
    const auto again =
        std::ranges::find_if(kept, [&](const auto& entry) { return entry.sink == channel.sink; });
    if (again == kept.end() || !channel.sink->open()) return;
    auto timer = std::make_shared<asio::steady_timer>(strand, options.reconnect_min);
    timer->async_wait(
        [self = shared_from_this(), timer, entry = *again](boost::system::error_code) {
          if (self->connected && !self->stopped && entry.sink->open()) self->send_kept(entry);
        });
  }
}

void Core::stop() {
  if (stopped) return;
  stopped = true;
  connected = false;
  if (link) link->close();
  pause.cancel();
  wake.cancel();
  const Error error{ErrorCode::Cancelled, "the client was stopped"};
  fail_all(error);
  for (const auto& entry : std::exchange(kept, {}))
    entry.sink->finish(error);
  hooks.clear();
}

class WsClient final : public Client {
 public:
  WsClient(asio::io_context& io, Endpoint endpoint, ClientOptions options)
      : core_(std::make_shared<Core>(io, std::move(endpoint), std::move(options))) {
    asio::co_spawn(core_->strand, Core::run(core_), asio::detached);
  }
  ~WsClient() override { stop(); }

  Task<boost::json::value> call_raw(std::string method, boost::json::array params,
                                    CallMeta meta) override {
    return call(core_, std::move(method), std::move(params), meta, nullptr);
  }
  Task<> open_channel(std::string method, boost::json::array params, std::shared_ptr<JsonSink> sink,
                      CallMeta meta) override {
    return opened(call(core_, std::move(method), std::move(params), meta, std::move(sink)));
  }
  void keep_channel(std::string method, boost::json::array params,
                    std::shared_ptr<JsonSink> sink) override {
    Core::Kept entry{std::move(method), std::move(params), std::move(sink)};
    asio::post(core_->strand, [core = core_, entry = std::move(entry)] {
      if (core->stopped)
        return entry.sink->finish(Error{ErrorCode::Cancelled, "the client was stopped"});
      core->kept.push_back(entry);
      if (core->connected) core->send_kept(entry);
    });
  }
  void on_connect(std::function<void()> hook) override {
    asio::post(core_->strand, [core = core_, hook = std::move(hook)] {
      core->hooks.push_back(hook);
      if (core->connected) hook();
    });
  }
  [[nodiscard]] bool connected() const override { return core_->connected; }
  void stop() override {
    asio::post(core_->strand, [core = core_] { core->stop(); });
  }

 protected:
  [[nodiscard]] std::size_t stream_capacity() const override {
    return core_->options.stream_capacity;
  }

 private:
  static Task<> opened(Task<boost::json::value> calling) {
    CO_TRY_VOID(co_await std::move(calling));
    co_return Result<void>{};
  }

  static Task<boost::json::value> call(std::shared_ptr<Core> core, std::string method,
                                       boost::json::array params, CallMeta meta,
                                       std::shared_ptr<JsonSink> sink) {
    const auto id = core->next_id.fetch_add(1);
    auto [writer, answer] = make_stream<boost::json::value>(1);
    auto text = request_text(id, method, params, meta.trace);
    asio::post(core->strand, [core, id, text = std::move(text),
                              entry = Core::Pending{writer, std::move(sink), false}] {
      core->submit(id, text, entry);
    });
    const auto deadline =
        std::chrono::steady_clock::now() + meta.timeout.value_or(core->options.call_timeout);
    auto result = co_await answer.next_until(deadline);
    if (!result) {
      const auto code = result.error().code;
      if (code == ErrorCode::Timeout || code == ErrorCode::Cancelled) {
        asio::post(core->strand, [core, id] { core->forget(id); });
      }
      co_return std::unexpected(std::move(result).error().context(method));
    }
    if (!*result) co_return fail(ErrorCode::Internal, "{}: ended without an answer", method);
    co_return **std::move(result);
  }

  std::shared_ptr<Core> core_;
};

}  // namespace

std::shared_ptr<Client> make_ws_client(asio::io_context& io, Endpoint endpoint,
                                       ClientOptions options) {
  return std::make_shared<WsClient>(io, std::move(endpoint), std::move(options));
}

}  // namespace venus::rpc
