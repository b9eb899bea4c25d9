// The reference keeps the relations that it offers others to be tested by.
#include "tests/reference/metamorphic.h"

#include <gtest/gtest.h>

#include "dsl/parser.h"
#include "tests/reference/case_generator.h"
#include "tests/reference/reference.h"

namespace weir::reference {
namespace {

base::Result<std::vector<RefAlert>> answer(const Case& c) {
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  const auto id = sources.add("case.weir", to_weir(c));
  const dsl::Ast ast = dsl::parse(sources, id, diagnostics);
  if (diagnostics.has_errors()) {
    return base::fail(base::ErrorCode::kCorrupt, diagnostics.list()[0].message + to_weir(c));
  }
  return reference_run(ast, "r", c.events);
}

TEST(Metamorphic, TheReferenceKeepsEveryRelation) {
  for (const auto& [name, vary] : variations()) {
    std::size_t compared = 0;
    std::size_t with_alerts = 0;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
      const Case c = generate_feature_case(seed);
      Random random(seed);
      const auto v = vary(c, random);
      if (!v) continue;
      const auto plain = answer(c);
      const auto changed = answer(v->changed);
      if (!plain || !changed) {
        EXPECT_EQ(plain.has_value(), changed.has_value()) << name << "\n" << to_weir(v->changed);
        continue;
      }
      ASSERT_EQ(to_text(*plain), to_text(as_original(*v, *changed)))
          << name << " of seed " << seed << "\n"
          << to_weir(c) << to_text(c.events) << "changed:\n"
          << to_weir(v->changed) << to_text(v->changed.events);
      ++compared;
      with_alerts += !plain->empty();
    }
    EXPECT_GT(compared, 100u) << name;
    EXPECT_GT(with_alerts, 30u) << name;
  }
}

// A relation that is not one is seen: a window that is aligned to 3s, moved by 1s.
TEST(Metamorphic, AsOriginalTellsADifference) {
  Case c;
  c.features.push_back({"f1", "count", "a", "", {}, "k", {CaseWindowKind::kTumbling, 3000}});
  c.rule.pattern.items.push_back({});
  c.rule.pattern.items[0].types = {"a"};
  c.rule.pattern.items[0].where = {{"f1 == 2", {}, {"f1"}}};
  c.rule.within_ms = 1000;
  for (const std::int64_t ts : {0, 2000}) {
    c.events.push_back({"a", ts, {{"k", "k1"}, {"v", std::int64_t{0}}}});
  }
  Random random(1);
  Variation v = *shift_time(c, random);
  EXPECT_EQ(v.later_ms % 3000, 0);
  EXPECT_EQ(to_text(*answer(c)), to_text(as_original(v, *answer(v.changed))));
  v.later_ms += 1000;
  for (RefEvent& e : v.changed.events) e.ts_ms += 1000;
  EXPECT_NE(to_text(*answer(c)), to_text(as_original(v, *answer(v.changed))));
}

}  // namespace
}  // namespace weir::reference
