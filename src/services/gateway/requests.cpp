// SPDX-License-Identifier: MIT OR Apache-2.0
// What the pool's components ask of connected wallets and provers.
#include "services/gateway/service.hpp"

namespace venus::services::gateway {

std::vector<ConnectionPtr> Service::wallets_with(const Address& address,
                                                 const std::vector<std::string>& accounts) const {
  const std::scoped_lock lock(mutex_);
  std::vector<ConnectionPtr> out;
  for (const auto& [channel, wallet] : wallets_) {
    if (!wallet->has(address)) continue;
    const bool wanted = accounts.empty() || std::ranges::any_of(accounts, [&](const std::string& account) {
                          return wallet->serves(account);
                        });
    if (wanted) out.push_back(wallet);
  }
  return out;
}

Task<Bytes> Service::ask(std::vector<ConnectionPtr> who, std::string method, Bytes payload,
                         std::chrono::milliseconds timeout) {
  {
    const std::scoped_lock lock(mutex_);
    ++requests_;
  }
  Result<Bytes> last = fail(ErrorCode::Unavailable, "nobody is connected");
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (const auto& connection : who) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    last = co_await connection->request(method, payload, left);
    if (last) co_return last;
  }
  const std::scoped_lock lock(mutex_);
  ++failures_;
  co_return last;
}

Task<types::Signature> Service::sign(Address address, std::vector<std::string> accounts, Bytes to_sign,
                                     api::MsgMeta meta) {
  auto wallets = wallets_with(address, accounts);
  if (wallets.empty()) {
    co_return fail(ErrorCode::Unavailable, "no connected wallet has the key of {}; start its venus-wallet",
                   address);
  }
  const auto text = base::write_json(
      base::to_json(api::gateway::WalletSignRequest{address, std::move(to_sign), std::move(meta)}));
  CO_TRY(const auto answer,
         with_context(co_await ask(std::move(wallets), std::string(api::gateway::event::kWalletSign),
                                   base::to_bytes(base::as_bytes(text)), settings_.sign_timeout),
                      "sign with " + address.str()));
  CO_TRY(const auto json, base::parse_json(base::as_chars(answer)));
  co_return base::from_json<types::Signature>(json);
}

Result<bool> Service::has(Address address, std::vector<std::string> accounts) {
  return !wallets_with(address, accounts).empty();
}

Task<api::gateway::ComputeProofResponse> Service::compute_proof(Address miner,
                                                                std::vector<types::ExtendedSectorInfo> sectors,
                                                                Bytes randomness, ChainEpoch height,
                                                                NetworkVersion version) {
  std::vector<ConnectionPtr> provers;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [channel, prover] : provers_) {
      if (prover->has(miner)) provers.push_back(prover);
    }
  }
  if (provers.empty()) {
    co_return fail(ErrorCode::Unavailable, "no prover of miner {} is connected; start its venus-sealer", miner);
  }
  const auto text = base::write_json(base::to_json(
      api::gateway::ComputeProofRequest{std::move(sectors), std::move(randomness), height, version}));
  CO_TRY(const auto answer,
         with_context(co_await ask(std::move(provers), std::string(api::gateway::event::kComputeProof),
                                   base::to_bytes(base::as_bytes(text)), settings_.proof_timeout),
                      "proof of " + miner.str()));
  CO_TRY(const auto json, base::parse_json(base::as_chars(answer)));
  co_return base::from_json<api::gateway::ComputeProofResponse>(json);
}

Result<std::vector<Address>> Service::connected_miners() {
  const std::scoped_lock lock(mutex_);
  std::set<Address> miners;
  for (const auto& [channel, prover] : provers_) {
    for (const auto& miner : prover->addresses()) miners.insert(miner);
  }
  return std::vector<Address>(miners.begin(), miners.end());
}

Result<api::MinerConnections> Service::miner_connections(Address miner) {
  const std::scoped_lock lock(mutex_);
  api::MinerConnections out;
  for (const auto& [channel, prover] : provers_) {
    if (prover->has(miner)) out.connections.push_back(prover->state());
  }
  out.count = out.connections.size();
  return out;
}

Result<std::vector<api::WalletConnections>> Service::wallet_infos() {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, api::WalletConnections> by_account;
  for (const auto& [channel, wallet] : wallets_) {
    auto& info = by_account[wallet->account()];
    info.account = wallet->account();
    info.support_accounts = wallet->support_accounts();
    info.connections.push_back(wallet->state());
  }
  std::vector<api::WalletConnections> out;
  for (auto& [account, info] : by_account) out.push_back(std::move(info));
  return out;
}

Result<api::WalletConnections> Service::wallet_info(std::string account) {
  TRY(auto all, wallet_infos());
  for (auto& info : all) {
    if (info.account == account) return std::move(info);
  }
  return fail(ErrorCode::NotFound, "no wallet of account {} is connected", account);
}

Service::Counts Service::counts() const {
  const std::scoped_lock lock(mutex_);
  return {wallets_.size(), provers_.size(), requests_, failures_};
}

}  // namespace venus::services::gateway
