// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/key_store.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/test_util/vectors.hpp"
#include "consensus/signatures.hpp"
#include "services/node/pool_glue.hpp"

namespace venus::node {
namespace {

class KeyStoreTest : public ::testing::Test {
 protected:
  KeyStoreTest() { reopen(); }
  void reopen() {
    keys_.reset();
    keys_ = KeyStore::open(folder_.path() / "keystore").value();
  }
  base::test_util::TempFolder folder_;
  std::unique_ptr<KeyStore> keys_;
};

TEST_F(KeyStoreTest, KeysOfEachKindSurviveAndSign) {
  for (const auto type : {types::KeyType::Bls, types::KeyType::Secp256k1, types::KeyType::Delegated}) {
    const auto address = keys_->create(type).value();
    reopen();
    ASSERT_TRUE(keys_->has(address));
    const Bytes data{1, 2, 3};
    const auto signature = keys_->sign(address, data).value();
    EXPECT_TRUE(consensus::verify_signature(signature, address, data));
    EXPECT_FALSE(consensus::verify_signature(signature, address, Bytes{1, 2, 4}));
  }
  EXPECT_EQ(keys_->list().size(), 3U);
}

TEST_F(KeyStoreTest, FilesAreForTheOwnerAlone) {
  ASSERT_TRUE(keys_->create(types::KeyType::Secp256k1));
  const auto folder = folder_.path() / "keystore";
  using std::filesystem::perms;
  const auto others = perms::group_all | perms::others_all;
  EXPECT_EQ(std::filesystem::status(folder).permissions() & others, perms::none);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_EQ(entry.status().permissions() & others, perms::none) << entry.path();
  }
}

TEST_F(KeyStoreTest, DefaultIsRememberedAndMustExist) {
  EXPECT_FALSE(keys_->default_address().defined());
  const auto first = keys_->create(types::KeyType::Secp256k1).value();
  const auto second = keys_->create(types::KeyType::Bls).value();
  ASSERT_TRUE(keys_->set_default(second));
  reopen();
  EXPECT_EQ(keys_->default_address(), second);
  EXPECT_EQ(keys_->set_default(Address::id(5)).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(keys_->erase(second));
  EXPECT_EQ(keys_->default_address(), first);
  EXPECT_EQ(keys_->erase(second).error().code, ErrorCode::NotFound);
}

TEST_F(KeyStoreTest, ExportedKeysComeBack) {
  const auto address = keys_->create(types::KeyType::Bls).value();
  const auto text = keys_->export_key(address).value().export_text();
  ASSERT_TRUE(keys_->erase(address));
  auto key = types::KeyInfo::import_text(base::as_chars(text.view()));
  ASSERT_TRUE(key);
  EXPECT_EQ(keys_->import(*std::move(key)).value(), address);
}

TEST_F(KeyStoreTest, DamagedFileIsNamed) {
  ASSERT_TRUE(keys_->create(types::KeyType::Bls));
  std::ofstream(folder_.path() / "keystore" / "broken.key") << "zz";
  const auto opened = KeyStore::open(folder_.path() / "keystore");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
  EXPECT_NE(opened.error().message.find("broken.key"), std::string::npos);
}

TEST(MessageStore, KeepsLocalMessagesOverRestarts) {
  base::test_util::TempFolder folder;
  types::SignedMessage message;
  message.message.from = Address::id(100);
  message.message.to = Address::id(101);
  message.signature.data = Bytes(65, 1);
  {
    const auto store = open_message_store(folder.path() / "m").value();
    ASSERT_TRUE(store->save(message));
    ASSERT_TRUE(store->save(message));
  }
  const auto store = open_message_store(folder.path() / "m").value();
  EXPECT_EQ(store->load_all().value(), std::vector{message});
  ASSERT_TRUE(store->erase(message.cid()));
  EXPECT_TRUE(store->load_all()->empty());
}

}  // namespace
}  // namespace venus::node
