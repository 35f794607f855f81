// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/disk_watch.hpp"

#include <gtest/gtest.h>

#include <future>

namespace venus::node {
namespace {

TEST(DiskWatch, SpeaksUpOnceWhenTooLittleIsFree) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const auto left = free_bytes(folder);
  ASSERT_TRUE(left);
  std::promise<std::string> told;
  std::atomic<int> times{0};
  DiskWatch watch({.folder = folder, .min_free = UINT64_MAX, .every = std::chrono::milliseconds(1)},
                  [&](const std::string& reason) {
                    if (++times == 1) told.set_value(reason);
                  });
  EXPECT_EQ(watch.check().error().code, ErrorCode::Exhausted);
  watch.start();
  const auto reason = told.get_future().get();
  EXPECT_NE(reason.find("disk full"), std::string::npos) << reason;
  EXPECT_NE(reason.find(folder.string()), std::string::npos) << reason;
  watch.fail({ErrorCode::Exhausted, "no space left"});
  watch.stop();
  EXPECT_EQ(times, 1);
}

TEST(DiskWatch, IsQuietWhileThereIsRoom) {
  DiskWatch watch({.folder = std::filesystem::temp_directory_path(), .min_free = 1}, [](const std::string& reason) {
    FAIL() << reason;
  });
  EXPECT_TRUE(watch.check());
  watch.start();
  watch.stop();
  EXPECT_FALSE(free_bytes("/no/such/folder"));
}

}  // namespace
}  // namespace venus::node
