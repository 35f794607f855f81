// SPDX-License-Identifier: MIT OR Apache-2.0
// The wallet's side of a gateway: it dials out, registers, and answers what the gateway asks
// (api/gateway_events.hpp). A wallet behind NAT signs for the pool this way.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "api/gateway_events.hpp"
#include "api/wallet.hpp"
#include "rpc/client.hpp"
#include "services/wallet/wallet.hpp"

namespace venus::wallet {

struct GatewayOptions {
  std::vector<std::string> urls;              ///< any form of rpc::Endpoint; spoken to over WebSocket
  std::string token;                          ///< of the miner's user at venus-auth
  std::vector<std::string> support_accounts;  ///< signed for beside the token's own user
  std::chrono::milliseconds retry{1'000};     ///< between attempts to register
  rpc::ClientOptions client;
};

/// Connections to all gateways. While the wallet is locked it is registered nowhere, so that nobody
/// waits for it in vain.
class GatewayLinks final : public Watcher {
 public:
  /// Starts to connect at once. `io` and `wallet` outlive the object. InvalidArgument for a bad URL.
  static Result<std::unique_ptr<GatewayLinks>> start(asio::io_context& io, Wallet& wallet, GatewayOptions options);
  /// Calls stop().
  ~GatewayLinks() override;

  /// Signs for one more account, here and after every reconnect.
  void add_support_account(const std::string& account);
  /// Tells all gateways of addresses (again).
  void announce(std::vector<Address> addresses);
  [[nodiscard]] std::vector<api::GatewayState> states() const;
  /// Ends all connections; nothing is signed for a gateway afterwards. Coroutines end when `io` runs on.
  void stop();

  void key_added(const Address& address) override { announce({address}); }
  void key_removed(const Address& address) override;
  void opened(bool open) override;

 private:
  class Link;
  struct Shared;
  GatewayLinks() = default;
  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Link>> links_;
};

}  // namespace venus::wallet
