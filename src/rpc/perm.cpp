// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rpc/perm.hpp"

namespace venus::rpc {
namespace {
constexpr Perm kAll[] = {Perm::Read, Perm::Write, Perm::Sign, Perm::Admin};
}

std::string_view to_string(Perm perm) noexcept {
  switch (perm) {
    case Perm::Read:
      return "read";
    case Perm::Write:
      return "write";
    case Perm::Sign:
      return "sign";
    case Perm::Admin:
      return "admin";
  }
  return "unknown";
}

Result<Perm> parse_perm(std::string_view text) {
  for (const auto perm : kAll) {
    if (to_string(perm) == text) return perm;
  }
  return fail(ErrorCode::InvalidArgument, "'{}' is no permission: use read, write, sign or admin",
              text);
}

std::vector<std::string> PermSet::names() const {
  std::vector<std::string> out;
  for (const auto perm : kAll) {
    if (has(perm)) out.emplace_back(to_string(perm));
  }
  return out;
}

Result<PermSet> PermSet::from_names(const std::vector<std::string>& names) {
  PermSet out;
  for (const auto& name : names) {
    TRY(const auto perm, parse_perm(name));
    out.add(perm);
  }
  return out;
}

}  // namespace venus::rpc
