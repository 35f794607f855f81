// SPDX-License-Identifier: MIT OR Apache-2.0
// Building blocks of actor state and parameters: encodings that Go peers have and plain structs do
// not.
#pragma once

#include "base/json.hpp"
#include "ipld/bitfield.hpp"
#include "ipld/codec.hpp"
#include "types/address.hpp"
#include "types/ids.hpp"
#include "types/signature.hpp"
#include "types/token_amount.hpp"

#include <optional>
#include <string>
#include <vector>

namespace venus::actors {

/// A list or byte string: Go decodes an empty one to nil, so its JSON is null.
template <class Owner, class Member>
constexpr auto list(std::string_view name, Member Owner::* member) {
  return base::field(name, member, base::JsonRule::NullIfEmpty);
}

/// Bytes of fixed length that Go holds as an array: a byte string in CBOR, a list of numbers in
/// JSON.
template <std::size_t N>
struct NumberBytes {
  ByteArray<N> bytes{};
  bool operator==(const NumberBytes&) const = default;
};

/// No parameters, no return value: no bytes at all in CBOR, {} in JSON.
struct Empty {
  bool operator==(const Empty&) const = default;
  static constexpr auto fields() { return base::fields_of(); }
};

/// Parameters passed on as they are, without being CBOR (Go's CborBytesTransparent).
struct RawBytes {
  Bytes bytes;
  bool operator==(const RawBytes&) const = default;
};

/// A byte string standing alone; null in JSON when empty.
struct CborBytes {
  Bytes bytes;
  bool operator==(const CborBytes&) const = default;
};

/// Raw and quality-adjusted power in bytes.
struct PowerPair {
  BigInt raw;
  BigInt qa;
  bool operator==(const PowerPair&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Raw", &PowerPair::raw), base::field("QA", &PowerPair::qa));
  }
  friend PowerPair operator+(PowerPair a, const PowerPair& b) {
    a.raw += b.raw;
    a.qa += b.qa;
    return a;
  }
};

/// Position and velocity of an alpha-beta filter, in Q.128.
struct FilterEstimate {
  BigInt position;
  BigInt velocity;
  /// The position without its fraction.
  [[nodiscard]] BigInt estimate() const { return position.shr(128); }
  bool operator==(const FilterEstimate&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("PositionEstimate", &FilterEstimate::position),
                           base::field("VelocityEstimate", &FilterEstimate::velocity));
  }
};

/// Which items of a batch failed, and why.
struct FailCode {
  std::uint64_t index = 0;
  ExitCode code;
  bool operator==(const FailCode&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Idx", &FailCode::index),
                           base::field("Code", &FailCode::code));
  }
};

struct BatchReturn {
  std::uint64_t success_count = 0;
  std::vector<FailCode> fail_codes;
  bool operator==(const BatchReturn&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("SuccessCount", &BatchReturn::success_count),
                           list("FailCodes", &BatchReturn::fail_codes));
  }
};

/// A tuple whose last field, a std::optional, may be missing (cbor-gen's "optional").
template <class T>
struct OptionalTailCodec {
  static constexpr auto kFields = T::fields();
  static constexpr std::size_t kCount = base::kFieldCount<T>;
  static constexpr auto& kTail = std::get<kCount - 1>(kFields);

  static void encode(ipld::cbor::Writer& w, const T& v) {
    const bool has_tail = (v.*(kTail.member)).has_value();
    w.write_array(has_tail ? kCount : kCount - 1);
    std::size_t index = 0;
    base::for_each_field<T>([&](const auto& field) {
      if (++index < kCount || has_tail) ipld::encode_to(w, v.*(field.member));
    });
  }

  static void decode(ipld::cbor::Reader& r, T& v) {
    const auto count = r.read_array();
    if (r.ok() && count != kCount && count != kCount - 1)
      return r.fail("tuple of the wrong length");
    std::size_t index = 0;
    base::for_each_field<T>([&](const auto& field) {
      if (++index <= count && r.ok()) ipld::decode_from(r, v.*(field.member));
    });
    if (r.ok() && count == kCount && !(v.*(kTail.member)).has_value())
      r.fail("null in an optional tail");
  }
};

}  // namespace venus::actors

template <std::size_t N>
struct venus::ipld::CborCodec<venus::actors::NumberBytes<N>> {
  static void encode(cbor::Writer& w, const actors::NumberBytes<N>& v) { encode_to(w, v.bytes); }
  static void decode(cbor::Reader& r, actors::NumberBytes<N>& v) { decode_from(r, v.bytes); }
};

template <std::size_t N>
struct venus::base::JsonCodec<venus::actors::NumberBytes<N>> {
  static boost::json::value encode(const actors::NumberBytes<N>& v) {
    boost::json::array out;
    out.reserve(N);
    for (const auto byte : v.bytes)
      out.push_back(static_cast<std::uint64_t>(byte));
    return out;
  }
  static Result<actors::NumberBytes<N>> decode(const boost::json::value& v) {
    if (!v.is_array()) return json_mismatch("a list of numbers", v);
    if (v.get_array().size() != N) {
      return fail(ErrorCode::Malformed, "want {} numbers, got {}", N, v.get_array().size());
    }
    actors::NumberBytes<N> out;
    for (std::size_t i = 0; i < N; ++i) {
      TRY(out.bytes[i], from_json<std::uint8_t>(v.get_array()[i]));
    }
    return out;
  }
};

template <>
struct venus::ipld::CborCodec<venus::actors::Empty> {
  static void encode(cbor::Writer&, const actors::Empty&) {}
  static void decode(cbor::Reader&, actors::Empty&) {}
};

template <>
struct venus::base::JsonCodec<venus::actors::RawBytes> {
  static boost::json::value encode(const actors::RawBytes& v);
  static Result<actors::RawBytes> decode(const boost::json::value& v);
};

template <>
struct venus::ipld::CborCodec<venus::actors::CborBytes> {
  static void encode(cbor::Writer& w, const actors::CborBytes& v) { w.write_bytes(v.bytes); }
  static void decode(cbor::Reader& r, actors::CborBytes& v) { decode_from(r, v.bytes); }
};

template <>
struct venus::base::JsonCodec<venus::actors::CborBytes> {
  static boost::json::value encode(const actors::CborBytes& v);
  static Result<actors::CborBytes> decode(const boost::json::value& v);
};
