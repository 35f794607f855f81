// SPDX-License-Identifier: MIT OR Apache-2.0
// CBOR of C++ types: a struct with fields() is a tuple of its fields in order; other types specialise
// CborCodec. encode<T>() and decode<T>() are the entrances.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/big_int.hpp"
#include "base/fields.hpp"
#include "base/strong.hpp"
#include "ipld/cbor.hpp"

namespace venus::ipld {

/// The CBOR form of T:
///   static void encode(cbor::Writer&, const T&);
///   static void decode(cbor::Reader&, T&);     failures go to the reader (reader.fail)
template <class T, class Enable = void>
struct CborCodec;

template <class T>
void encode_to(cbor::Writer& writer, const T& value) {
  CborCodec<T>::encode(writer, value);
}
template <class T>
void decode_from(cbor::Reader& reader, T& value) {
  CborCodec<T>::decode(reader, value);
}

/// Canonical bytes of a value.
template <class T>
Bytes encode(const T& value) {
  cbor::Writer writer;
  encode_to(writer, value);
  return std::move(writer).take();
}

/// A value from exactly its bytes; Malformed or TooLarge otherwise.
template <class T>
Result<T> decode(BytesView bytes) {
  cbor::Reader reader(bytes);
  T value{};
  decode_from(reader, value);
  TRY_VOID(reader.finish());
  return value;
}

/// CID (dag-cbor, blake2b-256) of a value's canonical bytes.
template <class T>
Cid cid_of(const T& value) {
  return cid_of_cbor(encode(value));
}

template <>
struct CborCodec<bool> {
  static void encode(cbor::Writer& w, bool v) { w.write_bool(v); }
  static void decode(cbor::Reader& r, bool& v) { v = r.read_bool(); }
};

template <class T>
struct CborCodec<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
  static void encode(cbor::Writer& w, T v) {
    if constexpr (std::is_signed_v<T>) w.write_int(v);
    else w.write_uint(v);
  }
  static void decode(cbor::Reader& r, T& v) {
    if constexpr (std::is_signed_v<T>) {
      const auto read = r.read_int();
      if (!std::in_range<T>(read)) r.fail("integer out of range");
      v = static_cast<T>(read);
    } else {
      const auto read = r.read_uint();
      if (!std::in_range<T>(read)) r.fail("integer out of range");
      v = static_cast<T>(read);
    }
  }
};

template <class Tag, class Rep>
struct CborCodec<base::Strong<Tag, Rep>> {
  static void encode(cbor::Writer& w, const base::Strong<Tag, Rep>& v) { encode_to(w, v.value()); }
  static void decode(cbor::Reader& r, base::Strong<Tag, Rep>& v) {
    Rep rep{};
    decode_from(r, rep);
    v = base::Strong<Tag, Rep>(rep);
  }
};

template <>
struct CborCodec<std::string> {
  static void encode(cbor::Writer& w, const std::string& v) { w.write_text(v); }
  static void decode(cbor::Reader& r, std::string& v) { v = r.read_text(); }
};

template <>
struct CborCodec<Bytes> {
  static void encode(cbor::Writer& w, const Bytes& v) { w.write_bytes(v); }
  static void decode(cbor::Reader& r, Bytes& v) {
    const auto view = r.read_bytes();
    v.assign(view.begin(), view.end());
  }
};

template <std::size_t N>
struct CborCodec<ByteArray<N>> {
  static void encode(cbor::Writer& w, const ByteArray<N>& v) { w.write_bytes(v); }
  static void decode(cbor::Reader& r, ByteArray<N>& v) {
    const auto view = r.read_bytes(N);
    if (view.size() != N) return r.fail("byte string of the wrong length");
    std::copy(view.begin(), view.end(), v.begin());
  }
};

template <>
struct CborCodec<Cid> {
  static void encode(cbor::Writer& w, const Cid& v) { w.write_cid(v); }
  static void decode(cbor::Reader& r, Cid& v) { v = r.read_cid(); }
};

/// Sign byte and magnitude (protocol.md 2.1): empty is 0, at most 128 bytes, no leading zeros, no
/// negative zero.
template <>
struct CborCodec<BigInt> {
  static void encode(cbor::Writer& w, const BigInt& v);
  static void decode(cbor::Reader& r, BigInt& v);
};

template <class T>
struct CborCodec<std::optional<T>> {
  static void encode(cbor::Writer& w, const std::optional<T>& v) {
    if (v) encode_to(w, *v);
    else w.write_null();
  }
  static void decode(cbor::Reader& r, std::optional<T>& v) {
    if (r.try_null()) return v.reset();
    decode_from(r, v.emplace());
  }
};

template <class T>
struct CborCodec<std::vector<T>> {
  static void encode(cbor::Writer& w, const std::vector<T>& v) {
    w.write_array(v.size());
    for (const auto& item : v) encode_to<T>(w, item);
  }
  static void decode(cbor::Reader& r, std::vector<T>& v) {
    const auto count = r.read_array();
    v.clear();
    // Never reserve what only the input claims: an item takes at least one byte, a T may take many.
    v.reserve(std::min<std::size_t>(count, 1024));
    for (std::size_t i = 0; i < count && r.ok(); ++i) {
      T item{};
      decode_from(r, item);
      v.push_back(std::move(item));
    }
  }
};

template <class T>
struct CborCodec<T, std::enable_if_t<base::HasFields<T>>> {
  static void encode(cbor::Writer& w, const T& v) {
    if constexpr (base::Transparent<T>) {
      encode_to(w, v.*(std::get<0>(T::fields()).member));
    } else {
      w.write_array(base::kFieldCount<T>);
      base::for_each_field<T>([&](const auto& field) { encode_to(w, v.*(field.member)); });
    }
  }
  static void decode(cbor::Reader& r, T& v) {
    if constexpr (base::Transparent<T>) {
      decode_from(r, v.*(std::get<0>(T::fields()).member));
    } else {
      r.expect_array(base::kFieldCount<T>);
      base::for_each_field<T>([&](const auto& field) {
        if (r.ok()) decode_from(r, v.*(field.member));
      });
    }
  }
};

}  // namespace venus::ipld
