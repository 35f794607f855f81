// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/proofs_convert.hpp"
#include "venus-params/src/lib.rs.h"

#include <initializer_list>

namespace venus::bridge {

using detail::guarded;
using detail::slice;

namespace {

class Progress final : public native::ParamProgress {
 public:
  explicit Progress(const ParameterProgress& progress) : progress_(progress) {}

  bool step(double fraction, rust::Str what) const override {
    return !progress_ || progress_(fraction, std::string(what));
  }

 private:
  const ParameterProgress& progress_;
};

Result<bool> files_present(ParameterKind kind, std::uint64_t sector_size,
                           const std::filesystem::path& folder,
                           std::initializer_list<const char*> extensions) {
  TRY(const auto name, parameter_name(kind, sector_size));
  for (const auto* extension : extensions) {
    std::error_code error;
    const auto size = std::filesystem::file_size(folder / (name + extension), error);
    if (error || size == 0) return false;
  }
  return true;
}

}  // namespace

std::filesystem::path parameter_folder() {
  return guarded([] { return std::string(native::parameter_folder()); }).value_or(std::string());
}

Result<std::string> parameter_name(ParameterKind kind, std::uint64_t sector_size) {
  return guarded([&] {
    return std::string(native::parameter_name(static_cast<std::uint8_t>(kind), sector_size));
  });
}

Result<bool> parameters_present(ParameterKind kind, std::uint64_t sector_size,
                                const std::filesystem::path& folder) {
  return files_present(kind, sector_size, folder, {".params", ".vk", ".meta"});
}

Result<bool> verifying_key_present(ParameterKind kind, std::uint64_t sector_size,
                                   const std::filesystem::path& folder) {
  return files_present(kind, sector_size, folder, {".vk"});
}

Result<void> generate_parameters(ParameterKind kind, std::uint64_t sector_size,
                                 const std::filesystem::path& folder,
                                 const ParameterProgress& progress) {
  const Progress teller(progress);
  return guarded([&] {
    native::generate_parameters(static_cast<std::uint8_t>(kind), sector_size, slice(folder),
                                teller);
  });
}

}  // namespace venus::bridge
