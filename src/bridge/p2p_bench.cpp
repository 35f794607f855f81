// SPDX-License-Identifier: MIT OR Apache-2.0
// The host over loopback: connecting, gossip, raw streams. Both ends run in this process.
#include "bridge/p2p.hpp"
#include "bridge/test_util/p2p_peer.hpp"

#include <benchmark/benchmark.h>

#include <atomic>

namespace venus::bridge {
namespace {

using namespace test_util;

const char* kind(const benchmark::State& state) { return state.range(0) == 0 ? "tcp" : "quic-v1"; }

/// From the call to an established connection, handshakes included; Arg 0 TCP, 1 QUIC.
void connect(benchmark::State& state) {
  Loop loop;
  // Without the DHT, which would dial on its own.
  auto first = loopback_settings(1), second = loopback_settings(2);
  first.kad_protocol.clear();
  second.kad_protocol.clear();
  second.listen = {"/ip4/127.0.0.1/" +
                   std::string(state.range(0) == 0 ? "tcp/0" : "udp/0/quic-v1")};
  Peer one(loop, std::move(first)), two(loop, std::move(second));
  const auto address = two.address(kind(state));
  std::ptrdiff_t ends = 0;
  const auto ended = [](const P2pEvent& event) {
    const auto* end = std::get_if<P2pDisconnected>(&event);
    return end != nullptr && end->peers_connections == 0;
  };
  for (auto _ : state) {
    if (!loop.run(one->connect(two.id(), {address}, kLong))) return state.SkipWithError("connect");
    state.PauseTiming();
    one->disconnect(two.id());
    ++ends;
    if (!one.until([&](const auto& events) {
          return std::count_if(events.begin(), events.end(), ended) >= ends;
        })) {
      return state.SkipWithError("disconnect");
    }
    state.ResumeTiming();
  }
}
BENCHMARK(connect)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

/// 2,000 messages of 500 bytes from one host through a second, which judges them, to a third.
void gossip(benchmark::State& state) {
  constexpr int kMessages = 2000;
  Loop loop;
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2)),
      three(loop, loopback_settings(3));
  std::atomic<int> arrived = 0;
  two.judge([](const auto&) { return P2pVerdict::Accept; });
  three.judge([&](const auto&) {
    ++arrived;
    return P2pVerdict::Accept;
  });
  if (!one.connect(two) || !two.connect(three)) return state.SkipWithError("connect");
  const auto followed = [&](Peer& peer, std::size_t by) {
    return eventually([&] {
      const auto peers = loop.run(peer->topic_peers(kTopic));
      return peers && peers->size() == by;
    });
  };
  if (!followed(one, 1) || !followed(two, 2)) return state.SkipWithError("topic");
  std::uint64_t number = 0;
  for (auto _ : state) {
    arrived = 0;
    std::vector<std::future<Result<void>>> published;
    for (int i = 0; i < kMessages; ++i) {
      Bytes data(500, 0);
      const auto head = base::be64(number++);
      std::copy(head.begin(), head.end(), data.begin());
      published.push_back(loop.start(one->publish(kTopic, std::move(data))));
    }
    for (auto& future : published) {
      if (!Loop::get(std::move(future))) return state.SkipWithError("publish");
    }
    if (!eventually([&] { return arrived == kMessages; }))
      return state.SkipWithError("not all arrived");
  }
  state.SetItemsProcessed(state.iterations() * kMessages);
}
BENCHMARK(gossip)->Unit(benchmark::kMillisecond)->UseRealTime();

Task<std::size_t> count_bytes(P2pStreamPtr stream) {
  std::size_t total = 0;
  while (true) {
    CO_TRY(const auto bytes, co_await stream->read(1 << 20, kLong));
    if (bytes.empty()) co_return total;
    total += bytes.size();
  }
}

Task<> write_bytes(P2pStreamPtr stream, std::size_t pieces) {
  for (std::size_t i = 0; i < pieces; ++i) {
    CO_TRY_VOID(co_await stream->write(Bytes(256 << 10, 1), kLong));
  }
  co_return co_await stream->finish(kLong);
}

/// 64 MiB over one stream.
void stream(benchmark::State& state) {
  constexpr std::size_t kPieces = 256;
  Loop loop;
  std::promise<std::future<Result<std::size_t>>> reading;
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  two->on_stream(
      [&](P2pStreamPtr in) { reading.set_value(loop.start(count_bytes(std::move(in)))); });
  if (!one.connect(two, kind(state))) return state.SkipWithError("connect");
  for (auto _ : state) {
    reading = {};
    const auto out = loop.run(one->open_stream(two.id(), {kProtocol}, kLong));
    if (!out || !loop.run(write_bytes(*out, kPieces))) return state.SkipWithError("write");
    const auto read = Loop::get(reading.get_future().get());
    if (!read || *read != kPieces << 18) return state.SkipWithError("read");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kPieces << 18));
}
BENCHMARK(stream)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

Task<> round_trip(P2pHost* host, PeerId peer) {
  CO_TRY(const auto out, co_await host->open_stream(peer, {kProtocol}, kLong));
  CO_TRY_VOID(co_await out->write(Bytes(100, 1), kLong));
  CO_TRY_VOID(co_await out->finish(kLong));
  CO_TRY(const auto answer, co_await out->read(1 << 20, kLong));
  if (answer.size() != 100) co_return fail(ErrorCode::Internal, "{} bytes", answer.size());
  co_return Result<void>();
}

Task<> answer(P2pStreamPtr in) {
  CO_TRY(auto bytes, co_await in->read(1 << 20, kLong));
  CO_TRY_VOID(co_await in->write(std::move(bytes), kLong));
  co_return co_await in->finish(kLong);
}

/// A request of 100 bytes and its answer over a stream of its own.
void request(benchmark::State& state) {
  Loop loop;
  Peer one(loop, loopback_settings(1)), two(loop, loopback_settings(2));
  two->on_stream(
      [&](P2pStreamPtr in) { asio::co_spawn(loop.io, answer(std::move(in)), asio::use_future); });
  if (!one.connect(two, kind(state))) return state.SkipWithError("connect");
  for (auto _ : state) {
    const auto done = loop.run(round_trip(&one.host(), two.id()));
    if (!done) return state.SkipWithError(done.error().message.c_str());
  }
}
BENCHMARK(request)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace venus::bridge
