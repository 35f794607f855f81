// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the clients: a client-side WebSocket, plain or TLS, behind one face.
#pragma once

#include "rpc/client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <memory>
#include <string>

namespace venus::rpc {

using LinkStrand = asio::strand<asio::io_context::executor_type>;

/// One connection. All calls from its strand; one read and one write at a time.
class WsLink {
 public:
  virtual ~WsLink() = default;
  /// Connects and shakes hands. Unavailable, Timeout, Unauthenticated (401).
  virtual Task<> open(Endpoint endpoint, ClientOptions options) = 0;
  /// The next message; Unavailable when the connection is gone.
  virtual Task<std::string> read() = 0;
  virtual Task<> write(std::string text) = 0;
  /// Breaks the connection; a read or write in progress fails.
  virtual void close() = 0;
};

std::shared_ptr<WsLink> make_link(LinkStrand strand, bool tls);

}  // namespace venus::rpc
