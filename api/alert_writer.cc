#include "api/alert_writer.h"

#include <string_view>

#include "event/decimal.h"
#include "event/json_writer.h"

namespace weir::api {
namespace {

using event::append_int;
using event::append_json_string;
using event::append_uint;

void append_string_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

std::string_view mode_name(bool live) { return live ? "live" : "shadow"; }

void append_score(std::string& out, bool has_score, const event::Value& score) {
  if (has_score) {
    event::append_decimal(out, score.decimal);
  } else {
    out += "null";
  }
}

void append_hash(std::string& out, const base::Hash128& hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char text[32];
  for (int i = 0; i < 16; ++i) {
    text[i] = kDigits[(hash.high >> (60 - 4 * i)) & 15];
    text[16 + i] = kDigits[(hash.low >> (60 - 4 * i)) & 15];
  }
  out.append(text, sizeof text);
}

void append_values(std::string& out, std::span<const runtime::ReportedValue> values) {
  bool first = true;
  for (const runtime::ReportedValue& value : values) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, value.name);
    out += ':';
    if (value.present) {
      event::append_json(out, *value.type, value.value);
    } else {
      out += "null";
    }
  }
}

// What has no position in the input goes by its identity.
void append_seq(std::string& out, std::uint64_t seq, std::string_view identity) {
  if (seq == event::Row::kNoPosition) {
    append_json_string(out, identity);
  } else {
    append_uint(out, seq);
  }
}

}  // namespace

AlertWriter::AlertWriter(const nfa::Image& image, bool whole_events)
    : image_(image), whole_events_(whole_events) {
  for (const std::string& name : image.decisions) {
    append_json_string(decisions_.emplace_back(), name);
  }
  for (const nfa::RuleImage& rule : image.rules) {
    for (const bool is_timeout : {false, true}) {
      RuleText& text = texts_.emplace_back();
      if (is_timeout && rule.timeout.empty()) continue;
      const nfa::Outcomes& outcomes = is_timeout ? rule.timeout[0].outcomes : rule.outcomes;
      text.label = is_timeout ? rule.name + "." + rule.timeout[0].name : rule.name;
      text.head = "\",\"rule\":";
      append_json_string(text.head, text.label);
      text.head += ",\"version\":";
      append_json_string(text.head, rule.version);
      text.head += ",\"key\":{";
      text.mode = is_timeout ? ",\"timeout\":true,\"decision\":" : ",\"decision\":";
      text.tags = ",\"tags\":[";
      for (const std::string& tag : outcomes.tags) {
        if (text.tags.back() != '[') text.tags += ',';
        append_json_string(text.tags, tag);
      }
      text.tags += "],\"reason\":";
      text.has_reason = !outcomes.reason.empty();
      text.owner = "},\"owner\":";
      append_string_or_null(text.owner, rule.owner);
      text.owner += ",\"severity\":";
      append_string_or_null(text.owner, rule.severity);
      text.owner += ",\"description\":";
      append_string_or_null(text.owner, rule.description);
      text.owner += ",\"meta\":";
      text.owner += rule.meta.empty() ? "{}" : rule.meta;
      text.owner += ",\"match\":{";
    }
  }
}

void AlertWriter::append_decision_name(std::string& out, std::int32_t decision) const {
  if (decision < 0) {
    out += "null";
  } else {
    out += decisions_[static_cast<std::size_t>(decision)];
  }
}

void AlertWriter::append_match(std::string& out, const runtime::Alert& alert) const {
  bool first_part = true;
  for (const runtime::MatchedPart& part : alert.match) {
    if (!first_part) out += ',';
    first_part = false;
    append_json_string(out, part.name);
    out += ":[";
    bool first = true;
    for (const runtime::MatchedEvent& event : part.events) {
      out += first ? "{\"seq\":" : ",{\"seq\":";
      first = false;
      append_seq(out, event.seq, event.identity);
      out += ",\"ts\":";
      append_int(out, event.ts_ms);
      if (whole_events_) {
        out += ",\"event\":";
        out += event.raw.empty() ? std::string_view("null") : event.raw;
      }
      out += '}';
    }
    out += ']';
  }
}

void AlertWriter::append_changes(std::string& out,
                                 std::span<const runtime::ListChange> changes) const {
  if (changes.empty()) return;
  out += ",\"lists\":[";
  for (const runtime::ListChange& change : changes) {
    if (&change != changes.data()) out += ',';
    out += "{\"list\":";
    append_json_string(out, image_.lists[change.list].name);
    out += change.add ? ",\"add\":" : ",\"remove\":";
    event::append_json(out, *change.type, change.value);
    if (change.add && change.last_ms != nfa::DataSet::kNever) {
      out += ",\"until\":";
      append_int(out, change.last_ms + 1);
    }
    out += '}';
  }
  out += ']';
}

void AlertWriter::append_alert(std::string& out, const runtime::Alert& alert) const {
  const RuleText& text = of(alert.rule, alert.is_timeout);
  out += "{\"alert\":\"";
  append_hash(out, alert.id);
  out += text.head;
  append_values(out, alert.key);
  out += "},\"ts\":";
  append_int(out, alert.ts_ms);
  out += ",\"seq\":";
  if (alert.has_seq) {
    append_seq(out, alert.seq, alert.completed_by);
  } else {
    out += "null";
  }
  out += ",\"mode\":";
  append_json_string(out, mode_name(alert.live));
  out += text.mode;
  append_decision_name(out, alert.decision);
  out += ",\"score\":";
  append_score(out, alert.has_score, alert.score);
  out += text.tags;
  if (text.has_reason) {
    append_json_string(out, alert.reason);
  } else {
    out += "null";
  }
  out += ",\"emit\":{";
  append_values(out, alert.emits);
  out += text.owner;
  append_match(out, alert);
  out += alert.truncated ? "},\"truncated\":true" : "}";
  append_changes(out, alert.changes);
  out += "}\n";
}

void AlertWriter::append_fired(std::string& out, const runtime::FiredRule& fired) const {
  const nfa::RuleImage& rule = image_.rules[fired.rule];
  out += "{\"rule\":";
  append_json_string(out, rule.name);
  out += ",\"version\":";
  append_json_string(out, rule.version);
  out += ",\"mode\":";
  append_json_string(out, mode_name(fired.live));
  out += ",\"score\":";
  append_score(out, fired.has_score, fired.score);
  out += ",\"reason\":";
  if (rule.outcomes.reason.empty()) {
    out += "null";
  } else {
    append_json_string(out, fired.reason);
  }
  out += ",\"alert\":\"";
  append_hash(out, fired.alert);
  out += fired.overridden ? "\",\"overridden\":true}" : "\"}";
}

void AlertWriter::append_decision(std::string& out, const runtime::Decision& decision) const {
  const event::Row& row = *decision.event;
  out += "{\"event\":";
  append_string_or_null(out, row.identity);
  out += ",\"seq\":";
  append_uint(out, row.seq);
  out += ",\"ts\":";
  append_int(out, row.ts_ms);
  out += ",\"decision\":";
  append_decision_name(out, decision.decision);
  out += ",\"score\":";
  append_score(out, true, decision.score);
  out += ",\"rules\":[";
  bool first = true;
  for (const runtime::FiredRule& fired : decision.rules) {
    if (!first) out += ',';
    first = false;
    append_fired(out, fired);
  }
  out += "],\"degraded\":false}\n";
}

}  // namespace weir::api
