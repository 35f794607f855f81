// SPDX-License-Identifier: MIT OR Apache-2.0
// Where the recorded data of other implementations lies (see README of that folder).
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/bytes.hpp"

namespace venus::base::test_util {

/// The vectors folder: VENUS_VECTORS, else ../shared/vectors beside the checkout. Empty when absent.
std::filesystem::path vectors_folder();

/// Whole content of a file; fails the test (and throws) when it can't be read.
Bytes read_file(const std::filesystem::path& path);

/// A fresh folder that goes away with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace venus::base::test_util

/// Names a vectors path, or skips the test by name where the vectors are missing; with CI=true it fails.
#define VENUS_VECTORS_OR_SKIP(variable, relative)                                             \
  const auto variable = ::venus::base::test_util::vectors_folder() / (relative);              \
  if (::venus::base::test_util::vectors_folder().empty() || !std::filesystem::exists(variable)) { \
    if (std::getenv("CI") != nullptr) FAIL() << "vectors are missing: " << (relative);        \
    GTEST_SKIP() << "vectors are missing: " << (relative);                                    \
  }
