// SPDX-License-Identifier: MIT OR Apache-2.0
// Events with key=value facts, as text for people or JSON lines for machines:
//
//   const Log log{"sync"};
//   log.info("head changed", kv("epoch", head.epoch), kv("cid", head.cid));
//   log.error("database is gone", kv("error", result.error()));
//
// Levels: error = someone must act; warn = it will need someone if it goes on; info = what an
// operator wants to know once; debug = for developers. Levels can be changed per module while the
// program runs.
#pragma once

#include "base/result.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace venus::platform {

enum class Level : std::uint8_t { Debug = 0, Info = 1, Warn = 2, Error = 3, Off = 4 };
std::string_view to_string(Level level) noexcept;
Result<Level> parse_level(std::string_view text);

struct LogOptions {
  Level level = Level::Info;
  bool json = false;
  std::filesystem::path file{};            ///< none: standard error
  std::size_t max_file_bytes = 64U << 20;  ///< then the file is rotated
  std::size_t max_files = 5;
  /// More levels, by module.
  std::map<std::string, Level> modules{};
};

/// Opens the sink; call once at the start of main. Without it events go to standard error as text.
/// Io when the file can't be opened.
Result<void> open_log(const LogOptions& options);
/// Changes the level of a module, or of all with "*". Known modules keep it for the life of the
/// process.
void set_log_level(std::string_view module, Level level);
/// The modules seen so far and their levels.
std::map<std::string, Level> log_levels();
/// Writes out what is buffered.
void flush_log();

/// A fact of an event, formatted only if the event is written.
struct KeyValue {
  std::string_view key;
  std::string value;
  bool is_number = false;
};

template <class T>
KeyValue kv(std::string_view key, const T& value) {
  if constexpr (std::is_same_v<T, Error>) {
    return {key, fmt::format("{} ({})", value.message, base::to_string(value.code)), false};
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return {key, std::string(std::string_view(value)), false};
  } else {
    return {key, fmt::format("{}", value), std::is_arithmetic_v<T>};
  }
}

/// The voice of a module; cheap to make and copy.
class Log {
 public:
  explicit Log(std::string_view module);

  [[nodiscard]] bool enabled(Level level) const noexcept {
    return static_cast<std::uint8_t>(level) >= level_->load(std::memory_order_relaxed);
  }

  template <class... Facts>
  void debug(std::string_view event, const Facts&... facts) const {
    write(Level::Debug, event, facts...);
  }
  template <class... Facts>
  void info(std::string_view event, const Facts&... facts) const {
    write(Level::Info, event, facts...);
  }
  template <class... Facts>
  void warn(std::string_view event, const Facts&... facts) const {
    write(Level::Warn, event, facts...);
  }
  template <class... Facts>
  void error(std::string_view event, const Facts&... facts) const {
    write(Level::Error, event, facts...);
  }
  /// With facts made ready by the caller.
  void emit(Level level, std::string_view event, std::span<const KeyValue> facts) const;

 private:
  template <class... Facts>
  void write(Level level, std::string_view event, const Facts&... facts) const {
    if (!enabled(level)) return;
    const std::array<KeyValue, sizeof...(Facts)> list{facts...};
    emit(level, event, list);
  }

  std::string module_;
  std::atomic<std::uint8_t>* level_;
};

/// A line as the sink writes it, without the line break; `unix_millis` is its time.
std::string format_event(bool json, std::int64_t unix_millis, Level level, std::string_view module,
                         std::string_view event, std::span<const KeyValue> facts);

}  // namespace venus::platform
