// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/peer_manager.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

#include "crypto/random.hpp"
#include "net/peer_manager_state.hpp"

namespace venus::net {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr std::size_t kMaxConnections = 16;   // views kept of one peer; the host allows fewer
constexpr std::size_t kMaxProtocols = 64;
constexpr std::size_t kMaxObserved = 64;
constexpr std::string_view kPing = "/ipfs/ping/1.0.0";
constexpr std::size_t kPingSize = 32;
constexpr std::string_view kKademlia = "/fil/kad/";

std::int64_t unix_millis() { return base::SystemClock().unix_millis(); }

std::uint64_t random_seed() {
  std::uint64_t out = 0;
  for (const auto byte : crypto::random_array<8>()) out = out << 8 | byte;
  return out;
}

std::string short_text(std::string_view text) { return std::string(text.substr(0, PeerBook::kMaxAgent)); }

Task<microseconds> exchange_ping(bridge::P2pStreamPtr stream) {
  const auto sent = crypto::random_bytes(kPingSize);
  const auto start = std::chrono::steady_clock::now();
  CO_TRY_VOID(co_await stream->write(sent, 10s));
  Bytes got;
  while (got.size() < kPingSize) {
    CO_TRY(const auto part, co_await stream->read(kPingSize - got.size(), 10s));
    if (part.empty()) co_return fail(ErrorCode::Unavailable, "the peer ended the ping");
    base::append(got, part);
  }
  const auto took = std::chrono::steady_clock::now() - start;
  if (got != sent) co_return fail(ErrorCode::Malformed, "the peer sent back other bytes");
  co_return std::chrono::duration_cast<microseconds>(took);
}

}  // namespace

PeerManager::State::State(asio::any_io_executor where, Parts with, PeerManagerSettings how)
    : executor(std::move(where)), strand(asio::make_strand(executor)), timer(strand), parts(with),
      settings(std::move(how)), self_id(parts.host.id()), plan(random_seed()) {
  for (const auto& text : settings.bootstrap) {
    const auto address = Multiaddr::parse(text);
    if (!address) continue;  // whoever reads the settings refuses bad ones with their key's name
    if (address->is_dnsaddr() && !address->peer()) {
      names.push_back({address->host_name()});
    } else if (address->peer() && *address->peer() != self_id) {
      bootstrap[*address->peer()].push_back(address->transport());
    }
  }
  // The first peers are worth keeping soon: a node that dies young finds them again.
  next_save = now() + std::min<std::chrono::seconds>(settings.save_every, 30s);
}

void PeerManager::State::tell(std::vector<Note> told) const {
  if (!settings.observer) return;
  for (const auto& note : told) settings.observer(note.what, note.peer, note.why);
}

// ---- events ---------------------------------------------------------------------------------------

void PeerManager::State::on(const bridge::P2pConnected& event) {
  const auto at = now();
  const auto [found, is_new] = links.try_emplace(event.peer);
  auto& link = found->second;
  if (is_new) {
    link.since = at;
    ++counts.opened;
  }
  link.connections.push_back({event.address, event.inbound, unix_millis()});
  const auto most = std::min<std::size_t>(std::max(event.peers_connections, 1U), kMaxConnections);
  while (link.connections.size() > most) link.connections.erase(link.connections.begin());
  parts.book.connected(event.peer, event.inbound ? std::string() : event.address);
  const auto ip = ip_of(event.address);
  if (parts.bans.has(event.peer) || (ip && parts.bans.has(*ip))) parts.host.disconnect(event.peer);
  if (event.inbound && ip && scope_of(*ip) == IpScope::Public && plan.may_dial(event.peer, at)) reached_from_outside = true;
  tell_score(event.peer, link, at);
}

void PeerManager::State::on(const bridge::P2pDisconnected& event) {
  const auto found = links.find(event.peer);
  if (found == links.end()) return;
  auto& connections = found->second.connections;
  // Which of several it was is not told: the oldest, as likely as not.
  while (connections.size() > event.peers_connections) connections.erase(connections.begin());
  if (event.peers_connections > 0) return;
  const auto at = now();
  // Whoever closes at once would be dialled again at once.
  if (at - found->second.since < 60s) plan.failed(event.peer, at);
  else plan.stayed(event.peer);
  links.erase(found);
  ++counts.closed;
  if (links.empty()) all_lost(at);
}

void PeerManager::State::on(const bridge::P2pIdentified& event) {
  const auto found = links.find(event.peer);
  if (found == links.end()) return;
  auto& link = found->second;
  link.identified = true;
  link.agent = short_text(event.agent);
  link.protocols = event.protocols;
  if (link.protocols.size() > kMaxProtocols) link.protocols.resize(kMaxProtocols);
  // Somebody on the other side of the world has nothing to say about our own network's addresses.
  const auto ip = ip_of_link(link);
  link.addresses = reachable(event.addresses, ip ? scope_of(*ip) : IpScope::Public);
  parts.book.agent_is(event.peer, link.agent);
  parts.book.heard_of(event.peer, link.addresses);
  const auto is_kad = [](const std::string& name) { return name.starts_with(kKademlia); };
  if (std::ranges::any_of(link.protocols, is_kad)) parts.host.add_addresses(event.peer, link.addresses);
  const bool came_to_us = !link.connections.empty() && link.connections.back().inbound;
  if (came_to_us && Multiaddr::parse(event.observed) && (observed.size() < kMaxObserved || observed.contains(event.observed))) {
    observed[event.observed].insert(event.peer);
  }
  tell_score(event.peer, link, now());
}

void PeerManager::State::on(const bridge::P2pPinged& event) {
  const auto found = links.find(event.peer);
  if (found == links.end()) return;
  auto& latency = found->second.latency;
  latency = latency ? (*latency * 3 + event.round_trip) / 4 : event.round_trip;
}

void PeerManager::State::on(const bridge::P2pListening& event) {
  if (event.open) open_listeners.insert(event.address);
  else open_listeners.erase(event.address);
}

void PeerManager::State::on(const bridge::P2pDiscovered& event) {
  if (event.peer == self_id) return;
  parts.book.heard_of(event.peer, reachable(event.addresses, least_scope()));
}

// ---- for others -----------------------------------------------------------------------------------

PeerManager::PeerManager(asio::any_io_executor executor, Parts parts, PeerManagerSettings settings)
    : state_(std::make_shared<State>(std::move(executor), parts, std::move(settings))) {}

PeerManager::~PeerManager() { stop(); }

Task<> PeerManager::run() {
  auto state = state_;
  co_return co_await asio::co_spawn(state->strand, State::loop(state), asio::use_awaitable);
}

Task<> PeerManager::State::loop(std::shared_ptr<State> self) {
  for (;;) {
    std::vector<Note> told;
    {
      const std::scoped_lock lock(self->mutex);
      if (self->stopped) co_return Result<void>{};
      self->round(self->now());
      told.swap(self->notes);
    }
    self->tell(std::move(told));
    self->timer.expires_after(1s);
    static_cast<void>(co_await self->timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  }
}

void PeerManager::tick() {
  std::vector<State::Note> told;
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->stopped) return;
    state_->round(state_->now());
    told.swap(state_->notes);
  }
  state_->tell(std::move(told));
}

void PeerManager::stop() {
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->stopped) return;
    state_->stopped = true;
  }
  asio::post(state_->strand, [state = state_] { state->timer.cancel(); });
  const std::scoped_lock saving(state_->save_mutex);
  // What can't be written now is learnt again.
  static_cast<void>(state_->parts.book.save());
  static_cast<void>(state_->parts.bans.save());
}

void PeerManager::on_event(const bridge::P2pEvent& event) {
  std::vector<State::Note> told;
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->stopped) return;
    std::visit([this](const auto& one) { state_->on(one); }, event);
    told.swap(state_->notes);
  }
  state_->tell(std::move(told));
}

void PeerManager::misbehaved(const PeerId& peer, Misbehaviour what, std::string_view detail) {
  std::vector<State::Note> told;
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->stopped) return;
    state_->judge(peer, what, detail);
    told.swap(state_->notes);
  }
  state_->tell(std::move(told));
}

void PeerManager::served(const PeerId& peer, microseconds, std::size_t) {
  const std::scoped_lock lock(state_->mutex);
  if (!state_->links.contains(peer)) return;
  state_->scores[peer].serve(state_->now());
}

Task<> PeerManager::connect(PeerId peer, std::vector<std::string> addresses) {
  auto state = state_;
  {
    const std::scoped_lock lock(state->mutex);
    if (state->stopped) co_return fail(ErrorCode::Cancelled, "the network is being shut down");
    if (peer.empty() || peer == state->self_id) co_return fail(ErrorCode::InvalidArgument, "\"{}\" is no other peer", peer);
    if (state->parts.bans.has(peer)) {
      co_return fail(ErrorCode::PermissionDenied, "{} is blocked: `venus net block remove` takes that back", peer);
    }
    if (state->links.contains(peer)) co_return Result<void>{};
    state->plan.release(peer);
    if (const auto found = state->bootstrap.find(peer); found != state->bootstrap.end()) {
      addresses.insert(addresses.end(), found->second.begin(), found->second.end());
    }
    if (const auto known = state->parts.book.find(peer)) {
      addresses.insert(addresses.end(), known->addresses.begin(), known->addresses.end());
    }
  }
  if (addresses.empty()) {
    auto found = co_await state->parts.host.find_peer(peer, 30s);
    if (!found) co_return fail(ErrorCode::NotFound, "no address of {} is known: {}", peer, found.error().message);
    addresses = *std::move(found);
  }
  CO_TRY_VOID(co_await state->parts.host.connect(peer, dial_list(std::move(addresses)), state->settings.dial_timeout));
  co_return Result<void>{};
}

void PeerManager::disconnect(const PeerId& peer) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->stopped) return;
  state_->plan.hold(peer, state_->now() + 60s);
  state_->parts.host.disconnect(peer);
}

Task<microseconds> PeerManager::ping(PeerId peer) {
  auto state = state_;
  if (!is_connected(peer)) co_return fail(ErrorCode::Unavailable, "not connected to {}", peer);
  CO_TRY(const auto stream, co_await state->parts.host.open_stream(peer, {std::string(kPing)}, 10s));
  auto took = co_await exchange_ping(stream);
  stream->reset();
  co_return took;
}

Result<void> PeerManager::save() {
  const std::scoped_lock saving(state_->save_mutex);
  TRY_VOID(state_->parts.book.save());
  return state_->parts.bans.save();
}

Result<void> PeerManager::protect(const PeerId& peer, std::string_view tag) {
  return state_->parts.book.protect(peer, tag);
}
void PeerManager::unprotect(const PeerId& peer, std::string_view tag) { state_->parts.book.unprotect(peer, tag); }
std::vector<PeerId> PeerManager::protected_peers(std::string_view tag) const {
  return state_->parts.book.protected_peers(tag);
}

PeerView PeerManager::State::view(const PeerId& peer, const Link& link, std::size_t close_by, Time at) const {
  PeerView out;
  out.peer = peer;
  out.connections = link.connections;
  out.agent = link.agent;
  out.protocols = link.protocols;
  out.addresses = link.addresses;
  out.latency = link.latency;
  out.value = value_of(peer, link, close_by, at);
  if (const auto score = scores.find(peer); score != scores.end()) {
    out.penalty = score->second.penalty(at);
    out.merit = score->second.merit(at);
  }
  if (const auto known = parts.book.find(peer)) {
    out.tags.assign(known->tags.begin(), known->tags.end());
    out.first_seen = known->first_seen;
  }
  return out;
}

std::vector<PeerView> PeerManager::peers() const {
  const std::scoped_lock lock(state_->mutex);
  const auto at = state_->now();
  const auto close_by = state_->neighbours();
  std::vector<PeerView> out;
  for (const auto& [peer, link] : state_->links) {
    const auto ip = ip_of_link(link);
    out.push_back(state_->view(peer, link, ip ? close_by.at(*ip) : 1, at));
  }
  return out;
}

std::optional<PeerView> PeerManager::peer(const PeerId& peer) const {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->links.find(peer);
  if (found != state_->links.end()) return state_->view(peer, found->second, 1, state_->now());
  const auto known = state_->parts.book.find(peer);
  if (!known) return std::nullopt;
  PeerView out;
  out.peer = peer;
  out.agent = known->agent;
  out.addresses = known->addresses;
  out.tags.assign(known->tags.begin(), known->tags.end());
  out.first_seen = known->first_seen;
  return out;
}

bool PeerManager::is_connected(const PeerId& peer) const {
  const std::scoped_lock lock(state_->mutex);
  return state_->links.contains(peer);
}

std::size_t PeerManager::connected_count() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->links.size();
}

std::vector<std::string> PeerManager::listening() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<std::string> out(state_->open_listeners.begin(), state_->open_listeners.end());
  for (const auto& address : state_->settings.announce) {
    if (std::ranges::find(out, address) == out.end()) out.push_back(address);
  }
  return out;
}

Reachability PeerManager::reachability() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->reached_from_outside ? Reachability::Public : Reachability::Unknown;
}

std::vector<std::string> PeerManager::public_addresses() const {
  if (reachability() != Reachability::Public) return {};
  auto candidates = listening();
  {
    const std::scoped_lock lock(state_->mutex);
    // One peer alone could tell anything.
    for (const auto& [address, witnesses] : state_->observed) {
      if (witnesses.size() >= 2) candidates.push_back(address);
    }
  }
  std::erase_if(candidates, [](const std::string& text) {
    const auto ip = ip_of(text);
    return !ip || scope_of(*ip) != IpScope::Public;
  });
  std::ranges::sort(candidates);
  candidates.erase(std::ranges::unique(candidates).begin(), candidates.end());
  return candidates;
}

PeerStats PeerManager::stats() const {
  const std::scoped_lock lock(state_->mutex);
  auto out = state_->counts;
  out.connected = state_->links.size();
  out.inbound = static_cast<std::size_t>(std::ranges::count_if(state_->links, [](const auto& entry) {
    return !entry.second.connections.empty() && entry.second.connections.front().inbound;
  }));
  out.known = state_->parts.book.size();
  out.dialling = state_->plan.running();
  const auto banned = state_->parts.bans.lists();
  out.banned = banned.peers.size() + banned.addresses.size() + banned.networks.size();
  return out;
}

std::string_view to_string(Misbehaviour what) noexcept {
  switch (what) {
    case Misbehaviour::Slow: return "slow";
    case Misbehaviour::Failed: return "failed";
    case Misbehaviour::Flooded: return "flooded";
    case Misbehaviour::Malformed: return "malformed";
    case Misbehaviour::Lied: return "lied";
    case Misbehaviour::WrongNetwork: return "wrong_network";
    case Misbehaviour::BadChain: return "bad_chain";
  }
  return "unknown";
}

std::optional<IpAddress> ip_of_link(const PeerManager::State::Link& link) {
  return link.connections.empty() ? std::nullopt : ip_of(link.connections.back().address);
}

}  // namespace venus::net
