// Cases whose rules change lists and look at them: patterns of generate_case with conditions on two
// lists laid into them, what the rule itself changes, and mostly a second rule that changes them
// too. Lists are small beside the streams: what is in is asked again and again, and times to live
// end within the stream, also at the very time of an event.
#include <algorithm>
#include <array>
#include <utility>

#include "tests/reference/case_generator.h"
#include "tests/reference/random.h"

namespace weir::reference {
namespace {

constexpr std::array kConstructs = {
    "in list",     "not in list", "part in list", "list without",  "list until",
    "list having", "list emit",   "list feature", "add",           "remove",
    "ttl",         "several",     "writer",       "shadow writer", "deadline writer",
    "late change", "held change",
};

class ListGenerator {
 public:
  ListGenerator(std::uint64_t seed, std::string_view first, std::string_view second)
      : random_(seed ^ 0x115715u), focus_{first, second} {}

  Case run(std::uint64_t seed, std::size_t max_events) {
    const bool guarded = focused("list without") || focused("list until");
    case_ = generate_case_of(seed, focused("list until") ? "until" : "earlier part",
                             focused("list without")  ? "without"
                             : focused("late change") ? "timeout"
                                                      : "skip",
                             max_events);
    case_.tags.clear();
    case_.lists = true;
    if (random_.percent(guarded ? 10 : 60)) make_simple();
    if (use("list feature")) add_feature();
    std::vector<std::string> parts;
    lay_into(case_.rule.pattern, parts);
    for (CaseAbsence& a : case_.rule.pattern.trailing) lay_into(a, parts);
    around(parts);
    writers();
    return std::move(case_);
  }

 private:
  bool focused(std::string_view name) const { return focus_[0] == name || focus_[1] == name; }
  bool use(const char* name) {
    if (!random_.percent(focused(name) ? 80 : 25)) return false;
    case_.tags.insert(name);
    return true;
  }

  // Mostly one or two events, so that much is changed and much depends on it.
  void make_simple() {
    CaseRule& rule = case_.rule;
    rule = CaseRule();
    static const std::vector<std::string> kTypes = {"a", "a", "b", "c"};
    for (int i = random_.percent(60) ? 1 : 2; i > 0; --i) {
      CaseItem& item = rule.pattern.items.emplace_back();
      item.types = {random_.pick(kTypes)};
      item.name = "p" + std::to_string(rule.pattern.items.size());
      if (rule.pattern.items.size() > 1 && random_.percent(30)) item.link = CaseLink::kEvery;
    }
    rule.within_ms = 1000 * random_.between(2, 9);
    if (random_.percent(40)) rule.skip = "skip none";
    if (random_.percent(20)) {
      CaseAbsence& absence = rule.pattern.trailing.emplace_back();
      absence.type = random_.pick(kTypes);
      absence.for_ms = 1000 * random_.between(1, 3);
    }
    rule.timeout = focused("late change") && rule.pattern.items.size() > 1;
  }

  void add_feature() {
    CaseFeature f;
    f.name = "f1";
    f.function = "count";
    f.type = random_.percent(50) ? "a" : "b";
    f.where = {{random_.percent(50) ? "v in l" : "v not in l", {}, {}}};
    f.window.length_ms = 1000 * random_.between(1, 4);
    f.excluding_current = random_.percent(30);
    case_.features.push_back(std::move(f));
  }

  // ---- what looks at lists ----------------------------------------------------------------------

  CaseCondition condition(const std::vector<std::string>& parts) {
    if (!case_.features.empty() && random_.percent(40)) {
      return {random_.percent(50) ? "f1 >= 1" : "f1 == 0", {}, {"f1"}};
    }
    if (!parts.empty() && use("part in list")) {
      const std::string& part = random_.pick(parts);
      static const std::vector<std::string> kForms = {"P.v in l", "P.v not in l", "P.k in s",
                                                      "P.v in l or v in l"};
      return {with_part(random_.pick(kForms), part), {part}, {}};
    }
    if (use("not in list")) {
      static const std::vector<std::string> kNot = {"v not in l", "k not in s", "x not in l",
                                                    "not v in l", "v not in l and x in l"};
      return {random_.pick(kNot), {}, {}};
    }
    case_.tags.insert("in list");
    static const std::vector<std::string> kIn = {"v in l", "k in s", "x in l", "v + 1 in l",
                                                 "v in l or k in s"};
    return {random_.pick(kIn), {}, {}};
  }

  static std::string with_part(std::string text, const std::string& part) {
    for (std::size_t at = 0; (at = text.find("P.", at)) != std::string::npos; at += part.size()) {
      text.replace(at, 1, part);
    }
    return text;
  }

  void lay_into(CaseAbsence& absence, const std::vector<std::string>& parts) {
    if (use("list without")) absence.where = {condition(parts)};
  }

  void lay_into(CasePattern& pattern, std::vector<std::string>& parts) {
    for (CaseItem& item : pattern.items) {
      for (CaseAbsence& a : item.absences_before) lay_into(a, parts);
      if (!item.until.empty() && use("list until")) item.until = {condition(parts)};
      if (item.group == CaseGroup::kNone) {
        if (random_.percent(65)) item.where.clear();  // so that rules still match
        if (random_.percent(60)) item.where.push_back(condition(parts));
      }
      for (CasePattern& inner : item.patterns) lay_into(inner, parts);
      if (!item.name.empty()) parts.push_back(item.name);
    }
  }

  // ---- what changes them ------------------------------------------------------------------------

  std::string ttl() {
    if (!use("ttl")) return "";
    return " for " + std::to_string(random_.between(0, 4)) + "s";
  }

  CaseCondition change(const std::vector<std::string>& parts) {
    const bool removes = use("remove");
    if (!removes) case_.tags.insert("add");
    const std::string& part = random_.pick(parts);
    static const std::vector<std::string> kValues = {"P.v to l",        "P.v + 1 to l", "P.x to l",
                                                     "first(P).v to l", "P.k to s",     "P.j to s",
                                                     "count(P) to l"};
    std::string text = with_part(random_.pick(kValues), part);
    if (const auto at = text.find("(P)"); at != std::string::npos) text.replace(at + 1, 1, part);
    if (!removes) return {"add " + text + ttl(), {part}, {}};
    text.replace(text.rfind(" to "), 4, " from ");
    return {"remove " + text, {part}, {}};
  }

  void around(const std::vector<std::string>& parts) {
    CaseRule& rule = case_.rule;
    if (parts.empty()) return;
    if (random_.percent(85)) {
      rule.changes.push_back(change(parts));
      while (use("several") && rule.changes.size() < 4) rule.changes.push_back(change(parts));
    }
    if (rule.timeout && use("late change")) rule.late_changes.push_back(change(parts));
    if (use("held change")) rule.cooldown_ms = 1000 * random_.between(1, 6);
    if (rule.pick_any) return;
    const std::string& part = random_.pick(parts);
    if (use("list having")) {
      rule.having = {{part + (random_.percent(60) ? ".v not in l" : ".v in l"), {part}, {}}};
    }
    if (use("list emit")) rule.emits.push_back({part + ".v in l", {part}, {}});
  }

  void writers() {
    if (!random_.percent(50) && !use("writer")) return;
    case_.tags.insert("writer");
    case_.writer_first = random_.percent(50);
    static const std::vector<std::string> kWhere = {
        "", "", " where v > 0", " where v in l", " where v not in l", " where x == 1"};
    static const std::vector<std::string> kTypes = {"a", "b", "c"};
    std::string& out = case_.writer;
    out = "rule w {\n  by k\n  when " + random_.pick(kTypes) + " as p" + random_.pick(kWhere);
    if (use("deadline writer")) {
      out += "\n  without " + random_.pick(kTypes) + " for " +
             std::to_string(random_.between(1, 3)) + "s";
    }
    out += "\n  within 4s\n  skip none\n";
    for (std::int64_t i = random_.between(1, 2); i > 0; --i) {
      const bool removes = random_.percent(30);
      out += removes ? "  remove p.v from l\n" : "  add p.v to l" + ttl() + "\n";
    }
    if (random_.percent(40)) out += "  add p.k to s" + ttl() + "\n";
    if (use("shadow writer")) out += "  mode shadow\n";
    out += "}\n";
  }

  Random random_;
  std::array<std::string_view, 2> focus_;
  Case case_;
};

}  // namespace

const std::vector<std::string>& list_constructs() {
  static const std::vector<std::string> kNames(kConstructs.begin(), kConstructs.end());
  return kNames;
}

Case generate_list_case_of(std::uint64_t seed, std::string_view first, std::string_view second,
                           std::size_t max_events) {
  return ListGenerator(seed, first, second).run(seed, max_events);
}

}  // namespace weir::reference
