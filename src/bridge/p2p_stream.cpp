// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/p2p_stream.hpp"

#include "bridge/p2p_convert.hpp"
#include "bridge/p2p_wait.hpp"

namespace venus::bridge::detail {

namespace {

using Raw = std::shared_ptr<rust::Box<native::P2pRawStream>>;

/// A wait that was cut off leaves bytes nobody knows of, so the stream ends with it.
void reset_if_cancelled(const Raw& raw, const Result<Answer>& answer) {
  if (!answer && answer.error().code == ErrorCode::Cancelled) (*raw)->reset();
}

// What they use is theirs: the stream itself may be dropped meanwhile.

Task<Bytes> read_from(Raw raw, std::size_t max, milliseconds timeout) {
  auto answer = co_await ask([raw, max, timeout](std::unique_ptr<native::P2pDone> done) {
    (*raw)->read(max, ms_in(timeout), std::move(done));
  });
  reset_if_cancelled(raw, answer);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return to_bytes(answer->reply.data);
}

Task<> write_to(Raw raw, Bytes bytes, milliseconds timeout) {
  const auto answer =
      co_await ask([raw, bytes = std::move(bytes), timeout](std::unique_ptr<native::P2pDone> done) {
        (*raw)->write(slice(bytes), ms_in(timeout), std::move(done));
      });
  reset_if_cancelled(raw, answer);
  if (!answer) co_return std::unexpected(answer.error());
  co_return Result<void>();
}

Task<> finish_writing(Raw raw, milliseconds timeout) {
  const auto answer = co_await ask([raw, timeout](std::unique_ptr<native::P2pDone> done) {
    (*raw)->finish(ms_in(timeout), std::move(done));
  });
  reset_if_cancelled(raw, answer);
  if (!answer) co_return std::unexpected(answer.error());
  co_return Result<void>();
}

class Stream final : public P2pStream {
 public:
  Stream(PeerId peer, rust::Box<native::P2pRawStream> stream)
      : peer_(std::move(peer)),
        protocol_(stream->protocol()),
        raw_(std::make_shared<rust::Box<native::P2pRawStream>>(std::move(stream))) {}
  ~Stream() override { (*raw_)->reset(); }

  const PeerId& peer() const override { return peer_; }
  const std::string& protocol() const override { return protocol_; }
  Task<Bytes> read(std::size_t max, milliseconds timeout) override {
    return read_from(raw_, max, timeout);
  }
  Task<> write(Bytes bytes, milliseconds timeout) override {
    return write_to(raw_, std::move(bytes), timeout);
  }
  Task<> finish(milliseconds timeout) override { return finish_writing(raw_, timeout); }
  void reset() override { (*raw_)->reset(); }

 private:
  PeerId peer_;
  std::string protocol_;
  Raw raw_;
};

}  // namespace

P2pStreamPtr stream_out(rust::Box<native::P2pRawStream> stream) {
  const auto bytes = stream->peer();
  auto peer = PeerId::from_bytes({bytes.data(), bytes.size()});
  if (!peer) return nullptr;
  return std::make_shared<Stream>(*std::move(peer), std::move(stream));
}

}  // namespace venus::bridge::detail
