#include "api/alert_writer.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

event::Type type_of(event::TypeKind kind) {
  event::Type type;
  type.kind = kind;
  return type;
}

nfa::Image image_of_one_rule() {
  nfa::Image image;
  image.decisions = {"decline", "allow"};
  nfa::RuleImage& rule = image.rules.emplace_back();
  rule.name = "r";
  rule.version = "v1";
  rule.timeout.push_back({"late", {}});
  return image;
}

TEST(AlertWriter, WritesNullsForWhatARuleDoesNotSay) {
  const nfa::Image image = image_of_one_rule();
  const AlertWriter writer(image, false);
  runtime::Alert alert;
  alert.id = {0x0123456789abcdefU, 0x1U};
  alert.ts_ms = 5;
  std::string out;
  writer.append_alert(out, alert);
  EXPECT_EQ(
      out,
      R"({"alert":"0123456789abcdef0000000000000001","rule":"r","version":"v1","key":{},"ts":5,)"
      R"("seq":null,"mode":"live","decision":null,"score":null,"tags":[],"reason":null,)"
      R"("emit":{},"owner":null,"severity":null,"description":null,"meta":{},"match":{}})"
      "\n");
}

TEST(AlertWriter, WritesEveryMember) {
  nfa::Image image = image_of_one_rule();
  nfa::RuleImage& rule = image.rules.front();
  rule.owner = "o\"o";
  rule.severity = "high";
  rule.description = "d";
  rule.meta = R"({"x":1})";
  rule.outcomes.tags = {"t1", "t2"};
  rule.outcomes.reason.push_back({"why", -1});
  const AlertWriter writer(image, true);
  const event::Type text = type_of(event::TypeKind::kString);
  const event::Type decimal = type_of(event::TypeKind::kDecimal);
  const std::vector<runtime::ReportedValue> key = {
      {"card", &text, true, event::Value::of_string("c1")}, {"total", &decimal, false, {}}};
  const std::vector<runtime::MatchedPart> match = {
      {"a", {{7, 3, "", R"({"n":1})"}, {8, 4, "", ""}}}};
  runtime::Alert alert;
  alert.live = false;
  alert.truncated = true;
  alert.key = key;
  alert.emits = key;
  alert.match = match;
  alert.has_seq = true;
  alert.seq = 8;
  alert.decision = 0;
  alert.has_score = true;
  alert.score = event::Value::of_decimal(12'5000);
  alert.reason = "why";
  std::string out;
  writer.append_alert(out, alert);
  EXPECT_EQ(out,
            R"({"alert":"00000000000000000000000000000000","rule":"r","version":"v1",)"
            R"("key":{"card":"c1","total":null},"ts":0,"seq":8,"mode":"shadow",)"
            R"("decision":"decline","score":12.5,"tags":["t1","t2"],"reason":"why",)"
            R"("emit":{"card":"c1","total":null},"owner":"o\"o","severity":"high",)"
            R"("description":"d","meta":{"x":1},"match":{"a":[{"seq":7,"ts":3,"event":{"n":1}},)"
            R"({"seq":8,"ts":4,"event":null}]},"truncated":true})"
            "\n");
}

TEST(AlertWriter, NamesATimeout) {
  const nfa::Image image = image_of_one_rule();
  const AlertWriter writer(image, false);
  runtime::Alert alert;
  alert.is_timeout = true;
  std::string out;
  writer.append_alert(out, alert);
  EXPECT_NE(out.find(R"("rule":"r.late")"), std::string::npos);
  EXPECT_NE(out.find(R"("mode":"live","timeout":true,"decision":null)"), std::string::npos);
  EXPECT_EQ(writer.label(0, true), "r.late");
}

TEST(AlertWriter, WritesDecisions) {
  const nfa::Image image = image_of_one_rule();
  const AlertWriter writer(image, false);
  event::Row row;
  row.ts_ms = 9;
  row.seq = 2;
  row.identity = "id7";
  std::vector<runtime::FiredRule> fired(2);
  fired[0].has_score = true;
  fired[0].score = event::Value::of_decimal(-1'0001);
  fired[1].overridden = true;
  runtime::Decision decision;
  decision.event = &row;
  decision.decision = 1;
  decision.rules = fired;
  std::string out;
  writer.append_decision(out, decision);
  EXPECT_EQ(out,
            R"({"event":"id7","seq":2,"ts":9,"decision":"allow","score":0,"rules":[)"
            R"({"rule":"r","version":"v1","mode":"live","score":-1.0001,"reason":null,)"
            R"("alert":"00000000000000000000000000000000"},)"
            R"({"rule":"r","version":"v1","mode":"live","score":null,"reason":null,)"
            R"("alert":"00000000000000000000000000000000","overridden":true}],"degraded":false})"
            "\n");
}

}  // namespace
}  // namespace weir::api
