// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ipld/codec.hpp"
#include "types/ids.hpp"

#include <optional>
#include <vector>

namespace venus::types {

/// Version 1 (nv18 and later). JSON as Lotus: ExitCode, Return, GasUsed, EventsRoot.
struct Receipt {
  ExitCode exit_code;
  Bytes return_value;
  Gas gas_used;
  std::optional<Cid> events_root;
  bool operator==(const Receipt&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("ExitCode", &Receipt::exit_code),
                           field("Return", &Receipt::return_value, base::JsonRule::NullIfEmpty),
                           field("GasUsed", &Receipt::gas_used),
                           field("EventsRoot", &Receipt::events_root));
  }
};

/// What receipts were before nv18: for reading older chains.
struct ReceiptV0 {
  ExitCode exit_code;
  Bytes return_value;
  Gas gas_used;
  bool operator==(const ReceiptV0&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("ExitCode", &ReceiptV0::exit_code),
                           field("Return", &ReceiptV0::return_value, base::JsonRule::NullIfEmpty),
                           field("GasUsed", &ReceiptV0::gas_used));
  }
};

struct EventEntry {
  std::uint8_t flags = 0;
  std::string key;
  std::uint64_t codec = 0;
  Bytes value;
  bool operator==(const EventEntry&) const = default;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Flags", &EventEntry::flags), field("Key", &EventEntry::key),
                           field("Codec", &EventEntry::codec),
                           field("Value", &EventEntry::value, base::JsonRule::NullIfEmpty));
  }
};

struct Event {
  ActorId emitter;
  std::vector<EventEntry> entries;
  bool operator==(const Event&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Emitter", &Event::emitter),
                           base::field("Entries", &Event::entries));
  }
};

}  // namespace venus::types
