// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/http_source.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <charconv>
#include <optional>
#include <thread>

#include "rpc/endpoint.hpp"
#include "rpc/http_client.hpp"

namespace venus::node {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr int kMaxRedirections = 8;
constexpr auto kFirstPause = std::chrono::milliseconds(200);
constexpr auto kLongestPause = std::chrono::seconds(10);

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return out;
}

/// "bytes 100-199/1000"
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t total = 0;
};
std::optional<ContentRange> parse_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (!text.starts_with(kUnit) || dash == text.npos || slash == text.npos) return std::nullopt;
  const auto first = number(text.substr(kUnit.size(), dash - kUnit.size()));
  const auto total = number(text.substr(slash + 1));
  if (!first || !total) return std::nullopt;
  return ContentRange{*first, *total};
}

/// One connection with its response, every step of it waited for.
class Transfer {
 public:
  explicit Transfer(const HttpSourceOptions& options) : options_(options), stream_(io_) {
    parser_.body_limit(boost::none);
  }

  Result<void> open(const rpc::Endpoint& to, std::uint64_t from, const std::string& if_range);
  /// 0 at the end of the body.
  Result<std::size_t> read(std::span<std::uint8_t> into);
  [[nodiscard]] unsigned status() { return parser_.get().result_int(); }
  [[nodiscard]] std::string header(http::field name) { return std::string(parser_.get()[name]); }
  [[nodiscard]] std::optional<std::uint64_t> length() {
    const auto value = parser_.content_length();
    return value ? std::optional<std::uint64_t>(*value) : std::nullopt;
  }

 private:
  // Starts an operation and runs it to its end.
  template <class Start>
  boost::system::error_code run(std::chrono::milliseconds span, Start&& start) {
    boost::system::error_code out;
    stream_.expires_after(span);
    start([&out](boost::system::error_code error, auto&&...) { out = error; });
    io_.restart();
    io_.run();
    return out;
  }
  // The same for an operation on the plain or the encrypted stream.
  template <class Start>
  boost::system::error_code run_on_stream(Start&& start) {
    return run(options_.read_timeout, [&](auto handler) {
      if (tls_) start(*tls_, std::move(handler));
      else start(stream_, std::move(handler));
    });
  }
  Result<void> connect(const rpc::Endpoint& to);
  Result<void> check(const boost::system::error_code& error, std::string_view what);

  const HttpSourceOptions& options_;
  asio::io_context io_;
  beast::tcp_stream stream_;
  std::unique_ptr<asio::ssl::context> context_;
  std::unique_ptr<beast::ssl_stream<beast::tcp_stream&>> tls_;
  beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
};

Result<void> Transfer::check(const boost::system::error_code& error, std::string_view what) {
  if (!error) return {};
  const auto code = error == beast::error::timeout ? ErrorCode::Timeout : ErrorCode::Unavailable;
  return fail(code, "{}: {}", what, error.message());
}

Result<void> Transfer::connect(const rpc::Endpoint& to) {
  tcp::resolver resolver(io_);
  boost::system::error_code failed;
  const auto addresses = resolver.resolve(to.host, fmt::to_string(to.port), failed);
  TRY_VOID(check(failed, to.authority()));
  TRY_VOID(check(run(options_.connect_timeout, [&](auto done) { stream_.async_connect(addresses, std::move(done)); }),
                 to.authority()));
  if (!to.tls()) return {};
  context_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  context_->set_default_verify_paths(failed);
  context_->set_verify_mode(options_.verify_tls ? asio::ssl::verify_peer : asio::ssl::verify_none);
  tls_ = std::make_unique<beast::ssl_stream<beast::tcp_stream&>>(stream_, *context_);
  if (SSL_set_tlsext_host_name(tls_->native_handle(), to.host.c_str()) != 1) {
    return fail(ErrorCode::Internal, "{}: the host name cannot be used for TLS", to.authority());
  }
  if (options_.verify_tls) tls_->set_verify_callback(asio::ssl::host_name_verification(to.host));
  return check(run(options_.connect_timeout,
                   [&](auto done) { tls_->async_handshake(asio::ssl::stream_base::client, std::move(done)); }),
               to.authority());
}

Result<void> Transfer::open(const rpc::Endpoint& to, std::uint64_t from, const std::string& if_range) {
  TRY_VOID(connect(to));
  http::request<http::empty_body> request{http::verb::get, to.target, 11};
  request.set(http::field::host, to.authority());
  request.set(http::field::user_agent, "venus");
  // Packed on the way it could not be resumed, and snapshots are packed already.
  request.set(http::field::accept_encoding, "identity");
  if (from > 0) request.set(http::field::range, fmt::format("bytes={}-", from));
  if (from > 0 && !if_range.empty()) request.set(http::field::if_range, if_range);
  TRY_VOID(check(run_on_stream([&](auto& stream, auto done) { http::async_write(stream, request, std::move(done)); }),
                 to.authority()));
  return check(run_on_stream([&](auto& stream, auto done) {
    http::async_read_header(stream, buffer_, parser_, std::move(done));
  }), to.authority());
}

Result<std::size_t> Transfer::read(std::span<std::uint8_t> into) {
  // Several turns where only the framing of chunks came.
  while (!parser_.is_done()) {
    auto& body = parser_.get().body();
    body.data = into.data();
    body.size = into.size();
    body.more = true;
    auto error = run_on_stream([&](auto& stream, auto done) {
      http::async_read_some(stream, buffer_, parser_, std::move(done));
    });
    if (error == http::error::need_buffer) error = {};
    TRY_VOID(check(error, "the transfer broke off"));
    const auto got = into.size() - parser_.get().body().size;
    if (got > 0) return got;
  }
  return 0;
}

class HttpSource final : public ipld::ByteSource {
 public:
  HttpSource(std::string url, HttpSourceOptions options) : url_(std::move(url)), options_(std::move(options)) {}

  Result<void> start() { return retry([this] { return connect(); }); }

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (into.empty() || (size_ > 0 && position_ == size_)) return 0;
    std::size_t got = 0;
    TRY_VOID(retry([&]() -> Result<void> {
      if (!transfer_) TRY_VOID(connect());
      TRY(got, transfer_->read(into));
      if (got == 0 && size_ > 0 && position_ < size_) return fail(ErrorCode::Unavailable, "the server closed early");
      return {};
    }));
    position_ += got;
    return got;
  }

  Result<void> skip(std::uint64_t bytes) override {
    if (bytes == 0) return {};
    if (size_ > 0 && bytes > size_ - position_) return ByteSource::skip(bytes);
    position_ += bytes;
    transfer_.reset();
    return {};
  }
  [[nodiscard]] std::uint64_t position() const noexcept override { return position_; }
  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }

 private:
  static bool may_retry(ErrorCode code) { return code == ErrorCode::Unavailable || code == ErrorCode::Timeout ||
                                                 code == ErrorCode::Exhausted; }
  template <class Step>
  Result<void> retry(Step&& step) {
    std::chrono::milliseconds pause = kFirstPause;
    for (int attempt = 1;; ++attempt) {
      auto done = step();
      if (done) return {};
      transfer_.reset();
      if (!may_retry(done.error().code) || attempt >= options_.attempts) return with_context(std::move(done), url_);
      note(fmt::format("{}: {}; trying again from byte {}", url_, done.error().message, position_));
      std::this_thread::sleep_for(pause);
      pause = std::min<std::chrono::milliseconds>(2 * pause, kLongestPause);
    }
  }
  void note(std::string_view text) const {
    if (options_.note) options_.note(text);
  }
  Result<void> connect();
  Result<void> accept(Transfer& transfer);
  Result<void> read_past(Transfer& transfer);

  std::string url_;
  const HttpSourceOptions options_;
  std::unique_ptr<Transfer> transfer_;
  std::uint64_t position_ = 0;
  std::uint64_t size_ = 0;  // 0: not known
  std::string tag_;         // what tells this content from another under the same URL
  bool known_ = false;
};

Result<void> HttpSource::connect() {
  auto url = url_;
  for (int hop = 0; hop <= kMaxRedirections; ++hop) {
    TRY(auto to, rpc::Endpoint::parse(url, "/"));
    auto transfer = std::make_unique<Transfer>(options_);
    TRY_VOID(transfer->open(to, position_, tag_));
    const auto status = transfer->status();
    if (status >= 301 && status <= 308 && status != 304) {
      auto next = transfer->header(http::field::location);
      if (next.empty()) return fail(ErrorCode::Malformed, "HTTP {} without a location", status);
      if (next.starts_with('/')) next = to.scheme + "://" + to.authority() + next;
      url = std::move(next);
      continue;
    }
    TRY_VOID(accept(*transfer));
    transfer_ = std::move(transfer);
    return {};
  }
  return fail(ErrorCode::Malformed, "more than {} redirections", kMaxRedirections);
}

Result<void> HttpSource::accept(Transfer& transfer) {
  const auto status = transfer.status();
  if (status != 200 && status != 206) {
    rpc::HttpResponse response;
    response.status = status;
    return std::unexpected(rpc::http_error(response));
  }
  auto tag = transfer.header(http::field::etag);
  // A weak tag names no bytes.
  if (tag.empty() || tag.starts_with("W/")) tag = transfer.header(http::field::last_modified);
  std::uint64_t size = transfer.length().value_or(0);
  if (status == 206) {
    const auto range = parse_range(transfer.header(http::field::content_range));
    if (!range || range->first != position_) return fail(ErrorCode::Malformed, "the server answers another range");
    size = range->total;
  }
  if (known_ && (size != size_ || tag != tag_)) {
    return fail(ErrorCode::Conflict, "the file changed on the server while it was read");
  }
  known_ = true;
  size_ = size;
  tag_ = std::move(tag);
  if (status == 206 || position_ == 0) return {};
  note(fmt::format("{}: the server cannot resume, reading its first {} bytes again", url_, position_));
  return read_past(transfer);
}

Result<void> HttpSource::read_past(Transfer& transfer) {
  Bytes buffer(256U << 10);
  for (auto left = position_; left > 0;) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
    TRY(const auto got, transfer.read(std::span(buffer).first(part)));
    if (got == 0) return fail(ErrorCode::Unavailable, "the server closed early");
    left -= got;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ipld::ByteSource>> open_http_source(std::string url, HttpSourceOptions options) {
  auto out = std::make_unique<HttpSource>(std::move(url), std::move(options));
  TRY_VOID(out->start());
  return out;
}

}  // namespace venus::node
