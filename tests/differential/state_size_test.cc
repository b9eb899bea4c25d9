// What an engine still holds after a long stream: cohorts and bytes, counted, not times. What has
// to go by time goes while the stream goes on, whatever the shape of the rule.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "runtime/engine.h"
#include "tests/differential/engine_runner.h"

namespace weir::differential {
namespace {

class NoSink final : public runtime::Sink {
 public:
  void on_alert(const runtime::Alert&) override { ++alerts; }
  void on_decision(const runtime::Decision&) override {}
  void on_refused(const event::Row&, Refusal) override {}
  std::uint64_t alerts = 0;
};

// One engine over one rule, fed with events of two types with a key and a number.
class StateSize : public testing::Test {
 protected:
  void load(const std::string& rule) {
    auto compiled = compile_case("event a { k int  v int }\nevent b { k int  v int }\n" + rule);
    ASSERT_TRUE(compiled) << compiled.error().message;
    case_ = std::move(*compiled);
    auto engine = runtime::Engine::create(case_->image, {});
    ASSERT_TRUE(engine);
    engine_ = std::move(*engine);
  }

  void feed(const char* type, std::int64_t ts_ms, std::int64_t key, std::int64_t v) {
    const event::Schema& schema = case_->image.schema;
    event::Row row;
    row.type = schema.find(type);
    std::array<event::Value, 2> slots;
    std::array<std::uint64_t, 2> present{};
    for (const auto& [name, value] : {std::pair{"k", key}, std::pair{"v", v}}) {
      const auto& fields = schema.types[row.type.index()].fields;
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name != name) continue;
        slots[i] = event::Value::of_int(value);
        event::set_present(present.data(), i);
      }
    }
    row.ts_ms = ts_ms;
    row.seq = seq_++;
    row.slots = slots.data();
    row.present = present.data();
    engine_->process(row, sink_);
  }

  [[nodiscard]] std::uint64_t open() const { return engine_->stats().partial_matches; }
  [[nodiscard]] std::uint64_t bytes() const { return engine_->stats().state_bytes; }

  std::unique_ptr<CompiledCase> case_;
  std::unique_ptr<runtime::Engine> engine_;
  NoSink sink_;
  std::uint64_t seq_ = 0;
};

// A key a second, each of which waits for ten.
class Gaps : public StateSize {
 protected:
  void feed_keys() {
    for (int i = 0; i < 100; ++i) feed("a", 1000 * i, i, 0);
    const std::uint64_t early = bytes();
    for (int i = 100; i < 5000; ++i) feed("a", 1000 * i, i, 0);
    EXPECT_LE(open(), 12U);
    EXPECT_LE(bytes(), 2 * early);
  }
};

TEST_F(Gaps, FreeAKeyWithoutARuleWithin) {
  load("rule r { by k when a then within 10s b }");
  feed_keys();
}

TEST_F(Gaps, FreeAKeySoonerThanTheRuleWithin) {
  load("rule r { by k when a then within 10s b within 1d }");
  feed_keys();
}

// For its timeout a run outlives its gap, but not the rule's `within`.
TEST_F(Gaps, AreOutlivedForATimeout) {
  load("rule r { by k when a then within 1s b within 10s timeout as late { score 1 } }");
  feed_keys();
  EXPECT_GE(sink_.alerts, 4985U);
}

// One key, an event a second; an hour of them is alive.
class HotKey : public StateSize {
 protected:
  void feed_hours(int hours) {
    for (int i = 0; i < hours * 3600; ++i) {
      feed("a", 1000 * i, 1, 0);
      ASSERT_LE(open(), 2 * 3602U + 16U);
    }
    EXPECT_GE(sink_.alerts, static_cast<std::uint64_t>(hours - 1) * 3600U - 1);
  }
};

TEST_F(HotKey, LetsGoOfWhatATrailingAbsenceCompletes) {
  load("rule r { by k when a without b for 1h }");
  feed_hours(4);
}

TEST_F(HotKey, LetsGoOfWhatHasTimedOut) {
  load("rule r { by k when a then b within 1h timeout as late { score 1 } }");
  feed_hours(4);
}

TEST_F(HotKey, RemembersAsManyLeadingEventsAsTheLimit) {
  load("rule r { by k when without b as x where v > y.v for 1d then a as y within 1h limit 10 }");
  for (int i = 0; i < 500; ++i) feed("b", 1000 * i, 1, i);
  const std::uint64_t early = bytes();
  for (int i = 500; i < 20'000; ++i) feed("b", 1000 * i, 1, i);
  EXPECT_LE(bytes(), 2 * early);
}

TEST_F(HotKey, ForgetsLeadingEventsThatAreOver) {
  load("rule r { by k when without b as x where v > y.v for 1m then a as y within 1h }");
  for (int i = 0; i < 500; ++i) feed("b", 1000 * i, 1, i);
  const std::uint64_t early = bytes();
  for (int i = 500; i < 20'000; ++i) feed("b", 1000 * i, 1, i);
  EXPECT_LE(bytes(), 2 * early);
}

}  // namespace
}  // namespace weir::differential
