// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/devnet/parameters.hpp"

#include "base/json.hpp"
#include "bridge/proofs.hpp"
#include "platform/home.hpp"
#include "platform/progress.hpp"
#include "services/devnet/supervisor.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace venus::devnet {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSectorSize = 2048;
constexpr std::uint64_t kUnpadded = 2032;
constexpr std::int64_t kSealProof = 5;
constexpr std::int64_t kWinningPost = 0;

Result<bridge::ParameterKind> kind_of(const std::string& name) {
  if (name == "winning") return bridge::ParameterKind::WinningPost;
  if (name == "window") return bridge::ParameterKind::WindowPost;
  if (name == "porep") return bridge::ParameterKind::Porep;
  return fail(ErrorCode::InvalidArgument, "parameters are 'winning', 'window' or 'porep', not '{}'",
              name);
}

/// A folder that ends with the object.
class WorkFolder {
 public:
  WorkFolder() {
    auto pattern = (fs::temp_directory_path() / "venus-measure-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

double cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

Result<bridge::Replica> seal_one(const fs::path& folder) {
  bridge::SectorPaths paths{folder / "cache", folder / "staged", folder / "sealed"};
  std::error_code error;
  fs::create_directories(paths.cache, error);
  const auto data = folder / "data";
  std::ofstream(data, std::ios::binary) << std::string(kUnpadded, '\0');
  TRY(const auto piece, bridge::piece_commitment(kSealProof, data, kUnpadded));
  TRY_VOID(bridge::add_piece(kSealProof, data, kUnpadded, paths.staged, {}));
  const bridge::SectorRef sector{kSealProof, ActorId(1000), 1};
  const std::vector<bridge::PieceInfo> pieces{piece};
  TRY(const auto phase1,
      bridge::seal_pre_commit_phase1(sector, paths, bridge::Randomness{}, pieces));
  TRY(const auto sealed, bridge::seal_pre_commit_phase2(phase1, paths));
  return bridge::Replica{1, bridge::sealed_commitment_cid(sealed.sealed), paths.cache,
                         paths.sealed};
}

}  // namespace

fs::path cache_folder() {
  if (const char* given = std::getenv("VENUS_CACHE"); given != nullptr && *given != '\0')
    return given;
  const char* home = std::getenv("HOME");
  return fs::path(home == nullptr ? "." : home) / ".cache" / "venus";
}

Result<bool> have_parameters(const std::string& kind, const fs::path& folder) {
  TRY(const auto which, kind_of(kind));
  return bridge::parameters_present(which, kSectorSize, folder);
}

Result<void> ensure_parameters(const fs::path& self, const fs::path& folder,
                               const std::function<void(const std::string&)>& say) {
  for (const std::string kind : {"winning", "window"}) {
    TRY(const auto there, have_parameters(kind, folder));
    if (there) continue;
    say(fmt::format(
        "making the {} proof parameters, once for all devnets of this machine (minutes)", kind));
    TRY_VOID(
        with_context(run_to_end({self.string(), "parameters", kind, "--folder", folder.string()}),
                     fmt::format("proof parameters in {}", folder.string())));
  }
  return {};
}

Result<void> make_parameters(const std::string& kind, const fs::path& folder) {
  TRY(const auto which, kind_of(kind));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorCode::Io, "{}: {}", folder.string(), error.message());
  platform::Progress progress(kind + " parameters", 1000);
  const auto made = bridge::generate_parameters(
      which, kSectorSize, folder, [&](double fraction, const std::string&) {
        progress.update(static_cast<std::uint64_t>(fraction * 1000));
        return true;
      });
  progress.finish();
  return made;
}

Result<double> measure_proof() {
  const WorkFolder folder;
  if (folder.path().empty()) return fail(ErrorCode::Io, "no temporary folder can be made");
  TRY(const auto replica, seal_one(folder.path()));
  const std::vector<bridge::Replica> replicas{replica};
  const auto before = cpu_seconds();
  TRY_VOID(
      bridge::generate_winning_post(kWinningPost, bridge::Randomness{}, ActorId(1000), replicas));
  return cpu_seconds() - before;
}

Result<double> proof_cost(const fs::path& self, const fs::path& parameters) {
  const auto file = cache_folder() /
                    fmt::format("winning-post-cost-{}.json", std::thread::hardware_concurrency());
  if (const auto kept = platform::read_file(file, 1024)) {
    if (const auto json = base::parse_json(*kept)) {
      if (const auto figure = base::from_json<double>(*json); figure && *figure > 0) return *figure;
    }
  }
  TRY(const auto text,
      with_context(run_to_end({self.string(), "measure", "-o", "json"},
                              {{"FIL_PROOFS_PARAMETER_CACHE", parameters.string()}}),
                   "measuring a WinningPoSt"));
  TRY(const auto json, base::parse_json(text));
  TRY(const auto figure, base::from_json<double>(json));
  // The figure is only a convenience: a cache that can't be written costs a measurement next time.
  static_cast<void>(platform::write_private_file(file, fmt::format("{:.3f}", figure)));
  return figure;
}

}  // namespace venus::devnet
