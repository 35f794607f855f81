// SPDX-License-Identifier: MIT OR Apache-2.0
// The folder of a daemon: settings, keys, data, the `api` and `token` files that command lines
// read.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace venus::platform {

/// A file of at most `max_bytes`; NotFound, TooLarge, Io.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes = 16U << 20);
/// Replaces a file as a whole, durable before it returns, readable by its owner only.
Result<void> write_private_file(const std::filesystem::path& path, std::string_view text);

/// An open home folder. Holds its lock, so that two daemons never share one.
class Home {
 public:
  /// Where a component lives: `given` (--home) if not empty, else $VENUS_HOME, else
  /// ~/.venus/<component>.
  static std::filesystem::path locate(std::string_view component,
                                      const std::filesystem::path& given = {});
  /// Creates the folder if needed (for its owner only) and locks it. Conflict when a running
  /// process has it; the message names its id.
  static Result<Home> open(const std::filesystem::path& path);

  Home(Home&& other) noexcept;
  Home& operator=(Home&& other) noexcept;
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// A file in it.
  [[nodiscard]] std::filesystem::path file(std::string_view name) const { return path_ / name; }

 private:
  Home(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  void unlock() noexcept;

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace venus::platform
