// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/node.hpp"

#include "actors/simple_states.hpp"
#include "ipld/car.hpp"
#include "platform/log.hpp"
#include "services/node/pool_glue.hpp"

namespace venus::node {
namespace {

const platform::Log log("node");

constexpr auto kHeadPoll = std::chrono::milliseconds(200);

std::vector<api::HeadChange> to_api(const chainstore::HeadChange& change) {
  std::vector<api::HeadChange> out;
  for (const auto& tipset : change.reverted) out.push_back({"revert", tipset});
  for (const auto& tipset : change.applied) out.push_back({"apply", tipset});
  return out;
}

}  // namespace

Node::Node(asio::io_context& context, Settings wanted)
    : settings(std::move(wanted)), io(context),
      disk({.folder = settings.home, .min_free = settings.min_free},
           [tell = settings.on_disk_full](const std::string& reason) {
             log.error(reason);
             if (tell) tell(reason);
           }),
      workers(settings.worker_threads),
      started_millis(clock.unix_millis()) {}

Node::~Node() { stop(); }

Result<std::unique_ptr<Node>> Node::open(asio::io_context& io, Settings settings) {
  std::unique_ptr<Node> node(new Node(io, std::move(settings)));
  TRY_VOID(node->open_chain());
  TRY(node->runtime, consensus::make_runtime(node->settings.network, *node->chain, node->engine, node->clock,
                                             {.vm_cache_bytes = node->settings.vm_cache_mib << 20, .chain = {}}));
  node->pool_view = make_pool_view(*node->runtime);
  TRY(node->pool_store, open_message_store(node->settings.home / "local-messages"));
  node->pool = std::make_unique<mpool::Pool>(*node->pool_view, *node->pool_store, node->clock, mpool::Config{});
  TRY(node->keys, KeyStore::open(node->settings.home / "keystore"));
  node->beacons = make_drand_source(io);
  return node;
}

Result<void> Node::open_chain() {
  TRY_VOID(disk.check());
  TRY(database, with_context(chainstore::ChainDatabase::open(
                                 settings.home / "chain",
                                 {.memory_mib = settings.database_memory_mib,
                                  .must_exist = false,
                                  .bulk = false,
                                  .on_failure = [this](const Error& error) { disk.fail(error); }}),
                             "open the chain's database"));
  TRY(chain, chainstore::ChainStore::open(database->blocks(), *database));
  TRY(manifests_, import_bundles());
  space = std::make_unique<Space>(
      *chain, *database,
      SpaceOptions{.home = settings.home,
                   .keep_epochs = settings.gc_keep_epochs,
                   .max_disk = settings.max_disk,
                   .min_free = settings.min_free,
                   .block_delay = std::chrono::seconds(settings.network.block_delay_seconds)});
  space->keep(manifests_);
  if (chain->genesis()) return {};
  if (settings.genesis_car.empty()) {
    return fail(ErrorCode::NotFound,
                "there is no chain in {} yet: name the network's genesis file (--network-genesis), or import a chain",
                settings.home.string());
  }
  TRY(const auto imported, with_context(ipld::import_car_file(settings.genesis_car, database->blocks()),
                                        settings.genesis_car.string()));
  if (imported.roots.size() != 1) {
    return fail(ErrorCode::Malformed, "{} is no genesis: it has {} roots", settings.genesis_car.string(),
                imported.roots.size());
  }
  return consensus::adopt_genesis(settings.network, *chain, imported.roots.front());
}

Result<std::vector<Cid>> Node::import_bundles() {
  std::vector<Cid> manifests;
  for (const auto& file : settings.actor_bundles) {
    TRY(const auto imported, with_context(ipld::import_car_file(file, database->blocks()), file.string()));
    for (const auto& root : imported.roots) manifests.push_back(root);
  }
  return manifests;
}

Result<void> Node::start() {
  disk.start();
  space->start();
  head_changes_ = chain->subscribe(256);
  {
    const std::scoped_lock lock(listeners_mutex_);
    published_ = chain->head();
  }
  warmer_ = std::jthread([this] { warm_up(); });
  follower_ = std::jthread([this](std::stop_token stop) { follow_head(std::move(stop)); });
  return {};
}

void Node::stop() {
  disk.stop();
  if (space) space->stop();
  if (head_changes_) head_changes_->close();
  follower_.request_stop();
  if (follower_.joinable()) follower_.join();
  if (warmer_.joinable()) warmer_.join();
  const std::scoped_lock lock(listeners_mutex_);
  for (auto& listener : listeners_) listener.close();
  listeners_.clear();
}

// Compiles the bundle that the head's state runs on, if it was given; others would only cost time.
Result<void> Node::warm_actors() {
  const auto head = chain->head();
  TRY(const auto view, views.at(*chain, head));
  TRY(const auto system, view->tree.load_state<actors::system::State>(types::singleton::kSystem,
                                                                      actors::ActorType::System));
  for (const auto& manifest : manifests_) {
    TRY(const auto list, bundle_list(chain->blocks(), manifest));
    if (list != system.builtin_actors) continue;
    return engine.warm_up(version_after(head).value(), chain->blocks(), manifest);
  }
  return {};
}

void Node::warm_up() {
  if (const auto warmed = warm_actors(); !warmed) log.warn("actors", platform::kv("error", warmed.error()));
  // Executing the head makes the pool's view of it ready, and with it the first requests quick.
  pool_start_ = chain->head();
  static_cast<void>(runtime->states.state(pool_start_));
  static_cast<void>(pool->start(pool_start_));
  warm_ = true;
}

void Node::follow_head(std::stop_token stop) {
  chainstore::HeadFollower follower(*chain, published_);
  bool behind = false;
  while (!stop.stop_requested()) {
    const auto item = head_changes_->next(kHeadPoll);
    if (!item && head_changes_->closed()) return;
    if (item || behind) {
      const auto change = item ? follower.follow(*item) : follower.go_to(chain->head());
      behind = !change;
      if (change) publish(*change, follower.at());
      else log.error("head changes", platform::kv("error", change.error()));
    } else {
      static_cast<void>(pool->prune_if_needed());
    }
    if (warm_) bring_pool_to(follower.at());
  }
}

void Node::bring_pool_to(const TipsetPtr& to) {
  if (!pool_head_) pool_head_.emplace(*chain, pool_start_);
  const auto change = pool_head_->go_to(to);
  if (!change || (change->reverted.empty() && change->applied.empty())) return;
  // Executing the new head here means the next block template or estimate finds it done.
  static_cast<void>(runtime->states.state(to));
  static_cast<void>(pool->head_change(to, change->reverted, change->applied));
}

Node::HeadStream Node::subscribe_head() {
  auto [writer, stream] = rpc::make_stream<std::vector<api::HeadChange>>(256);
  const std::scoped_lock lock(listeners_mutex_);
  // Where the other listeners stand: the next change starts there, even if the chain has moved on already.
  writer.send({{"current", published_ ? published_ : chain->head()}});
  listeners_.push_back(std::move(writer));
  return std::move(stream);
}

void Node::publish(const chainstore::HeadChange& change, const TipsetPtr& to) {
  const auto items = to_api(change);
  const std::scoped_lock lock(listeners_mutex_);
  published_ = to;
  if (items.empty()) return;
  std::erase_if(listeners_, [&](const auto& listener) { return !listener.send(items); });
}

Result<TipsetPtr> Node::tipset(const TipsetKey& key) const {
  if (key.empty()) return chain->head();
  return with_context(chain->tipset(key), "tipset " + key.str());
}

std::int64_t Node::epochs_behind() const {
  const auto& network = settings.network;
  const auto genesis = static_cast<std::int64_t>(chain->genesis()->min_timestamp());
  const auto due = (clock.unix_seconds() - genesis) / static_cast<std::int64_t>(network.block_delay_seconds);
  return std::max<std::int64_t>(0, due - chain->head()->height().value());
}

Result<Cid> Node::push_message(types::SignedMessage message, mpool::Origin origin) {
  const auto cid = message.cid();
  const auto added = pool->add(message, origin);
  if (!added && added.error().code == ErrorCode::AlreadyExists) return cid;
  if (!added) return std::unexpected(added.error());
  if (added->publish && relay) relay(std::move(message));
  return added->cid;
}

Result<void> Node::store_messages_of(const types::BlockMessage& block) {
  std::vector<types::SignedMessage> missing;
  for (const auto* list : {&block.bls_messages, &block.secpk_messages}) {
    for (const auto& message : *list) {
      TRY(const bool here, chain->blocks().has(message));
      if (here) continue;
      const auto pending = pool->find(message);
      if (!pending) {
        return fail(ErrorCode::Unavailable, "message {} of block {} is not here", message, block.header.cid());
      }
      missing.push_back(*pending);
    }
  }
  TRY_VOID(chain->put_messages(missing));
  TRY(const auto meta, chainstore::store_message_meta(chain->blocks(), block.bls_messages, block.secpk_messages));
  if (meta == block.header.messages) return {};
  return fail(ErrorCode::FailedValidation, "block {} names other messages than it came with", block.header.cid());
}

Result<void> Node::submit_block(const types::BlockMessage& block) {
  const auto cid = block.header.cid();
  if (chain->is_validated(cid)) return {};
  TRY(const auto parents, with_context(chain->tipset(TipsetKey(block.header.parents)), "parents"));
  static_cast<void>(parents);
  TRY_VOID(store_messages_of(block));
  TRY_VOID(chain->put_block(block.header));
  TRY(const auto report, runtime->validator.validate_known(cid, {.threads = 2, .proofs = true}));
  if (!report.valid()) {
    return fail(report.bad() ? ErrorCode::FailedValidation : ErrorCode::Temporal, "block {}: {}", cid, report.text());
  }
  TRY_VOID(chain->add_validated_block(block.header));
  return {};
}

}  // namespace venus::node
