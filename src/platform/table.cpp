// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace venus::platform {

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0x1b) {
      while (i < text.size() && text[i] != 'm')
        ++i;
      continue;
    }
    if ((byte & 0xC0U) == 0x80U) continue;
    // East Asian wide characters and emoji start with these bytes.
    const bool wide = (byte >= 0xE3 && byte <= 0xED) || byte >= 0xF0;
    width += wide ? 2 : 1;
  }
  return width;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(headers_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text(bool color) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    auto width = display_width(headers_[i]);
    for (const auto& cells : rows_)
      width = std::max(width, display_width(cells[i]));
    widths.push_back(width);
  }
  std::string out;
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string pad(widths[i] - display_width(cells[i]), ' ');
      if (i > 0) line += "  ";
      line += align_[i] == Align::Right ? pad + cells[i] : cells[i] + pad;
    }
    while (line.ends_with(' '))
      line.pop_back();
    return line;
  };
  out += color ? fmt::format("\x1b[1m{}\x1b[0m\n", add(headers_)) : add(headers_) + "\n";
  for (const auto& cells : rows_)
    out += add(cells) + "\n";
  return out;
}

boost::json::value Table::json() const {
  boost::json::array out;
  for (const auto& cells : rows_) {
    boost::json::object item;
    for (std::size_t i = 0; i < headers_.size(); ++i) {
      std::string key = headers_[i];
      for (char& c : key) {
        if (c >= 'A' && c <= 'Z')
          c = static_cast<char>(c + 32);
        else if (c == ' ')
          c = '_';
      }
      item[key] = cells[i];
    }
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace venus::platform
