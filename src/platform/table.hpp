// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace venus::platform {

/// Rows and columns for people: aligned, numbers to the right, no lines.
class Table {
 public:
  enum class Align : std::uint8_t { Left, Right };

  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {
    align_.resize(headers_.size(), Align::Left);
  }
  /// Numbers and amounts stand to the right.
  Table& right(std::size_t column) {
    align_.at(column) = Align::Right;
    return *this;
  }
  /// A row with as many cells as there are headers; missing ones are empty, others dropped.
  void row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// The text with a line break after each row; headers are bold with `color`.
  [[nodiscard]] std::string text(bool color = false) const;
  /// A list of objects; keys are the headers in lower case with underscores.
  [[nodiscard]] boost::json::value json() const;

 private:
  std::vector<std::string> headers_;
  std::vector<Align> align_;
  std::vector<std::vector<std::string>> rows_;
};

/// How many columns of a terminal a UTF-8 text takes, about; escape sequences take none.
std::size_t display_width(std::string_view text);
/// "1.5 GiB".
std::string format_bytes(std::uint64_t bytes);

}  // namespace venus::platform
