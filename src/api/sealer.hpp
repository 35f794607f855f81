// SPDX-License-Identifier: MIT OR Apache-2.0
// venus-sealer as its operator and other programs see it: sectors, proofs of spacetime,
// connections.
#pragma once

#include "api/wallet.hpp"
#include "ipld/bitfield.hpp"
#include "rpc/method.hpp"
#include "types/block.hpp"
#include "types/sector.hpp"

namespace venus::api {

/// A sector whose replica this sealer keeps.
struct SealerSector {
  ActorId miner;
  SectorNumber number;
  std::int64_t seal_proof = 0;
  Cid sealed_cid;
  Cid unsealed_cid;
  std::string cache_path;    ///< folder, absolute
  std::string replica_path;  ///< file, absolute
  std::string state;  ///< "proving"; "missing" when its files were not found at the last look
  std::string error;  ///< what was wrong with the files
  static constexpr auto fields() {
    using base::field;
    using T = SealerSector;
    return base::fields_of(
        field("Miner", &T::miner), field("Number", &T::number), field("SealProof", &T::seal_proof),
        field("SealedCID", &T::sealed_cid), field("UnsealedCID", &T::unsealed_cid),
        field("CachePath", &T::cache_path), field("ReplicaPath", &T::replica_path),
        field("State", &T::state), field("Error", &T::error));
  }
};

/// Where a WindowPoSt stands.
enum class SealerPostState : std::int64_t {
  Proving = 0,    ///< to be computed
  Proven = 1,     ///< the proof is stored; the window is not open yet
  Submitted = 2,  ///< its message is fixed and handed to the messager (or will be, after a crash)
  Landed = 3,     ///< executed with success
  Failed = 4,     ///< this attempt; another follows while the window is open
  Missed = 5,     ///< the window closed first
};
std::string_view to_string(SealerPostState state) noexcept;

/// One message of proofs for some partitions of a deadline. The numbers of the key never repeat.
struct SealerPost {
  ActorId miner;
  ChainEpoch open;           ///< first epoch of the deadline's window
  std::int64_t batch = 0;    ///< which group of partitions of the deadline, from 0
  std::int64_t attempt = 0;  ///< from 0
  std::uint64_t deadline = 0;
  ChainEpoch close;           ///< first epoch after the window
  ChainEpoch challenge;       ///< epoch of the randomness
  std::string partitions;     ///< their indexes, "0,1,2"
  std::uint64_t skipped = 0;  ///< sectors left out
  Bytes randomness;           ///< what was proven for; empty before
  Bytes params;               ///< CBOR of SubmitWindowedPoSt; final from Submitted on
  Address sender;             ///< from Submitted on
  std::string message_id;     ///< at the messager; from Submitted on
  std::int64_t height = 0;    ///< of the tipset that has the message
  SealerPostState state = SealerPostState::Proving;
  std::string error;
  std::int64_t updated_at = 0;  ///< unix milliseconds
  static constexpr auto fields() {
    using base::field;
    using T = SealerPost;
    return base::fields_of(
        field("Miner", &T::miner), field("Open", &T::open), field("Batch", &T::batch),
        field("Attempt", &T::attempt), field("Deadline", &T::deadline), field("Close", &T::close),
        field("Challenge", &T::challenge), field("Partitions", &T::partitions),
        field("Skipped", &T::skipped), field("Randomness", &T::randomness),
        field("Params", &T::params), field("Sender", &T::sender),
        field("MessageId", &T::message_id), field("Height", &T::height), field("State", &T::state),
        field("Error", &T::error), field("UpdatedAt", &T::updated_at));
  }
};

/// A deadline with sectors.
struct SealerDeadline {
  std::uint64_t index = 0;
  ChainEpoch open;  ///< of its present or next window
  bool current = false;
  std::uint64_t partitions = 0;
  std::uint64_t sectors = 0;  ///< live ones
  std::uint64_t faulty = 0;
  std::uint64_t recovering = 0;
  static constexpr auto fields() {
    using base::field;
    using T = SealerDeadline;
    return base::fields_of(field("Index", &T::index), field("Open", &T::open),
                           field("Current", &T::current), field("Partitions", &T::partitions),
                           field("Sectors", &T::sectors), field("Faulty", &T::faulty),
                           field("Recovering", &T::recovering));
  }
};

struct SealerInfo {
  std::string version;
  Address miner;
  std::uint64_t sectors = 0;
  std::int64_t head = -1;  ///< height worked on last; -1: none yet
  std::vector<GatewayState> gateways;
  std::string parameters;  ///< empty: all parameters are there; else what is missing
  static constexpr auto fields() {
    using base::field;
    using T = SealerInfo;
    return base::fields_of(field("Version", &T::version), field("Miner", &T::miner),
                           field("Sectors", &T::sectors), field("Head", &T::head),
                           field("Gateways", &T::gateways), field("Parameters", &T::parameters));
  }
};

struct SealerApi {
  template <rpc::FixedString N, rpc::Perm P, class S, rpc::FixedString D, rpc::FixedString... Names>
  using Method = rpc::Method<N, P, S, D, Names...>;
  using Perm = rpc::Perm;

  using ComputeProof = Method<"Filecoin.ComputeProof", Perm::Admin,
                              std::vector<types::PostProof>(std::vector<types::ExtendedSectorInfo>,
                                                            Bytes, ChainEpoch, NetworkVersion),
                              "A WinningPoSt over the challenged sectors", "sectors", "randomness",
                              "epoch", "network_version">;
  using SectorsList =
      Method<"Sealer.SectorsList", Perm::Read, std::vector<SealerSector>(), "Sectors kept here">;
  using SectorsImport =
      Method<"Sealer.SectorsImport", Perm::Admin, std::uint64_t(std::string),
             "Takes the sealed sectors in a folder of this machine over; how many were new", "dir">;
  using Posts = Method<"Sealer.Posts", Perm::Read, std::vector<SealerPost>(std::uint64_t),
                       "WindowPoSts, newest first", "limit">;
  using Deadlines = Method<"Sealer.Deadlines", Perm::Read, std::vector<SealerDeadline>(),
                           "Deadlines that have sectors">;
  using Info = Method<"Sealer.Info", Perm::Read, SealerInfo(), "How this sealer does">;
  using Version = Method<"Sealer.Version", Perm::Read, std::string(), "Version of the program">;

  using methods =
      rpc::MethodList<ComputeProof, SectorsList, SectorsImport, Posts, Deadlines, Info, Version>;
};

inline std::string_view to_string(SealerPostState state) noexcept {
  switch (state) {
    case SealerPostState::Proving:
      return "proving";
    case SealerPostState::Proven:
      return "proven";
    case SealerPostState::Submitted:
      return "submitted";
    case SealerPostState::Landed:
      return "landed";
    case SealerPostState::Failed:
      return "failed";
    case SealerPostState::Missed:
      return "missed";
  }
  return "unknown";
}

}  // namespace venus::api

/// JSON: the name.
template <>
struct venus::base::JsonCodec<venus::api::SealerPostState> {
  static boost::json::value encode(api::SealerPostState v) {
    return boost::json::value(api::to_string(v));
  }
  static Result<api::SealerPostState> decode(const boost::json::value& v) {
    TRY(const auto text, from_json<std::string>(v));
    for (std::int64_t i = 0; i <= 5; ++i) {
      if (text == api::to_string(static_cast<api::SealerPostState>(i)))
        return static_cast<api::SealerPostState>(i);
    }
    return fail(ErrorCode::Malformed, "no WindowPoSt is '{}'", text.substr(0, 64));
  }
};
