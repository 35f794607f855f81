// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sync/status.hpp"

namespace venus::sync {

std::string_view to_string(Stage stage) noexcept {
  switch (stage) {
    case Stage::Idle: return "idle";
    case Stage::Headers: return "fetching headers";
    case Stage::PersistHeaders: return "storing headers";
    case Stage::Messages: return "validating";
    case Stage::Complete: return "complete";
    case Stage::Errored: return "failed";
    case Stage::FetchingMessages: return "fetching messages";
  }
  return "unknown";
}

}  // namespace venus::sync
