// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/dnsaddr.hpp"

#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <set>

namespace venus::net {
namespace {

constexpr std::size_t kMaxPeers = 32;
constexpr std::size_t kMaxLookups = 16;
constexpr std::size_t kMaxRecords = 64;
constexpr std::uint16_t kTxt = 16;
constexpr std::uint16_t kInternet = 1;
constexpr std::string_view kPrefix = "dnsaddr=";

// Reads a DNS message (RFC 1035, section 4) from the front.
class Reader {
 public:
  explicit Reader(BytesView message) : rest_(message) {}

  Result<std::uint16_t> u16() {
    TRY(const auto bytes, take(2));
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
  }
  Result<BytesView> take(std::size_t count) {
    if (count > rest_.size()) return fail(ErrorCode::Malformed, "a DNS answer ends early");
    const auto out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
  }
  // Names are of no interest: a pointer ends one.
  Result<void> skip_name() {
    for (;;) {
      TRY(const auto head, take(1));
      if (head[0] == 0) return {};
      if ((head[0] & 0xC0U) == 0xC0) {
        TRY_VOID(take(1));
        return {};
      }
      if ((head[0] & 0xC0U) != 0) return fail(ErrorCode::Malformed, "a DNS answer with a strange label");
      TRY_VOID(take(head[0]));
    }
  }

 private:
  BytesView rest_;
};

// A TXT record is one text cut into pieces of at most 255 bytes.
Result<std::string> join_pieces(BytesView data) {
  std::string out;
  Reader reader(data);
  for (std::size_t used = 0; used < data.size();) {
    TRY(const auto size, reader.take(1));
    TRY(const auto piece, reader.take(size[0]));
    out.append(base::as_chars(piece));
    used += 1U + size[0];
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> parse_txt_answer(BytesView message) {
  Reader reader(message);
  TRY_VOID(reader.take(4));
  TRY(const auto questions, reader.u16());
  TRY(const auto answers, reader.u16());
  TRY_VOID(reader.take(4));
  for (unsigned i = 0; i < questions; ++i) {
    TRY_VOID(reader.skip_name());
    TRY_VOID(reader.take(4));
  }
  std::vector<std::string> out;
  for (unsigned i = 0; i < answers && out.size() < kMaxRecords; ++i) {
    TRY_VOID(reader.skip_name());
    TRY(const auto type, reader.u16());
    TRY(const auto kind, reader.u16());
    TRY_VOID(reader.take(4));
    TRY(const auto size, reader.u16());
    TRY(const auto data, reader.take(size));
    if (type != kTxt || kind != kInternet) continue;
    TRY(auto text, join_pieces(data));
    out.push_back(std::move(text));
  }
  return out;
}

Result<std::vector<std::string>> dns_txt(const std::string& name) {
  struct __res_state state{};
  if (::res_ninit(&state) != 0) return fail(ErrorCode::Unavailable, "the system has no DNS resolver");
  state.retrans = 3;  // seconds
  state.retry = 2;
  Bytes answer(65'535);
  const int size = ::res_nquery(&state, name.c_str(), kInternet, kTxt, answer.data(), static_cast<int>(answer.size()));
  const int failure = state.res_h_errno;
  ::res_nclose(&state);
  if (size < 0) {
    const bool is_absent = failure == HOST_NOT_FOUND || failure == NO_DATA;
    return fail(is_absent ? ErrorCode::NotFound : ErrorCode::Unavailable, "TXT records of {}: {}", name,
                is_absent ? "there are none" : "the DNS does not answer");
  }
  answer.resize(std::min(static_cast<std::size_t>(size), answer.size()));
  return with_context(parse_txt_answer(answer), name);
}

Result<std::vector<PeerAddress>> resolve_dnsaddr(const std::string& name, const TxtLookup& lookup) {
  std::vector<std::string> open{name};
  std::set<std::string> asked;
  std::map<PeerId, PeerAddress> found;
  std::optional<Error> first_error;
  while (!open.empty() && asked.size() < kMaxLookups && found.size() < kMaxPeers) {
    const auto host = std::move(open.back());
    open.pop_back();
    if (!asked.insert(host).second) continue;
    const auto records = lookup("_dnsaddr." + host);
    if (!records) {
      if (!first_error) first_error = records.error();
      continue;
    }
    for (const auto& record : *records) {
      if (!record.starts_with(kPrefix)) continue;
      const auto address = Multiaddr::parse(std::string_view(record).substr(kPrefix.size()));
      if (!address) continue;
      if (address->is_dnsaddr()) {
        open.push_back(address->host_name());
      } else if (address->peer() && address->is_dialable() && found.size() < kMaxPeers) {
        auto& peer = found[*address->peer()];
        peer.peer = *address->peer();
        if (peer.addresses.size() < 8) peer.addresses.push_back(address->transport());
      }
    }
  }
  if (found.empty() && first_error) return std::unexpected(*std::move(first_error));
  if (found.empty()) return fail(ErrorCode::NotFound, "no peers at /dnsaddr/{}", name);
  std::vector<PeerAddress> out;
  for (auto& [id, peer] : found) out.push_back(std::move(peer));
  return out;
}

}  // namespace venus::net
