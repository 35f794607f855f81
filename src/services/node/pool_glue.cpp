// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/pool_glue.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>

#include "actors/state_tree.hpp"

namespace venus::node {
namespace {

class PoolView final : public mpool::ChainView {
 public:
  explicit PoolView(consensus::ChainRuntime& runtime) : runtime_(runtime) {}

  Result<mpool::SenderState> sender(const TipsetPtr& tipset, const Address& address) override {
    TRY(const auto tree, tree_after(tipset));
    TRY(const auto actor, tree->get_actor(address));
    TRY(const auto code, tree->code_info(actor.code));
    mpool::SenderState out;
    out.nonce = actor.nonce;
    out.balance = actor.balance;
    using enum actors::ActorType;
    const bool is_f410 = actor.delegated_address && actor.delegated_address->eth().has_value();
    out.can_send = code.type == Account || code.type == EthAccount || (code.type == Placeholder && is_f410);
    // An actor that can't send has no key; the caller refuses it by can_send.
    out.key = address;
    if (out.can_send) {
      TRY(out.key, tree->key_address(address));
    }
    return out;
  }

  Result<TokenAmount> next_base_fee(const TipsetPtr& tipset) override {
    return runtime_.states.base_fee_after(tipset);
  }

  [[nodiscard]] NetworkVersion network_version(ChainEpoch epoch) const override {
    return runtime_.states.params().network_version(epoch);
  }

  [[nodiscard]] Gas on_chain_message_gas(std::size_t chain_length, ChainEpoch epoch) const override {
    return runtime_.states.params().on_chain_message_gas(chain_length, epoch);
  }

  Result<void> verify_signature(const types::SignedMessage& message, const Address& key) override {
    return runtime_.signatures.verify(message, key);
  }

  Result<TipsetMessages> messages(const TipsetPtr& tipset) override {
    TRY(const auto blocks, chain().block_messages(*tipset));
    TipsetMessages out;
    std::set<Cid> seen;
    for (const auto& block : blocks) {
      for (const auto& message : block->bls) {
        if (seen.insert(message.cid).second) out.bls.push_back(message.message);
      }
      for (const auto& message : block->secpk) {
        if (seen.insert(message.cid).second) out.secpk.push_back(message.signed_message());
      }
    }
    return out;
  }

  Result<Path> path(const TipsetPtr& from, const TipsetPtr& to) override {
    TRY(auto change, chain().path(from, to));
    return Path{std::move(change.reverted), std::move(change.applied)};
  }

 private:
  chainstore::ChainStore& chain() { return runtime_.states.chain(); }

  // The pool asks for many senders of one tipset in a row.
  Result<std::shared_ptr<const actors::StateTree>> tree_after(const TipsetPtr& tipset) {
    {
      const std::scoped_lock lock(mutex_);
      if (tree_ && tree_key_ == tipset->key()) return tree_;
    }
    TRY(const auto state, runtime_.states.state(tipset));
    TRY(auto loaded, actors::StateTree::load(chain().blocks(), state.state_root));
    auto tree = std::make_shared<const actors::StateTree>(std::move(loaded));
    const std::scoped_lock lock(mutex_);
    tree_key_ = tipset->key();
    tree_ = tree;
    return tree;
  }

  consensus::ChainRuntime& runtime_;
  std::mutex mutex_;
  TipsetKey tree_key_;
  std::shared_ptr<const actors::StateTree> tree_;
};

class FileMessageStore final : public mpool::MessageStore {
 public:
  explicit FileMessageStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<void> save(const types::SignedMessage& message) override {
    const auto bytes = ipld::encode(message);
    const auto file = path_of(message.cid());
    const auto temporary = file.string() + ".new";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return fail(ErrorCode::Io, "cannot write {}: {}", temporary, std::strerror(errno));
    const bool good = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fsync(fd) == 0;
    close(fd);
    if (!good || std::rename(temporary.c_str(), file.c_str()) != 0) {
      return fail(ErrorCode::Io, "cannot write {}: {}", file.string(), std::strerror(errno));
    }
    return {};
  }

  Result<void> erase(const Cid& cid) override {
    std::error_code error;
    std::filesystem::remove(path_of(cid), error);
    if (error) return fail(ErrorCode::Io, "cannot remove {}: {}", path_of(cid).string(), error.message());
    return {};
  }

  Result<std::vector<types::SignedMessage>> load_all() override {
    std::vector<types::SignedMessage> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
      if (entry.path().extension() != ".msg") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const Bytes bytes(std::istreambuf_iterator<char>(in), {});
      TRY(auto message, with_context(ipld::decode<types::SignedMessage>(bytes), entry.path().string()));
      out.push_back(std::move(message));
    }
    if (error) return fail(ErrorCode::Io, "cannot read {}: {}", folder_.string(), error.message());
    return out;
  }

 private:
  [[nodiscard]] std::filesystem::path path_of(const Cid& cid) const { return folder_ / (cid.str() + ".msg"); }
  const std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<mpool::ChainView> make_pool_view(consensus::ChainRuntime& runtime) {
  return std::make_unique<PoolView>(runtime);
}

Result<std::unique_ptr<mpool::MessageStore>> open_message_store(std::filesystem::path folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(ErrorCode::Io, "cannot make {}: {}", folder.string(), error.message());
  return std::unique_ptr<mpool::MessageStore>(std::make_unique<FileMessageStore>(std::move(folder)));
}

}  // namespace venus::node
