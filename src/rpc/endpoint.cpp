// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/endpoint.hpp"

#include <charconv>
#include <vector>

namespace venus::rpc {
namespace {

std::unexpected<Error> not_an_address(std::string_view text) {
  return fail(ErrorCode::InvalidArgument,
              "'{}' is no service address: write http://host:port, ws://host:port or "
              "/ip4/127.0.0.1/tcp/3453/http",
              text);
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(ErrorCode::InvalidArgument, "'{}' is no port", text);
  }
  return port;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

Result<Endpoint> parse_multiaddr(std::string_view text, std::string_view default_target) {
  const auto parts = split(text.substr(1), '/');
  if (parts.size() < 4 || parts[2] != "tcp" || parts[1].empty()) return not_an_address(text);
  const auto kind = parts[0];
  if (kind != "ip4" && kind != "ip6" && kind != "dns" && kind != "dns4" && kind != "dns6") {
    return not_an_address(text);
  }
  Endpoint out;
  out.host = parts[1];
  TRY(out.port, parse_port(parts[3]));
  if (parts.size() > 4 && !parts[4].empty()) out.scheme = parts[4];
  if (out.scheme == "http" && parts.size() > 5 && parts[5] == "https") out.scheme = "https";
  if (out.scheme != "http" && out.scheme != "https" && out.scheme != "ws" && out.scheme != "wss") {
    return not_an_address(text);
  }
  out.target = default_target;
  return out;
}

Result<void> parse_authority(std::string_view text, Endpoint& out) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return not_an_address(text);
    out.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
  } else {
    const auto colon = text.rfind(':');
    out.host = text.substr(0, colon);
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon);
  }
  if (out.host.empty()) return not_an_address(text);
  if (text.empty()) {
    out.port = out.tls() ? 443 : 80;
    return {};
  }
  if (text.front() != ':') return not_an_address(text);
  TRY(out.port, parse_port(text.substr(1)));
  return {};
}

Result<Endpoint> parse_url(std::string_view text, std::string_view default_target) {
  Endpoint out;
  auto rest = text;
  if (const auto scheme_end = text.find("://"); scheme_end != std::string_view::npos) {
    out.scheme = text.substr(0, scheme_end);
    if (out.scheme != "http" && out.scheme != "https" && out.scheme != "ws" &&
        out.scheme != "wss") {
      return not_an_address(text);
    }
    rest = text.substr(scheme_end + 3);
  }
  const auto target_at = rest.find_first_of("/?");
  TRY_VOID(parse_authority(rest.substr(0, target_at), out));
  std::string_view target = target_at == std::string_view::npos ? "" : rest.substr(target_at);
  if (target.empty() || target == "/")
    out.target = default_target;
  else
    out.target = target.front() == '/' ? std::string(target) : "/" + std::string(target);
  return out;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text, std::string_view default_target) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return not_an_address(text);
  }
  if (text.starts_with('/')) return parse_multiaddr(text, default_target);
  // TOKEN:ADDRESS: a JWT has no colon, and an address after it starts with '/' or has a scheme.
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && colon > 0 && !text.substr(colon).starts_with("://")) {
    const auto rest = text.substr(colon + 1);
    if (rest.starts_with('/') || rest.find("://") != std::string_view::npos) {
      TRY(auto out, parse(rest, default_target));
      out.token = text.substr(0, colon);
      return out;
    }
  }
  return parse_url(text, default_target);
}

std::string Endpoint::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Endpoint::url() const { return scheme + "://" + authority() + target; }

std::string Endpoint::multiaddr() const {
  const auto numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  const std::string_view kind = host.find(':') != std::string::npos ? "ip6"
                                : numeric                           ? "ip4"
                                                                    : "dns";
  return fmt::format("/{}/{}/tcp/{}/{}", kind, host, port, scheme);
}

}  // namespace venus::rpc
