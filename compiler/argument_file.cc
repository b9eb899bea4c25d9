#include "compiler/argument_file.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "dsl/literal_text.h"
#include "dsl/template_expander.h"
#include "dsl/utf8.h"
#include "event/decimal.h"

namespace weir::compiler {
namespace {

using dsl::Expr;
using dsl::ExprKind;

constexpr std::size_t kMostColumns = 1000;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class CsvText {
 public:
  CsvText(std::string_view text, dsl::SourceId source) : text_(text), source_(source) {}

  std::expected<ArgumentFile, ArgumentFileError> read() {
    if (const auto bad = dsl::find_invalid_utf8(text_); bad != std::string_view::npos) {
      return error(bad, bad + 1, "the file is not valid UTF-8");
    }
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    ArgumentFile file;
    bool has_header = false;
    while (at_ < text_.size()) {
      if (skip_blank_line()) continue;
      const std::size_t begin = at_;
      std::vector<ArgumentCell> cells;
      if (!read_line(cells)) return std::unexpected(error_);
      if (cells.size() > kMostColumns) {
        return error(begin, line_end_,
                     "the line has more than " + std::to_string(kMostColumns) + " cells");
      }
      if (!std::exchange(has_header, true)) {
        file.columns = std::move(cells);
        continue;
      }
      if (cells.size() != file.columns.size()) {
        return error(begin, line_end_,
                     "the line has " + std::to_string(cells.size()) + " cells, but there are " +
                         std::to_string(file.columns.size()) + " columns");
      }
      file.rows.push_back(std::move(cells));
    }
    if (!has_header) return error(0, 0, "the file is empty: its first line names the columns");
    return file;
  }

 private:
  std::unexpected<ArgumentFileError> error(std::size_t begin, std::size_t end,
                                           std::string message) {
    error_ = {span(begin, end), std::move(message)};
    return std::unexpected(error_);
  }
  [[nodiscard]] dsl::Span span(std::size_t begin, std::size_t end) const {
    return {source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  }
  [[nodiscard]] bool at_line_end() const {
    return at_ >= text_.size() || text_[at_] == '\n' ||
           (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
  }
  void skip_line_end() {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size()) ++at_;
  }

  bool skip_blank_line() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_line_end()) {
      skip_line_end();
      return true;
    }
    at_ = begin;
    return false;
  }

  bool read_line(std::vector<ArgumentCell>& cells) {
    for (;;) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      const bool quoted = at_ < text_.size() && text_[at_] == '"';
      if (!(quoted ? read_quoted(cells) : read_plain(cells))) return false;
      if (at_line_end()) break;
      ++at_;  // the comma
    }
    line_end_ = at_;
    skip_line_end();
    return true;
  }

  bool read_plain(std::vector<ArgumentCell>& cells) {
    const std::size_t begin = at_;
    while (!at_line_end() && text_[at_] != ',') ++at_;
    std::size_t end = at_;
    while (end > begin && is_blank(text_[end - 1])) --end;
    cells.push_back({std::string(text_.substr(begin, end - begin)), span(begin, end), false});
    return true;
  }

  bool read_quoted(std::vector<ArgumentCell>& cells) {
    const std::size_t begin = at_++;
    std::string value;
    for (;;) {
      const std::size_t quote = text_.find('"', at_);
      if (quote == std::string_view::npos) {
        static_cast<void>(error(begin, begin + 1, "this quote does not end"));
        return false;
      }
      value += text_.substr(at_, quote - at_);
      at_ = quote + 1;
      if (at_ >= text_.size() || text_[at_] != '"') break;
      value += '"';
      ++at_;
    }
    cells.push_back({std::move(value), span(begin, at_), true});
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_line_end() || text_[at_] == ',') return true;
    static_cast<void>(error(begin, at_ + 1, "there is text behind the closing quote of a cell"));
    return false;
  }

  std::string_view text_;
  dsl::SourceId source_;
  std::size_t at_ = 0;
  std::size_t line_end_ = 0;
  ArgumentFileError error_;
};

// ---- what a cell says --------------------------------------------------------------------------

// A number as rules write it: no leading zeros (those are of a code), no `+`.
std::optional<Expr> as_number(std::string_view text) {
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const auto whole = std::ranges::find_if_not(digits, is_digit) - digits.begin();
  if (whole == 0 || (whole > 1 && digits.front() == '0')) return std::nullopt;
  Expr expr;
  if (std::cmp_equal(whole, digits.size())) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), expr.integer);
    if (parsed.ec != std::errc()) return std::nullopt;
    expr.kind = ExprKind::kInt;
    return expr;
  }
  const std::string_view rest = digits.substr(static_cast<std::size_t>(whole));
  const bool decimal =
      rest.size() > 1 && rest.front() == '.' && std::ranges::all_of(rest.substr(1), is_digit);
  if (!decimal && rest.find_first_of("eE") == std::string_view::npos) return std::nullopt;
  if (event::parse_float(text).status != event::FloatStatus::kOk) return std::nullopt;
  expr.kind = decimal ? ExprKind::kDecimal : ExprKind::kFloat;
  return expr;
}

// A literal of one word.
Expr as_literal(std::string_view text) {
  if (auto number = as_number(text)) return *number;
  Expr expr;
  if (text == "true" || text == "false") {
    expr.kind = ExprKind::kBool;
    expr.integer = text == "true" ? 1 : 0;
  } else if (!text.empty() && is_digit(text.front()) && dsl::duration_ms(text) >= 0) {
    expr.kind = ExprKind::kDuration;
    expr.integer = dsl::duration_ms(text);
  } else {
    expr.kind = ExprKind::kString;
  }
  return expr;
}

dsl::ExprId add(Expr expr, std::string text, dsl::Span span, dsl::Ast& ast) {
  expr.text = std::move(text);
  expr.span = expr.text_span = span;
  expr.argument = true;
  expr.cell = expr.kind != ExprKind::kName;
  ast.exprs.push_back(std::move(expr));
  return dsl::ExprId(ast.exprs.size() - 1);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// `"text"`: without its quotes; a quote inside is none of a string of a cell.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  const auto inner = text.substr(1, text.size() - 2);
  if (inner.contains('"')) return std::nullopt;
  return std::string(inner);
}

dsl::ExprId one_value(std::string_view text, dsl::Span span, dsl::Ast& ast) {
  if (auto inner = unquoted(text)) {
    Expr expr;
    expr.kind = ExprKind::kString;
    return add(std::move(expr), std::move(*inner), span, ast);
  }
  return add(as_literal(text), std::string(text), span, ast);
}

// `[a, b]`: an element ends at a comma outside of quotes.
dsl::ExprId list_value(std::string_view inner, dsl::Span span, dsl::Ast& ast) {
  Expr list;
  list.kind = ExprKind::kList;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= inner.size(); ++i) {
    if (i < inner.size() && inner[i] == '"') quoted = !quoted;
    if (i < inner.size() && (inner[i] != ',' || quoted)) continue;
    const auto element = trimmed(inner.substr(begin, i - begin));
    begin = i + 1;
    if (element.empty() && i == inner.size()) break;
    list.args.push_back(one_value(element, span, ast));
  }
  return add(std::move(list), "", span, ast);
}

}  // namespace

std::expected<ArgumentFile, ArgumentFileError> read_argument_file(std::string_view text,
                                                                  dsl::SourceId source) {
  return CsvText(text, source).read();
}

dsl::ExprId cell_value(const ArgumentCell& cell, dsl::Ast& ast) {
  const std::string_view text = cell.text;
  const bool wrapped = text.size() > 2;
  if (wrapped && text.front() == '`' && text.back() == '`' &&
      dsl::is_name_like(text.substr(1, text.size() - 2))) {
    Expr name;
    name.kind = ExprKind::kName;
    return add(std::move(name), std::string(text.substr(1, text.size() - 2)), cell.span, ast);
  }
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    return list_value(text.substr(1, text.size() - 2), cell.span, ast);
  }
  return one_value(text, cell.span, ast);
}

}  // namespace weir::compiler
