// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the clients: JSON-RPC over one WebSocket that reconnects.
#pragma once

#include "rpc/client.hpp"

namespace venus::rpc {

std::shared_ptr<Client> make_ws_client(asio::io_context& io, Endpoint endpoint,
                                       ClientOptions options);

}  // namespace venus::rpc
