// SPDX-License-Identifier: MIT OR Apache-2.0
// A large file from a web server, read in order.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "ipld/byte_stream.hpp"

namespace venus::node {

struct HttpSourceOptions {
  std::chrono::milliseconds connect_timeout{15'000};
  /// Without any byte for so long the connection counts as dead.
  std::chrono::milliseconds read_timeout{60'000};
  /// Attempts without a new byte before it is given up, with growing pauses between them.
  int attempts = 8;
  bool verify_tls = true;
  /// Told what a person may want to know: a lost connection, a server that can't resume.
  std::function<void(std::string_view)> note = {};
};

/// Opens a file at an http or https URL, following redirections. Lost connections are taken up where they broke by
/// range requests; from a server that knows none the file is read anew up to there. A file that changed on the
/// server meanwhile is a Conflict. Errors: those of rpc::http_error for a status, Unavailable, Timeout,
/// InvalidArgument (bad URL). One thread at a time.
Result<std::unique_ptr<ipld::ByteSource>> open_http_source(std::string url, HttpSourceOptions options = {});

}  // namespace venus::node
