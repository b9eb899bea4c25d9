// The plain chains that a pattern stands for (L3.5), unfolded one step at a time.
//
// A pattern is first copied from the syntax tree into a small model with numbers and durations
// resolved. A Place is where a chain stands after the events that it has taken; `continuations`
// lists every way on from there: a step that takes one more event, or the end of the pattern. The
// chains of the pattern are exactly the paths that these lists span, so a bound on the number of
// events bounds them. Used by the reference matcher only. Values; thread-safe when const.
//
// Recursion follows the nesting of the pattern, which the parser bounds.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "dsl/ast.h"
#include "tests/reference/expr_eval.h"

namespace weir::reference {

// `without ...`
struct AbsenceModel {
  bool next = false;
  std::vector<std::string> types;
  std::vector<std::string> among;
  std::vector<std::string> by;
  dsl::ExprId where;
  std::optional<std::int64_t> duration_ms;
};

// A link as it governs one event (L3.3, L3.7).
struct LinkModel {
  dsl::LinkKind kind = dsl::LinkKind::kThen;
  std::int64_t after_ms = 0;
  std::optional<std::int64_t> within_ms;
};

// `until COND` or `until TYPE where COND`.
struct StopModel {
  // Which events it tests: their types, each with the fields that give its key.
  std::vector<std::pair<std::string, std::vector<std::string>>> tests;
  dsl::ExprId condition;
};

struct PatternModel;

// A part or a group, with its quantifier and the `without`s that stand before it.
struct ItemModel {
  std::vector<AbsenceModel> absences_before;
  LinkModel link;
  std::int64_t min = 1;
  std::int64_t max = 1;
  bool may_be_left_out = false;  // `optional`, or a minimum of 0
  dsl::Inner inner = dsl::Inner::kSkipTillNext;
  bool greedy = false;
  std::optional<StopModel> until;

  // A part:
  bool is_part = true;
  int text_place = 0;  // parts are numbered as they stand in the text
  std::vector<std::string> types;
  std::vector<std::string> among;
  std::vector<std::string> by;
  std::string name;  // empty: unnamed
  dsl::ExprId where;

  // A group: a sequence has one pattern, `any of` takes one, `all of` and `k of` take `pick`.
  std::vector<PatternModel> patterns;
  std::int64_t pick = 1;
};

struct PatternModel {
  std::vector<ItemModel> items;
  std::vector<AbsenceModel> trailing;
};

// A pattern and what stands around it.
struct RulePattern {
  PatternModel pattern;
  std::vector<AbsenceModel> leading;
  int parts = 0;
};

inline constexpr std::int64_t kNoMaximum = std::numeric_limits<std::int64_t>::max();

// Copies a rule's pattern. `rule_by` is the rule's own `by`, for parts that have none.
// Refused (kInvalidArgument): what L3.5, L3.6 and R9 refuse.
[[nodiscard]] base::Result<RulePattern> read_pattern(const dsl::Ast& ast, dsl::PatternId id,
                                                     const std::vector<std::string>& rule_by,
                                                     Evaluator& evaluator);

// ---- chains ------------------------------------------------------------------------------------

// An `until` that a step stands under. `started`: its repetition has taken an event in this run.
struct StopHere {
  const StopModel* stop = nullptr;
  bool started = false;
};

// Where a chain stands: the parts and groups that enclose it, the outermost first.
struct Frame {
  enum class Kind : std::uint8_t { kSequence, kRepeat, kPick } kind = Kind::kSequence;
  const PatternModel* pattern = nullptr;  // kSequence
  std::size_t next_item = 0;
  const ItemModel* item = nullptr;  // kRepeat, kPick
  std::int64_t count = 0;           // kRepeat: repetitions entered
  bool started = false;             // kRepeat: an event was taken in this run
  std::uint64_t left = 0;           // kPick: patterns not yet taken, a bit each
  std::int64_t picks = 0;           // kPick: how many are still to be taken
  LinkModel link;                   // the link of the first event, where it is given from outside
};
using Place = std::vector<Frame>;

// One more event, taken by `part`.
struct Step {
  const ItemModel* part = nullptr;
  std::int64_t repetition = 1;  // of the part, in its present run
  LinkModel link;
  std::vector<AbsenceModel> guards;  // `without`s of the gap before it
  std::vector<StopHere> stops;       // of the part and of the groups around it
  Place after;                       // where the chain stands once it is taken
  // The greedy repetitions that a chain leaves on the way to this step: each a step that would
  // have repeated one of them instead (R5).
  std::vector<Step> held_by;
};

struct Continuation {
  std::optional<Step> step;            // nullopt: the pattern ends here
  std::vector<AbsenceModel> trailing;  // at the end: what is still to be waited for
};

[[nodiscard]] Place start_place(const PatternModel& pattern);
[[nodiscard]] std::vector<Continuation> continuations(const Place& place);

}  // namespace weir::reference
