#include "api/run_session.h"

#include <gtest/gtest.h>

#include "api/compile.h"
#include "api/memory_files.h"
#include "api/ruleset_impl.h"

namespace weir::api {
namespace {

constexpr const char* kRules =
    "event pay { card string amount decimal }\n"
    "rule big { by card when pay where amount > 100 decide decline score 10 }\n";

class RunSessionTest : public testing::Test {
 protected:
  void SetUp() override {
    auto rules = compile_texts(env_, {{"r.weir", kRules}}, {});
    ASSERT_TRUE(rules.has_value()) << rules.error().render(DiagnosticFormat::text);
    rules_.emplace(std::move(*rules));
    options_.events = {"in"};
    options_.alerts_path = "alerts";
  }
  void add_event(std::int64_t ts_ms, int amount) {
    files_.contents["in"] += R"({"type":"pay","ts":)" + std::to_string(ts_ms) +
                             R"(,"card":"c","amount":)" + std::to_string(amount) + "}\n";
  }
  Result<RunSummary> run(RunObserver* observer = nullptr) {
    return RunSession(rules_->impl().image, options_, env_, observer).run();
  }

  MemoryFiles files_;
  base::ManualClock clock_{1'000'000};
  Env env_{files_, clock_};
  std::optional<Ruleset> rules_;
  RunOptions options_;
};

TEST_F(RunSessionTest, WritesItsOutputsAndCounts) {
  add_event(1000, 200);
  add_event(2000, 50);
  files_.contents["in"] += "{\n";
  options_.decisions_path = "decisions";
  options_.summary_path = "summary";
  options_.bad_input_path = "bad";
  const auto summary = run();
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_EQ(summary->read, 3U);
  EXPECT_EQ(summary->accepted, 2U);
  EXPECT_EQ(summary->bad, 1U);
  EXPECT_EQ(summary->alerts, 1U);
  EXPECT_EQ(summary->watermark_ms, 2000);
  EXPECT_EQ(files_.contents["summary"], summary_json(*summary) + "\n");
  EXPECT_NE(files_.contents["alerts"].find(R"("rule":"big")"), std::string::npos);
  EXPECT_NE(files_.contents["decisions"].find(R"("decision":"decline")"), std::string::npos);
  EXPECT_NE(files_.contents["bad"].find(R"("line":3)"), std::string::npos);
  EXPECT_FALSE(files_.contents.contains("alerts.partial"));
}

TEST_F(RunSessionTest, AFullDiskLeavesNoOutput) {
  add_event(1000, 200);
  files_.space_left = 10;
  options_.decisions_path = "decisions";
  const auto summary = run();
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, ErrorCode::no_space);
  EXPECT_EQ(files_.contents.size(), 1U);  // the input
}

TEST_F(RunSessionTest, ReplaysAtThePaceOfTheEvents) {
  add_event(1000, 1);
  add_event(61'000, 1);
  options_.speed = 60;
  const std::int64_t before = clock_.steady_ns();
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(clock_.steady_ns() - before, 1'000'000'000);
}

TEST_F(RunSessionTest, TellsHowItGoes) {
  class Observer final : public RunObserver {
   public:
    void on_progress(const RunProgress& progress) override { last = progress; }
    RunProgress last;
  } observer;
  add_event(1000, 200);
  ASSERT_TRUE(run(&observer).has_value());
  EXPECT_EQ(observer.last.events, 1U);
  EXPECT_EQ(observer.last.alerts, 1U);
  EXPECT_EQ(observer.last.share, 1.0);
}

TEST_F(RunSessionTest, RefusesOutputsThatContradictEachOther) {
  add_event(1000, 200);
  options_.decisions_path = "./alerts";
  EXPECT_EQ(run().error().code, ErrorCode::invalid_argument);
  options_.decisions_path = "in";
  EXPECT_EQ(run().error().code, ErrorCode::invalid_argument);
  options_.decisions_path = "";
  options_.events = {"none"};
  EXPECT_EQ(run().error().code, ErrorCode::not_found);
  EXPECT_EQ(files_.contents.size(), 1U);
}

TEST_F(RunSessionTest, TakesSoManyThreads) {
  for (int i = 0; i < 1000; ++i) add_event(1000 + i, i % 7 == 0 ? 200 : 1);
  ASSERT_TRUE(run().has_value());
  const std::string alerts = files_.contents["alerts"];
  EXPECT_NE(alerts, "");
  for (const unsigned threads : {2U, kMostThreads}) {
    options_.threads = threads;
    files_.contents.erase("alerts");
    ASSERT_TRUE(run().has_value());
    EXPECT_EQ(files_.contents["alerts"], alerts);
  }
  for (const unsigned threads : {0U, kMostThreads + 1}) {
    options_.threads = threads;
    EXPECT_EQ(run().error().code, ErrorCode::invalid_argument);
  }
}

TEST_F(RunSessionTest, StopsWhenItIsAskedTo) {
  add_event(1000, 200);
  const std::atomic<bool> stop = true;
  options_.stop = &stop;
  const auto summary = run();
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, ErrorCode::interrupted);
  EXPECT_FALSE(files_.contents.contains("alerts"));
  EXPECT_FALSE(files_.contents.contains("alerts.partial"));
}

// The first event of a replay is due at once, the next in some eleven days.
TEST_F(RunSessionTest, AWaitOfAReplayIsCutShort) {
  class StoppingClock final : public base::Clock {
   public:
    std::int64_t wall_ms() override { return 0; }
    std::int64_t steady_ns() override { return now_ns_; }
    void sleep_ns(std::int64_t duration_ns) override {
      now_ns_ += duration_ns;
      if (++sleeps_ == 5) stop = true;
    }
    std::atomic<bool> stop = false;

   private:
    std::int64_t now_ns_ = 0;
    int sleeps_ = 0;
  };
  add_event(1000, 200);
  add_event(1'000'000'000, 200);
  StoppingClock clock;
  options_.stop = &clock.stop;
  options_.speed = 1;
  const auto summary =
      RunSession(rules_->impl().image, options_, Env{files_, clock}, nullptr).run();
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, ErrorCode::interrupted);
  EXPECT_LT(clock.steady_ns(), 1'000'000'000);
}

}  // namespace
}  // namespace weir::api
