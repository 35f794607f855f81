// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/node/sync_parts.hpp"

namespace venus::node {
namespace {

// Unread headers of one reader.
constexpr std::size_t kUnread = 256;

}  // namespace

BlockHub::Stream BlockHub::subscribe() {
  auto [writer, stream] = rpc::make_stream<types::BlockHeader>(kUnread);
  std::lock_guard lock(mutex_);
  std::erase_if(writers_, [](const auto& other) { return !other.open(); });
  writers_.push_back(std::move(writer));
  return std::move(stream);
}

void BlockHub::publish(const types::BlockHeader& header) {
  std::lock_guard lock(mutex_);
  std::erase_if(writers_, [&](const auto& writer) { return !writer.send(header); });
}

void BlockHub::close() {
  std::lock_guard lock(mutex_);
  for (const auto& writer : writers_) writer.close();
  writers_.clear();
}

}  // namespace venus::node
