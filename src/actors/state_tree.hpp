// SPDX-License-Identifier: MIT OR Apache-2.0
// The actors of one state root: lookup, iteration, and changes for building a genesis.
#pragma once

#include "actors/code.hpp"
#include "actors/init.hpp"
#include "ipld/hamt.hpp"
#include "types/actor.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace venus::actors {

/// The tree a state root points to, versions 0 to 5. Reading is safe from many threads at once
/// while nobody writes. The store must outlive it.
class StateTree {
 public:
  StateTree(StateTree&&) noexcept;
  StateTree& operator=(StateTree&&) noexcept;
  ~StateTree();

  /// Opens a state root. Roots of network versions 0 to 3, which point to the actors' map itself,
  /// are recognised. NotFound or Malformed when the root is not there or is none; Unsupported for a
  /// version beyond 5.
  static Result<StateTree> load(Blockstore& store, const Cid& root);

  /// An empty tree of version 5 over a store that will receive its blocks, for building a genesis.
  static Result<StateTree> create(Blockstore& store);

  [[nodiscard]] std::uint64_t version() const noexcept { return root_.version; }
  [[nodiscard]] Blockstore& store() const noexcept { return *store_; }

  /// The actor of an id; nothing when there is none.
  [[nodiscard]] Result<std::optional<types::Actor>> find_actor(ActorId id) const;
  /// The actor of any address; nothing when the address is unknown or has no actor.
  [[nodiscard]] Result<std::optional<types::Actor>> find_actor(const Address& address) const;
  /// As find_actor, but NotFound "actor not found" when there is none.
  [[nodiscard]] Result<types::Actor> get_actor(ActorId id) const;
  [[nodiscard]] Result<types::Actor> get_actor(const Address& address) const;

  /// The id of an address by the init actor's map; an id address is its own answer, whether or not
  /// it has an actor. Nothing when the map lacks it.
  [[nodiscard]] Result<std::optional<ActorId>> find_id(const Address& address) const;
  /// As find_id, but NotFound "actor not found".
  [[nodiscard]] Result<ActorId> lookup_id(const Address& address) const;

  /// An address of the given id that survives reorganisations (f1, f2, f3 or f4): the first in the
  /// init actor's map, which is walked whole; NotFound when the map has none (Lotus
  /// StateLookupRobustAddress).
  [[nodiscard]] Result<Address> robust_address(ActorId id) const;

  /// The address whose key signs for an actor: f1, f3 and f4 are returned as they are; else the
  /// actor's delegated address, else the key address in its account state. InvalidArgument when the
  /// actor is no account. Source: Lotus ResolveToDeterministicAddr.
  [[nodiscard]] Result<Address> key_address(const Address& address) const;

  /// Calls visit for every actor in the map's order (Lotus's StateListActors order).
  Result<void> for_each(
      const std::function<Result<void>(ActorId, const types::Actor&)>& visit) const;

  /// Actors of this tree that differ from those of an older one, or that it lacks, by id.
  [[nodiscard]] Result<std::map<ActorId, types::Actor>> changed_since(const StateTree& old) const;

  /// The network's name as the init actor has it; its state has had one shape in all actors
  /// versions.
  [[nodiscard]] Result<std::string> network_name() const;

  /// Which built-in actor a code is: by the compiled-in table, else by the manifest in this state's
  /// system actor (then `network` is "" and the version the newest known). Unsupported for others
  /// and for actors older than v16.
  [[nodiscard]] Result<CodeInfo> code_info(const Cid& code) const;

  /// The state of an actor that must be of the given type. NotFound without actor, Unsupported for
  /// codes this room cannot read, InvalidArgument "not a ..." for another type.
  template <class State>
  [[nodiscard]] Result<State> load_state(ActorId id, ActorType type) const {
    TRY(const auto actor, get_actor(id));
    return load_state<State>(actor, type);
  }
  template <class State>
  [[nodiscard]] Result<State> load_state(const types::Actor& actor, ActorType type) const {
    TRY_VOID(expect_type(actor, type));
    return ipld::load<State>(*store_, actor.head);
  }

  /// Error unless the actor's code is of the given type.
  [[nodiscard]] Result<void> expect_type(const types::Actor& actor, ActorType type) const;

  /// Puts an actor into the tree (kept in memory until flush). Version 5 only: Unsupported
  /// otherwise.
  Result<void> set_actor(ActorId id, types::Actor actor);
  /// Removes an actor.
  Result<void> delete_actor(ActorId id);
  /// Writes all changes to the store; the CID of the new state root.
  Result<Cid> flush();

 private:
  class AddressCache;
  StateTree(Blockstore& store, types::StateRoot root, std::unique_ptr<ipld::RawHamt> actors);
  [[nodiscard]] Result<types::Actor> decode_actor(BytesView item) const;
  [[nodiscard]] bool legacy() const noexcept { return actors_ == nullptr; }

  Blockstore* store_;
  types::StateRoot root_;
  /// Absent in trees of versions 0 and 1, whose nodes have another form.
  std::unique_ptr<ipld::RawHamt> actors_;
  std::unique_ptr<AddressCache> addresses_;
};

}  // namespace venus::actors
