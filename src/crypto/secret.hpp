// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <cstddef>

namespace venus::crypto {

/// Bytes that must not outlive their use: private keys, passwords, derived keys. Wiped when the
/// object ends or is moved over; it has no formatter and no JSON form, so it can't slip into a log.
class Secret {
 public:
  Secret() noexcept = default;
  /// Takes the bytes over; the caller's vector is empty afterwards.
  explicit Secret(Bytes&& bytes) noexcept : bytes_(std::move(bytes)) { bytes.clear(); }
  /// Copies; the caller's memory stays as it is.
  explicit Secret(BytesView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  /// Copies the characters of a password.
  explicit Secret(std::string_view text) : Secret(base::as_bytes(text)) {}
  /// `size` zero bytes to be filled through data().
  explicit Secret(std::size_t size) : bytes_(size) {}

  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::move(other.bytes_);
      other.bytes_.clear();
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  /// A second holder of the same bytes, on purpose.
  [[nodiscard]] Secret clone() const { return Secret(view()); }
  [[nodiscard]] BytesView view() const noexcept { return bytes_; }
  [[nodiscard]] std::uint8_t* data() noexcept { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

 private:
  void wipe() noexcept { base::secure_wipe(bytes_); }
  Bytes bytes_;
};

}  // namespace venus::crypto

namespace venus {
using crypto::Secret;
}
