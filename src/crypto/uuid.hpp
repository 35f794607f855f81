// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>

namespace venus::crypto {

/// A random UUID (version 4, RFC 9562), lower case with dashes.
std::string new_uuid();

}  // namespace venus::crypto
