// SPDX-License-Identifier: MIT OR Apache-2.0
// Content identifiers, as protocol.md section 2.1 and the multiformats CID specification define them.
#pragma once

#include <fmt/format.h>

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <string>

#include "base/bytes.hpp"
#include "base/json_fwd.hpp"

namespace venus::ipld {

/// Multicodec numbers that occur on chain.
enum class Codec : std::uint64_t {
  Raw = 0x55,
  Cbor = 0x51,
  DagPb = 0x70,
  DagCbor = 0x71,
  FilCommitmentUnsealed = 0xf101,
  FilCommitmentSealed = 0xf102,
};

/// Multihash numbers that occur on chain.
enum class Multihash : std::uint64_t {
  Identity = 0x00,
  Sha2_256 = 0x12,
  Blake2b_256 = 0xb220,
  Sha2_256Trunc254Padded = 0x1012,
  PoseidonBls12_381A2Fc1 = 0xb401,
};

/// A CID held in its binary form, in place: copying costs a few words and never allocates.
/// The digest may have at most 64 bytes, as in the FVM. A default Cid is "undefined" and has no bytes.
class Cid {
 public:
  static constexpr std::size_t kMaxDigest = 64;
  static constexpr std::size_t kMaxBytes = 79;

  constexpr Cid() noexcept = default;

  /// Version 1 from its parts; the digest must have at most kMaxDigest bytes (InvalidArgument).
  static Result<Cid> make(Codec codec, Multihash hash, BytesView digest);
  /// Version 1, dag-cbor, blake2b-256: what nearly every block of the chain has.
  static Cid chain(const ByteArray<32>& digest) noexcept {
    constexpr ByteArray<6> kPrefix{0x01, 0x71, 0xa0, 0xe4, 0x02, 0x20};
    Cid out;
    std::memcpy(out.bytes_.data(), kPrefix.data(), kPrefix.size());
    std::memcpy(out.bytes_.data() + kPrefix.size(), digest.data(), digest.size());
    out.size_ = 38;
    return out;
  }
  /// Exactly one CID (version 0 or 1), nothing after it. Malformed otherwise.
  static Result<Cid> from_bytes(BytesView bytes);
  /// The CID at the front of `bytes`; `used` tells how many bytes it took.
  static Result<Cid> read(BytesView bytes, std::size_t& used);
  /// "bafy…" (base32) or "Qm…" (version 0, base58btc). Malformed otherwise.
  static Result<Cid> parse(std::string_view text);

  [[nodiscard]] bool defined() const noexcept { return size_ != 0; }
  [[nodiscard]] BytesView bytes() const noexcept { return {bytes_.data(), size_}; }
  /// Version 0 or 1.
  [[nodiscard]] int version() const noexcept;
  [[nodiscard]] Codec codec() const noexcept;
  [[nodiscard]] Multihash hash() const noexcept;
  [[nodiscard]] BytesView digest() const noexcept;
  /// base32 with prefix "b" for version 1, base58btc for version 0; "" when undefined.
  [[nodiscard]] std::string str() const;

  friend bool operator==(const Cid& a, const Cid& b) noexcept {
    return a.size_ == b.size_ && std::memcmp(a.bytes_.data(), b.bytes_.data(), a.size_) == 0;
  }
  /// Byte order of the binary forms.
  friend std::strong_ordering operator<=>(const Cid& a, const Cid& b) noexcept {
    return base::as_chars(a.bytes()) <=> base::as_chars(b.bytes());
  }

 private:
  std::array<std::uint8_t, kMaxBytes> bytes_{};
  std::uint8_t size_ = 0;
};

/// CID of a block of the chain: version 1, dag-cbor, blake2b-256 of `data`.
Cid cid_of_cbor(BytesView data);
/// CID of raw bytes: version 1, raw, blake2b-256.
Cid cid_of_raw(BytesView data);
/// CID of `data` with the codec and hash of `like`; Unsupported for hashes other than identity,
/// sha2-256 and blake2b-256.
Result<Cid> cid_like(const Cid& like, BytesView data);
/// Whether the bytes hash to the CID; Unsupported for hashes we cannot compute.
Result<void> verify_block(const Cid& cid, BytesView data);

}  // namespace venus::ipld

namespace venus {
using ipld::Cid;
}

template <>
struct std::hash<venus::ipld::Cid> {
  std::size_t operator()(const venus::ipld::Cid& cid) const noexcept {
    // The digest is the tail and already uniform.
    const auto bytes = cid.bytes();
    std::size_t out = 0;
    if (bytes.size() >= sizeof out) {
      std::memcpy(&out, bytes.data() + bytes.size() - sizeof out, sizeof out);
    } else {
      for (const auto byte : bytes) out = out * 31 + byte;
    }
    return out;
  }
};

/// JSON {"/": "bafy…"}; the undefined CID is null, as in Go.
template <>
struct venus::base::JsonCodec<venus::ipld::Cid> {
  static boost::json::value encode(const venus::ipld::Cid& v);
  static Result<venus::ipld::Cid> decode(const boost::json::value& v);
};

template <>
struct fmt::formatter<venus::ipld::Cid> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const venus::ipld::Cid& cid, Context& context) const {
    return fmt::formatter<std::string>::format(cid.str(), context);
  }
};
