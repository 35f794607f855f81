// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/test_util/mutate.hpp"

#include <algorithm>
#include <random>

namespace venus::base::test_util {
namespace {

constexpr std::size_t kTruncations = 512;

/// Heads and lengths that decoders stumble over: maximal lengths, indefinite forms, deep nesting.
const std::vector<Bytes>& nasty_parts() {
  static const std::vector<Bytes> parts{
      {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
      {0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
      {0xbb, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00},
      {0x9a, 0x00, 0x10, 0x00, 0x00},
      {0x5f, 0x9f, 0xbf, 0xff},
      {0x18, 0x00},
      {0xd8, 0x2a, 0x58, 0x27, 0x00},
      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
      {0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
      Bytes(300, 0x81),
      Bytes(64, 0x5b),
      {0xf6},
      {0xfb, 0x3f, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
  };
  return parts;
}

class Mutator {
 public:
  explicit Mutator(std::span<const Bytes> seeds) : seeds_(seeds) {}

  Bytes next() {
    Bytes out = seeds_[below(seeds_.size())];
    for (auto damages = 1 + below(8); damages > 0; --damages)
      damage(out);
    return out;
  }

 private:
  // std::uniform_int_distribution differs between libraries; a plain remainder does not.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }

  void insert(Bytes& out, BytesView part) {
    const auto at = static_cast<std::ptrdiff_t>(below(out.size() + 1));
    out.insert(out.begin() + at, part.begin(), part.end());
  }

  void damage(Bytes& out) {
    const auto kind = below(7);
    if (out.empty() || kind == 0) return insert(out, nasty_parts()[below(nasty_parts().size())]);
    const auto at = below(out.size());
    const auto length = std::min(out.size() - at, 1 + below(16));
    const auto from = out.begin() + static_cast<std::ptrdiff_t>(at);
    switch (kind) {
      case 1:
        out[at] = static_cast<std::uint8_t>(out[at] ^ (1U << below(8)));
        break;
      case 2:
        out[at] = byte();
        break;
      case 3:
        out.erase(from, from + static_cast<std::ptrdiff_t>(length));
        break;
      case 4:
        insert(out, Bytes(from, from + static_cast<std::ptrdiff_t>(length)));
        break;
      case 5: {
        const auto& nasty = nasty_parts()[below(nasty_parts().size())];
        std::copy_n(nasty.begin(), std::min(nasty.size(), out.size() - at), from);
        break;
      }
      default: {
        const auto& other = seeds_[below(seeds_.size())];
        if (!other.empty()) insert(out, BytesView(other).subspan(below(other.size())));
        break;
      }
    }
  }

  std::span<const Bytes> seeds_;
  std::mt19937_64 random_{20260801};
};

}  // namespace

void for_each_mutation(std::span<const Bytes> seeds, std::size_t rounds,
                       FunctionRef<void(BytesView)> decode) {
  for (const auto& seed : seeds) {
    const auto step = std::max<std::size_t>(1, seed.size() / kTruncations);
    // A copy of the exact size, so that sanitizers see a read behind the end.
    for (std::size_t size = 0; size < seed.size(); size += step) {
      decode(Bytes(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(size)));
    }
  }
  if (seeds.empty()) return;
  Mutator mutator(seeds);
  for (std::size_t i = 0; i < rounds; ++i)
    decode(mutator.next());
}

}  // namespace venus::base::test_util
