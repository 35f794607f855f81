// SPDX-License-Identifier: MIT OR Apache-2.0
#include "genesis/template.hpp"

#include <set>

namespace venus::genesis {
namespace {

constexpr ActorId kFirstMiner{1000};

Result<void> check_miner(const Miner& miner, const std::set<Address>& accounts) {
  if (!accounts.contains(miner.owner) || !accounts.contains(miner.worker)) {
    return fail(ErrorCode::InvalidArgument, "owner and worker of miner f0{} must be accounts of the template",
                miner.id);
  }
  if (miner.worker.protocol() != types::Protocol::Bls) {
    return fail(ErrorCode::InvalidArgument, "the worker of miner f0{} must be a BLS key", miner.id);
  }
  if (miner.sectors.empty()) return fail(ErrorCode::InvalidArgument, "miner f0{} has no sectors", miner.id);
  std::set<SectorNumber> numbers;
  for (const auto& sector : miner.sectors) {
    if (!numbers.insert(sector.number).second) {
      return fail(ErrorCode::InvalidArgument, "miner f0{} has sector {} twice", miner.id, sector.number);
    }
  }
  return {};
}

}  // namespace

Result<void> check_template(const Template& wanted) {
  if (wanted.network_name.empty()) return fail(ErrorCode::InvalidArgument, "the network has no name");
  if (wanted.network_version < 27 || wanted.network_version > 29) {
    return fail(ErrorCode::Unsupported, "a genesis can be made for network versions 27 to 29, not {}",
                wanted.network_version);
  }
  std::set<Address> accounts;
  for (const auto& account : wanted.accounts) {
    const auto& address = account.address;
    if (!address.defined() ||
        (address.protocol() != types::Protocol::Secp256k1 && address.protocol() != types::Protocol::Bls)) {
      return fail(ErrorCode::InvalidArgument, "account {} is not a key address", address);
    }
    if (!accounts.insert(address).second) {
      return fail(ErrorCode::InvalidArgument, "account {} is there twice", address);
    }
  }
  auto next = kFirstMiner;
  for (const auto& miner : wanted.miners) {
    if (miner.id < next) {
      return fail(ErrorCode::InvalidArgument, "miner ids must ascend from {}, got {}", kFirstMiner, miner.id);
    }
    next = miner.id + 1;
    TRY_VOID(check_miner(miner, accounts));
  }
  if (wanted.miners.empty()) return fail(ErrorCode::InvalidArgument, "a network needs at least one miner");
  return {};
}

}  // namespace venus::genesis
