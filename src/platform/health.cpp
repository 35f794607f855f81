// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/health.hpp"

namespace venus::platform {

void Health::add(std::string name, Kind kind, Check check) {
  std::lock_guard lock(mutex_);
  entries_.push_back({std::move(name), kind, std::move(check)});
}

Health::Report Health::report(Kind kind) const {
  std::vector<Entry> entries;
  {
    std::lock_guard lock(mutex_);
    entries = entries_;
  }
  Report out;
  for (const auto& entry : entries) {
    if (kind == Kind::Alive && entry.kind != Kind::Alive) continue;
    const auto result = entry.check();
    out.ok = out.ok && result.has_value();
    out.text += result ? fmt::format("[+]{} ok\n", entry.name)
                       : fmt::format("[-]{} failed: {}\n", entry.name, result.error().message);
  }
  const std::string_view what = kind == Kind::Alive ? "healthz" : "readyz";
  out.text += fmt::format("{} check {}\n", what, out.ok ? "passed" : "failed");
  return out;
}

}  // namespace venus::platform
