// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/wallet.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "api/draw_random.hpp"
#include "base/test_util/vectors.hpp"
#include "bridge/bls.hpp"
#include "crypto/hash.hpp"
#include "services/wallet/deals.hpp"
#include "services/wallet/schema.hpp"
#include "types/signing.hpp"

namespace venus::wallet {
namespace {

namespace kind = api::sign_type;
using api::MsgMeta;

constexpr std::string_view kPassword = "correct horse";
/// The cheapest derivation there is: these tests are about rules, not about cost.
constexpr crypto::ScryptParams kCheap{.n = 2, .r = 8, .p = 1};

class WalletRules : public testing::Test {
 protected:
  void SetUp() override {
    open();
    ASSERT_TRUE(wallet_->set_password(kPassword));
    bls_ = wallet_->create(types::KeyType::Bls).value();
    secp_ = wallet_->create(types::KeyType::Secp256k1).value();
  }
  void open(SignRecords::Options options = {}) {
    wallet_.reset();
    keys_.reset();
    records_.reset();
    database_ = db::sql::Database::open((folder_.path() / "wallet.db").string()).value();
    ASSERT_TRUE(migrate(*database_));
    keys_ = KeyRing::open(*database_, clock_, kCheap).value();
    records_ = std::make_unique<SignRecords>(*database_, clock_, options);
    wallet_ = std::make_unique<Wallet>(*keys_, *records_, SignRules{false, 31415926, Bytes(32, 7)});
  }

  static types::BlockHeader block(std::int64_t epoch, std::uint64_t timestamp, std::uint64_t miner = 1000) {
    types::BlockHeader header;
    header.miner = Address::id(miner);
    header.ticket = types::Ticket{Bytes(96, 1)};
    header.election_proof = types::ElectionProof{1, Bytes(96, 2)};
    header.parents = {ipld::cid_of_cbor(Bytes{1})};
    header.height = types::ChainEpoch(epoch);
    header.parent_state_root = header.parent_message_receipts = header.messages = ipld::cid_of_cbor(Bytes{2});
    header.timestamp = timestamp;
    return header;
  }
  Result<types::Signature> sign_block(const types::BlockHeader& header, const Address& signer) {
    return wallet_->sign(signer, ipld::encode(header), {std::string(kind::kBlock), {}});
  }
  static types::Message message_from(const Address& from) {
    types::Message message;
    message.to = Address::id(99);
    message.from = from;
    message.value = TokenAmount::from_fil(1);
    message.gas_limit = types::Gas(1'000'000);
    return message;
  }

  base::test_util::TempFolder folder_;
  base::ManualClock clock_{1'700'000'000'000};
  std::unique_ptr<db::sql::Database> database_;
  std::unique_ptr<KeyRing> keys_;
  std::unique_ptr<SignRecords> records_;
  std::unique_ptr<Wallet> wallet_;
  Address bls_, secp_;
};

TEST_F(WalletRules, messages_are_signed_for_their_sender_only) {
  for (const auto& signer : {bls_, secp_}) {
    const auto message = message_from(signer);
    const auto cid = message.cid();
    const MsgMeta meta{std::string(kind::kMessage), ipld::encode(message)};
    const auto bytes = base::to_bytes(cid.bytes());
    const auto signature = wallet_->sign(signer, bytes, meta);
    ASSERT_TRUE(signature) << signature.error().message;
    if (signer == bls_) EXPECT_TRUE(bridge::bls_verify(signature->data, bytes, bls_.payload()));
    else EXPECT_TRUE(types::verify_secp256k1(signature->data, secp_, bytes));
    EXPECT_EQ(wallet_->sign(signer == bls_ ? secp_ : bls_, bytes, meta).error().code, ErrorCode::FailedValidation);
    EXPECT_EQ(wallet_->sign(signer, Bytes(38, 1), meta).error().code, ErrorCode::FailedValidation);
    EXPECT_EQ(wallet_->sign(signer, bytes, {std::string(kind::kMessage), {}}).error().code, ErrorCode::InvalidArgument);
    auto trailing = meta;
    trailing.extra.push_back(0);
    EXPECT_EQ(wallet_->sign(signer, bytes, trailing).error().code, ErrorCode::Malformed);
  }
}

TEST_F(WalletRules, delegated_keys_sign_the_transaction_of_the_message) {
  const auto eth = wallet_->create(types::KeyType::Delegated).value();
  auto message = message_from(eth);
  message.to = Address::from_eth(types::EthAddress{});
  message.method = types::MethodNum(3'844'450'837);
  const auto bytes = types::message_signing_bytes(message, types::SignatureType::Delegated, 31415926);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto signature = wallet_->sign(eth, *bytes, {std::string(kind::kMessage), ipld::encode(message)});
  ASSERT_TRUE(signature) << signature.error().message;
  EXPECT_TRUE(types::verify_delegated(signature->data, eth, *bytes));
}

TEST_F(WalletRules, a_second_block_of_an_epoch_is_refused_whoever_asks) {
  const auto first = block(10, 100);
  const auto signature = sign_block(first, bls_);
  ASSERT_TRUE(signature) << signature.error().message;
  EXPECT_TRUE(bridge::bls_verify(signature->data, first.signing_bytes(), bls_.payload()));
  // The same bytes again give the same signature.
  EXPECT_EQ(sign_block(first, bls_).value(), *signature);
  auto with_signature = first;
  with_signature.block_sig = *signature;
  EXPECT_EQ(sign_block(with_signature, bls_).value(), *signature);
  // Another block, or the same by another key, is a fault.
  EXPECT_EQ(sign_block(block(10, 101), bls_).error().code, ErrorCode::Conflict);
  EXPECT_EQ(sign_block(first, secp_).error().code, ErrorCode::Conflict);
  // Other epochs and miners are free.
  EXPECT_TRUE(sign_block(block(11, 100), bls_));
  EXPECT_TRUE(sign_block(block(10, 100, 1001), bls_));
  // A restart forgets nothing.
  open();
  ASSERT_TRUE(wallet_->unlock(kPassword));
  EXPECT_EQ(sign_block(block(10, 101), bls_).error().code, ErrorCode::Conflict);
  EXPECT_EQ(sign_block(first, bls_).value(), *signature);
}

TEST_F(WalletRules, of_many_who_ask_at_once_one_block_is_signed) {
  std::atomic<int> signed_blocks{0}, conflicts{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto result = sign_block(block(77, static_cast<std::uint64_t>(i)), bls_);
      if (result) ++signed_blocks;
      else if (result.error().code == ErrorCode::Conflict) ++conflicts;
    });
  }
  threads.clear();
  EXPECT_EQ(signed_blocks, 1);
  EXPECT_EQ(conflicts, 7);
}

TEST_F(WalletRules, the_time_offset_fault_is_refused_on_demand) {
  ASSERT_TRUE(sign_block(block(10, 100), bls_));
  ASSERT_TRUE(sign_block(block(11, 100), bls_));
  open({.refuse_same_parents = true});
  ASSERT_TRUE(wallet_->unlock(kPassword));
  EXPECT_EQ(sign_block(block(12, 100), bls_).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(sign_block(block(10, 100), bls_));
  auto elsewhere = block(12, 100);
  elsewhere.parents = {ipld::cid_of_cbor(Bytes{9})};
  EXPECT_TRUE(sign_block(elsewhere, bls_));
}

TEST_F(WalletRules, draw_random_parameters_are_hashed_as_the_chain_does) {
  const api::DrawRandomParams params{Bytes(32, 3), 5, types::ChainEpoch(99), Bytes{1, 2}};
  auto cbor = ipld::encode(params);
  const auto signature = wallet_->sign(bls_, cbor, {std::string(kind::kDrawRandomParam), {}});
  ASSERT_TRUE(signature) << signature.error().message;
  const auto tag = base::be64(5), round = base::be64(99);
  const auto digest = crypto::blake2b_256(params.rbase);
  const BytesView parts[] = {tag, digest, round, params.entropy};
  EXPECT_TRUE(bridge::bls_verify(signature->data, crypto::blake2b_256(parts), bls_.payload()));
  // A map in another order with a null, as another encoder may write it.
  ipld::cbor::Writer other;
  other.write_map(4);
  other.write_text("Entropy");
  other.write_null();
  other.write_text("Pers");
  other.write_int(-1);
  other.write_text("Rbase");
  other.write_bytes(params.rbase);
  other.write_text("Round");
  other.write_int(-1);
  EXPECT_TRUE(wallet_->sign(bls_, other.bytes(), {std::string(kind::kDrawRandomParam), {}}));
  cbor.pop_back();
  EXPECT_EQ(wallet_->sign(bls_, cbor, {std::string(kind::kDrawRandomParam), {}}).error().code, ErrorCode::Malformed);
}

TEST_F(WalletRules, ownership_is_proved_with_this_wallets_bytes_only) {
  const Bytes theirs(32, 9);
  auto both = theirs;
  base::append(both, Bytes(32, 7));
  const auto digest = crypto::sha256(both);
  const Bytes to_sign(digest.begin(), digest.end());
  EXPECT_TRUE(wallet_->sign(bls_, to_sign, {std::string(kind::kVerifyAddress), theirs}));
  EXPECT_EQ(wallet_->sign(bls_, to_sign, {std::string(kind::kVerifyAddress), Bytes(32, 8)}).error().code,
            ErrorCode::FailedValidation);
}

TEST_F(WalletRules, deals_and_vouchers_are_read_before_they_are_signed) {
  DealProposal deal;
  deal.piece_cid = ipld::cid_of_raw(Bytes{1});
  deal.piece_size = 2048;
  deal.client = secp_;
  deal.provider = Address::id(1000);
  deal.label.value = std::string("label");
  const auto bytes = ipld::encode(deal);
  const auto signature = wallet_->sign(secp_, bytes, {std::string(kind::kDealProposal), {}});
  ASSERT_TRUE(signature) << signature.error().message;
  EXPECT_TRUE(types::verify_secp256k1(signature->data, secp_, bytes));
  EXPECT_EQ(wallet_->sign(bls_, bytes, {std::string(kind::kDealProposal), {}}).error().code, ErrorCode::FailedValidation);

  SignedVoucher voucher;
  voucher.channel = Address::actor(Bytes{1});
  voucher.amount = TokenAmount::from_atto(5);
  voucher.signature = types::Signature{types::SignatureType::Secp256k1, Bytes(65, 1)};
  const auto paid = wallet_->sign(secp_, ipld::encode(voucher), {std::string(kind::kSignedVoucher), {}});
  ASSERT_TRUE(paid) << paid.error().message;
  voucher.signature.reset();
  EXPECT_TRUE(types::verify_secp256k1(paid->data, secp_, ipld::encode(voucher)));
}

TEST_F(WalletRules, bytes_nobody_can_read_are_refused) {
  for (const auto type : {kind::kUnknown, kind::kF3, std::string_view("")}) {
    const auto result = wallet_->sign(bls_, Bytes(32, 1), {std::string(type), {}});
    ASSERT_FALSE(result) << type;
    EXPECT_EQ(result.error().code, ErrorCode::PermissionDenied);
  }
  EXPECT_EQ(wallet_->sign(bls_, Bytes(32, 1), {"storageask", {}}).error().code, ErrorCode::Unsupported);
  EXPECT_EQ(wallet_->sign(bls_, Bytes(32, 1), {std::string(kind::kBlock), {}}).error().code, ErrorCode::Malformed);
  EXPECT_EQ(wallet_->sign(Address::id(5), Bytes(32, 1), {std::string(kind::kBlock), {}}).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(WalletRules, a_locked_wallet_does_nothing_but_list) {
  EXPECT_EQ(wallet_->lock("wrong password").error().code, ErrorCode::Unauthenticated);
  ASSERT_TRUE(wallet_->lock(kPassword));
  EXPECT_EQ(sign_block(block(1, 1), bls_).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wallet_->create(types::KeyType::Bls).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(keys_->export_key(bls_).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(wallet_->remove(bls_).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(keys_->list()->size(), 2U);
  EXPECT_EQ(wallet_->unlock("wrong password").error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(keys_->state(), KeyRing::State::Locked);
  EXPECT_EQ(keys_->verify_password("wrong password").error().code, ErrorCode::Unauthenticated);
  EXPECT_TRUE(keys_->verify_password(kPassword));
  ASSERT_TRUE(wallet_->unlock(kPassword));
  EXPECT_TRUE(sign_block(block(1, 1), bls_));
}

TEST_F(WalletRules, keys_lie_encrypted_and_come_back_with_the_password) {
  const auto secret = keys_->export_key(bls_).value();
  const auto plain = base::to_hex(secret.private_key.view());
  const auto stored = database_->read([](db::sql::Transaction& tx) {
    return tx.select<std::string>("SELECT private_key FROM wallets");
  }).value();
  for (const auto& [json] : stored) {
    EXPECT_EQ(json.find(plain), std::string::npos);
    EXPECT_NE(json.find("aes-128-ctr"), std::string::npos);
  }
  open();
  EXPECT_EQ(keys_->state(), KeyRing::State::Locked);
  ASSERT_TRUE(wallet_->set_password(kPassword));
  EXPECT_EQ(base::to_hex(keys_->export_key(bls_)->private_key.view()), plain);
  EXPECT_EQ(wallet_->set_password(kPassword).error().code, ErrorCode::Conflict);
}

TEST_F(WalletRules, a_new_wallet_needs_a_password_of_some_length_first) {
  const base::test_util::TempFolder other;
  auto database = db::sql::Database::open((other.path() / "w.db").string()).value();
  ASSERT_TRUE(migrate(*database));
  auto keys = KeyRing::open(*database, clock_, kCheap).value();
  EXPECT_EQ(keys->state(), KeyRing::State::New);
  EXPECT_EQ(keys->create(types::KeyType::Bls).error().code, ErrorCode::PermissionDenied);
  EXPECT_EQ(keys->unlock("whatever it is").error().code, ErrorCode::Conflict);
  EXPECT_EQ(keys->set_password("short").error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(keys->set_password("long enough"));
  EXPECT_TRUE(keys->create(types::KeyType::Secp256k1));
}

TEST_F(WalletRules, keys_of_other_wallets_are_imported_and_exported_alike) {
  const auto text = keys_->export_key(secp_)->export_text();
  ASSERT_TRUE(wallet_->remove(secp_));
  EXPECT_EQ(sign_block(block(3, 1), secp_).error().code, ErrorCode::NotFound);
  auto key = types::KeyInfo::import_text(base::as_chars(text.view()));
  ASSERT_TRUE(key);
  EXPECT_EQ(wallet_->import_key(*std::move(key)).value(), secp_);
  EXPECT_TRUE(sign_block(block(3, 1), secp_));
}

TEST_F(WalletRules, every_signature_and_refusal_is_on_record) {
  ASSERT_TRUE(sign_block(block(5, 1), bls_));
  clock_.advance_millis(1000);
  ASSERT_FALSE(sign_block(block(5, 2), bls_));
  clock_.advance_millis(1000);
  ASSERT_FALSE(wallet_->sign(secp_, Bytes{1}, {"unknown", {}}));
  const auto all = records_->list({}).value();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].type, "unknown");
  EXPECT_TRUE(all[1].err);
  EXPECT_FALSE(all[2].err);
  EXPECT_EQ(all[2].signature->type, types::SignatureType::Bls);
  EXPECT_EQ(all[2].raw_msg, ipld::encode(block(5, 1)));
  api::SignRecordQuery query;
  query.is_error = true;
  query.signer = bls_;
  EXPECT_EQ(records_->list(query)->size(), 1U);
  query = {};
  query.after = all[1].create_at;
  query.before = "2100-01-01T00:00:00+02:00";
  EXPECT_EQ(records_->list(query)->size(), 2U);
  query.after = "yesterday";
  EXPECT_EQ(records_->list(query).error().code, ErrorCode::InvalidArgument);
  clock_.advance_millis(1'000'000);
  EXPECT_EQ(records_->purge(500'000).value(), 3U);
  // Forgetting the list does not forget the block.
  EXPECT_EQ(sign_block(block(5, 2), bls_).error().code, ErrorCode::Conflict);
}

}  // namespace
}  // namespace venus::wallet
