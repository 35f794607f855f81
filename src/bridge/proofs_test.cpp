// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bridge/proofs.hpp"

#include "base/test_util/vectors.hpp"
#include "bridge/test_util/chain_fixture.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>

namespace venus::bridge {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSealProof = 5;    // StackedDrg2KiBV1_1
constexpr std::int64_t kWinningPost = 0;  // StackedDrgWinning2KiBV1
constexpr std::int64_t kWindowPost = 10;  // StackedDrgWindow2KiBV1_1
constexpr std::uint64_t kSectorSize = 2048;
constexpr std::uint64_t kUnpaddedSize = 2032;
constexpr ActorId kMiner{1000};

// The parameters of the tests are those a devnet of this user makes: paid once. The library reads
// the folder's name when it first needs it.
const bool kFolderChosen = [] {
  const auto folder = test_util::cache_folder() / "devnet-params";
  fs::create_directories(folder);
  return setenv("FIL_PROOFS_PARAMETER_CACHE", folder.c_str(), 0) == 0;
}();

/// One process at a time makes parameters; the others wait and find them.
class FolderLock {
 public:
  FolderLock(const fs::path& folder, ParameterKind kind)
      : file_(open((folder / (".lock" + std::to_string(static_cast<int>(kind)))).c_str(),
                   O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (file_ >= 0) flock(file_, LOCK_EX);
  }
  ~FolderLock() {
    if (file_ >= 0) close(file_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

Result<void> have_parameters(ParameterKind kind) {
  const auto folder = parameter_folder();
  const FolderLock lock(folder, kind);
  TRY(const auto present, parameters_present(kind, kSectorSize, folder));
  if (present) return {};
  return generate_parameters(kind, kSectorSize, folder, nullptr);
}

struct Sealed {
  SectorRef sector;
  SectorPaths paths;
  SealedCommitments commitments;
  std::vector<PieceInfo> pieces;
  Bytes data;
};

Randomness randomness_of(std::uint8_t number) {
  Randomness out;
  out.fill(number);
  return out;
}

/// Seals `number` up to its commitments. Bad steps fail the test and throw.
Sealed seal(const fs::path& folder, std::uint64_t number) {
  Sealed out;
  out.sector = {kSealProof, kMiner, number};
  const auto name = std::to_string(number);
  out.paths = {folder / ("cache" + name), folder / ("staged" + name), folder / ("sealed" + name)};
  fs::create_directories(out.paths.cache);
  out.data.resize(kUnpaddedSize);
  for (std::size_t i = 0; i < out.data.size(); ++i) {
    out.data[i] = static_cast<std::uint8_t>(i * 31 + number);
  }
  const auto source = folder / ("data" + name);
  std::ofstream(source, std::ios::binary)
      .write(reinterpret_cast<const char*>(out.data.data()),
             static_cast<std::streamsize>(out.data.size()));
  const auto piece = piece_commitment(kSealProof, source, kUnpaddedSize).value();
  const auto added = add_piece(kSealProof, source, kUnpaddedSize, out.paths.staged, {}).value();
  EXPECT_EQ(added.commitment, piece.commitment);
  EXPECT_EQ(added.written_unpadded, kUnpaddedSize);
  out.pieces = {piece};
  const auto phase1 =
      seal_pre_commit_phase1(out.sector, out.paths, randomness_of(0xff), out.pieces).value();
  out.commitments = seal_pre_commit_phase2(phase1, out.paths).value();
  EXPECT_EQ(out.commitments.unsealed, unsealed_commitment(kSealProof, out.pieces).value());
  return out;
}

SectorInfo info_of(const Sealed& sealed) {
  return {kSealProof, sealed.sector.number, sealed_commitment_cid(sealed.commitments.sealed)};
}

Replica replica_of(const Sealed& sealed) {
  return {sealed.sector.number, sealed_commitment_cid(sealed.commitments.sealed),
          sealed.paths.cache, sealed.paths.sealed};
}

class Proofs : public ::testing::Test {
 protected:
  base::test_util::TempFolder folder_;
};

TEST_F(Proofs, parameter_files_are_found_under_the_names_of_the_library) {
  EXPECT_TRUE(kFolderChosen);
  EXPECT_EQ(parameter_name(ParameterKind::WindowPost, kSectorSize).value(),
            "v28-proof-of-spacetime-fallback-merkletree-poseidon_hasher-8-0-0-"
            "0170db1f394b35d995252228ee359194b13199d259380541dc529fb0099096b0");
  EXPECT_EQ(parameter_name(ParameterKind::WinningPost, kSectorSize).value(),
            "v28-proof-of-spacetime-fallback-merkletree-poseidon_hasher-8-0-0-"
            "3ea05428c9d11689f23529cde32fd30aabd50f7d2c93657c1d3650bca3e8ea9e");
  EXPECT_EQ(parameter_name(ParameterKind::Porep, kSectorSize).value(),
            "v28-stacked-proof-of-replication-merkletree-poseidon_hasher-8-0-0-sha256_hasher-"
            "032d3138d22506ec0082ed72b2dcba18df18477904e35bafee82b3793b06832f");
  EXPECT_EQ(parameter_name(ParameterKind::Porep, 4096).error().code, ErrorCode::InvalidArgument);
  EXPECT_FALSE(parameters_present(ParameterKind::Porep, kSectorSize, folder_.path()).value());
  const auto name = parameter_name(ParameterKind::Porep, kSectorSize).value();
  std::ofstream(folder_.path() / (name + ".vk")) << "key";
  EXPECT_TRUE(verifying_key_present(ParameterKind::Porep, kSectorSize, folder_.path()).value());
  EXPECT_FALSE(parameters_present(ParameterKind::Porep, kSectorSize, folder_.path()).value());
}

TEST_F(Proofs, the_official_parameters_of_every_size_have_our_names) {
  VENUS_VECTORS_OR_SKIP(manifest, "proofs/parameters.json");
  const auto bytes = base::test_util::read_file(manifest);
  const auto text = base::as_chars(bytes);
  for (const auto kind :
       {ParameterKind::WinningPost, ParameterKind::WindowPost, ParameterKind::Porep}) {
    for (const std::uint64_t size :
         {2ULL << 10, 8ULL << 20, 512ULL << 20, 32ULL << 30, 64ULL << 30}) {
      const auto name = parameter_name(kind, size).value();
      EXPECT_NE(text.find('"' + name + ".params\""), std::string_view::npos) << name;
      EXPECT_NE(text.find('"' + name + ".vk\""), std::string_view::npos) << name;
    }
  }
}

TEST_F(Proofs, parameter_generation_stops_when_told_and_leaves_nothing) {
  int steps = 0;
  const auto result = generate_parameters(ParameterKind::WindowPost, kSectorSize, folder_.path(),
                                          [&](double fraction, const std::string&) {
                                            EXPECT_GE(fraction, 0.0);
                                            EXPECT_LE(fraction, 1.0);
                                            return ++steps < 4;
                                          });
  EXPECT_EQ(result.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(steps, 4);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  EXPECT_EQ(
      generate_parameters(ParameterKind::Porep, 8 << 20, folder_.path(), nullptr).error().code,
      ErrorCode::Unsupported);
}

TEST_F(Proofs, pieces_are_aligned_and_padded) {
  const auto source = folder_.path() / "piece";
  std::ofstream(source, std::ios::binary) << std::string(1016, 'x');
  const auto staged = folder_.path() / "staged";
  const auto small = add_piece(kSealProof, source, 127, staged, {}).value();
  EXPECT_EQ(small.left_alignment_unpadded, 0U);
  EXPECT_EQ(small.written_unpadded, 127U);
  const std::vector<std::uint64_t> existing{127};
  const auto large = add_piece(kSealProof, source, 1016, staged, existing).value();
  EXPECT_EQ(large.left_alignment_unpadded, 1016U - 127U);
  EXPECT_EQ(large.written_unpadded, 2032U - 127U);
  EXPECT_EQ(fs::file_size(staged), kSectorSize);
  EXPECT_EQ(piece_commitment(kSealProof, source, 1016)->commitment, large.commitment);
  EXPECT_EQ(add_piece(kSealProof, source, 128, staged, {}).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(add_piece(kSealProof, source, 2032, staged, {}).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_FALSE(piece_commitment(kSealProof, folder_.path() / "none", 127));
}

TEST_F(Proofs, an_unsealed_sector_is_the_data_that_was_sealed) {
  const auto sealed = seal(folder_.path(), 7);
  const auto out = folder_.path() / "out";
  ASSERT_TRUE(unseal_range(sealed.sector, sealed.paths, out, randomness_of(0xff),
                           sealed.commitments.unsealed, 0, kUnpaddedSize));
  EXPECT_EQ(base::test_util::read_file(out), sealed.data);
  ASSERT_TRUE(clear_cache(sealed.paths.cache));
}

TEST_F(Proofs, a_winning_post_of_a_sealed_sector_verifies_and_an_altered_one_does_not) {
  const auto made = have_parameters(ParameterKind::WinningPost);
  ASSERT_TRUE(made) << made.error().message;
  const auto sealed = seal(folder_.path(), 3);
  ASSERT_TRUE(clear_cache(sealed.paths.cache));
  // All bits set: the bridge must clear the highest two, or this is no field element.
  const auto randomness = randomness_of(0xff);
  const auto chosen = winning_post_sector_challenge(kWinningPost, randomness, kMiner, 1).value();
  EXPECT_EQ(chosen, std::vector<std::uint64_t>{0});
  const std::vector<Replica> replicas{replica_of(sealed)};
  auto proofs = generate_winning_post(kWinningPost, randomness, kMiner, replicas);
  ASSERT_TRUE(proofs) << proofs.error().message;
  ASSERT_EQ(proofs->size(), 1U);
  EXPECT_EQ(proofs->front().post_proof, kWinningPost);
  EXPECT_EQ(proofs->front().bytes.size(), 192U);

  const std::vector<SectorInfo> sectors{info_of(sealed)};
  EXPECT_TRUE(verify_winning_post(randomness, *proofs, sectors, kMiner).value());
  EXPECT_FALSE(verify_winning_post(randomness_of(9), *proofs, sectors, kMiner).value());
  auto other = sectors;
  other[0].sealed_cid = sealed_commitment_cid(sealed.commitments.unsealed);
  EXPECT_FALSE(verify_winning_post(randomness, *proofs, other, kMiner).value_or(false));
  proofs->front().bytes[50] ^= 1;
  EXPECT_FALSE(verify_winning_post(randomness, *proofs, sectors, kMiner).value_or(false));
}

TEST_F(Proofs, a_replica_proves_and_verifies) {
  if (std::getenv("VENUS_SLOW_TESTS") == nullptr) {
    GTEST_SKIP() << "two CPU minutes, and seven more for parameters once: set VENUS_SLOW_TESTS";
  }
  const auto made = have_parameters(ParameterKind::Porep);
  ASSERT_TRUE(made) << made.error().message;
  const auto sealed = seal(folder_.path(), 5);
  const auto ticket = randomness_of(0xff);
  const auto seed = randomness_of(0xfe);
  const auto phase1 = seal_commit_phase1(sealed.sector, sealed.paths, sealed.commitments, ticket,
                                         seed, sealed.pieces);
  ASSERT_TRUE(phase1) << phase1.error().message;
  const auto proof = seal_commit_phase2(sealed.sector, *phase1);
  ASSERT_TRUE(proof) << proof.error().message;
  EXPECT_EQ(proof->size(), 192U);
  SealVerifyInfo info{kSealProof,
                      kMiner,
                      sealed.sector.number,
                      sealed_commitment_cid(sealed.commitments.sealed),
                      unsealed_commitment_cid(sealed.commitments.unsealed),
                      ticket,
                      seed,
                      *proof};
  EXPECT_TRUE(verify_seal(info).value());
  auto other = info;
  other.miner = ActorId(1001);
  EXPECT_FALSE(verify_seal(other).value());
  other = info;
  other.seed = randomness_of(1);
  EXPECT_FALSE(verify_seal(other).value());
  other = info;
  other.proof[70] ^= 1;
  EXPECT_FALSE(verify_seal(other).value_or(false));
}

TEST_F(Proofs, a_window_post_verifies_and_names_faulty_sectors) {
  const auto made = have_parameters(ParameterKind::WindowPost);
  ASSERT_TRUE(made) << made.error().message;
  std::vector<Sealed> all;
  for (std::uint64_t number = 1; number <= 3; ++number) {
    all.push_back(seal(folder_.path(), number));
    ASSERT_TRUE(clear_cache(all.back().paths.cache));
  }
  std::vector<Replica> replicas;
  std::vector<SectorInfo> sectors;
  for (const auto& sealed : all) {
    replicas.push_back(replica_of(sealed));
    sectors.push_back(info_of(sealed));
  }
  const auto randomness = randomness_of(0xff);
  auto whole = generate_window_post(kWindowPost, randomness, kMiner, replicas);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_TRUE(whole->faulty_sectors.empty());
  ASSERT_EQ(whole->proofs.size(), 1U);
  EXPECT_TRUE(verify_window_post(randomness, whole->proofs, sectors, kMiner).value());
  const auto fewer = std::span(sectors).first(2);
  EXPECT_FALSE(verify_window_post(randomness, whole->proofs, fewer, kMiner).value_or(false));
  whole->proofs[0].bytes[60] ^= 2;
  EXPECT_FALSE(verify_window_post(randomness, whole->proofs, sectors, kMiner).value_or(false));

  // Partition by partition, as several machines would: two sectors of 2 KiB make one.
  ASSERT_EQ(window_post_partitions(kWindowPost, 3).value(), 2U);
  std::vector<PostProof> parts;
  for (std::uint64_t partition = 0; partition < 2; ++partition) {
    const auto part =
        generate_window_post_partition(kWindowPost, randomness, kMiner, replicas, partition);
    ASSERT_TRUE(part) << part.error().message;
    ASSERT_TRUE(part->faulty_sectors.empty());
    parts.push_back(part->proof);
  }
  EXPECT_FALSE(generate_window_post_partition(kWindowPost, randomness, kMiner, replicas, 2));
  const std::vector<PostProof> joined{merge_window_post_partitions(kWindowPost, parts).value()};
  EXPECT_TRUE(verify_window_post(randomness, joined, sectors, kMiner).value());

  fs::remove(all[1].paths.sealed);
  const auto damaged = generate_window_post(kWindowPost, randomness, kMiner, replicas);
  ASSERT_TRUE(damaged) << damaged.error().message;
  EXPECT_TRUE(damaged->proofs.empty());
  EXPECT_EQ(damaged->faulty_sectors, std::vector<std::uint64_t>{2});
}

TEST_F(Proofs, hostile_input_is_refused_before_the_library_sees_it) {
  const auto cid = sealed_commitment_cid(randomness_of(1));
  const auto unsealed = unsealed_commitment_cid(randomness_of(1));
  SealVerifyInfo info{kSealProof, kMiner, 1, cid, unsealed, {}, {}, Bytes(192, 0)};
  for (const std::int64_t type : {-1L, 20L, 1L << 40}) {
    auto bad = info;
    bad.seal_proof = type;
    EXPECT_EQ(verify_seal(bad).error().code, ErrorCode::InvalidArgument);
  }
  auto bad = info;
  bad.sealed_cid = unsealed;
  EXPECT_EQ(verify_seal(bad).error().code, ErrorCode::InvalidArgument);
  bad = info;
  bad.sealed_cid = Cid();
  EXPECT_EQ(verify_seal(bad).error().code, ErrorCode::InvalidArgument);
  bad = info;
  bad.proof.resize(1 << 20);
  EXPECT_EQ(verify_seal(bad).error().code, ErrorCode::Malformed);
  // No one has the parameters of 32 GiB sectors in a devnet's folder.
  bad = info;
  bad.seal_proof = 8;
  bad.proof.resize(1920);
  EXPECT_EQ(verify_seal(bad).error().code, ErrorCode::NotFound) << verify_seal(bad).error().message;

  const std::vector<SectorInfo> sectors{{kSealProof, 1, cid}};
  for (const std::size_t size : {0U, 1U, 191U, 193U}) {
    const std::vector<PostProof> proofs{{kWinningPost, Bytes(size, 0)}};
    EXPECT_EQ(verify_winning_post({}, proofs, sectors, kMiner).error().code, ErrorCode::Malformed);
  }
  const std::vector<PostProof> zeros{{kWinningPost, Bytes(192, 0)}};
  EXPECT_FALSE(verify_winning_post({}, zeros, sectors, kMiner).value_or(false));
  EXPECT_EQ(verify_winning_post({}, zeros, {}, kMiner).error().code, ErrorCode::Malformed);
  EXPECT_EQ(verify_winning_post({}, {}, sectors, kMiner).error().code, ErrorCode::Malformed);
  const std::vector<PostProof> wrong_kind{{kWinningPost, Bytes(192, 0)}};
  EXPECT_EQ(verify_window_post({}, wrong_kind, sectors, kMiner).error().code,
            ErrorCode::InvalidArgument);
  const std::vector<SectorInfo> large{{8, 1, cid}};
  const std::vector<PostProof> small{{kWindowPost, Bytes(192, 0)}};
  EXPECT_EQ(verify_window_post({}, small, large, kMiner).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(winning_post_sector_challenge(kWindowPost, {}, kMiner, 1).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(winning_post_sector_challenge(kWinningPost, {}, kMiner, 0).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(seal_commit_phase2({kSealProof, kMiner, 1}, Bytes{'{', '}'}).error().code,
            ErrorCode::Malformed);
}

}  // namespace
}  // namespace venus::bridge
