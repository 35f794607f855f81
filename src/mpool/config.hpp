// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <vector>

#include "types/address.hpp"
#include "types/token_amount.hpp"

namespace venus::mpool {

/// Fixed limits of a block and of the pool (protocol.md section 6).
namespace limits {
inline constexpr std::int64_t kBlockGas = 10'000'000'000;
inline constexpr std::size_t kBlockMessages = 10'000;
/// Each of the two message lists of a block.
inline constexpr std::size_t kBlockMessagesPerKind = 8192;
/// Below this much free gas no message can fit: selection stops.
inline constexpr std::int64_t kMinMessageGas = 1'298'450;
/// Serialised signed message, bytes.
inline constexpr std::size_t kMessageSize = 64 * 1024;
inline constexpr std::uint64_t kMaxNonceGap = 4;
inline constexpr std::size_t kPendingPerSender = 1000;
inline constexpr std::size_t kUntrustedPendingPerSender = 100;
/// Lowest fee cap that can ever be included, attoFIL per gas.
inline constexpr std::int64_t kMinimumBaseFee = 100;
/// A remote message's fee cap must reach the base fee divided by this.
inline constexpr std::int64_t kBaseFeeLowerBoundFactor = 100;
/// Percent of the old premium that a replacement must exceed, however it is configured.
inline constexpr std::int64_t kReplaceByFeeMinimumPercent = 110;
/// Ticket quality above which a block is surely first, so that plain greed is optimal.
inline constexpr double kGreedyTicketQuality = 0.84;
/// Blocks of one height that selection reasons about.
inline constexpr std::size_t kMaxBlocks = 15;
/// BLS signatures remembered so that messages of reverted blocks can return to the pool.
inline constexpr std::size_t kSignatureCache = 40'000;
}  // namespace limits

/// What an operator may change while the node runs (MpoolSetConfig of Lotus, same JSON).
struct Config {
  std::vector<Address> priority_addresses;
  std::int64_t size_limit_high = 30'000;
  std::int64_t size_limit_low = 20'000;
  /// A replacement is suggested at this multiple of the old premium; never below 1.1.
  double replace_by_fee_ratio = 1.25;
  /// Nanoseconds between two prunings.
  std::int64_t prune_cooldown = 60'000'000'000;
  double gas_limit_overestimation = 1.25;

  static constexpr auto fields() {
    using base::field;
    return base::fields_of(
        field("PriorityAddrs", &Config::priority_addresses, base::JsonRule::NullIfEmpty),
        field("SizeLimitHigh", &Config::size_limit_high), field("SizeLimitLow", &Config::size_limit_low),
        field("ReplaceByFeeRatio", &Config::replace_by_fee_ratio),
        field("PruneCooldown", &Config::prune_cooldown),
        field("GasLimitOverestimation", &Config::gas_limit_overestimation));
  }
};

/// InvalidArgument with the reason when a value is outside its range.
Result<void> check_config(const Config& config);

}  // namespace venus::mpool
