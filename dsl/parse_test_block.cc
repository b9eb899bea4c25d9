// Tests in the file (L7).
#include <algorithm>

#include "dsl/literal_text.h"
#include "dsl/parser_impl.h"

namespace weir::dsl {

void Parser::test() {
  TestDecl decl;
  const std::uint32_t begin = take().begin;
  if (at(TokenKind::kWord)) decl.rule = name("a rule");
  if (at(TokenKind::kString)) decl.title = string_text(take());
  Span open;
  if (!open_brace("the test", open)) return abandon_declaration();
  BlockScope scope(*this, Block::kTest);
  while (!block_ends()) {
    const std::size_t before = pos_;
    if (skip_separators(true)) continue;
    test_item(decl);
    if (pos_ == before) take();
  }
  close_brace(open, "the test");
  finish(std::move(decl), begin);
}

std::optional<std::int64_t> Parser::test_time(std::string_view wanted) {
  auto parsed = duration(wanted);
  if (!parsed) return std::nullopt;
  if (parsed->name) {
    broken_ = true;
    diagnostics_.add(DiagnosticCode::kNotALiteral, parsed->span, "a time in a test is a literal")
        .help = "as in `90s` or `1h30m`";
    return std::nullopt;
  }
  return parsed->ms;
}

void Parser::test_item(TestDecl& decl) {
  const std::uint32_t begin = peek().begin;
  const bool at_time = at(TokenKind::kDuration) || at(TokenKind::kInt);
  if (!at_time) {
    correct_word({Word::kGiven, Word::kExpect, Word::kWatermark, Word::kLateness, Word::kIgnore});
  }
  if (at_time || at(Word::kGiven)) {
    const bool given = accept(Word::kGiven);
    const auto when = given ? std::optional<std::int64_t>(0) : test_time("a time");
    const Span time = since(begin);
    auto type = name("an event type");
    if (!type) {
      skip_to_sync();
      return;
    }
    auto fields = test_fields();
    if (given) {
      decl.items.emplace_back(TestGiven{std::move(*type), std::move(fields), since(begin)});
    } else if (when) {
      decl.items.emplace_back(
          TestEvent{*when, std::move(*type), std::move(fields), since(begin), time});
    }
  } else if (accept(Word::kWatermark)) {
    const Span time = here();
    const auto when = test_time("a time");
    if (when) decl.items.emplace_back(TestWatermark{*when, since(begin), time});
  } else if (accept(Word::kLateness)) {
    const Span time = here();
    const auto bound = test_time("a duration");
    if (bound) decl.items.emplace_back(TestLateness{*bound, since(begin), time});
  } else if (at(Word::kExpect)) {
    expect(decl);
  } else if (accept(Word::kIgnore)) {
    if (!accept(Word::kOthers)) unexpected("`others` after `ignore`");
    decl.items.emplace_back(TestIgnoreOthers{since(begin)});
  } else {
    unexpected(
        "`given`, a time with an event, `watermark`, `lateness`, `expect` or `ignore others`",
        true);
    if (!at(TokenKind::kLeftBrace) && !at(TokenKind::kLeftParen)) take();
    skip_to_sync();
  }
}

// `{ field: literal, ... }`; absent altogether: no fields.
std::vector<TestField> Parser::test_fields() {
  std::vector<TestField> fields;
  const Span open = here();
  if (!accept(TokenKind::kLeftBrace)) {
    if (!at_sync() && !block_ends()) {
      unexpected("`{` and the fields of the event");
      skip_to_sync();
    }
    return fields;
  }
  while (!at(TokenKind::kRightBrace) && !at(TokenKind::kEnd)) {
    std::optional<Name> field;
    if (at(TokenKind::kString)) {  // as JSON has it
      const Span place = here();
      std::string spelled = string_text(take());
      const bool plain = is_plain_name(spelled);
      field = Name{std::move(spelled), place, !plain};
    } else {
      field = name("the name of a field");
    }
    if (!field) break;
    if (!accept(TokenKind::kColon)) {
      const bool near = at(TokenKind::kAssign) || at(TokenKind::kEqual);
      unexpected("`:` and a value");
      if (!near) break;
      take();
    }
    const bool null = at(TokenKind::kWord) && text(peek()) == "null" && !peek().quoted;
    if (null) {
      take();
      fields.push_back({std::move(*field), {}});
    } else {
      const ExprId value = at(TokenKind::kLeftBrace) ? geo_literal() : literal("a value in a test");
      if (value.valid()) fields.push_back({std::move(*field), value});
    }
    if (accept(TokenKind::kComma)) continue;
    if (begins_test_item(0) || block_ends()) break;
    if (!at(TokenKind::kRightBrace)) {
      unexpected("`,` or `}`");
      if (!at(TokenKind::kWord) || !at(TokenKind::kColon, 1) || begins_test_item(0)) break;
    }
  }
  if (accept(TokenKind::kRightBrace)) return fields;
  report(DiagnosticCode::kUnclosedBrace, open, "the `{` of these fields has no `}`");
  while (!at(TokenKind::kEnd) && !at_sync() && !peek().line_start) {
    if (accept(TokenKind::kRightBrace)) break;
    take();
  }
  return fields;
}

// {lat: 51.5, lon: -0.1}: a list of the two, marked "geo".
ExprId Parser::geo_literal() {
  const Token open = take();
  ExprId sides[2];
  while (at_name()) {
    const Token which = take();
    const bool lat = text(which) == "lat";
    if (!lat && text(which) != "lon") break;
    if (!accept(TokenKind::kColon)) break;
    sides[lat ? 0 : 1] = literal("a place");
    if (!accept(TokenKind::kComma)) break;
  }
  if (!sides[0].valid() || !sides[1].valid() || !at(TokenKind::kRightBrace)) {
    unexpected("a place, written {lat: 51.5, lon: -0.1}");
    while (!at(TokenKind::kEnd) && !at(TokenKind::kRightBrace) && !peek().line_start) take();
    accept(TokenKind::kRightBrace);
    return {};
  }
  take();
  Expr expr;
  expr.kind = ExprKind::kList;
  expr.text = "geo";
  expr.args = {sides[0], sides[1]};
  expr.span = since(open.begin);
  return add(std::move(expr));
}

// ---- expectations ------------------------------------------------------------------------------

void Parser::expect(TestDecl& decl) {
  TestExpect result;
  const std::uint32_t begin = take().begin;
  if (at(Word::kNothing) && !at(Word::kAt, 1) && !at(TokenKind::kLeftBrace, 1)) {
    take();
    result.kind = TestExpect::Kind::kNothing;
    result.span = since(begin);
    decl.items.emplace_back(std::move(result));
    return;
  }
  const bool feature = at(Word::kFeature) && at_name(1) && !at(Word::kAt, 1);
  if (feature) {
    take();
    result.kind = TestExpect::Kind::kFeature;
  }
  auto named = name(feature ? "a feature" : "a rule, a decision or `nothing`");
  if (!named) {
    skip_to_sync();
    return;
  }
  result.name = std::move(*named);
  if (feature) {
    expect_feature(result);
  } else if (accept(TokenKind::kDot)) {
    result.timeout = name("the name of a timeout");
  }
  if (accept(Word::kAt)) {
    result.at_span = here();
    result.at_ms = test_time("a time");
  }
  if (!feature && at(TokenKind::kLeftBrace)) expect_counts(result);
  if (feature && !result.at_ms && !broken_) unexpected("`at` and a time");
  result.span = since(begin);
  const bool usable = !feature || result.at_ms;
  if (usable) decl.items.emplace_back(std::move(result));
}

void Parser::expect_feature(TestExpect& expect) {
  const Span open = here();
  expression_failed_ = false;
  if (accept(TokenKind::kLeftBracket)) {
    do {
      const ExprId key = literal("a key");
      if (key.valid()) expect.keys.push_back(key);
    } while (accept(TokenKind::kComma));
    close_bracket(TokenKind::kRightBracket, open);
  } else {
    unexpected("`[` and the key of the feature");
  }
  if (!accept(TokenKind::kEqual)) {
    const bool near = at(TokenKind::kAssign) || at(TokenKind::kColon);
    unexpected("`==` and a value");
    if (!near) return;
    take();
  }
  const bool null = at(TokenKind::kWord) && text(peek()) == "null" && !peek().quoted;
  if (null) {
    take();
    return;
  }
  expect.value = literal("the value of a feature");
}

void Parser::expect_counts(TestExpect& expect) {
  const Span open = take().end > 0 ? span(previous()) : here();
  while (!at(TokenKind::kRightBrace) && !block_ends()) {
    auto counted = name("the name of a part");
    if (!counted) break;
    if (!accept(TokenKind::kColon)) {
      unexpected("`:` and a count");
      break;
    }
    if (!at(TokenKind::kInt)) {
      unexpected("a count");
      break;
    }
    expect.counts.push_back({std::move(*counted), integer(take())});
    if (!accept(TokenKind::kComma)) break;
  }
  if (accept(TokenKind::kRightBrace)) return;
  if (!broken_) {
    unexpected("`,` or `}`").notes.push_back({open, "in this `{`"});
  }
  while (!at(TokenKind::kEnd) && !peek().line_start && !accept(TokenKind::kRightBrace)) take();
}

}  // namespace weir::dsl
