// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/p2p.hpp"

#include "bridge/p2p_convert.hpp"
#include "bridge/p2p_stream.hpp"
#include "bridge/p2p_wait.hpp"

#include <mutex>

namespace venus::bridge {

using detail::Answer;
using detail::ask;
using detail::guarded;
using detail::ms_in;
using detail::Pending;
using detail::slice;
using detail::strings_in;
using detail::strings_out;

namespace {

using Node = rust::Box<native::P2pNode>;
using NodePtr = std::shared_ptr<Node>;
using DonePtr = std::unique_ptr<native::P2pDone>;

/// Where Rust's threads leave word for the owner.
class Inbox {
 public:
  explicit Inbox(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  void wake() {
    std::shared_ptr<Pending<void>> waiter;
    {
      const std::scoped_lock lock(mutex_);
      waiter = std::exchange(waiter_, nullptr);
      woken_ = !waiter;
    }
    if (waiter) waiter->complete({});
  }

  /// Completed by the next wake(), or at once by one that came before.
  void wait(std::shared_ptr<Pending<void>> waiter) {
    {
      const std::scoped_lock lock(mutex_);
      if (!woken_) {
        // One caller at a time; an earlier one gives way.
        std::swap(waiter_, waiter);
        if (!waiter) return;
      } else {
        woken_ = false;
      }
    }
    waiter->complete({});
  }

  void set_handler(std::function<void(P2pStreamPtr)> handler) {
    auto shared = std::make_shared<const std::function<void(P2pStreamPtr)>>(std::move(handler));
    const std::scoped_lock lock(mutex_);
    handler_ = std::move(shared);
  }

  void stream(rust::Box<native::P2pRawStream> stream) {
    std::shared_ptr<const std::function<void(P2pStreamPtr)>> handler;
    {
      const std::scoped_lock lock(mutex_);
      handler = handler_;
    }
    if (!handler || !*handler) return;
    asio::post(executor_, [handler, stream = std::move(stream)]() mutable {
      if (auto out = detail::stream_out(std::move(stream))) (*handler)(std::move(out));
    });
  }

 private:
  asio::any_io_executor executor_;
  std::mutex mutex_;
  bool woken_ = false;
  std::shared_ptr<Pending<void>> waiter_;
  std::shared_ptr<const std::function<void(P2pStreamPtr)>> handler_;
};

class Sink final : public native::P2pSink {
 public:
  explicit Sink(std::shared_ptr<Inbox> inbox) : inbox_(std::move(inbox)) {}
  void wake() const noexcept override { inbox_->wake(); }
  void stream(rust::Box<native::P2pRawStream> stream) const noexcept override {
    inbox_->stream(std::move(stream));
  }

 private:
  std::shared_ptr<Inbox> inbox_;
};

// The coroutines own what they use: the host may be destroyed while they wait.

Task<std::vector<P2pEvent>> wait_for_events(NodePtr node, std::shared_ptr<Inbox> inbox,
                                            std::size_t max) {
  while (true) {
    CO_TRY(auto news, guarded([&] { return (*node)->take_news(max); }));
    if (!news.empty()) {
      std::vector<P2pEvent> events;
      events.reserve(news.size());
      for (auto& one : news) {
        CO_TRY(auto event, detail::event_out(one));
        events.push_back(std::move(event));
      }
      co_return events;
    }
    CO_TRY_VOID(co_await detail::wait_for<void>(
        [inbox](std::shared_ptr<Pending<void>> waiter) { inbox->wait(std::move(waiter)); }));
  }
}

Task<> connect_to(NodePtr node, PeerId peer, std::vector<std::string> addresses,
                  milliseconds timeout) {
  const auto answer = co_await ask([=](DonePtr done) {
    (*node)->connect(slice(peer.bytes()), strings_in(addresses), ms_in(timeout), std::move(done));
  });
  if (!answer) co_return std::unexpected(answer.error());
  co_return Result<void>();
}

Task<P2pStreamPtr> open_with(NodePtr node, PeerId peer, std::vector<std::string> protocols,
                             milliseconds timeout) {
  auto answer = co_await ask([=](DonePtr done) {
    (*node)->open_stream(slice(peer.bytes()), strings_in(protocols), ms_in(timeout),
                         std::move(done));
  });
  if (!answer) co_return std::unexpected(std::move(answer).error());
  if (answer->stream) {
    if (auto stream = detail::stream_out(*std::move(answer->stream))) co_return stream;
  }
  co_return fail(ErrorCode::Internal, "no stream with {}", peer);
}

Task<std::vector<std::string>> find(NodePtr node, PeerId peer, milliseconds timeout) {
  const auto answer = co_await ask([=](DonePtr done) {
    (*node)->find_peer(slice(peer.bytes()), ms_in(timeout), std::move(done));
  });
  if (!answer) co_return std::unexpected(answer.error());
  co_return strings_out(answer->reply.texts);
}

Task<> publish_on(NodePtr node, std::string topic, Bytes data) {
  const auto answer =
      co_await ask([node, topic = std::move(topic), data = std::move(data)](DonePtr done) {
        (*node)->publish({topic.data(), topic.size()}, slice(data), std::move(done));
      });
  if (!answer) co_return std::unexpected(answer.error());
  co_return Result<void>();
}

Task<std::vector<P2pScore>> scores_of(NodePtr node) {
  const auto answer = co_await ask([node](DonePtr done) { (*node)->scores(std::move(done)); });
  if (!answer) co_return std::unexpected(answer.error());
  co_return detail::scores_out(answer->reply.scores);
}

Task<std::vector<PeerId>> peers_of(NodePtr node, std::string topic) {
  const auto answer = co_await ask([node, topic = std::move(topic)](DonePtr done) {
    (*node)->topic_peers({topic.data(), topic.size()}, std::move(done));
  });
  if (!answer) co_return std::unexpected(answer.error());
  std::vector<PeerId> peers;
  for (const auto& text : answer->reply.texts) {
    CO_TRY(auto peer, PeerId::parse(std::string_view(text.data(), text.size())));
    peers.push_back(std::move(peer));
  }
  co_return peers;
}

class Host final : public P2pHost {
 public:
  Host(PeerId id, NodePtr node, std::shared_ptr<Inbox> inbox)
      : id_(std::move(id)), node_(std::move(node)), inbox_(std::move(inbox)) {}
  ~Host() override { (*node_)->stop(); }

  const PeerId& id() const override { return id_; }

  Task<std::vector<P2pEvent>> next_events(std::size_t max) override {
    return wait_for_events(node_, inbox_, max);
  }
  void on_stream(std::function<void(P2pStreamPtr)> handler) override {
    inbox_->set_handler(std::move(handler));
  }

  Task<> connect(PeerId peer, std::vector<std::string> addresses, milliseconds timeout) override {
    return connect_to(node_, std::move(peer), std::move(addresses), timeout);
  }
  void disconnect(const PeerId& peer) override { (*node_)->disconnect(slice(peer.bytes())); }
  Task<P2pStreamPtr> open_stream(PeerId peer, std::vector<std::string> protocols,
                                 milliseconds timeout) override {
    return open_with(node_, std::move(peer), std::move(protocols), timeout);
  }

  Task<std::vector<std::string>> find_peer(PeerId peer, milliseconds timeout) override {
    return find(node_, std::move(peer), timeout);
  }
  void add_addresses(const PeerId& peer, const std::vector<std::string>& addresses) override {
    (*node_)->add_addresses(slice(peer.bytes()), strings_in(addresses));
  }
  void walk_dht() override { (*node_)->walk_dht(); }

  Result<void> set_banned(std::vector<PeerId> peers, std::vector<std::string> networks) override {
    rust::Vec<std::uint8_t> packed;
    for (const auto& peer : peers) {
      const auto bytes = peer.bytes();
      packed.push_back(static_cast<std::uint8_t>(bytes.size()));
      for (const auto byte : bytes)
        packed.push_back(byte);
    }
    return guarded([&] { (*node_)->set_banned(std::move(packed), strings_in(networks)); });
  }
  void set_app_score(const PeerId& peer, double score) override {
    (*node_)->set_app_score(slice(peer.bytes()), score);
  }

  Task<> publish(std::string topic, Bytes data) override {
    return publish_on(node_, std::move(topic), std::move(data));
  }
  void report(std::uint64_t token, P2pVerdict verdict) override {
    (*node_)->report(token, static_cast<std::uint8_t>(verdict));
  }

  Task<std::vector<P2pScore>> scores() override { return scores_of(node_); }
  Task<std::vector<PeerId>> topic_peers(std::string topic) override {
    return peers_of(node_, std::move(topic));
  }
  P2pBandwidth bandwidth() const override { return detail::bandwidth_out((*node_)->bandwidth()); }
  std::uint64_t ignored_gossip() const override { return (*node_)->ignored_gossip(); }

  void stop() override { (*node_)->stop(); }

 private:
  PeerId id_;
  NodePtr node_;
  std::shared_ptr<Inbox> inbox_;
};

}  // namespace

Result<std::unique_ptr<P2pHost>> start_p2p(asio::any_io_executor executor, P2pSettings settings) {
  auto inbox = std::make_shared<Inbox>(std::move(executor));
  auto config = detail::config_in(settings);
  auto node = guarded([&] {
    return std::make_shared<Node>(
        native::p2p_start(std::move(config), std::make_shared<Sink>(inbox)));
  });
  base::secure_wipe(config.identity);
  base::secure_wipe(settings.identity);
  if (!node) return std::unexpected(std::move(node).error());
  const auto bytes = (**node)->id();
  TRY(auto id, PeerId::from_bytes({bytes.data(), bytes.size()}));
  return std::make_unique<Host>(std::move(id), *std::move(node), std::move(inbox));
}

PeerId peer_id_of(const ByteArray<32>& seed) {
  const auto bytes = guarded([&] { return native::p2p_peer_id(seed); });
  if (!bytes) return {};
  return PeerId::from_bytes({bytes->data(), bytes->size()}).value_or(PeerId());
}

}  // namespace venus::bridge
