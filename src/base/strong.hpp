// SPDX-License-Identifier: MIT OR Apache-2.0
// Strong types over integers: an epoch is not an actor id, though both are numbers.
#pragma once

#include <fmt/format.h>

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>

namespace venus::base {

/// A number with a meaning. Tag names it; Rep holds it. Adding or subtracting a plain
/// Rep steps by that many; the difference of two values is a plain Rep.
template <class Tag, std::integral Rep>
class Strong {
 public:
  using Representation = Rep;

  constexpr Strong() noexcept = default;
  constexpr explicit Strong(Rep value) noexcept : value_(value) {}

  [[nodiscard]] constexpr Rep value() const noexcept { return value_; }
  constexpr auto operator<=>(const Strong&) const noexcept = default;

  constexpr Strong operator+(Rep step) const noexcept { return Strong(static_cast<Rep>(value_ + step)); }
  constexpr Strong operator-(Rep step) const noexcept { return Strong(static_cast<Rep>(value_ - step)); }
  /// Distance between two values, a plain number.
  constexpr Rep operator-(Strong other) const noexcept { return static_cast<Rep>(value_ - other.value_); }
  constexpr Strong& operator+=(Rep step) noexcept { value_ = static_cast<Rep>(value_ + step); return *this; }
  constexpr Strong& operator-=(Rep step) noexcept { value_ = static_cast<Rep>(value_ - step); return *this; }
  constexpr Strong& operator++() noexcept { ++value_; return *this; }
  constexpr Strong& operator--() noexcept { --value_; return *this; }

 private:
  Rep value_{};
};

template <class T>
inline constexpr bool kIsStrong = false;
template <class Tag, class Rep>
inline constexpr bool kIsStrong<Strong<Tag, Rep>> = true;

}  // namespace venus::base

template <class Tag, class Rep>
struct fmt::formatter<venus::base::Strong<Tag, Rep>> : fmt::formatter<Rep> {
  template <class Context>
  auto format(const venus::base::Strong<Tag, Rep>& strong, Context& context) const {
    return fmt::formatter<Rep>::format(strong.value(), context);
  }
};

template <class Tag, class Rep>
struct std::hash<venus::base::Strong<Tag, Rep>> {
  std::size_t operator()(const venus::base::Strong<Tag, Rep>& strong) const noexcept {
    return std::hash<Rep>{}(strong.value());
  }
};
