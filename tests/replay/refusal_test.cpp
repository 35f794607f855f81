// SPDX-License-Identifier: MIT OR Apache-2.0
// Altered blocks are refused, each by the one rule it breaks: all of them are signed again with the
// recorded network's worker keys, so that no other check can refuse them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "types/election.hpp"
#include "recording.hpp"

namespace venus::replay {
namespace {

using consensus::Rule;

class Refusal : public testing::Test {
 protected:
  void SetUp() override {
    VENUS_RECORDING_OR_SKIP();
    recording_ = std::make_unique<Recording>("chain-197.car");
    wallets_ = std::make_unique<Wallets>();
    // A tipset that carries messages with signatures of their own, over a replayed parent.
    for (std::int64_t epoch = 100; epoch < 197 && !tipset_; ++epoch) {
      const auto candidate = recording_->at(epoch);
      const auto messages = recording_->chain->messages(candidate->blocks().front());
      ASSERT_TRUE(messages);
      for (const auto& message : (*messages)->secpk) {
        if (message.signature->type == types::SignatureType::Secp256k1 && wallets_->has(message.message.from)) {
          tipset_ = candidate;
        }
      }
    }
    ASSERT_TRUE(tipset_);
    recording_->replay_to(*recording_->chain->parent(*tipset_));
    header_ = tipset_->blocks().front();
    const auto lookback = consensus::lookback_for_round(recording_->params, *recording_->chain,
                                                        *recording_->chain->parent(*tipset_), header_.height);
    ASSERT_TRUE(lookback);
    state_ = lookback->state;
    worker_ = *states().worker_key(state_, *header_.miner.actor_id());
  }

  consensus::MinerStates& states() { return recording_->runtime->validator.miner_states(); }

  void sign(types::BlockHeader& header) const {
    header.block_sig = wallets_->sign_bls(worker_, header.signing_bytes());
  }

  consensus::ValidationReport validate(const types::BlockHeader& header) {
    return recording_->runtime->validator.validate(recording_->full(header), {});
  }

  // Signs the altered header and expects that this rule alone refuses it.
  void expect_refused(types::BlockHeader header, Rule rule) {
    sign(header);
    const auto report = validate(header);
    ASSERT_EQ(report.violations.size(), 1U) << report.text();
    EXPECT_EQ(report.violations[0].rule, rule) << report.text();
    EXPECT_TRUE(report.bad());
    EXPECT_THAT(report.result().error().message, testing::HasSubstr(std::string(to_string(rule))));
  }

  // The block with other messages, whose root it names.
  types::BlockHeader with_messages(const std::vector<types::SignedMessage>& secpk) {
    auto header = header_;
    const auto original = *recording_->chain->messages(header_);
    std::vector<Cid> bls;
    std::vector<Cid> others;
    for (const auto& message : original->bls) bls.push_back(message.cid);
    EXPECT_TRUE(recording_->chain->put_messages(secpk));
    for (const auto& message : secpk) others.push_back(message.cid());
    header.messages = *chainstore::store_message_meta(recording_->store, bls, others);
    return header;
  }

  std::vector<types::SignedMessage> secpk_messages() {
    std::vector<types::SignedMessage> out;
    for (const auto& message : (*recording_->chain->messages(header_))->secpk) out.push_back(message.signed_message());
    return out;
  }

  // The first message in the block that a key of ours can sign.
  static std::size_t own_message(const std::vector<types::SignedMessage>& messages, const Wallets& wallets) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].signature.type == types::SignatureType::Secp256k1 && wallets.has(messages[i].message.from)) return i;
    }
    throw std::runtime_error("no message of ours");
  }

  std::unique_ptr<Recording> recording_;
  std::unique_ptr<Wallets> wallets_;
  TipsetPtr tipset_;
  types::BlockHeader header_;
  Cid state_;
  Address worker_;
};

TEST_F(Refusal, TheRecordedBlockSignedAgainIsValid) {
  auto header = header_;
  sign(header);
  const auto report = validate(header);
  EXPECT_TRUE(report.valid()) << report.text();
}

TEST_F(Refusal, WrongWinCount) {
  auto header = header_;
  ++header.election_proof->win_count;
  expect_refused(header, Rule::WinCount);
}

TEST_F(Refusal, ElectionProofOverAnotherInput) {
  auto header = header_;
  const auto power = states().power(state_, *header.miner.actor_id());
  ASSERT_TRUE(power && *power);
  // A proof that wins by its digest, honestly counted, but drawn over something else.
  for (std::uint8_t salt = 0;; ++salt) {
    ASSERT_LT(salt, 255);
    header.election_proof->vrf_proof = wallets_->sign_bls(worker_, Bytes{salt}).data;
    header.election_proof->win_count = types::win_count(
        header.election_proof->vrf_proof, (*power)->claim.quality_adj_power, (*power)->total_quality_adjusted);
    if (header.election_proof->win_count > 0) break;
  }
  expect_refused(header, Rule::ElectionProof);
}

TEST_F(Refusal, TicketOverAnotherInput) {
  auto header = header_;
  header.ticket->vrf_proof = wallets_->sign_bls(worker_, Bytes{1}).data;
  expect_refused(header, Rule::TicketProof);
}

TEST_F(Refusal, WinningPostOfAnotherBlock) {
  auto header = header_;
  for (auto tipset = *recording_->chain->parent(*tipset_);; tipset = *recording_->chain->parent(*tipset)) {
    ASSERT_GT(tipset->height(), ChainEpoch(0));
    const auto& other = tipset->blocks().front();
    if (other.winning_post_proof == header.winning_post_proof) continue;
    header.winning_post_proof = other.winning_post_proof;
    break;
  }
  expect_refused(header, Rule::WinningPost);
}

TEST_F(Refusal, FlippedBitInTheWinningPost) {
  auto header = header_;
  header.winning_post_proof.at(0).proof_bytes.at(100) ^= 1;
  expect_refused(header, Rule::WinningPost);
}

TEST_F(Refusal, WrongTimestamp) {
  auto header = header_;
  ++header.timestamp;
  expect_refused(header, Rule::Timestamp);
}

TEST_F(Refusal, WrongBaseFee) {
  auto header = header_;
  header.parent_base_fee += TokenAmount::from_atto(1);
  expect_refused(header, Rule::BaseFee);
}

TEST_F(Refusal, WrongWeight) {
  auto header = header_;
  header.parent_weight += BigInt(1);
  expect_refused(header, Rule::ParentWeight);
}

TEST_F(Refusal, WrongBeaconEntry) {
  // An entry of the right round with the signature of another. It is drawn into every VRF too, so only
  // that the beacon is named can be asked.
  auto header = header_;
  if (header.beacon_entries.empty()) GTEST_SKIP() << "no beacon entry in this block";
  header.beacon_entries.back().data.at(10) ^= 1;
  sign(header);
  EXPECT_TRUE(validate(header).broke(Rule::BeaconEntries));
}

TEST_F(Refusal, SignatureOfAnotherKey) {
  auto header = header_;
  header.block_sig = wallets_->sign_bls(worker_, Bytes{1, 2, 3});
  const auto report = validate(header);
  ASSERT_EQ(report.violations.size(), 1U) << report.text();
  EXPECT_EQ(report.violations[0].rule, Rule::BlockSignature);
}

TEST_F(Refusal, MessageWithAFlippedBit) {
  auto messages = secpk_messages();
  messages[own_message(messages, *wallets_)].message.value += TokenAmount::from_atto(1);
  expect_refused(with_messages(messages), Rule::MessageSignature);
}

TEST_F(Refusal, InventedMessage) {
  // A message in the name of an account of the chain, with its next nonce, but nobody's signature.
  auto messages = secpk_messages();
  auto invented = messages[own_message(messages, *wallets_)];
  for (const auto& message : messages) {
    if (message.message.from == invented.message.from && message.message.nonce >= invented.message.nonce) {
      invented.message.nonce = message.message.nonce + 1;
    }
  }
  messages.push_back(invented);
  expect_refused(with_messages(messages), Rule::MessageSignature);
}

TEST_F(Refusal, InventedMessageWithoutAPlaceInTheHeader) {
  auto block = recording_->full(header_);
  auto messages = std::make_shared<chainstore::BlockMessages>(*block.messages);
  messages->secpk.pop_back();
  block.messages = messages;
  const auto report = recording_->runtime->validator.validate(block, {});
  ASSERT_EQ(report.violations.size(), 1U) << report.text();
  EXPECT_EQ(report.violations[0].rule, Rule::MessageRoot);
}

TEST_F(Refusal, MessageOutOfOrder) {
  // The later messages of its sender are out of order with it.
  auto messages = secpk_messages();
  auto& own = messages[own_message(messages, *wallets_)];
  own.message.nonce = own.message.nonce + 100;
  own.signature = wallets_->sign(own.message.from, own.message, recording_->params.eip155_chain_id);
  auto header = with_messages(messages);
  sign(header);
  const auto report = validate(header);
  EXPECT_TRUE(report.broke(Rule::MessageNonce)) << report.text();
  for (const auto& violation : report.violations) EXPECT_EQ(violation.rule, Rule::MessageNonce) << report.text();
}

TEST_F(Refusal, ValidMessageWithAnotherEffectContradictsTheNextState) {
  // One bit of a value flips and everybody signs it: the block is valid, but then the recorded child
  // claims a state that this tipset does not lead to.
  auto messages = secpk_messages();
  auto& own = messages[own_message(messages, *wallets_)];
  own.message.value += TokenAmount::from_atto(own.message.value.is_zero() ? 1 : -1);
  own.signature = wallets_->sign(own.message.from, own.message, recording_->params.eip155_chain_id);
  auto altered = with_messages(messages);
  sign(altered);
  const auto own_report = validate(altered);
  ASSERT_TRUE(own_report.valid()) << own_report.text();

  auto blocks = tipset_->blocks();
  blocks.front() = altered;
  for (const auto& block : blocks) ASSERT_TRUE(recording_->chain->put_block(block));
  const auto parent = types::Tipset::make(blocks);
  ASSERT_TRUE(parent);
  auto child = recording_->at(tipset_->height().value() + 1)->blocks().front();
  child.parents = (*parent)->cids();
  const auto lookback = consensus::lookback_for_round(recording_->params, *recording_->chain, *parent, child.height);
  ASSERT_TRUE(lookback);
  worker_ = *states().worker_key(lookback->state, *child.miner.actor_id());
  sign(child);
  const auto report = validate(child);
  EXPECT_TRUE(report.broke(Rule::ParentStateRoot)) << report.text();
  for (const auto& violation : report.violations) {
    EXPECT_THAT(violation.rule, testing::AnyOf(Rule::ParentStateRoot, Rule::ParentReceipts, Rule::MessageNonce))
        << report.text();
  }
}

TEST_F(Refusal, FileWithAFlippedBit) {
  const base::test_util::TempFolder folder;
  auto bytes = base::test_util::read_file(recording_folder() / "chain-197.car");
  bytes[bytes.size() / 2] ^= 1;
  const auto path = folder.path() / "flipped.car";
  {
    std::ofstream out(path, std::ios::binary);
    out.write(base::as_chars(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
  ipld::MemoryBlockstore store;
  chainstore::MemoryMetadata metadata;
  const auto chain = chainstore::ChainStore::open(store, metadata);
  const auto loaded = consensus::load_chain_file(**chain, path);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::Corrupt) << loaded.error().message;
}

}  // namespace
}  // namespace venus::replay
