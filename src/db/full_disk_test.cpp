// SPDX-License-Identifier: MIT OR Apache-2.0
// What a database does on a disk that fills: on a small file system of its own, where one can be mounted.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/test_util/vectors.hpp"
#include "db/rocksdb_blockstore.hpp"

namespace venus::db {
namespace {

class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& path) : path_(path) {
    std::filesystem::create_directories(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=16m") == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] bool resize(const char* size) const {
    return ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, size) == 0;
  }

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

Bytes block(std::uint32_t number) {
  // Nothing that packing makes smaller.
  Bytes out;
  for (std::uint64_t i = 0; out.size() < 8192; ++i) {
    const auto cid = ipld::cid_of_cbor(ipld::encode(number * 1000 + i));
    base::append(out, cid.digest());
  }
  return out;
}

TEST(FullDisk, IsSaidClearlyAndLosesNothing) {
  const base::test_util::TempFolder folder;
  const SmallDisk disk(folder.path() / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "no file system can be mounted here: " << std::strerror(errno);
  std::atomic<int> failures{0};
  std::vector<Cid> accepted;
  {
    KeyValueOptions options;
    options.memory_mib = 8;
    options.on_failure = [&](const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::Exhausted) << error.message;
      ++failures;
    };
    const auto store = KeyValueStore::open(folder.path() / "disk/db", {}, options);
    ASSERT_TRUE(store) << store.error().message;
    RocksdbBlockstore blocks(*store);
    Result<void> outcome;
    for (std::uint32_t i = 0; i < 10'000 && outcome; ++i) {
      const auto data = block(i);
      const auto cid = ipld::cid_of_cbor(data);
      outcome = blocks.put(cid, data);
      if (outcome) accepted.push_back(cid);
    }
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::Exhausted);
    EXPECT_NE(outcome.error().message.find("the disk is full"), std::string::npos) << outcome.error().message;
    EXPECT_EQ(failures, 1);
    // What is there can still be read.
    ASSERT_FALSE(accepted.empty());
    EXPECT_EQ(blocks.has(accepted.front()), true);
  }
  ASSERT_TRUE(disk.resize("size=64m"));
  const auto store = KeyValueStore::open(folder.path() / "disk/db", {}, {.memory_mib = 8});
  ASSERT_TRUE(store) << store.error().message;
  RocksdbBlockstore blocks(*store);
  for (const auto& cid : accepted) ASSERT_EQ(blocks.has(cid), true) << cid.str();
  const auto more = block(1'000'000);
  EXPECT_TRUE(blocks.put(ipld::cid_of_cbor(more), more));
}

}  // namespace
}  // namespace venus::db
