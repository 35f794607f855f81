// SPDX-License-Identifier: MIT OR Apache-2.0
// venus-miner as its clients see it (venus-components.md 4.4).
#pragma once

#include "base/json.hpp"
#include "rpc/method.hpp"
#include "types/address.hpp"

namespace venus::api {

/// A miner that venus-miner produces for.
struct MinerForMining {
  Address address;
  /// The account its wallet and prover connect with.
  std::string name;
  bool open_mining = true;
  static constexpr auto fields() {
    using base::field;
    using T = MinerForMining;
    return base::fields_of(field("Addr", &T::address), field("Name", &T::name), field("OpenMining", &T::open_mining));
  }
};

struct MiningStatus {
  Address address;
  bool is_mining = false;
  std::vector<std::string> errors;
  static constexpr auto fields() {
    using base::field;
    using T = MiningStatus;
    return base::fields_of(field("Addr", &T::address), field("IsMining", &T::is_mining),
                           field("Err", &T::errors, base::JsonRule::NullIfEmpty));
  }
};

/// What became of a win. The numbers are those of the Go client.
enum class MineState : std::int64_t { Mining = 0, Success = 1, Timeout = 2, ChainForked = 3, Error = 4 };

struct WinRecord {
  std::int64_t epoch = 0;
  std::int64_t parent_epoch = 0;
  Address miner;
  std::string cid;
  std::int64_t win_count = 0;
  std::int64_t state = 0;
  std::string error;
  /// Milliseconds from the round's start to the proof, and to the submitted block.
  std::int64_t proof_millis = 0;
  std::int64_t total_millis = 0;
  static constexpr auto fields() {
    using base::field;
    using T = WinRecord;
    return base::fields_of(field("Epoch", &T::epoch), field("ParentEpoch", &T::parent_epoch), field("Miner", &T::miner),
                           field("Cid", &T::cid), field("WinCount", &T::win_count), field("MineState", &T::state),
                           field("Error", &T::error), field("ProofMillis", &T::proof_millis),
                           field("TotalMillis", &T::total_millis));
  }
};

struct BlocksQuery {
  std::vector<Address> miners;
  std::int64_t limit = 0;  ///< at most 1000, which is also the default
  std::int64_t offset = 0;
  static constexpr auto fields() {
    using base::field;
    using T = BlocksQuery;
    return base::fields_of(field("Miners", &T::miners), field("Limit", &T::limit), field("Offset", &T::offset));
  }
};

struct WinCountOfMiner {
  Address miner;
  std::int64_t total_win_count = 0;
  std::string message;
  std::vector<std::int64_t> epochs;
  static constexpr auto fields() {
    using base::field;
    using T = WinCountOfMiner;
    return base::fields_of(field("miner", &T::miner), field("totalWinCount", &T::total_win_count),
                           field("msg", &T::message, base::JsonRule::OmitIfEmpty),
                           field("winEpochList", &T::epochs, base::JsonRule::NullIfEmpty));
  }
};

struct MinerVersion {
  std::string version;
  static constexpr auto fields() { return base::fields_of(base::field("Version", &MinerVersion::version)); }
};

struct MinerApi {
  template <rpc::FixedString N, rpc::Perm P, class S, rpc::FixedString D, rpc::FixedString... Names>
  using Method = rpc::Method<N, P, S, D, Names...>;
  using Perm = rpc::Perm;

  using ListAddress = Method<"Filecoin.ListAddress", Perm::Read, std::vector<MinerForMining>(), "Miners produced for">;
  using UpdateAddress = Method<"Filecoin.UpdateAddress", Perm::Admin,
                               std::vector<MinerForMining>(std::int64_t, std::int64_t),
                               "Reads the miners from venus-auth at once", "skip", "limit">;
  using StatesForMining = Method<"Filecoin.StatesForMining", Perm::Read,
                                 std::vector<MiningStatus>(std::vector<Address>), "How miners do", "miners">;
  using CountWinners = Method<"Filecoin.CountWinners", Perm::Read,
                              std::vector<WinCountOfMiner>(std::vector<Address>, ChainEpoch, ChainEpoch),
                              "Wins of miners between two epochs", "miners", "from", "to">;
  using ListBlocks = Method<"Filecoin.ListBlocks", Perm::Read, std::vector<WinRecord>(BlocksQuery),
                            "Wins and what became of them, newest first", "query">;
  using Version = Method<"Filecoin.Version", Perm::Read, MinerVersion(), "Version of the program">;

  using methods = rpc::MethodList<ListAddress, UpdateAddress, StatesForMining, CountWinners, ListBlocks, Version>;
};

}  // namespace venus::api
