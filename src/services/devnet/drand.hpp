// SPDX-License-Identifier: MIT OR Apache-2.0
// A drand network of one key, unchained with signatures on G1 as quicknet has them, over drand's
// HTTP API. Real signatures, verified by nodes with the code for quicknet.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "crypto/secret.hpp"
#include "rpc/server.hpp"

#include <filesystem>
#include <string>

namespace venus::devnet {

inline constexpr std::string_view kDrandScheme = "bls-unchained-g1-rfc9380";

/// What makes a drand network, public.
struct DrandChainInfo {
  Bytes public_key;  ///< 96 bytes, compressed point of G2
  std::uint64_t period_seconds = 0;
  std::int64_t genesis_time = 0;  ///< Unix seconds of round 1
  Bytes group_hash;               ///< 32 bytes; names the group of signers
  std::string beacon_id = "default";

  /// Lower-case hex, computed as drand does (chain.Info.Hash).
  [[nodiscard]] std::string hash() const;
  /// The newest round whose time has come; 0 before genesis.
  [[nodiscard]] std::uint64_t round_at(std::int64_t unix_seconds) const;
  /// The answer of /<hash>/info.
  [[nodiscard]] boost::json::value json() const;
  /// Reads json() back; Malformed otherwise, also when the hash in it is not that of the rest.
  static Result<DrandChainInfo> from_json(const boost::json::value& json);
};

/// The key of a network and what follows from it.
class DrandSigner {
 public:
  /// A new random key.
  static Result<DrandSigner> create(std::uint64_t period_seconds, std::int64_t genesis_time);
  /// The files `drand.key` (0600, hex) and `chain.json` in a folder.
  static Result<DrandSigner> load(const std::filesystem::path& folder);
  [[nodiscard]] Result<void> save(const std::filesystem::path& folder) const;

  [[nodiscard]] const DrandChainInfo& info() const { return info_; }
  /// {"round","randomness","signature"} of a round from 1.
  [[nodiscard]] Result<boost::json::value> beacon(std::uint64_t round) const;

 private:
  DrandSigner(Secret key, DrandChainInfo info) : key_(std::move(key)), info_(std::move(info)) {}
  Secret key_;
  DrandChainInfo info_;
};

/// /chains, /info, /<hash>/info, /public/latest, /public/<round> and those below /<hash>. A round
/// whose time has not come is answered 425, another chain or no number 404. Signer and clock
/// outlive the server.
void serve_drand(rpc::Server& server, const DrandSigner& signer, const base::Clock& clock);

/// Serves the network of a folder on loopback until SIGINT or SIGTERM.
Result<void> run_drand(const std::filesystem::path& folder, std::uint16_t port);

}  // namespace venus::devnet
