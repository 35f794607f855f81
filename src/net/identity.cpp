// SPDX-License-Identifier: MIT OR Apache-2.0
#include "net/identity.hpp"

#include "crypto/random.hpp"
#include "crypto/secret.hpp"
#include "net/state_file.hpp"

namespace venus::net {
namespace {

constexpr std::size_t kMaxFile = 128;  // 64 digits and a line break; an editor may add more

Result<void> decode_hex(BytesView text, ByteArray<32>& seed) {
  auto digits = base::as_chars(text);
  while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r' || digits.back() == ' ')) digits.remove_suffix(1);
  auto bytes = base::from_hex(digits);
  if (!bytes || bytes->size() != seed.size() || digits.size() != 2 * seed.size()) {
    return fail(ErrorCode::Corrupt, "want 64 hex digits; restore it from a copy, or delete it and the node takes a new identity");
  }
  std::copy(bytes->begin(), bytes->end(), seed.begin());
  base::secure_wipe(*bytes);
  return {};
}

}  // namespace

Result<Identity> Identity::open(const std::filesystem::path& folder) {
  const auto path = folder / "identity";
  Identity out;
  auto read = read_state_file(path, kMaxFile);
  if (read) {
    const Secret text(std::move(*read));
    TRY_VOID(check_private(path));
    TRY_VOID(with_context(decode_hex(text.view(), out.seed_), path.string()));
    return out;
  }
  if (read.error().code != ErrorCode::NotFound) return std::unexpected(std::move(read).error());
  crypto::fill_random(out.seed_);
  auto hex = base::to_hex(out.seed_) + "\n";
  const auto written = write_state_file(path, base::as_bytes(hex));
  base::secure_wipe({reinterpret_cast<std::uint8_t*>(hex.data()), hex.size()});
  if (!written) return std::unexpected(written.error());
  return out;
}

Identity::Identity(Identity&& other) noexcept : seed_(other.seed_) { base::secure_wipe(other.seed_); }

Identity::~Identity() { base::secure_wipe(seed_); }

}  // namespace venus::net
