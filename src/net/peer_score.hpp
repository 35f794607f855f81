// SPDX-License-Identifier: MIT OR Apache-2.0
// What a peer's behaviour is worth.
#pragma once

#include <chrono>

#include "net/behaviour.hpp"

namespace venus::net {

/// What one misbehaviour means. The numbers are ours: Lotus has no such score.
///
/// | what         | cost | connection | banned (from 99 on)       |
/// |--------------|------|------------|---------------------------|
/// | Slow         |   20 | at 60      | never for this alone      |
/// | Failed       |   10 | at 60      | never for this alone      |
/// | Flooded      |   30 |            | fourth time in 3 minutes  |
/// | Malformed    |   60 | closed     | second time in 6 minutes  |
/// | Lied         |  100 | closed     | at once                   |
/// | WrongNetwork |   40 | closed     | third time in 4 minutes; not dialled for 6 h |
/// | BadChain     |  100 | closed     | at once                   |
///
/// A bad line makes good peers slow and breaks their answers off, so Slow and Failed never take a score
/// over 60, where the connection is closed to make room for another, and count half after that.
struct Charge {
  double cost = 0;
  bool closes = false;  ///< the connection ends at once
  bool excusable = false;
};
Charge charge_of(Misbehaviour what) noexcept;

/// Penalties and merits of a peer that fade: half of a penalty in ten minutes, half of a merit in thirty.
class PeerScore {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr double kBan = 99;            ///< a hundred, a few seconds old
  static constexpr double kExcusableMost = 60;
  static constexpr double kMeritMost = 100;

  enum class Verdict : std::uint8_t { Stay, Close, Ban };

  Verdict charge(Misbehaviour what, Time now);
  /// A good answer is worth a point, and takes back two points of penalty.
  void serve(Time now);
  [[nodiscard]] double penalty(Time now) const;
  [[nodiscard]] double merit(Time now) const;
  /// Starts over after a ban was spoken, at half the threshold: the next offence weighs more.
  void settle(Time now);

 private:
  void fade(Time now);

  double penalty_ = 0;
  double merit_ = 0;
  Time since_{};
};

/// How long the `count`th ban in a row lasts: ten minutes, doubled each time up to a day.
std::chrono::seconds ban_time(std::uint32_t count) noexcept;

}  // namespace venus::net
