// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ipld/cbor.hpp"

namespace venus::ipld::cbor {
namespace {

constexpr std::uint64_t kLinkTag = 42;

/// UTF-8 without overlong forms, surrogates or values above U+10FFFF.
bool is_utf8(BytesView text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = text[i];
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead < 0xc2 || lead > 0xf4) return false;
    const std::size_t more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (text.size() - i <= more) return false;
    const auto second = text[i + 1];
    const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    const bool outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
    if (overlong || outside) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((text[i + k] & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

/// DAG-CBOR's order of map keys: the shorter first, then by bytes.
bool key_before(BytesView a, BytesView b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size();
  return base::as_chars(a) < base::as_chars(b);
}

/// A list or map whose items are being walked. Left uninitialised until it is used.
struct Frame {
  std::uint64_t left;  ///< items of the list, or pairs of the map, not begun yet
  bool map;
  const std::uint8_t* last_key;  ///< null before the first key
  std::size_t last_key_size;
};

}  // namespace

/// Walks one item without recursion, so that depth costs no stack.
class Walker {
 public:
  explicit Walker(Reader& reader, bool any_key_order = false) noexcept
      : r_(reader), any_key_order_(any_key_order) {}

  /// Checks one item and calls on_link(cid) for each link in it; an error of on_link ends the walk.
  template <class OnLink>
  Result<void> walk(OnLink&& on_link) {
    do {
      if (depth_ > 0) begin_entry(frames_[depth_ - 1]);
      switch (const auto major = r_.peek(); major) {
        case Major::Unsigned:
        case Major::Negative:
          r_.expect(major, "want an integer");
          break;
        case Major::Bytes:
          r_.read_bytes(UINT64_MAX);
          break;
        case Major::Text:
          r_.read_text(UINT64_MAX);
          break;
        case Major::Array:
          push(r_.read_array(UINT64_MAX), false);
          break;
        case Major::Map:
          push(r_.read_map(UINT64_MAX), true);
          break;
        case Major::Tag:
          if (const auto cid = r_.read_cid(); r_.ok()) TRY_VOID(on_link(cid));
          break;
        case Major::Simple:
          if (!r_.try_null()) r_.read_bool();
          break;
      }
      while (depth_ > 0 && frames_[depth_ - 1].left == 0)
        --depth_;
    } while (depth_ > 0 && r_.ok());
    return {};
  }

 private:
  void push(std::uint64_t count, bool map) noexcept {
    if (depth_ == frames_.size()) return r_.fail("nested too deeply", ErrorCode::TooLarge);
    frames_[depth_++] = Frame{count, map, nullptr, 0};
  }

  /// Counts the entry that begins; of a map's, reads the key and checks the order.
  void begin_entry(Frame& frame) noexcept {
    --frame.left;
    if (!frame.map) return;
    const auto key = base::as_bytes(r_.read_text(UINT64_MAX));
    if (!r_.ok()) return;
    if (frame.last_key != nullptr && !any_key_order_ &&
        !key_before({frame.last_key, frame.last_key_size}, key)) {
      return r_.fail("map keys are not in canonical order");
    }
    frame.last_key = key.data();
    frame.last_key_size = key.size();
  }

  Reader& r_;
  bool any_key_order_;
  std::size_t depth_ = 0;
  std::array<Frame, kMaxDepth> frames_;
};

void Reader::fail(const char* reason, ErrorCode code) noexcept {
  if (reason_ != nullptr) return;
  reason_ = reason;
  code_ = code;
  failed_at_ = at_;
  at_ = end_;
}

Result<void> Reader::finish(bool allow_trailing) const {
  if (!ok()) return base::fail(code_, "CBOR at byte {}: {}", offset(), reason_);
  if (!allow_trailing && at_ != end_) {
    return base::fail(ErrorCode::Malformed, "CBOR at byte {}: {} bytes left over", offset(),
                      remaining());
  }
  return {};
}

std::string_view Reader::read_text(std::uint64_t max) noexcept {
  const auto text = take(expect(Major::Text, "want a text"), max);
  if (!is_utf8(text)) return fail("text is not UTF-8"), std::string_view();
  return base::as_chars(text);
}

Cid Reader::rare_cid() noexcept {
  if (expect(Major::Tag, "want a link") != kLinkTag) return fail("tag other than 42"), Cid();
  const auto bytes = read_bytes(1 + Cid::kMaxBytes);
  if (!ok()) return {};
  if (bytes.empty() || bytes[0] != 0) return fail("link without its zero byte"), Cid();
  const auto cid = Cid::from_bytes(bytes.subspan(1));
  if (!cid) return fail("link is no CID"), Cid();
  return *cid;
}

BytesView Reader::walk_raw() noexcept {
  const auto* start = at_;
  // The walk itself cannot fail: what is wrong with the input goes to the reader.
  static_cast<void>(Walker(*this).walk([](const Cid&) { return Result<void>(); }));
  return ok() ? BytesView(start, at_) : BytesView();
}

void Writer::write_long_head(Major major, std::uint64_t value) {
  ByteArray<9> head;
  const std::size_t width = value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
  const unsigned info = width == 1 ? 24 : width == 2 ? 25 : width == 4 ? 26 : 27;
  head[0] = static_cast<std::uint8_t>(static_cast<unsigned>(major) << 5 | info);
  for (std::size_t i = 0; i < width; ++i) {
    head[1 + i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
  }
  base::append(out_, BytesView(head).first(1 + width));
}

void Writer::write_cid(const Cid& cid) {
  write_head(Major::Tag, kLinkTag);
  write_head(Major::Bytes, cid.bytes().size() + 1);
  out_.push_back(0);
  base::append(out_, cid.bytes());
}

Result<void> check(BytesView data) {
  Reader reader(data);
  reader.read_raw();
  return reader.finish();
}

Result<void> for_each_link(BytesView data, const std::function<Result<void>(const Cid&)>& visit) {
  Reader reader(data);
  TRY_VOID(Walker(reader, true).walk(visit));
  return reader.finish();
}

}  // namespace venus::ipld::cbor
