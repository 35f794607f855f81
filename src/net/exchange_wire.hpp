// SPDX-License-Identifier: MIT OR Apache-2.0
// The messages of /fil/chain/xchg/0.0.1 (protocol.md section 7; Lotus chain/exchange/protocol.go and its
// generated CBOR).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/cbor_scanner.hpp"
#include "sync/chain_source.hpp"

namespace venus::net {

inline constexpr std::string_view kExchangeProtocol = "/fil/chain/xchg/0.0.1";

namespace exchange {
/// Tipsets of one request: finality (Lotus MaxRequestLength).
inline constexpr std::uint64_t kMaxLength = 900;
/// Messages of one kind in a tipset: 15 blocks of 10,000.
inline constexpr std::uint64_t kMaxMessages = 150'000;
/// Messages of one kind that a block refers to.
inline constexpr std::uint64_t kMaxIncludes = 10'000;
/// Blocks of a tipset. The protocol has no such limit, but a tipset of more than some 15 blocks does not
/// happen, and a claim costs memory.
inline constexpr std::uint64_t kMaxBlocks = 256;
inline constexpr std::uint64_t kMaxErrorMessage = 8192;
/// A request names the blocks of a tipset; 256 links take 11 KiB.
inline constexpr std::size_t kMaxRequestBytes = 16U << 10;
/// A whole answer (Lotus maxExchangeMessageSize: 15 blocks of 8 MiB).
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{120} << 20;
/// Headers of one tipset; one takes some 2 KiB.
inline constexpr std::size_t kMaxHeaderTipsetBytes = 2U << 20;
}  // namespace exchange

/// What is asked of each tipset; may be combined.
enum ExchangeOption : std::uint64_t { kExchangeHeaders = 1, kExchangeMessages = 2 };

enum class ExchangeStatus : std::uint64_t {
  Ok = 0,
  Partial = 101,  ///< fewer tipsets than asked, yet no error
  NotFound = 201,
  GoAway = 202,  ///< the server is busy or does not like us
  InternalError = 203,
  BadRequest = 204,
};

struct ExchangeRequest {
  std::vector<Cid> head;     ///< the tipset to begin with
  std::uint64_t length = 0;  ///< tipsets, that one included: 1 to kMaxLength
  std::uint64_t options = 0;
  bool operator==(const ExchangeRequest&) const = default;
  static constexpr auto fields() {
    return base::fields_of(base::field("Head", &ExchangeRequest::head),
                           base::field("Length", &ExchangeRequest::length),
                           base::field("Options", &ExchangeRequest::options));
  }
};

/// One tipset of an answer as the wire has it: nothing of it is checked but its form and limits.
struct ExchangeTipset {
  std::vector<types::BlockHeader> blocks;  ///< empty when headers were not asked for
  std::optional<sync::TipsetMessages> messages;
  /// CIDs of `messages`, as blocks refer to them, in the same order.
  std::vector<Cid> bls_cids;
  std::vector<Cid> secpk_cids;
};

/// Appends a tipset.
void encode_exchange_tipset(ipld::cbor::Writer& writer, const std::vector<types::BlockHeader>& blocks,
                            const sync::TipsetMessages* messages);
/// Appends lists of indices, one for each block.
void encode_includes(ipld::cbor::Writer& writer, const std::vector<std::vector<std::uint64_t>>& includes);
/// What stands before the tipsets of an answer.
Bytes encode_exchange_head(ExchangeStatus status, std::string_view error, std::size_t tipsets);
/// One tipset from exactly its bytes. Malformed, TooLarge.
Result<ExchangeTipset> decode_exchange_tipset(BytesView bytes);

/// Takes an answer apart while it comes in: holds the tipset that is coming, not the answer. The first
/// failure is final. Not thread-safe.
class ExchangeDecoder {
 public:
  /// `max_tipsets`: as many as were asked for; `max_tipset_bytes`: the longest one.
  ExchangeDecoder(std::size_t max_tipsets, std::size_t max_tipset_bytes)
      : scanner_(max_tipset_bytes), max_tipsets_(max_tipsets) {}

  void feed(BytesView bytes) { base::append(buffer_, bytes); }
  /// The next tipset; nothing when more bytes are needed, or when there is none (see done()). Malformed,
  /// TooLarge.
  Result<std::optional<ExchangeTipset>> next();

  /// Whether status(), error() and count() are known.
  [[nodiscard]] bool has_head() const noexcept { return has_head_; }
  [[nodiscard]] ExchangeStatus status() const noexcept { return status_; }
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// Whether the whole answer was taken.
  [[nodiscard]] bool done() const noexcept { return has_head_ && taken_ == count_; }
  [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size(); }

 private:
  Result<bool> read_head();

  Bytes buffer_;
  std::size_t used_ = 0;  // bytes of buffer_ that were taken
  CborScanner scanner_;
  std::size_t max_tipsets_;
  bool has_head_ = false;
  ExchangeStatus status_ = ExchangeStatus::Ok;
  std::string error_;
  std::size_t count_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace venus::net
