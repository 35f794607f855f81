// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/context.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <random>

namespace venus::rpc {
namespace {

// Ids only have to be distinct, not secret.
std::uint64_t random64() {
  thread_local std::mt19937_64 engine{[] {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
  }()};
  return engine();
}

void fill(std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < out.size(); i += 8) {
    const auto word = base::be64(random64());
    std::copy(word.begin(), word.end(), out.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

Trace Trace::fresh() {
  Trace out;
  fill(out.trace_id);
  fill(out.span_id);
  return out;
}

std::optional<Trace> Trace::parse(std::string_view text) {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto trace = base::from_hex(text.substr(3, 32));
  const auto span = base::from_hex(text.substr(36, 16));
  if (!trace || !span || trace->size() != 16 || span->size() != 8) return std::nullopt;
  Trace out;
  std::copy(trace->begin(), trace->end(), out.trace_id.begin());
  std::copy(span->begin(), span->end(), out.span_id.begin());
  return out;
}

Trace Trace::child() const {
  Trace out = *this;
  fill(out.span_id);
  return out;
}

std::string Trace::to_string() const {
  return fmt::format("00-{}-{}-01", base::to_hex(trace_id), base::to_hex(span_id));
}

std::string Trace::id() const { return base::to_hex(trace_id); }

CallContext CallContext::internal() {
  auto caller = std::make_shared<Caller>();
  caller->perms = PermSet::all();
  auto connection = std::make_shared<Connection>();
  connection->remote = "internal";
  return {std::move(caller), std::move(connection), Trace::fresh()};
}

}  // namespace venus::rpc
