// The pattern shapes of the exhaustive-small tests: every construct of L3 at least once, and the
// pairs whose meeting the language page words with care. Letters in `classes` are event types with
// a value of v: "a1" is an event a with v = 1.
#include <array>

#include "tests/reference/case_generator.h"

namespace weir::reference {
namespace {

RefEvent event_of(std::string_view text) {
  RefEvent e;
  e.type = text.substr(0, 1);
  e.fields["k"] = "k1";
  e.fields["v"] = std::int64_t{text.size() > 1 ? text[1] - '0' : 0};
  return e;
}

struct Row {
  const char* clause;
  const char* when;
  std::array<const char*, 4> classes;  // up to four, the rest null
};

// clang-format off
constexpr Row kRows[] = {
    // links
    {"L3.3", "a then b within 3s", {"a", "b", "c"}},
    {"L3.3", "a as p then b where v > p.v within 9s", {"a1", "b1", "b2"}},
    {"L3.3", "a then next b within 9s", {"a", "b"}},
    {"L3.3", "a then every b within 9s skip none", {"a", "b"}},
    {"L3.3", "a then every b then c within 9s skip none", {"a", "b", "c"}},
    {"L3.1", "a then next b among (b) then c within 9s", {"a", "b", "c"}},
    {"L3.3", "a then next b without c then b within 9s", {"a", "b", "c"}},
    // quantifiers
    {"L3.4", "3 a then b within 9s", {"a", "b"}},
    {"L3.4", "2+ a then b within 9s skip none", {"a", "b"}},
    {"L3.4", "1..2 a then b within 9s skip none", {"a", "b"}},
    {"L3.4", "some a then b within 9s skip to next", {"a", "b"}},
    {"L3.4", "a then any number of b then c within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "a then optional b then c within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "optional a then b within 9s skip none", {"a", "b"}},
    {"L3.4", "a then optional 2+ b then c within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "some a in a row then b within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "2..3 a in any combination then b within 9s skip none", {"a", "b"}},
    {"L3.4", "a then next some b in a row then c within 9s skip none", {"a", "b", "c"}},
    {"L3.2",
     "2+ a as p where count(p) == 0 or v > prev(p).v"
     " within 9s skip none", {"a1", "a2", "a3"}},
    {"L3.2",
     "2+ a as p in any combination where count(p) == 0 or v > p.v"
     " within 9s skip none", {"a1", "a2", "a3"}},
    // greedy
    {"L3.4", "some a greedy then b within 9s skip none", {"a", "b"}},
    {"L3.4", "some a greedy as p where v < 2 then a as q within 9s skip none", {"a1", "a2"}},
    {"L3.4", "any number of a greedy then b within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "c then any number of a greedy then b within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "c then next any number of a greedy then b within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "1..2 a greedy then b within 9s skip none", {"a", "b"}},
    {"L3.4", "some a in a row greedy then b within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "c then within 1s any number of a greedy then b within 9s skip none", {"a", "b", "c"}},
    {"L3.4", "some a greedy until v == 2 then b within 9s skip none", {"a1", "a2", "b"}},
    {"L3.4", "some a greedy then optional b then c within 9s skip none", {"a", "b", "c"}},
    {"L3.5",
     "c then optional (any number of a greedy then b) then c"
     " within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "some (a then b) greedy then c within 9s skip none", {"a", "b", "c"}},
    {"L3.6", "c without b then any number of a greedy then c within 9s skip none", {"a", "b", "c"}},
    // until
    {"L3.4", "some a until v == 2 then b within 9s skip none", {"a1", "a2", "b"}},
    {"L3.4", "some a as p until c where v == 0 then a as q within 9s skip none", {"a", "c"}},
    {"L3.4",
     "some a in any combination until v == 2 then a as q where v == 2"
     " within 9s skip none", {"a1", "a2"}},
    {"L3.5", "some (a then b) until v == 2 then c within 9s skip none", {"a1", "b1", "b2", "c"}},
    {"L3.5",
     "some (some a until v == 2 then b) then c"
     " within 9s skip none", {"a1", "a2", "b", "c"}},
    // groups
    {"L3.5", "2 (a then b) within 9s skip none", {"a", "b"}},
    {"L3.5", "some (a then next b) then c within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "some (a then b) in a row then c within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "2 (a then b) in any combination within 9s skip none", {"a", "b"}},
    {"L3.5", "any of (a then b, c) then a as q within 9s skip none", {"a", "b", "c"}},
    {"L3.5",
     "any of (a as p, b as p) then next any of (a, c)"
     " within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "all of (a, b) then c within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "all of (a then b, c) within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "2 of (a, b, c) within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "a then next (optional b then c) within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "a then optional (b then c) then next a as q within 9s skip none", {"a", "b", "c"}},
    {"L3.5", "some (optional a then b) then c within 9s skip none", {"a", "b", "c"}},
    // without
    {"L3.6", "a without c then b within 9s", {"a", "b", "c"}},
    {"L3.6", "a without b where v == 1 then b within 9s skip none", {"a", "b1", "b2"}},
    {"L3.6", "a without b where v == 1 then every b within 9s skip none", {"a", "b1", "b2"}},
    {"L3.6", "some a without c then b within 9s skip none", {"a", "b", "c"}},
    {"L3.6", "a without next c then b within 9s", {"a", "b", "c"}},
    {"L3.6", "a without c then optional b then a as q within 9s skip none", {"a", "b", "c"}},
    {"L3.6",
     "a without b then optional c without a then c as q"
     " within 9s skip none", {"a", "b", "c"}},
    {"L3.6", "some (a without c then b) then a as q within 9s skip none", {"a", "b", "c"}},
    {"L3.6", "a then b without c for 2s within 9s", {"a", "b", "c"}},
    {"L3.6", "a then b without c within 3s", {"a", "b", "c"}},
    {"L3.6", "some a without b for 1s within 9s skip none", {"a", "b"}},
    {"L3.6", "a without next b within 2s", {"a", "b", "c"}},
    {"L3.6", "a without next b for 1s without c for 2s within 9s", {"a", "b", "c"}},
    {"L3.6", "a then optional b without c for 1s within 9s skip none", {"a", "b", "c"}},
    {"L3.6", "without b for 2s then a within 9s even when warming", {"a", "b"}},
    {"L3.6", "without b for 1s then a then c within 9s", {"a", "b", "c"}},
    // time, preference, outcomes
    {"L3.7", "a then within 1s b within 9s", {"a", "b", "c"}},
    {"L3.7", "a then after 2s b within 9s", {"a", "b"}},
    {"L3.7", "a then next after 1s within 1s b within 9s", {"a", "b"}},
    {"L3.7", "a then after 1s within 2s some b then c within 4s skip none", {"a", "b", "c"}},
    {"L3.8", "some a as p then b within 9s having sum(p.v) > 2", {"a1", "a2", "b"}},
    {"L3.9", "some a as p then b within 9s skip to last p", {"a", "b"}},
    {"L3.9", "a then some b as q then c within 9s skip to first q", {"a", "b", "c"}},
    {"L3.9", "some a then b within 9s skip none report 2", {"a", "b"}},
    {"L3.9", "a then b within 9s pick any", {"a", "b", "c"}},
    {"L3.12", "a then b within 9s cooldown 2s", {"a", "b"}},
    {"L3.12", "a then b within 2s timeout as late { score 1 }", {"a", "b", "c"}},
    {"L3.12", "a then next b then c within 2s timeout as late { score 1 }", {"a", "b", "c"}},
    {"L3.12",
     "a then within 1s b without c then a as q"
     " within 3s timeout as late { score 1 }", {"a", "b", "c"}},
};

// The events of a stream lie a second apart, so windows of whole seconds have events at both ends.
constexpr Row kFeatureRows[] = {
    // windows
    {"L4.1", "a where count(a by k over 2s) == 2 within 1s", {"a", "b"}},
    {"L4.1", "b where count(a by k over 2s) >= 2 within 1s", {"a", "b"}},
    {"L4.1", "a where count(a by k over 1s) == 1 within 1s", {"a", "b"}},
    {"L4.1", "b where count(a by k over 3s every 2s) == 1 within 1s", {"a", "b"}},
    {"L4.1", "b where count(a by k over 4s every 3s) == 1 within 1s", {"a", "b"}},
    {"L4.1", "a where count(a by k each 2s) == 2 within 1s", {"a", "b"}},
    {"L4.1", "b where count(a by k each 3s) == 2 within 1s", {"a", "b"}},
    {"L4.1", "b where count(a by k session 1s) >= 2 within 1s", {"a", "b", "c"}},
    {"L4.1", "a where count(a by k session 1s) == 2 within 1s", {"a", "b"}},
    {"L4.1", "b where sum(a.v by k over last 2) == 3 within 1s", {"a1", "a2", "b"}},
    // functions
    {"L4.1", "b where avg(a.v by k over 2s) > 1.5 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "b where min(a.v by k over 2s) == 2 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "b where max(a.v by k each 2s) == 1 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "b where stddev(a.v by k over 3s) > 0.6 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "b where distinct(a.v by k over 2s) == 2 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "b where quantile(0.5)(a.v by k over 3s) == 2 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "b where first(a.v by k over 2s) == 1 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "b where last(a.v by k session 1s) == 1 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "b where rate(a by k over 2s) > 0.7 within 1s", {"a", "b"}},
    {"L4.1", "b where avg(a.v by k over 1s) is missing within 1s", {"a", "b"}},
    // conditions and keys
    {"L4.1", "b where count(a where v > 1 by k over 2s) == 1 within 1s", {"a1", "a2", "b"}},
    {"L4.1", "a where count(a by v over 2s) == 2 within 1s", {"a1", "a2"}},
    {"L4.1", "a where count(a by k, v over 3s) == 2 within 1s", {"a1", "a2"}},
    // which value
    {"L4.2", "a where fb == 1 within 1s", {"a", "b"}},
    {"L4.2", "a where v > fs within 1s", {"a1", "a2"}},
    {"L4.2", "a where count(a by k session 1s) excluding current == 1 within 1s", {"a", "b"}},
    {"L4.2", "b where count(a by v over 9s)[1] == 2 within 1s", {"a1", "a2", "b2"}},
    {"L4.2", "a as p then b where p.fn == 2 within 9s skip none", {"a", "b"}},
    {"L4.2", "a as p then a where fn > p.fn within 9s", {"a", "b"}},
    {"L4.2", "2+ a as p then b where first(p).fn == 1 and p.fn == 2 within 9s", {"a", "b"}},
    {"L4.2", "a as p then b within 9s having fn == 1 and p.fn == 2 skip none", {"a", "b"}},
    {"L4.2", "a then b without c for 2s within 9s having fn == 1", {"a", "b", "c"}},
    {"L4.2", "a then b without c where fn == 2 for 2s within 9s", {"a", "b", "c"}},
    {"L4.2", "a without b where fn == 2 then c within 9s", {"a", "b", "c"}},
    {"L4.2", "a then next b where count(c by k over 2s) == 1 within 9s", {"a", "b", "c"}},
    {"L4.2", "some a until fn == 3 then b within 9s skip none", {"a", "b"}},
    {"L4.2", "some a until b where fn == 2 then c within 9s skip none", {"a", "b", "c"}},
    {"L4.2", "some a greedy where fn < 3 then a within 9s skip none", {"a", "b"}},
    {"L4.2", "a where fn == 2 then b within 9s limit 2", {"a", "b"}},
    {"L4.2", "b where count(a where fn == 2 by k over 9s) == 1 within 1s", {"a", "b"}},
    {"L4.2", "b where count(a where fb == 0 by k session 1s) == 1 within 1s", {"a", "b"}},
    {"L4.2", "a where zscore(v, fs) > 0.5 within 1s", {"a1", "a2"}},
    {"L4.2", "a where zscore(v, avg(a.v by k over 2s)) < -0.5 within 1s", {"a1", "a2"}},
};
// clang-format on

constexpr const char* kShapeFeatures =
    "feature fn = count(a by k over 2s)\n"
    "feature fb = count(a by k over 2s) excluding current\n"
    "feature fs = max(a.v by k over last 2) excluding current\n";

template <std::size_t N>
std::vector<ExhaustiveShape> shapes_of(const Row (&rows)[N], const std::string& features) {
  std::vector<ExhaustiveShape> out;
  for (const Row& row : rows) {
    ExhaustiveShape shape{row.clause, row.when, {}, features};
    for (const char* text : row.classes) {
      if (text != nullptr) shape.classes.push_back(event_of(text));
    }
    out.push_back(std::move(shape));
  }
  return out;
}

}  // namespace

const std::vector<ExhaustiveShape>& exhaustive_shapes() {
  static const std::vector<ExhaustiveShape> kShapes = shapes_of(kRows, "");
  return kShapes;
}

const std::vector<ExhaustiveShape>& feature_shapes() {
  static const std::vector<ExhaustiveShape> kShapes = shapes_of(kFeatureRows, kShapeFeatures);
  return kShapes;
}

std::string to_weir(const ExhaustiveShape& shape) {
  return case_declarations() + shape.features + "\nrule r {\n  by k\n  when " + shape.when +
         "\n  score 1\n}\n";
}

void for_each_stream(const ExhaustiveShape& shape, std::size_t max_length, StreamTiming timing,
                     const std::function<void(const std::vector<RefEvent>&)>& visit) {
  const std::size_t classes = shape.classes.size();
  for (std::size_t length = 1; length <= max_length; ++length) {
    std::vector<std::size_t> digits(length, 0);  // an odometer
    for (bool more = true; more;) {
      std::vector<RefEvent> events;
      for (std::size_t i = 0; i < length; ++i) {
        events.push_back(shape.classes[digits[i]]);
        const std::size_t second = timing == StreamTiming::kPairsTied ? i / 2 : i;
        events.back().ts_ms = static_cast<std::int64_t>(second) * 1000;
      }
      visit(events);
      std::size_t at = length;
      while (at > 0 && ++digits[at - 1] == classes) digits[--at] = 0;
      more = at > 0;
    }
  }
}

}  // namespace weir::reference
