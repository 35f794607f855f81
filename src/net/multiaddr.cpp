// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/multiaddr.hpp"

#include <algorithm>
#include <charconv>

#include "base/varint.hpp"

namespace venus::net {
namespace {

enum class Kind : std::uint8_t { Ip4, Ip6, Name, Port, Peer, Text, Nothing };

struct Protocol {
  std::string_view name;
  std::uint64_t code;
  Kind kind;
};

// Codes: multiformats/multicodec, table of tag "multiaddr".
constexpr Protocol kProtocols[] = {
    {"ip4", 4, Kind::Ip4},          {"tcp", 6, Kind::Port},           {"ip6", 41, Kind::Ip6},
    {"dns", 53, Kind::Name},        {"dns4", 54, Kind::Name},         {"dns6", 55, Kind::Name},
    {"dnsaddr", 56, Kind::Name},    {"udp", 273, Kind::Port},         {"webrtc-direct", 280, Kind::Nothing},
    {"webrtc", 281, Kind::Nothing}, {"p2p-circuit", 290, Kind::Nothing}, {"p2p", 421, Kind::Peer},
    {"https", 443, Kind::Nothing},  {"tls", 448, Kind::Nothing},      {"sni", 449, Kind::Name},
    {"quic", 460, Kind::Nothing},   {"quic-v1", 461, Kind::Nothing},  {"webtransport", 465, Kind::Nothing},
    {"certhash", 466, Kind::Text},  {"ws", 477, Kind::Nothing},       {"wss", 478, Kind::Nothing},
    {"http", 480, Kind::Nothing},
};

const Protocol* find_protocol(std::string_view name) {
  if (name == "ipfs") name = "p2p";
  const auto* found = std::ranges::find(kProtocols, name, &Protocol::name);
  return found == std::end(kProtocols) ? nullptr : found;
}

bool is_host_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, allowed);
}

// The value in its one proper form.
Result<std::string> normal_value(const Protocol& protocol, std::string_view value) {
  const auto refused = [&] {
    return fail(ErrorCode::Malformed, "\"{}\" is no value of /{}", value.substr(0, 64), protocol.name);
  };
  switch (protocol.kind) {
    case Kind::Ip4:
    case Kind::Ip6: {
      const auto address = parse_ip(value);
      // A mapped address keeps its spelling: it is an /ip6 address of the wire.
      const bool is_v6 = value.find(':') != std::string_view::npos;
      if (!address || is_v6 != (protocol.kind == Kind::Ip6)) return refused();
      return is_v6 && address->is_v4() ? std::string(value) : address->to_string();
    }
    case Kind::Port: {
      std::uint16_t port = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
      if (error != std::errc() || end != value.data() + value.size()) return refused();
      return std::to_string(port);
    }
    case Kind::Peer: {
      TRY(const auto peer, PeerId::parse(value));
      return peer.str();
    }
    case Kind::Name:
      if (!is_host_name(value)) return refused();
      return std::string(value);
    case Kind::Text:
    case Kind::Nothing: break;
  }
  if (value.empty() || value.size() > 128) return refused();
  return std::string(value);
}

// How many bytes a protocol's value has on the wire; nothing: a length goes before it.
std::optional<std::uint64_t> wire_size(Kind kind) {
  switch (kind) {
    case Kind::Ip4: return 4;
    case Kind::Ip6: return 16;
    case Kind::Port: return 2;
    case Kind::Nothing: return 0;
    case Kind::Name:
    case Kind::Peer:
    case Kind::Text: break;
  }
  return std::nullopt;
}

Result<std::uint64_t> take_varint(BytesView& bytes) {
  TRY(const auto number, base::read_varint(bytes));
  bytes = bytes.subspan(number.size);
  return number.value;
}

Result<std::string> value_of_bytes(const Protocol& protocol, BytesView bytes) {
  switch (protocol.kind) {
    case Kind::Ip4: return asio::ip::address_v4({bytes[0], bytes[1], bytes[2], bytes[3]}).to_string();
    case Kind::Ip6: {
      asio::ip::address_v6::bytes_type raw;
      std::copy(bytes.begin(), bytes.end(), raw.begin());
      return asio::ip::address_v6(raw).to_string();
    }
    case Kind::Port: return std::to_string(bytes[0] << 8 | bytes[1]);
    case Kind::Peer: {
      TRY(const auto peer, PeerId::from_bytes(bytes));
      return peer.str();
    }
    case Kind::Text: return "f" + base::to_hex(bytes);  // multibase of hex
    case Kind::Name:
    case Kind::Nothing: break;
  }
  return std::string(base::as_chars(bytes));
}

}  // namespace

struct Multiaddr::Part {
  const Protocol* protocol;
  std::string value;
};

Result<Multiaddr> Multiaddr::parse(std::string_view text) {
  if (text.size() > kMaxText) return fail(ErrorCode::TooLarge, "a multiaddr of {} characters", text.size());
  if (!text.starts_with('/')) return fail(ErrorCode::Malformed, "\"{}\" is no multiaddr", text.substr(0, 64));
  std::vector<Part> parts;
  auto rest = text.substr(1);
  const auto next = [&rest] {
    const auto slash = rest.find('/');
    const auto word = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    return word;
  };
  if (rest.ends_with('/')) rest.remove_suffix(1);
  do {
    const auto name = next();
    const auto* protocol = find_protocol(name);
    if (protocol == nullptr) return fail(ErrorCode::Malformed, "unknown protocol /{} in a multiaddr", name.substr(0, 32));
    std::string value;
    if (protocol->kind != Kind::Nothing) {
      TRY(value, normal_value(*protocol, next()));
    }
    parts.push_back({protocol, std::move(value)});
    if (parts.size() > kMaxParts) return fail(ErrorCode::TooLarge, "a multiaddr of over {} parts", kMaxParts);
  } while (!rest.empty());
  return from_parts(std::move(parts));
}

Result<Multiaddr> Multiaddr::from_bytes(BytesView bytes) {
  std::vector<Part> parts;
  if (bytes.empty() || bytes.size() > kMaxText) return fail(ErrorCode::Malformed, "a multiaddr of {} bytes", bytes.size());
  while (!bytes.empty()) {
    TRY(const auto code, take_varint(bytes));
    const auto* protocol = std::ranges::find(kProtocols, code, &Protocol::code);
    if (protocol == std::end(kProtocols)) return fail(ErrorCode::Malformed, "unknown protocol {} in a multiaddr", code);
    std::optional<std::uint64_t> size = wire_size(protocol->kind);
    if (!size) {
      TRY(size, take_varint(bytes));
    }
    if (*size > bytes.size()) return fail(ErrorCode::Malformed, "a multiaddr ends in the middle of /{}", protocol->name);
    Part part{protocol, {}};
    if (protocol->kind != Kind::Nothing) {
      TRY(const auto value, value_of_bytes(*protocol, bytes.first(*size)));
      TRY(part.value, normal_value(*protocol, value));
    }
    bytes = bytes.subspan(*size);
    parts.push_back(std::move(part));
    if (parts.size() > kMaxParts) return fail(ErrorCode::TooLarge, "a multiaddr of over {} parts", kMaxParts);
  }
  return from_parts(std::move(parts));
}

Result<Multiaddr> Multiaddr::from_parts(std::vector<Part> parts) {
  Multiaddr out;
  for (const auto& part : parts) {
    out.text_ += fmt::format("/{}", part.protocol->name);
    if (part.protocol->kind != Kind::Nothing) out.text_ += fmt::format("/{}", part.value);
  }
  if (parts.back().protocol->kind == Kind::Peer) {
    TRY(out.peer_, PeerId::parse(parts.back().value));
  }
  const auto& first = parts.front();
  if (first.protocol->kind == Kind::Ip4 || first.protocol->kind == Kind::Ip6) {
    TRY(out.ip_, parse_ip(first.value));
  } else if (first.protocol->kind == Kind::Name && first.protocol->name != "sni") {
    out.host_ = first.value;
    out.is_dnsaddr_ = first.protocol->name == "dnsaddr";
  }
  out.judge(parts);
  return out;
}

void Multiaddr::judge(const std::vector<Part>& parts) {
  if (ip_ ? scope_of(*ip_) == IpScope::None : host_.empty()) return;
  auto count = parts.size() - (peer_ ? 1 : 0);
  if (is_dnsaddr_) {
    is_dialable_ = count == 1;
    return;
  }
  const auto has_port = [&](std::string_view name) {
    return count >= 2 && parts[1].protocol->name == name && parts[1].value != "0";
  };
  is_dialable_ = (count == 2 && has_port("tcp")) || (count == 3 && has_port("udp") && parts[2].protocol->name == "quic-v1");
}

std::string Multiaddr::transport() const {
  if (!peer_) return text_;
  return text_.substr(0, text_.size() - peer_->str().size() - std::string_view("/p2p/").size());
}

Result<PeerAddress> parse_peer_address(std::string_view text) {
  TRY(const auto address, Multiaddr::parse(text));
  if (!address.peer()) return fail(ErrorCode::Malformed, "{} names no peer: /p2p/ID is missing at its end", text);
  PeerAddress out{*address.peer(), {}};
  if (auto transport = address.transport(); !transport.empty()) out.addresses.push_back(std::move(transport));
  return out;
}

std::optional<IpAddress> ip_of(std::string_view multiaddr) {
  const auto parsed = Multiaddr::parse(multiaddr);
  return parsed ? parsed->ip() : std::nullopt;
}

}  // namespace venus::net
