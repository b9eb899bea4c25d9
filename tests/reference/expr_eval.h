// Evaluates conditions and outcome expressions straight from the syntax tree, by the text of L2.4,
// L2.5, L2.6 and L3.2. Used by the reference matcher and by its test-block runner.
//
// An Evaluator refers to the tree and the events, which must outlive it. Not thread-safe: what it
// cannot evaluate (features, lists, geo, regexes) is remembered in error().
// Recursion follows the expression, whose depth the parser bounds (dsl::kMaxDepth).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dsl/ast.h"
#include "tests/reference/ref_value.h"

namespace weir::reference {

// An event as the matcher gets it. A field that is absent is not in the map.
struct RefEvent {
  std::string type;
  std::int64_t ts_ms = 0;
  std::map<std::string, RefValue> fields;
};

// Per name of a part, the events that it has taken so far, in order (indices into the events).
using Bindings = std::map<std::string, std::vector<std::size_t>>;

// Arguments of a define under evaluation, each with the frame that it was written in:
// substitution (L6) without copying trees.
struct ArgumentFrame {
  std::map<std::string, dsl::ExprId> values;
  const ArgumentFrame* outer = nullptr;
};

// What the names of one evaluation mean.
struct Scope {
  const RefEvent* at_hand = nullptr;  // L3.2; null in `having` and outcomes
  const Bindings* bindings = nullptr;
  const std::map<std::string, RefValue>* key = nullptr;  // key fields, for `having` and outcomes
  const ArgumentFrame* arguments = nullptr;
};

class Evaluator {
 public:
  Evaluator(const dsl::Ast& ast, const std::vector<RefEvent>& events);

  // Values of params in place of those in the file.
  void set_params(std::map<std::string, RefValue> params) { overrides_ = std::move(params); }
  // Names that L3.2 lets stand for parts: given ones, and the types of unnamed parts.
  void set_part_names(std::set<std::string> names) { part_names_ = std::move(names); }

  [[nodiscard]] RefValue eval(dsl::ExprId id, const Scope& scope);
  // True only if the condition is true: unknown does not do (L2.4). An invalid id is true.
  [[nodiscard]] bool accepts(dsl::ExprId condition, const Scope& scope);
  // A condition's top-level conjuncts that look at nothing but the event at hand (R17).
  [[nodiscard]] std::vector<dsl::ExprId> single_event_conjuncts(dsl::ExprId condition) const;

  [[nodiscard]] std::int64_t number(const dsl::NumberArg& arg);
  [[nodiscard]] std::int64_t milliseconds(const dsl::DurationArg& arg);

  // Empty, or the first thing met that the reference leaves out.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  using Frame = const ArgumentFrame*;
  struct Resolved {  // a name followed through the arguments that it stands for
    dsl::ExprId expr;
    Frame frame = nullptr;
  };

  [[nodiscard]] Resolved resolve(dsl::ExprId id, Frame frame) const;
  [[nodiscard]] bool is_part(dsl::ExprId id, Frame frame, std::string* name) const;
  [[nodiscard]] bool looks_at_parts(dsl::ExprId id, Frame frame) const;
  [[nodiscard]] bool declares(const std::string& type, const std::string& field) const;

  std::optional<RefValue> param(const std::string& name);
  RefValue eval_name(const dsl::Expr& e, dsl::ExprId id, const Scope& scope);
  RefValue eval_member(const dsl::Expr& e, const Scope& scope);
  RefValue eval_call(const dsl::Expr& e, const Scope& scope);
  RefValue eval_part_call(const dsl::Expr& e, const std::string& part, const Scope& scope);
  RefValue eval_part_aggregate(const std::string& function, const std::vector<RefValue>& values);
  RefValue eval_function(const dsl::Expr& e, const Scope& scope);
  RefValue eval_define(const dsl::DefineDecl& define, const dsl::Expr& e, const Scope& scope);
  RefValue eval_unary(const dsl::Expr& e, const Scope& scope);
  RefValue eval_binary(const dsl::Expr& e, const Scope& scope);
  RefValue eval_in(const dsl::Expr& e, const Scope& scope);
  RefValue eval_between(const dsl::Expr& e, const Scope& scope);
  RefValue field_of(const RefEvent& event, const std::string& field) const;
  RefValue unsupported(const std::string& what);

  const dsl::Ast& ast_;
  const std::vector<RefEvent>& events_;
  std::set<std::string> part_names_;
  std::map<std::string, dsl::ExprId> params_;
  std::map<std::string, RefValue> overrides_;
  std::map<std::string, const dsl::DefineDecl*> defines_;
  std::map<std::string, std::set<std::string>> fields_;  // declared, by event type
  std::string error_;
};

}  // namespace weir::reference
