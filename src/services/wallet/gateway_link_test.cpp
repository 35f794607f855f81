// SPDX-License-Identifier: MIT OR Apache-2.0
// The wallet's link against a gateway of the test's own, over real WebSockets.
#include "services/wallet/gateway_link.hpp"

#include <gtest/gtest.h>

#include "crypto/uuid.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/json.hpp>
#include <condition_variable>
#include <thread>

#include "base/test_util/vectors.hpp"
#include "bridge/bls.hpp"
#include "crypto/hash.hpp"
#include "rpc/server.hpp"
#include "services/wallet/schema.hpp"

namespace venus::wallet {
namespace {

using namespace api::gateway;

/// Speaks the gateway's side of the protocol for one wallet.
class TestGateway {
 public:
  TestGateway() {
    dispatcher_.bind<WalletProviderApi::Listen>([this](WalletRegisterPolicy given) { return listen(std::move(given)); });
    dispatcher_.bind<WalletProviderApi::Respond>([this](ResponseEvent response) { return respond(std::move(response)); });
    dispatcher_.bind<WalletProviderApi::SupportAccount>([this](std::string channel, std::string account) {
      return note(channel + " account " + account);
    });
    dispatcher_.bind<WalletProviderApi::AddAddresses>([this](std::string channel, std::vector<Address> list) {
      return note(channel + " add " + list.at(0).str());
    });
    dispatcher_.bind<WalletProviderApi::RemoveAddresses>([this](std::string channel, std::vector<Address> list) {
      return note(channel + " remove " + list.at(0).str());
    });
    open(0);
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~TestGateway() {
    io_.stop();
    thread_.join();
  }

  void open(std::uint16_t port) {
    rpc::ServerOptions options;
    server_ = std::make_unique<rpc::Server>(io_, options);
    server_->mount("/rpc/v1", dispatcher_);
    // A port is free again only when the old server's threads have let it go.
    auto bound = server_->listen("127.0.0.1", port);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!bound && std::chrono::steady_clock::now() < deadline) bound = server_->listen("127.0.0.1", port);
    port_ = bound.value().port;
  }
  /// As when the gateway's process dies and comes back.
  void restart() {
    {
      const std::lock_guard lock(mutex_);
      writer_.close(Error{ErrorCode::Unavailable, "going down"});
    }
    server_.reset();
    open(port_);
  }

  std::string url() const { return "/ip4/127.0.0.1/tcp/" + std::to_string(port_); }

  /// Sends a request to the wallet and waits for the answer.
  ResponseEvent ask(std::string_view method, const boost::json::value& payload) {
    const auto id = crypto::new_uuid();
    const auto text = payload.is_null() ? std::string("null") : base::write_json(payload);
    std::unique_lock lock(mutex_);
    writer_.send({id, std::string(method), base::to_bytes(base::as_bytes(text))});
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(10), [&] { return answers_.contains(id); }));
    return answers_[id];
  }
  bool wait_registrations(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(15), [&] { return registrations_ >= count; });
  }
  bool wait_note(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return std::ranges::any_of(notes_, [&](const auto& note) { return note.ends_with(text); });
    });
  }
  bool wait_gone() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      {
        const std::lock_guard lock(mutex_);
        if (!writer_.open()) return true;
      }
      std::this_thread::yield();
    }
    return false;
  }

  WalletRegisterPolicy policy;

 private:
  Result<rpc::Stream<RequestEvent>> listen(WalletRegisterPolicy given) {
    auto [writer, stream] = rpc::make_stream<RequestEvent>();
    const std::lock_guard lock(mutex_);
    policy = std::move(given);
    writer_ = writer;
    const auto payload = base::write_json(base::to_json(ConnectedCompleted{fmt::format("channel-{}", ++registrations_)}));
    writer.send({crypto::new_uuid(), std::string(event::kInitConnect), base::to_bytes(base::as_bytes(payload))});
    changed_.notify_all();
    return std::move(stream);
  }
  Result<void> respond(ResponseEvent response) {
    const std::lock_guard lock(mutex_);
    answers_[response.id] = response;
    changed_.notify_all();
    return {};
  }
  Result<void> note(std::string text) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(text));
    changed_.notify_all();
    return {};
  }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  rpc::Dispatcher dispatcher_;
  std::unique_ptr<rpc::Server> server_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  rpc::StreamWriter<RequestEvent> writer_;
  std::map<std::string, ResponseEvent> answers_;
  std::vector<std::string> notes_;
  int registrations_ = 0;
  std::jthread thread_;
};

class GatewayLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    database_ = db::sql::Database::open((folder_.path() / "wallet.db").string()).value();
    ASSERT_TRUE(migrate(*database_));
    keys_ = KeyRing::open(*database_, clock_, {.n = 2, .r = 8, .p = 1}).value();
    records_ = std::make_unique<SignRecords>(*database_, clock_, SignRecords::Options{});
    wallet_ = std::make_unique<Wallet>(*keys_, *records_, SignRules{false, 314, Bytes(32, 5)});
    ASSERT_TRUE(wallet_->set_password("correct horse"));
    key_ = wallet_->create(types::KeyType::Bls).value();
    GatewayOptions options;
    options.urls = {gateway_.url()};
    options.support_accounts = {"pool"};
    options.retry = std::chrono::milliseconds(50);
    options.client.reconnect_min = std::chrono::milliseconds(20);
    options.client.reconnect_max = std::chrono::milliseconds(100);
    links_ = GatewayLinks::start(io_, *wallet_, std::move(options)).value();
    wallet_->watch(*links_);
    thread_ = std::jthread([this] { io_.run(); });
    ASSERT_TRUE(gateway_.wait_registrations(1));
  }
  void TearDown() override {
    links_->stop();
    io_.stop();
    thread_.join();
    links_.reset();
  }

  TestGateway gateway_;
  base::test_util::TempFolder folder_;
  base::SystemClock clock_;
  std::unique_ptr<db::sql::Database> database_;
  std::unique_ptr<KeyRing> keys_;
  std::unique_ptr<SignRecords> records_;
  std::unique_ptr<Wallet> wallet_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<GatewayLinks> links_;
  Address key_;
  std::jthread thread_;
};

std::string text_of(const ResponseEvent& response) { return std::string(base::as_chars(response.payload)); }

TEST_F(GatewayLinkTest, registers_lists_and_proves_ownership) {
  EXPECT_EQ(gateway_.policy.support_accounts, std::vector<std::string>{"pool"});
  const auto list = gateway_.ask(event::kWalletList, nullptr);
  EXPECT_EQ(list.error, "");
  EXPECT_EQ(text_of(list), fmt::format("[\"{}\"]", key_));
  const Bytes random(32, 1);
  auto both = random;
  base::append(both, gateway_.policy.sign_bytes);
  const auto digest = crypto::sha256(both);
  WalletSignRequest request{key_, Bytes(digest.begin(), digest.end()), {"verifyaddress", random}};
  const auto answer = gateway_.ask(event::kWalletSign, base::to_json(request));
  ASSERT_EQ(answer.error, "");
  const auto signature = base::from_json<types::Signature>(base::parse_json(text_of(answer)).value()).value();
  EXPECT_TRUE(bridge::bls_verify(signature.data, digest, key_.payload()));
}

TEST_F(GatewayLinkTest, refusals_travel_as_errors) {
  WalletSignRequest request{key_, Bytes(32, 1), {"unknown", {}}};
  EXPECT_NE(gateway_.ask(event::kWalletSign, base::to_json(request)).error, "");
  EXPECT_NE(gateway_.ask(event::kWalletSign, boost::json::value("nonsense")).error, "");
  EXPECT_NE(gateway_.ask("Surprise", nullptr).error, "");
  EXPECT_EQ(gateway_.ask(event::kWalletList, nullptr).error, "");
}

TEST_F(GatewayLinkTest, comes_back_when_the_gateway_does) {
  gateway_.restart();
  ASSERT_TRUE(gateway_.wait_registrations(2));
  EXPECT_EQ(gateway_.ask(event::kWalletList, nullptr).error, "");
}

TEST_F(GatewayLinkTest, tells_of_new_and_removed_keys_and_accounts) {
  ASSERT_EQ(gateway_.ask(event::kWalletList, nullptr).error, "");
  const auto added = wallet_->create(types::KeyType::Secp256k1).value();
  EXPECT_TRUE(gateway_.wait_note("channel-1 add " + added.str()));
  ASSERT_TRUE(wallet_->remove(added));
  EXPECT_TRUE(gateway_.wait_note("channel-1 remove " + added.str()));
  links_->add_support_account("other");
  EXPECT_TRUE(gateway_.wait_note("channel-1 account other"));
  gateway_.restart();
  ASSERT_TRUE(gateway_.wait_registrations(2));
  EXPECT_EQ(gateway_.policy.support_accounts.size(), 2U);
}

TEST_F(GatewayLinkTest, a_locked_wallet_is_registered_nowhere) {
  ASSERT_TRUE(wallet_->lock("correct horse"));
  EXPECT_TRUE(gateway_.wait_gone());
  ASSERT_TRUE(wallet_->unlock("correct horse"));
  EXPECT_TRUE(gateway_.wait_registrations(2));
}

}  // namespace
}  // namespace venus::wallet
