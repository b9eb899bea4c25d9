#include "compiler/features.h"

#include <gtest/gtest.h>

#include <functional>

#include "compiler/feature_cost.h"
#include "compiler/test_rules.h"
#include "nfa/image.h"

namespace weir::compiler {
namespace {

using testing::compile_text;
using testing::with_events;

std::unique_ptr<testing::Compiled> compiled(const std::string& rules) {
  auto out = compile_text(with_events(rules));
  EXPECT_TRUE(out->result.image) << rules << "\n" << out->text();
  return out;
}

// A rule that reads a feature in its condition.
std::string reads(const std::string& feature) {
  return "rule r { when auth where (" + feature + ") is present score 1 }";
}

std::string only_identity(const std::string& rules) {
  const auto out = compiled(rules);
  if (!out->result.image || out->result.image->features.size() != 1) return "not one feature";
  return out->result.image->features[0].state_identity;
}

TEST(Features, EqualOnesAreOneWhateverTheyAreCalled) {
  const auto out = compiled(
      "param large = 5\n"
      "define big() = amount > 5\n"
      "feature b = count(auth where amount > large and device is present by card over 1h)\n"
      "feature a = count(auth where device is present and (big()) by card over 60m)\n"
      "rule one { when auth where b > 1 and a > 2 score 1 }\n"
      "rule two { when auth where count(auth where amount > 5.0 and device is present\n"
      "    by card over 1h) > 3 score 1 }");
  const nfa::Image& image = *out->result.image;
  ASSERT_EQ(image.features.size(), 1U);
  EXPECT_EQ(image.features[0].names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(image.feature_reads.size(), 1U);
  EXPECT_EQ(image.features[0].text(image.schema),
            "count(auth where amount > 5 and device is present by card over 1h)");
}

TEST(Features, WhatMeansSomethingElseIsAnother) {
  const std::string base = "sum(auth.amount where device is present by card over 1h)";
  const std::string known = only_identity(reads(base));
  for (const char* other : {
           "sum(auth_result.amount by card over 1h)",
           "avg(auth.amount where device is present by card over 1h)",
           "max(auth.amount where device is present by card over 1h)",
           "sum(auth.amount where device is missing by card over 1h)",
           "sum(auth.amount by card over 1h)",
           "sum(auth.amount where device is present by merchant over 1h)",
           "sum(auth.amount where device is present by card, merchant over 1h)",
           "sum(auth.amount where device is present by card over 2h)",
           "sum(auth.amount where device is present by card over 1h every 5m)",
           "sum(auth.amount where device is present by card each 1h)",
           "sum(auth.amount where device is present by card session 1h)",
           "sum(auth.amount where device is present by card over last 3)",
           "sum(auth.amount where device is present by card each day in \"UTC\")",
           "sum(auth.amount where device is present by card over 1h excluding current)",
       }) {
    EXPECT_NE(only_identity(reads(other)), known) << other;
  }
  EXPECT_EQ(only_identity(reads(base)), known);
}

TEST(Features, AWindowIsPartOfWhatItIs) {
  std::set<std::string> known;
  const std::vector<std::string> windows = {"over 1h",
                                            "over 1h every 5m",
                                            "over 1h every 1m",
                                            "each 1h",
                                            "session 1h",
                                            "over last 60",
                                            "each day in \"UTC\"",
                                            "each week in \"UTC\"",
                                            "each month in \"UTC\"",
                                            "each day in \"Europe/London\""};
  for (const auto& window : windows) {
    const std::string feature = "count(auth by card " + window + ")";
    const auto out = compiled(reads(feature));
    const nfa::Image& image = *out->result.image;
    known.insert(image.features.at(0).state_identity);
    EXPECT_EQ(image.features[0].text(image.schema), feature);
  }
  EXPECT_EQ(known.size(), windows.size());
}

// A derived slot is no field: nobody finds it by name, no input has it.
TEST(Features, AReadIsASlotBehindTheFields) {
  const auto out = compiled(
      "feature spent = sum(auth_result.amount where approved by card over 1h)\n"
      "rule r { when auth where spent > 5 score 1 }");
  const nfa::Image& image = *out->result.image;
  const auto& auth = image.schema.types[0];
  ASSERT_EQ(image.feature_reads.size(), 1U);
  const nfa::FeatureRead& read = image.feature_reads[0];
  EXPECT_EQ(read.type.index(), 0U);
  EXPECT_EQ(read.slot, auth.fields.size() - 1);
  EXPECT_EQ(read.key, (std::vector<nfa::ReadKey>{{0, nfa::ProgramId()}})) << "auth.card";
  const event::Field& slot = auth.fields.back();
  EXPECT_TRUE(slot.derived && slot.optional && !slot.read && slot.path.empty());
  EXPECT_EQ(slot.type.kind, event::TypeKind::kDecimal);
  EXPECT_FALSE(auth.find_field("spent"));
  EXPECT_TRUE(auth.fields[0].read) << "the key at the event that reads";
  const auto& source = image.schema.types[1];
  EXPECT_TRUE(source.fields[0].read && source.fields[1].read && source.fields[2].read)
      << "no rule sees auth_result, but the feature reads its key, its amount and its condition";
  EXPECT_EQ(image.rules[0].automaton.types.size(), 1U);
}

TEST(Features, OneThatReadsAnotherStandsBehindIt) {
  const auto out = compiled(
      "feature a = count(auth where b > 1 and c > 1 by card over 1h)\n"
      "feature b = count(auth where c > 1 by card over 1h)\n"
      "feature c = count(login by card over 1h)\n" +
      reads("a"));
  const auto& features = out->result.image->features;
  ASSERT_EQ(features.size(), 3U);
  const std::vector<std::string> order = {"c", "b", "a"};
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(features[i].names, std::vector<std::string>{order[i]});
    EXPECT_EQ(features[i].level, i);
  }
}

std::string chain(std::size_t length) {
  std::string out = "feature f0 = count(auth by card over 1h)\n";
  for (std::size_t i = 1; i < length; ++i) {
    out += "feature f" + std::to_string(i) + " = count(auth where f" + std::to_string(i - 1) +
           " > 1 by card over 1h)\n";
  }
  return out;
}

TEST(Features, TheyReadEachOtherSoDeepAndNoDeeper) {
  const std::string last = std::to_string(Features::kMaxDepth - 1);
  const auto deep = compiled(chain(Features::kMaxDepth) + reads("f" + last));
  EXPECT_EQ(deep->result.image->features.back().level, Features::kMaxDepth - 1);
  const auto first = compiled(chain(Features::kMaxDepth) + reads("f0 + f" + last));
  EXPECT_EQ(first->result.image->features.size(), Features::kMaxDepth);
  const std::string next = std::to_string(Features::kMaxDepth);
  const auto from_the_top =
      compile_text(with_events(chain(Features::kMaxDepth + 1) + reads("f" + next)));
  EXPECT_TRUE(from_the_top->has("W1024")) << from_the_top->text();
  const auto from_below =
      compile_text(with_events(chain(Features::kMaxDepth + 1) + reads("f" + last + " + f" + next)));
  EXPECT_TRUE(from_below->has("W1024")) << from_below->text();
}

TEST(Features, TypesOfResults) {
  const std::pair<const char*, const char*> cases[] = {
      {"count(t by k over 1h)", "int"},
      {"count(t.u by k over 1h)", "int"},
      {"rate(t by k over 1h)", "float"},
      {"sum(t.i by k over 1h)", "int"},
      {"sum(t.d by k over 1h)", "decimal"},
      {"sum(t.f by k over 1h)", "float"},
      {"sum(t.u by k over 1h)", "duration"},
      {"avg(t.i by k over 1h)", "decimal"},
      {"avg(t.d by k over 1h)", "decimal"},
      {"avg(t.f by k over 1h)", "float"},
      {"avg(t.u by k over 1h)", "duration"},
      {"min(t.t by k over 1h)", "time"},
      {"max(t.s by k over 1h)", "string"},
      {"stddev(t.i by k over 1h)", "float"},
      {"distinct(t.p by k over 1h)", "int"},
      {"approx_distinct(t.s by k over 1h)", "int"},
      {"quantile(0.5)(t.d by k over 1h)", "decimal"},
      {"quantile(1)(t.u by k over 1h)", "duration"},
      {"first(t.e by k over 1h)", "enum(\"x\", \"y\")"},
      {"last(t.g by k over 1h)", "geo"},
      {"last(t.b by k over 1h)", "bool"},
  };
  for (const auto& [feature, type] : cases) {
    const auto out = compile_text(
        "event t { k string i int d decimal f float s string u duration t time b bool p ip g geo "
        "e enum(\"x\", \"y\") }\nrule r { when t where " +
        std::string(feature) + " is present score 1 }");
    ASSERT_TRUE(out->result.image) << feature << "\n" << out->text();
    EXPECT_EQ(out->result.image->features.at(0).result.name(), type) << feature;
  }
}

// The names of the fields that make the key of a read.
std::string key_of(const nfa::Image& image, std::size_t read) {
  return image.schema.types[image.feature_reads.at(read).type.index()].name + ": " +
         nfa::read_key_text(image, image.feature_reads[read]);
}

TEST(Features, OutcomesReadThemAtTheEventThatCompletes) {
  const auto out = compiled(
      "feature spent = sum(auth.amount by card over 1h)\n"
      "rule r { by card when auth as a then auth or auth_result within 1h having spent > 5\n"
      "  score spent emit other = spent[\"c9\"], own = spent[card] }");
  const nfa::Image& image = *out->result.image;
  EXPECT_EQ(image.feature_reads.size(), 4U) << "of two types, for the own key and for \"c9\"";
  EXPECT_EQ(key_of(image, 0), "auth: card");
  EXPECT_EQ(key_of(image, 1), "auth_result: card");
  const auto& automaton = image.rules[0].automaton;
  ASSERT_EQ(automaton.registers.size(), 4U) << "card itself, and three of the event";
  for (std::size_t i = 0; i < automaton.registers.size(); ++i) {
    const bool key = automaton.registers[i].kind == nfa::RegisterKind::kKeyField;
    EXPECT_EQ(automaton.sources[i].from,
              key ? nfa::RegisterSource::From::kKey : nfa::RegisterSource::From::kCompleting);
  }
}

// The key of the rule stands in another field of the event that completes.
TEST(Features, TheKeyOfAPartIsTheKeyOfTheRule) {
  const auto out = compiled(
      "feature received = sum(transfer.amount by to_account over 1d)\n"
      "rule mule { when transfer as inflow by to_account then transfer as outflow by from_account\n"
      "  within 20m score received }");
  EXPECT_EQ(key_of(*out->result.image, 0), "transfer: from_account");
}

TEST(Features, OneUnnamedEventGivesItsFields) {
  const auto out = compiled(
      "feature seen = count(auth by merchant over 1d)\n"
      "rule r { when auth where amount > 5 score seen reason \"{seen[card]}\" }");
  EXPECT_EQ(key_of(*out->result.image, 0), "auth: merchant");
  EXPECT_EQ(key_of(*out->result.image, 1), "auth: card");
}

TEST(Features, AsOfAPartTheyAreKeptLikeAField) {
  const auto out = compiled(
      "feature spent = sum(auth.amount by card over 1h)\n"
      "rule r { by card when auth as a then auth_result where amount > a.spent within 1h\n"
      "  score max(a.spent, 1) }");
  const nfa::Image& image = *out->result.image;
  ASSERT_EQ(image.feature_reads.size(), 1U);
  EXPECT_EQ(key_of(image, 0), "auth: card");
  const auto& automaton = image.rules[0].automaton;
  EXPECT_EQ(automaton.kept_slots[0], std::vector<std::uint16_t>{image.feature_reads[0].slot});
  EXPECT_EQ(automaton.registers.at(0).text(), "a.spent");
}

TEST(Features, AggregatesOverAPartTakeThemToo) {
  const auto out = compiled(
      "feature spent = sum(auth.amount by card over 1h)\n"
      "rule r { by card when 2+ auth as a where amount > max(a.spent) otherwise true within 1h\n"
      "  score 1 }");
  EXPECT_EQ(out->result.image->rules[0].automaton.registers.at(0).text(), "max(a.spent)");
}

TEST(Features, AZscoreReadsWhatItNeedsAndNoMore) {
  const auto out = compiled(
      "feature spent = sum(auth.amount by card over 30d)\n"
      "rule r { when auth where zscore(amount, spent) > 3 score 1 }");
  const nfa::Image& image = *out->result.image;
  std::set<std::string> texts;
  for (const auto& feature : image.features) texts.insert(feature.text(image.schema));
  EXPECT_EQ(texts, (std::set<std::string>{"count(auth.amount by card over 30d)",
                                          "stddev(auth.amount by card over 30d)",
                                          "sum(auth.amount by card over 30d)"}));
  EXPECT_EQ(image.rules[0].condition_texts[0][0][0].text, "zscore(amount, spent) > 3");
}

TEST(Features, AsOfAPartForAnotherKeyAndInAZscore) {
  const auto out = compiled(
      "feature spent = sum(auth.amount by card over 1h)\n"
      "rule r { by card when 2 auth as a then auth_result as b\n"
      "  where a.spent[\"c9\"] > 5 and zscore(amount, first(a).spent) > 3\n"
      "  and zscore(amount, a.spent[\"c9\"]) > 2 within 1h emit was = a.spent[\"c8\"] }");
  const nfa::Image& image = *out->result.image;
  EXPECT_EQ(image.features.size(), 3U) << "sum, count and deviation";
  EXPECT_EQ(image.feature_reads.size(), 7U) << "those for card and \"c9\", and sum for \"c8\"";
  std::set<std::string> texts;
  for (const auto& desc : image.rules[0].automaton.registers) texts.insert(desc.text());
  EXPECT_TRUE(texts.contains("a.spent[\"c9\"]"));
  EXPECT_TRUE(texts.contains("first(a).count(auth.amount by card over 1h)"));
  EXPECT_EQ(image.rules[0].condition_texts.back()[1].back().text,
            "zscore(amount, a.spent[\"c9\"]) > 2");
}

TEST(Features, ADefineMayPassConstantsIn) {
  const auto out = compiled(
      "define often(n, d) = count(auth where amount > n by card over d) > 5\n"
      "rule a { when auth where often(3, 1h) score 1 }\n"
      "rule b { when auth where often(3, 1h) and often(4, 1h) score 1 }\n"
      "rule c { when auth where count(auth where amount > 3 by card over 1h) > 7 score 1 }");
  EXPECT_EQ(out->result.image->features.size(), 2U);
}

TEST(Features, TheyStandWhereverAConditionDoes) {
  const auto out = compiled(
      "feature spent = sum(auth.amount by card over 1h)\n"
      "define rich() = spent > 1000\n"
      "rule r { by card\n"
      "  when without login where spent > 3 for 1h\n"
      "  then 2+ auth as a where rich() and spent is present and spent otherwise 0 > 5\n"
      "    until auth_result where spent > 50\n"
      "  without login where spent == 7\n"
      "  then auth_result as b where (spent > 9 otherwise false) and b.spent is missing\n"
      "  within 1h score 1 }");
  EXPECT_EQ(out->result.image->features.size(), 1U);
  EXPECT_EQ(out->result.image->feature_reads.size(), 3U);
}

TEST(Features, OneThatNothingReadsLeavesNoTrace) {
  const std::string rule = "rule r { when auth where amount > 5 score 1 }";
  const auto without = compiled(rule);
  const auto with = compiled(
      "feature a = sum(auth.amount where b == \"x\" by card over 1h)\n"
      "feature b = last(auth.device by card over 1h)\n" +
      rule);
  EXPECT_EQ(nfa::write_image(*with->result.image), nfa::write_image(*without->result.image));
}

// A field comes first: so a feature of its name stands for nothing there.
TEST(Features, AFieldOfTheNameIsTheField) {
  const auto out = compiled(
      "feature amount = count(auth by card over 1h)\n"
      "rule r { by card when auth as a where amount > 5\n"
      "  then login as b where a.amount > 5 and amount > 3 within 1h score 1 }");
  const nfa::Image& image = *out->result.image;
  ASSERT_EQ(image.feature_reads.size(), 1U);
  EXPECT_EQ(key_of(image, 0), "login: card");
}

TEST(Features, Printed) {
  const auto out = compiled(
      "feature spent = sum(auth_result.amount where approved by card over 1h excluding current)\n"
      "rule r { when auth where count(auth where spent > 5 by card, merchant over last 3)[card,\n"
      "    lower(merchant)] > 5 score 1 }\n"
      "rule none { when login score 1 }");
  const nfa::Image& image = *out->result.image;
  EXPECT_EQ(nfa::print_features(image, &image.rules[0]), R"(feature 0  spent
is         sum(auth_result.amount where approved by card over 1h excluding current): decimal
source     auth_result, the current event excluded
where      approved
key        card
window     over 1h
read       by auth in slot 7, for card
feature 1
is         count(auth where spent > 5 by card, merchant over last 3): int
source     auth
where      spent > 5
key        card, merchant
window     over last 3
level      1
read       by auth in slot 8, for card, program 2
)");
  EXPECT_EQ(nfa::print_features(image, nullptr), nfa::print_features(image, &image.rules[0]));
  EXPECT_EQ(nfa::print_features(image, &image.rules[1]), "");
}

TEST(Features, WhatTheyCost) {
  const std::pair<const char*, const char*> cases[] = {
      {"count(auth by card over 1h)",
       "keeps about 8 bytes for each event in the window of a key, however many there are"},
      {"sum(auth.amount by card over last 5)",
       "keeps about 16 bytes for each event in the window of a key, at most 5"},
      {"sum(auth.amount by card each 1d)", "keeps about 64 bytes a key"},
      {"sum(auth.amount by card over 1h every 7m)",
       "keeps about 48 bytes for each step of the window of a key, at most 10"},
      {"distinct(auth.merchant by card each 1d)",
       "keeps about 32 bytes for each different value in the window of a key, however many there "
       "are"},
      {"max(auth.amount by card over 1h)",
       "keeps about 32 bytes for each event in the window that may still be the greatest of a key, "
       "however many there are"},
      {"last(auth.amount by card over 1h)", "keeps about 64 bytes a key"},
  };
  for (const auto& [feature, cost] : cases) {
    const auto out = compiled(reads(feature));
    EXPECT_EQ(feature_cost(out->result.image->features.at(0)).text(), cost) << feature;
  }
}

// ---- images that nobody vouches for ------------------------------------------------------------

TEST(Features, DamagedOnesAreRefused) {
  constexpr std::size_t kNone = 99;
  const auto out = compiled(
      "feature spent = sum(auth.amount where amount > 5 by card over 1h)\n"
      "feature half = quantile(0.5)(auth.amount where spent > 3 by card over 1h every 5m)\n"
      "rule r { by card when auth as a where half[lower(merchant)] > 5 then auth within 1h\n"
      "  score spent }");
  using Damage = std::function<void(nfa::Image&)>;
  const std::pair<const char*, Damage> cases[] = {
      {"source", [](auto& i) { i.features[0].source = event::EventTypeId(kNone); }},
      {"condition", [](auto& i) { i.features[0].where[0] = nfa::PredicateId(kNone); }},
      {"texts", [](auto& i) { i.features[0].where_texts.clear(); }},
      {"field", [](auto& i) { i.features[0].slot = 99; }},
      {"derived field", [](auto& i) { i.features[0].slot = i.feature_reads[0].slot; }},
      {"type", [](auto& i) { i.features[0].result.kind = event::TypeKind::kInt; }},
      {"text field", [](auto& i) { i.features[0].slot = 0; }},
      {"quantile", [](auto& i) { i.features[0].quantile = 5; }},
      {"no quantile", [](auto& i) { i.features[1].quantile = 0; }},
      {"large quantile", [](auto& i) { i.features[1].quantile = 10'001; }},
      {"no key", [](auto& i) { i.features[0].key.clear(); }},
      {"key names", [](auto& i) { i.features[0].key_fields.clear(); }},
      {"key slot", [](auto& i) { i.features[0].key[0] = 99; }},
      {"no time", [](auto& i) { i.features[0].window.length_ms = 0; }},
      {"no step", [](auto& i) { i.features[1].window.every_ms = 0; }},
      {"long step", [](auto& i) { i.features[1].window.every_ms = 3'600'001; }},
      {"many steps", [](auto& i) { i.features[1].window.every_ms = 1; }},
      {"zone", [](auto& i) { i.features[0].window.kind = nfa::WindowKind::kCalendar; }},
      {"no events", [](auto& i) { i.features[0].window.kind = nfa::WindowKind::kLastEvents; }},
      {"level", [](auto& i) { i.features[1].level = 0; }},
      {"order", [](auto& i) { std::swap(i.features[0], i.features[1]); }},
      {"read of nothing", [](auto& i) { i.feature_reads[0].feature = 99; }},
      {"read by nothing", [](auto& i) { i.feature_reads[0].type = event::EventTypeId(kNone); }},
      {"read into a field", [](auto& i) { i.feature_reads[0].slot = 0; }},
      {"read twice", [](auto& i) { i.feature_reads.push_back(i.feature_reads[0]); }},
      {"not read", [](auto& i) { i.feature_reads.pop_back(); }},
      {"no key of a read", [](auto& i) { i.feature_reads[0].key.clear(); }},
      {"wrong key of a read", [](auto& i) { i.feature_reads[0].key[0].slot = 2; }},
      {"derived key", [](auto& i) { i.feature_reads[1].key[0] = {i.feature_reads[0].slot, {}}; }},
      {"key program", [](auto& i) { i.feature_reads[1].key[0].program = nfa::ProgramId(kNone); }},
      {"declared behind",
       [](auto& i) {
         auto& fields = i.schema.types[0].fields;
         fields.push_back(fields[0]);
       }},
      {"derived is read", [](auto& i) { i.schema.types[0].fields.back().read = true; }},
      {"derived of a rule's key",
       [](auto& i) { i.rules[0].keys[0].slots[0][0] = i.feature_reads[0].slot; }},
      {"completing in a condition",
       [](auto& i) { i.rules[0].automaton.register_lists.push_back(0); }},
  };
  const std::string bytes = nfa::write_image(*out->result.image);
  for (const auto& [what, damage] : cases) {
    auto image = nfa::read_image(bytes);
    ASSERT_TRUE(image);
    damage(*image);
    EXPECT_FALSE(nfa::verify_image(*image)) << what;
  }
}

TEST(Features, ARateOfASessionIsRefused) {
  const auto out = compiled(reads("rate(auth by card over 1h)"));
  nfa::Image& image = *out->result.image;
  ASSERT_TRUE(nfa::verify_image(image));
  image.features[0].window.kind = nfa::WindowKind::kSession;
  EXPECT_FALSE(nfa::verify_image(image));
}

}  // namespace
}  // namespace weir::compiler
