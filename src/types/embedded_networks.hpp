// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace venus::types {

/// The files networks/*.toml of the sources, compiled in (src/types/CMakeLists.txt).
std::span<const std::string_view> embedded_networks() noexcept;

}  // namespace venus::types
