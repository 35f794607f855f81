// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/wallet/password.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace venus::wallet {
namespace {

constexpr std::size_t kMaxPassword = 4096;

/// Reads to the end, into memory that is wiped; closes the descriptor if `owned`.
Result<Secret> read_descriptor(int descriptor, std::string_view name, bool owned) {
  Secret buffer(kMaxPassword + 1);
  std::size_t used = 0;
  int problem = 0;
  while (used < buffer.size()) {
    const auto got = ::read(descriptor, buffer.data() + used, buffer.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) problem = errno;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
  }
  if (owned) ::close(descriptor);
  if (problem != 0) return fail(ErrorCode::Io, "password from {}: {}", name, std::strerror(problem));
  if (used > kMaxPassword) return fail(ErrorCode::TooLarge, "password from {}: more than {} bytes", name, kMaxPassword);
  auto view = buffer.view().first(used);
  if (!view.empty() && view.back() == '\n') view = view.first(view.size() - 1);
  if (!view.empty() && view.back() == '\r') view = view.first(view.size() - 1);
  if (view.empty()) return fail(ErrorCode::InvalidArgument, "password from {}: it is empty", name);
  return Secret(view);
}

Result<Secret> read_file(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const auto code = errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Io;
    return fail(code, "password file {}: {}", file.string(), std::strerror(errno));
  }
  return read_descriptor(descriptor, file.string(), true);
}

/// Keeps the terminal from showing what is typed.
class Silence {
 public:
  Silence() {
    ::tcgetattr(STDIN_FILENO, &before_);
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }

 private:
  termios before_{};
};

void say(std::string_view text) { std::ignore = ::write(STDERR_FILENO, text.data(), text.size()); }

Result<Secret> ask_once(std::string_view prompt) {
  say(prompt);
  const Silence silence;
  Secret line(kMaxPassword);
  std::size_t used = 0;
  while (used < line.size()) {
    const auto got = ::read(STDIN_FILENO, line.data() + used, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || line.data()[used] == '\n') break;
    ++used;
  }
  say("\n");
  return Secret(line.view().first(used));
}

}  // namespace

Result<std::optional<Secret>> configured_password(const std::filesystem::path& file) {
  if (!file.empty()) {
    TRY(auto password, read_file(file));
    return std::optional(std::move(password));
  }
  if (const char* text = std::getenv("VENUS_PASSWORD_FD"); text != nullptr && *text != '\0') {
    const std::string_view digits(text);
    int descriptor = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), descriptor);
    if (error != std::errc{} || end != digits.data() + digits.size() || descriptor < 0) {
      return fail(ErrorCode::InvalidArgument, "VENUS_PASSWORD_FD is no number of a descriptor");
    }
    TRY(auto password, read_descriptor(descriptor, "VENUS_PASSWORD_FD", true));
    return std::optional(std::move(password));
  }
  if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY"); folder != nullptr) {
    const auto credential = std::filesystem::path(folder) / "wallet-password";
    if (std::filesystem::exists(credential)) {
      TRY(auto password, read_file(credential));
      return std::optional(std::move(password));
    }
  }
  return std::optional<Secret>{};
}

bool can_ask() { return ::isatty(STDIN_FILENO) != 0; }

Result<Secret> ask_password(std::string_view prompt, bool twice) {
  if (!can_ask()) {
    return fail(ErrorCode::Unsupported, "there is no terminal to ask for the password: use --password-file");
  }
  TRY(auto first, ask_once(prompt));
  if (!twice || first.empty()) return first;
  TRY(auto second, ask_once("Again: "));
  if (!base::equal(first.view(), second.view())) return fail(ErrorCode::InvalidArgument, "the two passwords differ");
  return first;
}

Result<Secret> command_password(const std::string& file, std::string_view prompt, bool twice) {
  if (file == "-") return read_descriptor(STDIN_FILENO, "standard input", false);
  if (!file.empty()) return read_file(file);
  return ask_password(prompt, twice);
}

}  // namespace venus::wallet
