// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof parameters of devnets and what a WinningPoSt with them costs here.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace venus::devnet {

/// Where expensive things are kept: $VENUS_CACHE or ~/.cache/venus.
std::filesystem::path cache_folder();

/// Makes the 2 KiB sets that are missing: "winning", "window" or "porep" by name. Done by child
/// processes
/// (`<self> parameters KIND`), which `say` tells of. Takes minutes when something is missing.
Result<void> ensure_parameters(const std::filesystem::path& self,
                               const std::filesystem::path& folder,
                               const std::function<void(const std::string&)>& say);
/// Whether the set is complete.
Result<bool> have_parameters(const std::string& kind, const std::filesystem::path& folder);
/// The body of `venus-devnet parameters KIND`: makes one set with a progress bar.
Result<void> make_parameters(const std::string& kind, const std::filesystem::path& folder);

/// CPU seconds a WinningPoSt takes here: the figure kept in the cache, else measured by a child
/// process.
Result<double> proof_cost(const std::filesystem::path& self,
                          const std::filesystem::path& parameters);
/// The body of `venus-devnet measure`: seals a sector in a temporary folder and proves it; CPU
/// seconds of the proof. FIL_PROOFS_PARAMETER_CACHE names the parameters.
Result<double> measure_proof();

}  // namespace venus::devnet
