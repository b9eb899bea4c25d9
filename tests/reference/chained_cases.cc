#include "tests/reference/chained_cases.h"

#include <algorithm>
#include <utility>

#include "tests/reference/case_generator.h"
#include "tests/reference/random.h"
#include "tests/reference/shrink.h"

namespace weir::reference {
namespace {

void replace(std::string& type, const std::string& from, const std::string& to) {
  if (type == from) type = to;
}

void replace(std::vector<CaseAbsence>& absences, const std::string& from, const std::string& to) {
  for (CaseAbsence& absence : absences) replace(absence.type, from, to);
}

// Alerts in place of the events of a type.
void replace(CasePattern& pattern, const std::string& from, const std::string& to) {
  replace(pattern.trailing, from, to);
  for (CaseItem& item : pattern.items) {
    replace(item.absences_before, from, to);
    replace(item.until_type, from, to);
    for (std::string& type : item.types) replace(type, from, to);
    for (std::string& type : item.among) replace(type, from, to);
    for (CasePattern& inner : item.patterns) replace(inner, from, to);
  }
}

class ChainGenerator {
 public:
  explicit ChainGenerator(std::uint64_t seed) : random_(seed ^ 0xc4a17ed5u) { case_.seed = seed; }

  ChainedCase run(std::size_t max_events) {
    const std::int64_t rules = random_.between(2, 3);
    for (std::int64_t i = 0; i < rules; ++i) add_rule(i, max_events);
    // Who looks at whom has nothing to do with the order of the file.
    for (std::size_t i = case_.rules.size(); i > 1; --i) {
      const auto other = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(i)));
      std::swap(case_.rules[i - 1], case_.rules[other]);
    }
    return std::move(case_);
  }

 private:
  // One that the rule takes, or looks at.
  std::string pick_type(const CaseRule& rule) {
    std::vector<std::string> types;
    gather(rule.pattern, types);
    for (const CaseAbsence& absence : rule.leading) types.push_back(absence.type);
    return random_.pick(types);
  }

  static void gather(const CasePattern& pattern, std::vector<std::string>& out) {
    for (const CaseItem& item : pattern.items) {
      out.insert(out.end(), item.types.begin(), item.types.end());
      for (const CaseAbsence& absence : item.absences_before) out.push_back(absence.type);
      for (const CasePattern& inner : item.patterns) gather(inner, out);
    }
    for (const CaseAbsence& absence : pattern.trailing) out.push_back(absence.type);
  }

  // One that alerts often: others are to see something.
  CaseRule busy_rule() {
    static const std::vector<std::string> kTypes = {"a", "b", "c"};
    CaseRule rule;
    CaseItem item;
    item.types = {random_.pick(kTypes)};
    item.name = "p1";
    if (random_.percent(40)) item.where = {{"v > 0", {}}};
    if (random_.percent(20)) item.types.push_back(item.types.front() == "a" ? "b" : "a");
    rule.pattern.items = {item};
    if (random_.percent(35)) {  // an alert of a deadline
      CaseAbsence absence;
      absence.type = random_.pick(kTypes);
      absence.where = {{"v == 2", {}}};
      absence.for_ms = 1000 * random_.between(0, 2);
      rule.pattern.trailing = {absence};
    } else if (random_.percent(30)) {
      item.name = "p2";
      item.types = {random_.pick(kTypes)};
      rule.pattern.items.push_back(item);
    }
    rule.within_ms = 1000 * random_.between(2, 9);
    if (random_.percent(60)) rule.skip = "skip none";
    if (random_.percent(10)) rule.cooldown_ms = 1000 * random_.between(1, 3);
    return rule;
  }

  void add_rule(std::int64_t number, std::size_t max_events) {
    const std::uint64_t seed = case_.seed * 7 + static_cast<std::uint64_t>(number);
    const bool reads = number > 0 && case_.features.empty() && random_.percent(35);
    Case c = reads ? generate_feature_case(seed, max_events) : generate_case(seed, max_events);
    ChainedCase::Rule made;
    made.name = "r" + std::to_string(number);
    made.rule = number < 2 && random_.percent(65) ? busy_rule() : std::move(c.rule);
    made.rule.emits.clear();
    if (number > 0 && random_.percent(40)) add_stream(number);
    for (std::int64_t earlier = 0; earlier < number; ++earlier) {
      if (earlier + 1 < number && random_.percent(50)) continue;
      const std::string from = pick_type(made.rule);
      const bool stream = !case_.streams.empty() && random_.percent(50);
      const std::string to =
          stream ? "s" + std::to_string(random_.below(streams())) : "r" + std::to_string(earlier);
      replace(made.rule.leading, from, to);
      replace(made.rule.pattern, from, to);
      if (!reads) continue;
      for (CaseFeature& feature : c.features) replace(feature.type, from, to);
    }
    made.emit = emits(made.rule);
    made.shadow = random_.percent(12);
    if (reads) case_.features = std::move(c.features);
    if (number == 0 || (reads && random_.percent(60))) case_.events = std::move(c.events);
    case_.rules.push_back(std::move(made));
  }

  [[nodiscard]] std::int64_t streams() const {
    return static_cast<std::int64_t>(case_.streams.size());
  }

  // Of events, alerts of the rules so far, or results of a stream before it.
  void add_stream(std::int64_t rules) {
    static const std::vector<std::string> kTypes = {"a", "b", "c"};
    const auto source = [&] {
      if (random_.percent(30)) return "r" + std::to_string(random_.below(rules));
      if (streams() > 0 && random_.percent(30))
        return "s" + std::to_string(random_.below(streams()));
      return random_.pick(kTypes);
    };
    static const std::vector<std::string> kWhole = {
        "count(T)", "sum(T.v)", "max(T.v)", "distinct(T.v)", "count(T where v > 0)", "first(T.v)"};
    const auto column = [&](const std::string& aggregate) {
      std::string text = aggregate;
      text.replace(text.find('T'), 1, source());
      return text;
    };
    std::string out = "stream s" + std::to_string(streams()) + " by k each " +
                      std::to_string(random_.between(1, 4)) +
                      "s { v = " + column(random_.pick(kWhole));
    out += "  x = " + column(random_.percent(50) ? "last(T.v)" : "count(T where v == 1)");
    out += "  m = " + column("sum(T.m)") + "  f = " + column("stddev(T.v)") + " }";
    case_.streams.push_back(std::move(out));
  }

  // The fields that generated conditions look at; `k` is the key, where the rule has one.
  std::string emits(const CaseRule& rule) {
    const std::set<std::string> names = part_names(rule.pattern);
    const std::vector<std::string> list(names.begin(), names.end());
    const auto value = [&](const std::string& constant, const std::string& field) {
      // The alert of `pick any` has but the completing event.
      if (list.empty() || rule.pick_any || random_.percent(30)) return constant;
      if (field == "v" && random_.percent(40)) return "count(" + random_.pick(list) + ")";
      return random_.pick(list) + "." + field;
    };
    std::string out = "v = " + value(std::to_string(random_.below(3)), "v");
    out += ", x = " + value("1", "x") + ", m = " + value("0.5", "m") + ", f = 0.25e0";
    out += random_.percent(50) ? ", j = \"k1\"" : ", j = \"k2\"";
    if (rule.by.find('k') == std::string::npos) out += ", k = \"k1\"";
    return out;
  }

  Random random_;
  ChainedCase case_;
};

}  // namespace

ChainedCase generate_chained_case(std::uint64_t seed, std::size_t max_events) {
  return ChainGenerator(seed).run(max_events);
}

std::string to_weir(const ChainedCase& c) {
  Case without_rule;
  without_rule.features = c.features;
  std::string out = to_weir(without_rule);
  out.resize(out.find("rule r {"));
  for (const std::string& stream : c.streams) out += stream + "\n";
  for (const ChainedCase::Rule& rule : c.rules) {
    std::string text = rule_text(rule.rule);
    text.replace(0, std::string("rule r {").size(), "rule " + rule.name + " {");
    text.resize(text.rfind('}'));
    if (!rule.emit.empty()) text += "  emit " + rule.emit + "\n";
    if (rule.shadow) text += "  mode shadow\n";
    out += text + "}\n";
  }
  return out;
}

std::vector<ChainedCase> smaller_cases(const ChainedCase& c) {
  std::vector<ChainedCase> out;
  const auto without_each = [&](auto ChainedCase::* list) {
    for (std::size_t i = 0; i < (c.*list).size(); ++i) {
      ChainedCase smaller = c;
      (smaller.*list).erase((smaller.*list).begin() + static_cast<std::ptrdiff_t>(i));
      out.push_back(std::move(smaller));
    }
  };
  without_each(&ChainedCase::rules);
  without_each(&ChainedCase::streams);
  without_each(&ChainedCase::events);
  for (std::size_t r = 0; r < c.rules.size(); ++r) {
    Case one;
    one.rule = c.rules[r].rule;
    one.features = c.features;
    one.events = {};
    for (Case& smaller : smaller_cases(one)) {
      ChainedCase made = c;
      made.rules[r].rule = std::move(smaller.rule);
      made.features = std::move(smaller.features);
      out.push_back(std::move(made));
    }
  }
  return out;
}

}  // namespace weir::reference
