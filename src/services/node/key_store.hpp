// SPDX-License-Identifier: MIT OR Apache-2.0
// Keys of the node's own, for plain use: one file a key, readable by its owner alone, as Lotus keeps them.
// A pool's keys belong into venus-wallet, which encrypts them and looks at what it signs.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

#include "types/key_info.hpp"
#include "types/message.hpp"

namespace venus::node {

class KeyStore {
 public:
  /// Opens or makes the folder (mode 0700). Corrupt when a key file can't be read.
  static Result<std::unique_ptr<KeyStore>> open(std::filesystem::path folder);

  Result<Address> create(types::KeyType type);
  Result<Address> import(types::KeyInfo key);
  Result<types::KeyInfo> export_key(const Address& address) const;
  Result<void> erase(const Address& address);
  [[nodiscard]] bool has(const Address& address) const;
  [[nodiscard]] std::vector<Address> list() const;
  /// Undefined when none was chosen and there is no key.
  [[nodiscard]] Address default_address() const;
  Result<void> set_default(const Address& address);

  /// Signs bytes as they are (after the hash the key's type demands). NotFound without the key.
  Result<types::Signature> sign(const Address& address, BytesView data) const;
  /// Signs a chain message; From must be the key's address.
  Result<types::SignedMessage> sign_message(types::Message message, std::uint64_t chain_id) const;

 private:
  explicit KeyStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<void> load();
  Result<void> write(const std::filesystem::path& file, std::string_view text) const;

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::map<Address, types::KeyInfo> keys_;
  std::optional<Address> default_;
};

}  // namespace venus::node
