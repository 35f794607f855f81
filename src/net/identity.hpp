// SPDX-License-Identifier: MIT OR Apache-2.0
// The key a node is known by in the network.
#pragma once

#include <filesystem>

#include "base/bytes.hpp"

namespace venus::net {

/// Seed of an ed25519 key; wiped when it ends.
class Identity {
 public:
  /// Reads `folder`/identity (64 hex digits), or makes a new one there, durable before it returns: mode 0600
  /// in a folder of mode 0700. PermissionDenied when others can read it, Corrupt when it is no key, Io.
  static Result<Identity> open(const std::filesystem::path& folder);

  Identity(Identity&& other) noexcept;
  Identity& operator=(Identity&&) = delete;
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  ~Identity();

  [[nodiscard]] const ByteArray<32>& seed() const noexcept { return seed_; }

 private:
  Identity() = default;
  ByteArray<32> seed_{};
};

}  // namespace venus::net
