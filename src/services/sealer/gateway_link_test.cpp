// SPDX-License-Identifier: MIT OR Apache-2.0
// The link over a real WebSocket against what a gateway offers to provers.
#include "services/sealer/gateway_link.hpp"

#include "rpc/server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>

namespace venus::sealer {
namespace {

using api::gateway::ProofProviderApi;
using api::gateway::RequestEvent;
using api::gateway::ResponseEvent;
namespace event = api::gateway::event;

class AnyToken final : public rpc::AuthVerifier {
 public:
  Task<std::shared_ptr<const rpc::Caller>> verify(std::string token) override {
    auto caller = std::make_shared<rpc::Caller>();
    caller->name = token;
    caller->perms = rpc::PermSet::up_to(rpc::Perm::Read);
    co_return std::shared_ptr<const rpc::Caller>(std::move(caller));
  }
};

Bytes json_bytes(const auto& value) {
  return base::to_bytes(base::as_bytes(base::write_json(base::to_json(value))));
}

// Greets every prover and asks it for a proof at once; each answer can be waited for.
struct Gateway {
  asio::io_context io;
  rpc::Dispatcher dispatcher;
  std::unique_ptr<rpc::Server> server;
  std::mutex mutex;
  std::vector<rpc::StreamWriter<RequestEvent>> provers;
  std::array<std::promise<ResponseEvent>, 3> answers;
  std::size_t answered = 0;
  std::string method = std::string(event::kComputeProof);
  std::string url;
  std::jthread thread;

  Gateway() {
    dispatcher.bind<ProofProviderApi::Listen>(
        [this](api::gateway::ProofRegisterPolicy policy) -> Result<rpc::Stream<RequestEvent>> {
          EXPECT_EQ(policy.miner_address, Address::id(1000));
          auto [writer, stream] = rpc::make_stream<RequestEvent>(16);
          writer.send({"1", std::string(event::kInitConnect),
                       json_bytes(api::gateway::ConnectedCompleted{"channel"})});
          api::gateway::ComputeProofRequest request;
          request.height = ChainEpoch(77);
          writer.send({"2", method, json_bytes(request)});
          const std::lock_guard lock(mutex);
          provers.push_back(writer);
          return std::move(stream);
        });
    dispatcher.bind<ProofProviderApi::Respond>([this](ResponseEvent response) -> Result<void> {
      const std::lock_guard lock(mutex);
      answers.at(answered++).set_value(std::move(response));
      return {};
    });
    rpc::ServerOptions options;
    options.auth = std::make_shared<AnyToken>();
    server = std::make_unique<rpc::Server>(io, options);
    server->mount("/rpc/v1", dispatcher);
    url = fmt::format("http://127.0.0.1:{}/rpc/v1", server->listen("127.0.0.1", 0)->port);
    thread = std::jthread([this] {
      const auto guard = asio::make_work_guard(io);
      io.run();
    });
  }
  ~Gateway() { io.stop(); }
};

struct Sealer {
  asio::io_context io;
  std::unique_ptr<GatewayLinks> links;
  std::jthread thread;

  Sealer(const std::string& url, GatewayLinks::Compute compute) {
    GatewayOptions options;
    options.urls = {url};
    options.token = "alice";
    options.miner = Address::id(1000);
    options.retry = std::chrono::milliseconds(1);
    links = GatewayLinks::start(io, std::move(options), std::move(compute)).value();
    thread = std::jthread([this] {
      const auto guard = asio::make_work_guard(io);
      io.run();
    });
  }
  ~Sealer() {
    links->stop();
    io.stop();
  }
};

Task<std::vector<types::PostProof>> prove(api::gateway::ComputeProofRequest request) {
  if (request.height != ChainEpoch(77)) co_return fail(ErrorCode::Internal, "another request");
  co_return std::vector<types::PostProof>{{0, Bytes(192, 5)}};
}

Task<std::vector<types::PostProof>> refuse(api::gateway::ComputeProofRequest) {
  co_return fail(ErrorCode::NotFound, "sector 3 is not kept here");
}

TEST(SealerGatewayLink, AnswersAndRegistersAgainAfterALostStream) {
  Gateway gateway;
  const Sealer sealer(gateway.url, prove);
  for (std::size_t round = 0; round < 2; ++round) {
    auto answer = gateway.answers.at(round).get_future();
    ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    const auto response = answer.get();
    EXPECT_EQ(response.id, "2");
    EXPECT_EQ(response.error, "");
    const auto proofs = base::from_json<std::vector<types::PostProof>>(
                            base::parse_json(base::as_chars(response.payload)).value())
                            .value();
    EXPECT_EQ(proofs.at(0).proof_bytes, Bytes(192, 5));
    EXPECT_TRUE(sealer.links->states().at(0).connected);
    const std::lock_guard lock(gateway.mutex);
    gateway.provers.back().close();
  }
}

TEST(SealerGatewayLink, FailuresAreAnswersToo) {
  Gateway gateway;
  const Sealer sealer(gateway.url, refuse);
  auto answer = gateway.answers[0].get_future();
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(answer.get().error, "sector 3 is not kept here");
}

TEST(SealerGatewayLink, OtherRequestsAreRefused) {
  Gateway gateway;
  gateway.method = "WalletSign";
  const Sealer sealer(gateway.url, prove);
  auto answer = gateway.answers[0].get_future();
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_NE(answer.get().error.find("does not answer 'WalletSign'"), std::string::npos);
}

}  // namespace
}  // namespace venus::sealer
