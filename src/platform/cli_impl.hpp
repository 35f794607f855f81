// SPDX-License-Identifier: MIT OR Apache-2.0
// Private to the CLI kit: the one place that sees CLI11.
#pragma once

#include "platform/cli.hpp"

#include <CLI/CLI.hpp>

namespace venus::platform {

struct Command::Impl {
  explicit Impl(CLI::App* given) : app(given) {}
  CLI::App* app;
  Action action;
  std::deque<std::unique_ptr<Command>> children;
};

/// The script that completes a program's commands and options in "bash", "zsh" or "fish".
Result<std::string> completion_script(const CLI::App& root, const std::string& program,
                                      std::string_view shell);

}  // namespace venus::platform
