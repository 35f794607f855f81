// SPDX-License-Identifier: MIT OR Apache-2.0
#include "actors/miner_state.hpp"

#include <boost/json/object.hpp>

namespace venus::base {
namespace {

using actors::miner::SectorOnChain;

constexpr std::string_view kHidden = "DeprecatedDealIDs";

}  // namespace

boost::json::value JsonCodec<SectorOnChain>::encode(const SectorOnChain& v) {
  boost::json::object out;
  for_each_field<SectorOnChain>([&](const auto& field) {
    if (field.name != kHidden) detail::encode_field(out, v, field);
  });
  if (!v.daily_fee) out["DailyFee"] = "0";
  return out;
}

Result<SectorOnChain> JsonCodec<SectorOnChain>::decode(const boost::json::value& v) {
  if (!v.is_object()) return json_mismatch("an object", v);
  SectorOnChain out;
  Result<void> state;
  for_each_field<SectorOnChain>([&](const auto& field) {
    const auto* found = field.name == kHidden ? nullptr : find_member(v, field.name);
    if (!state || found == nullptr || found->is_null()) return;
    auto decoded = from_json<std::remove_cvref_t<decltype(out.*(field.member))>>(*found);
    if (decoded)
      out.*(field.member) = *std::move(decoded);
    else
      state = std::unexpected(std::move(decoded).error().context(field.name));
  });
  TRY_VOID(state);
  return out;
}

}  // namespace venus::base
