// SPDX-License-Identifier: MIT OR Apache-2.0
// The recorded Lotus devnet, its actors and its wallets, for the replay tests.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "base/test_util/vectors.hpp"
#include "consensus/chain_import.hpp"
#include "types/key_info.hpp"

namespace venus::replay {

/// Paths of the vectors and the actors' bundle; empty when something is missing.
std::filesystem::path recording_folder();
std::filesystem::path actors_bundle();
std::filesystem::path network_file();
types::NetworkParams recorded_network();

/// Compiled once for all tests of the process: takes some 13 CPU s.
bridge::VmEngine& engine();

/// A chain in memory with its runtime.
struct Recording {
  /// Loads a chain file of the recording; throws on failure.
  explicit Recording(const std::string& file);

  /// The tipset at a height of the recorded chain.
  TipsetPtr at(std::int64_t epoch);
  /// Replays, state only, until the tipset is the head.
  void replay_to(const TipsetPtr& tipset);
  /// Header and messages as the validator takes them.
  consensus::FullBlock full(types::BlockHeader header);

  types::NetworkParams params = recorded_network();
  ipld::MemoryBlockstore store;
  chainstore::MemoryMetadata metadata;
  std::unique_ptr<chainstore::ChainStore> chain;
  base::SystemClock clock;
  consensus::LoadedChain loaded;
  std::unique_ptr<consensus::ChainRuntime> runtime;
};

/// Keys of the recorded network, of no value, by their address.
class Wallets {
 public:
  Wallets();
  /// Throws when the key is not there.
  types::Signature sign_bls(const Address& address, BytesView data) const;
  types::Signature sign(const Address& address, const types::Message& message, std::uint64_t chain_id) const;
  [[nodiscard]] bool has(const Address& address) const { return keys_.contains(address); }

 private:
  std::map<Address, types::KeyInfo> keys_;
};

}  // namespace venus::replay

/// Skips (or, with CI=true, fails) by name where vectors or actors are missing.
#define VENUS_RECORDING_OR_SKIP()                                                                   \
  VENUS_VECTORS_OR_SKIP(vectors_path_, "lotus-devnet/chain-700.car");                               \
  if (!std::filesystem::exists(::venus::replay::actors_bundle())) {                                 \
    if (std::getenv("CI") != nullptr) FAIL() << "missing " << ::venus::replay::actors_bundle();     \
    GTEST_SKIP() << "missing " << ::venus::replay::actors_bundle();                                 \
  }
