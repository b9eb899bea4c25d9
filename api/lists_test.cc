#include "weir/lists.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>

#include "weir/ruleset.h"
#include "weir/run.h"

namespace weir {
namespace {

constexpr std::int64_t kStart = 1'767'225'600'000;

Ruleset rules() {
  auto compiled =
      compile_text("r.weir",
                   "event pay { card string  ip ip  amount int }\n"
                   "list hot string\n"
                   "list nets ip\n"
                   "list counts int\n"
                   "rule listed { when pay where card in hot or ip in nets score 1 }\n"
                   "rule add { when pay as p where amount == 1 add p.card to hot for 1m\n"
                   "  score 2 }\n"
                   "rule count { when pay where amount in counts score 3 }\n");
  EXPECT_TRUE(compiled.has_value());
  return *compiled;
}

std::string shown(const Result<std::vector<ListEntry>>& entries) {
  if (!entries) return entries.error().message;
  std::string out;
  for (const ListEntry& entry : *entries) {
    out += entry.value;
    if (entry.until_ms) out += "@" + std::to_string(*entry.until_ms - kStart);
    out += " ";
  }
  return out;
}

class ListsTest : public testing::Test {
 protected:
  ListsTest() : path_(testing::TempDir() + "/lists_test.ndjson") {}
  ~ListsTest() override { std::remove(path_.c_str()); }

  void write(int events, int amount) const {
    std::ofstream out(path_);
    for (int i = 0; i < events; ++i) {
      out << "{\"type\":\"pay\",\"ts\":" << kStart + i * 1000 << ",\"card\":\"c" << i
          << "\",\"ip\":\"10.0.0.1\",\"amount\":" << amount << "}\n";
    }
  }
  RunSummary run_with(const Ruleset& ruleset, const Lists& lists) const {
    RunOptions options;
    options.events = {path_};
    options.alerts_path = "/dev/null";
    options.lists = &lists;
    options.hold_open = true;
    const auto summary = run(ruleset, options);
    EXPECT_TRUE(summary.has_value()) << summary.error().message;
    return summary ? *summary : RunSummary();
  }

  std::string path_;
};

TEST_F(ListsTest, EntriesOfEveryKind) {
  Lists lists(rules());
  EXPECT_EQ(lists.names(), (std::vector<std::string>{"hot", "nets", "counts"}));
  EXPECT_TRUE(lists.add("hot", "c2", kStart + 5));
  EXPECT_TRUE(lists.add("hot", "# c1, \"x\""));
  EXPECT_TRUE(lists.add("nets", "10.0.0.0/8"));
  EXPECT_TRUE(lists.add("nets", "2001:db8::/32"));
  EXPECT_TRUE(lists.add("nets", "192.0.2.1"));
  EXPECT_TRUE(lists.add("counts", "12"));
  EXPECT_EQ(shown(lists.entries("hot")), "# c1, \"x\" c2@5 ");
  EXPECT_EQ(shown(lists.entries("nets")), "10.0.0.0/8 192.0.2.1 2001:db8::/32 ");
  EXPECT_EQ(lists.add("counts", "twelve").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(lists.add("nets", "10.0.0").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(lists.add("cold", "c1").error().code, ErrorCode::not_found);
  EXPECT_TRUE(lists.add("hot", "c2", kStart + 3));  // never shortens
  EXPECT_EQ((*lists.find("hot", "c2"))->until_ms, kStart + 5);
  EXPECT_EQ(*lists.find("nets", "10.1.1.1"), std::nullopt);  // covered, and no entry
  EXPECT_TRUE(*lists.remove("nets", "10.0.0.0/8"));
  EXPECT_FALSE(*lists.remove("nets", "10.0.0.0/8"));
  EXPECT_EQ(lists.time_ms(), std::nullopt);
}

TEST_F(ListsTest, ARunBeginsWithThemAndLeavesWhatRulesAdded) {
  const Ruleset ruleset = rules();
  Lists lists(ruleset);
  EXPECT_TRUE(lists.add("hot", "c1", kStart + 1'000));  // out when c1 comes
  EXPECT_TRUE(lists.add("hot", "c2", kStart + 2'001));
  EXPECT_TRUE(lists.add("counts", "1"));
  write(4, 1);
  const RunSummary summary = run_with(ruleset, lists);
  using Fired = std::vector<std::pair<std::string, std::uint64_t>>;
  EXPECT_EQ(summary.alerts_by_rule, (Fired{{"listed", 1}, {"add", 4}, {"count", 4}}));
  EXPECT_EQ(lists.time_ms(), kStart + 3'000);
  EXPECT_EQ(shown(lists.entries("hot")), "c0@60000 c1@61000 c2@62000 c3@63000 ");
  const Lists others(rules());
  RunOptions options;
  options.events = {path_};
  options.lists = &others;
  EXPECT_EQ(run(ruleset, options).error().code, ErrorCode::invalid_argument);
}

// Another thread adds and asks while a stream runs: each answer is of one moment, and what was
// added is there as soon as add() returns.
TEST_F(ListsTest, ChangedWhileAStreamRuns) {
  const Ruleset ruleset = rules();
  Lists lists(ruleset);
  write(20'000, 1);
  std::jthread other([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested() || i == 0; ++i) {
      const std::string value = "other" + std::to_string(i % 50);
      EXPECT_TRUE(lists.add("hot", value));
      EXPECT_TRUE((*lists.find("hot", value)).has_value());
      EXPECT_TRUE(*lists.remove("hot", value));
    }
  });
  const RunSummary summary = run_with(ruleset, lists);
  other.request_stop();
  other.join();
  EXPECT_EQ(summary.alerts_by_rule.size(), 1u);  // `add`; nothing else was in when it came
  EXPECT_EQ(summary.alerts, 20'000u);
}

}  // namespace
}  // namespace weir
