// SPDX-License-Identifier: MIT OR Apache-2.0
// Small files of the node's p2p folder: read whole, replaced whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace venus::net {

/// A file of at most `max_bytes`. NotFound, TooLarge, Io.
Result<Bytes> read_state_file(const std::filesystem::path& path, std::size_t max_bytes);
/// Replaces a file as a whole, durable before it returns, readable by its owner only. Makes its folder (for
/// the owner only) if it is missing. Io.
Result<void> write_state_file(const std::filesystem::path& path, BytesView content);
/// PermissionDenied when users other than the owner can read or write the file; the text says what to do.
Result<void> check_private(const std::filesystem::path& path);

}  // namespace venus::net
