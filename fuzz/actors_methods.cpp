// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/methods.hpp"

#include <cstdlib>

/// The first byte chooses the actor, the second one of its methods (or its state), the rest is the
/// CBOR. What decodes must be encodable again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace venus;
  if (size < 2) return 0;
  constexpr unsigned kTypes = static_cast<unsigned>(actors::ActorType::EthAccount) + 1;
  const auto type = static_cast<actors::ActorType>(data[0] % kTypes);
  const actors::CodeInfo code{type, actors::kNewestVersion, ""};
  const BytesView cbor(data + 2, size - 2);

  const auto& methods = actors::methods(type);
  const auto choice = data[1] % (methods.size() + 1);
  if (choice == methods.size()) {
    const auto state = actors::state_to_json(code, cbor);
    if (state && !state->is_null() && !actors::state_from_json(type, *state)) std::abort();
    return 0;
  }
  const auto number = methods[choice].number;
  const auto params = actors::params_to_json(code, number, cbor);
  if (params && !actors::params_from_json(code, number, *params)) std::abort();
  (void)actors::return_to_json(code, number, cbor);
  return 0;
}
