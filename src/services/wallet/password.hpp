// SPDX-License-Identifier: MIT OR Apache-2.0
// Where passwords come from: never a command line, which every user of the machine can read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "crypto/secret.hpp"

namespace venus::wallet {

/// The password a daemon starts with: of `file` if that is not empty; else read from the open descriptor
/// that VENUS_PASSWORD_FD names (which is then closed); else of systemd's credential
/// "wallet-password"; else nothing. One line end at its end does not belong to it. Io or NotFound when a
/// named source cannot be read, InvalidArgument when it is empty.
Result<std::optional<Secret>> configured_password(const std::filesystem::path& file);

/// Asks at the terminal without echo; `twice` asks again and compares (InvalidArgument when they differ).
/// Unsupported when standard input is no terminal.
Result<Secret> ask_password(std::string_view prompt, bool twice);

/// Whether there is somebody to ask.
bool can_ask();

/// For commands: of `file` if named ("-": standard input), else asked.
Result<Secret> command_password(const std::string& file, std::string_view prompt, bool twice);

/// The same bytes as text, for what takes a text.
inline std::string_view text_of(const Secret& secret) { return base::as_chars(secret.view()); }

}  // namespace venus::wallet
