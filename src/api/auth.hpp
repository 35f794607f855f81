// SPDX-License-Identifier: MIT OR Apache-2.0
// venus-auth as its clients see it: REST paths, bodies, and one abstract class for them all
// (venus-components.md 1.1). JSON names are those of the Go client.
#pragma once

#include <memory>
#include <optional>

#include "base/json.hpp"
#include "base/task.hpp"
#include "rpc/http_types.hpp"
#include "types/address.hpp"

namespace venus::api::auth {

/// The user whose admin token is written to the file `token` of auth's home folder.
inline constexpr std::string_view kDefaultAdmin = "defaultLocalToken";

/// Whether a user's tokens are good. 0 in a request means "leave it" or "any".
enum class UserState : std::uint8_t { Any = 0, Enabled = 1, Disabled = 2 };

/// A token's payload and the answer of POST /verify.
struct Verified {
  std::string name;
  std::string perm;
  std::string ext;
  static constexpr auto fields() {
    return base::fields_of(base::field("name", &Verified::name), base::field("perm", &Verified::perm),
                           base::field("ext", &Verified::ext));
  }
};

struct TokenInfo {
  std::string token;
  std::string name;
  std::string perm;
  std::string custom;
  std::string create_time;  ///< RFC 3339, UTC
  static constexpr auto fields() {
    return base::fields_of(base::field("token", &TokenInfo::token), base::field("name", &TokenInfo::name),
                           base::field("perm", &TokenInfo::perm), base::field("custom", &TokenInfo::custom),
                           base::field("createTime", &TokenInfo::create_time));
  }
};

struct User {
  std::string id;  ///< UUID
  std::string name;
  std::string comment;
  std::uint8_t state = 1;         ///< UserState
  std::int64_t create_time = 0;   ///< unix seconds
  std::int64_t update_time = 0;
  static constexpr auto fields() {
    return base::fields_of(base::field("id", &User::id), base::field("name", &User::name),
                           base::field("comment", &User::comment), base::field("state", &User::state),
                           base::field("createTime", &User::create_time),
                           base::field("updateTime", &User::update_time));
  }
};

struct UserMiner {
  Address miner;
  std::string user;
  bool open_mining = true;
  std::string created_at;  ///< RFC 3339, UTC
  std::string updated_at;
  static constexpr auto fields() {
    return base::fields_of(base::field("Miner", &UserMiner::miner), base::field("User", &UserMiner::user),
                           base::field("OpenMining", &UserMiner::open_mining),
                           base::field("CreatedAt", &UserMiner::created_at),
                           base::field("UpdatedAt", &UserMiner::updated_at));
  }
};

struct UserSigner {
  Address signer;
  std::string user;
  std::string created_at;
  std::string updated_at;
  static constexpr auto fields() {
    return base::fields_of(base::field("Signer", &UserSigner::signer), base::field("User", &UserSigner::user),
                           base::field("CreatedAt", &UserSigner::created_at),
                           base::field("UpdatedAt", &UserSigner::updated_at));
  }
};

struct RequestLimit {
  std::int64_t cap = 0;        ///< requests
  std::int64_t reset_dur = 0;  ///< nanoseconds after which they are granted anew
  static constexpr auto fields() {
    return base::fields_of(base::field("Cap", &RequestLimit::cap), base::field("ResetDur", &RequestLimit::reset_dur));
  }
};

struct RateLimit {
  std::string id;  ///< empty: make a new one
  std::string name;
  std::string service;
  std::string api;
  RequestLimit limit;
  static constexpr auto fields() {
    return base::fields_of(base::field("Id", &RateLimit::id), base::field("Name", &RateLimit::name),
                           base::field("Service", &RateLimit::service), base::field("API", &RateLimit::api),
                           base::field("ReqLimit", &RateLimit::limit));
  }
};

struct GenTokenRequest {
  std::string name;
  std::string perm;
  std::string extra;
  static constexpr auto fields() {
    return base::fields_of(base::field("name", &GenTokenRequest::name), base::field("perm", &GenTokenRequest::perm),
                           base::field("extra", &GenTokenRequest::extra));
  }
};

/// PUT /user/new and POST /user/update; an absent comment is left as it is.
struct UserRequest {
  std::string name;
  std::optional<std::string> comment;
  std::uint8_t state = 0;  ///< UserState
  static constexpr auto fields() {
    return base::fields_of(base::field("name", &UserRequest::name), base::field("comment", &UserRequest::comment),
                           base::field("state", &UserRequest::state));
  }
};

struct MinerRequest {
  std::string user;
  Address miner;
  bool open_mining = true;
  static constexpr auto fields() {
    return base::fields_of(base::field("User", &MinerRequest::user), base::field("Miner", &MinerRequest::miner),
                           base::field("OpenMining", &MinerRequest::open_mining));
  }
};

struct SignersRequest {
  std::string user;
  std::vector<Address> signers;
  static constexpr auto fields() {
    return base::fields_of(base::field("User", &SignersRequest::user),
                           base::field("Signers", &SignersRequest::signers));
  }
};

/// Where a list begins and how long it is; auth answers at most 1000 rows.
struct Page {
  std::uint64_t skip = 0;
  std::uint64_t limit = 0;  ///< 0: as many as allowed
};

/// One path of the REST interface and the right it needs; "self" paths also answer a user about himself.
struct RestPath {
  rpc::Verb verb;
  std::string_view path;
  rpc::Perm perm;
};
namespace paths {
using enum rpc::Verb;
using enum rpc::Perm;
inline constexpr RestPath kVerify{Post, "/verify", Read};
inline constexpr RestPath kGenToken{Post, "/genToken", Admin};
inline constexpr RestPath kToken{Get, "/token", Read};                  // self by name
inline constexpr RestPath kTokens{Get, "/tokens", Admin};
inline constexpr RestPath kRemoveToken{Delete, "/token", Read};         // self
inline constexpr RestPath kRecoverToken{Post, "/recoverToken", Read};   // self
inline constexpr RestPath kUserNew{Put, "/user/new", Admin};
inline constexpr RestPath kUserUpdate{Post, "/user/update", Admin};
inline constexpr RestPath kUserList{Get, "/user/list", Admin};
inline constexpr RestPath kUser{Get, "/user", Read};                    // self
inline constexpr RestPath kUserVerify{Post, "/user/verify", Admin};
inline constexpr RestPath kUserHas{Get, "/user/has", Admin};
inline constexpr RestPath kUserDelete{Post, "/user/del", Admin};
inline constexpr RestPath kUserRecover{Post, "/user/recover", Admin};
inline constexpr RestPath kLimitUpsert{Post, "/user/ratelimit/upsert", Admin};
inline constexpr RestPath kLimitDelete{Post, "/user/ratelimit/del", Admin};
inline constexpr RestPath kLimits{Get, "/user/ratelimit", Admin};
inline constexpr RestPath kUserOfMiner{Get, "/user/miner", Admin};
inline constexpr RestPath kMinerAdd{Post, "/user/miner/add", Admin};
inline constexpr RestPath kMinerExist{Get, "/user/miner/exist", Read};  // self
inline constexpr RestPath kMinerList{Get, "/user/miner/list", Read};    // self
inline constexpr RestPath kMinerDelete{Post, "/user/miner/del", Admin};
inline constexpr RestPath kHasMiner{Get, "/miner/has", Admin};
inline constexpr RestPath kUsersOfSigner{Get, "/user/signer", Admin};
inline constexpr RestPath kSignerRegister{Post, "/user/signer/register", Admin};
inline constexpr RestPath kSignerExist{Get, "/user/signer/exist", Read};  // self
inline constexpr RestPath kSignerList{Get, "/user/signer/list", Read};    // self
inline constexpr RestPath kSignerUnregister{Post, "/user/signer/unregister", Admin};
inline constexpr RestPath kHasSigner{Get, "/signer/has", Admin};
inline constexpr RestPath kSignerDelete{Post, "/signer/del", Admin};
}  // namespace paths

/// Everything venus-auth answers. Errors: Unauthenticated (the asked token is not good), PermissionDenied
/// (the asker may not), NotFound, AlreadyExists, InvalidArgument, Unavailable.
class Auth {
 public:
  virtual ~Auth() = default;

  /// Whose token it is. Unauthenticated when unknown, removed, wrongly signed, or its user is disabled.
  virtual Task<Verified> verify(std::string token) = 0;
  virtual Task<std::string> generate_token(GenTokenRequest request) = 0;
  /// By token or by name, one of which is empty.
  virtual Task<std::vector<TokenInfo>> token_info(std::string token, std::string name) = 0;
  virtual Task<std::vector<TokenInfo>> tokens(Page page) = 0;
  virtual Task<> remove_token(std::string token) = 0;
  virtual Task<> recover_token(std::string token) = 0;

  virtual Task<User> create_user(UserRequest request) = 0;
  virtual Task<> update_user(UserRequest request) = 0;
  virtual Task<std::vector<User>> users(Page page, UserState state) = 0;
  virtual Task<User> user(std::string name) = 0;
  virtual Task<bool> has_user(std::string name) = 0;
  /// Success if all exist and are enabled; NotFound naming the first that is not.
  virtual Task<> verify_users(std::vector<std::string> names) = 0;
  virtual Task<> delete_user(std::string name) = 0;
  virtual Task<> recover_user(std::string name) = 0;

  /// Creates or (by id) replaces; returns the id.
  virtual Task<std::string> upsert_limit(RateLimit limit) = 0;
  virtual Task<> delete_limit(std::string name, std::string id) = 0;
  virtual Task<std::vector<RateLimit>> limits(std::string name, std::string id) = 0;

  /// A miner belongs to one user; adding it elsewhere moves it. Whether it was new.
  virtual Task<bool> add_miner(MinerRequest request) = 0;
  virtual Task<bool> delete_miner(Address miner) = 0;
  virtual Task<bool> has_miner(Address miner) = 0;
  virtual Task<User> user_of_miner(Address miner) = 0;
  virtual Task<bool> miner_in_user(std::string user, Address miner) = 0;
  virtual Task<std::vector<UserMiner>> miners(std::string user) = 0;

  /// A signer may belong to several users.
  virtual Task<> register_signers(SignersRequest request) = 0;
  virtual Task<> unregister_signers(SignersRequest request) = 0;
  virtual Task<bool> has_signer(Address signer) = 0;
  virtual Task<bool> delete_signer(Address signer) = 0;
  virtual Task<std::vector<User>> users_of_signer(Address signer) = 0;
  virtual Task<bool> signer_in_user(std::string user, Address signer) = 0;
  virtual Task<std::vector<UserSigner>> signers(std::string user) = 0;
};

/// The service behind an URL ("http://127.0.0.1:8989", a multiaddress also does), asked with `token`.
/// `io` must outlive it.
Result<std::unique_ptr<Auth>> make_auth_client(asio::io_context& io, std::string_view url, std::string token);

}  // namespace venus::api::auth
