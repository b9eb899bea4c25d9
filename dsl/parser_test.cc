#include "dsl/parser.h"

#include <gtest/gtest.h>

#include <chrono>

#include "dsl/dump.h"
#include "dsl/golden_files.h"
#include "dsl/lexer.h"
#include "dsl/render.h"

namespace weir::dsl {
namespace {

struct Parsed {
  SourceSet sources;
  Diagnostics diagnostics;
  Ast ast;

  explicit Parsed(std::string text) {
    const SourceId id = sources.add("test.weir", std::move(text));
    ast = parse(sources, id, diagnostics);
    diagnostics.sort();
  }
  std::string errors() const { return render_text(sources, diagnostics); }
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const Diagnostic& d : diagnostics.list()) all.emplace_back(code_text(d.code));
    return all;
  }
  const RuleDecl& rule(std::size_t i = 0) const { return std::get<RuleDecl>(ast.declarations[i]); }
};

// The condition of a one-part rule, printed.
std::string condition(const std::string& text) {
  const Parsed parsed("rule r { when auth where " + text + "\n decide decline }");
  if (parsed.diagnostics.has_errors()) return parsed.errors();
  const Pattern& pattern = parsed.ast.pattern(parsed.rule().body.pattern);
  return dump(parsed.ast, std::get<Part>(pattern.items[0].body).where);
}

TEST(Parser, ExampleOfTheLanguagePage) {
  const Parsed parsed(
      testing::read_file(testing::golden_directory("format") / "at_a_glance.in.weir"));
  EXPECT_FALSE(parsed.diagnostics.has_errors()) << parsed.errors();
  EXPECT_EQ(parsed.ast.declarations.size(), 18U);
  EXPECT_EQ(parsed.ast.comments.size(), 11U);
}

TEST(Parser, Precedence) {
  EXPECT_EQ(condition("a or b and not c == d + e * -f"),
            "(or a (and b (not (== c (+ d (* e (negate f)))))))");
  EXPECT_EQ(condition("a - b - c == d % 2 / 3"), "(== (- (- a b) c) (/ (% d 2) 3))");
  EXPECT_EQ(condition("a between 1 and 2 + 3 and b"), "(and (between a 1 (+ 2 3)) b)");
  EXPECT_EQ(condition("x not in [1, -2, 3.5] and y in l"),
            "(and (not-in x (list 1 -2 3.5)) (in y l))");
  EXPECT_EQ(condition("not a is missing"), "(not (missing a))");
  EXPECT_EQ(condition("t[x].y > first(p).z"), "(> (. (index t x) y) (. (call first p) z))");
}

// L2.4: a fallback of true or false belongs to the comparison before it.
TEST(Parser, Otherwise) {
  EXPECT_EQ(condition("a otherwise 0 > 5"), "(> (otherwise a 0) 5)");
  EXPECT_EQ(condition("a > b otherwise 0"), "(> a (otherwise b 0))");
  EXPECT_EQ(condition("(a > 5 otherwise false)"), "(otherwise (> a 5) false)");
  EXPECT_EQ(condition("a > b + 1 otherwise true and c"), "(and (otherwise (> a (+ b 1)) true) c)");
  EXPECT_EQ(condition("flag otherwise false"), "(otherwise flag false)");
}

TEST(Parser, WordsAreNamesWhereNoKeywordStands) {
  EXPECT_EQ(condition("score > limit and time == id and rule in list and `by` == matches"),
            "(and (and (and (> score limit) (== time id)) (in rule list)) (== `by` matches))");
  EXPECT_EQ(condition("matches / 2 > 1 and a matches /x\\/y/"),
            "(and (> (/ matches 2) 1) (matches a /x/y/))");
  for (const std::string field : {"limit", "score", "add", "severity", "cooldown", "report"}) {
    EXPECT_EQ(condition(field), field);
    EXPECT_EQ(condition("x or " + field + " score 5"), "(or x " + field + ")");
  }
  const Parsed parsed(
      "event limit { rule string  score int  time time  when_ decimal }\n"
      "rule skip { by score when limit as report where rule == \"x\" score score }");
  EXPECT_FALSE(parsed.diagnostics.has_errors()) << parsed.errors();
}

TEST(Parser, CommentsAndSlashes) {
  EXPECT_EQ(condition("a == \"# no comment\" # one\n and b matches /#/ # two"),
            "(and (== a \"# no comment\") (matches b /#/))");
}

TEST(Parser, SpansOfHoles) {
  const Parsed parsed("rule r { when auth reason \"{{x}} {amount + 1} of {hour(ts, \"UTC\")}\" }");
  ASSERT_FALSE(parsed.diagnostics.has_errors()) << parsed.errors();
  const auto& reason = std::get<ReasonClause>(parsed.rule().body.outcomes[0]);
  ASSERT_EQ(reason.text.segments.size(), 4U);
  EXPECT_EQ(reason.text.segments[0].text, "{x} ");
  EXPECT_EQ(parsed.sources.text(parsed.ast.expr(reason.text.segments[1].expr).span), "amount + 1");
  EXPECT_EQ(parsed.sources.text(parsed.ast.expr(reason.text.segments[3].expr).span),
            "hour(ts, \"UTC\")");
}

TEST(Parser, RolesAndNames) {
  const Parsed parsed(
      "event e {\n time ts from \"t\"\n id string\n label fraud bool\n pii string string\n"
      " time time\n key int }");
  ASSERT_FALSE(parsed.diagnostics.has_errors()) << parsed.errors();
  const auto& fields = std::get<EventDecl>(parsed.ast.declarations[0]).fields;
  ASSERT_EQ(fields.size(), 6U);
  EXPECT_EQ(fields[0].role->text, "time");
  EXPECT_FALSE(fields[0].type);
  EXPECT_FALSE(fields[1].role);
  EXPECT_EQ(fields[2].role->text, "label");
  EXPECT_EQ(fields[3].role->text, "pii");
  EXPECT_FALSE(fields[4].role);
}

// A word that could be a type opens the next field where a line starts with it and goes on.
TEST(Parser, RoleAtTheStartOfALine) {
  const Parsed parsed(
      "event e {\n id txn\n time happened\n pii name\n time\n wen\n list of\n int }");
  ASSERT_FALSE(parsed.diagnostics.has_errors()) << parsed.errors();
  const auto& fields = std::get<EventDecl>(parsed.ast.declarations[0]).fields;
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_FALSE(fields[0].type);
  EXPECT_EQ(fields[0].name.text, "txn");
  EXPECT_EQ(fields[1].role->text, "time");
  EXPECT_EQ(fields[1].name.text, "happened");
  EXPECT_FALSE(fields[1].type);
  EXPECT_EQ(fields[2].type->base.text, "time");
  EXPECT_TRUE(fields[3].type->list);
}

// The ten errors are of ten kinds, two of them in one condition; none hides or breeds another.
TEST(Parser, TenErrorsAreTenReports) {
  const Parsed parsed(R"(
event auth { card string  amount integer }
rule a {
  by card
  when auth as x where amount = 5 && card == null
  witin 10min
  decide decline; score 5
}
rule b {
  when auth where (amount + 2 > 5
  decide decline
rule c { when 5..2 auth where name == 'abc' decide decline }
rule d { when auth where 1 < amount < 5 decide decline }
rule fine { when auth where unknown_field > 5 decide decline }
)");
  EXPECT_EQ(parsed.codes(),
            (std::vector<std::string>{"W0027", "W0015", "W0016", "W0017", "W0021", "W0013", "W0019",
                                      "W0023", "W0024", "W2006", "W0008", "W0018"}))
      << parsed.errors();
  ASSERT_EQ(parsed.ast.declarations.size(), 6U);
  EXPECT_TRUE(parsed.rule(1).broken);
  EXPECT_TRUE(parsed.rule(1).body.pattern.valid());
  EXPECT_EQ(parsed.rule(1).body.within->ms, 600'000);
  EXPECT_FALSE(parsed.rule(5).broken) << "the healthy rest is checked in the same run";
}

TEST(Parser, ABrokenClauseLeavesTheOthers) {
  const Parsed parsed(
      "rule r {\n when a as x where x > > 3\n then b as y where x.z == 5\n"
      " within 5m\n score 5 +\n decide decline\n}");
  EXPECT_EQ(parsed.codes(), (std::vector<std::string>{"W0001", "W0001"})) << parsed.errors();
  const RuleBody& body = parsed.rule().body;
  EXPECT_EQ(parsed.ast.pattern(body.pattern).items.size(), 2U);
  EXPECT_EQ(body.outcomes.size(), 1U);
  EXPECT_TRUE(body.within);
}

TEST(Parser, AnUnclosedBraceEndsAtTheNextDeclaration) {
  const Parsed parsed(
      "event e {\n card string\nevent f { card string }\n"
      "test {\n 0s auth { card: \"x\"\n expect nothing\nparam p = 1\n");
  EXPECT_EQ(parsed.codes(), (std::vector<std::string>{"W0023", "W0023", "W0023"}))
      << parsed.errors();
  EXPECT_EQ(parsed.ast.declarations.size(), 4U);
}

// ---- limits ------------------------------------------------------------------------------------

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ParserLimits, DeepNesting) {
  for (const std::string_view open : {"(", "[", "not ", "-", "f(", "x[", "- -", "not (", "(["}) {
    const Parsed parsed("rule r { when auth where " + repeated(open, 10'000) +
                        "x\n decide decline }\nrule s { when auth decide decline }");
    ASSERT_FALSE(parsed.diagnostics.list().empty()) << open;
    bool deep = false;
    for (const Diagnostic& d : parsed.diagnostics.list())
      deep |= d.code == DiagnosticCode::kTooDeep;
    EXPECT_TRUE(deep) << open << parsed.diagnostics.list().front().message;
    EXPECT_LE(parsed.diagnostics.error_count(), 2U) << open;
  }
  for (const std::string_view open : {"(", "any of (", "3 of (a, ", "2+ (a then "}) {
    const Parsed parsed("rule r { when " + repeated(open, 10'000) + "x\n decide decline }");
    EXPECT_TRUE(parsed.diagnostics.has_errors()) << open;
    EXPECT_LE(parsed.diagnostics.error_count(), 3U) << open;
  }
  const Parsed balanced("rule r { when auth where " + repeated("(", 10'000) + "x" +
                        repeated(")", 10'000) + " and y = 3 decide decline }");
  EXPECT_EQ(balanced.codes(), (std::vector<std::string>{"W0003"}));
  const Parsed holes("rule r { when auth reason \"" + repeated("{", 10'000) + "\" }");
  EXPECT_FALSE(holes.diagnostics.has_errors());
}

TEST(ParserLimits, DepthThatIsAllowed) {
  const Parsed parsed("rule r { when auth where " + repeated("(", kMaxDepth) + "x" +
                      repeated(")", kMaxDepth) + " decide decline }");
  EXPECT_FALSE(parsed.diagnostics.has_errors()) << parsed.errors();
}

TEST(ParserLimits, LongChains) {
  const Parsed fits("rule r { when auth where x" + repeated(" or x", kMaxHeight - 1) +
                    " score 1 }");
  EXPECT_FALSE(fits.diagnostics.has_errors()) << fits.errors();
  const Parsed parsed("rule r { when auth where x" + repeated(" + x", 100'000) + " score 1 }");
  EXPECT_EQ(parsed.codes(), (std::vector<std::string>{"W0003"}));
  const Parsed members("rule r { when auth where x" + repeated(".x", 100'000) + " score 1 }");
  EXPECT_LE(members.diagnostics.error_count(), 2U);
}

TEST(ParserLimits, LargeFiles) {
  const Parsed huge(repeated("rule r { when auth decide decline }\n", (50U << 20U) / 36));
  EXPECT_EQ(huge.codes(), (std::vector<std::string>{"W0004"}));
  // Nothing but errors: counted past the first thousand, and linear.
  const Parsed wrong(repeated("rule r { when }\n", 20'000));
  EXPECT_EQ(wrong.diagnostics.list().size(), Diagnostics::kMaxErrors);
  EXPECT_EQ(wrong.diagnostics.error_count(), 20'000U);
  for (const std::string_view piece :
       {"(", "{", "\"", "a ", "`", "rule ", "rule r {\n", "/*", "#"}) {
    const Parsed parsed(repeated(piece, (1U << 20U) / piece.size()));
    EXPECT_TRUE(parsed.diagnostics.has_errors() || piece == "#") << piece;
  }
}

}  // namespace
}  // namespace weir::dsl
