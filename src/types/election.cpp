// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/election.hpp"

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/hash.hpp"

namespace venus::types {
namespace {

constexpr unsigned kPrecision = 256;

// Coefficients of the approximation, highest degree first, each times 2^128 (protocol.md appendix A).
constexpr std::array<std::string_view, 8> kNumerator{
    "-648770010757830093818553637600",
    "67469480939593786226847644286976",
    "-3197587544499098424029388939001856",
    "89244641121992890118377641805348864",
    "-1579656163641440567800982336819953664",
    "17685496037279256458459817590917169152",
    "-115682590513835356866803355398940131328",
    "340282366920938463463374607431768211456",
};
constexpr std::array<std::string_view, 14> kDenominator{
    "1225524182432722209606361",
    "114095592300906098243859450",
    "5665570424063336070530214243",
    "194450132448609991765137938448",
    "5068267641632683791026134915072",
    "104716890604972796896895427629056",
    "1748338658439454459487681798864896",
    "23704654329841312470660182937960448",
    "259380097567996910282699886670381056",
    "2250336698853390384720606936038375424",
    "14978272436876548034486263159246028800",
    "72144088983913131323343765784380833792",
    "224599776407103106596571252037123047424",
    "340282366920938463463374607431768211456",
};

std::vector<BigInt> to_coefficients(std::span<const std::string_view> decimals) {
  std::vector<BigInt> out;
  out.reserve(decimals.size());
  for (const auto text : decimals) {
    auto value = BigInt::parse(text);
    // The texts are constants of this file.
    out.push_back((value ? *std::move(value) : BigInt(0)).shl(kPrecision - 128));
  }
  return out;
}

// Horner in Q.256; shr rounds toward minus infinity as the network's implementations do.
BigInt evaluate(const std::vector<BigInt>& coefficients, const BigInt& x) {
  BigInt result = coefficients.front();
  for (std::size_t i = 1; i < coefficients.size(); ++i) {
    result *= x;
    result = result.shr(kPrecision);
    result += coefficients[i];
  }
  return result;
}

}  // namespace

BigInt exp_negative(const BigInt& x) {
  static const auto numerator = to_coefficients(kNumerator);
  static const auto denominator = to_coefficients(kDenominator);
  return evaluate(numerator, x).shl(kPrecision).div(evaluate(denominator, x));
}

BigInt election_lambda(const BigInt& power, const BigInt& total_power) {
  return (power * BigInt(policy::kBlocksPerEpoch)).shl(kPrecision).div(total_power);
}

PoissonTail::PoissonTail(BigInt lambda)
    : lambda_(std::move(lambda)), probability_(exp_negative(lambda_)), tail_(BigInt(1).shl(kPrecision)) {
  tail_ -= probability_;
}

void PoissonTail::next() {
  ++k_;
  // Dividing first loses bits on purpose: the network agreed on this order.
  probability_ = (probability_.div(BigInt(k_)) * lambda_).shr(kPrecision);
  tail_ -= probability_;
}

std::int64_t win_count(BytesView vrf_proof, const BigInt& power, const BigInt& total_power) {
  if (total_power.sign() <= 0) return 0;
  const auto draw = BigInt::from_magnitude(crypto::blake2b_256(vrf_proof));
  PoissonTail tail(election_lambda(power, total_power));
  std::int64_t wins = 0;
  while (draw < tail.value() && wins < kMaxWinCount) {
    tail.next();
    ++wins;
  }
  return wins;
}

double ticket_quality(BytesView vrf_proof) {
  const auto digest = crypto::blake2b_256(vrf_proof);
  double fraction = 0;
  for (std::size_t i = digest.size(); i-- > 0;) fraction = (fraction + digest[i]) / 256;
  return 1 - fraction;
}

}  // namespace venus::types
