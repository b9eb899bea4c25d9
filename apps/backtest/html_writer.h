// HTML text: everything that comes from data goes through escape_html(), here or in the caller.
// Free functions; no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::apps {

// For text and for attributes in double quotes; control characters come out as U+FFFD.
[[nodiscard]] std::string escape_html(std::string_view text);

// A cell of a table: what is shown, and the number that it is sorted by.
struct HtmlCell {
  HtmlCell(std::string shown) : text(std::move(shown)) {}  // NOLINT: cells are written as texts
  HtmlCell(const char* shown) : text(shown) {}             // NOLINT: likewise
  HtmlCell(std::string shown, double by) : text(std::move(shown)), value(by), is_number(true) {}

  std::string text;  // not escaped yet
  double value = 0;
  bool is_number = false;
  double heat = -1;  // 0 to 1: a background as strong as that; < 0: none
};

struct HtmlTable {
  std::string caption;
  std::vector<std::string> columns;
  std::vector<std::vector<HtmlCell>> rows;
  bool narrow = false;  // a matrix: slanted names above, small cells
};

// The first column heads its row. Scrolls sideways where the screen is too narrow.
void append_table(std::string& out, const HtmlTable& table);

}  // namespace weir::apps
