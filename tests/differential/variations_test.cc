// The engine against itself: what the language says of a case and the same case changed
// (tests/reference/metamorphic.h). The reference matcher has no part in it, so streams are longer
// than it could bear, and windows hold more events.
#include "tests/reference/metamorphic.h"

#include <gtest/gtest.h>

#include "tests/differential/engine_runner.h"
#include "tests/reference/case_generator.h"

namespace weir::differential {
namespace {

using reference::Case;
using reference::RefAlert;

constexpr std::uint64_t kSeeds = 1000;
constexpr std::size_t kEvents = 40;

base::Result<std::vector<RefAlert>> answer(const Case& c, const EngineOptionsOfCase& options) {
  const auto compiled = compile_case(reference::to_weir(c));
  if (!compiled) return std::unexpected(compiled.error());
  return engine_run((*compiled)->image, c.events, options);
}

TEST(Variations, TheEngineKeepsEveryRelation) {
  for (const auto& [name, vary] : reference::variations()) {
    std::size_t compared = 0;
    std::size_t with_alerts = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Case c = reference::generate_feature_case(seed, kEvents);
      reference::Random random(seed);
      const auto v = vary(c, random);
      if (!v) continue;
      EngineOptionsOfCase options;
      const auto plain = answer(c, options);
      options.shards = 1 + seed % 3;
      options.batch = 1 + seed % 11;
      options.few_events = 1 + seed % 16;
      const auto changed = answer(v->changed, options);
      if (!plain || !changed) {
        EXPECT_EQ(plain.has_value(), changed.has_value())
            << name << " of seed " << seed << "\n"
            << (plain ? changed : plain).error().message << reference::to_weir(v->changed);
        continue;
      }
      const std::string what = difference(*plain, reference::as_original(*v, *changed));
      ASSERT_EQ(what, "") << name << " of seed " << seed << "\n"
                          << reference::to_weir(c) << reference::to_text(c.events) << "changed:\n"
                          << reference::to_weir(v->changed)
                          << reference::to_text(v->changed.events);
      ++compared;
      with_alerts += !plain->empty();
    }
    EXPECT_GT(compared, kSeeds / 20) << name;
    EXPECT_GT(with_alerts, kSeeds / 50) << name;
  }
}

}  // namespace
}  // namespace weir::differential
