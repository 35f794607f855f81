// SPDX-License-Identifier: MIT OR Apache-2.0
#include "load_accounts.hpp"

#include "base/parallel.hpp"
#include "bridge/bls.hpp"
#include "crypto/hash.hpp"
#include "crypto/secp256k1.hpp"
#include "types/signing.hpp"

#include <atomic>
#include <mutex>

namespace venus::bench {
namespace {

constexpr std::uint64_t kChainId = 31415926;

Result<Account> make_account(std::size_t index) {
  const auto seed =
      crypto::sha256(base::as_bytes(fmt::format("venus benchmark account {}", index)));
  Account out;
  if (index % 2 == 0) {
    TRY(const auto key, bridge::bls_generate(seed));
    TRY(const auto public_key, bridge::bls_public_key(key));
    out.key = {types::KeyType::Bls, crypto::Secret(BytesView(key))};
    TRY(out.address, Address::bls(public_key));
  } else {
    TRY(const auto public_key, crypto::secp256k1_public_key(seed));
    out.key = {types::KeyType::Secp256k1, crypto::Secret(BytesView(seed))};
    TRY(out.address, Address::secp256k1(public_key));
  }
  return out;
}

Result<SignedBytes> sign(const std::vector<Account>& accounts, std::size_t first_nonce,
                         std::size_t number) {
  SignedBytes out;
  out.sender = number % accounts.size();
  const auto& from = accounts[out.sender];
  types::SignedMessage message;
  message.message.from = from.address;
  message.message.to = accounts[(out.sender + 1) % accounts.size()].address;
  message.message.nonce = Nonce(first_nonce + number / accounts.size());
  message.message.value = TokenAmount::from_atto(1);
  // Above what any of them costs on chain, and a fee cap above the first base fee.
  message.message.gas_limit = Gas(2'000'000);
  message.message.gas_fee_cap = TokenAmount::from_atto(200'000'000);
  message.message.gas_premium = TokenAmount::from_atto(100'000);
  const auto type = types::signature_type(from.key.type);
  TRY(const auto bytes, types::message_signing_bytes(message.message, type, kChainId));
  if (type == types::SignatureType::Bls) {
    TRY(const auto signature, bridge::bls_sign(from.key.private_key.view(), bytes));
    message.signature = {type, Bytes(signature.begin(), signature.end())};
  } else {
    TRY(message.signature, types::sign_without_bls(type, from.key.private_key.view(), bytes));
  }
  out.data = ipld::encode(message);
  out.cid = message.cid();
  return out;
}

}  // namespace

Result<std::vector<Account>> make_accounts(std::size_t count) {
  std::vector<Account> out;
  for (std::size_t i = 0; i < count; ++i) {
    TRY(auto account, make_account(i));
    out.push_back(std::move(account));
  }
  return out;
}

Result<genesis::Template> make_template(const std::vector<Account>& accounts,
                                        std::string network_name, std::uint64_t timestamp) {
  genesis::Template out;
  out.network_name = std::move(network_name);
  out.timestamp = timestamp;
  out.seed = fmt::format("benchmark {}", timestamp);
  for (const auto& account : accounts)
    out.accounts.push_back({account.address, TokenAmount::from_fil(1000)});
  genesis::Miner miner;
  miner.id = ActorId(1000);
  miner.owner = accounts.front().address;
  miner.worker = accounts.front().address;
  miner.balance = TokenAmount::from_fil(100);
  ByteArray<32> sealed{};
  sealed[0] = 1;
  TRY(const auto cid,
      Cid::make(ipld::Codec::FilCommitmentSealed, ipld::Multihash::PoseidonBls12_381A2Fc1, sealed));
  miner.sectors.push_back({SectorNumber(0), cid});
  out.miners.push_back(std::move(miner));
  out.verified_registry_root = accounts.front().address;
  return out;
}

Result<std::vector<SignedBytes>> sign_messages(const std::vector<Account>& accounts,
                                               std::size_t first_nonce, std::size_t count) {
  std::vector<SignedBytes> out(count);
  std::mutex mutex;
  Result<void> failure;
  base::parallel_for(count, base::compute_threads(), [&](std::size_t i) {
    auto made = sign(accounts, first_nonce, i);
    if (made) {
      out[i] = *std::move(made);
      return;
    }
    const std::scoped_lock lock(mutex);
    failure = std::unexpected(made.error());
  });
  TRY_VOID(failure);
  return out;
}

}  // namespace venus::bench
