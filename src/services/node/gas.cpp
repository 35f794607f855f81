// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/gas.hpp"

#include <cmath>
#include <random>

namespace venus::node {
namespace {

constexpr std::int64_t kBlockGasTarget = 5'000'000'000;
constexpr std::int64_t kMinimumPremium = 100'000;
constexpr std::int64_t kFeeCapBlocks = 20;
constexpr std::uint64_t kPremiumBlocks = 10;
/// 0.07 FIL: what a message may cost for gas when nobody says more.
constexpr std::int64_t kDefaultMaxFee = 70'000'000'000'000'000;
/// Digits kept of factors, so that amounts are multiplied as integers.
constexpr std::int64_t kFactorPrecision = std::int64_t{1} << 32;

struct Offer {
  TokenAmount premium;
  std::int64_t gas_limit = 0;
};

// From the highest premium down: the one at 52.5 % of what the blocks should hold, the mean with the one
// before it, so that a single message does not make the price.
TokenAmount premium_of(std::vector<Offer> offers, std::size_t blocks) {
  std::ranges::stable_sort(offers, std::greater{}, &Offer::premium);
  auto at = kBlockGasTarget * static_cast<std::int64_t>(blocks) / 2;
  at += kBlockGasTarget * static_cast<std::int64_t>(blocks) / (2 * 20);
  TokenAmount previous;
  TokenAmount found;
  for (const auto& offer : offers) {
    previous = offer.premium;
    at -= offer.gas_limit;
    if (at < 0) {
      found = offer.premium;
      break;
    }
  }
  if (!found.is_zero() && !previous.is_zero()) found = TokenAmount((found + previous).atto().div(2));
  return found;
}

TokenAmount times(const TokenAmount& amount, double factor) {
  const auto scaled = static_cast<std::int64_t>(factor * static_cast<double>(kFactorPrecision));
  return TokenAmount((amount.atto() * BigInt(scaled)).div(kFactorPrecision));
}

// Keeps fee cap times limit within the most the sender wants to pay.
void cap_fee(types::Message& message, const TokenAmount& max_fee) {
  if (message.gas_limit.value() <= 0 || message.required_funds() <= max_fee) return;
  message.gas_fee_cap = TokenAmount(max_fee.atto().div(message.gas_limit.value()));
  message.gas_premium = std::min(message.gas_premium, message.gas_fee_cap);
}

}  // namespace

Result<std::vector<types::SignedMessage>> GasEstimator::pending_of(const Address& sender,
                                                                   const TipsetPtr& tipset) const {
  const auto state = node_.pool_view->sender(tipset, sender);
  if (!state) return std::vector<types::SignedMessage>{};
  auto pending = node_.pool->pending_of(state->key);
  std::erase_if(pending, [&](const types::SignedMessage& m) { return m.message.nonce < state->nonce; });
  return pending;
}

Result<Gas> GasEstimator::gas_limit(const types::Message& message, const TipsetPtr& tipset,
                                    const std::vector<types::SignedMessage>& prior) {
  consensus::CallRequest request;
  request.message = message;
  request.message.gas_limit = Gas(mpool::limits::kBlockGas);
  request.message.gas_fee_cap = {};
  request.message.gas_premium = {};
  request.tipset = tipset;
  TRY(const auto executed, node_.runtime->states.state(tipset));
  request.state = executed.state_root;
  request.of_tipset = consensus::PriorMessages::None;
  request.prior = prior;
  request.kind = bridge::ApplyKind::Explicit;
  request.trace = false;
  TRY(const auto called, with_context(node_.runtime->states.call(request), "estimate"));
  if (called.receipt.exit_code.value() != 0) {
    return std::unexpected(Error{ErrorCode::FailedValidation,
                                 fmt::format("message execution failed: exit {}, reason: {}",
                                             called.receipt.exit_code, called.result.failure),
                                 0});
  }
  return called.receipt.gas_used;
}

Result<TokenAmount> GasEstimator::premium(std::uint64_t blocks, const TipsetPtr& tipset) {
  if (blocks == 0) blocks = 1;
  std::vector<Offer> offers;
  std::size_t block_count = 0;
  auto at = tipset;
  for (std::uint64_t i = 0; i < 2 * blocks && at->height().value() > 0; ++i) {
    TRY(const auto parents, node_.chain->parent(*at));
    block_count += parents->blocks().size();
    TRY(const auto lists, node_.chain->block_messages(*parents));
    for (const auto& list : lists) {
      for (std::size_t m = 0; m < list->size(); ++m) {
        const auto& message = list->at(m).message;
        offers.push_back({message.effective_premium(parents->parent_base_fee()), message.gas_limit.value()});
      }
    }
    at = parents;
  }
  auto out = premium_of(std::move(offers), block_count);
  if (out < TokenAmount::from_atto(kMinimumPremium)) {
    out = TokenAmount::from_atto(blocks == 1 ? 2 * kMinimumPremium : blocks == 2 ? kMinimumPremium * 3 / 2 : kMinimumPremium);
  }
  // A little noise keeps many senders from offering exactly the same.
  thread_local std::mt19937_64 random{std::random_device{}()};
  return times(out, std::normal_distribution<double>(1, 0.005)(random));
}

TokenAmount GasEstimator::fee_cap(const types::Message& message, std::int64_t blocks, const TipsetPtr& tipset) const {
  const auto factor = static_cast<std::int64_t>(std::pow(1.0 + 1.0 / 8, static_cast<double>(blocks)) * 256);
  auto out = TokenAmount((tipset->parent_base_fee().atto() * BigInt(factor)).div(256));
  return out + message.gas_premium;
}

Result<types::Message> GasEstimator::fill(types::Message message, const std::optional<api::MessageSendSpec>& spec,
                                          const TipsetPtr& tipset, const std::vector<types::SignedMessage>& prior) {
  if (message.gas_limit.value() == 0) {
    TRY(const auto used, gas_limit(message, tipset, prior));
    const double over = spec && spec->gas_over_estimation > 0 ? spec->gas_over_estimation
                                                              : node_.pool->config().gas_limit_overestimation;
    const auto limit = static_cast<std::int64_t>(static_cast<double>(used.value()) * over);
    message.gas_limit = Gas(std::min(limit, mpool::limits::kBlockGas));
  }
  if (message.gas_premium.is_zero()) {
    TRY(message.gas_premium, premium(kPremiumBlocks, tipset));
    if (spec && spec->gas_over_premium > 0) message.gas_premium = times(message.gas_premium, spec->gas_over_premium);
  }
  if (message.gas_fee_cap.is_zero()) message.gas_fee_cap = fee_cap(message, kFeeCapBlocks, tipset);
  const bool has_max = spec && !spec->max_fee.is_zero();
  cap_fee(message, has_max ? spec->max_fee : TokenAmount::from_atto(kDefaultMaxFee));
  return message;
}

std::vector<api::EstimateResult> GasEstimator::fill_batch(const std::vector<api::EstimateMessage>& messages,
                                                          Nonce first, const TipsetPtr& tipset) {
  std::vector<api::EstimateResult> out;
  std::vector<types::SignedMessage> prior;
  if (!messages.empty()) {
    // Messages from `first` on are about to be replaced by these.
    auto pending = pending_of(messages.front().message.from, tipset);
    if (pending) prior = *std::move(pending);
    std::erase_if(prior, [&](const types::SignedMessage& m) { return m.message.nonce >= first; });
  }
  auto nonce = first;
  for (const auto& one : messages) {
    auto message = one.message;
    message.nonce = nonce;
    auto filled = fill(std::move(message), one.spec, tipset, prior);
    if (!filled) {
      out.push_back({std::nullopt, filled.error().message});
      continue;
    }
    prior.push_back({*filled, {types::SignatureType::Bls, Bytes(96)}});
    out.push_back({*std::move(filled), {}});
    ++nonce;
  }
  return out;
}

}  // namespace venus::node
