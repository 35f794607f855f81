// SPDX-License-Identifier: MIT OR Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "base/big_int.hpp"
#include "base/json.hpp"
#include "base/parallel.hpp"
#include "base/task.hpp"
#include "base/varint.hpp"

namespace venus::base {
namespace {

struct Inner {
  std::vector<std::int64_t> list;
  static constexpr auto fields() {
    return fields_of(field("List", &Inner::list, JsonRule::NullIfEmpty));
  }
};
struct Outer {
  std::string name;
  Bytes data;
  std::optional<Inner> inner;
  std::uint64_t count = 7;
  static constexpr auto fields() {
    return fields_of(field("Name", &Outer::name), field("Data", &Outer::data),
                     field("Inner", &Outer::inner), field("Count", &Outer::count, JsonRule::OmitIfEmpty));
  }
};

Result<int> halve(int n) {
  if (n % 2 != 0) return fail(ErrorCode::InvalidArgument, "{} is odd", n);
  return n / 2;
}
Result<int> quarter(int n) {
  TRY(auto half, with_context(halve(n), "first"));
  TRY(auto rest, halve(half));
  return rest;
}

TEST(Result, TryPassesValuesAndAddsContext) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(3).error().message, "first: 3 is odd");
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
}

TEST(Bytes, TextFormsRoundTripAndRefuseGarbage) {
  const Bytes data{0xde, 0xad, 0xbe, 0xef, 0x00};
  EXPECT_EQ(to_hex(data), "deadbeef00");
  EXPECT_EQ(from_hex("0xDEADbeef00").value(), data);
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("zz"));
  EXPECT_EQ(to_base64(data), "3q2+7wA=");
  EXPECT_EQ(from_base64("3q2+7wA=").value(), data);
  EXPECT_FALSE(from_base64("3q2+7wA"));
  EXPECT_FALSE(from_base64("3q2+7wB="));
  EXPECT_EQ(from_base32(to_base32(data)).value(), data);
  EXPECT_FALSE(from_base32("A"));
  EXPECT_FALSE(from_base32("ab1"));
}

TEST(Varint, RefusesWhatIsNotShortest) {
  for (const std::uint64_t value : {0ULL, 1ULL, 127ULL, 128ULL, 300ULL, (1ULL << 63) - 1}) {
    Bytes out;
    write_varint(out, value);
    const auto read = read_varint(out);
    ASSERT_TRUE(read) << value;
    EXPECT_EQ(read->value, value);
    EXPECT_EQ(read->size, out.size());
  }
  EXPECT_FALSE(read_varint(Bytes{0x80, 0x00}));
  EXPECT_FALSE(read_varint(Bytes{0x80}));
  EXPECT_FALSE(read_varint(Bytes(10, 0xff)));
}

TEST(BigInt, DividesAndShiftsAsGoDoes) {
  EXPECT_EQ(BigInt(-7).div(2), BigInt(-4));
  EXPECT_EQ(BigInt(-7).mod(2), BigInt(1));
  EXPECT_EQ(BigInt(-7).quo(2), BigInt(-3));
  EXPECT_EQ(BigInt(7).div(-2), BigInt(-3));
  EXPECT_EQ(BigInt(-7).div(-2), BigInt(4));
  EXPECT_EQ(BigInt(-1).shr(8), BigInt(-1));
  EXPECT_EQ(BigInt(-256).shr(8), BigInt(-1));
  EXPECT_EQ(BigInt(-257).shr(8), BigInt(-2));
  EXPECT_EQ(BigInt(1).shl(256).bit_length(), 257U);
  EXPECT_EQ(BigInt::parse("-123456789012345678901234567890").value().str(),
            "-123456789012345678901234567890");
  EXPECT_FALSE(BigInt::parse("12x"));
  EXPECT_FALSE(BigInt::parse("-"));
  EXPECT_EQ(BigInt::from_magnitude(BigInt(1).shl(100).magnitude(), true), -BigInt(1).shl(100));
  EXPECT_FALSE(BigInt(1).shl(64).to_uint64());
}

TEST(Json, FollowsTheHabitsOfGoPeers) {
  Outer outer{"n", {1, 2}, Inner{}, 0};
  EXPECT_EQ(write_json(to_json(outer)), R"({"Name":"n","Data":"AQI=","Inner":{"List":null}})");
  const auto parsed = parse_json(R"({"name":"x","Unknown":[1],"Inner":null,"Data":null})").value();
  const auto back = from_json<Outer>(parsed);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->name, "x");
  EXPECT_EQ(back->count, 7U);
  EXPECT_FALSE(back->inner);
  EXPECT_EQ(from_json<Outer>(parse_json(R"({"Inner":{"List":[1,"a"]}})").value()).error().message,
            "Inner: List: [1]: want an integer in range, got a string");
  EXPECT_FALSE(parse_json(std::string(100, '[')));
  EXPECT_FALSE(from_json<std::uint8_t>(boost::json::value(300)));
}

TEST(Task, PoolWorkResumesOnTheCallersThread) {
  WorkerPool pool(1);
  asio::io_context io;
  bool done = false;
  const auto main_thread = std::this_thread::get_id();
  auto work = [](WorkerPool* p, std::thread::id home, bool* flag) -> asio::awaitable<void> {
    const auto there = co_await on(*p, [] { return std::this_thread::get_id(); });
    *flag = there != home && std::this_thread::get_id() == home;
  };
  asio::co_spawn(io, work(&pool, main_thread, &done), asio::detached);
  io.run();
  EXPECT_TRUE(done);
}

asio::awaitable<Result<int>> ask(WorkerPool* pool) {
  co_return co_await on(*pool, []() -> Result<int> { return 7; });
}

// Whoever asked leaves while the work still waits for a thread: the process must not end for it.
TEST(Task, ACallerThatIsCancelledLeavesThePoolAlone) {
  WorkerPool pool(1);
  for (int round = 0; round < 500; ++round) {
    asio::io_context io;
    std::promise<void> busy;
    asio::post(pool.executor(), [&busy] { busy.get_future().wait(); });
    asio::cancellation_signal signal;
    bool ended = false;
    asio::co_spawn(io, ask(&pool),
                   asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr&, Result<int>) { ended = true; }));
    io.poll();
    signal.emit(asio::cancellation_type::terminal);
    busy.set_value();
    io.restart();
    io.run();
    EXPECT_TRUE(ended);
  }
}

TEST(Parallel, EveryIndexIsVisitedOnce) {
  std::vector<int> seen(1000, 0);
  parallel_for(seen.size(), 4, [&](std::size_t i) { ++seen[i]; });
  EXPECT_EQ(std::ranges::count(seen, 1), 1000);
}

}  // namespace
}  // namespace venus::base
