// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/state_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace venus::net {
namespace {

std::unexpected<Error> system_failure(std::string_view what, const std::filesystem::path& path) {
  const int code = errno;
  return fail(code == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, "{} {}: {}", what, path.string(),
              std::strerror(code));
}

struct File {
  explicit File(int descriptor) : fd(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

Result<void> write_all(int fd, BytesView bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure("cannot write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_new(const std::filesystem::path& path, BytesView content) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (file.fd < 0) return system_failure("cannot create", path);
  TRY_VOID(write_all(file.fd, content, path));
  if (::fsync(file.fd) != 0) return system_failure("cannot write", path);
  return {};
}

}  // namespace

Result<Bytes> read_state_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return system_failure("cannot read", path);
  struct stat about{};
  if (::fstat(file.fd, &about) != 0) return system_failure("cannot read", path);
  if (!S_ISREG(about.st_mode)) return fail(ErrorCode::Io, "{} is no plain file", path.string());
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size > max_bytes) return fail(ErrorCode::TooLarge, "{} has {} bytes, at most {} are expected", path.string(), size, max_bytes);
  Bytes out(size);
  std::size_t filled = 0;
  while (filled < size) {
    const auto got = ::read(file.fd, out.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("cannot read", path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  out.resize(filled);
  return out;
}

Result<void> write_state_file(const std::filesystem::path& path, BytesView content) {
  const auto folder = path.parent_path();
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) return system_failure("cannot create", folder);
  auto temporary = path;
  temporary += ".new";
  if (auto written = write_new(temporary, content); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_failure("cannot write", path);
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.fd < 0 || ::fsync(opened.fd) != 0) return system_failure("cannot write", folder);
  return {};
}

Result<void> check_private(const std::filesystem::path& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return system_failure("cannot read", path);
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return fail(ErrorCode::PermissionDenied,
              "{} can be read by other users (mode {:o}): if nobody saw it, run `chmod 600 {}`; else delete it "
              "and the node takes a new identity", path.string(), about.st_mode & 0777U, path.string());
}

}  // namespace venus::net
