// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/pledge.hpp"

#include "types/policy.hpp"

#include <algorithm>
#include <array>

namespace venus::actors {
namespace {

using types::policy::kEpochsInDay;

constexpr unsigned kPrecision = 128;
constexpr std::int64_t kProjectionPeriod = 20 * kEpochsInDay;
constexpr std::int64_t kContinuedFaultPeriod = kEpochsInDay * 351 / 100;
constexpr std::int64_t kTerminationLifetimeCap = 140;

/// Coefficients of the rational approximation of ln on [1, 2], Q.128, highest degree first.
constexpr std::array<std::string_view, 7> kLnNumerator = {
    "261417938209272870992496419296200268025",    "7266615505142943436908456158054846846897",
    "32458783941900493142649393804518050491988",  "17078670566130897220338060387082146864806",
    "-35150353308172866634071793531642638290419", "-20351202052858059355702509232125230498980",
    "-1563932590352680681114104005183375350999",
};
constexpr std::array<std::string_view, 7> kLnDenominator = {
    "49928077726659937662124949977867279384",    "2508163877009111928787629628566491583994",
    "21757751789594546643737445330202599887121", "53400635271583923415775576342898617051826",
    "41248834748603606604000911015235164348839", "9015227820322455780436733526367238305537",
    "340282366920938463463374607431768211456",
};

BigInt number(std::string_view decimal) { return BigInt::parse(decimal).value_or(BigInt(0)); }

BigInt polynomial(const std::array<std::string_view, 7>& coefficients, const BigInt& x) {
  auto out = number(coefficients[0]);
  for (std::size_t i = 1; i < coefficients.size(); ++i) {
    out = (out * x).shr(kPrecision) + number(coefficients[i]);
  }
  return out;
}

/// Natural logarithm of a positive Q.128, as Q.128.
BigInt ln(const BigInt& z) {
  static const auto kLn2 = number("235865763225513294137944142764154484399");
  const auto k =
      static_cast<std::int64_t>(z.bit_length()) - 1 - static_cast<std::int64_t>(kPrecision);
  const auto x = k > 0 ? z.shr(static_cast<unsigned>(k)) : z.shl(static_cast<unsigned>(-k));
  const auto mantissa =
      polynomial(kLnNumerator, x).shl(kPrecision).div(polynomial(kLnDenominator, x));
  return BigInt(k) * kLn2 + mantissa;
}

TokenAmount at_least_one(TokenAmount amount) {
  return amount.atto() <= BigInt(0) ? TokenAmount::from_atto(1) : amount;
}

/// Per mille of the pledge's supply share that follows the simple formula (FIP-0081): up to 300.
std::uint64_t ramp_skew(std::int64_t since_start, std::uint64_t duration) {
  constexpr std::int64_t kFull = 300;
  if (since_start < 0) return 0;
  const auto elapsed = static_cast<std::uint64_t>(since_start);
  if (duration == 0 || elapsed >= duration) return kFull;
  return (BigInt(since_start) * BigInt(kFull)).div(BigInt(duration)).to_uint64().value_or(kFull);
}

}  // namespace

BigInt qa_power_for_weight(std::uint64_t size, std::int64_t duration,
                           const BigInt& verified_weight) {
  constexpr unsigned kQualityPrecision = 20;
  const auto space_time = BigInt(size) * BigInt(duration);
  if (space_time <= BigInt(0)) return BigInt(0);
  const auto weighted = (space_time - verified_weight) * BigInt(10) + verified_weight * BigInt(100);
  const auto quality = weighted.shl(kQualityPrecision).div(space_time).div(BigInt(10));
  return (BigInt(size) * quality).shr(kQualityPrecision);
}

BigInt qa_power_max(std::uint64_t size) { return BigInt(size) * BigInt(10); }

BigInt extrapolated_cumsum_of_ratio(std::int64_t delta, std::int64_t start,
                                    const FilterEstimate& numerator,
                                    const FilterEstimate& denominator) {
  static const auto kEpsilon = number("302231454903657293676544");
  const auto delta_t = BigInt(delta).shl(kPrecision);
  const auto t0 = BigInt(start).shl(kPrecision);
  const auto& v2 = denominator.velocity;
  const auto& p2 = denominator.position;
  const auto squared = (v2 * v2).shr(kPrecision);

  if (squared > kEpsilon) {
    const auto from = p2 + (t0 * v2).shr(kPrecision);
    const auto to = from + (delta_t * v2).shr(kPrecision);
    // The logarithm's domain: estimates on chain are positive, others give no usable ratio.
    if (from <= BigInt(0) || to <= BigInt(0)) return BigInt(0);
    const auto ln_from = ln(from);
    const auto ln_to = ln(to);
    const auto m1 = (v2 * numerator.position * (ln_to - ln_from)).shr(kPrecision);
    const auto m2 = (numerator.velocity * (p2 * (ln_from - ln_to) + v2 * delta_t)).shr(kPrecision);
    return (m1 + m2).div(squared);
  }
  if (p2.is_zero()) return BigInt(0);
  const auto middle =
      (numerator.velocity * (t0 + delta_t.shr(1))).shr(kPrecision) + numerator.position;
  return (middle * delta_t).div(p2);
}

TokenAmount expected_reward_for_power(const FilterEstimate& reward,
                                      const FilterEstimate& network_qa_power,
                                      const BigInt& qa_power, std::int64_t duration) {
  if (network_qa_power.estimate().is_zero()) return TokenAmount(reward.estimate());
  const auto ratio = extrapolated_cumsum_of_ratio(duration, 0, reward, network_qa_power);
  return TokenAmount(std::max((qa_power * ratio).shr(kPrecision), BigInt(0)));
}

TokenAmount pre_commit_deposit_for_power(const FilterEstimate& reward,
                                         const FilterEstimate& network_qa_power,
                                         const BigInt& qa_power) {
  return at_least_one(
      expected_reward_for_power(reward, network_qa_power, qa_power, kProjectionPeriod));
}

TokenAmount initial_pledge_for_power(const BigInt& qa_power, const PledgeInputs& in) {
  constexpr std::int64_t kGammaOne = 1000;
  if (qa_power <= BigInt(0)) return TokenAmount();
  const auto base = pre_commit_deposit_for_power(in.reward, in.network_qa_power, qa_power);
  const auto skew =
      static_cast<std::int64_t>(ramp_skew(in.epochs_since_ramp_start, in.ramp_duration_epochs));

  // 30 % of the supply, shared by power.
  const auto share = in.circulating_supply.atto() * BigInt(3) * qa_power;
  const auto simple_power = std::max(in.network_qa_power.estimate(), qa_power);
  const auto baseline_power = std::max(simple_power, in.baseline_power);
  const auto portion = [&](std::int64_t gamma, const BigInt& power) {
    return (BigInt(gamma) * share).div(power * BigInt(10) * BigInt(kGammaOne));
  };
  const auto additional = portion(kGammaOne - skew, baseline_power) + portion(skew, simple_power);

  const auto cap = BigInt(TokenAmount::kAttoPerFil).div(BigInt(std::int64_t{32} << 30)) * qa_power;
  return TokenAmount(std::min(base.atto() + additional, cap));
}

TokenAmount continued_fault_fee(const FilterEstimate& reward,
                                const FilterEstimate& network_qa_power, const BigInt& qa_power) {
  return expected_reward_for_power(reward, network_qa_power, qa_power, kContinuedFaultPeriod);
}

TokenAmount termination_fee(const TokenAmount& initial_pledge, std::int64_t age,
                            const TokenAmount& fault_fee) {
  const auto& pledge = initial_pledge.atto();
  const auto simple = (pledge * BigInt(85)).div(BigInt(1000));
  const auto by_age = (BigInt(age) * simple).div(BigInt(kTerminationLifetimeCap * kEpochsInDay));
  const auto floor = std::max((pledge * BigInt(2)).div(BigInt(100)),
                              (fault_fee.atto() * BigInt(105)).div(BigInt(100)));
  return TokenAmount(std::max(std::min(simple, by_age), floor));
}

TokenAmount daily_proof_fee(const TokenAmount& circulating_supply, const BigInt& qa_power) {
  static const auto kDenominator = number("1000000000000000000000000000000");
  return TokenAmount((BigInt(161817) * qa_power * circulating_supply.atto()).div(kDenominator));
}

TokenAmount min_provider_collateral(std::uint64_t piece_size, const BigInt& network_raw_power,
                                    const BigInt& baseline_power,
                                    const TokenAmount& circulating_supply) {
  const BigInt size(piece_size);
  const auto power = std::max(std::max(network_raw_power, baseline_power), size);
  if (power.is_zero()) return TokenAmount();
  return TokenAmount((circulating_supply.atto() * size).div(power * BigInt(100)));
}

TokenAmount with_safety_margin(const TokenAmount& amount) {
  return TokenAmount((amount.atto() * BigInt(110)).div(BigInt(100)));
}

}  // namespace venus::actors
