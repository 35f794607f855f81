// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/test_util/store_source.hpp"

#include <map>

#include "sync/async.hpp"

namespace venus::sync::test_util {

StoreSource::StoreSource(chainstore::ChainStore& world, Script script)
    : world_(world), script_(std::move(script)) {}

Task<Answer> StoreSource::decide(Kind kind, PeerId preferred) {
  auto answer = script_ ? script_(kind, preferred) : Answer{};
  if (answer.delay.count() > 0) co_await pause(answer.delay);
  if (answer.error) co_return std::unexpected(*answer.error);
  co_return answer;
}

Task<std::vector<TipsetPtr>> StoreSource::headers(TipsetKey head, std::size_t count, PeerId preferred) {
  ++header_requests;
  CO_TRY(const auto answer, co_await decide(Kind::Headers, preferred));
  std::vector<TipsetPtr> out;
  auto key = std::move(head);
  while (out.size() < std::min(count, answer.at_most)) {
    auto tipset = world_.tipset(key);
    if (!tipset) {
      if (out.empty()) co_return std::unexpected(tipset.error());
      break;
    }
    out.push_back(*tipset);
    if (out.back()->height() == ChainEpoch(0)) break;
    key = out.back()->parents();
  }
  headers_given += out.size();
  co_return out;
}

Task<std::vector<TipsetMessages>> StoreSource::messages(std::vector<TipsetPtr> tipsets, PeerId preferred) {
  ++message_requests;
  CO_TRY(const auto answer, co_await decide(Kind::Messages, preferred));
  std::vector<TipsetMessages> out;
  for (const auto& tipset : tipsets) {
    if (out.size() >= answer.at_most) break;
    CO_TRY(auto of_tipset, messages_of(world_, *tipset));
    out.push_back(std::move(of_tipset));
  }
  co_return out;
}

void StoreSource::punish(const PeerId& peer, std::string reason, bool severe) {
  std::lock_guard lock(mutex_);
  punished_.push_back({peer, std::move(reason), severe});
}

std::vector<StoreSource::Punished> StoreSource::punished() const {
  std::lock_guard lock(mutex_);
  return punished_;
}

Result<TipsetMessages> messages_of(const chainstore::ChainStore& chain, const types::Tipset& tipset) {
  TipsetMessages out;
  std::map<Cid, std::uint64_t> bls;
  std::map<Cid, std::uint64_t> secpk;
  TRY(const auto blocks, chain.block_messages(tipset));
  for (const auto& block : blocks) {
    auto& bls_indices = out.bls_of_block.emplace_back();
    for (const auto& message : block->bls) {
      const auto [at, fresh] = bls.try_emplace(message.cid, out.bls.size());
      if (fresh) out.bls.push_back(message.message);
      bls_indices.push_back(at->second);
    }
    auto& secpk_indices = out.secpk_of_block.emplace_back();
    for (const auto& message : block->secpk) {
      const auto [at, fresh] = secpk.try_emplace(message.cid, out.secpk.size());
      if (fresh) out.secpk.push_back(message.signed_message());
      secpk_indices.push_back(at->second);
    }
  }
  return out;
}

}  // namespace venus::sync::test_util
