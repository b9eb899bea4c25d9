// Which simple condition follows from which: `amount > 5` says that `amount > 3`, and
// `country == "GB"` that `country in ["GB", "FR"]`. Facts carry no reference to the graph that they
// were read from, so conditions of different rules can be compared.
//
// Used by the expression compiler (within one conjunction) and by the lints (between rules). What
// is not a comparison with constants, or an `in` of constants, is no fact; nothing is said of it.
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/expr_ir.h"

namespace weir::compiler {

struct Fact {
  std::string subject;                // what is compared, printed
  IrOp op = IrOp::kEq;                // a comparison, or kInSet
  std::vector<nfa::Constant> values;  // one of a comparison
  event::TypeKind kind = event::TypeKind::kBool;
};

[[nodiscard]] std::optional<Fact> fact_of(const IrGraph& graph, IrId condition);

// Whether `second` is true wherever `first` is.
[[nodiscard]] bool implies(const Fact& first, const Fact& second);

struct Implied {
  IrId by;
  IrId condition;
};
// Of conditions that all have to hold, those that follow from another, as the rule wrote them:
// where a param's value or a count known in the pattern has a part in it, nothing is said.
[[nodiscard]] std::vector<Implied> find_implied(const IrGraph& graph,
                                                const std::vector<IrId>& conditions);

// What a rule of one event asks of it: for each event type that it takes, conditions that all have
// to hold.
struct EventConditions {
  std::string type;
  struct Condition {
    std::string canonical;
    std::optional<Fact> fact;
  };
  std::vector<Condition> conditions;
};

// As far as rules are compared. Rules of one `frame` differ at most in their conditions.
struct RuleShape {
  bool comparable = false;
  std::string frame;
  std::vector<EventConditions> events;  // of a rule of one event; else all is in the frame
};

}  // namespace weir::compiler
