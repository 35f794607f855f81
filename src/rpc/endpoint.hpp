// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace venus::rpc {

/// Where a service listens and how to speak to it.
struct Endpoint {
  std::string scheme = "http";  ///< http, https, ws or wss
  std::string host;             ///< name or address, IPv6 without brackets
  std::uint16_t port = 0;
  std::string target = "/";  ///< path and query
  std::string token;         ///< bearer token, may be empty

  /// Reads any of
  ///   http://host:port/path   https://  ws://  wss://  (token as ?token=... or user part is not
  ///   read) host:port /ip4/127.0.0.1/tcp/3453/http   /dns4/name/tcp/443/https /ip6/::1/tcp/3453/ws
  ///   TOKEN:<any of the above>       as Lotus writes FULLNODE_API_INFO
  /// An address without a path gets `default_target`. InvalidArgument otherwise.
  static Result<Endpoint> parse(std::string_view text, std::string_view default_target = "/rpc/v1");

  [[nodiscard]] bool tls() const { return scheme == "https" || scheme == "wss"; }
  [[nodiscard]] bool websocket() const { return scheme == "ws" || scheme == "wss"; }
  /// "host:port", IPv6 in brackets.
  [[nodiscard]] std::string authority() const;
  /// The URL without the token.
  [[nodiscard]] std::string url() const;
  /// "/ip4/127.0.0.1/tcp/3453/http", as in the `api` file of a home folder.
  [[nodiscard]] std::string multiaddr() const;
};

}  // namespace venus::rpc
