// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/vm_trace.hpp"

namespace venus::bridge {

namespace {

using ipld::cbor::Reader;

// The FVM bounds what one message can do by gas, not by our limits for untrusted input.
constexpr std::uint64_t kMostItems = 1U << 26;
constexpr std::uint64_t kMostBytes = 1U << 26;
// One more than the FVM's call depth.
constexpr int kDeepest = 1025;

Bytes read_bytes(Reader& reader) { return base::to_bytes(reader.read_bytes(kMostBytes)); }

types::Address read_address(Reader& reader) {
  auto address = types::Address::from_bytes(reader.read_bytes());
  if (!address) {
    reader.fail("address in a trace");
    return {};
  }
  return *address;
}

template <class T>
T read(Reader& reader) {
  T value{};
  ipld::decode_from(reader, value);
  return value;
}

TraceMessage read_message(Reader& reader) {
  reader.expect_array(8);
  TraceMessage out;
  out.from = read_address(reader);
  out.to = read_address(reader);
  out.value = read<types::TokenAmount>(reader);
  out.method = reader.read_uint();
  out.params = read_bytes(reader);
  out.params_codec = reader.read_uint();
  out.gas_limit = reader.read_uint();
  out.read_only = reader.read_bool();
  return out;
}

TraceReturn read_return(Reader& reader) {
  reader.expect_array(3);
  TraceReturn out;
  out.exit_code = static_cast<std::uint32_t>(reader.read_uint());
  out.data = read_bytes(reader);
  out.codec = reader.read_uint();
  return out;
}

std::optional<TraceActor> read_actor(Reader& reader) {
  if (reader.try_null()) return std::nullopt;
  reader.expect_array(2);
  TraceActor out;
  out.id = types::ActorId(reader.read_uint());
  out.state = read<types::Actor>(reader);
  return out;
}

TraceGasCharge read_charge(Reader& reader) {
  reader.expect_array(5);
  TraceGasCharge out;
  out.name = std::string(reader.read_text());
  out.total_gas = reader.read_uint();
  out.compute_gas = reader.read_uint();
  out.storage_gas = reader.read_uint();
  out.duration_ns = reader.read_uint();
  return out;
}

TraceIpld read_ipld(Reader& reader) {
  reader.expect_array(3);
  TraceIpld out;
  out.put = reader.read_bool();
  out.cid = reader.read_cid();
  out.size = reader.read_uint();
  return out;
}

template <class T, class F>
std::vector<T> read_list(Reader& reader, F&& item) {
  std::vector<T> out;
  const auto count = reader.read_array(kMostItems);
  for (std::size_t i = 0; i < count && reader.ok(); ++i)
    out.push_back(item(reader));
  return out;
}

ExecutionTrace read_trace(Reader& reader, int depth) {
  ExecutionTrace out;
  if (depth > kDeepest) {
    reader.fail("a trace deeper than calls can be", ErrorCode::TooLarge);
    return out;
  }
  reader.expect_array(7);
  out.message = read_message(reader);
  out.result = read_return(reader);
  out.invoked_actor = read_actor(reader);
  out.gas_charges = read_list<TraceGasCharge>(reader, read_charge);
  out.subcalls = read_list<ExecutionTrace>(
      reader, [depth](Reader& inner) { return read_trace(inner, depth + 1); });
  out.logs = read_list<std::string>(
      reader, [](Reader& inner) { return std::string(inner.read_text(kMostBytes)); });
  out.ipld = read_list<TraceIpld>(reader, read_ipld);
  return out;
}

}  // namespace

Result<ExecutionTrace> decode_execution_trace(BytesView cbor) {
  Reader reader(cbor);
  auto trace = read_trace(reader, 0);
  TRY_VOID(reader.finish());
  return trace;
}

}  // namespace venus::bridge
