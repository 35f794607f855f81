// SPDX-License-Identifier: MIT OR Apache-2.0
#include "types/test_util/recorded.hpp"

#include "base/json.hpp"
#include "base/test_util/vectors.hpp"
#include "base/varint.hpp"

#include <stdexcept>

namespace venus::types::test_util {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

/// One length-prefixed section from the front.
BytesView next_section(BytesView& rest) {
  const auto length = must(base::read_varint(rest));
  if (length.value > rest.size() - length.size) throw std::runtime_error("CAR is cut short");
  const auto section = rest.subspan(length.size, length.value);
  rest = rest.subspan(length.size + length.value);
  return section;
}

}  // namespace

std::vector<std::pair<Cid, Bytes>> read_car_blocks(const std::filesystem::path& file) {
  const auto data = base::test_util::read_file(file);
  BytesView rest(data);
  next_section(rest);
  std::vector<std::pair<Cid, Bytes>> out;
  while (!rest.empty()) {
    const auto section = next_section(rest);
    std::size_t used = 0;
    const auto cid = must(Cid::read(section, used));
    out.emplace_back(cid, base::to_bytes(section.subspan(used)));
  }
  return out;
}

ChainObjects read_chain_objects(const std::filesystem::path& file) {
  ChainObjects out;
  for (auto& block : read_car_blocks(file)) {
    const auto& data = block.second;
    if (block.first.codec() != ipld::Codec::DagCbor || data.size() < 40) continue;
    // Tuples of 16 whose first field is an ID address, of 10 that begin with a
    // version 0 and an address, and of 2 around such a one.
    if (data[0] == 0x90 && data[1] >= 0x42 && data[1] <= 0x4b)
      out.headers.push_back(std::move(block));
    else if (data[0] == 0x8a && data[1] == 0x00)
      out.messages.push_back(std::move(block));
    else if (data[0] == 0x82 && data[1] == 0x8a)
      out.signed_messages.push_back(std::move(block));
  }
  return out;
}

boost::json::value read_json(const std::filesystem::path& file) {
  return must(base::parse_json(base::as_chars(base::test_util::read_file(file))));
}

std::vector<boost::json::value> recorded_results(const std::filesystem::path& file) {
  std::vector<boost::json::value> out;
  const auto root = read_json(file);
  for (const auto& call : root.at("calls").as_array()) {
    if (const auto* result = base::find_member(call.at("response"), "result"))
      out.push_back(*result);
  }
  return out;
}

}  // namespace venus::types::test_util
