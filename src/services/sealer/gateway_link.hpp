// SPDX-License-Identifier: MIT OR Apache-2.0
// The sealer's side of a gateway: it dials out, registers as its miner's prover and answers
// ComputeProof (api/gateway_events.hpp). A sealer behind NAT proves for the pool this way.
#pragma once

#include "api/gateway_events.hpp"
#include "api/wallet.hpp"
#include "rpc/client.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace venus::sealer {

struct GatewayOptions {
  std::vector<std::string> urls;  ///< any form of rpc::Endpoint; spoken to over WebSocket
  std::string token;              ///< of the miner's user at venus-auth
  Address miner;
  std::chrono::milliseconds retry{1'000};  ///< before the first new attempt; doubled up to 10 s
  rpc::ClientOptions client;
};

/// Connections to all gateways.
class GatewayLinks {
 public:
  using Compute =
      std::function<Task<std::vector<types::PostProof>>(api::gateway::ComputeProofRequest)>;

  /// Starts to connect at once. `io` outlives the object; `compute` is called until stop().
  /// InvalidArgument for a bad URL.
  static Result<std::unique_ptr<GatewayLinks>> start(asio::io_context& io, GatewayOptions options,
                                                     Compute compute);
  ~GatewayLinks() { stop(); }
  GatewayLinks(const GatewayLinks&) = delete;
  GatewayLinks& operator=(const GatewayLinks&) = delete;

  [[nodiscard]] std::vector<api::GatewayState> states() const;
  /// Ends all connections. Coroutines end when `io` runs on.
  void stop();

 private:
  class Link;
  struct Shared;
  GatewayLinks() = default;
  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Link>> links_;
};

}  // namespace venus::sealer
