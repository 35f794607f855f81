// SPDX-License-Identifier: MIT OR Apache-2.0
// What a network of our own starts from. JSON, written by venus-devnet and read by `venus genesis`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "types/address.hpp"
#include "types/token_amount.hpp"

namespace venus::genesis {

struct Account {
  /// A key address (f1 or f3).
  Address address;
  TokenAmount balance;
  static constexpr auto fields() {
    return base::fields_of(base::field("Address", &Account::address), base::field("Balance", &Account::balance));
  }
};

/// A sector that is sealed already and counts from the first epoch, without deals.
struct Sector {
  SectorNumber number;
  Cid sealed_cid;
  static constexpr auto fields() {
    return base::fields_of(base::field("Number", &Sector::number), base::field("SealedCID", &Sector::sealed_cid));
  }
};

struct Miner {
  /// The number its actor shall have; ascending over the miners, at least 1000. The proving period's
  /// offset follows from it (proving_period_offset).
  ActorId id;
  /// Key address of an account of the template.
  Address owner;
  /// BLS key address of an account of the template.
  Address worker;
  std::uint64_t seal_proof = 5;
  std::uint64_t window_post_proof = 10;
  std::uint64_t sector_size = 2048;
  /// Sent to the miner as collateral for its sectors.
  TokenAmount balance;
  std::vector<Sector> sectors;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("ID", &Miner::id), field("Owner", &Miner::owner), field("Worker", &Miner::worker),
                           field("SealProof", &Miner::seal_proof),
                           field("WindowPoStProof", &Miner::window_post_proof),
                           field("SectorSize", &Miner::sector_size), field("Balance", &Miner::balance),
                           field("Sectors", &Miner::sectors));
  }
};

struct Template {
  std::string network_name;
  std::uint32_t network_version = 28;
  /// EIP-155.
  std::uint64_t chain_id = 31415926;
  /// Unix seconds of epoch 0.
  std::uint64_t timestamp = 0;
  /// Text mixed into the genesis ticket, so that two networks never share a genesis.
  std::string seed;
  std::vector<Account> accounts;
  std::vector<Miner> miners;
  /// Key address that controls the registry of verified clients.
  Address verified_registry_root;
  static constexpr auto fields() {
    using base::field;
    using T = Template;
    return base::fields_of(field("NetworkName", &T::network_name), field("NetworkVersion", &T::network_version),
                           field("ChainID", &T::chain_id), field("Timestamp", &T::timestamp),
                           field("Seed", &T::seed), field("Accounts", &T::accounts), field("Miners", &T::miners),
                           field("VerifregRootKey", &T::verified_registry_root));
  }
};

/// InvalidArgument naming the first thing that can't be.
Result<void> check_template(const Template& wanted);

}  // namespace venus::genesis
