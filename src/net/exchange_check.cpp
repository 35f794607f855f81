// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/exchange_check.hpp"

#include <algorithm>

#include "ipld/amt.hpp"

namespace venus::net {
namespace {

using Includes = std::vector<std::vector<std::uint64_t>>;

/// Index lists fit the blocks and the messages, and no message came for nothing.
Result<void> check_includes(const Includes& includes, std::size_t blocks, std::size_t messages) {
  if (includes.size() != blocks) {
    return fail(ErrorCode::FailedValidation, "message lists for {} blocks, the tipset has {}", includes.size(), blocks);
  }
  std::vector<bool> used(messages);
  for (const auto& indices : includes) {
    for (const auto index : indices) {
      if (index >= messages) return fail(ErrorCode::FailedValidation, "message {} of {}", index, messages);
      used[static_cast<std::size_t>(index)] = true;
    }
  }
  if (std::ranges::find(used, false) != used.end()) {
    return fail(ErrorCode::FailedValidation, "a message that no block carries");
  }
  return {};
}

std::vector<Cid> of_block(const std::vector<Cid>& cids, const std::vector<std::uint64_t>& indices) {
  std::vector<Cid> out;
  out.reserve(indices.size());
  for (const auto index : indices) out.push_back(cids[static_cast<std::size_t>(index)]);
  return out;
}

}  // namespace

Result<Cid> message_root(std::span<const Cid> bls, std::span<const Cid> secpk) {
  types::MessageMeta meta;
  TRY(meta.bls_messages, ipld::write_amt(nullptr, bls));
  TRY(meta.secpk_messages, ipld::write_amt(nullptr, secpk));
  return ipld::cid_of(meta);
}

Result<void> check_tipset_messages(const types::Tipset& tipset, const ExchangeTipset& answer) {
  if (!answer.messages) return fail(ErrorCode::FailedValidation, "no messages of tipset {}", tipset.key());
  const auto& messages = *answer.messages;
  const auto blocks = tipset.blocks().size();
  TRY_VOID(check_includes(messages.bls_of_block, blocks, messages.bls.size()));
  TRY_VOID(check_includes(messages.secpk_of_block, blocks, messages.secpk.size()));
  for (std::size_t i = 0; i < blocks; ++i) {
    TRY(const auto root, message_root(of_block(answer.bls_cids, messages.bls_of_block[i]),
                                      of_block(answer.secpk_cids, messages.secpk_of_block[i])));
    if (root != tipset.blocks()[i].messages) {
      return fail(ErrorCode::FailedValidation, "messages of block {} are not those its header names", tipset.cids()[i]);
    }
  }
  return {};
}

Result<void> HeaderCollector::take(ExchangeTipset answer) {
  if (!tipsets.empty() && tipsets.back()->height() == ChainEpoch(0)) {
    return fail(ErrorCode::FailedValidation, "tipsets below genesis");
  }
  TRY(auto tipset, types::Tipset::make(std::move(answer.blocks)));
  if (tipset->key() != wanted_) {
    return fail(ErrorCode::FailedValidation, "tipset {} where {} was asked for", tipset->key(), wanted_);
  }
  if (tipset->height() < ChainEpoch(0)) return fail(ErrorCode::FailedValidation, "a negative height");
  if (!tipsets.empty() && tipset->height() >= tipsets.back()->height()) {
    return fail(ErrorCode::FailedValidation, "a parent of height {} below {}", tipset->height(), tipsets.back()->height());
  }
  wanted_ = tipset->parents();
  tipsets.push_back(std::move(tipset));
  return {};
}

Result<void> MessageCollector::take(ExchangeTipset answer) {
  if (messages.size() == tipsets_.size()) return fail(ErrorCode::FailedValidation, "more tipsets than asked for");
  TRY_VOID(check_tipset_messages(*tipsets_[messages.size()], answer));
  messages.push_back(*std::move(answer.messages));
  return {};
}

}  // namespace venus::net
