// A case of generate_case gives the pattern; features are declared before it and conditions that
// read them laid into its `where`s, `without`s, `until`s and `having`, and their values into what
// it emits. Later features are often variants of earlier ones (another window, another function),
// so that filters, keys and windows are shared or almost so.
#include <algorithm>
#include <array>
#include <utility>

#include "tests/reference/case_generator.h"
#include "tests/reference/feature_streams.h"
#include "tests/reference/random.h"

namespace weir::reference {
namespace {

struct Construct {
  const char* name;
  std::int64_t usual_percent;  // when not in focus
};

// Functions and windows are weights among themselves; the others are percentages.
constexpr Construct kFunctions[] = {
    {"count", 20}, {"sum", 12},     {"avg", 8},   {"min", 6},
    {"max", 6},    {"stddev", 6},   {"last", 8},  {"approx_distinct", 4},
    {"rate", 5},   {"quantile", 6}, {"first", 6}, {"distinct", 8},
};
constexpr Construct kWindows[] = {
    {"sliding", 30}, {"hopping", 12}, {"tumbling", 12},
    {"session", 14}, {"last n", 14},  {"calendar", 10},
};
constexpr Construct kOthers[] = {
    {"excluding current", 25},
    {"feature where", 25},
    {"nested", 12},
    {"other key", 25},
    {"two key fields", 8},
    {"number key", 8},
    {"indexed", 15},
    {"part feature", 35},
    {"inline", 20},
    {"zscore", 8},
    {"feature without", 50},
    {"feature until", 40},
    {"feature having", 12},
    {"feature outcome", 40},
    {"feature define", 6},
    {"feature missing", 12},
    {"one event", 25},
    {"two features", 12},
    {"variant", 45},
    {"day jumps", 12},
};

constexpr std::int64_t kLongScale = 6 * 3600;  // a second of a pattern is six hours

bool is_numeric(const std::string& field) { return field != "j" && field != "k"; }

// What a condition compares.
enum class Result : std::uint8_t { kInt, kNumber, kFloat, kText };

Result result_of(const CaseFeature& f) {
  if (f.function == "rate" || f.function == "stddev") return Result::kFloat;
  if (f.function == "count" || f.function.ends_with("distinct")) return Result::kInt;
  if (!is_numeric(f.field)) return Result::kText;
  if (f.function == "sum" && (f.field == "v" || f.field == "x")) return Result::kInt;
  return Result::kNumber;
}

class FeatureGenerator {
 public:
  FeatureGenerator(std::uint64_t seed, std::string_view first, std::string_view second)
      : random_(seed), focus_{first, second} {}

  Case run(std::uint64_t seed, std::size_t max_events) {
    case_ = generate_case(random_.next(), max_events);
    case_.seed = seed;
    case_.tags.clear();
    if (use("one event")) {
      one_event();
    } else {
      lighten(case_.rule);
    }
    long_ = use("day jumps") || focused("calendar");
    if (long_) stretch(case_.rule);
    const std::int64_t features = random_.between(1, 3);
    for (std::int64_t i = 0; i < features; ++i) declare();
    lay_into_rule();
    FeatureStream stream;
    stream.types = types_;
    stream.day_jumps = long_;
    stream.zone = zone_;
    case_.origin_ms = kStreamOriginMs;
    case_.events = feature_stream(random_, stream, max_events);
    return std::move(case_);
  }

 private:
  bool focused(std::string_view name) const { return focus_[0] == name || focus_[1] == name; }

  bool use(const char* name) {
    std::int64_t percent = 0;
    for (const Construct& c : kOthers) {
      if (std::string_view(c.name) == name) percent = focused(name) ? 80 : c.usual_percent;
    }
    if (!random_.percent(percent)) return false;
    case_.tags.insert(name);
    return true;
  }

  template <std::size_t N>
  std::string weighted(const Construct (&from)[N]) {
    for (const Construct& c : from) {
      if (focused(c.name) && random_.percent(60)) return c.name;
    }
    std::int64_t sum = 0;
    for (const Construct& c : from) sum += c.usual_percent;
    std::int64_t at = random_.below(sum);
    for (const Construct& c : from) {
      if ((at -= c.usual_percent) < 0) return c.name;
    }
    return from[0].name;
  }

  // ---- the pattern ----------------------------------------------------------------------------

  void one_event() {
    CaseRule& rule = case_.rule;
    rule = CaseRule{};
    if (random_.percent(50)) rule.by.clear();
    CaseItem item;
    item.types = {random_.pick(types_)};
    if (random_.percent(40)) item.name = "p1";
    rule.pattern.items.push_back(std::move(item));
    rule.within_ms = 1000;
  }

  // Takes away part of what keeps rules from matching, since the features add to it.
  void lighten(CaseRule& rule) {
    if (random_.percent(60)) rule.leading.clear();
    if (random_.percent(60)) rule.having.clear();
    if (random_.percent(50)) rule.pattern.trailing.clear();
    // Where parts have keys of their own, a `without` may take its key from the last (R19).
    const bool shorter = rule.pattern.items.size() > 2 && !rule.by.empty();
    if (shorter && random_.percent(70)) rule.pattern.items.pop_back();
    CaseItem& last = rule.pattern.items.back();
    last.optional = false;
    if (last.min == 0) last.min = 1;
    drop_dangling(rule);
  }

  static void stretch(std::int64_t& ms) {
    if (ms > 0) ms *= kLongScale;
  }

  static void stretch(CasePattern& pattern) {
    for (CaseAbsence& a : pattern.trailing) stretch(a.for_ms);
    for (CaseItem& item : pattern.items) {
      stretch(item.after_ms);
      stretch(item.within_ms);
      for (CasePattern& inner : item.patterns) stretch(inner);
    }
  }

  static void stretch(CaseRule& rule) {
    stretch(rule.within_ms);
    stretch(rule.cooldown_ms);
    for (CaseAbsence& a : rule.leading) stretch(a.for_ms);
    stretch(rule.pattern);
  }

  // ---- features -------------------------------------------------------------------------------

  std::string key() {
    if (use("two key fields")) return random_.percent(50) ? "k, j" : "j, k";
    if (use("number key")) return random_.percent(50) ? "v" : "x";
    return use("other key") ? "j" : "k";
  }

  CaseWindow window(const std::string& function) {
    std::string kind = weighted(kWindows);
    if (function == "rate" && (kind == "session" || kind == "last n")) kind = "sliding";
    case_.tags.insert(kind);
    CaseWindow w;
    const std::int64_t unit = long_ ? 1000 * kLongScale : 1000;
    w.length_ms = unit * random_.between(1, 6);
    if (kind == "hopping") {
      w.kind = CaseWindowKind::kHopping;
      w.every_ms = std::min(w.length_ms, unit * random_.between(1, 4));
    } else if (kind == "tumbling") {
      w.kind = CaseWindowKind::kTumbling;
    } else if (kind == "session") {
      w.kind = CaseWindowKind::kSession;
      w.length_ms = unit * random_.between(1, 2);
    } else if (kind == "last n") {
      w.kind = CaseWindowKind::kLast;
      w.last = random_.between(1, 4);
    } else if (kind == "calendar") {
      w.kind = CaseWindowKind::kCalendar;
      w.unit = random_.percent(80) ? "day" : random_.percent(50) ? "week" : "month";
      w.zone = zone_ = random_.percent(70) ? zone_ : random_.pick(stream_zones());
    }
    return w;
  }

  void choose_function(CaseFeature& f) {
    static const std::vector<std::string> kNumbers = {"v", "v", "x", "m", "f"};
    static const std::vector<std::string> kExact = {"v", "v", "x", "m"};
    static const std::vector<std::string> kAny = {"v", "x", "m", "j", "j", "k"};
    static const std::vector<std::string> kRanks = {"0.0001", "0.25", "0.5", "0.9", "1"};
    f.function = weighted(kFunctions);
    case_.tags.insert(f.function);
    if (f.function == "count" || f.function == "rate") {
      f.field = random_.percent(25) ? random_.pick(kAny) : "";
    } else if (f.function == "first" || f.function == "last" || f.function.ends_with("distinct")) {
      f.field = random_.pick(kAny);
    } else {
      f.field = random_.pick(f.function == "stddev" ? kExact : kNumbers);
    }
    if (f.function == "quantile") f.function += "(" + random_.pick(kRanks) + ")";
  }

  CaseCondition plain() {
    static const std::vector<std::string> kPlain = {
        "v > 0",    "v != 2",      "v < 3",           "x is present", "x > 0",
        "m > 0.25", "j == \"k1\"", "x == 1 or v > 1", "not x == 1",   "v >= 1"};
    return {random_.pick(kPlain), {}, {}};
  }

  CaseFeature fresh() {
    CaseFeature f;
    f.type = random_.pick(types_);
    choose_function(f);
    f.by = key();
    if (use("feature where")) f.where.push_back(plain());
    const bool read_one = !case_.features.empty();
    if (read_one && use("nested")) {
      const CaseFeature& read = random_.pick(case_.features);
      CaseCondition nested{condition_on(read, read.name), {}, {read.name}};
      f.where.push_back(std::move(nested));
    }
    f.window = window(f.function);
    f.excluding_current = use("excluding current");
    return f;
  }

  // The feature before with one thing changed.
  CaseFeature variant_of(const CaseFeature& before) {
    CaseFeature f = before;
    const CaseFeature other = fresh();
    const std::int64_t what = random_.below(5);
    const bool rate = before.function == "rate" || other.function == "rate";
    if (what == 0 && !rate) f.window = other.window;
    if (what == 1 && !rate) {
      f.function = other.function;
      f.field = other.field;
    }
    if (what == 2) f.where = other.where;
    if (what == 3) f.by = other.by;
    if (what == 4) f.excluding_current = !f.excluding_current;
    return f;
  }

  void declare() {
    CaseFeature f =
        !case_.features.empty() && use("variant") ? variant_of(case_.features.back()) : fresh();
    f.name = "f" + std::to_string(case_.features.size() + 1);
    case_.features.push_back(std::move(f));
  }

  // ---- conditions -----------------------------------------------------------------------------

  std::string form_of(Result result) {
    static const std::vector<std::string> kInts = {"F >= 2",
                                                   "F == 1",
                                                   "F > 2",
                                                   "F < 2",
                                                   "F > v",
                                                   "F >= 1",
                                                   "F != 2",
                                                   "F % 2 == 0",
                                                   "F between 1 and 3",
                                                   "v + F > 3",
                                                   "F otherwise 0 < 2"};
    static const std::vector<std::string> kNumbers = {
        "v > F",     "v >= F", "F > 1",   "F <= 1", "v == F", "m < F", "F otherwise 5 > v",
        "F * 2 > v", "v != F", "F >= 0.5"};
    static const std::vector<std::string> kFloats = {"F > 0.7", "F < 1.3", "F > 0.4567",
                                                     "F otherwise 0 < 0.7", "F * v < 2.1239"};
    static const std::vector<std::string> kTexts = {"F == j", "F != k", "F == \"k2\"", "F != j",
                                                    "F == k"};
    switch (result) {
      case Result::kInt:
        return random_.pick(kInts);
      case Result::kNumber:
        return random_.pick(kNumbers);
      case Result::kFloat:
        return random_.pick(kFloats);
      case Result::kText:
        break;
    }
    return random_.pick(kTexts);
  }

  static std::string put(const std::string& form, const std::string& read) {
    std::string out;
    for (const char c : form) c == 'F' ? out += read : out += c;
    return out;
  }

  // A condition on the feature, which is read as `read`.
  std::string condition_on(const CaseFeature& f, const std::string& read) {
    const bool scores = is_numeric(f.field) && !f.field.empty() && f.field != "f";
    if (scores && use("zscore")) {
      static const std::vector<std::string> kScores = {
          "zscore(v, F) > 0.8971", "zscore(m, F) otherwise 0 < -0.4673", "zscore(v, F) is missing",
          "zscore(v, F) < 0.8971"};
      return put(random_.pick(kScores), read);
    }
    if (use("feature missing")) {
      return put(random_.percent(60) ? "F is missing" : "F is present", read);
    }
    const Result result = result_of(f);
    if (result != Result::kText && use("feature define")) return put("over_two(F)", read);
    return put(form_of(result), read);
  }

  std::string index_of(const std::string& by) {
    static const std::vector<std::string> kText = {"\"k1\"", "\"k2\"", "j", "k"};
    static const std::vector<std::string> kInts = {"v", "x", "1", "v + 1"};
    if (by == "v" || by == "x") return "[" + random_.pick(kInts) + "]";
    const std::string first = random_.pick(kText);
    return by.find(',') == std::string::npos ? "[" + first + "]"
                                             : "[" + first + ", " + random_.pick(kText) + "]";
  }

  // A condition for a `where` or `until` behind the parts of those names.
  CaseCondition condition(const std::vector<std::string>& parts) {
    if (use("inline")) {
      CaseFeature f = fresh();
      std::vector<std::string> read;
      for (const CaseCondition& c : f.where) {
        read.insert(read.end(), c.features.begin(), c.features.end());
      }
      std::string text = aggregate_text(f);
      if (!f.excluding_current && use("indexed")) text += index_of(f.by);
      return {condition_on(f, text), {}, read};
    }
    const CaseFeature& f = random_.pick(case_.features);
    if (!parts.empty() && use("part feature")) return about_part(f, random_.pick(parts));
    const CaseFeature& other = random_.pick(case_.features);
    const bool both = result_of(f) != Result::kText && result_of(other) != Result::kText;
    if (both && f.name != other.name && use("two features")) {
      return {f.name + " > " + other.name, {}, {f.name, other.name}};
    }
    const std::string read = use("indexed") ? f.name + index_of(f.by) : f.name;
    return {condition_on(f, read), {}, {f.name}};
  }

  CaseCondition about_part(const CaseFeature& f, const std::string& part) {
    const std::string read = (random_.percent(15) ? "first(" + part + ")" : part) + "." + f.name;
    const std::string text = result_of(f) != Result::kText && random_.percent(40)
                                 ? f.name + (random_.percent(50) ? " > " : " == ") + read
                                 : condition_on(f, read);
    return {text, {part}, {f.name}};
  }

  // In `having` and outcomes a bare feature is for the rule's key (L5.1).
  std::string read_at_end(const CaseFeature& f) {
    const bool of_rule = (case_.rule.by == "by k" && f.by == "k") ||
                         (case_.rule.by == "by k, j" && (f.by == "j" || f.by.size() > 1));
    const bool number = f.by == "v" || f.by == "x";
    const bool pair = f.by.size() > 1;
    const std::string index = number ? "[1]" : pair ? "[\"k1\", \"k1\"]" : "[\"k1\"]";
    return of_rule && random_.percent(75) ? f.name : f.name + index;
  }

  // A pattern of one unnamed event may use its fields.
  CaseCondition outcome(const CaseFeature& f, const std::vector<std::string>& parts) {
    const auto& items = case_.rule.pattern.items;
    const bool own_fields = case_.tags.contains("one event") && items.front().name.empty();
    if (own_fields && random_.percent(80)) return {f.name, {}, {f.name}};
    if (parts.empty() || case_.rule.pick_any || random_.percent(40)) {
      return {read_at_end(f), {}, {f.name}};
    }
    static const std::vector<std::string> kOfPart = {"P.F", "P.F", "first(P).F"};
    static const std::vector<std::string> kOfNumbers = {"P.F", "sum(P.F)", "max(P.F)",
                                                        "zscore(P.v, P.F)"};
    const bool number = is_numeric(f.field) && !f.field.empty();
    const std::string& part = random_.pick(parts);
    std::string text;
    for (const char c : random_.pick(number ? kOfNumbers : kOfPart)) {
      text += c == 'P' ? part : c == 'F' ? f.name : std::string(1, c);
    }
    return {std::move(text), {part}, {f.name}};
  }

  CaseCondition having(const std::vector<std::string>& parts) {
    const CaseFeature& f = random_.pick(case_.features);
    if (!parts.empty() && random_.percent(40)) {
      const std::string& part = random_.pick(parts);
      // Without the forms that name a field of the event at hand.
      return {result_of(f) == Result::kInt ? put("F >= 2", part + "." + f.name)
                                           : put("F is present", part + "." + f.name),
              {part},
              {f.name}};
    }
    const std::string read = read_at_end(f);
    static const std::vector<std::string> kForms = {"F >= 2", "F < 2", "F >= 1 or F is missing"};
    const std::string form = result_of(f) == Result::kText ? "F != \"k2\"" : random_.pick(kForms);
    return {put(form, read), {}, {f.name}};
  }

  // ---- laying conditions into the rule ----------------------------------------------------------

  void lay_into_rule() {
    std::vector<std::string> parts;
    lay_into(case_.rule.pattern, parts);
    CaseRule& rule = case_.rule;
    for (CaseAbsence& a : rule.leading) lay_into(a, {});
    for (CaseAbsence& a : rule.pattern.trailing) lay_into(a, parts);
    if (!rule.pick_any && use("feature having")) rule.having.push_back(having(parts));
    if (use("feature outcome")) {
      for (const CaseFeature& f : case_.features) rule.emits.push_back(outcome(f, parts));
    }
    if (reads_none(rule.pattern)) {
      CaseItem* item = &rule.pattern.items.front();
      while (item->group != CaseGroup::kNone) item = &item->patterns.front().items.front();
      item->where.push_back(condition({}));
    }
  }

  void lay_into(CaseAbsence& absence, const std::vector<std::string>& parts) {
    if (use("feature without")) absence.where.push_back(condition(parts));
  }

  void lay_into(CasePattern& pattern, std::vector<std::string>& parts) {
    for (CaseItem& item : pattern.items) {
      for (CaseAbsence& a : item.absences_before) lay_into(a, parts);
      if (!item.until.empty() && use("feature until")) item.until = {condition(parts)};
      if (item.group == CaseGroup::kNone) {
        if (random_.percent(65)) item.where.clear();  // so that rules still match
        if (random_.percent(45)) item.where.push_back(condition(parts));
      }
      for (CasePattern& inner : item.patterns) lay_into(inner, parts);
      if (!item.name.empty()) parts.push_back(item.name);
    }
  }

  static bool reads_none(const std::vector<CaseCondition>& where) {
    return std::all_of(where.begin(), where.end(), [](const CaseCondition& c) {
      return c.features.empty() && c.text.find(" by ") == std::string::npos;
    });
  }

  static bool reads_none(const CasePattern& pattern) {
    return std::all_of(pattern.items.begin(), pattern.items.end(), [](const CaseItem& item) {
      return reads_none(item.where) && std::all_of(item.patterns.begin(), item.patterns.end(),
                                                   [](const auto& p) { return reads_none(p); });
    });
  }

  Random random_;
  std::array<std::string_view, 2> focus_;
  Case case_;
  std::vector<std::string> types_ = {"a", "a", "a", "b", "b", "c"};
  bool long_ = false;  // six hours where there is a second else
  std::string zone_ = "Europe/London";
};

}  // namespace

const std::vector<std::string>& feature_constructs() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> out;
    for (const Construct& c : kFunctions) out.emplace_back(c.name);
    for (const Construct& c : kWindows) out.emplace_back(c.name);
    for (const Construct& c : kOthers) out.emplace_back(c.name);
    return out;
  }();
  return kNames;
}

Case generate_feature_case_of(std::uint64_t seed, std::string_view first, std::string_view second,
                              std::size_t max_events) {
  return FeatureGenerator(seed ^ 0xfea70e5u, first, second).run(seed, max_events);
}

Case generate_feature_case(std::uint64_t seed, std::size_t max_events) {
  Random random(seed ^ 0x3c6ef372u);
  const std::string& first = random.pick(feature_constructs());
  const std::string& second = random.pick(feature_constructs());
  return generate_feature_case_of(seed, first, second, max_events);
}

}  // namespace weir::reference
