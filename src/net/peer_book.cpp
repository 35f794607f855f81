// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/peer_book.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "net/multiaddr.hpp"
#include "net/state_file.hpp"

namespace venus::net {
namespace {

constexpr std::size_t kMaxFile = 16U << 20;

struct StoredPeer {
  PeerId peer;
  std::vector<std::string> addresses;
  std::string agent;
  std::int64_t first_seen = 0, last_seen = 0, last_success = 0, last_ban = 0;
  std::uint32_t failures = 0, bans = 0;
  std::vector<std::string> tags;
  static constexpr auto fields() {
    using base::field;
    constexpr auto kOmit = base::JsonRule::OmitIfEmpty;
    return base::fields_of(
        field("peer", &StoredPeer::peer), field("addresses", &StoredPeer::addresses),
        field("agent", &StoredPeer::agent, kOmit), field("first_seen", &StoredPeer::first_seen, kOmit),
        field("last_seen", &StoredPeer::last_seen, kOmit), field("last_success", &StoredPeer::last_success, kOmit),
        field("failures", &StoredPeer::failures, kOmit), field("bans", &StoredPeer::bans, kOmit),
        field("last_ban", &StoredPeer::last_ban, kOmit), field("tags", &StoredPeer::tags, kOmit));
  }
};

StoredPeer to_stored(const KnownPeer& p) {
  return {p.peer, p.addresses, p.agent, p.first_seen, p.last_seen, p.last_success, p.last_ban, p.failures, p.bans,
          {p.tags.begin(), p.tags.end()}};
}

// Puts addresses in front, known ones first moved there, and keeps the list short.
bool put_first(std::vector<std::string>& list, const std::string& address) {
  if (!list.empty() && list.front() == address) return false;
  std::erase(list, address);
  list.insert(list.begin(), address);
  if (list.size() > PeerBook::kMaxAddresses) list.resize(PeerBook::kMaxAddresses);
  return true;
}

// Whom to dial rather; a total order but for equals.
bool better(const KnownPeer& a, const KnownPeer& b) {
  const auto rank = [](const KnownPeer& p) {
    // An hour more or less does not matter: failures do.
    return std::tuple(p.last_success > 0 && p.failures < 3, -static_cast<std::int64_t>(p.failures),
                      p.last_success / 3600, p.last_seen);
  };
  return rank(a) > rank(b);
}

// Whom to forget last.
bool worthier(const KnownPeer& a, const KnownPeer& b) {
  const auto rank = [](const KnownPeer& p) {
    return std::tuple(!p.tags.empty(), p.last_success > 0, p.last_success, -static_cast<std::int64_t>(p.failures), p.last_seen);
  };
  return rank(a) > rank(b);
}

}  // namespace

Result<std::unique_ptr<PeerBook>> PeerBook::open(std::filesystem::path file, const base::Clock& clock) {
  std::unique_ptr<PeerBook> out(new PeerBook(std::move(file), clock));
  if (const auto loaded = out->load(); !loaded) {
    if (loaded.error().code == ErrorCode::Io) return std::unexpected(loaded.error());
    auto aside = out->file_;
    aside += ".bad";
    std::error_code error;
    std::filesystem::rename(out->file_, aside, error);
    if (error) return fail(ErrorCode::Io, "{} is damaged and can't be put aside: {}", out->file_.string(), error.message());
    out->peers_.clear();
  }
  return out;
}

Result<void> PeerBook::load() {
  const auto bytes = read_state_file(file_, kMaxFile);
  if (!bytes && bytes.error().code == ErrorCode::NotFound) return {};
  if (!bytes) return std::unexpected(bytes.error());
  TRY(const auto json, base::parse_json(base::as_chars(*bytes)));
  TRY(auto stored, base::from_json<std::vector<StoredPeer>>(json));
  const auto now = clock_.unix_seconds();
  for (auto& s : stored) {
    KnownPeer p{s.peer, {}, std::move(s.agent), 0, 0, 0, s.failures, s.bans, 0, {s.tags.begin(), s.tags.end()}};
    for (auto& address : s.addresses) {
      const auto parsed = Multiaddr::parse(address);
      if (parsed && parsed->is_dialable() && p.addresses.size() < kMaxAddresses) p.addresses.push_back(std::move(address));
    }
    // Times of a clock that ran ahead would stay the newest for ever.
    p.first_seen = std::min(s.first_seen, now);
    p.last_seen = std::min(s.last_seen, now);
    p.last_success = std::min(s.last_success, now);
    p.last_ban = std::min(s.last_ban, now);
    if (!p.peer.empty()) peers_.insert_or_assign(p.peer, std::move(p));
  }
  make_room();
  return {};
}

KnownPeer& PeerBook::entry(const PeerId& peer) {
  dirty_ = true;
  const auto now = clock_.unix_seconds();
  auto [found, added] = peers_.try_emplace(peer);
  if (added) {
    found->second.peer = peer;
    found->second.first_seen = now;
    found->second.last_seen = now;
    make_room();
    // A newcomer is never the one to go: it is as new as can be, but may be the least worthy of a full book.
    found = peers_.try_emplace(peer).first;
    found->second.peer = peer;
    if (found->second.first_seen == 0) found->second.first_seen = now;
  }
  found->second.last_seen = now;
  return found->second;
}

// Drops a tenth at once, so that a full book does not sort itself for each newcomer.
void PeerBook::make_room() {
  if (peers_.size() <= kMaxPeers) return;
  std::vector<const KnownPeer*> order;
  for (const auto& [id, peer] : peers_) order.push_back(&peer);
  const auto keep = static_cast<std::ptrdiff_t>(kMaxPeers - kMaxPeers / 10);
  std::ranges::nth_element(order, order.begin() + keep, [](const auto* a, const auto* b) { return worthier(*a, *b); });
  std::vector<PeerId> gone;
  for (auto it = order.begin() + keep; it != order.end(); ++it) {
    if ((*it)->tags.empty()) gone.push_back((*it)->peer);
  }
  for (const auto& id : gone) peers_.erase(id);
}

void PeerBook::heard_of(const PeerId& peer, const std::vector<std::string>& addresses) {
  std::vector<std::string> good;
  for (const auto& text : addresses) {
    const auto address = Multiaddr::parse(text);
    if (!address || !address->is_dialable() || (address->peer() && *address->peer() != peer)) continue;
    good.push_back(address->transport());
    if (good.size() == kMaxAddresses) break;
  }
  if (good.empty() || peer.empty()) return;
  const std::scoped_lock lock(mutex_);
  auto& known = entry(peer);
  for (auto& address : good) {
    const bool is_new = std::ranges::find(known.addresses, address) == known.addresses.end();
    // The front is an address that worked; hearsay does not take its place.
    if (is_new && known.addresses.size() >= kMaxAddresses) known.addresses.pop_back();
    if (is_new) known.addresses.push_back(std::move(address));
  }
}

void PeerBook::connected(const PeerId& peer, const std::string& dialled) {
  const auto address = Multiaddr::parse(dialled);
  const std::scoped_lock lock(mutex_);
  auto& known = entry(peer);
  known.last_success = known.last_seen;
  known.failures = 0;
  if (address && address->is_dialable()) put_first(known.addresses, address->transport());
}

void PeerBook::agent_is(const PeerId& peer, std::string_view agent) {
  const std::scoped_lock lock(mutex_);
  entry(peer).agent = std::string(agent.substr(0, kMaxAgent));
}

void PeerBook::dial_failed(const PeerId& peer) {
  const std::scoped_lock lock(mutex_);
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  ++found->second.failures;
  dirty_ = true;
}

std::uint32_t PeerBook::banned(const PeerId& peer) {
  const std::scoped_lock lock(mutex_);
  auto& known = entry(peer);
  const auto age = known.last_seen - known.last_ban;
  known.bans = age > kForgiven.count() || age < 0 ? 1 : known.bans + 1;
  known.last_ban = known.last_seen;
  return known.bans;
}

Result<void> PeerBook::protect(const PeerId& peer, std::string_view tag) {
  if (peer.empty()) return fail(ErrorCode::InvalidArgument, "no peer to protect");
  const std::scoped_lock lock(mutex_);
  const auto count = std::ranges::count_if(peers_, [](const auto& p) { return !p.second.tags.empty(); });
  const auto found = peers_.find(peer);
  const bool is_one = found != peers_.end() && !found->second.tags.empty();
  if (!is_one && static_cast<std::size_t>(count) >= kMaxProtected) {
    return fail(ErrorCode::Exhausted, "{} peers are protected already", kMaxProtected);
  }
  entry(peer).tags.emplace(tag);
  return {};
}

bool PeerBook::unprotect(const PeerId& peer, std::string_view tag) {
  const std::scoped_lock lock(mutex_);
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second.tags.erase(std::string(tag)) == 0) return false;
  dirty_ = true;
  return true;
}

bool PeerBook::is_protected(const PeerId& peer) const {
  const std::scoped_lock lock(mutex_);
  const auto found = peers_.find(peer);
  return found != peers_.end() && !found->second.tags.empty();
}

std::vector<PeerId> PeerBook::protected_peers(std::string_view tag) const {
  std::vector<PeerId> out;
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, peer] : peers_) {
    if (peer.tags.contains(std::string(tag))) out.push_back(id);
  }
  std::ranges::sort(out);
  return out;
}

std::optional<KnownPeer> PeerBook::find(const PeerId& peer) const {
  const std::scoped_lock lock(mutex_);
  const auto found = peers_.find(peer);
  return found == peers_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<KnownPeer> PeerBook::best(std::size_t max, const std::function<bool(const KnownPeer&)>& wanted) const {
  const std::scoped_lock lock(mutex_);
  std::vector<const KnownPeer*> order;
  for (const auto& [id, peer] : peers_) {
    if (!peer.addresses.empty() && wanted(peer)) order.push_back(&peer);
  }
  const auto count = std::min(max, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(count),
                            [](const auto* a, const auto* b) { return better(*a, *b); });
  std::vector<KnownPeer> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(*order[i]);
  return out;
}

std::size_t PeerBook::size() const {
  const std::scoped_lock lock(mutex_);
  return peers_.size();
}

Result<void> PeerBook::save() {
  const std::scoped_lock saving(save_mutex_);
  std::vector<StoredPeer> stored;
  {
    const std::scoped_lock lock(mutex_);
    if (!dirty_) return {};
    dirty_ = false;
    for (const auto& [id, peer] : peers_) stored.push_back(to_stored(peer));
  }
  std::ranges::sort(stored, {}, &StoredPeer::peer);
  const auto text = base::write_json(base::to_json(stored));
  const auto written = write_state_file(file_, base::as_bytes(text));
  if (!written) {
    const std::scoped_lock lock(mutex_);
    dirty_ = true;
  }
  return written;
}

}  // namespace venus::net
