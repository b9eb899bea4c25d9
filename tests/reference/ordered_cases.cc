// Cases for plans that keep only some partial matches: chains whose conditions put what runs
// remember in order, over few values, so that they are often equal and often better in one way and
// worse in another.
#include <algorithm>
#include <string>
#include <utility>

#include "tests/reference/case_generator.h"
#include "tests/reference/random.h"

namespace weir::reference {
namespace {

class OrderedGenerator {
 public:
  explicit OrderedGenerator(std::uint64_t seed) : random_(seed) { case_.seed = seed; }

  Case run(std::size_t max_events) {
    plain_ = random_.percent(50);
    const std::int64_t parts = random_.percent(50) ? 3 : random_.between(2, 4);
    for (std::int64_t i = 0; i < parts; ++i) {
      case_.rule.pattern.items.push_back(item(i, i + 1 == parts));
    }
    case_.rule.within_ms = 1000 * random_.between(2, 9);
    case_.rule.pick_any = random_.percent(15);
    if (random_.percent(10)) case_.rule.limit = random_.between(3, 6);
    if (random_.percent(10)) case_.rule.cooldown_ms = 1000 * random_.between(1, 3);
    case_.tags.insert("earlier part");
    case_.events = events(max_events);
    return std::move(case_);
  }

 private:
  // Mostly a type of its own, so that a chain has many starts before its first end.
  std::string type_of(std::int64_t part) {
    static const std::vector<std::string> kTypes = {"a", "b", "c"};
    return random_.percent(80) ? kTypes[static_cast<std::size_t>(std::min<std::int64_t>(part, 2))]
                               : random_.pick(kTypes);
  }

  CaseItem item(std::int64_t part, bool last) {
    CaseItem item;
    item.types = {type_of(part)};
    item.name = "p" + std::to_string(part + 1);
    if (part > 0) {
      item.link = random_.percent(75)   ? CaseLink::kThen
                  : random_.percent(70) ? CaseLink::kEvery
                                        : CaseLink::kNext;
      if (random_.percent(20)) item.within_ms = 1000 * random_.between(0, 2);
      if (random_.percent(4)) item.after_ms = 1000;
      if (random_.percent(8)) item.absences_before.push_back(absence());
    }
    if (random_.percent((last ? 15 : 45) / (plain_ ? 3 : 1))) repeat(item);
    const std::int64_t least = part == 1 ? 1 : 0;
    const std::int64_t conditions =
        part == 0 ? 0 : random_.between(least, random_.percent(70) ? 1 : 2);
    for (std::int64_t i = 0; i < conditions; ++i) item.where.push_back(ordering(part));
    if (random_.percent(15)) item.where.push_back({"v > 0", {}});
    return item;
  }

  void repeat(CaseItem& item) {
    item.min = random_.between(1, 3);
    item.max = random_.percent(70) ? -1 : item.min + random_.between(0, 1);
    const std::int64_t inner = random_.below(10);
    item.inner = inner < 4   ? CaseInner::kNone
                 : inner < 8 ? CaseInner::kAnyCombination
                             : CaseInner::kInARow;
  }

  CaseAbsence absence() {
    CaseAbsence absence;
    absence.type = random_.percent(50) ? "c" : "b";
    absence.where = {{random_.percent(50) ? "v == 3" : "v == 0", {}}};
    absence.next = random_.percent(25);
    return absence;
  }

  CaseCondition ordering(std::int64_t part) {
    const std::int64_t other = random_.percent(plain_ ? 90 : 60) ? part : random_.between(1, part);
    const std::string name = "p" + std::to_string(other);
    static const std::vector<std::string> kPlain = {"v > P.v", "v >= P.v", "v < P.v", "v <= P.v"};
    static const std::vector<std::string> kForms = {
        "v > P.v",          "v >= P.v",           "v < P.v",        "v <= P.v",
        "v != P.v",         "v == P.v",           "m > 2 * P.m",    "m >= P.m - 0.25",
        "v > avg(P.v)",     "v < avg(P.v)",       "m < sum(P.m)",   "m > sum(P.m) / 4",
        "v >= count(P)",    "v < count(P)",       "v > min(P.v)",   "v < max(P.v)",
        "v > first(P).v",   "m < 0.5 * avg(P.m)", "v < sum(P.v)",   "ts - P.ts <= 2s",
        "m > max(P.m)",     "m < min(P.m)",       "m > min(P.m)",   "v - P.v > 0",
        "v + count(P) > 3", "m <= max(P.m)",      "v > stddev(P.v)"};
    std::string text = random_.pick(plain_ ? kPlain : kForms);
    for (std::size_t at = text.find('P'); at != std::string::npos; at = text.find('P', at + 1)) {
      text.replace(at, 1, name);
    }
    return {text, {name}};
  }

  std::vector<RefEvent> events(std::size_t max_events) {
    static const std::vector<std::string> kTypes = {"a", "a", "b", "c"};
    const auto most = static_cast<std::int64_t>(max_events);
    const std::int64_t count = random_.between(std::min<std::int64_t>(5, most), most);
    std::vector<RefEvent> out;
    const bool some_absent = random_.percent(30);
    const bool phases = random_.percent(50);  // first the events of the first part, and so on
    std::int64_t now = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      now += random_.percent(40) ? 0 : 1000 * random_.between(0, 2);
      const std::string& phase = kTypes[static_cast<std::size_t>(i * 4 / count)];
      RefEvent e{phases && random_.percent(85) ? phase : random_.pick(kTypes), now, {}};
      e.fields["k"] = "k1";
      e.fields["v"] = random_.below(4);
      if (!random_.percent(some_absent ? 40 : 10))
        e.fields["m"] = RefDecimal{random_.below(5) * 2500};
      out.push_back(std::move(e));
    }
    return out;
  }

  Random random_;
  Case case_;
  bool plain_ = false;  // conditions that only compare values of single events
};

}  // namespace

Case generate_ordered_case(std::uint64_t seed, std::size_t max_events) {
  return OrderedGenerator(seed ^ 0x0bde12edu).run(max_events);
}

}  // namespace weir::reference
