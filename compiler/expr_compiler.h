// Expressions and conditions, from syntax tree to programs: names resolved, types checked, params
// and defines put in, constants folded, `and` split into conjuncts.
//
// Used by the rule compiler for every where, until, having and outcome. Reports into Diagnostics
// and always returns; `ok` is false if an error was reported, and then the result is not to be
// used. Functions are re-entrant.
//
// Three-valued logic costs nothing at run time where only `true` counts: `not` is pushed down to
// the comparisons first, and in what remains (and, or) unknown may be taken for false. See
// compiler/expr_codegen.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/expr_scope.h"
#include "compiler/implications.h"
#include "dsl/diagnostic.h"
#include "event/value.h"
#include "nfa/explain.h"
#include "nfa/program.h"

namespace weir::compiler {

// One side of a top-level `and`.
struct Conjunct {
  nfa::Program condition;  // for nfa::holds
  nfa::Program value;      // the same as a bool value, for three-valued evaluation in explain
  std::vector<std::uint16_t> registers;  // that it reads, ascending
  bool single_event = false;             // reads no register: only the event at hand and constants
  bool reads_lists = false;
  bool reads_changing_lists = false;  // that rules change: not a constant of the event
  bool reads_tables = false;
  std::string canonical;   // equal text, equal condition; names the event type's fields
  std::uint64_t hash = 0;  // XXH3 of `canonical`
  dsl::Span span;          // in the rule, for messages
  std::string text;        // as in the language, params and defines put in, one line
  nfa::ExplainTemplate explain;
  std::optional<Fact> fact;  // of a simple one, for lints
};

struct CompiledCondition {
  enum class Verdict : std::uint8_t {
    kDepends,     // on the conjuncts, all of which have to hold
    kAlwaysTrue,  // no conjuncts
    kNeverTrue,   // no conjuncts
  };
  bool ok = false;
  Verdict verdict = Verdict::kDepends;
  std::vector<Conjunct> conjuncts;  // in the order written
};

struct CompiledValue {
  bool ok = false;
  event::Type type;
  bool may_be_absent = false;
  nfa::Program program;  // for nfa::evaluate
  std::vector<std::uint16_t> registers;
  std::string canonical;
  std::string text;
  // The value, if it is known now; a string's bytes are in constant_text.
  std::optional<event::Value> constant;
  std::string constant_text;
};

struct CompiledInterpolation {
  struct Segment {
    std::string text;  // then
    std::optional<CompiledValue> value;
  };
  bool ok = false;
  std::vector<Segment> segments;
};

[[nodiscard]] CompiledCondition compile_condition(ExprRef expr, const ExprScope& scope,
                                                  dsl::Diagnostics& diagnostics);

// With `wanted` the value is converted to that type where the language converts (an int is a
// decimal, a string constant an enum's), and anything else is a diagnostic.
[[nodiscard]] CompiledValue compile_value(ExprRef expr, const ExprScope& scope,
                                          const std::optional<event::Type>& wanted,
                                          dsl::Diagnostics& diagnostics);

[[nodiscard]] CompiledInterpolation compile_interpolation(const dsl::Ast& ast,
                                                          const dsl::Interpolation& text,
                                                          const ExprScope& scope,
                                                          dsl::Diagnostics& diagnostics);

}  // namespace weir::compiler
