// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/key_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "bridge/bls.hpp"
#include "crypto/random.hpp"
#include "types/signing.hpp"

namespace venus::node {
namespace {

constexpr std::string_view kSuffix = ".key";
constexpr std::string_view kDefaultFile = "default";

Result<Address> address_of(const types::KeyInfo& key) {
  if (key.type != types::KeyType::Bls) return types::address_of_key(key);
  TRY(const auto public_key, bridge::bls_public_key(key.private_key.view()));
  return Address::bls(public_key);
}

std::string file_name(const Address& address) { return address.str(types::NetworkPrefix::Mainnet); }

}  // namespace

Result<std::unique_ptr<KeyStore>> KeyStore::open(std::filesystem::path folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(ErrorCode::Io, "cannot make {}: {}", folder.string(), error.message());
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  std::unique_ptr<KeyStore> out(new KeyStore(std::move(folder)));
  TRY_VOID(out->load());
  return out;
}

Result<void> KeyStore::load() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (entry.path().filename() == kDefaultFile) {
      TRY(default_, with_context(Address::parse(text), entry.path().string()));
    } else if (entry.path().extension() == kSuffix) {
      auto key = types::KeyInfo::import_text(text);
      base::secure_wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
      if (!key) return fail(ErrorCode::Corrupt, "{}: {}", entry.path().string(), key.error().message);
      TRY(const auto address, address_of(*key));
      keys_.emplace(address, *std::move(key));
    }
  }
  if (error) return fail(ErrorCode::Io, "cannot read {}: {}", folder_.string(), error.message());
  return {};
}

Result<void> KeyStore::write(const std::filesystem::path& file, std::string_view text) const {
  const auto temporary = file.string() + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::Io, "cannot write {}: {}", temporary, std::strerror(errno));
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  if (!written || std::rename(temporary.c_str(), file.c_str()) != 0) {
    return fail(ErrorCode::Io, "cannot write {}: {}", file.string(), std::strerror(errno));
  }
  return {};
}

Result<Address> KeyStore::create(types::KeyType type) {
  types::KeyInfo key;
  key.type = type;
  auto seed = crypto::random_bytes(32);
  if (type == types::KeyType::Bls) {
    TRY(auto secret, bridge::bls_generate(seed));
    key.private_key = Secret(Bytes(secret.begin(), secret.end()));
    base::secure_wipe(secret);
    base::secure_wipe(seed);
  } else {
    key.private_key = Secret(std::move(seed));
  }
  return import(std::move(key));
}

Result<Address> KeyStore::import(types::KeyInfo key) {
  TRY(const auto address, address_of(key));
  const std::scoped_lock lock(mutex_);
  const auto text = key.export_text();
  TRY_VOID(write(folder_ / (file_name(address) + std::string(kSuffix)), base::as_chars(text.view())));
  keys_.insert_or_assign(address, std::move(key));
  return address;
}

Result<types::KeyInfo> KeyStore::export_key(const Address& address) const {
  const std::scoped_lock lock(mutex_);
  const auto found = keys_.find(address);
  if (found == keys_.end()) return fail(ErrorCode::NotFound, "no key of {} here", address);
  return types::KeyInfo{found->second.type, found->second.private_key.clone()};
}

Result<void> KeyStore::erase(const Address& address) {
  const std::scoped_lock lock(mutex_);
  if (keys_.erase(address) == 0) return fail(ErrorCode::NotFound, "no key of {} here", address);
  std::error_code error;
  std::filesystem::remove(folder_ / (file_name(address) + std::string(kSuffix)), error);
  if (error) return fail(ErrorCode::Io, "cannot remove the key file: {}", error.message());
  if (default_ == address) default_.reset();
  return {};
}

bool KeyStore::has(const Address& address) const {
  const std::scoped_lock lock(mutex_);
  return keys_.contains(address);
}

std::vector<Address> KeyStore::list() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Address> out;
  for (const auto& [address, key] : keys_) out.push_back(address);
  return out;
}

Address KeyStore::default_address() const {
  const std::scoped_lock lock(mutex_);
  if (default_) return *default_;
  return keys_.empty() ? Address() : keys_.begin()->first;
}

Result<void> KeyStore::set_default(const Address& address) {
  const std::scoped_lock lock(mutex_);
  if (!keys_.contains(address)) return fail(ErrorCode::NotFound, "no key of {} here", address);
  TRY_VOID(write(folder_ / kDefaultFile, file_name(address)));
  default_ = address;
  return {};
}

Result<types::Signature> KeyStore::sign(const Address& address, BytesView data) const {
  TRY(const auto key, export_key(address));
  if (key.type != types::KeyType::Bls) {
    return types::sign_without_bls(types::signature_type(key.type), key.private_key.view(), data);
  }
  TRY(const auto signature, bridge::bls_sign(key.private_key.view(), data));
  return types::Signature{types::SignatureType::Bls, Bytes(signature.begin(), signature.end())};
}

Result<types::SignedMessage> KeyStore::sign_message(types::Message message, std::uint64_t chain_id) const {
  TRY(const auto key, export_key(message.from));
  TRY(const auto data, types::message_signing_bytes(message, types::signature_type(key.type), chain_id));
  TRY(auto signature, sign(message.from, data));
  return types::SignedMessage{std::move(message), std::move(signature)};
}

}  // namespace venus::node
