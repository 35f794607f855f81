// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/network.hpp"

#include <boost/asio/steady_timer.hpp>

#include "net/gossip_settings.hpp"
#include "net/identity.hpp"
#include "platform/config.hpp"
#include "platform/log.hpp"
#include "services/node/node.hpp"

namespace venus::node {
namespace {

const platform::Log log("net");

// Larger ones are not relayed by everybody (Lotus leaves 32 KiB of gossip's megabyte to the envelope).
constexpr std::size_t kMaxBlockBytes = (1U << 20) - (32U << 10);
// Republished messages go out in a trickle, as a burst of them looks like a flood.
constexpr auto kBetweenRepublished = std::chrono::milliseconds(10);
// How soon a block that nobody was there for is tried again.
constexpr auto kBetweenPublishing = std::chrono::milliseconds(250);
// Gossip remembers for two minutes what it has seen: repeating earlier is of no use.
constexpr std::int64_t kSeenSeconds = 120;

// Lotus asks one peer for messages 16 times at once for each chain it follows, and follows up to five.
constexpr std::uint32_t kStreamsOfPeer = 96;

// Sixteen seconds of a busy network: so long a machine that is busy otherwise loses no message.
constexpr std::uint32_t kGossipQueue = 16'384;

std::vector<std::string> raw_protocols() {
  std::vector<std::string> out{std::string(net::kHelloProtocol), std::string(net::kExchangeProtocol)};
  out.insert(out.end(), net::kBitswapProtocols.begin(), net::kBitswapProtocols.end());
  return out;
}

void observe(std::string_view what, const PeerId& peer, std::string_view why) {
  log.info(what, platform::kv("peer", peer), platform::kv("why", why));
}

}  // namespace

void NetworkConfig::declare(platform::Properties& p) {
  using platform::in_range;
  p.add("p2p.enabled", &enabled, "Connect to the network's peers");
  p.add("p2p.listen", &listen, "Multiaddrs to listen on for peers; port 0 takes any");
  p.add("p2p.announce", &announce, "Further multiaddrs to tell peers, such as a router's");
  p.add("p2p.bootstrap", &bootstrap, "Multiaddrs with /p2p/ID of peers to begin with, beside the network's own");
  p.add("p2p.min_peers", &min_peers, "With fewer peers, more are looked for",
        std::optional(in_range<std::size_t>(0, 10'000)));
  p.add("p2p.max_peers", &max_peers, "With more peers, the least useful ones are let go",
        std::optional(in_range<std::size_t>(1, 10'000)));
}

Network::Network(Node& node, const NetworkConfig& config)
    : node_(node),
      config_(config),
      blocks_topic_(net::blocks_topic(node.settings.network)),
      messages_topic_(net::messages_topic(node.settings.network)),
      tasks_(node.io.get_executor()) {}

Network::~Network() = default;

Result<std::unique_ptr<Network>> Network::open(Node& node, const NetworkConfig& config) {
  std::unique_ptr<Network> out(new Network(node, config));
  const auto folder = node.settings.home / "p2p";
  TRY_VOID(out->open_host(folder));
  TRY_VOID(out->open_files(folder));
  out->wire();
  return out;
}

Result<void> Network::open_host(const std::filesystem::path& folder) {
  TRY(const auto identity, with_context(net::Identity::open(folder), "the node's identity"));
  bridge::P2pSettings settings;
  settings.identity = identity.seed();
  settings.agent = node_.settings.agent;
  settings.kad_protocol = net::kad_protocol(node_.settings.network);
  settings.listen = config_.listen;
  settings.announce = config_.announce;
  settings.topics = net::gossip_topics(node_.settings.network);
  settings.protocols = raw_protocols();
  settings.limits.streams_of_peer = kStreamsOfPeer + 32;
  settings.limits.gossip_queue = kGossipQueue;
  settings.gossip = net::gossip_settings({"127.0.0.1", "::1"});
  auto started = bridge::start_p2p(node_.io.get_executor(), settings);
  base::secure_wipe(settings.identity);
  TRY(host_, with_context(std::move(started), "p2p"));
  return {};
}

Result<void> Network::open_files(const std::filesystem::path& folder) {
  TRY(book_, net::PeerBook::open(folder / "peers", node_.clock));
  TRY(bans_, net::BanList::open(folder / "bans", node_.clock));
  bans_->attach(host_.get());
  return {};
}

void Network::wire() {
  const auto& params = node_.settings.network;
  const auto executor = node_.io.get_executor();
  net::PeerManagerSettings wanted;
  wanted.bootstrap = params.bootstrap_peers;
  wanted.bootstrap.insert(wanted.bootstrap.end(), config_.bootstrap.begin(), config_.bootstrap.end());
  wanted.min_peers = config_.min_peers;
  wanted.high_water = config_.max_peers;
  wanted.low_water = config_.max_peers - config_.max_peers / 6;
  wanted.announce = config_.announce;
  wanted.observer = &observe;
  peers_ = std::make_unique<net::PeerManager>(
      executor, net::PeerManager::Parts{*host_, *book_, *bans_, bandwidth_, disk_}, std::move(wanted));

  exchange_server_ = std::make_unique<net::ExchangeServer>(*node_.chain, disk_, *peers_);
  exchange_client_ = std::make_unique<net::ExchangeClient>(*host_, disk_, tracker_, *peers_);
  source_ = std::make_unique<net::PeerChainSource>(*exchange_client_, tracker_, *peers_);

  sync::SyncOptions sync;
  sync.bootstrap_peers = params.bootstrap_peer_threshold;
  sync.on_block = [this](const types::BlockHeader& header) { incoming_.publish(header); };
  sync.note = [](const std::string& text) { platform::Log("sync").info(text); };
  syncer_ = std::make_unique<sync::Syncer>(executor, *node_.runtime, *source_, node_.clock, sync_pool_, sync);

  hello_ = std::make_unique<net::HelloService>(
      *host_, *node_.chain, disk_, tracker_, *peers_, node_.clock, [this](PeerId from, net::PeerHead head) {
        syncer_->peer_head(std::move(from), std::move(head.key), head.height, std::move(head.weight));
      });
  bitswap_ = std::make_unique<net::Bitswap>(*host_, executor, *node_.chain, node_.pool.get(), disk_, *peers_);
  gossip_blocks_ = std::make_unique<net::GossipBlocks>(*node_.chain, node_.runtime->validator, *node_.pool, params,
                                                       node_.clock, gossip_pool_, tracker_, *peers_, *bitswap_,
                                                       *exchange_client_);
  gossip_messages_ = std::make_unique<net::GossipMessages>(*node_.pool, gossip_pool_, *peers_);
  messages_ = std::make_unique<net::MessageIntake>(
      executor, *host_, *gossip_messages_, gossip_pool_,
      [this](std::span<const types::SignedMessage> messages) { verify_ahead(messages); });

  server_ = std::make_unique<net::ProtocolServer>(*host_, executor, *peers_);
  server_->add({std::string(net::kHelloProtocol)}, {}, [this](auto stream) { return hello_->serve(std::move(stream)); });
  server_->add({std::string(net::kExchangeProtocol)}, {.total = 512, .per_peer = kStreamsOfPeer},
               [this](auto stream) { return exchange_server_->serve(std::move(stream)); });
  server_->add({net::kBitswapProtocols.begin(), net::kBitswapProtocols.end()}, {.total = 1024},
               [this](auto stream) { return bitswap_->serve(std::move(stream)); });
}

Task<> Network::start() {
  log.info("peer id", platform::kv("id", host_->id()));
  node_.relay = [this](types::SignedMessage message) {
    tasks_.spawn("publish message", publish_message(std::move(message)));
  };
  server_->start();
  syncer_->start();
  tasks_.spawn("peers", peers_->run());
  tasks_.spawn("events", pump());
  tasks_.spawn("gossiped messages", messages_->run());
  tasks_.spawn("republish", republish());
  co_return Result<void>{};
}

Task<> Network::stop() {
  // From the outside in: nothing new comes, then what runs ends, then the host closes.
  incoming_.close();
  messages_->stop();
  static_cast<void>(co_await server_->stop());
  static_cast<void>(co_await syncer_->stop());
  static_cast<void>(co_await bitswap_->stop());
  bans_->attach(nullptr);
  co_await on(disk_, [this] {
    peers_->stop();
    return Result<void>{};
  });
  co_await on(disk_, [this] {
    host_->stop();
    return Result<void>{};
  });
  co_return co_await tasks_.stop();
}

// ---- events -----------------------------------------------------------------------------------------

Task<> Network::pump() {
  for (;;) {
    auto events = co_await host_->next_events();
    if (!events) co_return Result<void>{};
    for (auto& event : *events) {
      peers_->on_event(event);
      on_event(std::move(event));
    }
  }
}

void Network::on_event(bridge::P2pEvent event) {
  if (const auto* connected = std::get_if<bridge::P2pConnected>(&event)) return on_connected(*connected);
  if (const auto* gone = std::get_if<bridge::P2pDisconnected>(&event)) return on_disconnected(*gone);
  if (const auto* identified = std::get_if<bridge::P2pIdentified>(&event)) return on_identified(*identified);
  auto* gossip = std::get_if<bridge::P2pGossip>(&event);
  if (gossip == nullptr) return;
  if (gossip->topic == messages_topic_) return messages_->push(std::move(*gossip));
  if (gossip->topic == blocks_topic_) return tasks_.spawn("gossiped block", judge_block(std::move(*gossip)));
  host_->report(gossip->token, bridge::P2pVerdict::Ignore);
}

void Network::on_connected(const bridge::P2pConnected& event) {
  if (event.peers_connections == 1) tasks_.spawn("hello", greet(event.peer));
}

void Network::on_disconnected(const bridge::P2pDisconnected& event) {
  if (event.peers_connections != 0) return;
  tracker_.remove(event.peer);
  bitswap_->disconnected(event.peer);
  syncer_->peer_gone(event.peer);
}

void Network::on_identified(const bridge::P2pIdentified& event) {
  const auto& spoken = event.protocols;
  if (std::find(spoken.begin(), spoken.end(), net::kExchangeProtocol) != spoken.end()) tracker_.add(event.peer);
}

Task<> Network::greet(PeerId peer) {
  // A peer that does not answer is of no concern here; the manager and the tracker hear of it.
  const auto said = co_await hello_->say(peer);
  if (!said) log.debug("hello", platform::kv("peer", peer), platform::kv("error", said.error()));
  co_return Result<void>{};
}

// ---- gossip -----------------------------------------------------------------------------------------

void Network::verify_ahead(std::span<const types::SignedMessage> messages) {
  const auto head = node_.head();
  std::vector<consensus::MessageVerifier::SignedBy> wanted;
  for (const auto& message : messages) {
    if (message.signature.type != types::SignatureType::Bls) continue;
    // Whoever can't send at all costs no pairing.
    const auto sender = node_.pool_view->sender(head, message.message.from);
    if (!sender || !sender->can_send || message.message.nonce < sender->nonce) continue;
    wanted.push_back({&message, sender->key});
  }
  node_.runtime->signatures.verify_ahead(wanted);
}

Task<> Network::judge_block(bridge::P2pGossip gossip) {
  auto verdict = co_await gossip_blocks_->judge(gossip.from, std::move(gossip.data));
  if (!verdict) {
    host_->report(gossip.token, bridge::P2pVerdict::Ignore);
    co_return Result<void>{};
  }
  host_->report(gossip.token, verdict->verdict);
  if (!verdict->block) {
    log.debug("gossiped block", platform::kv("why", verdict->reason), platform::kv("detail", verdict->detail));
    co_return Result<void>{};
  }
  auto taken = co_await gossip_blocks_->complete(*verdict->block, gossip.from);
  if (taken) taken = co_await syncer_->incoming_block(*std::move(verdict->block), gossip.from);
  if (!taken) log.info("gossiped block", platform::kv("from", gossip.from), platform::kv("error", taken.error()));
  co_return Result<void>{};
}

// ---- what this node says ----------------------------------------------------------------------------

Task<> Network::submit_block(types::BlockMessage block) {
  const auto bytes = ipld::encode(block);
  if (bytes.size() > kMaxBlockBytes) {
    co_return fail(ErrorCode::TooLarge, "block message of {} bytes, at most {}", bytes.size(), kMaxBlockBytes);
  }
  CO_TRY_VOID(co_await on(node_.workers, [this, &block] { return node_.store_messages_of(block); }));
  CO_TRY_VOID(co_await syncer_->own_block(block));
  auto published = co_await host_->publish(blocks_topic_, bytes);
  if (published || published.error().code == ErrorCode::AlreadyExists) co_return Result<void>{};
  // Adopted all the same, and told to the peers that come while it is new.
  log.warn("block not published", platform::kv("block", block.header.cid()), platform::kv("error", published.error()));
  tasks_.spawn("publish block", publish_later(block.header.cid(), bytes));
  co_return Result<void>{};
}

Task<> Network::publish_later(Cid block, Bytes bytes) {
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::seconds(node_.settings.network.block_delay_seconds);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (std::chrono::steady_clock::now() < until) {
    timer.expires_after(kBetweenPublishing);
    co_await timer.async_wait(asio::use_awaitable);
    const auto published = co_await host_->publish(blocks_topic_, bytes);
    if (!published && published.error().code == ErrorCode::Unavailable) continue;
    if (published) log.info("block published late", platform::kv("block", block));
    break;
  }
  co_return Result<void>{};
}

Task<> Network::publish_message(types::SignedMessage message) {
  auto published = co_await host_->publish(messages_topic_, ipld::encode(message));
  if (!published && published.error().code != ErrorCode::AlreadyExists) {
    log.debug("message not published", platform::kv("message", message.cid()),
              platform::kv("error", published.error()));
  }
  co_return Result<void>{};
}

Task<> Network::republish() {
  const auto& params = node_.settings.network;
  const auto delay = static_cast<std::int64_t>(params.block_delay_seconds);
  const auto propagation = static_cast<std::int64_t>(params.propagation_delay_seconds);
  const auto pause = std::chrono::seconds(std::max(10 * delay + propagation, kSeenSeconds + propagation));
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_after(pause);
    co_await timer.async_wait(asio::use_awaitable);
    auto messages = co_await on(node_.workers, [this] { return node_.pool->to_republish(); });
    if (!messages) continue;
    for (auto& message : *messages) {
      static_cast<void>(co_await publish_message(std::move(message)));
      timer.expires_after(kBetweenRepublished);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }
}

Task<std::pair<std::size_t, std::size_t>> Network::publish_counts() {
  CO_TRY(const auto messages, co_await host_->topic_peers(messages_topic_));
  CO_TRY(const auto blocks, co_await host_->topic_peers(blocks_topic_));
  co_return std::pair(messages.size(), blocks.size());
}

NetParts Network::net_parts() { return {host_.get(), peers_.get(), bans_.get(), &bandwidth_, {}}; }

SyncParts Network::sync_parts() {
  return {syncer_.get(), &incoming_, [this](types::BlockMessage block) { return submit_block(std::move(block)); }};
}

// ---- metrics ----------------------------------------------------------------------------------------

void Network::add_metrics(platform::Metrics& metrics) {
  auto& connected = metrics.gauge("venus_p2p_peers", "Peers connected");
  auto& known = metrics.gauge("venus_p2p_known_peers", "Peers in the book");
  auto& banned = metrics.gauge("venus_p2p_banned", "Bans in force");
  auto& in = metrics.gauge("venus_p2p_received_bytes", "Bytes from peers since the start");
  auto& out = metrics.gauge("venus_p2p_sent_bytes", "Bytes to peers since the start");
  auto& behind = metrics.gauge("venus_sync_epochs_behind", "Epochs between the clock and the head");
  auto& validated = metrics.gauge("venus_sync_tipsets_validated", "Tipsets validated since the start");
  std::array<platform::Gauge*, 3> verdicts{};
  static constexpr std::array kVerdicts{"accept", "ignore", "reject"};
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    verdicts[i] = &metrics.gauge("venus_gossip_messages", "Gossiped messages judged since the start",
                                 {{"verdict", kVerdicts[i]}});
  }
  metrics.on_scrape([&, this, verdicts] {
    const auto stats = peers_->stats();
    connected.set(static_cast<double>(stats.connected));
    known.set(static_cast<double>(stats.known));
    banned.set(static_cast<double>(stats.banned));
    const auto traffic = host_->bandwidth().total;
    in.set(static_cast<double>(traffic.in));
    out.set(static_cast<double>(traffic.out));
    const auto status = syncer_->status();
    behind.set(static_cast<double>(status.epochs_behind));
    validated.set(static_cast<double>(status.tipsets_validated));
    const auto counts = messages_->counts();
    for (std::size_t i = 0; i < counts.size(); ++i) verdicts[i]->set(static_cast<double>(counts[i]));
  });
}

}  // namespace venus::node
