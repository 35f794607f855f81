// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/log.hpp"

#include "base/clock.hpp"
#include "rpc/error.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <mutex>

namespace venus::platform {
namespace {

// The one piece of global state besides the metric registry: where events go, and the modules'
// levels.
struct Sink {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<std::atomic<std::uint8_t>>, std::less<>> levels;
  std::map<std::string, Level, std::less<>> wanted;
  Level base_level = Level::Info;
  std::atomic<bool> json{false};
  std::shared_ptr<spdlog::logger> out;
};

Sink& sink() {
  static Sink instance;
  return instance;
}

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr target) {
  auto logger = std::make_shared<spdlog::logger>("venus", std::move(target));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

std::shared_ptr<spdlog::logger> current_logger() {
  auto& s = sink();
  std::lock_guard lock(s.mutex);
  if (!s.out) s.out = make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return s.out;
}

std::string timestamp(std::int64_t unix_millis) {
  const auto seconds = static_cast<std::time_t>(unix_millis / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     unix_millis % 1000);
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  return std::ranges::all_of(
      text, [](char c) { return c > 0x20 && c != '"' && c != '=' && c != '\\' && c != 0x7f; });
}

}  // namespace

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warn:
      return "warn";
    case Level::Error:
      return "error";
    case Level::Off:
      return "off";
  }
  return "unknown";
}

Result<Level> parse_level(std::string_view text) {
  for (const auto level : {Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Off}) {
    if (to_string(level) == text) return level;
  }
  return fail(ErrorCode::InvalidArgument,
              "'{}' is no log level: use debug, info, warn, error or off", text);
}

std::string format_event(bool json, std::int64_t unix_millis, Level level, std::string_view module,
                         std::string_view event, std::span<const KeyValue> facts) {
  std::string out;
  if (json) {
    out = fmt::format(R"({{"time":"{}","level":"{}","module":)", timestamp(unix_millis),
                      to_string(level));
    rpc::append_json_string(out, module);
    out += R"(,"event":)";
    rpc::append_json_string(out, event);
    for (const auto& [key, value, is_number] : facts) {
      out += ',';
      rpc::append_json_string(out, key);
      out += ':';
      const bool bare = is_number && value.find_first_not_of("0123456789.-+e") == std::string::npos;
      if (bare || value == "true" || value == "false")
        out += value;
      else
        rpc::append_json_string(out, value);
    }
    return out + '}';
  }
  out = fmt::format("{} {:<5} {:<10} ", timestamp(unix_millis), to_string(level), module);
  // A line break in an event would let a stranger write log lines of his own.
  for (const char c : event)
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  for (const auto& [key, value, is_number] : facts) {
    out += ' ';
    out += key;
    out += '=';
    if (is_plain(value))
      out += value;
    else
      rpc::append_json_string(out, value);
  }
  return out;
}

Result<void> open_log(const LogOptions& options) {
  std::shared_ptr<spdlog::logger> logger;
  try {
    if (options.file.empty()) {
      logger = make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    } else {
      logger = make_logger(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          options.file.string(), options.max_file_bytes, options.max_files));
    }
  } catch (const spdlog::spdlog_ex& error) {
    return fail(ErrorCode::Io, "cannot open the log {}: {}", options.file.string(), error.what());
  }
  {
    auto& s = sink();
    std::lock_guard lock(s.mutex);
    s.out = std::move(logger);
    s.json = options.json;
  }
  set_log_level("*", options.level);
  for (const auto& [module, level] : options.modules)
    set_log_level(module, level);
  return {};
}

void set_log_level(std::string_view module, Level level) {
  auto& s = sink();
  std::lock_guard lock(s.mutex);
  if (module == "*") {
    s.base_level = level;
    s.wanted.clear();
    for (const auto& [name, held] : s.levels)
      *held = static_cast<std::uint8_t>(level);
    return;
  }
  s.wanted.insert_or_assign(std::string(module), level);
  const auto found = s.levels.find(module);
  if (found != s.levels.end()) *found->second = static_cast<std::uint8_t>(level);
}

std::map<std::string, Level> log_levels() {
  auto& s = sink();
  std::lock_guard lock(s.mutex);
  std::map<std::string, Level> out;
  for (const auto& [name, held] : s.levels)
    out.emplace(name, static_cast<Level>(held->load()));
  return out;
}

void flush_log() { current_logger()->flush(); }

Log::Log(std::string_view module) : module_(module) {
  auto& s = sink();
  std::lock_guard lock(s.mutex);
  auto& held = s.levels[module_];
  if (!held) {
    const auto wanted = s.wanted.find(module);
    const auto level = wanted == s.wanted.end() ? s.base_level : wanted->second;
    held = std::make_unique<std::atomic<std::uint8_t>>(static_cast<std::uint8_t>(level));
  }
  level_ = held.get();
}

void Log::emit(Level level, std::string_view event, std::span<const KeyValue> facts) const {
  if (!enabled(level)) return;
  const auto line =
      format_event(sink().json, base::SystemClock().unix_millis(), level, module_, event, facts);
  current_logger()->log(spdlog::level::info, line);
}

}  // namespace venus::platform
