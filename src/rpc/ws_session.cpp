// SPDX-License-Identifier: MIT OR Apache-2.0
// One WebSocket: calls run side by side, each on a strand of its own; replies and channel values
// leave through one bounded queue.
#include "rpc/error.hpp"
#include "rpc/http_session.hpp"
#include "rpc/rpc_text.hpp"
#include "rpc/server_core.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json/monotonic_resource.hpp>

namespace venus::rpc {
namespace {

namespace websocket = boost::beast::websocket;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kHandshakeLimit{5'000};
// Items of a stream that are large enough to wait for the peer, how much of them may wait to be sent, and how
// long to wait before looking again.
constexpr std::size_t kBulkItem = 256U << 10;
constexpr std::size_t kBulkAhead = 8U << 20;
constexpr std::chrono::milliseconds kBulkPause{5};

// A call under way. The signal is used on the call's strand only, the stream under the mutex.
struct Call {
  explicit Call(Strand on) : strand(std::move(on)) {}
  Strand strand;
  asio::cancellation_signal signal;
  std::mutex mutex;
  std::shared_ptr<detail::TextStream> stream;
  bool cancelled = false;
};

void cancel_call(const std::shared_ptr<Call>& call) {
  std::shared_ptr<detail::TextStream> stream;
  {
    std::lock_guard lock(call->mutex);
    call->cancelled = true;
    stream = call->stream;
  }
  if (stream) return stream->close();
  asio::post(call->strand, [call] { call->signal.emit(asio::cancellation_type::terminal); });
}

// A request's own trace (go-jsonrpc's "meta" member) or a span of the connection's.
Trace trace_of(const boost::json::value& document, const Trace& connection) {
  const auto* meta = document.as_object().if_contains("meta");
  const auto* sent = meta == nullptr ? nullptr : base::find_member(*meta, "traceparent");
  if (sent == nullptr || !sent->is_string()) return connection.child();
  const auto own = Trace::parse({sent->get_string().data(), sent->get_string().size()});
  return own ? *own : connection.child();
}

struct CallFacts {
  std::string id;
  const MethodInfo* method = nullptr;
  std::string name;
  CallContext context;
  std::chrono::steady_clock::time_point began;
};

class WsSession final : public Session, public std::enable_shared_from_this<WsSession> {
 public:
  WsSession(std::shared_ptr<Server::Core> core, Socket socket, Upgrade upgrade)
      : core_(std::move(core)),
        strand_(socket.get_executor()),
        ws_(std::move(socket)),
        upgrade_(std::move(upgrade)) {}

  void close() override {
    asio::post(strand_, [self = shared_from_this()] { self->drop(); });
  }
  void drain() override {
    asio::post(strand_, [self = shared_from_this()] {
      self->draining_ = true;
      for (const auto& [key, call] : self->calls_) {
        std::lock_guard lock(call->mutex);
        if (call->stream) call->stream->close();
      }
      self->close_if_drained();
    });
  }
  void sweep(std::int64_t now) override {
    const auto deadline = write_deadline_.load(std::memory_order_relaxed);
    if (deadline != 0 && now > deadline) return close();
    if (!upgrade_.only_ready || core_->ready()) return;
    asio::post(strand_, [self = shared_from_this()] {
      self->say_goodbye({websocket::close_code::try_again_later, "not ready"});
    });
  }

  static asio::awaitable<void> run(std::shared_ptr<WsSession> self,
                                   http::request<http::string_body> request,
                                   boost::beast::flat_buffer buffered) {
    try {
      co_await self->serve(std::move(request), std::move(buffered));
    } catch (const std::exception&) {
      // A broken connection ends like a closed one.
    }
    self->drop();
    for (const auto& [key, call] : self->calls_)
      cancel_call(call);
    self->calls_.clear();
    self->core_->remove(self.get());
  }

 private:
  asio::awaitable<void> serve(http::request<http::string_body> request,
                              boost::beast::flat_buffer buffer);
  void handle_text(std::string_view text, const std::shared_ptr<const Caller>& caller);
  void handle_one(const boost::json::value& document, const std::shared_ptr<const Caller>& caller);
  void cancel_by_request(const boost::json::value& params);
  static asio::awaitable<void> run_call(std::shared_ptr<WsSession> self, std::shared_ptr<Call> call,
                                        CallFacts facts, Task<Outcome> pending, std::uint64_t key);
  static asio::awaitable<void> pump(std::shared_ptr<WsSession> self, std::shared_ptr<Call> call,
                                    CallFacts facts, std::shared_ptr<detail::TextStream> stream);
  asio::awaitable<void> wait_for_peer();
  void call_done(std::uint64_t key, const std::string& id);
  void reply(const CallFacts& facts, const Result<Outcome>& outcome);
  void reply_error(std::string_view id, const Error& error);
  void send(std::string text);
  void enqueue(std::string text);
  void write_next();
  void close_if_drained();
  void say_goodbye(websocket::close_reason reason);
  void drop();

  std::shared_ptr<Server::Core> core_;
  Strand strand_;
  websocket::stream<Socket> ws_;
  Upgrade upgrade_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Call>> calls_;
  std::unordered_map<std::string, std::uint64_t> by_id_;
  std::uint64_t next_call_ = 0;
  std::atomic<std::uint64_t> next_channel_{1};
  std::deque<std::string> outbox_;
  std::atomic<std::size_t> outbox_bytes_{0};
  std::atomic<std::int64_t> write_deadline_{0};
  bool draining_ = false;
  bool leaving_ = false;
  std::atomic<bool> closed_{false};
};

asio::awaitable<void> WsSession::serve(http::request<http::string_body> request,
                                       boost::beast::flat_buffer buffer) {
  const auto& limits = core_->options.limits;
  websocket::stream_base::timeout timeouts{};
  // Also how long a peer may take to answer our goodbye.
  timeouts.handshake_timeout = std::min(limits.request_timeout, kHandshakeLimit);
  timeouts.idle_timeout = 2 * limits.ws_ping_interval;
  timeouts.keep_alive_pings = true;
  ws_.set_option(timeouts);
  ws_.read_message_max(limits.max_request_bytes);
  ws_.auto_fragment(false);
  ws_.text(true);
  if (const auto protocol = request.find(http::field::sec_websocket_protocol);
      protocol != request.end()) {
    ws_.set_option(websocket::stream_base::decorator(
        [chosen = std::string(protocol->value())](auto& response) {
          response.set(http::field::sec_websocket_protocol, chosen);
        }));
  }
  const auto [refused] = co_await ws_.async_accept(request, kToken);
  if (refused) co_return;
  request = {};
  while (!closed_) {
    buffer.clear();
    const auto [error, size] = co_await ws_.async_read(buffer, kToken);
    if (error) co_return;
    if (leaving_) continue;
    core_->requests.fetch_add(1, std::memory_order_relaxed);
    Result<std::shared_ptr<const Caller>> caller = core_->anonymous;
    if (!upgrade_.token.empty()) caller = co_await upgrade_.auth.caller(core_, upgrade_.token);
    if (!caller) {
      core_->refused.fetch_add(1, std::memory_order_relaxed);
      reply_error({}, caller.error());
      say_goodbye({websocket::close_code::policy_error, "the token is no longer good"});
      continue;
    }
    const auto data = buffer.cdata();
    handle_text({static_cast<const char*>(data.data()), data.size()}, *caller);
  }
}

void WsSession::handle_text(std::string_view text, const std::shared_ptr<const Caller>& caller) {
  std::array<unsigned char, 4096> memory;
  boost::json::monotonic_resource resource(memory.data(), memory.size());
  auto document = parse_request(text, core_->options.limits.max_json_depth, &resource);
  if (!document) return reply_error({}, document.error());
  const auto* list = document->if_array();
  if (list == nullptr) return handle_one(*document, caller);
  if (list->empty() || list->size() > core_->options.limits.max_batch) {
    return reply_error(
        {}, rpc_error(kInvalidRequest, ErrorCode::InvalidArgument, "Invalid request: batch size"));
  }
  for (const auto& item : *list)
    handle_one(item, caller);
}

void WsSession::handle_one(const boost::json::value& document,
                           const std::shared_ptr<const Caller>& caller) {
  CallFacts facts;
  facts.began = std::chrono::steady_clock::now();
  RpcRequest request;
  if (auto read = read_request(document, request); !read) {
    // A peer's answer to a call nobody made here has no method; it needs no reply.
    if (request.method.empty() && base::find_member(document, "result") != nullptr) return;
    return reply_error(request.id, read.error());
  }
  if (request.method == kCancelCall) return cancel_by_request(*request.params);
  facts.id = std::move(request.id);
  const auto* entry = upgrade_.mount.dispatcher->find(request.method, upgrade_.mount.version);
  facts.method = entry == nullptr ? nullptr : entry->info;
  if (entry == nullptr) facts.name = request.method.substr(0, 128);
  facts.context = CallContext(caller, upgrade_.connection, trace_of(document, upgrade_.trace));
  if (draining_ || calls_.size() >= core_->options.limits.max_running_per_ws) {
    core_->refused.fetch_add(1, std::memory_order_relaxed);
    return reply_error(
        facts.id, rpc_error(kBusy, ErrorCode::Exhausted, "too many requests on this connection"));
  }
  auto invocation = upgrade_.mount.dispatcher->start(facts.context, request.method, *request.params,
                                                     upgrade_.mount.version);
  if (invocation.ready && (!*invocation.ready || !(*invocation.ready)->stream)) {
    const auto outcome = *std::move(invocation.ready);
    core_->record(facts.method, facts.name, facts.context, facts.began,
                  outcome ? nullptr : &outcome.error());
    return reply(facts, outcome);
  }
  const auto key = next_call_++;
  auto call = std::make_shared<Call>(asio::make_strand(core_->io));
  calls_.emplace(key, call);
  if (!facts.id.empty()) by_id_.insert_or_assign(facts.id, key);
  const auto slot = call->signal.slot();
  asio::co_spawn(
      call->strand,
      invocation.ready
          ? pump(shared_from_this(), call, facts, (*invocation.ready)->stream)
          : run_call(shared_from_this(), call, facts, std::move(invocation.pending), key),
      asio::bind_cancellation_slot(slot, [self = shared_from_this(), call, key, id = facts.id](
                                             std::exception_ptr) { self->call_done(key, id); }));
}

asio::awaitable<void> WsSession::run_call(std::shared_ptr<WsSession> self,
                                          std::shared_ptr<Call> call, CallFacts facts,
                                          Task<Outcome> pending, std::uint64_t) {
  Result<Outcome> outcome;
  try {
    auto pass = co_await self->core_->gate.enter();
    if (pass)
      outcome = co_await std::move(pending);
    else
      outcome = std::unexpected(rpc_error(kBusy, pass.error().code, pass.error().message));
  } catch (const std::exception& thrown) {
    outcome = fail(ErrorCode::Internal, "the call failed: {}", thrown.what());
  }
  self->core_->record(facts.method, facts.name, facts.context, facts.began,
                      outcome ? nullptr : &outcome.error());
  if (outcome && outcome->stream) {
    co_await pump(self, std::move(call), std::move(facts), std::move(outcome->stream));
  } else {
    self->reply(facts, outcome);
  }
}

asio::awaitable<void> WsSession::pump(std::shared_ptr<WsSession> self, std::shared_ptr<Call> call,
                                      CallFacts facts, std::shared_ptr<detail::TextStream> stream) {
  bool cancelled = false;
  {
    std::lock_guard lock(call->mutex);
    call->stream = stream;
    cancelled = call->cancelled;
  }
  if (cancelled) stream->close();
  const auto channel = self->next_channel_.fetch_add(1);
  self->reply(facts, Outcome{fmt::to_string(channel), nullptr});
  try {
    for (;;) {
      auto item = co_await stream->next();
      if (!item || !*item) break;
      const bool bulk = (*item)->size() >= kBulkItem;
      self->send(channel_message(kChannelValue, channel, **item));
      if (bulk) co_await self->wait_for_peer();
    }
  } catch (const std::exception&) {
    // The call was cancelled while it waited.
  }
  stream->close();
  self->send(channel_message(kChannelClose, channel));
}

// A stream of large items (an export) goes at its reader's pace instead of filling the queue.
asio::awaitable<void> WsSession::wait_for_peer() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (outbox_bytes_ > kBulkAhead && !closed_) {
    timer.expires_after(kBulkPause);
    const auto [error] = co_await timer.async_wait(kToken);
    if (error) co_return;
  }
}

void WsSession::call_done(std::uint64_t key, const std::string& id) {
  asio::post(strand_, [self = shared_from_this(), key, id] {
    self->calls_.erase(key);
    const auto found = self->by_id_.find(id);
    if (found != self->by_id_.end() && found->second == key) self->by_id_.erase(found);
    self->close_if_drained();
  });
}

void WsSession::cancel_by_request(const boost::json::value& params) {
  const auto* list = params.if_array();
  if (list == nullptr || list->size() != 1) return;
  const auto found = by_id_.find(base::write_json((*list)[0]));
  if (found == by_id_.end()) return;
  const auto call = calls_.find(found->second);
  if (call != calls_.end()) cancel_call(call->second);
}

void WsSession::reply(const CallFacts& facts, const Result<Outcome>& outcome) {
  if (!outcome) return reply_error(facts.id, outcome.error());
  if (facts.id.empty()) return;
  std::string text;
  append_result(text, facts.id, outcome->text);
  send(std::move(text));
}

void WsSession::reply_error(std::string_view id, const Error& error) {
  std::string text;
  append_error(text, id, error, upgrade_.with_kind);
  send(std::move(text));
}

void WsSession::send(std::string text) {
  asio::dispatch(strand_, [self = shared_from_this(), text = std::move(text)]() mutable {
    self->enqueue(std::move(text));
  });
}

void WsSession::enqueue(std::string text) {
  if (closed_) return;
  if (!outbox_.empty() && outbox_bytes_ + text.size() > core_->options.limits.ws_queue_bytes)
    return drop();
  outbox_bytes_ += text.size();
  outbox_.push_back(std::move(text));
  if (outbox_.size() == 1) write_next();
}

void WsSession::write_next() {
  write_deadline_ = steady_millis() + core_->options.limits.write_timeout.count();
  ws_.async_write(asio::buffer(outbox_.front()),
                  asio::bind_executor(strand_, [self = shared_from_this()](
                                                   boost::system::error_code error, std::size_t) {
                    self->write_deadline_ = 0;
                    self->outbox_bytes_ -= self->outbox_.front().size();
                    self->outbox_.pop_front();
                    if (error || self->closed_) return self->drop();
                    if (!self->outbox_.empty()) return self->write_next();
                    self->close_if_drained();
                  }));
}

void WsSession::close_if_drained() {
  if (draining_ && calls_.empty() && outbox_.empty()) {
    say_goodbye(websocket::close_code::going_away);
  }
}

// Beast allows one close at a time, and two reasons to end may meet.
void WsSession::say_goodbye(websocket::close_reason reason) {
  if (closed_ || std::exchange(leaving_, true)) return;
  ws_.async_close(
      reason, asio::bind_executor(strand_, [self = shared_from_this()](boost::system::error_code) {
        self->drop();
      }));
}

void WsSession::drop() {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  boost::beast::get_lowest_layer(ws_).close(ignored);
}

}  // namespace

void start_websocket(std::shared_ptr<Server::Core> core, Socket socket, Upgrade upgrade,
                     http::request<http::string_body> request, boost::beast::flat_buffer buffered) {
  auto strand = socket.get_executor();
  auto session = std::make_shared<WsSession>(core, std::move(socket), std::move(upgrade));
  core->add(session);
  asio::co_spawn(strand,
                 WsSession::run(std::move(session), std::move(request), std::move(buffered)),
                 asio::detached);
}

}  // namespace venus::rpc
