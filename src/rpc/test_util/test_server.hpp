// SPDX-License-Identifier: MIT OR Apache-2.0
// A server on a free port with a small API, and a raw client that can misbehave.
#pragma once

#include "rpc/openrpc.hpp"
#include "rpc/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <thread>

namespace venus::rpc::test {

struct Item {
  std::string text;
  std::int64_t number = 0;
  std::vector<std::string> tags;
  static constexpr auto fields() {
    return base::fields_of(base::field("Text", &Item::text), base::field("Number", &Item::number),
                           base::field("Tags", &Item::tags));
  }
  bool operator==(const Item&) const = default;
};

struct TestApi {
  using Add =
      Method<"Test.Add", Perm::Read, std::int64_t(std::int64_t, std::int64_t), "Sum", "a", "b">;
  using Echo = WithAliases<Method<"Test.Echo", Perm::Read, Item(Item, std::optional<std::string>),
                                  "The item, its text replaced if one is given", "item", "text">,
                           "test_echo">;
  using Sign = NotRetrySafe<Method<"Test.Sign", Perm::Sign, bool(), "Needs the right to sign">>;
  using Fail =
      Method<"Test.Fail", Perm::Read, void(std::string), "Fails with the message", "message">;
  using Missing = Method<"Test.Missing", Perm::Read, void(), "Fails with NotFound and code 3">;
  using Throw = Method<"Test.Throw", Perm::Read, void(), "A broken handler">;
  using Nothing = Method<"Test.Nothing", Perm::Read, void(), "Returns nothing">;
  using Sleep = Method<"Test.Sleep", Perm::Read, std::string(std::int64_t), "Waits", "millis">;
  using Blob = Method<"Test.Blob", Perm::Read, std::string(std::int64_t), "A long text", "size">;
  using Who = Method<"Test.Who", Perm::Read, std::string(), "Name of the caller">;
  using Trace = Method<"Test.Trace", Perm::Read, std::string(), "The trace id of the call">;
  using Old = OnlyV0<Method<"Test.Version", Perm::Read, std::string(), "v0">>;
  using New = OnlyV1<Method<"Test.Version", Perm::Read, std::int64_t(), "v1">>;
  using Count = Method<"Test.Count", Perm::Read, Stream<std::int64_t>(std::int64_t, std::int64_t),
                       "Numbers from 0, `n` of them or for ever when negative", "n", "millis">;
  using methods = MethodList<Add, Echo, Sign, Fail, Missing, Throw, Nothing, Sleep, Blob, Who,
                             Trace, Old, New, Count>;
};

/// The server and the threads that run it. Streams count how many readers are still there.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}, int threads = 2);
  ~TestServer();

  asio::io_context io;
  Dispatcher dispatcher;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::atomic<int> open_streams{0};
  std::atomic<int> sleeping{0};

  [[nodiscard]] std::string url(std::string_view scheme = "http") const;
  /// Waits until the condition holds, at most 10 s.
  static bool eventually(const std::function<bool()>& condition);
  /// Stops the server in order; later calls do nothing.
  void stop();
  /// Listens again on the same port after a stop.
  void restart(ServerOptions options = {});

 private:
  void bind_all();
  void start(ServerOptions options);

  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::jthread> threads_;
};

/// Knows "good" (sign), "reader" (read) and nothing else; `down` makes it unreachable.
class TestVerifier final : public AuthVerifier {
 public:
  Task<std::shared_ptr<const Caller>> verify(std::string token) override;
  std::atomic<bool> down{false};
  std::atomic<bool> revoked{false};
  std::atomic<int> asked{0};
};

struct RawAnswer {
  unsigned status = 0;
  std::string head;
  std::string body;
};

/// A blocking connection that sends exactly the bytes it is given.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port);
  void send(std::string_view bytes);
  /// One HTTP response; status 0 when the peer closed instead.
  RawAnswer read_answer(bool head_only = false);
  /// POSTs a body to a path and reads the answer.
  RawAnswer post(std::string_view path, std::string_view body, std::string_view headers = {});
  RawAnswer get(std::string_view path, std::string_view headers = {});
  /// Whether the peer closes within 5 s.
  bool closed_by_peer();

 private:
  bool read_some();

  asio::io_context io_;
  asio::ip::tcp::socket socket_;
  std::string buffer_;
};

}  // namespace venus::rpc::test
