// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test_util/vectors.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace venus::base::test_util {

std::filesystem::path vectors_folder() {
  if (const char* named = std::getenv("VENUS_VECTORS")) {
    return std::filesystem::exists(named) ? std::filesystem::path(named) : std::filesystem::path{};
  }
  // Tests run from the build tree or the checkout: look upwards from both for <checkout>/../shared.
  for (const char* start : std::initializer_list<const char*>{std::getenv("VENUS_SOURCE_DIR"), "."}) {
    if (start == nullptr) continue;
    auto folder = std::filesystem::absolute(start);
    for (; folder != folder.root_path(); folder = folder.parent_path()) {
      auto candidate = folder / "shared" / "vectors";
      if (std::filesystem::exists(candidate / "README.md")) return candidate;
    }
  }
  return {};
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

TempFolder::TempFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "venus-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace venus::base::test_util
