// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/dispatcher.hpp"

#include "rpc/error.hpp"

namespace venus::rpc {
namespace {

detail::Invocation failed(Error error) { return {.ready = std::unexpected(std::move(error))}; }

std::string_view after_namespace(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

void Dispatcher::add(const MethodInfo& info, std::shared_ptr<detail::Handler> handler) {
  for (const auto version : {ApiVersion::V0, ApiVersion::V1}) {
    if (!info.in(version)) continue;
    auto& table = tables_[static_cast<std::size_t>(version)];
    table.insert_or_assign(std::string(info.name), Entry{&info, handler});
    for (std::size_t i = 0; i < info.alias_count; ++i) {
      table.insert_or_assign(std::string(info.aliases[i]), Entry{&info, handler});
    }
  }
}

const Dispatcher::Entry* Dispatcher::find(std::string_view name, ApiVersion version) const {
  const auto& table = tables_[static_cast<std::size_t>(version)];
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

std::vector<const MethodInfo*> Dispatcher::methods(ApiVersion version) const {
  std::vector<const MethodInfo*> out;
  for (const auto& [name, entry] : tables_[static_cast<std::size_t>(version)]) {
    if (name == entry.info->name) out.push_back(entry.info);
  }
  std::ranges::sort(out, {}, &MethodInfo::name);
  return out;
}

Result<void> Dispatcher::check_bound(std::span<const MethodInfo* const> infos) const {
  std::string missing;
  for (const auto* info : infos) {
    for (const auto version : {ApiVersion::V0, ApiVersion::V1}) {
      if (!info->in(version)) continue;
      const auto* entry = find(info->name, version);
      // A handler that answers with ready text describes the same method by an object of its own.
      if (entry != nullptr && entry->info->name == info->name && entry->info->perm == info->perm &&
          entry->info->param_count == info->param_count) {
        continue;
      }
      missing += missing.empty() ? "" : ", ";
      missing += info->name;
      break;
    }
  }
  if (missing.empty()) return {};
  return fail(ErrorCode::InvalidArgument, "methods without a handler: {}", missing);
}

detail::Invocation Dispatcher::start(CallContext context, std::string_view name,
                                     const boost::json::value& params, ApiVersion version) const {
  const auto* entry = find(name, version);
  if (entry == nullptr) {
    return failed(rpc_error(kMethodNotFound, ErrorCode::Unsupported,
                            fmt::format("method '{}' not found", name)));
  }
  if (!context.perms().has(entry->info->perm)) {
    return failed({ErrorCode::PermissionDenied,
                   fmt::format("missing permission to invoke '{}' (need '{}')",
                               after_namespace(entry->info->name), to_string(entry->info->perm))});
  }
  try {
    return entry->handler->invoke(std::move(context), params);
  } catch (const std::exception& thrown) {
    return failed({ErrorCode::Internal, fmt::format("'{}' failed: {}", name, thrown.what())});
  }
}

Task<Outcome> Dispatcher::call(CallContext context, std::string name, boost::json::value params,
                               ApiVersion version) const {
  auto invocation = start(std::move(context), name, params, version);
  if (invocation.ready) co_return *std::move(invocation.ready);
  Error failure;
  try {
    co_return co_await std::move(invocation.pending);
  } catch (const std::exception& thrown) {
    failure = {ErrorCode::Internal, fmt::format("'{}' failed: {}", name, thrown.what())};
  }
  co_return std::unexpected(std::move(failure));
}

}  // namespace venus::rpc
