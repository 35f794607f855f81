// SPDX-License-Identifier: MIT OR Apache-2.0
// The compiler's acceptance test: everyday coroutine expressions that GCC 12 compiles wrongly
// (temporaries destroyed twice, too early or never). A compiler that fails here must not build us.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace venus::base {
namespace {

namespace asio = boost::asio;

const std::string kLong = "longer than any small string buffer, so that it lives on the heap";

/// Counts its living copies: 0 after a run means each was destroyed exactly once.
struct Counted {
  explicit Counted(int& living) : living_(&living) { ++*living_; }
  Counted(const Counted& other) : living_(other.living_) { ++*living_; }
  Counted(Counted&& other) noexcept : living_(other.living_) { ++*living_; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*living_; }

 private:
  int* living_;
};

struct Parcel {
  std::string text;
  Counted counted;
};

template <class F>
int run(F make_task) {
  asio::io_context io;
  int result = -1;
  asio::co_spawn(io, make_task(),
                 [&result](std::exception_ptr error, int value) { result = error ? -2 : value; });
  io.run();
  return result;
}

asio::awaitable<int> length(Parcel parcel) { co_return static_cast<int>(parcel.text.size()); }

template <class F>
asio::awaitable<int> call(F function) {
  co_return function();
}

asio::awaitable<int> call_erased(std::function<int()> function) { co_return function(); }

asio::awaitable<std::expected<int, std::string>> checked(int value) {
  if (value > 2) co_return std::unexpected(kLong);
  co_return value;
}

asio::awaitable<int> aggregate_arguments(int* living) {
  const int named = co_await length(Parcel{.text = kLong, .counted = Counted(*living)});
  const int braced = co_await length({kLong, Counted(*living)});
  co_return named == braced ? named : -1;
}

asio::awaitable<int> lambda_arguments(int* living) {
  Counted counted(*living);
  auto shared = std::make_shared<Counted>(*living);
  const int plain = co_await call([counted, shared] { return 1; });
  const int erased = co_await call_erased([counted, shared] { return 2; });
  co_return shared.use_count() == 1 ? plain + erased : -1;
}

asio::awaitable<int> spawned_with_a_moved_value(int* living) {
  auto executor = co_await asio::this_coro::executor;
  auto owned = std::make_unique<Counted>(*living);
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the case under test
  co_return co_await asio::co_spawn(
      executor, [owned = std::move(owned)]() mutable -> asio::awaitable<int> { co_return 7; },
      asio::use_awaitable);
}

asio::awaitable<int> results_in_expressions() {
  const bool failed = !(co_await checked(3));
  co_return failed ? (co_await checked(1)).value_or(9) : -1;
}

TEST(Compiler, TemporariesInAwaitExpressionsAreDestroyedOnce) {
  int living = 0;
  EXPECT_EQ(run([&] { return aggregate_arguments(&living); }), static_cast<int>(kLong.size()));
  EXPECT_EQ(living, 0);
  EXPECT_EQ(run([&] { return lambda_arguments(&living); }), 3);
  EXPECT_EQ(living, 0);
  EXPECT_EQ(run([&] { return spawned_with_a_moved_value(&living); }), 7);
  EXPECT_EQ(living, 0);
  EXPECT_EQ(run([] { return results_in_expressions(); }), 1);
}

}  // namespace
}  // namespace venus::base
