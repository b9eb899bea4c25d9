// Two constructs are in focus; they come with probability 3/4 wherever they could stand, every
// other construct with a small one. So pairs meet often, and most rules stay simple enough to
// match.
#include "tests/reference/case_generator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/reference/random.h"

namespace weir::reference {
namespace {

struct Construct {
  const char* name;
  std::int64_t usual_percent;  // when not in focus
};

constexpr Construct kConstructs[] = {
    {"next", 12},         {"every", 12},       {"gap within", 10},    {"gap after", 5},
    {"exact", 4},         {"at least", 6},     {"range", 5},          {"some", 8},
    {"any number", 5},    {"optional", 8},     {"in a row", 20},      {"any combination", 20},
    {"greedy", 18},       {"until", 10},       {"until type", 6},     {"group", 8},
    {"any of", 6},        {"all of", 4},       {"some of", 3},        {"repeated group", 20},
    {"without", 10},      {"without next", 4}, {"trailing", 6},       {"trailing for", 6},
    {"trailing next", 3}, {"leading", 5},      {"warming", 60},       {"having", 5},
    {"skip", 25},         {"report", 4},       {"pick any", 3},       {"limit", 2},
    {"cooldown", 5},      {"timeout", 8},      {"own aggregate", 15}, {"earlier part", 25},
    {"absent", 15},       {"or types", 10},    {"among", 20},         {"part by", 5},
    {"composite key", 5}, {"by all", 4},       {"ties", 25},          {"two keys", 20},
    {"same name", 15},    {"unbounded", 8},
};

class Generator {
 public:
  Generator(std::uint64_t seed, std::string_view first, std::string_view second)
      : random_(seed), focus_{first, second} {
    case_.seed = seed;
  }

  Case run(std::size_t max_events) {
    types_ = random_.percent(50) ? std::vector<std::string>{"a", "b", "c"}
                                 : std::vector<std::string>{"a", "b"};
    if (random_.percent(10)) types_.push_back("d");
    choose_keys();
    const std::int64_t items = focused("timeout") ? random_.between(2, 3) : random_.between(1, 3);
    case_.rule.pattern = pattern(items, 0, true);
    leading();
    trailing();
    clauses();
    case_.events = events(max_events);
    return std::move(case_);
  }

 private:
  bool focused(std::string_view name) const { return focus_[0] == name || focus_[1] == name; }

  // Shall this construct be used here? If so the case is tagged with it.
  bool use(const char* name) {
    std::int64_t percent = 0;
    for (const Construct& c : kConstructs) {
      if (std::string_view(c.name) == name) percent = focused(name) ? 75 : c.usual_percent;
    }
    if (!random_.percent(percent)) return false;
    case_.tags.insert(name);
    return true;
  }

  std::int64_t seconds(std::int64_t low, std::int64_t high) {
    return 1000 * random_.between(low, high);
  }

  // ---- keys -----------------------------------------------------------------------------------

  void choose_keys() {
    if (use("part by")) {
      case_.rule.by.clear();
    } else if (use("composite key")) {
      case_.rule.by = "by k, j";
    } else if (use("by all")) {
      case_.rule.by = "by all";
    }
  }

  bool part_by() const { return case_.rule.by.empty(); }

  // One field for a type throughout, so that a `without` without `by` is clear (R19).
  std::string key_of_type(const std::string& type) const { return type == "b" ? "j" : "k"; }

  // A part has one `by` for all its types.
  bool may_share_part(const std::string& type, const std::string& other) const {
    return !part_by() || key_of_type(type) == key_of_type(other);
  }

  // ---- conditions -----------------------------------------------------------------------------

  CaseCondition plain() {
    static const std::vector<std::string> kPlain = {"v > 0",     "v == 1",      "v < 2",
                                                    "v != 2",    "v in [1, 2]", "v >= 2",
                                                    "v == 0",    "v % 2 == 0",  "v between 1 and 2",
                                                    "not v == 1"};
    static const std::vector<std::string> kAbsent = {
        "x > 0",      "x is missing",           "x is present", "x otherwise 0 == 0",
        "not x == 1", "x == 1 or v == 1",       "m > 0.5",      "v / 2 == 0.5",
        "x != v",     "(x == 1 otherwise true)"};
    return {random_.pick(use("absent") ? kAbsent : kPlain), {}};
  }

  CaseCondition about(const std::string& name) {
    static const std::vector<std::string> kAbout = {"v > P.v",
                                                    "v == P.v",
                                                    "v != P.v",
                                                    "v >= first(P).v",
                                                    "v <= last(P).v",
                                                    "v > avg(P.v)",
                                                    "v <= sum(P.v)",
                                                    "v + count(P) > 2",
                                                    "ts - P.ts >= 1s",
                                                    "P.x is missing",
                                                    "v >= min(P.v)",
                                                    "v < max(P.v)",
                                                    "distinct(P.v) <= 1",
                                                    "k == P.k",
                                                    "count(P) <= 1",
                                                    "v >= P.x",
                                                    "stddev(P.v) otherwise 0 < 1",
                                                    "v < P.v + 1"};
    return with_name(random_.pick(kAbout), name);
  }

  CaseCondition about_own(const std::string& name) {
    static const std::vector<std::string> kOwn = {
        "count(P) == 0 or v > prev(P).v", "count(P) == 0 or v >= P.v",        "sum(P.v) + v <= 3",
        "prev(P).v otherwise 0 <= v",     "count(P) == 0 or v != first(P).v", "count(P) < 2",
        "avg(P.v) otherwise v <= v"};
    return with_name(random_.pick(kOwn), name);
  }

  static CaseCondition with_name(std::string text, const std::string& name) {
    CaseCondition out{"", {name}};
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool alone =
          text[i] == 'P' && (i == 0 || !std::isalpha(static_cast<unsigned char>(text[i - 1])));
      alone ? out.text += name : out.text += text[i];
    }
    return out;
  }

  std::vector<CaseCondition> where() {
    std::vector<CaseCondition> out;
    if (random_.percent(focused("absent") ? 70 : 40)) out.push_back(plain());
    if (!earlier_.empty() && use("earlier part")) out.push_back(about(random_.pick(earlier_)));
    return out;
  }

  // ---- parts ----------------------------------------------------------------------------------

  CaseItem part() {
    CaseItem item;
    item.types = {random_.pick(types_)};
    if (types_.size() > 1 && use("or types")) {
      const std::string other = random_.pick(types_);
      if (other != item.types[0] && may_share_part(other, item.types[0])) {
        item.types.push_back(other);
      }
    }
    if (part_by()) item.by = key_of_type(item.types[0]);
    item.where = where();
    if (random_.percent(80)) {
      item.name = !given_.empty() && use("same name") ? given_ : "p" + std::to_string(++names_);
    }
    return item;
  }

  CaseItem group(std::int64_t depth) {
    CaseItem item;
    item.group = CaseGroup::kSequence;
    std::int64_t patterns = 1;
    if (use("any of")) {
      item.group = CaseGroup::kAnyOf;
    } else if (use("all of")) {
      item.group = CaseGroup::kAllOf;
    } else if (use("some of")) {
      item.group = CaseGroup::kSomeOf;
    }
    if (item.group != CaseGroup::kSequence) patterns = random_.between(2, 3);
    if (item.group == CaseGroup::kSomeOf) {
      patterns = 3;
      item.pick = 2;
    }
    const std::vector<std::string> before = earlier_;
    std::vector<std::string> after = earlier_;
    const std::string outer_name = given_;
    const bool shared = item.group == CaseGroup::kAnyOf && use("same name");
    for (std::int64_t i = 0; i < patterns; ++i) {
      earlier_ = before;
      given_ = shared && depth == 0 ? "s" + std::to_string(names_) : "";
      const bool one = item.group != CaseGroup::kSequence && random_.percent(70);
      item.patterns.push_back(pattern(one || shared ? 1 : random_.between(1, 2), depth + 1, false));
      after.insert(after.end(), earlier_.begin() + static_cast<std::ptrdiff_t>(before.size()),
                   earlier_.end());
    }
    given_ = outer_name;
    earlier_ = std::move(after);
    case_.tags.insert("group");
    return item;
  }

  // `may_be_empty`: nothing forbids that the item takes nothing.
  void quantify(CaseItem& item, bool may_be_empty) {
    const bool is_group = item.group != CaseGroup::kNone;
    if (is_group && !use("repeated group")) {
      if (may_be_empty && use("optional")) item.optional = true;
      return;
    }
    if (use("some")) {
      item.max = -1;
    } else if (use("at least")) {
      item.min = 2;
      item.max = -1;
    } else if (use("range")) {
      item.min = random_.between(1, 2);
      item.max = item.min + random_.between(1, 2);
    } else if (item.group != CaseGroup::kSomeOf && use("exact")) {
      item.min = item.max = random_.between(2, 3);
    } else if (may_be_empty && use("any number")) {
      item.min = 0;
      item.max = -1;
    } else if (is_group) {
      item.max = 2;
    }
    if (may_be_empty && item.min > 0 && use("optional")) item.optional = true;
    if (item.max != 1) repeat(item);
    const bool wants_greedy = item.max != 1 || item.optional;
    if (wants_greedy && use("greedy")) item.greedy = true;
  }

  void repeat(CaseItem& item) {
    if (use("in a row")) {
      item.inner = CaseInner::kInARow;
    } else if (use("any combination")) {
      item.inner = CaseInner::kAnyCombination;
    }
    if (use("until")) {
      const bool own = !item.name.empty() && random_.percent(25);
      item.until = {own ? with_name("v < prev(P).v", item.name) : plain()};  // R2
    }
    if (item.until.empty() && use("until type")) {
      item.until_type = random_.pick(types_);
      if (part_by() && !used_types_.contains(item.until_type))
        item.until_type = *used_types_.begin();
      item.until = {plain()};
    }
    if (item.group == CaseGroup::kNone && !item.name.empty() && use("own aggregate")) {
      item.where.push_back(about_own(item.name));
    }
  }

  void link(CaseItem& item) {
    if (use("next")) {
      item.link = CaseLink::kNext;
      if (item.group == CaseGroup::kNone && use("among")) {
        item.among = item.types;
        const std::string other = random_.pick(types_);
        if (other != item.types[0] && may_share_part(other, item.types[0])) {
          item.among.push_back(other);
        }
      }
    } else if (use("every")) {
      item.link = CaseLink::kEvery;
    }
    if (use("gap within")) item.within_ms = seconds(1, 4);
    if (use("gap after")) item.after_ms = seconds(1, 2);
    if (item.within_ms >= 0 && item.after_ms > item.within_ms) item.after_ms = item.within_ms;
  }

  CaseAbsence absence() {
    CaseAbsence out;
    out.type = random_.pick(types_);
    if (part_by()) {
      if (!used_types_.contains(out.type) || random_.percent(30)) out.by = key_of_type(out.type);
    }
    if (random_.percent(70)) out.where = where();
    return out;
  }

  CasePattern pattern(std::int64_t items, std::int64_t depth, bool top) {
    CasePattern out;
    bool can_be_empty = true;  // so far
    for (std::int64_t i = 0; i < items; ++i) {
      if (i > 0) {
        if (use("without")) out_absences(1);
        if (use("without next")) {
          out_absences(1);
          pending_.back().next = true;
        }
      }
      std::vector<CaseAbsence> absences = std::exchange(pending_, {});
      const bool grouped = depth < 2 && (use("group") || wants_group());
      CaseItem item = grouped ? group(depth) : part();
      // The last item may be left out only if another is surely there; an inner pattern never
      // becomes empty, so that it can be repeated.
      const bool last = i + 1 == items;
      quantify(item, top ? !(last && can_be_empty) : items > 1 && !(last && can_be_empty));
      if (i > 0) link(item);
      item.absences_before = std::move(absences);
      if (!(item.optional || item.min == 0)) can_be_empty = false;
      remember(item);
      out.items.push_back(std::move(item));
    }
    return out;
  }

  bool wants_group() {
    for (const char* name : {"any of", "all of", "some of", "repeated group", "same name"}) {
      if (focused(name) && random_.percent(50)) return true;
    }
    return false;
  }

  void out_absences(int count) {
    for (int i = 0; i < count; ++i) pending_.push_back(absence());
  }

  void remember(const CaseItem& item) {
    if (!item.name.empty()) earlier_.push_back(item.name);
    used_types_.insert(item.types.begin(), item.types.end());
  }

  // ---- around the pattern ---------------------------------------------------------------------

  void leading() {
    if (!use("leading")) return;
    earlier_.clear();
    const CaseItem& first_item = case_.rule.pattern.items.front();  // C may use A's event (L3.6)
    if (!first_item.name.empty() && !first_item.optional) earlier_.push_back(first_item.name);
    CaseAbsence first = absence();
    first.for_ms = seconds(1, 4);
    case_.rule.leading.push_back(std::move(first));
    if (use("warming")) case_.rule.even_when_warming = true;
  }

  void trailing() {
    earlier_.clear();
    for (const auto& name : part_names(case_.rule.pattern)) earlier_.push_back(name);
    auto& out = case_.rule.pattern.trailing;
    if (use("trailing")) out.push_back(absence());
    if (use("trailing for")) {
      out.push_back(absence());
      out.back().for_ms = seconds(1, 4);
    }
    if (use("trailing next")) {
      out.push_back(absence());
      out.back().next = true;
      if (random_.percent(50)) out.back().for_ms = seconds(1, 4);
    }
  }

  void clauses() {
    CaseRule& rule = case_.rule;
    const bool needs_within =
        std::any_of(rule.pattern.trailing.begin(), rule.pattern.trailing.end(),
                    [](const CaseAbsence& a) { return a.for_ms < 0; });
    const bool times_out = use("timeout");
    if (needs_within || times_out || !use("unbounded")) rule.within_ms = seconds(2, 9);
    rule.timeout = times_out;
    const std::set<std::string> names = part_names(rule.pattern);
    const std::vector<std::string> list(names.begin(), names.end());
    if (!list.empty() && use("having")) rule.having = {having(random_.pick(list))};
    if (rule.pattern.trailing.empty() && rule.having.empty() && use("pick any")) {
      rule.pick_any = true;
    } else if (use("skip")) {
      skip(list);
    }
    if (use("report")) rule.report = random_.between(1, 3);
    if (use("limit")) rule.limit = random_.between(2, 5);
    if (use("cooldown")) rule.cooldown_ms = seconds(1, 6);
  }

  CaseCondition having(const std::string& name) {
    static const std::vector<std::string> kHaving = {"sum(P.v) > 1",   "P.v == 1", "count(P) >= 2",
                                                     "first(P).v < 2", "P.x > 0",  "max(P.v) <= 2"};
    return with_name(random_.pick(kHaving), name);
  }

  void skip(const std::vector<std::string>& names) {
    CaseRule& rule = case_.rule;
    static const std::vector<std::string> kSkips = {"skip none",      "skip none",
                                                    "skip to next",   "skip past last",
                                                    "skip to first ", "skip to last "};
    rule.skip = random_.pick(kSkips);
    if (!rule.skip.ends_with(' ')) return;
    if (names.empty()) {
      rule.skip = "skip none";
      return;
    }
    rule.skip_names = {random_.pick(names)};
    rule.skip += rule.skip_names[0];
  }

  // ---- events ---------------------------------------------------------------------------------

  std::vector<RefEvent> events(std::size_t max_events) {
    const auto most = static_cast<std::int64_t>(max_events);
    const std::int64_t count = random_.between(std::min<std::int64_t>(4, most), most);
    const bool ties = use("ties");
    const bool two_keys = use("two keys") || part_by();
    std::vector<RefEvent> out;
    std::int64_t now = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t step = random_.percent(ties ? 40 : 0) ? 0
                                : random_.percent(70)          ? 1
                                                               : random_.between(1, 3);
      now += 1000 * step;
      RefEvent e{random_.pick(types_), now, {}};
      if (random_.percent(4)) e.type = "d";  // often of no concern to the rule
      e.fields["k"] = two_keys && random_.percent(40) ? "k2" : "k1";
      if (!random_.percent(8)) e.fields["j"] = two_keys && random_.percent(40) ? "k2" : "k1";
      e.fields["v"] = random_.below(4);
      if (random_.percent(75)) e.fields["x"] = random_.below(3);
      if (random_.percent(75)) e.fields["m"] = RefDecimal{random_.below(4) * 2500};
      out.push_back(std::move(e));
    }
    return out;
  }

  Random random_;
  std::array<std::string_view, 2> focus_;
  Case case_;
  std::vector<std::string> types_;
  std::set<std::string> used_types_;
  std::vector<std::string> earlier_;  // names that a condition may look at (R3)
  std::vector<CaseAbsence> pending_;  // `without`s of the gap under way
  std::string given_;                 // the name that all alternatives give
  int names_ = 0;
};

}  // namespace

const std::vector<std::string>& case_constructs() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> out;
    for (const Construct& c : kConstructs) out.emplace_back(c.name);
    return out;
  }();
  return kNames;
}

Case generate_case_of(std::uint64_t seed, std::string_view first, std::string_view second,
                      std::size_t max_events) {
  return Generator(seed, first, second).run(max_events);
}

Case generate_case(std::uint64_t seed, std::size_t max_events) {
  Random random(seed ^ 0x5bf0a8b1u);
  const auto& all = case_constructs();
  const std::string& first = random.pick(all);
  const std::string& second = random.pick(all);
  return generate_case_of(seed, first, second, max_events);
}

}  // namespace weir::reference
