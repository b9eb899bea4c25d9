#include "compiler/templates.h"

#include <gtest/gtest.h>

#include "compiler/argument_file.h"
#include "compiler/test_rules.h"

namespace weir::compiler {
namespace {

using testing::compile_text;
using testing::compile_texts;
using testing::MemoryFiles;
using testing::with_events;

MemoryFiles one_file(const std::string& text) {
  MemoryFiles files;
  files.files["a.csv"] = text;
  return files;
}

// The rule as a template makes it is the rule as it is written out: nothing but the name differs.
void expect_same(const std::string& made, const std::string& written) {
  const auto compiled = compile_texts({with_events(made), "rule written { " + written + " }"}, {},
                                      one_file("rule,a,b\nmade,5,m1\n"));
  ASSERT_TRUE(compiled->result.image) << made << "\n" << compiled->text();
  ASSERT_EQ(compiled->result.image->rules.size(), 2U) << made;
  const auto& [first, second] = std::pair(compiled->rule(0), compiled->rule(1));
  EXPECT_EQ(first.version, second.version) << made;
  EXPECT_EQ(first.state_identity, second.state_identity) << made;
  EXPECT_EQ(first.description, second.description) << made;
}

TEST(Templates, ArgumentsStandWhereverTheirNameDoes) {
  expect_same("template t(x) { when auth where amount > x score x } rule made = t(5)",
              "when auth where amount > 5 score 5");
  expect_same(
      "template t(n, d) { by card when n+ auth within d limit n cooldown d } "
      "rule made = t(3, 10m)",
      "by card when 3+ auth within 10m limit 3 cooldown 10m");
  expect_same(
      "template t(n) { by card when 2..n auth then after n2 within d auth_result within 1h }"
      " rule made = t(4) param n2 = 1s param d = 5s",
      "by card when 2..4 auth then after 1s within 5s auth_result within 1h");
  expect_same(
      "template t(e, k, f) { by k when e as p where f > 5 then e where f > p.f within 1m "
      "having sum(p.f) > 3 } rule made = t(auth, card, amount)",
      "by card when auth as p where amount > 5 then auth where amount > p.amount "
      "within 1m having sum(p.amount) > 3");
  expect_same(
      "template t(w, v) { when auth where w decide v final } "
      "rule made = t(amount > 5 or device is missing, review)",
      "when auth where amount > 5 or device is missing decide review final");
  expect_same(
      "template t(l, m) { when auth where merchant in l and card in m } "
      "rule made = t([\"a\", \"b\"], hot) list hot string",
      "when auth where merchant in [\"a\", \"b\"] and card in hot");
  expect_same(
      "template t(k, d, f) { when auth where count(auth where amount > 3 by k over d) > 2 "
      "and sum(auth.f by card over last 5) > 1 } rule made = t(merchant, 1h, amount)",
      "when auth where count(auth where amount > 3 by merchant over 1h) > 2 "
      "and sum(auth.amount by card over last 5) > 1");
  expect_same(
      "template t(ev) { when any of (auth as a by card, login as a by card) then ev by card "
      "until login where ok within 1m } rule made = t(auth_result)",
      "when any of (auth as a by card, login as a by card) then auth_result by card "
      "until login where ok within 1m");
}

TEST(Templates, TextsHoldArguments) {
  const auto compiled = compile_text(with_events(
      "template t(a, d, level, list) \"{a} in {d}, not {b} {{a}\" { when auth where amount in list "
      "tag \"t{a}\" owner \"{a}{a}\" severity level meta { m: \"<{a}>\"  n: 3 } } "
      "rule made = t(5, 90m, high, [1])"));
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  const auto& rule = compiled->rule();
  EXPECT_EQ(rule.description, "5 in 1h30m, not {b} {5");
  EXPECT_EQ(rule.owner, "55");
  EXPECT_EQ(rule.severity, "high");
  EXPECT_EQ(rule.meta, "{\"m\":\"<5>\",\"n\":3}");
  EXPECT_EQ(rule.outcomes.tags, std::vector<std::string>{"t5"});
}

TEST(Templates, NamesArePlacesAndDefaults) {
  const std::string body = "template t(x, y = 7) { when auth where amount > x and amount < y } ";
  expect_same(body + "rule made = t(5)", "when auth where amount > 5 and amount < 7");
  expect_same(body + "rule made = t(5, 9)", "when auth where amount > 5 and amount < 9");
  expect_same(body + "rule made = t(y = 9, x = 5)", "when auth where amount > 5 and amount < 9");
}

TEST(Templates, BackquotesAndDotsMeanTheField) {
  expect_same(
      "template t(amount) { when auth as p where `amount` > amount having p.amount < 9 } "
      "rule made = t(5)",
      "when auth as p where amount > 5 having p.amount < 9");
}

TEST(Templates, RulesFromAFile) {
  expect_same(
      "template t(a, b) { when auth where amount > a and merchant == b } rules t from \"a.csv\"",
      "when auth where amount > 5 and merchant == \"m1\"");
  expect_same(
      "template t(b, a, c = 8) { when auth where amount in [a, c] and merchant != b } "
      "rules t from \"a.csv\"",
      "when auth where amount in [5, 8] and merchant != \"m1\"");
}

TEST(Templates, EachRuleHasItsPlaceInTheOrder) {
  const auto compiled = compile_text(
      with_events("rule first { when auth } rules t from \"a.csv\" rule last { when login } "
                  "rule one = t(1) template t(x) { when auth where amount > x }"),
      {}, one_file("name,x\r\nb, 2 \r\n\r\na,\"3\"\r\n"));
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  std::string names;
  for (const auto& rule : compiled->result.image->rules) names += rule.name + " ";
  EXPECT_EQ(names, "first b a last one ");
}

TEST(Templates, EqualConditionsAreKeptOnce) {
  const auto compiled =
      compile_text(with_events("template t(x) { when auth where amount > 7 and merchant == x } "
                               "rules t from \"a.csv\""),
                   {}, one_file("rule,x\na,m1\nb,m2\nc,m1\n"));
  ASSERT_TRUE(compiled->result.image) << compiled->text();
  EXPECT_EQ(compiled->result.image->predicates.size(), 3U);  // amount > 7, and the two shops
}

TEST(Templates, CellsAreTextWhereOneIsWanted) {
  const auto compiled = compile_text(
      with_events("template t(code, addr, day, pre) { when auth where merchant == code and "
                  "ip == addr and ts > day and device starts_with pre and card in [code, \"x\"] } "
                  "rules t from \"a.csv\""),
      {}, one_file("rule,code,addr,day,pre\na,5411,10.0.0.1,2026-01-31T00:00:00Z,42\n"));
  EXPECT_TRUE(compiled->result.image) << compiled->text();
}

TEST(Templates, MistakesAreSaidOnceForATemplate) {
  std::string lines = "rule,x\n";
  for (int i = 0; i < 300; ++i) lines += "r" + std::to_string(i) + "," + std::to_string(i) + "\n";
  const auto compiled =
      compile_text(with_events("template t(x) { when auth where merchant > x + \"a\" and nothing } "
                               "rules t from \"a.csv\""),
                   {}, one_file(lines));
  EXPECT_EQ(compiled->diagnostics.list().size(), 2U) << compiled->text();
  EXPECT_NE(compiled->text().find("299 more rules"), std::string::npos) << compiled->text();
}

TEST(Templates, ABrokenTemplateIsReportedOnlyByTheParser) {
  const auto compiled = compile_text(
      with_events("template t(x) { when auth where amount >> x score 1 } rule a = t(1) "
                  "rule b = t(\"x\") test a { expect a at 0s }"));
  EXPECT_EQ(compiled->diagnostics.error_count(), 1U) << compiled->text();
}

// ---- the file ----------------------------------------------------------------------------------

std::string shown(const std::string& text) {
  const auto file = read_argument_file(text, dsl::SourceId(0U));
  if (!file) return file.error().message;
  std::string out;
  const auto line = [&](const std::vector<ArgumentCell>& cells) {
    for (const auto& cell : cells) {
      out += "<" + cell.text + ">";
      const auto source = text.substr(cell.span.begin, cell.span.end - cell.span.begin);
      EXPECT_EQ(source.starts_with('"'), cell.quoted) << text;
    }
    out += "\n";
  };
  line(file->columns);
  for (const auto& row : file->rows) line(row);
  return out;
}

TEST(ArgumentFile, Cells) {
  EXPECT_EQ(shown("a,b\n1, x y \n"), "<a><b>\n<1><x y>\n");
  EXPECT_EQ(shown("\xEF\xBB\xBF"
                  "a,b\r\n\r\n  \r\n\"1,\"\"2\"\"\n\" , \r\n"),
            "<a><b>\n<1,\"2\"\n><>\n");
  EXPECT_EQ(shown("a"), "<a>\n");
  EXPECT_EQ(shown("a,\n,\n"), "<a><>\n<><>\n");
  EXPECT_NE(shown("a,b\n1\n").find("1 cells"), std::string::npos);
  EXPECT_NE(shown("a,b\n\"1,2\n").find("does not end"), std::string::npos);
  EXPECT_NE(shown("a,b\n\"1\"x,2\n").find("behind"), std::string::npos);
  EXPECT_NE(shown("").find("empty"), std::string::npos);
  EXPECT_NE(shown("a\n\xFF\n").find("UTF-8"), std::string::npos);
}

TEST(ArgumentFile, Values) {
  using dsl::ExprKind;
  const std::pair<const char*, ExprKind> cases[] = {
      {"5", ExprKind::kInt},           {"-5", ExprKind::kInt},
      {"0", ExprKind::kInt},           {"007", ExprKind::kString},
      {"1.50", ExprKind::kDecimal},    {"-0.5", ExprKind::kDecimal},
      {"1e3", ExprKind::kFloat},       {"1.", ExprKind::kString},
      {".5", ExprKind::kString},       {"1.2.3", ExprKind::kString},
      {"10.0.0.1", ExprKind::kString}, {"-", ExprKind::kString},
      {"10m", ExprKind::kDuration},    {"1h30m", ExprKind::kDuration},
      {"10 m", ExprKind::kString},     {"true", ExprKind::kBool},
      {"True", ExprKind::kString},     {"text", ExprKind::kString},
      {"\"5\"", ExprKind::kString},    {"`amount`", ExprKind::kName},
      {"``", ExprKind::kString},       {"[1, \"a,b\"]", ExprKind::kList},
      {"[]", ExprKind::kList},         {"99999999999999999999", ExprKind::kString},
  };
  for (const auto& [text, kind] : cases) {
    dsl::Ast ast;
    const auto& expr = ast.expr(cell_value({text, {}, false}, ast));
    EXPECT_EQ(expr.kind, kind) << text;
    if (std::string_view(text) == "[1, \"a,b\"]") {
      ASSERT_EQ(expr.args.size(), 2U);
      EXPECT_EQ(ast.expr(expr.args[1]).text, "a,b");
    }
    if (kind == ExprKind::kList && std::string_view(text) == "[]") {
      EXPECT_TRUE(expr.args.empty());
    }
  }
}

}  // namespace
}  // namespace weir::compiler
