// SPDX-License-Identifier: MIT OR Apache-2.0
// Raw streams between hosts on loopback, by TCP and by QUIC, and peers that misuse them.
#include "bridge/p2p.hpp"
#include "bridge/test_util/p2p_peer.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

namespace venus::bridge {
namespace {

using namespace test_util;
using namespace std::chrono_literals;

/// Sends back what comes, and ends after the other side has.
Task<> echo(P2pStreamPtr stream) {
  while (true) {
    CO_TRY(auto bytes, co_await stream->read(1 << 20, kLong));
    if (bytes.empty()) break;
    CO_TRY_VOID(co_await stream->write(std::move(bytes), kLong));
  }
  co_return co_await stream->finish(kLong);
}

Task<Bytes> read_all(P2pStreamPtr stream) {
  Bytes all;
  while (true) {
    CO_TRY(auto bytes, co_await stream->read(100'000, kLong));
    if (bytes.empty()) co_return all;
    base::append(all, bytes);
  }
}

Task<Bytes> ask(P2pStreamPtr stream, Bytes question) {
  CO_TRY_VOID(co_await stream->write(std::move(question), kLong));
  CO_TRY_VOID(co_await stream->finish(kLong));
  co_return co_await read_all(std::move(stream));
}

class P2pStreams : public testing::TestWithParam<const char*> {
 protected:
  P2pStreams() : one(loop, loopback_settings(1)), two(loop, loopback_settings(2)) {}

  void SetUp() override { ASSERT_TRUE(one.connect(two, GetParam())); }

  void echo_at(Peer& peer) {
    peer->on_stream([this](P2pStreamPtr stream) {
      asio::co_spawn(loop.io, echo(std::move(stream)), asio::detached);
    });
  }
  /// Streams arrive at `held` and are left alone.
  void hold_at(Peer& peer) {
    peer->on_stream([this](P2pStreamPtr stream) {
      const std::scoped_lock lock(mutex);
      held.push_back(std::move(stream));
    });
  }
  P2pStreamPtr next_held() {
    P2pStreamPtr stream;
    eventually([&] {
      const std::scoped_lock lock(mutex);
      if (held.empty()) return false;
      stream = std::move(held.front());
      held.erase(held.begin());
      return true;
    });
    return stream;
  }
  std::size_t count_held() {
    const std::scoped_lock lock(mutex);
    return held.size();
  }
  P2pStreamPtr open() {
    auto stream = loop.run(one->open_stream(two.id(), {kProtocol}, kLong));
    return stream ? *stream : nullptr;
  }

  Loop loop;
  std::mutex mutex;
  std::vector<P2pStreamPtr> held;
  Peer one, two;
};

TEST_P(P2pStreams, CarryBytesBothWaysAndHalfClose) {
  echo_at(two);
  const auto stream = open();
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->peer(), two.id());
  EXPECT_EQ(stream->protocol(), kProtocol);
  ASSERT_TRUE(loop.run(stream->write({1, 2, 3}, kLong)));
  const auto first = loop.run(stream->read(2, kLong));
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, (Bytes{1, 2}));
  EXPECT_EQ(loop.run(stream->read(2, kLong)), Bytes{3});
  // One direction ended, the other goes on.
  ASSERT_TRUE(loop.run(stream->finish(kLong)));
  EXPECT_EQ(loop.run(stream->read(10, kLong)), Bytes{});
  EXPECT_EQ(loop.run(stream->read(10, kLong)), Bytes{});
  EXPECT_FALSE(loop.run(stream->write({1}, kLong)));
}

TEST_P(P2pStreams, RunSideBySide) {
  echo_at(two);
  std::vector<std::future<Result<Bytes>>> answers;
  std::vector<Bytes> questions;
  for (std::uint8_t i = 0; i < 20; ++i) {
    questions.emplace_back(100'000U + i, i);
    const auto stream = open();
    ASSERT_TRUE(stream);
    answers.push_back(loop.start(ask(stream, questions.back())));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto answer = Loop::get(std::move(answers[i]));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, questions[i]);
  }
}

TEST_P(P2pStreams, ABurstOfOpensIsTaken) {
  hold_at(two);
  std::vector<std::future<Result<P2pStreamPtr>>> opening;
  for (int i = 0; i < 30; ++i)
    opening.push_back(loop.start(one->open_stream(two.id(), {kProtocol}, kLong)));
  std::vector<P2pStreamPtr> streams;
  for (auto& one_open : opening) {
    auto stream = Loop::get(std::move(one_open));
    ASSERT_TRUE(stream) << stream.error().message;
    streams.push_back(*stream);
  }
  EXPECT_TRUE(eventually([&] { return count_held() == 30; }));
}

TEST_P(P2pStreams, TheFirstCommonProtocolIsTaken) {
  hold_at(two);
  const auto stream = loop.run(one->open_stream(two.id(), {"/test/none", kProtocol}, kLong));
  ASSERT_TRUE(stream);
  EXPECT_EQ((*stream)->protocol(), kProtocol);
  const auto arrived = next_held();
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->peer(), one.id());
  EXPECT_EQ(arrived->protocol(), kProtocol);
  EXPECT_EQ(loop.run(one->open_stream(two.id(), {"/test/none"}, kLong)).error().code,
            ErrorCode::Unsupported);
  EXPECT_EQ(loop.run(one->open_stream(two.id(), {"none"}, kLong)).error().code,
            ErrorCode::InvalidArgument);
  ByteArray<32> seed{};
  EXPECT_EQ(loop.run(one->open_stream(peer_id_of(seed), {kProtocol}, kLong)).error().code,
            ErrorCode::Unavailable);
}

TEST_P(P2pStreams, APeerThatStallsCostsATimeout) {
  hold_at(two);
  const auto stream = open();
  ASSERT_TRUE(stream);
  EXPECT_EQ(loop.run(stream->read(10, 50ms)).error().code, ErrorCode::Timeout);
  // Nothing was lost by that.
  const auto other = next_held();
  ASSERT_TRUE(other);
  ASSERT_TRUE(loop.run(other->write({5}, kLong)));
  EXPECT_EQ(loop.run(stream->read(10, kLong)), Bytes{5});
  // A window's worth goes out; then nobody reads.
  Result<void> written;
  for (int i = 0; i < 100 && written; ++i)
    written = loop.run(stream->write(Bytes(1 << 20, 1), 200ms));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::Timeout);
  EXPECT_FALSE(loop.run(stream->write({1}, kLong)));
  // Other streams of the connection are not held up.
  EXPECT_TRUE(open());
}

TEST_P(P2pStreams, AResetEndsBothSides) {
  hold_at(two);
  auto stream = open();
  ASSERT_TRUE(stream);
  auto other = next_held();
  ASSERT_TRUE(other);
  auto waits = loop.start(stream->read(10, kLong));
  stream->reset();
  EXPECT_EQ(Loop::get(std::move(waits)).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(loop.run(stream->write({1}, kLong)).error().code, ErrorCode::Unavailable);
  const auto end = loop.run(other->read(10, kLong));
  EXPECT_TRUE(!end || end->empty());
  Result<void> written;
  EXPECT_TRUE(eventually([&] { return !loop.run(other->write({1}, kLong)); }));
  // Dropping one is a reset too, also while it is read.
  auto second = open();
  ASSERT_TRUE(second);
  other = next_held();
  ASSERT_TRUE(other);
  waits = loop.start(second->read(10, kLong));
  second.reset();
  EXPECT_EQ(Loop::get(std::move(waits)).error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(eventually([&] { return !loop.run(other->write({1}, kLong)); }));
}

TEST_P(P2pStreams, CancelledReadsEndOnce) {
  hold_at(two);
  const auto stream = open();
  ASSERT_TRUE(stream);
  asio::cancellation_signal signal;
  std::promise<ErrorCode> ended;
  asio::co_spawn(
      loop.io, stream->read(10, kLong),
      asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, Result<Bytes> result) {
        ended.set_value(result ? ErrorCode::Internal : result.error().code);
      }));
  asio::post(loop.io, [&] { signal.emit(asio::cancellation_type::terminal); });
  auto end = ended.get_future();
  ASSERT_EQ(end.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(end.get(), ErrorCode::Cancelled);
  EXPECT_EQ(loop.run(stream->read(10, kLong)).error().code, ErrorCode::Unavailable);
}

TEST_P(P2pStreams, TheEndOfTheConnectionEndsThem) {
  hold_at(two);
  const auto stream = open();
  ASSERT_TRUE(stream);
  auto waits = loop.start(stream->read(10, kLong));
  two->disconnect(one.id());
  const auto end = Loop::get(std::move(waits));
  EXPECT_TRUE(!end || end->empty());
  EXPECT_EQ(loop.run(one->open_stream(two.id(), {kProtocol}, kLong)).error().code,
            ErrorCode::Unavailable);
}

TEST_P(P2pStreams, InboundOnesAreLimited) {
  auto settings = loopback_settings(3);
  settings.limits.streams_of_peer = 3;
  Peer three(loop, std::move(settings));
  hold_at(three);
  ASSERT_TRUE(one.connect(three, GetParam()));
  std::vector<P2pStreamPtr> streams;
  for (int i = 0; i < 10; ++i) {
    auto stream = loop.run(one->open_stream(three.id(), {kProtocol}, kLong));
    ASSERT_TRUE(stream) << stream.error().message;
    streams.push_back(*stream);
  }
  ASSERT_TRUE(eventually([&] { return count_held() == 3; }));
  // The others end at once.
  for (std::size_t i = 3; i < streams.size(); ++i) {
    const auto end = loop.run(streams[i]->read(10, kLong));
    EXPECT_TRUE(!end || end->empty());
  }
  EXPECT_EQ(count_held(), 3U);
  // A place that gets free is used.
  next_held()->reset();
  EXPECT_TRUE(eventually([&] {
    auto stream = loop.run(one->open_stream(three.id(), {kProtocol}, kLong));
    if (stream) streams.push_back(*stream);
    return count_held() == 3;
  }));
  const std::scoped_lock lock(mutex);
  held.clear();
}

TEST_P(P2pStreams, LargeReadsAndWritesAreWhole) {
  echo_at(two);
  Bytes question(5 << 20, 0);
  for (std::size_t i = 0; i < question.size(); ++i)
    question[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  const auto stream = open();
  ASSERT_TRUE(stream);
  // Written and read at once: the echo's window is smaller.
  auto written = loop.start(stream->write(question, kLong));
  auto answer = loop.start(read_all(stream));
  ASSERT_TRUE(Loop::get(std::move(written)));
  ASSERT_TRUE(loop.run(stream->finish(kLong)));
  EXPECT_EQ(Loop::get(std::move(answer)), question);
}

INSTANTIATE_TEST_SUITE_P(All, P2pStreams, testing::Values("tcp", "quic-v1"),
                         [](const auto& info) { return std::string(info.param).substr(0, 4); });

}  // namespace
}  // namespace venus::bridge
