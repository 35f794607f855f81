// SPDX-License-Identifier: MIT OR Apache-2.0
#include "services/auth/verifier.hpp"

namespace venus::auth {
namespace {

class Verifier final : public rpc::AuthVerifier {
 public:
  explicit Verifier(api::auth::Auth& auth) : auth_(auth) {}

  Task<std::shared_ptr<const rpc::Caller>> verify(std::string token) override {
    CO_TRY(auto verified, co_await auth_.verify(token));
    CO_TRY(auto perm, rpc::parse_perm(verified.perm));
    auto caller = std::make_shared<rpc::Caller>();
    caller->name = std::move(verified.name);
    caller->perms = rpc::PermSet::up_to(perm);
    caller->extra = std::move(verified.ext);
    caller->token = std::move(token);
    co_return std::shared_ptr<const rpc::Caller>(std::move(caller));
  }

 private:
  api::auth::Auth& auth_;
};

}  // namespace

std::shared_ptr<rpc::AuthVerifier> make_verifier(api::auth::Auth& auth) { return std::make_shared<Verifier>(auth); }

}  // namespace venus::auth
