// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/ban_list.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "net/state_file.hpp"

namespace venus::net {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::size_t kMaxFile = 8U << 20;
constexpr std::size_t kMaxReason = 200;

struct StoredBan {
  std::string what;
  std::string reason;
  std::int64_t until = 0;  // Unix seconds; 0: for good
  static constexpr auto fields() {
    using base::field;
    using base::JsonRule;
    return base::fields_of(field("what", &StoredBan::what), field("reason", &StoredBan::reason, JsonRule::OmitIfEmpty),
                           field("until", &StoredBan::until, JsonRule::OmitIfEmpty));
  }
};

struct StoredBans {
  std::vector<StoredBan> peers;
  std::vector<StoredBan> networks;
  static constexpr auto fields() {
    return base::fields_of(base::field("peers", &StoredBans::peers), base::field("networks", &StoredBans::networks));
  }
};

Result<std::vector<IpNetwork>> parse_all(const std::vector<std::string>& addresses,
                                         const std::vector<std::string>& networks) {
  std::vector<IpNetwork> out;
  for (const auto& text : addresses) {
    TRY(const auto address, parse_ip(text));
    out.emplace_back(address);
  }
  for (const auto& text : networks) {
    TRY(const auto network, IpNetwork::parse(text));
    out.push_back(network);
  }
  return out;
}

std::string text_of(const PeerId& peer) { return peer.str(); }
std::string text_of(const IpNetwork& network) { return network.str(); }

}  // namespace

Result<std::unique_ptr<BanList>> BanList::open(std::filesystem::path file, const base::Clock& clock) {
  std::unique_ptr<BanList> out(new BanList(std::move(file), clock));
  TRY_VOID(with_context(out->load(), out->file_.string()));
  return out;
}

Result<void> BanList::load() {
  const auto bytes = read_state_file(file_, kMaxFile);
  if (!bytes && bytes.error().code == ErrorCode::NotFound) return {};
  if (!bytes) return std::unexpected(bytes.error());
  const auto corrupt = [](const Error& error) {
    return std::unexpected(Error{ErrorCode::Corrupt, error.message + "; restore or delete the file"});
  };
  const auto json = base::parse_json(base::as_chars(*bytes));
  if (!json) return corrupt(json.error());
  const auto stored = base::from_json<StoredBans>(*json);
  if (!stored) return corrupt(stored.error());
  const auto now = std::chrono::steady_clock::now();
  const auto why = [&](const StoredBan& ban) -> std::optional<Why> {
    if (ban.until == 0) return Why{ban.reason, std::nullopt};
    // A clock that was set back must not make a ban last for ever.
    const auto left = std::min<std::int64_t>(ban.until - clock_.unix_seconds(), kLongest.count());
    if (left <= 0) return std::nullopt;
    return Why{ban.reason, now + seconds(left)};
  };
  for (const auto& ban : stored->peers) {
    const auto peer = PeerId::parse(ban.what);
    if (!peer) return corrupt(peer.error());
    if (auto reason = why(ban)) peers_.emplace(*peer, *std::move(reason));
  }
  for (const auto& ban : stored->networks) {
    const auto network = IpNetwork::parse(ban.what);
    if (!network) return corrupt(network.error());
    if (auto reason = why(ban)) networks_.emplace(*network, *std::move(reason));
  }
  return {};
}

void BanList::attach(bridge::P2pHost* host) {
  const std::scoped_lock lock(mutex_);
  host_ = host;
  tell_host();
}

void BanList::changed() {
  ++version_;
  tell_host();
}

// The caller holds the mutex, so that the host's last word is the newest.
void BanList::tell_host() {
  if (host_ == nullptr) return;
  std::vector<PeerId> peers;
  std::vector<std::string> networks;
  for (const auto& [peer, why] : peers_) peers.push_back(peer);
  for (const auto& [network, why] : networks_) networks.push_back(network.str());
  // The texts come from parsed networks, so the host can refuse none of them.
  static_cast<void>(host_->set_banned(std::move(peers), std::move(networks)));
}

Result<void> BanList::block(const std::vector<PeerId>& peers, const std::vector<std::string>& addresses,
                            const std::vector<std::string>& networks) {
  TRY(const auto parsed, parse_all(addresses, networks));
  const std::scoped_lock lock(mutex_);
  const auto permanent = [](const auto& entry) { return !entry.second.until; };
  const auto count = std::ranges::count_if(peers_, permanent) + std::ranges::count_if(networks_, permanent);
  if (static_cast<std::size_t>(count) + peers.size() + parsed.size() > kMaxPermanent) {
    return fail(ErrorCode::TooLarge, "the list of blocked peers and networks would have over {} entries", kMaxPermanent);
  }
  for (const auto& peer : peers) peers_.insert_or_assign(peer, Why{});
  for (const auto& network : parsed) networks_.insert_or_assign(network, Why{});
  changed();
  return {};
}

Result<void> BanList::unblock(const std::vector<PeerId>& peers, const std::vector<std::string>& addresses,
                              const std::vector<std::string>& networks) {
  TRY(const auto parsed, parse_all(addresses, networks));
  const std::scoped_lock lock(mutex_);
  for (const auto& peer : peers) peers_.erase(peer);
  for (const auto& network : parsed) networks_.erase(network);
  changed();
  return {};
}

template <class Key>
void BanList::ban_for(std::map<Key, Why>& where, const Key& key, seconds time, std::string reason) {
  const auto until = std::chrono::steady_clock::now() + std::min(time, kLongest);
  if (reason.size() > kMaxReason) reason.resize(kMaxReason);
  const std::scoped_lock lock(mutex_);
  const auto found = where.find(key);
  if (found != where.end() && (!found->second.until || *found->second.until >= until)) return;
  where.insert_or_assign(key, Why{std::move(reason), until});
  make_room();
  changed();
}

void BanList::ban(const PeerId& peer, seconds time, std::string reason) {
  ban_for(peers_, peer, time, std::move(reason));
}

void BanList::ban(const IpAddress& address, seconds time, std::string reason) {
  ban_for(networks_, IpNetwork(address), time, std::move(reason));
}

// Drops the temporary ban of a peer that ends first when there are too many.
void BanList::make_room() {
  const auto temporary = [](const auto& entry) { return entry.second.until.has_value(); };
  const auto drop_first = [&](auto& where) {
    if (static_cast<std::size_t>(std::ranges::count_if(where, temporary)) <= kMaxTemporary) return;
    auto first = where.end();
    for (auto it = where.begin(); it != where.end(); ++it) {
      if (temporary(*it) && (first == where.end() || *it->second.until < *first->second.until)) first = it;
    }
    where.erase(first);
  };
  drop_first(peers_);
  drop_first(networks_);
}

bool BanList::has(const PeerId& peer) const {
  const std::scoped_lock lock(mutex_);
  return peers_.contains(peer);
}

bool BanList::has(const IpAddress& address) const {
  const std::scoped_lock lock(mutex_);
  return std::ranges::any_of(networks_, [&](const auto& entry) { return entry.first.contains(address); });
}

BanList::Lists BanList::lists() const {
  const std::scoped_lock lock(mutex_);
  Lists out;
  for (const auto& [peer, why] : peers_) out.peers.push_back(peer);
  for (const auto& [network, why] : networks_) {
    if (network.is_single()) out.addresses.push_back(network.address_text());
    else out.networks.push_back(network.str());
  }
  return out;
}

std::vector<BanList::Ban> BanList::bans() const {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Ban> out;
  const auto list = [&](const auto& where) {
    for (const auto& [key, why] : where) {
      Ban ban{text_of(key), why.reason, std::nullopt};
      if (why.until) ban.left = std::max(seconds(0), duration_cast<seconds>(*why.until - now));
      out.push_back(std::move(ban));
    }
  };
  const std::scoped_lock lock(mutex_);
  list(peers_);
  list(networks_);
  return out;
}

void BanList::expire() {
  const auto now = std::chrono::steady_clock::now();
  const auto over = [now](const auto& entry) { return entry.second.until && *entry.second.until <= now; };
  const std::scoped_lock lock(mutex_);
  if (std::erase_if(peers_, over) + std::erase_if(networks_, over) > 0) changed();
}

Bytes BanList::encode() const {
  const auto now = std::chrono::steady_clock::now();
  const auto list = [&](const auto& where) {
    std::vector<StoredBan> out;
    for (const auto& [key, why] : where) {
      StoredBan ban{text_of(key), why.reason, 0};
      if (why.until) ban.until = clock_.unix_seconds() + duration_cast<seconds>(*why.until - now).count();
      out.push_back(std::move(ban));
    }
    return out;
  };
  const auto text = base::pretty_json(base::to_json(StoredBans{list(peers_), list(networks_)}));
  return base::to_bytes(base::as_bytes(text));
}

Result<void> BanList::save() {
  const std::scoped_lock saving(save_mutex_);
  Bytes content;
  std::uint64_t version = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (version_ == saved_version_) return {};
    version = version_;
    content = encode();
  }
  TRY_VOID(write_state_file(file_, content));
  const std::scoped_lock lock(mutex_);
  saved_version_ = version;
  return {};
}

}  // namespace venus::net
