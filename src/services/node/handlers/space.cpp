// SPDX-License-Identifier: MIT OR Apache-2.0
// Snapshots and garbage collection.
#include "api/node/space.hpp"

#include "services/node/handlers/reads.hpp"
#include "services/node/space.hpp"

namespace venus::node {

void bind_space(rpc::Dispatcher& d, Node& node) {
  using Api = api::SpaceApi;
  d.bind<Api::ExportStart>([&node](api::ExportRequest request) -> Result<void> {
    return node.space->start_export(node.head(), request);
  });
  d.bind<Api::ExportProgress>([&node]() -> Result<api::ExportStatus> { return node.space->exporting(); });
  d.bind<Api::ExportCancel>([&node]() -> Result<void> { return node.space->cancel_export(), Result<void>{}; });
  d.bind<Api::Collect>([&node] { return on(node.workers, [&node] { return node.space->start_collection(); }); });
  d.bind<Api::CollectProgress>([&node]() -> Result<api::CollectionStatus> { return node.space->collection(); });
}

}  // namespace venus::node
