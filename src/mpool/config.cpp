// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/config.hpp"

namespace venus::mpool {

Result<void> check_config(const Config& config) {
  const auto minimum = static_cast<double>(limits::kReplaceByFeeMinimumPercent) / 100;
  if (!(config.replace_by_fee_ratio >= minimum && config.replace_by_fee_ratio <= 100)) {
    return fail(ErrorCode::InvalidArgument, "ReplaceByFeeRatio must be between {} and 100, got {}", minimum,
                config.replace_by_fee_ratio);
  }
  if (!(config.gas_limit_overestimation >= 1 && config.gas_limit_overestimation <= 10)) {
    return fail(ErrorCode::InvalidArgument, "GasLimitOverestimation must be between 1 and 10, got {}",
                config.gas_limit_overestimation);
  }
  if (config.size_limit_low < 1 || config.size_limit_high < config.size_limit_low ||
      config.size_limit_high > 1'000'000) {
    return fail(ErrorCode::InvalidArgument,
                "want 1 <= SizeLimitLow <= SizeLimitHigh <= 1000000 messages, got {} and {}",
                config.size_limit_low, config.size_limit_high);
  }
  if (config.prune_cooldown < 0) {
    return fail(ErrorCode::InvalidArgument, "PruneCooldown must not be negative, got {} ns", config.prune_cooldown);
  }
  return {};
}

}  // namespace venus::mpool
