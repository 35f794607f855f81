// SPDX-License-Identifier: MIT OR Apache-2.0
// What an answer must fulfil, tipset by tipset.
#pragma once

#include "net/exchange_wire.hpp"

namespace venus::net {

class ExchangeCollector {
 public:
  virtual ~ExchangeCollector() = default;
  /// The next tipset of the answer. FailedValidation when it is not what was asked.
  virtual Result<void> take(ExchangeTipset tipset) = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
};

/// Tipsets that hash to what was asked and are each the parent of the one before.
class HeaderCollector final : public ExchangeCollector {
 public:
  explicit HeaderCollector(TipsetKey head) : wanted_(std::move(head)) {}
  Result<void> take(ExchangeTipset tipset) override;
  [[nodiscard]] std::size_t size() const override { return tipsets.size(); }

  std::vector<TipsetPtr> tipsets;

 private:
  TipsetKey wanted_;
};

/// Messages that have the roots in the headers of `tipsets`, each sent once.
class MessageCollector final : public ExchangeCollector {
 public:
  explicit MessageCollector(std::vector<TipsetPtr> tipsets) : tipsets_(std::move(tipsets)) {}
  Result<void> take(ExchangeTipset tipset) override;
  [[nodiscard]] std::size_t size() const override { return messages.size(); }

  std::vector<sync::TipsetMessages> messages;

 private:
  std::vector<TipsetPtr> tipsets_;
};

/// Success when the messages are exactly those that the headers of the tipset name. FailedValidation.
Result<void> check_tipset_messages(const types::Tipset& tipset, const ExchangeTipset& answer);
/// The MsgMeta of a block with these messages; nothing is stored.
Result<Cid> message_root(std::span<const Cid> bls, std::span<const Cid> secpk);

}  // namespace venus::net
