// A generated test case: one rule, as a small model of its own that prints to .weir text, and the
// events for it. The model is not the syntax tree, so that what makes and shrinks cases does not
// depend on what parses them. Plain data; used by case_generator.h and shrink.h.
//
// Invariants
// 1. Durations are in milliseconds; -1 means that the clause is not there. -1 as a maximum means
//    that there is none.
// 2. Every condition lists the part names and the features that it mentions; `drop_dangling`
// removes
//    those of which one is gone.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/reference/expr_eval.h"
#include "tests/reference/reference.h"

namespace weir::reference {

struct CaseCondition {
  std::string text;
  std::vector<std::string> names;     // of the parts that it mentions
  std::vector<std::string> features;  // that it reads by name
};

enum class CaseWindowKind : std::uint8_t {
  kSliding,
  kHopping,
  kTumbling,
  kCalendar,
  kSession,
  kLast,
};

struct CaseWindow {
  CaseWindowKind kind = CaseWindowKind::kSliding;
  std::int64_t length_ms = 0;
  std::int64_t every_ms = 0;
  std::int64_t last = 1;
  std::string unit;
  std::string zone;
  friend bool operator==(const CaseWindow&, const CaseWindow&) = default;
};

// `feature NAME = ...`, or an aggregate that a condition spells out.
struct CaseFeature {
  std::string name;
  std::string function;  // as written: `quantile(0.5)`
  std::string type;
  std::string field;                 // empty: none
  std::vector<CaseCondition> where;  // joined by `and`; of features only, without names of parts
  std::string by = "k";
  CaseWindow window;
  bool excluding_current = false;
};

struct CaseAbsence {
  bool next = false;
  std::string type;
  std::string by;                    // as written after `by`; empty: none
  std::vector<CaseCondition> where;  // joined by `and`
  std::int64_t for_ms = -1;
};

enum class CaseLink : std::uint8_t { kThen, kNext, kEvery };
enum class CaseInner : std::uint8_t { kNone, kInARow, kAnyCombination };
enum class CaseGroup : std::uint8_t { kNone, kSequence, kAnyOf, kAllOf, kSomeOf };

struct CasePattern;

struct CaseItem {
  std::vector<CaseAbsence> absences_before;
  CaseLink link = CaseLink::kThen;
  std::int64_t after_ms = -1;
  std::int64_t within_ms = -1;
  std::int64_t min = 1;
  std::int64_t max = 1;
  bool optional = false;
  CaseInner inner = CaseInner::kNone;
  bool greedy = false;
  std::string until_type;            // of `until TYPE where`
  std::vector<CaseCondition> until;  // empty: none
  // A part:
  std::vector<std::string> types;
  std::vector<std::string> among;
  std::string name;
  std::string by;
  std::vector<CaseCondition> where;
  // A group:
  CaseGroup group = CaseGroup::kNone;
  std::int64_t pick = 1;
  std::vector<CasePattern> patterns;
};

struct CasePattern {
  std::vector<CaseItem> items;
  std::vector<CaseAbsence> trailing;
};

struct CaseRule {
  std::string by = "by k";  // the clause; empty where parts have their own
  std::vector<CaseAbsence> leading;
  CasePattern pattern;
  std::int64_t within_ms = -1;  // -1: `unbounded`
  std::vector<CaseCondition> having;
  std::vector<CaseCondition> emits;  // expressions: `emit e1 = ..., e2 = ...`
  std::string skip;                  // the clause
  std::vector<std::string> skip_names;
  std::int64_t report = -1;
  bool pick_any = false;
  std::int64_t limit = -1;
  std::int64_t cooldown_ms = -1;
  bool even_when_warming = false;
  bool timeout = false;
  std::vector<CaseCondition> changes;       // of lists: `add p1.v to l for 2s`
  std::vector<CaseCondition> late_changes;  // of the timeout
};

struct Case {
  std::uint64_t seed = 0;
  std::vector<CaseFeature> features;  // each reads only such as stand before it
  bool lists = false;                 // declares `list l int` and `list s string`
  CaseRule rule;
  std::string writer;            // another rule that changes lists; empty: none
  bool writer_first = false;     // it stands before the rule
  std::vector<RefEvent> events;  // in order
  // The time of the stream that is 0s of a test block: windows are aligned to the epoch.
  std::int64_t origin_ms = 0;
  std::set<std::string> tags;  // the constructs that the rule and the stream use
};

// Declarations that every generated rule is written against: the types a b c d with the fields
// `k string`, `j string?`, `v int`, `x int?`, `m decimal?`, `f float?`.
[[nodiscard]] std::string case_declarations();
// `count(a.v where v > 0 by k over 3s) excluding current`.
[[nodiscard]] std::string aggregate_text(const CaseFeature& feature);
// The rule alone, and the whole file. The rule is called `r`.
[[nodiscard]] std::string rule_text(const CaseRule& rule);
[[nodiscard]] std::string to_weir(const Case& c);
// The file with a `test` block that plays the events and expects the alerts: for tests/regress.
[[nodiscard]] std::string to_weir_test(const Case& c, const std::vector<RefAlert>& expected);

// Names of the parts of a pattern.
[[nodiscard]] std::set<std::string> part_names(const CasePattern& pattern);
// Removes conditions (and a `skip to`) that mention parts which the pattern does not have.
void drop_dangling(CaseRule& rule);
// The same, and those that read features which the case does not have.
void drop_dangling(Case& c);

}  // namespace weir::reference
