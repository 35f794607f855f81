// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/state_tree.hpp"

#include "actors/legacy_hamt.hpp"
#include "actors/simple_states.hpp"

#include <mutex>

namespace venus::actors {
namespace {

/// An actor in trees before version 5.
struct ActorV4 {
  Cid code;
  Cid head;
  Nonce nonce;
  TokenAmount balance;
  static constexpr auto fields() {
    using base::field;
    return base::fields_of(field("Code", &ActorV4::code), field("Head", &ActorV4::head),
                           field("Nonce", &ActorV4::nonce), field("Balance", &ActorV4::balance));
  }
};

std::unexpected<Error> no_actor(const Address& address) {
  return fail(ErrorCode::NotFound, "actor not found: {}", address);
}

}  // namespace

/// The init actor's map of the tree, opened once: most lookups of a node go through it.
class StateTree::AddressCache {
 public:
  std::shared_ptr<const ipld::RawHamt> get() {
    const std::lock_guard lock(mutex_);
    return map_;
  }
  void set(std::shared_ptr<const ipld::RawHamt> map) {
    const std::lock_guard lock(mutex_);
    map_ = std::move(map);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const ipld::RawHamt> map_;
};

StateTree::StateTree(Blockstore& store, types::StateRoot root,
                     std::unique_ptr<ipld::RawHamt> actors)
    : store_(&store),
      root_(root),
      actors_(std::move(actors)),
      addresses_(std::make_unique<AddressCache>()) {}
StateTree::StateTree(StateTree&&) noexcept = default;
StateTree& StateTree::operator=(StateTree&&) noexcept = default;
StateTree::~StateTree() = default;

Result<StateTree> StateTree::load(Blockstore& store, const Cid& root_cid) {
  TRY(const auto block, store.get(root_cid));
  types::StateRoot root{0, root_cid, {}};
  if (const auto decoded = ipld::decode<types::StateRoot>(block)) root = *decoded;
  if (root.version > 5) {
    return fail(ErrorCode::Unsupported, "state tree version {} of {}", root.version, root_cid);
  }
  if (root.version <= 1) return StateTree(store, root, nullptr);
  TRY(auto actors, with_context(ipld::RawHamt::load(store, root.actors), "state tree"));
  return StateTree(store, root, std::make_unique<ipld::RawHamt>(std::move(actors)));
}

Result<StateTree> StateTree::create(Blockstore& store) {
  // StateInfo0 is an empty tuple.
  ipld::cbor::Writer info;
  info.write_array(0);
  types::StateRoot root{5, {}, ipld::cid_of_cbor(info.bytes())};
  TRY_VOID(store.put(root.info, info.bytes()));
  return StateTree(store, root, std::make_unique<ipld::RawHamt>(store));
}

Result<types::Actor> StateTree::decode_actor(BytesView item) const {
  if (root_.version >= 5) return ipld::decode<types::Actor>(item);
  TRY(auto old, ipld::decode<ActorV4>(item));
  return types::Actor{old.code, old.head, old.nonce, std::move(old.balance), std::nullopt};
}

Result<std::optional<types::Actor>> StateTree::find_actor(ActorId id) const {
  const auto key = Address::id(id);
  std::optional<Bytes> item;
  if (legacy()) {
    TRY(item, legacy_hamt::find(*store_, root_.actors, key.bytes()));
  } else {
    TRY(item, actors_->get(key.bytes()));
  }
  if (!item) return std::optional<types::Actor>();
  TRY(auto actor, with_context(decode_actor(*item), "state tree"));
  return std::optional(std::move(actor));
}

Result<std::optional<types::Actor>> StateTree::find_actor(const Address& address) const {
  TRY(const auto id, find_id(address));
  if (!id) return std::optional<types::Actor>();
  return find_actor(*id);
}

Result<types::Actor> StateTree::get_actor(ActorId id) const {
  TRY(auto actor, find_actor(id));
  if (!actor) return no_actor(Address::id(id));
  return *std::move(actor);
}

Result<types::Actor> StateTree::get_actor(const Address& address) const {
  TRY(auto actor, find_actor(address));
  if (!actor) return no_actor(address);
  return *std::move(actor);
}

Result<std::optional<ActorId>> StateTree::find_id(const Address& address) const {
  if (!address.defined()) return fail(ErrorCode::InvalidArgument, "address is empty");
  if (address.is_id()) {
    TRY(const auto id, address.actor_id());
    return std::optional(id);
  }
  auto map = addresses_->get();
  if (!map) {
    TRY(const auto actor, get_actor(types::singleton::kInit));
    TRY(const auto state, ipld::load<init::State>(*store_, actor.head));
    if (legacy()) return init::resolve(*store_, state, address, true);
    TRY(auto opened, ipld::RawHamt::load(*store_, state.address_map));
    map = std::make_shared<const ipld::RawHamt>(std::move(opened));
    addresses_->set(map);
  }
  TRY(const auto item, map->get(address.bytes()));
  if (!item) return std::optional<ActorId>();
  TRY(const auto id, with_context(ipld::decode<ActorId>(*item), "init actor's map"));
  return std::optional(id);
}

Result<ActorId> StateTree::lookup_id(const Address& address) const {
  TRY(const auto id, find_id(address));
  if (!id) return no_actor(address);
  return *id;
}

Result<Address> StateTree::robust_address(ActorId id) const {
  TRY(const auto actor, get_actor(types::singleton::kInit));
  TRY(const auto state, ipld::load<init::State>(*store_, actor.head));
  TRY(const auto map, ipld::Hamt<ActorId>::load(*store_, state.address_map));
  Address found;
  TRY_VOID(map.for_each([&](BytesView key, const ActorId& mapped) -> Result<bool> {
    if (mapped != id) return true;
    TRY(found, Address::from_bytes(key));
    return false;
  }));
  if (!found.defined())
    return fail(ErrorCode::NotFound, "no robust address of {}", Address::id(id));
  return found;
}

Result<Address> StateTree::key_address(const Address& address) const {
  if (!address.defined()) return fail(ErrorCode::InvalidArgument, "address is empty");
  switch (address.protocol()) {
    case types::Protocol::Secp256k1:
    case types::Protocol::Bls:
    case types::Protocol::Delegated:
      return address;
    default:
      break;
  }
  TRY(const auto actor, get_actor(address));
  if (root_.version >= 5 && actor.delegated_address) return *actor.delegated_address;
  TRY(const auto info, code_info(actor.code));
  if (info.type != ActorType::Account) {
    return fail(ErrorCode::InvalidArgument, "{} is no account but a {}", address,
                to_string(info.type));
  }
  TRY(const auto state, ipld::load<account::State>(*store_, actor.head));
  return state.address;
}

Result<void> StateTree::for_each(
    const std::function<Result<void>(ActorId, const types::Actor&)>& visit) const {
  const auto show = [&](BytesView key, BytesView item) -> Result<void> {
    TRY(const auto address, Address::from_bytes(key));
    TRY(const auto id, address.actor_id());
    TRY(const auto actor, decode_actor(item));
    return visit(id, actor);
  };
  if (legacy()) return legacy_hamt::for_each(*store_, root_.actors, show);
  return actors_->for_each([&](BytesView key, BytesView item) -> Result<bool> {
    TRY_VOID(show(key, item));
    return true;
  });
}

Result<std::map<ActorId, types::Actor>> StateTree::changed_since(const StateTree& old) const {
  std::map<ActorId, types::Actor> out;
  if (root_.actors == old.root_.actors) return out;
  TRY_VOID(for_each([&](ActorId id, const types::Actor& actor) -> Result<void> {
    TRY(const auto before, old.find_actor(id));
    if (before != actor) out.emplace(id, actor);
    return {};
  }));
  return out;
}

Result<std::string> StateTree::network_name() const {
  TRY(const auto actor, get_actor(types::singleton::kInit));
  TRY(auto state, ipld::load<init::State>(*store_, actor.head));
  return std::move(state.network_name);
}

Result<CodeInfo> StateTree::code_info(const Cid& code) const {
  if (find_code(code)) return supported_code(code);
  TRY(const auto actor, get_actor(types::singleton::kSystem));
  // The state of actors before v8 has no manifest: its error would only hide what the code is.
  const auto state = ipld::load<system::State>(*store_, actor.head);
  if (!state) return supported_code(code);
  const auto codes = load_code_list(*store_, state->builtin_actors);
  if (!codes) return supported_code(code);
  for (const auto& [name, listed] : *codes) {
    if (listed != code) continue;
    const auto type = actor_type(name);
    if (!type) return fail(ErrorCode::Unsupported, "unknown built-in actor \"{}\"", name);
    return CodeInfo{*type, kNewestVersion, ""};
  }
  return supported_code(code);
}

Result<void> StateTree::expect_type(const types::Actor& actor, ActorType type) const {
  TRY(const auto info, code_info(actor.code));
  if (info.type != type) {
    return fail(ErrorCode::InvalidArgument, "actor is a {}, not a {}", to_string(info.type),
                to_string(type));
  }
  return {};
}

Result<void> StateTree::set_actor(ActorId id, types::Actor actor) {
  if (root_.version != 5) {
    return fail(ErrorCode::Unsupported, "state trees of version {} are read-only", root_.version);
  }
  if (id == types::singleton::kInit) addresses_->set(nullptr);
  TRY_VOID(actors_->set(Address::id(id).bytes(), ipld::encode(actor)));
  return {};
}

Result<void> StateTree::delete_actor(ActorId id) {
  if (root_.version != 5) {
    return fail(ErrorCode::Unsupported, "state trees of version {} are read-only", root_.version);
  }
  TRY_VOID(actors_->erase(Address::id(id).bytes()));
  return {};
}

Result<Cid> StateTree::flush() {
  if (actors_) {
    TRY(root_.actors, actors_->flush());
  }
  return ipld::store_value(*store_, root_);
}

}  // namespace venus::actors
