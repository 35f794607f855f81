// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace venus::platform {

/// A text that must not be printed: tokens, passwords, connection strings. It has no formatter and
/// no JSON form, so it can't slip into a log or a config dump; wiped at its end.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(const SecretText&) = default;
  SecretText(SecretText&&) noexcept = default;
  SecretText& operator=(const SecretText&) = default;
  SecretText& operator=(SecretText&&) noexcept = default;
  ~SecretText() {
    base::secure_wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()});
  }

  /// The text itself: only for handing it to whom it is meant for.
  [[nodiscard]] const std::string& reveal() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace venus::platform
