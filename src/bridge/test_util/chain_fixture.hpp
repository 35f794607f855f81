// SPDX-License-Identifier: MIT OR Apache-2.0
// A recorded genesis with the official actors beside it, for tests and benchmarks of the machine.
#pragma once

#include "bridge/vm.hpp"
#include "ipld/blockstore.hpp"
#include "types/message.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace venus::bridge::test_util {

/// The folder of things that are made once: VENUS_CACHE, else ~/.cache/venus.
std::filesystem::path cache_folder();

/// Puts a CAR's blocks into the store; its first root. Throws when it cannot be read.
Cid load_car(const std::filesystem::path& file, Blockstore& store);

/// Externs that answer with fixed values and count what they were asked.
class FixedExterns final : public Externs {
 public:
  Result<ByteArray<32>> chain_randomness(ChainEpoch epoch) override;
  Result<ByteArray<32>> beacon_randomness(ChainEpoch epoch) override;
  Result<ConsensusFaultVerdict> verify_consensus_fault(BytesView header1, BytesView header2,
                                                       BytesView extra) override;
  Result<Cid> tipset_cid(ChainEpoch epoch) override;

  int asked = 0;
};

/// The genesis of the recorded Lotus devnet (network version 28).
struct DevnetGenesis {
  std::shared_ptr<ipld::MemoryBlockstore> store;
  Cid state_root;
  types::Address rich1;
  types::Address rich2;

  [[nodiscard]] MachineConfig config() const;
  /// CBOR of a transfer between the two rich accounts.
  [[nodiscard]] Bytes send(const types::Address& from, const types::Address& to,
                           std::uint64_t nonce) const;
};

/// Empty text when the vectors and the actor bundle are here, else what is missing.
std::string missing_for_devnet();
/// Loads it; throws when something is missing.
DevnetGenesis load_devnet();
/// One engine for all tests of a program: compiling the actors costs 13 CPU seconds.
VmEngine& shared_engine();

}  // namespace venus::bridge::test_util

/// Skips by name where the recorded chain or the actor bundle is missing; with CI=true it fails.
#define VENUS_DEVNET_OR_SKIP()                                                                   \
  if (const auto missing = ::venus::bridge::test_util::missing_for_devnet(); !missing.empty()) { \
    if (std::getenv("CI") != nullptr) FAIL() << missing;                                         \
    GTEST_SKIP() << missing;                                                                     \
  }
