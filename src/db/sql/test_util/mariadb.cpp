// SPDX-License-Identifier: MIT OR Apache-2.0
#include "db/sql/test_util/mariadb.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace venus::db::sql::test_util {
namespace {

namespace fs = std::filesystem;

const char* const kServer = "/usr/sbin/mariadbd";
const char* const kInstaller = "/usr/bin/mariadb-install-db";

pid_t spawn(const std::vector<std::string>& words, const fs::path& log) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  // The server goes when the test goes, however that ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int out = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

bool MariaDb::installed() { return fs::exists(kServer) && fs::exists(kInstaller); }

MariaDb* MariaDb::shared() {
  static MariaDb server;
  static const auto started = server.start();
  EXPECT_TRUE(started) << (started ? "" : started.error().message);
  return started ? &server : nullptr;
}

MariaDb::~MariaDb() { kill_hard(); }

void MariaDb::kill_hard() {
  if (server_ <= 0) return;
  ::kill(server_, SIGKILL);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
}

Result<void> MariaDb::start() {
  const auto data = folder_.path() / "data";
  const auto log = folder_.path() / "log";
  const std::string user = ::geteuid() == 0 ? "--user=root" : "--skip-name-resolve";
  if (!fs::exists(data)) {
    fs::create_directories(data);
    const auto installer = spawn({kInstaller, "--no-defaults", "--datadir=" + data.string(),
                                  "--auth-root-authentication-method=normal", "--skip-test-db", user}, log);
    int status = 0;
    ::waitpid(installer, &status, 0);
    if (status != 0) return fail(ErrorCode::Internal, "mariadb-install-db failed, see {}", log.string());
  }
  server_ = spawn({kServer, "--no-defaults", "--datadir=" + data.string(), "--socket=" + socket(),
                   "--skip-networking", "--pid-file=" + (folder_.path() / "pid").string(),
                   "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", user}, log);
  Options patient{.sessions = 1};
  for (int i = 0; i < 300; ++i) {
    if (Database::open(fmt::format("root@unix({})/mysql", socket()), patient)) return {};
    if (::waitpid(server_, nullptr, WNOHANG) != 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return fail(ErrorCode::Unavailable, "mariadbd did not start, see {}", log.string());
}

std::string MariaDb::fresh_database() {
  const auto name = fmt::format("t{}", ++databases_);
  auto admin = Database::open(fmt::format("root@unix({})/mysql", socket()), {.sessions = 1});
  EXPECT_TRUE(admin);
  EXPECT_TRUE((*admin)->with_session([&](Transaction& tx) -> Result<void> {
    TRY_VOID(tx.exec("CREATE DATABASE " + name));
    return {};
  }));
  return fmt::format("root@unix({})/{}", socket(), name);
}

}  // namespace venus::db::sql::test_util
