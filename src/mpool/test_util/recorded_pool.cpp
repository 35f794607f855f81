// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mpool/test_util/recorded_pool.hpp"

#include <boost/json/stream_parser.hpp>
#include <cstdio>
#include <map>
#include <stdexcept>

#include "base/json.hpp"

namespace venus::mpool::test_util {
namespace {

struct ClosePipe {
  void operator()(std::FILE* file) const { pclose(file); }
};

std::string gunzip(const std::filesystem::path& file) {
  const auto command = "gzip -dc '" + file.string() + "'";
  const std::unique_ptr<std::FILE, ClosePipe> pipe(popen(command.c_str(), "r"));
  if (!pipe) throw std::runtime_error("cannot run gzip");
  std::string out;
  std::array<char, 65536> buffer{};
  while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) out.append(buffer.data(), got);
  return out;
}

MessagePtr pending(types::SignedMessage message) {
  const auto min_gas = types::on_chain_message_gas(message.chain_length());
  return std::make_shared<const PendingMessage>(std::move(message), min_gas);
}

}  // namespace

SelectionInput read_recorded_pool(const std::filesystem::path& gzip_file, const TokenAmount& base_fee) {
  const auto text = gunzip(gzip_file);
  std::map<Address, SenderMessages> senders;
  std::size_t offset = 0;
  while (offset < text.size()) {
    boost::json::stream_parser parser;
    offset += parser.write_some(text.data() + offset, text.size() - offset);
    if (!parser.done()) break;
    const auto value = parser.release();
    auto message = base::from_json<types::Message>(value.at("Message"));
    if (!message) throw std::runtime_error(message.error().message);
    types::SignedMessage signed_message{*message, {types::SignatureType::Bls, Bytes(96)}};
    auto& sender = senders[message->from];
    sender.sender = message->from;
    sender.balance = TokenAmount::from_fil(1'000'000);
    sender.messages[message->nonce] = pending(std::move(signed_message));
  }
  SelectionInput out;
  out.base_fee = base_fee;
  for (auto& [address, sender] : senders) {
    sender.nonce = sender.messages.begin()->first;
    out.senders.push_back(std::move(sender));
  }
  return out;
}

MessagePtr make_message(std::uint64_t sender, std::uint64_t nonce, std::int64_t gas_limit,
                        std::int64_t premium) {
  types::SignedMessage out;
  out.message.from = Address::id(sender);
  out.message.to = Address::id(99);
  out.message.nonce = Nonce(nonce);
  out.message.gas_limit = Gas(gas_limit);
  out.message.gas_premium = TokenAmount::from_atto(premium);
  out.message.gas_fee_cap = TokenAmount::from_atto(1'000'000'000'000);
  out.signature.data = Bytes(65);
  return pending(std::move(out));
}

}  // namespace venus::mpool::test_util
