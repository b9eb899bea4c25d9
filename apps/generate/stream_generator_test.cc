#include "apps/generate/stream_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apps/generate/workload_counter.h"

namespace weir::apps {
namespace {

struct Stream {
  GenerateSummary summary;
  std::vector<std::string> lines;  // with their newlines
  std::vector<std::string> manifest;
};

Stream Make(const GenerateOptions& options) {
  Stream stream;
  const auto summary = Generate(
      options,
      [&](std::string_view line) {
        stream.lines.emplace_back(line);
        return true;
      },
      [&](std::string_view line) {
        stream.manifest.emplace_back(line);
        return true;
      });
  EXPECT_TRUE(summary.has_value()) << summary.error();
  if (summary) stream.summary = *summary;
  return stream;
}

GenerateOptions Options(uint64_t events, bool label = false) {
  GenerateOptions options;
  options.events = events;
  options.label = label;
  return options;
}

std::vector<ParsedEvent> Parse(const Stream& stream) {
  std::vector<ParsedEvent> events;
  for (const std::string& line : stream.lines) events.push_back(ParseEvent(line));
  return events;
}

std::string FaultOf(const GenerateOptions& options) {
  const auto summary = Generate(options, {}, {});
  return summary ? std::string() : summary.error();
}

// FNV-1a, so that the pinned value needs no library.
uint64_t HashOf(const std::vector<std::string>& lines) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const std::string& line : lines) {
    for (const char c : line) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

// The positions in a manifest line.
std::vector<size_t> Positions(std::string_view line) {
  std::vector<size_t> positions;
  const size_t begin = line.find('[') + 1;
  const std::string list(line.substr(begin, line.find(']') - begin));
  for (size_t at = 0; at < list.size();) {
    size_t used = 0;
    positions.push_back(std::stoul(list.substr(at), &used));
    at += used + 1;
  }
  return positions;
}

TEST(StreamGeneratorTest, WritesExactlyTheEventsAskedForInTimeOrder) {
  for (const uint64_t count : {1U, 2U, 17U, 1'000U, 50'000U}) {
    const Stream stream = Make(Options(count));
    EXPECT_EQ(stream.lines.size(), count);
    EXPECT_EQ(stream.summary.events, count);
    EXPECT_FALSE(stream.summary.stopped);
    const std::vector<ParsedEvent> events = Parse(stream);
    EXPECT_TRUE(std::ranges::is_sorted(events, {}, &ParsedEvent::ts));
    EXPECT_GE(events.front().ts, Options(count).start_ms);
    EXPECT_EQ(events.front().ts, stream.summary.first_ts_ms);
    EXPECT_EQ(events.back().ts, stream.summary.last_ts_ms);
  }
}

TEST(StreamGeneratorTest, FirstLineHasEveryFieldOfAnAuth) {
  const Stream stream = Make(Options(10));
  EXPECT_EQ(stream.lines[0],
            R"({"type":"auth","ts":1767258849466,"card":"c00055902","account":"a00055902",)"
            R"("merchant":"m02141","mcc":5651,"country":"DE","amount":35.60,"approved":true,)"
            R"("device":"d7b3da64f857c","ip":"84.49.216.20"})"
            "\n");
}

// A change of these bytes makes every seed mean another stream: say so in the CHANGELOG.
TEST(StreamGeneratorTest, SeedFixesTheBytes) {
  const Stream stream = Make(Options(20'000));
  EXPECT_EQ(HashOf(stream.lines), 13601182288414838091U);
  EXPECT_EQ(HashOf(stream.manifest), 5554700674261253885U);
  GenerateOptions other = Options(20'000);
  other.seed = 2;
  EXPECT_NE(HashOf(Make(other).lines), HashOf(stream.lines));
}

TEST(StreamGeneratorTest, StreamHasItsShareOfAuthsAndItsSize) {
  const Stream stream = Make(Options(200'000));
  const auto& by_type = stream.summary.events_by_type;
  EXPECT_NEAR(static_cast<double>(by_type[0]), 0.88 * 200'000, 0.005 * 200'000);
  for (size_t i = 0; i <= std::to_underlying(EventType::kChargeback); ++i) {
    EXPECT_GT(by_type[i], 500U) << kEventTypeNames[i];
  }
  EXPECT_NEAR(static_cast<double>(stream.summary.bytes) / 200'000, 195, 3);
}

TEST(StreamGeneratorTest, BusiestCardsTakeMuchOfTheTraffic) {
  std::map<int64_t, uint64_t> auths;
  const auto stream = Make(Options(200'000));  // the parsed events point into it
  for (const ParsedEvent& event : Parse(stream)) {
    if (event.type == "auth") ++auths[event.card];
  }
  std::vector<uint64_t> counts;
  for (const auto& [card, count] : auths) counts.push_back(count);
  std::ranges::sort(counts, std::greater<>());
  uint64_t top = 0, all = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    all += counts[i];
    if (i < 10'000) top += counts[i];  // a tenth of the cards
  }
  EXPECT_GT(top, all * 45 / 100);
  EXPECT_LT(counts[0], all / 1'000);
}

// 0.01-0.5% of the events for each rule, and next to nothing without the attacks.
TEST(StreamGeneratorTest, EachWorkloadRuleMatchesAtItsRate) {
  const Stream stream = Make(Options(200'000, true));
  std::vector<ParsedEvent> events = Parse(stream);
  const auto counts = CountWorkloads(events);
  for (size_t i = 0; i < counts.size(); ++i) {
    EXPECT_GT(counts[i], 200'000 / 10'000U) << "W" << i + 1;
    EXPECT_LT(counts[i], 200'000 / 200U) << "W" << i + 1;
  }
  std::erase_if(events, [](const ParsedEvent& event) { return !event.fraud.empty(); });
  const auto honest = CountWorkloads(events);
  for (size_t i = 0; i < honest.size(); ++i) EXPECT_LE(honest[i], 12U) << "W" << i + 1;
  for (const size_t i : {0U, 2U, 4U}) EXPECT_LE(honest[i], 1U) << "W" << i + 1;
}

TEST(StreamGeneratorTest, LabelsAreTheEventsOfTheManifest) {
  const Stream stream = Make(Options(100'000, true));
  const std::vector<ParsedEvent> events = Parse(stream);
  std::set<size_t> listed;
  for (const std::string& line : stream.manifest) {
    const std::vector<size_t> positions = Positions(line);
    ASSERT_FALSE(positions.empty());
    EXPECT_TRUE(std::ranges::is_sorted(positions));
    for (const size_t position : positions) {
      EXPECT_TRUE(listed.insert(position).second) << "in two attacks: " << position;
      EXPECT_EQ(events[position].fraud, FieldText(line, "kind"));
    }
    EXPECT_EQ(events[positions.front()].ts, ToNumber(FieldText(line, "first_ts")));
    EXPECT_EQ(events[positions.back()].ts, ToNumber(FieldText(line, "last_ts")));
    const std::string_view kind = FieldText(line, "kind");
    const auto by_key = [&](size_t position) {
      if (const auto card = FieldText(line, "card"); !card.empty()) {
        return events[position].card == ToNumber(card);
      }
      return events[position].account == ToNumber(FieldText(line, "account"));
    };
    // What a mule receives is sent, and so keyed, by somebody else.
    EXPECT_TRUE(kind == "mule" || std::ranges::all_of(positions, by_key)) << line;
  }
  EXPECT_EQ(listed.size(), stream.summary.attack_events);
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(!events[i].fraud.empty(), listed.contains(i));
  }
}

TEST(StreamGeneratorTest, LabelChangesNothingElse) {
  const Stream with = Make(Options(20'000, true));
  const Stream without = Make(Options(20'000));
  EXPECT_EQ(with.manifest, without.manifest);
  ASSERT_EQ(with.lines.size(), without.lines.size());
  for (size_t i = 0; i < with.lines.size(); ++i) {
    std::string line = with.lines[i];
    if (const size_t at = line.find(",\"fraud\""); at != std::string::npos) {
      line = line.substr(0, at) + "}\n";
    }
    EXPECT_EQ(line, without.lines[i]);
  }
}

TEST(StreamGeneratorTest, AttackRatesAreKept) {
  GenerateOptions options = Options(100'000);
  options.attacks_per_million.fill(0);
  EXPECT_TRUE(Make(options).manifest.empty());
  options.attacks_per_million[std::to_underlying(AttackKind::kMule)] = 500;
  const Stream stream = Make(options);
  EXPECT_EQ(stream.manifest.size(), 50U);
  EXPECT_EQ(stream.summary.attacks_by_kind[std::to_underlying(AttackKind::kMule)], 50U);
  for (const std::string& line : stream.manifest) EXPECT_EQ(FieldText(line, "kind"), "mule");
}

TEST(StreamGeneratorTest, MuleSendsOnMostOfWhatItReceived) {
  GenerateOptions options = Options(50'000, true);
  const Stream stream = Make(options);
  size_t mules = 0;
  for (const std::string& line : stream.manifest) {
    if (FieldText(line, "kind") != "mule") continue;
    ++mules;
    const std::vector<size_t> positions = Positions(line);
    const std::string& in = stream.lines[positions[0]];
    const std::string& out = stream.lines[positions[1]];
    EXPECT_EQ(ToNumber(FieldText(in, "to_account")), ToNumber(FieldText(line, "account")));
    EXPECT_EQ(FieldText(in, "to_account"), FieldText(out, "from_account"));
    EXPECT_GT(ToNumber(FieldText(out, "amount")) * 10, ToNumber(FieldText(in, "amount")) * 8);
  }
  EXPECT_EQ(mules, 15U);
}

TEST(StreamGeneratorTest, AFewCardsAndAccountsAreEnough) {
  GenerateOptions options = Options(5'000);
  options.cards = 1;
  options.accounts = 1;
  EXPECT_EQ(Make(options).lines.size(), 5'000U);
  options.cards = 3;
  options.accounts = 50;  // more accounts than cards
  options.span_ms = kDayMs;
  EXPECT_EQ(Make(options).lines.size(), 5'000U);
}

TEST(StreamGeneratorTest, StopsWhenASinkSaysSo) {
  int lines = 0;
  const auto summary = Generate(Options(1'000), [&](std::string_view) { return ++lines < 10; }, {});
  ASSERT_TRUE(summary.has_value());
  EXPECT_TRUE(summary->stopped);
  EXPECT_EQ(lines, 10);
  EXPECT_EQ(summary->events, 9U);
}

TEST(StreamGeneratorTest, RefusesOptionsThatMakeNoSense) {
  GenerateOptions options = Options(0);
  EXPECT_EQ(FaultOf(options), "the number of events must be at least 1");
  options = Options(100);
  options.cards = 0;
  EXPECT_EQ(FaultOf(options), "the number of cards must be from 1 to 10^9");
  options = Options(100);
  options.accounts = 0;
  EXPECT_EQ(FaultOf(options), "the number of accounts must be from 1 to 10^9");
  options = Options(100);
  options.start_ms = -1;
  EXPECT_EQ(FaultOf(options), "the start must be from 1970 to the year 9000");
  options = Options(100);
  options.span_ms = 1;
  EXPECT_EQ(FaultOf(options), "the time span must be from a day to 100 years");
  options = Options(100'000);
  options.attacks_per_million.fill(1'000'000);
  EXPECT_EQ(FaultOf(options), "the attack rates must add up to at most 500000 in a million events");
  options.attacks_per_million.fill(30'000);
  options.span_ms = 150 * kDayMs;
  EXPECT_EQ(FaultOf(options), "the attacks would take more than half of the events");
}

TEST(StreamGeneratorTest, AttackKindsAreFoundByName) {
  EXPECT_EQ(FindAttackKind("structuring"), AttackKind::kStructuring);
  EXPECT_EQ(AttackName(AttackKind::kVelocity), "velocity");
  EXPECT_EQ(FindAttackKind("dormant_account"), AttackKind::kDormantAccount);
  EXPECT_FALSE(FindAttackKind("none"));
}

// No attack and no look-alike runs over the time that the plan keeps free for it at the end.
TEST(StreamGeneratorTest, AttacksAreNoLongerThanTheirRowSays) {
  const Population population(1, 1'000, 1'000);
  for (size_t kind = 0; kind < kAttackKinds; ++kind) {
    for (uint64_t seed = 0; seed < 1'000; ++seed) {
      const Attack attack = {.kind = static_cast<AttackKind>(kind),
                             .look_alike = seed % 2 == 1,
                             .seed = seed,
                             .start_ms = 5};
      for (const StreamEvent& event : BuildAttack(attack, AttackId{0}, population, 0)) {
        EXPECT_GE(event.ts_ms, 5);
        EXPECT_LE(event.ts_ms, 5 + kAttackRows[kind].longest_ms) << kAttackRows[kind].name;
        EXPECT_TRUE(event.attack == kNoAttack || !attack.look_alike) << kAttackRows[kind].name;
      }
    }
  }
}

// Twice every kind in a stream that is long enough for the longest.
GenerateOptions EveryKind(uint32_t look_alikes) {
  GenerateOptions options = Options(40'000, true);
  options.cards = 2'000;
  options.accounts = 2'000;
  options.span_ms = 150 * kDayMs;
  options.attacks_per_million.fill(50);
  options.look_alikes = look_alikes;
  return options;
}

TEST(StreamGeneratorTest, EveryKindIsInjectedAndLabelled) {
  const Stream stream = Make(EveryKind(2));
  EXPECT_EQ(stream.lines.size(), 40'000U);
  for (size_t i = 0; i < kAttackKinds; ++i) {
    EXPECT_EQ(stream.summary.attacks_by_kind[i], 2U) << kAttackRows[i].name;
  }
  for (size_t i = 0; i < kEventTypes; ++i) {
    EXPECT_GT(stream.summary.events_by_type[i], 0U) << kEventTypeNames[i];
  }
  std::map<size_t, std::string> kinds;
  for (const std::string& line : stream.manifest) {
    for (const size_t position : Positions(line)) kinds[position] = FieldText(line, "kind");
  }
  for (size_t i = 0; i < stream.lines.size(); ++i) {
    const auto kind = kinds.find(i);
    EXPECT_EQ(FieldText(stream.lines[i], "fraud"), kind == kinds.end() ? "" : kind->second);
  }
}

// A scheme's people come with it, so that nobody else's events are in its history.
TEST(StreamGeneratorTest, SchemesHavePeopleOfTheirOwn) {
  const Stream stream = Make(EveryKind(0));
  size_t keys = 0;
  for (const std::string& line : stream.manifest) {
    const std::string_view kind = FieldText(line, "kind");
    if (kind != "bust_out" && kind != "dormant_account") continue;
    ++keys;
    const std::string_view owner = FieldText(line, kind == "bust_out" ? "card" : "account");
    EXPECT_GE(ToNumber(owner), 2'000) << line;
  }
  EXPECT_EQ(keys, 4U);
}

// What is asked for in addition changes no attack: the manifest's keys of the others stay.
TEST(StreamGeneratorTest, LookAlikesChangeNoAttack) {
  const auto keys_of = [](const Stream& stream) {
    std::multiset<std::string> keys;
    for (const std::string& line : stream.manifest) {
      const std::string kind(FieldText(line, "kind"));
      if (kind == "card_testing" || kind == "takeover" || kind == "velocity") {
        keys.insert(kind + std::string(FieldText(line, "first_ts")) +
                    std::string(FieldText(line, "last_ts")));
      }
    }
    return keys;
  };
  const Stream without = Make(EveryKind(0));
  const Stream with = Make(EveryKind(3));
  EXPECT_EQ(keys_of(without).size(), 6U);
  EXPECT_EQ(keys_of(with), keys_of(without));
}

TEST(StreamGeneratorTest, RefusesAttacksThatDoNotFit) {
  GenerateOptions options = EveryKind(0);
  options.span_ms = 100 * kDayMs;
  EXPECT_EQ(FaultOf(options), "dormant_account takes up to 105 days, and the stream is shorter");
  options = EveryKind(GenerateOptions::kMaxLookAlikes + 1);
  EXPECT_EQ(FaultOf(options), "there can be at most 100 look-alikes an attack");
}

}  // namespace
}  // namespace weir::apps
