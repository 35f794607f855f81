// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/block_probability.hpp"

#include <cmath>

namespace venus::mpool {
namespace {

constexpr double kMeanWinners = 5;

// P(n + 1 winners | at least one winner).
double other_winners_probability(double n) {
  const double k = n + 1;
  const double log_at_least_one = std::log(std::exp(kMeanWinners) - 1);
  return std::exp(std::log(kMeanWinners) * k - std::lgamma(k + 1) - log_at_least_one);
}

double binomial_probability(int successes, int trials, double p) {
  if (successes > trials) return 0;
  const double coefficient =
      std::exp(std::lgamma(trials + 1.0) - std::lgamma(successes + 1.0) - std::lgamma(trials - successes + 1.0));
  return coefficient * std::pow(p, successes) * std::pow(1 - p, trials - successes);
}

}  // namespace

std::array<double, limits::kMaxBlocks> block_probabilities(double ticket_quality) {
  std::array<double, limits::kMaxBlocks> out{};
  const double overtaken = 1 - ticket_quality;
  for (int place = 0; place < static_cast<int>(limits::kMaxBlocks); ++place) {
    for (int others = 0; others < static_cast<int>(limits::kMaxBlocks); ++others) {
      out[static_cast<std::size_t>(place)] +=
          other_winners_probability(others) * binomial_probability(place, others, overtaken);
    }
  }
  return out;
}

}  // namespace venus::mpool
