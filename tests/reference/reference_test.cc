// What the golden files cannot say: the shape of the answer, the refusals, and laws that tie one
// construct to another over random cases.
#include "tests/reference/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "dsl/parser.h"
#include "tests/reference/case_generator.h"

namespace weir::reference {
namespace {

base::Result<std::vector<RefAlert>> run_text(const std::string& text,
                                             const std::vector<RefEvent>& events,
                                             const RefOptions& options = {}) {
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  const auto id = sources.add("case.weir", text);
  const dsl::Ast ast = dsl::parse(sources, id, diagnostics);
  if (diagnostics.has_errors()) {
    return base::fail(base::ErrorCode::kCorrupt, diagnostics.list()[0].message + "\n" + text);
  }
  return reference_run(ast, "r", events, options);
}

std::string rule(const std::string& body) {
  return case_declarations() + "rule r { by k when " + body + " score 1 }\n";
}

RefEvent at(std::int64_t second, const char* type, std::int64_t v = 0, const char* key = "k1") {
  return {type, second * 1000, {{"k", key}, {"v", v}}};
}

std::string fired(const std::string& body, const std::vector<RefEvent>& events,
                  const RefOptions& options = {}) {
  const auto alerts = run_text(rule(body), events, options);
  return alerts ? to_text(*alerts) : "refused: " + alerts.error().message;
}

TEST(Reference, ListsWhatCompletedWhenByWhat) {
  EXPECT_EQ(fired("some a as p then b as q within 9s", {at(0, "a"), at(1, "a"), at(2, "b")}),
            "r [\"k1\"] at 2000 by #2: p=0,1 q=2\n");
  EXPECT_EQ(fired("a as p without b for 3s within 9s", {at(0, "a")}), "r [\"k1\"] at 3000: p=0\n");
  EXPECT_EQ(fired("a as p then b within 3s timeout as late { score 1 }", {at(0, "a")}),
            "r.late [\"k1\"] at 3000: p=0\n");
}

TEST(Reference, OrderIsByMomentThenKey) {
  EXPECT_EQ(fired("a as p without b for 3s within 9s",
                  {at(0, "a", 0, "z"), at(0, "a", 0, "y"), at(1, "a", 0, "x")}),
            "r [\"y\"] at 3000: p=1\nr [\"z\"] at 3000: p=0\nr [\"x\"] at 4000: p=2\n");
}

TEST(Reference, HoldsOpenWhatTimeHasNotPassed) {
  RefOptions open;
  open.end_of_input = false;
  const std::vector<RefEvent> events = {at(0, "a"), at(3, "c")};
  EXPECT_EQ(fired("a as p without b for 3s within 9s", events, open), "");
  open.watermark_ms = 3001;
  EXPECT_EQ(fired("a as p without b for 3s within 9s", events, open), "r [\"k1\"] at 3000: p=0\n");
}

TEST(Reference, TruncatedStandsOnTheLastReported) {
  const std::vector<RefEvent> events = {at(0, "a"), at(1, "a"), at(2, "b")};
  EXPECT_EQ(fired("some a as p then b as q within 9s skip none report 2", events),
            "r [\"k1\"] at 2000 by #2: p=0,1 q=2\nr [\"k1\"] at 2000 by #2: p=0 q=2 truncated\n");
  EXPECT_EQ(fired("some a as p then b as q within 9s report 1", events),
            "r [\"k1\"] at 2000 by #2: p=0,1 q=2\n");  // the others were excluded, not cut off
}

TEST(Reference, WithheldMatchesAreListedOnDemand) {
  RefOptions all;
  all.include_withheld = true;
  EXPECT_EQ(fired("a as p within 1s cooldown 2s", {at(0, "a"), at(1, "a")}, all),
            "r [\"k1\"] at 0 by #0: p=0\nr [\"k1\"] at 1000 by #1: p=1 withheld\n");
}

TEST(Reference, RefusesWhatTheLanguageRefuses) {
  for (const char* body : {
           "optional a within 9s",                            // L3.5 can be empty
           "2 (optional a) then b within 9s",                 // L3.5 a repeated group can be empty
           "without b then a within 9s",                      // R9
           "(a without b) then c within 9s",                  // L3.6
           "a without b unbounded",                           // R13
           "a then b unbounded timeout as late { score 1 }",  // R18
       }) {
    const auto alerts = run_text(rule(body), {});
    ASSERT_FALSE(alerts) << body;
  }
  EXPECT_FALSE(run_text(case_declarations() + "rule r { when a then b within 9s score 1 }", {}));
}

// ---- laws --------------------------------------------------------------------------------------

using Rewrite = std::function<bool(CaseRule&)>;  // false: does not apply

// Over random cases: the rewritten rule says the same.
void expect_same(const char* construct, const Rewrite& rewrite) {
  std::size_t compared = 0;
  std::size_t with_alerts = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    const Case c =
        generate_case_of(seed, construct, case_constructs()[seed % case_constructs().size()]);
    Case other = c;
    if (!rewrite(other.rule)) continue;
    const auto a = run_text(to_weir(c), c.events);
    const auto b = run_text(to_weir(other), other.events);
    if (!a || !b) continue;
    ASSERT_EQ(to_text(*a), to_text(*b)) << to_weir(c) << rule_text(other.rule) << to_text(c.events);
    ++compared;
    with_alerts += !a->empty();
  }
  EXPECT_GT(compared, 100u);
  EXPECT_GT(with_alerts, 30u);
}

void wrap(CaseItem& item, CaseGroup kind) {
  CaseItem group;
  group.absences_before = std::move(item.absences_before);
  item.absences_before.clear();
  group.link = std::exchange(item.link, CaseLink::kThen);
  group.after_ms = std::exchange(item.after_ms, -1);
  group.within_ms = std::exchange(item.within_ms, -1);
  group.group = kind;
  group.patterns.push_back({{item}, {}});
  if (kind != CaseGroup::kSequence) group.patterns.push_back(group.patterns.front());
  item = std::move(group);
}

TEST(Laws, ParenthesesAroundAnItemChangeNothing) {
  expect_same("greedy", [](CaseRule& r) {
    for (CaseItem& item : r.pattern.items) wrap(item, CaseGroup::kSequence);
    return true;
  });
}

TEST(Laws, TheSameAlternativeTwiceIsOneMatch) {  // R7
  expect_same("optional", [](CaseRule& r) {
    wrap(r.pattern.items.back(), CaseGroup::kAnyOf);
    return true;
  });
}

TEST(Laws, AGreedyPartAtTheEndHasNoEffect) {
  expect_same("some", [](CaseRule& r) {
    CaseItem& last = r.pattern.items.back();
    last.greedy = !last.greedy;
    return true;
  });
}

TEST(Laws, AnUntilThatNeverStopsChangesNothing) {
  expect_same("some", [](CaseRule& r) {
    CaseItem& first = r.pattern.items.front();
    if (!first.until.empty()) return false;
    first.until = {{"v > 99", {}}};
    return true;
  });
}

TEST(Laws, AWithoutThatNothingSatisfiesChangesNothing) {
  expect_same("next", [](CaseRule& r) {
    if (r.pattern.items.size() < 2 || r.by.empty() || r.pattern.items.front().types.empty()) {
      return false;
    }
    CaseAbsence never;
    never.type = r.pattern.items.front().types.front();
    never.where = {{"v > 99", {}}};
    r.pattern.items.back().absences_before.push_back(never);
    return true;
  });
}

TEST(Laws, OneRepetitionInARowOrInAnyCombinationIsOneEvent) {
  expect_same("every", [](CaseRule& r) {
    bool applied = false;
    for (CaseItem& item : r.pattern.items) {
      if (item.max != 1 || item.optional) continue;
      item.inner = applied ? CaseInner::kInARow : CaseInner::kAnyCombination;
      applied = true;
    }
    return applied;
  });
}

// Without skipping, what greedy allows is a part of what the plain pattern allows.
TEST(Laws, GreedyOnlyTakesMatchesAway) {
  for (std::uint64_t seed = 0; seed < 800; ++seed) {
    Case c = generate_case_of(seed, "greedy", "some");
    c.rule.skip = "skip none";
    c.rule.skip_names.clear();
    c.rule.pick_any = false;
    c.rule.timeout = false;
    c.rule.cooldown_ms = c.rule.report = c.rule.limit = -1;
    Case plain = c;
    for (CaseItem& item : plain.rule.pattern.items) item.greedy = false;
    const auto some = run_text(to_weir(c), c.events);
    const auto all = run_text(to_weir(plain), c.events);
    if (!some || !all) continue;
    for (const RefAlert& alert : *some) {
      EXPECT_TRUE(std::find(all->begin(), all->end(), alert) != all->end() || alert.truncated)
          << to_weir(c) << to_text(alert);
    }
  }
}

}  // namespace
}  // namespace weir::reference
