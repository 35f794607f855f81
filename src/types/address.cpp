// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/address.hpp"

#include "base/json.hpp"
#include "base/varint.hpp"
#include "crypto/hash.hpp"

#include <atomic>
#include <charconv>
#include <limits>

namespace venus::types {
namespace {

constexpr std::size_t kHashPayload = 20;
constexpr std::size_t kBlsPayload = 48;
constexpr std::size_t kChecksum = 4;
constexpr std::size_t kMaxSubaddress = 54;
// Two characters, 19 digits of namespace, "f", base32 of 54 + 4 bytes.
constexpr std::size_t kMaxText = 2 + 19 + 1 + 93;
constexpr std::string_view kUndefined = "<empty>";

std::atomic<NetworkPrefix>& prefix_of_process() noexcept {
  static std::atomic<NetworkPrefix> prefix{NetworkPrefix::Mainnet};
  return prefix;
}

/// Whether `payload` fits its protocol.
bool well_formed(std::uint8_t protocol, BytesView payload) noexcept {
  switch (static_cast<Protocol>(protocol)) {
    case Protocol::Id: {
      const auto id = base::read_varint(payload);
      return id && id->size == payload.size();
    }
    case Protocol::Secp256k1:
    case Protocol::Actor:
      return payload.size() == kHashPayload;
    case Protocol::Bls:
      return payload.size() == kBlsPayload;
    case Protocol::Delegated: {
      const auto name_space = base::read_varint(payload);
      return name_space && payload.size() - name_space->size <= kMaxSubaddress;
    }
  }
  return false;
}

Result<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stopped != end || value > std::numeric_limits<std::int64_t>::max()) {
    return fail(ErrorCode::Malformed, "\"{}\" is no number below 2^63", digits);
  }
  return value;
}

Result<Address> parse_checked(Bytes address, std::string_view base32) {
  TRY(const auto data, base::from_base32(base32));
  if (data.size() < kChecksum) return fail(ErrorCode::Malformed, "address without checksum");
  const auto payload = BytesView(data).first(data.size() - kChecksum);
  base::append(address, payload);
  const auto checksum = crypto::blake2b_32(address);
  if (!base::equal(checksum, BytesView(data).last(kChecksum))) {
    return fail(ErrorCode::Malformed, "address checksum is wrong");
  }
  return Address::from_bytes(address);
}

}  // namespace

// ---- EthAddress --------------------------------------------------------------------------------

std::string EthAddress::str() const { return "0x" + base::to_hex(bytes); }

Result<EthAddress> EthAddress::parse(std::string_view text) {
  TRY(const auto data, base::from_hex(text));
  TRY(const auto twenty, with_context(base::to_array<20>(data), "Ethereum address"));
  return EthAddress{twenty};
}

EthAddress EthAddress::masked_id(ActorId id) {
  EthAddress out;
  out.bytes[0] = 0xff;
  const auto number = base::be64(id.value());
  std::ranges::copy(number, out.bytes.begin() + 12);
  return out;
}

bool EthAddress::is_masked_id() const {
  return bytes[0] == 0xff &&
         std::all_of(bytes.begin() + 1, bytes.begin() + 12, [](auto b) { return b == 0; });
}

// ---- Address -----------------------------------------------------------------------------------

Address Address::make(Protocol protocol, BytesView payload) noexcept {
  Address out;
  out.bytes_[0] = static_cast<std::uint8_t>(protocol);
  std::memcpy(out.bytes_.data() + 1, payload.data(), payload.size());
  out.size_ = static_cast<std::uint8_t>(payload.size() + 1);
  return out;
}

Address Address::id(ActorId actor) {
  std::uint8_t payload[10];
  std::size_t size = 0;
  auto rest = actor.value();
  for (; rest >= 0x80; rest >>= 7U)
    payload[size++] = static_cast<std::uint8_t>(rest | 0x80U);
  payload[size++] = static_cast<std::uint8_t>(rest);
  return make(Protocol::Id, {payload, size});
}

Result<Address> Address::secp256k1(BytesView public_key) {
  if (public_key.size() != 65) {
    return fail(ErrorCode::InvalidArgument, "want an uncompressed public key, got {} bytes",
                public_key.size());
  }
  return make(Protocol::Secp256k1, crypto::blake2b_160(public_key));
}

Result<Address> Address::bls(BytesView public_key) {
  if (public_key.size() != kBlsPayload) {
    return fail(ErrorCode::InvalidArgument, "a BLS public key has 48 bytes, got {}",
                public_key.size());
  }
  return make(Protocol::Bls, public_key);
}

Address Address::actor(BytesView origin) {
  return make(Protocol::Actor, crypto::blake2b_160(origin));
}

Result<Address> Address::delegated(ActorId name_space, BytesView subaddress) {
  if (name_space.value() > std::numeric_limits<std::int64_t>::max() ||
      subaddress.size() > kMaxSubaddress) {
    return fail(ErrorCode::InvalidArgument, "no delegated address of namespace {} with {} bytes",
                name_space, subaddress.size());
  }
  Bytes payload;
  base::write_varint(payload, name_space.value());
  base::append(payload, subaddress);
  return make(Protocol::Delegated, payload);
}

Address Address::from_eth(const EthAddress& eth) {
  if (eth.is_masked_id()) {
    std::uint64_t number = 0;
    for (std::size_t i = 12; i < 20; ++i)
      number = number << 8U | eth.bytes[i];
    return id(number);
  }
  std::array<std::uint8_t, 21> payload;
  payload[0] = kEthereumNamespace;
  std::ranges::copy(eth.bytes, payload.begin() + 1);
  return make(Protocol::Delegated, payload);
}

Result<Address> Address::from_bytes(BytesView bytes) {
  if (bytes.size() < 2 || bytes.size() > kMaxBytes || !well_formed(bytes[0], bytes.subspan(1))) {
    return fail(ErrorCode::Malformed, "not an address: {} bytes", bytes.size());
  }
  return make(static_cast<Protocol>(bytes[0]), bytes.subspan(1));
}

Result<Address> Address::parse(std::string_view text) {
  if (text.size() < 3 || text.size() > kMaxText || (text[0] != 'f' && text[0] != 't') ||
      text[1] < '0' || text[1] > '4') {
    return fail(ErrorCode::Malformed, "not an address: \"{}\"", text.substr(0, kMaxText));
  }
  const auto protocol = static_cast<std::uint8_t>(text[1] - '0');
  auto rest = text.substr(2);
  Bytes address{protocol};
  switch (static_cast<Protocol>(protocol)) {
    case Protocol::Id: {
      TRY(const auto number, with_context(parse_number(rest), text));
      return id(number);
    }
    case Protocol::Delegated: {
      const auto separator = rest.find('f');
      if (separator == std::string_view::npos) {
        return fail(ErrorCode::Malformed, "delegated address without namespace: \"{}\"", text);
      }
      TRY(const auto name_space, with_context(parse_number(rest.substr(0, separator)), text));
      base::write_varint(address, name_space);
      rest.remove_prefix(separator + 1);
      break;
    }
    case Protocol::Secp256k1:
    case Protocol::Actor:
    case Protocol::Bls:
      break;
  }
  return with_context(parse_checked(std::move(address), rest), text);
}

Result<ActorId> Address::actor_id() const {
  if (!is_id()) return fail(ErrorCode::InvalidArgument, "{} is not an ID address", str());
  TRY(const auto number, base::read_varint(payload()));
  return ActorId(number.value);
}

Result<EthAddress> Address::eth() const {
  if (is_id()) {
    TRY(const auto number, actor_id());
    return EthAddress::masked_id(number);
  }
  if (defined() && protocol() == Protocol::Delegated && size_ == 22 &&
      bytes_[1] == kEthereumNamespace) {
    EthAddress out;
    std::copy_n(bytes_.begin() + 2, 20, out.bytes.begin());
    // Such a delegated address can't exist: its bytes mean an actor id.
    if (!out.is_masked_id()) return out;
  }
  return fail(ErrorCode::InvalidArgument, "{} has no Ethereum form", str());
}

bool Address::is_zero_bls() const {
  // The compressed point at infinity: its two flag bits and nothing else.
  return defined() && protocol() == Protocol::Bls && bytes_[1] == 0xc0 &&
         std::ranges::all_of(payload().subspan(1), [](auto byte) { return byte == 0; });
}

std::string Address::str(NetworkPrefix prefix) const {
  if (!defined()) return std::string(kUndefined);
  auto out = fmt::format("{}{}", static_cast<char>(prefix), bytes_[0]);
  auto rest = payload();
  if (protocol() == Protocol::Id || protocol() == Protocol::Delegated) {
    const auto number = base::read_varint(rest).value_or(base::Varint{});
    out += std::to_string(number.value);
    if (protocol() == Protocol::Id) return out;
    out += 'f';
    rest = rest.subspan(number.size);
  }
  Bytes data = base::to_bytes(rest);
  base::append(data, crypto::blake2b_32(bytes()));
  return out + base::to_base32(data);
}

std::string Address::str() const { return str(display_prefix()); }

void set_display_prefix(NetworkPrefix prefix) noexcept {
  prefix_of_process().store(prefix, std::memory_order_relaxed);
}
NetworkPrefix display_prefix() noexcept {
  return prefix_of_process().load(std::memory_order_relaxed);
}

}  // namespace venus::types

namespace venus::ipld {

void CborCodec<types::Address>::decode(cbor::Reader& r, types::Address& v) {
  const auto bytes = r.read_bytes(types::Address::kMaxBytes);
  if (!r.ok()) return;
  if (bytes.size() < 2 || !types::well_formed(bytes[0], bytes.subspan(1)))
    return r.fail("not an address");
  v = types::Address::make(static_cast<types::Protocol>(bytes[0]), bytes.subspan(1));
}

}  // namespace venus::ipld

namespace venus::base {

boost::json::value JsonCodec<types::Address>::encode(const types::Address& v) {
  return to_json(v.str());
}

Result<types::Address> JsonCodec<types::Address>::decode(const boost::json::value& v) {
  TRY(const auto text, from_json<std::string>(v));
  if (text.empty() || text == types::kUndefined) return types::Address{};
  return types::Address::parse(text);
}

}  // namespace venus::base
