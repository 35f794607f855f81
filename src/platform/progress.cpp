// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/progress.hpp"

#include "platform/table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace venus::platform {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kLine{10};
constexpr std::size_t kBar = 30;

void to_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::string amount(std::uint64_t value, Progress::Unit unit) {
  return unit == Progress::Unit::Bytes ? format_bytes(value) : fmt::to_string(value);
}

}  // namespace

std::string format_eta(std::chrono::seconds span) {
  const auto s = span.count();
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  return fmt::format("{}h{:02}m", s / 3600, s % 3600 / 60);
}

Progress::Progress(std::string label, std::uint64_t total, Unit unit)
    : Progress(std::move(label), total, unit, ::isatty(STDERR_FILENO) == 1, to_stderr,
               [] { return std::chrono::steady_clock::now(); }) {}

Progress::Progress(std::string label, std::uint64_t total, Unit unit, bool terminal, Output output,
                   Clock clock)
    : label_(std::move(label)),
      total_(total),
      unit_(unit),
      terminal_(terminal),
      output_(std::move(output)),
      clock_(std::move(clock)),
      start_(clock_()),
      drawn_(start_) {
  std::lock_guard lock(mutex_);
  if (terminal_) draw_locked(false);
}

Progress::~Progress() { finish(); }

void Progress::set_total(std::uint64_t total) {
  std::lock_guard lock(mutex_);
  total_ = total;
}

void Progress::update(std::uint64_t done) {
  std::lock_guard lock(mutex_);
  done_ = done;
  const auto since = clock_() - drawn_;
  if (!finished_ &&
      since >= (terminal_ ? std::chrono::duration_cast<std::chrono::nanoseconds>(kRedraw) : kLine))
    draw_locked(false);
}

void Progress::add(std::uint64_t more) {
  std::uint64_t next = 0;
  {
    std::lock_guard lock(mutex_);
    next = done_ + more;
  }
  update(next);
}

void Progress::finish() {
  std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  draw_locked(true);
}

std::string Progress::line_locked() const {
  const auto seconds = std::chrono::duration<double>(clock_() - start_).count();
  const double rate = seconds > 0.5 ? static_cast<double>(done_) / seconds : 0;
  std::string out = label_ + " ";
  if (total_ > 0) {
    const double part = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    if (terminal_) {
      const auto full = static_cast<std::size_t>(part * kBar);
      out += "[" + std::string(full, '#') + std::string(kBar - full, '.') + "] ";
    }
    out += fmt::format("{:.1f}% {}/{}", part * 100, amount(done_, unit_), amount(total_, unit_));
  } else {
    out += amount(done_, unit_);
  }
  if (rate > 0) {
    out += unit_ == Unit::Bytes
               ? fmt::format(" {}/s", format_bytes(static_cast<std::uint64_t>(rate)))
               : fmt::format(" {:.1f}/s", rate);
    if (!finished_ && total_ > done_) {
      const auto left = static_cast<double>(total_ - done_) / rate;
      if (left < 1e7)
        out += fmt::format(" ETA {}",
                           format_eta(std::chrono::seconds(static_cast<std::int64_t>(left))));
    }
  }
  if (finished_)
    out +=
        fmt::format(" in {}", format_eta(std::chrono::seconds(static_cast<std::int64_t>(seconds))));
  return out;
}

void Progress::draw_locked(bool last) {
  drawn_ = clock_();
  auto line = line_locked();
  if (!terminal_) return output_(line + "\n");
  const auto width = display_width(line);
  if (width < shown_width_) line += std::string(shown_width_ - width, ' ');
  shown_width_ = width;
  output_("\r" + line + (last ? "\n" : ""));
}

}  // namespace venus::platform
