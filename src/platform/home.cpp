// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/home.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace venus::platform {
namespace {

std::unexpected<Error> system_failure(std::string_view what, const std::filesystem::path& path) {
  const int code = errno;
  const auto kind = code == ENOENT ? ErrorCode::NotFound : ErrorCode::Io;
  return fail(kind, "{} {}: {}", what, path.string(), std::strerror(code));
}

// Closes a descriptor at the end of its scope.
struct File {
  int fd = -1;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

Result<void> write_all(int fd, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure("cannot write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return system_failure("cannot read", path);
  std::string out;
  std::array<char, 65536> chunk;
  for (;;) {
    const auto got = ::read(file.fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("cannot read", path);
    if (got == 0) return out;
    out.append(chunk.data(), static_cast<std::size_t>(got));
    if (out.size() > max_bytes)
      return fail(ErrorCode::TooLarge, "{} is over {} bytes", path.string(), max_bytes);
  }
}

Result<void> write_private_file(const std::filesystem::path& path, std::string_view text) {
  auto temporary = path;
  temporary += fmt::format(".{}.tmp", ::getpid());
  {
    const File file{
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (file.fd < 0) return system_failure("cannot create", temporary);
    TRY_VOID(write_all(file.fd, text, temporary));
    if (::fsync(file.fd) != 0) return system_failure("cannot write", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_failure("cannot write", path);
  const File folder{::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd >= 0) ::fsync(folder.fd);
  return {};
}

std::filesystem::path Home::locate(std::string_view component, const std::filesystem::path& given) {
  if (!given.empty()) return given;
  if (const char* set = std::getenv("VENUS_HOME"); set != nullptr && *set != '\0') return set;
  const char* user = std::getenv("HOME");
  if (user == nullptr || *user == '\0') {
    const auto* entry = ::getpwuid(::getuid());
    user = entry != nullptr ? entry->pw_dir : "/";
  }
  return std::filesystem::path(user) / ".venus" / component;
}

Result<Home> Home::open(const std::filesystem::path& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  const bool existed = std::filesystem::is_directory(absolute, error);
  std::filesystem::create_directories(absolute, error);
  if (error)
    return fail(ErrorCode::Io, "cannot create the home folder {}: {}", absolute.string(),
                error.message());
  if (!existed) ::chmod(absolute.c_str(), S_IRWXU);
  const auto lock_path = absolute / "daemon.lock";
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return system_failure("cannot open", lock_path);
  Home out(absolute, fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const auto holder = read_file(lock_path, 64);
    std::string id = holder ? *holder : "unknown";
    while (!id.empty() && id.back() == '\n')
      id.pop_back();
    return fail(ErrorCode::Conflict, "the home folder {} is in use by process {}",
                absolute.string(), id);
  }
  const auto id = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0) return system_failure("cannot write", lock_path);
  TRY_VOID(write_all(fd, id, lock_path));
  return out;
}

Home::Home(Home&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

Home& Home::operator=(Home&& other) noexcept {
  if (this != &other) {
    unlock();
    path_ = std::move(other.path_);
    lock_ = std::exchange(other.lock_, -1);
  }
  return *this;
}

Home::~Home() { unlock(); }

void Home::unlock() noexcept {
  if (lock_ >= 0) ::close(std::exchange(lock_, -1));
}

}  // namespace venus::platform
