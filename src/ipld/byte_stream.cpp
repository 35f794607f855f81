// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/byte_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace venus::ipld {
namespace {

constexpr ByteArray<4> kZstdMagic{0x28, 0xb5, 0x2f, 0xfd};
/// 2^27 bytes: what `zstd --long` writes and every decoder takes without being asked.
constexpr int kMaxWindowLog = 27;

std::unexpected<Error> os_error(std::string_view what, const std::filesystem::path& path) {
  const int number = errno;
  const auto code = number == ENOENT                       ? ErrorCode::NotFound
                    : number == ENOSPC || number == EDQUOT ? ErrorCode::Exhausted
                                                           : ErrorCode::Io;
  return fail(code, "{} {}: {}", what, path.string(), std::strerror(number));
}

/// A file descriptor that closes itself.
class File {
 public:
  explicit File(int fd) noexcept : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&&) = delete;
  ~File() { close(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  int close() noexcept { return fd_ < 0 ? 0 : ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

class FileSource final : public ByteSource {
 public:
  FileSource(File file, std::filesystem::path path, std::uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    while (true) {
      const auto got = ::read(file_.get(), into.data(), into.size());
      if (got >= 0) {
        position_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) return os_error("read", path_);
    }
  }
  Result<void> skip(std::uint64_t bytes) override {
    if (bytes > size_ - std::min(position_, size_)) return ByteSource::skip(bytes);
    if (::lseek(file_.get(), static_cast<off_t>(bytes), SEEK_CUR) < 0) return os_error("seek", path_);
    position_ += bytes;
    return {};
  }
  [[nodiscard]] std::uint64_t position() const noexcept override { return position_; }
  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }

 private:
  File file_;
  std::filesystem::path path_;
  std::uint64_t size_;
  std::uint64_t position_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(BytesView bytes) noexcept : bytes_(bytes) {}

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const auto part = std::min(into.size(), bytes_.size() - at_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), part, into.begin());
    at_ += part;
    return part;
  }
  [[nodiscard]] std::uint64_t position() const noexcept override { return at_; }
  [[nodiscard]] std::uint64_t size() const noexcept override { return bytes_.size(); }

 private:
  BytesView bytes_;
  std::size_t at_ = 0;
};

/// Hands out bytes that were read ahead, then the rest.
class PeekedSource final : public ByteSource {
 public:
  PeekedSource(std::unique_ptr<ByteSource> below, Bytes front)
      : below_(std::move(below)), front_(std::move(front)) {}

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (at_ == front_.size()) return below_->read(into);
    const auto part = std::min(into.size(), front_.size() - at_);
    std::copy_n(front_.begin() + static_cast<std::ptrdiff_t>(at_), part, into.begin());
    at_ += part;
    return part;
  }
  Result<void> skip(std::uint64_t bytes) override {
    const auto part = std::min<std::uint64_t>(bytes, front_.size() - at_);
    at_ += static_cast<std::size_t>(part);
    return below_->skip(bytes - part);
  }
  [[nodiscard]] std::uint64_t position() const noexcept override { return below_->position(); }
  [[nodiscard]] std::uint64_t size() const noexcept override { return below_->size(); }

 private:
  std::unique_ptr<ByteSource> below_;
  Bytes front_;
  std::size_t at_ = 0;
};

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> below)
      : below_(std::move(below)), context_(ZSTD_createDCtx()), packed_(ZSTD_DStreamInSize()) {
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  }

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos == 0 && !into.empty()) {
      if (in_.pos == in_.size) {
        TRY(const auto got, below_->read(packed_));
        if (got == 0) {
          if (mid_frame_) return fail(ErrorCode::Malformed, "zstd stream is truncated");
          return 0;
        }
        in_ = {packed_.data(), got, 0};
      }
      const auto hint = ZSTD_decompressStream(context_.get(), &out, &in_);
      if (ZSTD_isError(hint) != 0)
        return fail(ErrorCode::Malformed, "zstd: {}", ZSTD_getErrorName(hint));
      mid_frame_ = hint != 0;
    }
    return out.pos;
  }
  [[nodiscard]] std::uint64_t position() const noexcept override { return below_->position(); }
  [[nodiscard]] std::uint64_t size() const noexcept override { return below_->size(); }

 private:
  std::unique_ptr<ByteSource> below_;
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  Bytes packed_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool mid_frame_ = false;
};

class FileSink final : public ByteSink {
 public:
  FileSink(File file, std::filesystem::path path, std::filesystem::path part)
      : file_(std::move(file)), path_(std::move(path)), part_(std::move(part)) {}
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override {
    if (!finished_) ::unlink(part_.c_str());
  }

  Result<void> write(BytesView bytes) override {
    while (!bytes.empty()) {
      const auto wrote = ::write(file_.get(), bytes.data(), bytes.size());
      if (wrote < 0) {
        if (errno == EINTR) continue;
        return os_error("write", part_);
      }
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
      written_ += wrote;
      while (written_ - begun_ >= kWindow) write_back();
    }
    return {};
  }

  Result<void> finish() override {
    if (::fsync(file_.get()) != 0) return os_error("sync", part_);
    if (file_.close() != 0) return os_error("close", part_);
    if (::rename(part_.c_str(), path_.c_str()) != 0) return os_error("rename", part_);
    finished_ = true;
    return {};
  }

 private:
  // What is written goes to the disk at once and leaves the page cache, a little behind: a large file must push
  // nothing else out of memory, and it ends without a long wait for its last gigabytes. Only advice: fsync finds
  // what failed.
  void write_back() noexcept {
    ::sync_file_range(file_.get(), begun_, kWindow, SYNC_FILE_RANGE_WRITE);
    begun_ += kWindow;
    const auto done = begun_ - kWindow * kWindows;
    if (done < 0) return;
    ::sync_file_range(file_.get(), done, kWindow,
                      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    ::posix_fadvise(file_.get(), done, kWindow, POSIX_FADV_DONTNEED);
  }

  static constexpr off_t kWindow = 8 << 20;
  static constexpr off_t kWindows = 8;  // under way at once

  File file_;
  std::filesystem::path path_;
  std::filesystem::path part_;
  off_t written_ = 0;
  off_t begun_ = 0;
  bool finished_ = false;
};

class MemorySink final : public ByteSink {
 public:
  explicit MemorySink(Bytes& to) noexcept : to_(to) {}
  Result<void> write(BytesView bytes) override {
    base::append(to_, bytes);
    return {};
  }
  Result<void> finish() override { return {}; }

 private:
  Bytes& to_;
};

class ZstdSink final : public ByteSink {
 public:
  ZstdSink(std::unique_ptr<ByteSink> below, const PackOptions& options)
      : below_(std::move(below)),
        context_(ZSTD_createCCtx()),
        packed_(ZSTD_CStreamOutSize()),
        frame_bytes_(options.frame_bytes) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, options.level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
    // Where the library was built without threads this fails, and the caller's thread packs.
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_nbWorkers, options.workers);
  }

  Result<void> write(BytesView bytes) override {
    while (frame_bytes_ != 0 && in_frame_ + bytes.size() >= frame_bytes_) {
      const auto part = static_cast<std::size_t>(frame_bytes_ - in_frame_);
      TRY_VOID(run(bytes.first(part), ZSTD_e_end));
      bytes = bytes.subspan(part);
      in_frame_ = 0;
      any_ = true;
    }
    in_frame_ += bytes.size();
    return run(bytes, ZSTD_e_continue);
  }
  Result<void> finish() override {
    if (in_frame_ > 0 || !any_) TRY_VOID(run({}, ZSTD_e_end));
    return below_->finish();
  }

 private:
  Result<void> run(BytesView bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer out{packed_.data(), packed_.size(), 0};
      const auto left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
      if (ZSTD_isError(left) != 0)
        return fail(ErrorCode::Internal, "zstd: {}", ZSTD_getErrorName(left));
      TRY_VOID(below_->write(BytesView(packed_).first(out.pos)));
      if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
    }
  }

  std::unique_ptr<ByteSink> below_;
  std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
  Bytes packed_;
  std::uint64_t frame_bytes_;
  std::uint64_t in_frame_ = 0;
  bool any_ = false;
};

}  // namespace

Result<void> ByteSource::skip(std::uint64_t bytes) {
  Bytes buffer(256U << 10);
  while (bytes > 0) {
    TRY(const auto got, read(std::span(buffer).first(std::min<std::uint64_t>(bytes, buffer.size()))));
    if (got == 0) return fail(ErrorCode::Malformed, "the end came {} bytes early", bytes);
    bytes -= got;
  }
  return {};
}

Result<std::unique_ptr<ByteSource>> open_file_source(const std::filesystem::path& path) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return os_error("open", path);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return os_error("stat", path);
  if (S_ISDIR(info.st_mode)) return fail(ErrorCode::Io, "open {}: it is a folder", path.string());
  return std::make_unique<FileSource>(std::move(file), path,
                                      static_cast<std::uint64_t>(info.st_size));
}

std::unique_ptr<ByteSource> memory_source(BytesView bytes) {
  return std::make_unique<MemorySource>(bytes);
}

Result<std::unique_ptr<ByteSource>> unpacked(std::unique_ptr<ByteSource> source) {
  Bytes front(kZstdMagic.size());
  std::size_t size = 0;
  while (size < front.size()) {
    TRY(const auto got, source->read(std::span(front).subspan(size)));
    if (got == 0) break;
    size += got;
  }
  front.resize(size);
  const bool is_packed = base::equal(front, kZstdMagic);
  auto whole = std::make_unique<PeekedSource>(std::move(source), std::move(front));
  if (!is_packed) return whole;
  return std::make_unique<ZstdSource>(std::move(whole));
}

Result<std::unique_ptr<ByteSink>> create_file_sink(const std::filesystem::path& path) {
  auto part = path;
  part += ".part";
  File file(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return os_error("create", part);
  return std::make_unique<FileSink>(std::move(file), path, part);
}

std::unique_ptr<ByteSink> memory_sink(Bytes& to) { return std::make_unique<MemorySink>(to); }

Result<std::unique_ptr<ByteSink>> packed(std::unique_ptr<ByteSink> sink, PackOptions options) {
  if (options.level < 1 || options.level > 19) {
    return fail(ErrorCode::InvalidArgument, "zstd level {}", options.level);
  }
  return std::make_unique<ZstdSink>(std::move(sink), options);
}

}  // namespace venus::ipld
