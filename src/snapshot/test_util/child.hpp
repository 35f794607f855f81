// SPDX-License-Identifier: MIT OR Apache-2.0
// Running a test of this program in a process of its own, which may be killed. A fork alone would not do: the
// database's threads do not come along.
#pragma once

#include <spawn.h>
#include <sys/wait.h>

#include <map>
#include <string>
#include <vector>

extern char** environ;  // NOLINT: POSIX wants it declared

namespace venus::snapshot::test_util {

/// Runs the disabled test `name` with these variables in its environment; the status that waitpid gives.
inline int run_in_child(const std::string& name, const std::map<std::string, std::string>& variables) {
  std::vector<std::string> words{"/proc/self/exe", "--gtest_also_run_disabled_tests", "--gtest_filter=" + name};
  std::vector<std::string> set;
  for (const auto& [key, value] : variables) set.push_back(key + "=" + value);
  std::vector<char*> argv;
  std::vector<char*> env;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  for (auto** entry = environ; *entry != nullptr; ++entry) env.push_back(*entry);
  for (auto& entry : set) env.push_back(entry.data());
  env.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), env.data()) != 0) return -1;
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace venus::snapshot::test_util
