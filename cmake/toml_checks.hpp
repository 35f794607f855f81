// SPDX-License-Identifier: MIT OR Apache-2.0
// Included before toml++ in every file that uses it (dependencies.cmake). Its parser (3.3.0) has
// internal checks that some malformed files violate; as exceptions they are caught where TOML is
// read, while assert() would end the program and NDEBUG would let it run on undefined behaviour.
#pragma once

#include <stdexcept>

#define TOML_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : throw std::logic_error("TOML parser check failed"))
