// SPDX-License-Identifier: MIT OR Apache-2.0
// Over real sockets: a wallet and a prover connect out, the pool asks.
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <thread>

#include "bridge/bls.hpp"
#include "crypto/hash.hpp"
#include "rpc/client.hpp"
#include "rpc/run_blocking.hpp"
#include "rpc/server.hpp"
#include "services/gateway/service.hpp"

namespace venus::services::gateway {
namespace {

using api::gateway::RequestEvent;
using api::gateway::ResponseEvent;
namespace event = api::gateway::event;

// Tokens are user names; all have every right.
class NameTokens final : public rpc::AuthVerifier {
 public:
  Task<std::shared_ptr<const rpc::Caller>> verify(std::string token) override {
    auto caller = std::make_shared<rpc::Caller>();
    caller->name = token;
    caller->perms = rpc::PermSet::up_to(rpc::Perm::Admin);
    co_return std::shared_ptr<const rpc::Caller>(std::move(caller));
  }
};

struct Gateway {
  asio::io_context io;
  Service service;
  rpc::Dispatcher dispatcher;
  std::unique_ptr<rpc::Server> server;
  std::string url;
  std::jthread thread;

  explicit Gateway(Settings settings = {}) : service(io.get_executor(), nullptr, settings) {
    service.bind(dispatcher);
    EXPECT_TRUE(dispatcher.check_complete<api::GatewayApi>());
    rpc::ServerOptions options;
    options.auth = std::make_shared<NameTokens>();
    server = std::make_unique<rpc::Server>(io, options);
    server->mount("/rpc/v1", dispatcher);
    const auto bound = server->listen("127.0.0.1", 0);
    EXPECT_TRUE(bound);
    url = "127.0.0.1:" + std::to_string(bound->port) + "/rpc/v1";
    thread = std::jthread([this] {
      const auto guard = asio::make_work_guard(io);
      io.run();
    });
  }
  ~Gateway() { io.stop(); }
};

// A wallet or prover: answers each request with what `answer` returns.
struct Provider {
  asio::io_context io;
  std::shared_ptr<rpc::Client> client;
  std::jthread thread;
  using Answer = std::function<Result<std::string>(const std::string& method, const std::string& payload)>;

  Provider(const std::string& url, const std::string& account) {
    client = rpc::make_client(io, "ws://" + url, {.token = account}).value();
  }
  ~Provider() {
    client->stop();
    io.stop();
  }
  template <class Listen, class Respond, class Policy>
  void serve(Policy policy, Answer answer) {
    asio::co_spawn(io, loop<Listen, Respond>(client, std::move(policy), std::move(answer)), asio::detached);
    thread = std::jthread([this] {
      const auto guard = asio::make_work_guard(io);
      io.run();
    });
  }
  template <class Listen, class Respond, class Policy>
  static asio::awaitable<void> loop(std::shared_ptr<rpc::Client> client, Policy policy, Answer answer) {
    auto stream = co_await client->template call<Listen>(std::move(policy));
    if (!stream) co_return;
    while (true) {
      auto item = co_await stream->next();
      if (!item || !*item) co_return;
      const RequestEvent request = **item;
      if (request.method == event::kInitConnect) continue;
      const std::string payload(request.payload.begin(), request.payload.end());
      const auto text = answer(request.method, payload);
      ResponseEvent response{request.id, {}, {}};
      if (text) response.payload = Bytes(text->begin(), text->end());
      else response.error = text.error().message;
      static_cast<void>(co_await client->template call<Respond>(response));
    }
  }
};

struct Key {
  bridge::BlsPrivateKey secret = bridge::bls_generate(Bytes(32, 7)).value();
  Address address = Address::bls(bridge::bls_public_key(secret).value()).value();

  Provider::Answer wallet(bool honest = true) const {
    return [*this, honest](const std::string& method, const std::string& payload) -> Result<std::string> {
      if (method == event::kWalletList) {
        return base::write_json(base::to_json(std::vector<Address>{address}));
      }
      TRY(const auto json, base::parse_json(payload));
      TRY(auto request, base::from_json<api::gateway::WalletSignRequest>(json));
      if (!honest) request.to_sign.push_back(0);
      TRY(const auto signature, bridge::bls_sign(secret, request.to_sign));
      return base::write_json(base::to_json(
          types::Signature{types::SignatureType::Bls, Bytes(signature.begin(), signature.end())}));
    };
  }
};

class GatewayTest : public ::testing::Test {
 protected:
  template <class M, class... Args>
  Result<typename M::Out> call(Args... args) {
    asio::io_context io;
    const auto client = rpc::make_client(io, "http://" + gateway.url, {.token = "pool"}).value();
    return rpc::run_blocking(io, client->call<M>(std::move(args)...));
  }
  template <class Condition>
  bool eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  Gateway gateway{Settings{.sign_timeout = std::chrono::milliseconds(2000),
                           .proof_timeout = std::chrono::milliseconds(2000),
                           .max_connections_per_account = 4,
                           .max_addresses_per_wallet = 10}};
  using Api = api::GatewayApi;
  using WalletProvider = api::gateway::WalletProviderApi;
  using ProofProvider = api::gateway::ProofProviderApi;
};

TEST_F(GatewayTest, WalletProvesItsKeyAndSignsForThePool) {
  const Key key;
  Provider wallet(gateway.url, "alice");
  wallet.serve<WalletProvider::Listen, WalletProvider::Respond>(
      api::gateway::WalletRegisterPolicy{{"friend"}, Bytes{1, 2, 3}}, key.wallet());
  ASSERT_TRUE(eventually([&] { return call<Api::WalletHas>(key.address, std::vector<std::string>{"alice"}).value(); }));
  EXPECT_TRUE(call<Api::WalletHas>(key.address, std::vector<std::string>{"friend"}).value());
  EXPECT_FALSE(call<Api::WalletHas>(key.address, std::vector<std::string>{"mallory"}).value());
  const Bytes data{9, 9};
  const auto signature = call<Api::WalletSign>(key.address, std::vector<std::string>{"alice"}, data,
                                               api::MsgMeta{"message", {}});
  ASSERT_TRUE(signature) << signature.error().message;
  EXPECT_TRUE(bridge::bls_verify(signature->data, data, key.address.payload()));
  EXPECT_EQ(call<Api::ListWalletInfo>()->size(), 1U);
  EXPECT_FALSE(call<Api::WalletSign>(Address::id(5), std::vector<std::string>{}, data, api::MsgMeta{}));
}

TEST_F(GatewayTest, KeyThatIsNotProvenIsNotRegistered) {
  const Key key;
  Provider wallet(gateway.url, "alice");
  wallet.serve<WalletProvider::Listen, WalletProvider::Respond>(
      api::gateway::WalletRegisterPolicy{{}, Bytes{1}}, key.wallet(false));
  ASSERT_TRUE(eventually([&] { return call<Api::ListWalletInfo>()->size() == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_FALSE(call<Api::WalletHas>(key.address, std::vector<std::string>{"alice"}).value());
}

TEST_F(GatewayTest, ProofGoesToTheMinersOwnProverAndFallsBack) {
  const auto miner = Address::id(1000);
  const auto proofs = base::write_json(base::to_json(std::vector<types::PostProof>{{0, Bytes(192, 5)}}));
  Provider broken(gateway.url, "alice");
  broken.serve<ProofProvider::Listen, ProofProvider::Respond>(
      api::gateway::ProofRegisterPolicy{miner},
      [](const std::string&, const std::string&) -> Result<std::string> {
        return fail(ErrorCode::Internal, "disk is gone");
      });
  ASSERT_TRUE(eventually([&] { return call<Api::ListConnectedMiners>()->size() == 1; }));
  const auto ask = [&] {
    return call<Api::ComputeProof>(miner, std::vector<types::ExtendedSectorInfo>{}, Bytes(32), ChainEpoch(5),
                                   NetworkVersion(28));
  };
  EXPECT_NE(ask().error().message.find("disk is gone"), std::string::npos);
  Provider good(gateway.url, "alice");
  good.serve<ProofProvider::Listen, ProofProvider::Respond>(
      api::gateway::ProofRegisterPolicy{miner},
      [&](const std::string&, const std::string&) -> Result<std::string> { return proofs; });
  ASSERT_TRUE(eventually([&] { return call<Api::ListMinerConnection>(miner)->count == 2; }));
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at(0).proof_bytes, Bytes(192, 5));
}

TEST_F(GatewayTest, DeadProverIsForgottenAndItsRequestFails) {
  const auto miner = Address::id(1000);
  std::atomic<bool> asked = false;
  auto prover = std::make_unique<Provider>(gateway.url, "alice");
  std::atomic<bool> leave = false;
  prover->serve<ProofProvider::Listen, ProofProvider::Respond>(
      api::gateway::ProofRegisterPolicy{miner},
      [&](const std::string&, const std::string&) -> Result<std::string> {
        asked = true;
        while (!leave) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return fail(ErrorCode::Internal, "gone");
      });
  ASSERT_TRUE(eventually([&] { return call<Api::ListConnectedMiners>()->size() == 1; }));
  const auto answer = call<Api::ComputeProof>(miner, std::vector<types::ExtendedSectorInfo>{}, Bytes(32),
                                              ChainEpoch(5), NetworkVersion(28));
  EXPECT_TRUE(asked);
  EXPECT_EQ(answer.error().code, ErrorCode::Timeout) << answer.error().message;
  leave = true;
  prover.reset();
  EXPECT_TRUE(eventually([&] { return call<Api::ListConnectedMiners>()->empty(); }));
}

TEST_F(GatewayTest, AnswersOfOthersAreNotTaken) {
  Provider stranger(gateway.url, "mallory");
  asio::io_context io;
  const auto client = rpc::make_client(io, "http://" + gateway.url, {.token = "mallory"}).value();
  const auto answer = rpc::run_blocking(io, client->call<WalletProvider::Respond>(ResponseEvent{"x", {}, {}}));
  EXPECT_FALSE(answer);
}

}  // namespace
}  // namespace venus::services::gateway
