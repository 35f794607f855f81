// SPDX-License-Identifier: MIT OR Apache-2.0
// Rights of a caller, as Lotus and Venus tokens list them.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace venus::rpc {

/// What a method demands. The order is the ladder of Venus tokens: each includes those before it.
enum class Perm : std::uint8_t { Read = 0, Write = 1, Sign = 2, Admin = 3 };

/// "read", "write", "sign" or "admin".
std::string_view to_string(Perm perm) noexcept;
/// The reverse; InvalidArgument for any other word.
Result<Perm> parse_perm(std::string_view text);

/// A set of rights. Lotus tokens carry any set ({"Allow":["read","sign"]}); Venus tokens one rung.
class PermSet {
 public:
  constexpr PermSet() noexcept = default;
  /// The right and all below it.
  static constexpr PermSet up_to(Perm perm) noexcept {
    return PermSet(static_cast<std::uint8_t>((2U << static_cast<unsigned>(perm)) - 1U));
  }
  /// Every right.
  static constexpr PermSet all() noexcept { return up_to(Perm::Admin); }

  constexpr void add(Perm perm) noexcept {
    bits_ = static_cast<std::uint8_t>(bits_ | (1U << static_cast<unsigned>(perm)));
  }
  [[nodiscard]] constexpr bool has(Perm perm) const noexcept {
    return ((bits_ >> static_cast<unsigned>(perm)) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  /// The names from read to admin, as a token's Allow list.
  [[nodiscard]] std::vector<std::string> names() const;
  /// From an Allow list; InvalidArgument for an unknown name.
  static Result<PermSet> from_names(const std::vector<std::string>& names);

  constexpr bool operator==(const PermSet&) const noexcept = default;

 private:
  constexpr explicit PermSet(std::uint8_t bits) noexcept : bits_(bits) {}
  std::uint8_t bits_ = 0;
};

}  // namespace venus::rpc
