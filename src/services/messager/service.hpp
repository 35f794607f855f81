// SPDX-License-Identifier: MIT OR Apache-2.0
// Gets messages on chain: stores them, gives them nonce, gas and signature, pushes them to every node and
// follows what becomes of them, through reorganisations and restarts.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "rpc/client.hpp"
#include "rpc/dispatcher.hpp"
#include "services/messager/store.hpp"

namespace venus::messager {

struct Settings {
  /// A head counts as stable when none came for this long; messages are filled then.
  std::chrono::milliseconds stable_head{1'000};
  /// Messages of one sender filled in one go.
  std::size_t batch = 100;
  std::uint64_t chain_id = 31415926;
  /// Who holds leases; unique among the messagers of one database.
  std::string holder = "messager";
  /// Push to every node, else only to the one in use.
  bool push_to_all = true;
};

/// What the service talks to; all outlive it.
struct Peers {
  /// The node whose chain is followed, out of several perhaps: speaks WebSocket.
  std::shared_ptr<rpc::Client> node;
  /// Where signed messages are pushed when they go to all.
  std::vector<std::shared_ptr<rpc::Client>> push_nodes;
  std::shared_ptr<rpc::Client> gateway;
  /// Whether a push node answers at all; a dead one is not waited for. May be empty.
  std::function<bool(std::size_t)> push_node_alive{};
};

class Service {
 public:
  Service(Store& store, Peers peers, Settings settings)
      : store_(store), peers_(std::move(peers)), settings_(std::move(settings)) {}

  /// Binds all methods of api::MessagerApi; the service must outlive the dispatcher.
  void bind(rpc::Dispatcher& dispatcher);
  /// Follows the chain until stop(). Failures are logged by `report` and tried again.
  Task<> run();
  void stop() { stopping_ = true; }
  /// The network's EIP-155 id, before run().
  void set_chain_id(std::uint64_t id) { settings_.chain_id = id; }
  void on_report(std::function<void(std::string_view what, const Error&)> report) { report_ = std::move(report); }

  /// Height of the head that was worked on last; -1 before the first.
  [[nodiscard]] std::int64_t head_height() const { return head_height_; }

  /// The steps of run(), for tests: brings the store in line with a head; fills and pushes on it.
  Task<> track(TipsetPtr head);
  Task<> fill_all(TipsetPtr head);

 private:
  Task<std::string> push(rpc::CallContext context, types::Message message,
                         std::optional<api::MessagerSendSpec> spec);
  Task<std::string> push_with_id(rpc::CallContext context, std::string id, types::Message message,
                                 std::optional<api::MessagerSendSpec> spec);
  Task<bool> has(std::string id);
  Task<api::MessagerMessage> get(std::string id);
  Task<api::MessagerMessage> get_by_cid(Cid cid);
  Task<api::MessagerMessage> get_by_nonce(Address from, Nonce nonce);
  Task<std::vector<api::MessagerMessage>> list(api::MessagerQuery query);
  Task<api::MessagerMessage> wait(std::string id, std::uint64_t confidence);
  Task<> mark_bad(std::string id);
  Task<> forbid(Address address);
  Task<> activate(Address address);

  Task<> fill_sender(Address from, TipsetPtr head, api::MessagerSharedParams shared);
  Task<std::vector<Filled>> fill_batch(Address from, Nonce first, std::vector<Unfilled> waiting, TipsetPtr head,
                                       api::MessagerSharedParams shared);
  Task<types::SignedMessage> sign(types::Message message, std::string account);
  Task<> push_to_nodes(std::vector<types::SignedMessage> messages);
  Task<> apply_tipset(TipsetPtr tipset);
  Task<> search_filled(TipsetPtr head);
  Task<std::vector<TipsetPtr>> path_to(TipsetPtr head);
  Task<Address> key_of(Address sender);
  void report(std::string_view what, const Error& error) const;
  api::MessagerMessage with_confidence(api::MessagerMessage message) const;
  template <class F>
  auto in_database(F work) -> asio::awaitable<std::invoke_result_t<F&>>;

  Store& store_;
  Peers peers_;
  Settings settings_;
  std::function<void(std::string_view, const Error&)> report_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> new_messages_ = false;
  std::atomic<std::int64_t> head_height_ = -1;
  std::mutex keys_mutex_;
  std::map<Address, Address> keys_by_id_;
  WorkerPool pool_{2};
};

template <class F>
auto Service::in_database(F work) -> asio::awaitable<std::invoke_result_t<F&>> {
  co_return co_await on(pool_, std::move(work));
}

}  // namespace venus::messager
