// SPDX-License-Identifier: MIT OR Apache-2.0
// What the libp2p host in Rust calls in C++. Calls arrive on the host's own threads; they post to an
// executor and return at once, and never throw.
#pragma once

#include "rust/cxx.h"

namespace venus::native {

struct P2pReply;
struct P2pRawStream;

/// The owner of a host.
class P2pSink {
 public:
  virtual ~P2pSink() = default;
  /// News wait, or the host died. Called once between two empty answers of take_news().
  virtual void wake() const noexcept = 0;
  /// A peer opened a stream. Dropping it resets it.
  virtual void stream(rust::Box<P2pRawStream> stream) const noexcept = 0;
};

/// What waits for one command's end: exactly one of the two is called, once.
class P2pDone {
 public:
  virtual ~P2pDone() = default;
  virtual void finish(P2pReply reply) noexcept = 0;
  virtual void opened(rust::Box<P2pRawStream> stream) noexcept = 0;
};

}  // namespace venus::native
