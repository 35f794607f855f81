// SPDX-License-Identifier: MIT OR Apache-2.0
#include "api/key_info_json.hpp"

#include <boost/json.hpp>

namespace venus::base {

boost::json::value JsonCodec<types::KeyInfo>::encode(const types::KeyInfo& v) {
  return boost::json::object{{"Type", types::to_string(v.type)}, {"PrivateKey", to_base64(v.private_key.view())}};
}

Result<types::KeyInfo> JsonCodec<types::KeyInfo>::decode(const boost::json::value& v) {
  const auto* type = find_member(v, "Type");
  const auto* key = find_member(v, "PrivateKey");
  if (type == nullptr || key == nullptr) return fail(ErrorCode::Malformed, "a key has Type and PrivateKey");
  types::KeyInfo out;
  TRY(auto name, from_json<std::string>(*type));
  TRY(out.type, types::parse_key_type(name));
  TRY(auto bytes, from_json<Bytes>(*key));
  if (bytes.size() != 32) {
    secure_wipe(bytes);
    return fail(ErrorCode::Malformed, "a private key has 32 bytes");
  }
  out.private_key = Secret(std::move(bytes));
  return out;
}

}  // namespace venus::base
