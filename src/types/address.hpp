// SPDX-License-Identifier: MIT OR Apache-2.0
// Addresses f0 to f4 (protocol.md 2.3).
#pragma once

#include "ipld/codec.hpp"
#include "types/ids.hpp"

#include <array>
#include <cstring>
#include <string>

namespace venus::types {

enum class Protocol : std::uint8_t { Id = 0, Secp256k1 = 1, Actor = 2, Bls = 3, Delegated = 4 };

/// Which letter stands before an address: f on mainnet, t elsewhere. Both are read everywhere.
enum class NetworkPrefix : char { Mainnet = 'f', Testnet = 't' };

/// Twenty bytes of Ethereum.
struct EthAddress {
  ByteArray<20> bytes{};
  /// "0x…" lower case.
  [[nodiscard]] std::string str() const;
  static Result<EthAddress> parse(std::string_view text);
  /// 0xff ‖ 11 zero bytes ‖ id: how an ID address looks to the EVM.
  static EthAddress masked_id(ActorId id);
  [[nodiscard]] bool is_masked_id() const;
  auto operator<=>(const EthAddress&) const = default;
};

/// An address in binary form, in place. A default Address is undefined and has no bytes.
class Address {
 public:
  /// Protocol byte, up to 9 bytes of namespace and 54 of subaddress.
  static constexpr std::size_t kMaxBytes = 64;
  static constexpr std::uint64_t kEthereumNamespace = 10;

  constexpr Address() noexcept = default;

  /// Numbers from 2^63 on have no valid address; what they make is refused wherever it is read.
  static Address id(ActorId actor);
  static Address id(std::uint64_t actor) { return id(ActorId(actor)); }
  /// From the 65-byte uncompressed public key.
  static Result<Address> secp256k1(BytesView public_key);
  /// From the 48-byte public key.
  static Result<Address> bls(BytesView public_key);
  /// From the data an actor's address is derived from.
  static Address actor(BytesView origin);
  static Result<Address> delegated(ActorId name_space, BytesView subaddress);
  /// f410f of twenty bytes; a masked ID address becomes f0 (see id() for numbers from 2^63 on).
  static Address from_eth(const EthAddress& eth);
  /// Binary form: protocol ‖ payload. Malformed otherwise.
  static Result<Address> from_bytes(BytesView bytes);
  /// Text with either prefix; checks the checksum. Malformed otherwise, also for "" and "<empty>".
  static Result<Address> parse(std::string_view text);

  [[nodiscard]] bool defined() const noexcept { return size_ != 0; }
  [[nodiscard]] BytesView bytes() const noexcept { return {bytes_.data(), size_}; }
  [[nodiscard]] BytesView payload() const noexcept { return bytes().subspan(size_ == 0 ? 0 : 1); }
  [[nodiscard]] Protocol protocol() const noexcept { return static_cast<Protocol>(bytes_[0]); }
  [[nodiscard]] bool is_id() const noexcept { return defined() && protocol() == Protocol::Id; }
  /// The number of an ID address; InvalidArgument for others.
  [[nodiscard]] Result<ActorId> actor_id() const;
  /// Twenty bytes of an f410 address or the masked form of an f0; InvalidArgument for others, also
  /// for an f410 whose bytes look like a masked id.
  [[nodiscard]] Result<EthAddress> eth() const;
  /// Whether it is the BLS key of the point at infinity, refused as a receiver since nv7.
  [[nodiscard]] bool is_zero_bls() const;
  /// Text; "<empty>" when undefined, as Lotus prints it.
  [[nodiscard]] std::string str(NetworkPrefix prefix) const;
  /// Text with the prefix of this process (see set_display_prefix).
  [[nodiscard]] std::string str() const;

  friend bool operator==(const Address& a, const Address& b) noexcept {
    return a.size_ == b.size_ && std::memcmp(a.bytes_.data(), b.bytes_.data(), a.size_) == 0;
  }
  friend std::strong_ordering operator<=>(const Address& a, const Address& b) noexcept {
    return base::as_chars(a.bytes()) <=> base::as_chars(b.bytes());
  }

 private:
  friend struct ipld::CborCodec<Address>;
  /// The payload must fit the protocol.
  static Address make(Protocol protocol, BytesView payload) noexcept;

  std::array<std::uint8_t, kMaxBytes> bytes_{};
  std::uint8_t size_ = 0;
};

/// Chooses the letter that str(), JSON and logs show; set once by a program's start, before
/// threads.
void set_display_prefix(NetworkPrefix prefix) noexcept;
NetworkPrefix display_prefix() noexcept;

/// Actors that every network has (protocol.md 2.3).
namespace singleton {
inline constexpr ActorId kSystem{0}, kInit{1}, kReward{2}, kCron{3}, kPower{4}, kMarket{5},
    kVerifiedRegistry{6}, kDatacap{7}, kEam{10}, kVerifiedRegistryRoot{80}, kReserve{90},
    kBurnt{99};
}  // namespace singleton

}  // namespace venus::types

namespace venus {
using types::Address;
}

template <>
struct std::hash<venus::types::Address> {
  std::size_t operator()(const venus::types::Address& a) const noexcept {
    return std::hash<std::string_view>{}(venus::base::as_chars(a.bytes()));
  }
};
template <>
struct venus::ipld::CborCodec<venus::types::Address> {
  static void encode(cbor::Writer& w, const types::Address& v) { w.write_bytes(v.bytes()); }
  /// At least two bytes: an undefined address has no place in CBOR, as in go-address.
  static void decode(cbor::Reader& r, types::Address& v);
};
/// Text; "<empty>" and, when read, "" are an undefined address.
template <>
struct venus::base::JsonCodec<venus::types::Address> {
  static boost::json::value encode(const types::Address& v);
  static Result<types::Address> decode(const boost::json::value& v);
};
template <>
struct fmt::formatter<venus::types::Address> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const venus::types::Address& v, Context& context) const {
    return fmt::formatter<std::string>::format(v.str(), context);
  }
};
