// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/failover.hpp"

#include "rpc/failover_core.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <limits>

namespace venus::rpc {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr Millis kFirstPause{100};
constexpr Millis kLongestPause{2'000};

/// The peer could not be asked, or its answer was lost.
bool is_lost(const Error& error) {
  return error.code == ErrorCode::Unavailable || error.code == ErrorCode::Timeout;
}

Error gone() { return {ErrorCode::Unavailable, "the peer does not answer any more"}; }

asio::awaitable<void> collect(Task<boost::json::value> task, FailoverCore::Answer answer) {
  answer.send(co_await std::move(task));
}

/// Between a peer and the reader of a subscription, for as long as that peer is in use.
class Link final : public JsonSink, public std::enable_shared_from_this<Link> {
 public:
  Link(std::weak_ptr<FailoverCore> core, std::shared_ptr<FailoverCore::Kept> kept)
      : core_(std::move(core)), kept_(std::move(kept)) {}

  bool push(const boost::json::value& item) override { return open() && kept_->sink->push(item); }
  void finish(std::optional<Error> error) override {
    end();
    if (const auto core = core_.lock()) core->link_ended(kept_, this, std::move(error));
  }
  void on_end(std::function<void()> hook) override {
    {
      const std::scoped_lock lock(mutex_);
      if (open_) return hooks_.push_back(std::move(hook));
    }
    hook();
  }
  [[nodiscard]] bool open() const override {
    const std::scoped_lock lock(mutex_);
    return open_ && kept_->sink->open();
  }
  /// The peer shall send no more.
  void end() {
    std::vector<std::function<void()>> hooks;
    {
      const std::scoped_lock lock(mutex_);
      open_ = false;
      hooks.swap(hooks_);
    }
    for (const auto& hook : hooks)
      hook();
  }

 private:
  const std::weak_ptr<FailoverCore> core_;
  const std::shared_ptr<FailoverCore::Kept> kept_;
  mutable std::mutex mutex_;
  bool open_ = true;
  std::vector<std::function<void()>> hooks_;
};

void end_link(const std::shared_ptr<JsonSink>& link) {
  if (link) static_cast<Link&>(*link).end();
}

}  // namespace

// ---- which peer
// -----------------------------------------------------------------------------------

std::int64_t PeerChoice::best() const {
  std::int64_t out = std::numeric_limits<std::int64_t>::min();
  for (const auto& peer : peers_) {
    if (peer.alive) out = std::max(out, peer.progress);
  }
  return out;
}

bool PeerChoice::usable(const Peer& peer) const {
  return peer.alive && best() - peer.progress <= options_.max_behind;
}

bool PeerChoice::note(std::size_t index, const Result<std::int64_t>& progress) {
  auto& peer = peers_[index];
  peer.known = true;
  peer.alive = progress.has_value();
  peer.good = progress ? peer.good + 1 : 0;
  peer.error = progress ? std::string() : progress.error().message;
  if (progress) peer.progress = std::max<std::int64_t>(*progress, 0);
  if (progress && !usable(peer)) peer.good = 0;

  const auto& now = peers_[in_use_];
  // Nothing is known of it yet: it is not left on a guess.
  if (!now.known) return false;
  const auto was = in_use_;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (!usable(peers_[i])) continue;
    const bool must = !usable(now);
    const bool may = i < was && peers_[i].good >= options_.return_after;
    if (!must && !may) continue;
    in_use_ = i;
    break;
  }
  return in_use_ != was;
}

std::optional<std::size_t> PeerChoice::next(const std::set<std::size_t>& tried) const {
  if (!tried.contains(in_use_)) return in_use_;
  std::optional<std::size_t> out;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (tried.contains(i)) continue;
    if (usable(peers_[i])) return i;
    if (!out && (peers_[i].alive || !peers_[i].known)) out = i;
  }
  return out;
}

std::vector<FailoverClient::PeerState> PeerChoice::states() const {
  std::vector<FailoverClient::PeerState> out;
  for (const auto& peer : peers_) {
    out.push_back({peer.alive, std::nullopt, peer.error});
    if (peer.alive) out.back().progress = peer.progress;
  }
  return out;
}

// ---- probing
// --------------------------------------------------------------------------------------

FailoverCore::FailoverCore(asio::io_context& context, std::vector<std::shared_ptr<Client>> given,
                           ProgressProbe how, FailoverOptions how_often)
    : io(context),
      strand(asio::make_strand(context.get_executor())),
      clients(std::move(given)),
      probe(std::move(how)),
      options(how_often),
      choice(clients.size(), how_often),
      waiting(clients.size()) {}

void FailoverCore::start() {
  for (std::size_t i = 0; i < clients.size(); ++i) {
    timers.push_back(std::make_shared<asio::steady_timer>(strand));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    asio::co_spawn(strand, watch(shared_from_this(), i), asio::detached);
  }
}

asio::awaitable<void> FailoverCore::watch(std::shared_ptr<FailoverCore> self, std::size_t peer) {
  const auto timer = self->timers[peer];
  for (;;) {
    {
      const std::scoped_lock lock(self->mutex);
      if (self->stopped) co_return;
    }
    const auto progress = co_await self->probe(self->clients[peer], self->options.probe_timeout);
    self->note(peer, progress);
    timer->expires_after(self->options.probe_interval);
    static_cast<void>(co_await timer->async_wait(kToken));
  }
}

void FailoverCore::suspect(std::size_t peer) {
  asio::post(strand, [self = shared_from_this(), peer] { self->timers[peer]->cancel(); });
}

void FailoverCore::note(std::size_t peer, const Result<std::int64_t>& progress) {
  std::map<std::uint64_t, Answer> lost;
  std::vector<std::shared_ptr<Kept>> move;
  std::function<void(std::size_t)> tell;
  std::size_t now = 0;
  {
    const std::scoped_lock lock(mutex);
    if (stopped) return;
    const bool changed = choice.note(peer, progress);
    now = choice.in_use();
    if (!progress) lost.swap(waiting[peer]);
    if (changed) {
      move.assign(kept.begin(), kept.end());
      tell = hook;
    }
  }
  for (const auto& [id, answer] : lost)
    answer.close(gone());
  for (const auto& one : move)
    asio::co_spawn(strand, subscribe(shared_from_this(), one), asio::detached);
  if (tell) tell(now);
}

// ---- calls
// ----------------------------------------------------------------------------------------

Task<boost::json::value> FailoverCore::call_peer(std::shared_ptr<FailoverCore> self,
                                                 std::size_t peer, std::string method,
                                                 boost::json::array params, CallMeta meta) {
  auto [answer, stream] = make_stream<Result<boost::json::value>>(1);
  std::uint64_t id = 0;
  {
    const std::scoped_lock lock(self->mutex);
    if (self->stopped) co_return fail(ErrorCode::Cancelled, "the client was stopped");
    id = self->next_call++;
    self->waiting[peer].emplace(id, answer);
  }
  // On its own: when the peer is found to be gone the call is left to its timeout.
  asio::co_spawn(
      self->io,
      collect(self->clients[peer]->call_raw(std::move(method), std::move(params), meta), answer),
      asio::detached);
  auto item = co_await stream.next();
  {
    const std::scoped_lock lock(self->mutex);
    self->waiting[peer].erase(id);
  }
  if (!item) co_return std::unexpected(std::move(item).error());
  if (!*item) co_return std::unexpected(gone());
  co_return std::move(**item);
}

Task<boost::json::value> FailoverCore::call(std::shared_ptr<FailoverCore> self, std::string method,
                                            boost::json::array params, CallMeta meta) {
  std::set<std::size_t> tried;
  std::size_t peer = 0;
  {
    const std::scoped_lock lock(self->mutex);
    peer = self->choice.in_use();
  }
  for (;;) {
    auto result = co_await call_peer(self, peer, method, params, meta);
    if (result || !is_lost(result.error())) co_return result;
    self->suspect(peer);
    // A call that took too long was heard; sending it on would only make the next busy as well.
    if (!meta.retry_safe || result.error().code == ErrorCode::Timeout) co_return result;
    tried.insert(peer);
    const std::scoped_lock lock(self->mutex);
    const auto next = self->choice.next(tried);
    if (!next || self->stopped) co_return result;
    peer = *next;
  }
}

// ---- subscriptions
// --------------------------------------------------------------------------------

void FailoverCore::keep(std::shared_ptr<Kept> entry) {
  bool late = false;
  {
    const std::scoped_lock lock(mutex);
    late = stopped;
    if (!late) kept.push_back(entry);
  }
  if (late) return entry->sink->finish(Error{ErrorCode::Cancelled, "the client was stopped"});
  entry->sink->on_end([weak = weak_from_this(), weak_entry = std::weak_ptr(entry)] {
    const auto self = weak.lock();
    const auto gone_entry = weak_entry.lock();
    if (self && gone_entry) self->forget(gone_entry);
  });
  asio::co_spawn(strand, subscribe(shared_from_this(), std::move(entry)), asio::detached);
}

void FailoverCore::forget(const std::shared_ptr<Kept>& entry) {
  std::shared_ptr<JsonSink> link;
  {
    const std::scoped_lock lock(mutex);
    kept.remove(entry);
    link = std::move(entry->link);
    entry->link.reset();
  }
  end_link(link);
}

asio::awaitable<void> FailoverCore::subscribe(std::shared_ptr<FailoverCore> self,
                                              std::shared_ptr<Kept> entry) {
  auto link = std::make_shared<Link>(self, entry);
  std::shared_ptr<JsonSink> before;
  std::shared_ptr<Client> client;
  {
    const std::scoped_lock lock(self->mutex);
    if (self->stopped || !entry->sink->open()) co_return;
    before = std::exchange(entry->link, link);
    client = self->clients[self->choice.in_use()];
  }
  end_link(before);
  auto opened = co_await client->open_channel(entry->method, entry->params, link, {});
  if (opened) {
    const std::scoped_lock lock(self->mutex);
    entry->pause = Millis(0);
  } else {
    link->finish(opened.error());
  }
}

void FailoverCore::link_ended(const std::shared_ptr<Kept>& entry, const JsonSink* link,
                              std::optional<Error> error) {
  std::size_t peer = 0;
  Millis pause{};
  bool over = false;
  {
    const std::scoped_lock lock(mutex);
    // Replaced already, or told of twice.
    if (stopped || entry->link.get() != link) return;
    entry->link.reset();
    peer = choice.in_use();
    over = error && !is_lost(*error) && error->code != ErrorCode::Exhausted &&
           error->code != ErrorCode::Cancelled;
    if (over) kept.remove(entry);
    pause = entry->pause = std::clamp(entry->pause * 2, kFirstPause, kLongestPause);
  }
  // The peer refuses the method: asking again would not help.
  if (over) return entry->sink->finish(std::move(error));
  suspect(peer);
  auto timer = std::make_shared<asio::steady_timer>(strand, pause);
  timer->async_wait([self = shared_from_this(), timer, entry](boost::system::error_code) {
    {
      const std::scoped_lock lock(self->mutex);
      if (self->stopped || entry->link) return;
    }
    asio::co_spawn(self->strand, subscribe(self, entry), asio::detached);
  });
}

void FailoverCore::stop() {
  std::vector<std::map<std::uint64_t, Answer>> lost;
  std::list<std::shared_ptr<Kept>> open;
  {
    const std::scoped_lock lock(mutex);
    if (std::exchange(stopped, true)) return;
    lost.swap(waiting);
    waiting.resize(clients.size());
    open.swap(kept);
    hook = {};
  }
  const Error error{ErrorCode::Cancelled, "the client was stopped"};
  for (const auto& of_peer : lost) {
    for (const auto& [id, answer] : of_peer)
      answer.close(error);
  }
  for (const auto& entry : open) {
    forget(entry);
    entry->sink->finish(error);
  }
  for (const auto& client : clients)
    client->stop();
  asio::post(strand, [self = shared_from_this()] {
    for (const auto& timer : self->timers)
      timer->cancel();
  });
}

// ---- the client
// -----------------------------------------------------------------------------------

namespace {

class FailoverClientImpl final : public FailoverClient {
 public:
  explicit FailoverClientImpl(std::shared_ptr<FailoverCore> core) : core_(std::move(core)) {}
  ~FailoverClientImpl() override { core_->stop(); }

  Task<boost::json::value> call_raw(std::string method, boost::json::array params,
                                    CallMeta meta) override {
    return FailoverCore::call(core_, std::move(method), std::move(params), meta);
  }
  Task<> open_channel(std::string method, boost::json::array params, std::shared_ptr<JsonSink> sink,
                      CallMeta meta) override {
    return current()->open_channel(std::move(method), std::move(params), std::move(sink), meta);
  }
  void keep_channel(std::string method, boost::json::array params,
                    std::shared_ptr<JsonSink> sink) override {
    auto kept = std::make_shared<FailoverCore::Kept>();
    kept->method = std::move(method);
    kept->params = std::move(params);
    kept->sink = std::move(sink);
    core_->keep(std::move(kept));
  }
  /// After each connect to any of them.
  void on_connect(std::function<void()> hook) override {
    for (const auto& client : core_->clients)
      client->on_connect(hook);
  }
  [[nodiscard]] bool connected() const override { return current()->connected(); }
  void stop() override { core_->stop(); }

  [[nodiscard]] std::size_t in_use() const override {
    const std::scoped_lock lock(core_->mutex);
    return core_->choice.in_use();
  }
  [[nodiscard]] std::vector<PeerState> peers() const override {
    const std::scoped_lock lock(core_->mutex);
    return core_->choice.states();
  }
  void on_switch(std::function<void(std::size_t)> hook) override {
    const std::scoped_lock lock(core_->mutex);
    core_->hook = std::move(hook);
  }

 protected:
  [[nodiscard]] std::size_t stream_capacity() const override {
    return ClientOptions{}.stream_capacity;
  }

 private:
  [[nodiscard]] std::shared_ptr<Client> current() const { return core_->clients[in_use()]; }

  std::shared_ptr<FailoverCore> core_;
};

}  // namespace

Result<std::shared_ptr<FailoverClient>> make_failover_client(
    asio::io_context& io, std::vector<std::shared_ptr<Client>> peers, ProgressProbe probe,
    FailoverOptions options) {
  if (peers.empty()) return fail(ErrorCode::InvalidArgument, "no peers to choose from");
  auto core = std::make_shared<FailoverCore>(io, std::move(peers), std::move(probe), options);
  core->start();
  return std::make_shared<FailoverClientImpl>(std::move(core));
}

}  // namespace venus::rpc
