#include "tests/reference/case_model.h"

#include <algorithm>

namespace weir::reference {
namespace {

std::string duration(std::int64_t ms) {
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

std::string joined(const std::vector<std::string>& texts, const std::string& by) {
  std::string out;
  for (std::size_t i = 0; i < texts.size(); ++i) out += (i == 0 ? "" : by) + texts[i];
  return out;
}

std::string condition(const std::vector<CaseCondition>& where) {
  std::vector<std::string> texts;
  for (const auto& c : where) {
    const bool loose = where.size() > 1 && c.text.find(" or ") != std::string::npos;
    texts.push_back(loose ? "(" + c.text + ")" : c.text);
  }
  return joined(texts, " and ");
}

std::string absence(const CaseAbsence& a) {
  std::string out = a.next ? "without next " : "without ";
  out += a.type;
  if (!a.by.empty()) out += " by " + a.by;
  if (!a.where.empty()) out += " where " + condition(a.where);
  if (a.for_ms >= 0) out += " for " + duration(a.for_ms);
  return out;
}

std::string link(const CaseItem& item) {
  std::string out = "then";
  if (item.link == CaseLink::kNext) out += " next";
  if (item.link == CaseLink::kEvery) out += " every";
  if (item.after_ms >= 0) out += " after " + duration(item.after_ms);
  if (item.within_ms >= 0) out += " within " + duration(item.within_ms);
  return out;
}

std::string quantifier(const CaseItem& item) {
  std::string out = item.optional ? "optional " : "";
  if (item.min == 1 && item.max == 1) return out;
  if (item.max < 0) {
    if (item.min == 0) return out + "any number of ";
    if (item.min == 1) return out + "some ";
    return out + std::to_string(item.min) + "+ ";
  }
  if (item.min == item.max) return out + std::to_string(item.min) + " ";
  return out + std::to_string(item.min) + ".." + std::to_string(item.max) + " ";
}

std::string pattern_text(const CasePattern& pattern, const std::string& indent);

std::string group_text(const CaseItem& item, const std::string& indent) {
  std::string out;
  if (item.group == CaseGroup::kAnyOf) out = "any of ";
  if (item.group == CaseGroup::kAllOf) out = "all of ";
  if (item.group == CaseGroup::kSomeOf) out = std::to_string(item.pick) + " of ";
  out += "(";
  for (std::size_t i = 0; i < item.patterns.size(); ++i) {
    out += (i == 0 ? "" : ", ") + pattern_text(item.patterns[i], indent + "  ");
  }
  return out + ")";
}

std::string item_text(const CaseItem& item, const std::string& indent) {
  std::string out = quantifier(item);
  if (item.group == CaseGroup::kNone) {
    out += joined(item.types, " or ");
    if (!item.among.empty()) out += " among (" + joined(item.among, ", ") + ")";
  } else {
    out += group_text(item, indent);
  }
  if (item.inner == CaseInner::kInARow) out += " in a row";
  if (item.inner == CaseInner::kAnyCombination) out += " in any combination";
  if (item.greedy) out += " greedy";
  if (!item.name.empty()) out += " as " + item.name;
  if (!item.by.empty()) out += " by " + item.by;
  if (!item.where.empty()) out += " where " + condition(item.where);
  if (!item.until.empty()) {
    out += " until ";
    if (!item.until_type.empty()) out += item.until_type + " where ";
    out += condition(item.until);
  }
  return out;
}

std::string pattern_text(const CasePattern& pattern, const std::string& indent) {
  std::string out;
  for (std::size_t i = 0; i < pattern.items.size(); ++i) {
    const CaseItem& item = pattern.items[i];
    for (const auto& a : item.absences_before) {
      out += (out.empty() ? "" : "\n" + indent) + absence(a);
    }
    if (i > 0) out += "\n" + indent + link(item) + " ";
    if (i == 0 && !item.absences_before.empty()) out += "\n" + indent + "then ";
    out += item_text(item, indent);
  }
  for (const auto& a : pattern.trailing) out += "\n" + indent + absence(a);
  return out;
}

std::string window_text(const CaseWindow& w) {
  switch (w.kind) {
    case CaseWindowKind::kSliding:
      return "over " + duration(w.length_ms);
    case CaseWindowKind::kHopping:
      return "over " + duration(w.length_ms) + " every " + duration(w.every_ms);
    case CaseWindowKind::kTumbling:
      return "each " + duration(w.length_ms);
    case CaseWindowKind::kCalendar:
      return "each " + w.unit + " in \"" + w.zone + "\"";
    case CaseWindowKind::kSession:
      return "session " + duration(w.length_ms);
    case CaseWindowKind::kLast:
      return "over last " + std::to_string(w.last);
  }
  return "";
}

void names_of(const CasePattern& pattern, std::set<std::string>& out) {
  for (const CaseItem& item : pattern.items) {
    if (!item.name.empty()) out.insert(item.name);
    for (const CasePattern& inner : item.patterns) names_of(inner, out);
  }
}

using Names = std::vector<std::string> CaseCondition::*;

// Keeps the conditions of which every name (of parts, or of features) is known.
void keep_known(std::vector<CaseCondition>& where, Names names,
                const std::set<std::string>& known) {
  std::erase_if(where, [&](const CaseCondition& c) {
    return std::any_of((c.*names).begin(), (c.*names).end(),
                       [&](const std::string& name) { return !known.contains(name); });
  });
}

void keep_known(std::vector<CaseAbsence>& absences, Names names,
                const std::set<std::string>& known) {
  for (CaseAbsence& a : absences) keep_known(a.where, names, known);
}

void keep_known(CasePattern& pattern, Names names, const std::set<std::string>& known) {
  keep_known(pattern.trailing, names, known);
  for (CaseItem& item : pattern.items) {
    keep_known(item.absences_before, names, known);
    keep_known(item.where, names, known);
    keep_known(item.until, names, known);
    if (item.until.empty()) item.until_type.clear();
    for (CasePattern& inner : item.patterns) keep_known(inner, names, known);
  }
}

void keep_known(CaseRule& rule, Names names, const std::set<std::string>& known) {
  keep_known(rule.leading, names, known);
  keep_known(rule.pattern, names, known);
  keep_known(rule.having, names, known);
  keep_known(rule.emits, names, known);
  keep_known(rule.changes, names, known);
  keep_known(rule.late_changes, names, known);
}

std::string literal(const RefValue& v) {
  if (const auto* d = std::get_if<RefDuration>(&v)) return duration(d->ms);
  return to_text(v);
}

std::string event_text(const RefEvent& event, std::int64_t origin_ms) {
  std::string out = duration(event.ts_ms - origin_ms) + " " + event.type + " {";
  bool first = true;
  for (const auto& [name, value] : event.fields) {
    out += (first ? " " : ", ") + name + ": " + literal(value);
    first = false;
  }
  return out + " }";
}

}  // namespace

std::string case_declarations() {
  std::string out;
  for (const char* type : {"a", "b", "c", "d"}) {
    out += std::string("event ") + type +
           " { k string  j string?  v int  x int?  m decimal?  f float? }\n";
  }
  return out;
}

std::string rule_text(const CaseRule& rule) {
  std::string out = "rule r {\n";
  if (!rule.by.empty()) out += "  " + rule.by + "\n";
  out += "  when ";
  for (const auto& a : rule.leading) out += absence(a) + "\n  ";
  if (!rule.leading.empty()) out += "then ";
  out += pattern_text(rule.pattern, "  ") + "\n";
  out += rule.within_ms >= 0 ? "  within " + duration(rule.within_ms) + "\n" : "  unbounded\n";
  if (!rule.having.empty()) out += "  having " + condition(rule.having) + "\n";
  if (!rule.skip.empty()) out += "  " + rule.skip + "\n";
  if (rule.report >= 0) out += "  report " + std::to_string(rule.report) + "\n";
  if (rule.pick_any) out += "  pick any\n";
  if (rule.limit >= 0) out += "  limit " + std::to_string(rule.limit) + "\n";
  if (rule.cooldown_ms >= 0) out += "  cooldown " + duration(rule.cooldown_ms) + "\n";
  if (rule.even_when_warming) out += "  even when warming\n";
  out += "  score 1\n";
  for (std::size_t i = 0; i < rule.emits.size(); ++i) {
    out += i == 0 ? "  emit " : ", ";
    out += "e" + std::to_string(i + 1) + " = " + rule.emits[i].text;
  }
  if (!rule.emits.empty()) out += "\n";
  for (const CaseCondition& change : rule.changes) out += "  " + change.text + "\n";
  if (rule.timeout) {
    out += "  timeout as late { score 1";
    for (const CaseCondition& change : rule.late_changes) out += "  " + change.text;
    out += " }\n";
  }
  return out + "}\n";
}

std::string aggregate_text(const CaseFeature& feature) {
  std::string out = feature.function + "(" + feature.type;
  if (!feature.field.empty()) out += "." + feature.field;
  if (!feature.where.empty()) out += " where " + condition(feature.where);
  out += " by " + feature.by + " " + window_text(feature.window) + ")";
  return out + (feature.excluding_current ? " excluding current" : "");
}

std::string to_weir(const Case& c) {
  std::string out = case_declarations() + "\n";
  if (c.lists) out += "list l int\nlist s string\n\n";
  for (const CaseFeature& feature : c.features) {
    out += "feature " + feature.name + " = " + aggregate_text(feature) + "\n";
  }
  if (!c.features.empty()) out += "define over_two(n) = n > 2\n\n";
  const std::string rule = rule_text(c.rule);
  return out + (c.writer_first ? c.writer + rule : rule + c.writer);
}

std::string to_weir_test(const Case& c, const std::vector<RefAlert>& expected) {
  std::string out = to_weir(c) + "\ntest r {\n";
  std::int64_t end = c.origin_ms;
  for (const RefEvent& event : c.events) {
    out += "  " + event_text(event, c.origin_ms) + "\n";
    end = std::max(end, event.ts_ms);
  }
  for (const RefAlert& alert : expected) end = std::max(end, alert.time_ms);
  out += "  watermark " + duration(end - c.origin_ms + 3'600'000) + "\n";
  for (const RefAlert& alert : expected) {
    out += "  expect r" + (alert.timeout.empty() ? "" : "." + alert.timeout) + " at " +
           duration(alert.time_ms - c.origin_ms) + " {";
    for (std::size_t i = 0; i < alert.match.size(); ++i) {
      out += (i == 0 ? " " : ", ") + alert.match[i].first + ": " +
             std::to_string(alert.match[i].second.size());
    }
    out += " }\n";
  }
  if (expected.empty()) out += "  expect nothing\n";
  return out + "}\n";
}

std::set<std::string> part_names(const CasePattern& pattern) {
  std::set<std::string> out;
  names_of(pattern, out);
  return out;
}

void drop_dangling(CaseRule& rule) {
  const std::set<std::string> known = part_names(rule.pattern);
  keep_known(rule, &CaseCondition::names, known);
  for (const std::string& name : rule.skip_names) {
    if (!known.contains(name)) rule.skip.clear();
  }
  if (rule.skip.empty()) rule.skip_names.clear();
}

void drop_dangling(Case& c) {
  drop_dangling(c.rule);
  std::set<std::string> known;
  for (CaseFeature& feature : c.features) {
    keep_known(feature.where, &CaseCondition::features, known);
    known.insert(feature.name);
  }
  keep_known(c.rule, &CaseCondition::features, known);
}

}  // namespace weir::reference
