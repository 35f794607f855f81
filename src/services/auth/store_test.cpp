// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "crypto/jwt.hpp"
#include "db/sql/test_util/mariadb.hpp"
#include "services/auth/schema.hpp"
#include "services/auth/service.hpp"

namespace venus::auth {
namespace {

using db::sql::Dialect;

class AuthStore : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    std::string dsn = (folder_.path() / "auth.db").string();
    if (GetParam() == Dialect::Mysql) {
      VENUS_MARIADB_OR_SKIP(server);
      dsn = server->fresh_database();
    }
    auto opened = db::sql::Database::open(dsn);
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
    const auto migrated = migrate(*database_);
    ASSERT_TRUE(migrated) << migrated.error().message;
    ASSERT_TRUE(users().create({"alice", "first", 0}));
  }
  Users users() { return {*database_, clock_}; }
  Tokens tokens() { return {*database_, clock_}; }
  Ownership ownership() { return {*database_, clock_}; }
  std::string token_of(const std::string& user, const std::string& perm = "sign") {
    auto made = tokens().generate({user, perm, "extra"});
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return made.value_or("");
  }

  base::test_util::TempFolder folder_;
  base::ManualClock clock_{1'700'000'000'000};
  std::unique_ptr<db::sql::Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Dialects, AuthStore, testing::Values(Dialect::Sqlite, Dialect::Mysql),
                         [](const auto& param) { return param.param == Dialect::Sqlite ? "Sqlite" : "MariaDb"; });

TEST_P(AuthStore, a_token_verifies_to_what_it_was_made_for) {
  const auto token = token_of("alice");
  const auto verified = tokens().verify(token);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->name, "alice");
  EXPECT_EQ(verified->perm, "sign");
  EXPECT_EQ(verified->ext, "extra");
  EXPECT_EQ(crypto::peek_jwt(token).value_or(""), R"({"name":"alice","perm":"sign","ext":"extra"})");
  EXPECT_EQ(tokens().get(token)->create_time, "2023-11-14T22:13:20Z");
}

TEST_P(AuthStore, each_token_has_a_secret_of_its_own) {
  EXPECT_NE(token_of("alice"), token_of("alice"));
  const auto one = token_of("alice", "admin"), two = token_of("alice", "read");
  // The payload of one with the signature of the other.
  const auto forged = one.substr(0, one.rfind('.')) + two.substr(two.rfind('.'));
  EXPECT_EQ(tokens().verify(forged).error().code, ErrorCode::Unauthenticated);
}

TEST_P(AuthStore, what_is_no_good_token_is_refused) {
  const auto token = token_of("alice");
  for (const auto& bad : {std::string(), std::string("x"), token + "x", token.substr(1), std::string(9000, 'a'),
                          std::string("eyJhbGciOiJub25lIn0.eyJuYW1lIjoiYWxpY2UiLCJwZXJtIjoiYWRtaW4ifQ.")}) {
    EXPECT_EQ(tokens().verify(bad).error().code, ErrorCode::Unauthenticated) << bad.substr(0, 60);
  }
}

TEST_P(AuthStore, removal_and_recovery_show_at_once) {
  const auto token = token_of("alice");
  ASSERT_TRUE(tokens().remove(token));
  EXPECT_EQ(tokens().verify(token).error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(tokens().remove(token).error().code, ErrorCode::NotFound);
  EXPECT_TRUE(tokens().of_user("alice").value().empty());
  ASSERT_TRUE(tokens().recover(token));
  EXPECT_TRUE(tokens().verify(token));
}

TEST_P(AuthStore, tokens_of_disabled_and_deleted_users_are_refused) {
  const auto token = token_of("alice");
  ASSERT_TRUE(users().update({"alice", std::nullopt, 2}));
  EXPECT_EQ(tokens().verify(token).error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(users().get("alice")->comment, "first");
  ASSERT_TRUE(users().update({"alice", "changed", 1}));
  EXPECT_TRUE(tokens().verify(token));
  ASSERT_TRUE(users().remove("alice"));
  EXPECT_EQ(tokens().verify(token).error().code, ErrorCode::Unauthenticated);
  ASSERT_TRUE(users().recover("alice"));
  EXPECT_TRUE(tokens().verify(token));
}

TEST_P(AuthStore, tokens_are_made_for_existing_users_and_known_rights_only) {
  EXPECT_EQ(tokens().generate({"bob", "read", ""}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(tokens().generate({"alice", "root", ""}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(tokens().generate({"alice", "read", std::string(256, 'x')}).error().code, ErrorCode::InvalidArgument);
}

TEST_P(AuthStore, user_names_are_unique_and_plain) {
  EXPECT_EQ(users().create({"alice", {}, 0}).error().code, ErrorCode::AlreadyExists);
  EXPECT_EQ(users().create({"", {}, 0}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(users().create({"a\nb", {}, 0}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(users().create({std::string(51, 'a'), {}, 0}).error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(users().create({"Alice'; DROP TABLE users; --", {}, 2}));
  EXPECT_EQ(users().list({}, UserState::Any)->size(), 2U);
  EXPECT_EQ(users().list({}, UserState::Disabled)->size(), 1U);
  EXPECT_EQ(users().list({1, 1}, UserState::Any)->size(), 1U);
  EXPECT_TRUE(users().verify({"alice"}));
  EXPECT_EQ(users().verify({"alice", "nobody"}).error().code, ErrorCode::NotFound);
}

TEST_P(AuthStore, a_miner_has_one_user_and_can_move) {
  ASSERT_TRUE(users().create({"bob", {}, 0}));
  const auto miner = Address::id(1000);
  EXPECT_TRUE(ownership().add_miner({"alice", miner, true}).value());
  EXPECT_FALSE(ownership().add_miner({"bob", Address::parse("f01000").value(), false}).value());
  EXPECT_EQ(ownership().user_of_miner(miner).value(), "bob");
  EXPECT_FALSE(ownership().miner_in_user("alice", miner).value());
  EXPECT_FALSE(ownership().miners("bob")->at(0).open_mining);
  EXPECT_EQ(ownership().add_miner({"nobody", miner, true}).error().code, ErrorCode::NotFound);
  const auto wallet = Address::parse("t1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za").value();
  EXPECT_EQ(ownership().add_miner({"bob", wallet, true}).error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(ownership().delete_miner(miner).value());
  EXPECT_FALSE(ownership().delete_miner(miner).value());
  EXPECT_EQ(ownership().user_of_miner(miner).error().code, ErrorCode::NotFound);
}

TEST_P(AuthStore, a_signer_may_have_many_users) {
  ASSERT_TRUE(users().create({"bob", {}, 0}));
  const auto signer = Address::parse("t1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za").value();
  ASSERT_TRUE(ownership().register_signers({"alice", {signer}}));
  ASSERT_TRUE(ownership().register_signers({"alice", {signer}}));
  ASSERT_TRUE(ownership().register_signers({"bob", {signer}}));
  EXPECT_EQ(ownership().users_of_signer(signer)->size(), 2U);
  ASSERT_TRUE(ownership().unregister_signers({"alice", {signer}}));
  EXPECT_FALSE(ownership().signer_in_user("alice", signer).value());
  EXPECT_TRUE(ownership().has_signer(signer).value());
  EXPECT_EQ(ownership().register_signers({"bob", {Address::id(5)}}).error().code, ErrorCode::InvalidArgument);
  ASSERT_TRUE(users().remove("bob"));
  EXPECT_FALSE(ownership().has_signer(signer).value());
}

TEST_P(AuthStore, limits_are_made_replaced_and_removed) {
  Limits limits(*database_);
  const auto id = limits.upsert({"", "alice", "", "", {100, 1'000'000'000}}).value();
  EXPECT_EQ(limits.upsert({id, "alice", "svc", "", {5, 7}}).value(), id);
  const auto all = limits.list("alice", "").value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].limit.cap, 5);
  EXPECT_EQ(all[0].service, "svc");
  ASSERT_TRUE(limits.remove("alice", id));
  EXPECT_TRUE(limits.list("alice", "")->empty());
}

TEST_P(AuthStore, the_default_admin_token_is_kept_and_renewed_when_removed) {
  Service service(*database_, clock_);
  const auto first = service.ensure_admin_token().value();
  EXPECT_EQ(service.ensure_admin_token().value(), first);
  EXPECT_EQ(tokens().verify(first)->perm, "admin");
  ASSERT_TRUE(tokens().remove(first));
  EXPECT_NE(service.ensure_admin_token().value(), first);
}

TEST_P(AuthStore, a_second_process_sees_changes_at_once) {
  const auto token = token_of("alice");
  auto other = db::sql::Database::open(
      GetParam() == Dialect::Sqlite ? (folder_.path() / "auth.db").string()
                                    : fmt::format("root@unix({})/{}", database_->dsn().socket, database_->dsn().database));
  ASSERT_TRUE(other);
  Tokens theirs(**other, clock_);
  EXPECT_TRUE(theirs.verify(token));
  ASSERT_TRUE(tokens().remove(token));
  EXPECT_FALSE(theirs.verify(token));
}

}  // namespace
}  // namespace venus::auth
