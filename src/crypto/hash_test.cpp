// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto/hash.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace venus::crypto {
namespace {

/// 0, 1, ... 250, 0, 1, ...
Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::uint8_t>(i % 251);
  return out;
}

// Made with Python's hashlib.
struct Digests {
  std::size_t size;
  const char* blake2b_256;
  const char* blake2b_160;
  const char* blake2b_32;
  const char* sha256;
};
constexpr Digests kDigests[] = {
    {0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
     "3345524abf6bbe1809449224b5972c41790b6cf2", "1271cf25",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {3, "3d8c3d594928271f44aad7a04b177154806867bcf918e1549c0bc16f9da2b09b",
     "147420788d27f83264eb55bad410d304540a21d9", "579c4f35",
     "ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc"},
    {128, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1",
     "e6992372ab022447b34f6d6032fbab707a11adef", "b36f9364",
     "471fb943aa23c511f6f72f8d1652d9c880cfa392ad80503120547703e56a2be5"},
    {129, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9",
     "a7bf25f1599102ab631e3052e8303a2c097d1a7e", "b382d211",
     "5099c6a56203f9687f7d33f4bfdf576d31dc91f6b695ecea38b2770c87631135"},
    {300, "940563f11807c8ba3192299e05cf544b82463742c8a5e80c2a5d81751cd8b0ca",
     "65e05d1cecbb370304bc5213f53b9b0093208aea", "c1bd1d06",
     "43f9b5d59eb108817176c6f65c2c6203a22f2ae8bc28b7a1dde45947678c5042"},
};

TEST(Hash, DigestsEqualThoseOfPython) {
  for (const auto& want : kDigests) {
    const auto data = pattern(want.size);
    EXPECT_EQ(base::to_hex(blake2b_256(data)), want.blake2b_256) << want.size;
    EXPECT_EQ(base::to_hex(blake2b_160(data)), want.blake2b_160) << want.size;
    EXPECT_EQ(base::to_hex(blake2b_32(data)), want.blake2b_32) << want.size;
    EXPECT_EQ(base::to_hex(sha256(data)), want.sha256) << want.size;
    EXPECT_EQ(base::to_hex(blake2b(data, 20)), want.blake2b_160) << want.size;
  }
  EXPECT_EQ(base::to_hex(blake2b(base::as_bytes("abc"), 64)),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST(Hash, PartsHashLikeTheirConcatenation) {
  const auto data = pattern(300);
  const BytesView all(data);
  const std::array<BytesView, 4> parts = {all.first(1), all.subspan(1, 0), all.subspan(1, 200),
                                          all.subspan(201)};
  EXPECT_EQ(blake2b_256(parts), blake2b_256(all));
}

TEST(Hash, KeccakEqualsAnIndependentImplementation) {
  const std::pair<std::size_t, const char*> cases[] = {
      {0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
      {3, "f84a97f1f0a956e738abd85c2e0a5026f8874e3ec09c8f012159dfeeaab2b156"},
      {135, "cbdfd9dee5faad3818d6b06f95a219fd290b0e1706f6a82e5a595b9ce9faca62"},
      {136, "7ce759f1ab7f9ce437719970c26b0a66ff11fe3e38e17df89cf5d29c7d7f807e"},
      {137, "ac73d4fae68b8453f764007c1a20ce95994187861f0c3227a3a8e99a73a3b1db"},
      {300, "4699841dafd5e26cca72b05a41d38c96b4b468e5a6cbf694cbebe77dacdf6528"}};
  for (const auto& [size, want] : cases) {
    EXPECT_EQ(base::to_hex(keccak256(pattern(size))), want) << size;
  }
}

TEST(Hash, ManyThreadsHashAtOnce) {
  const auto data = pattern(300);
  std::array<bool, 4> right{};
  {
    std::vector<std::jthread> threads;
    for (auto& result : right) {
      threads.emplace_back([&data, &result] {
        result = true;
        for (int i = 0; i < 1000; ++i) {
          result = result && base::to_hex(blake2b_32(data)) == "c1bd1d06";
        }
      });
    }
  }
  for (const bool result : right)
    EXPECT_TRUE(result);
}

}  // namespace
}  // namespace venus::crypto
