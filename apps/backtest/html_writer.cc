#include "apps/backtest/html_writer.h"

#include <fmt/format.h>

namespace weir::apps {

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
        if (is_control) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
      }
    }
  }
  return out;
}

void append_table(std::string& out, const HtmlTable& table) {
  out += fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\">"
      "<table{1}><caption>{0}</caption>\n<thead><tr>",
      escape_html(table.caption), table.narrow ? " class=\"matrix\"" : "");
  for (const std::string& column : table.columns) {
    out += "<th scope=\"col\"><span>" + escape_html(column) + "</span></th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const HtmlCell& cell = row[i];
      const std::string text = escape_html(cell.text);
      if (i == 0) {
        out += "<th scope=\"row\">" + text + "</th>";
        continue;
      }
      out += cell.is_number ? fmt::format("<td class=\"n\" data-v=\"{}\"", cell.value) : "<td";
      if (cell.heat >= 0) out += fmt::format(" style=\"--h:{:.0f}%\"", cell.heat * 70);
      out += ">" + text + "</td>";
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
}

}  // namespace weir::apps
