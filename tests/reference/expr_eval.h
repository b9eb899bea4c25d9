// Evaluates conditions and outcome expressions straight from the syntax tree, by the text of L2.4,
// L2.5, L2.6, L3.2, L4.1 and L4.2. Used by the reference matcher and by its test-block runner.
//
// A feature is computed anew from the whole list of events each time that it is read. An Evaluator
// refers to the tree and the events, which must outlive it. Not thread-safe: what it cannot
// evaluate (lists from files, tables, geo, regexes) is remembered in error().
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
#include "tests/reference/naive_window.h"
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

// As of when features are read (L4.2): so many events of the stream have been processed, and it is
// that time. `current` is the event at hand, which `excluding current` leaves out; a deadline has
// none.
struct AsOf {
  std::size_t events = 0;
  std::int64_t time_ms = 0;
  std::optional<std::size_t> current;
};

// What an alert changed in a list (L4.3, L5.1), and the moment: that of an event, or of a deadline.
struct RefListChange {
  std::int64_t time_ms = 0;
  std::optional<std::size_t> event;  // nullopt: a deadline
  bool add = true;
  std::string list;
  RefValue value;
  std::optional<std::int64_t> until_ms;  // from then on it is out
  friend bool operator==(const RefListChange&, const RefListChange&) = default;
};

// What the names of one evaluation mean.
struct Scope {
  const RefEvent* at_hand = nullptr;  // L3.2; null in `having` and outcomes
  const Bindings* bindings = nullptr;
  const std::map<std::string, RefValue>* key = nullptr;  // key fields, for `having` and outcomes
  const ArgumentFrame* arguments = nullptr;
  std::optional<AsOf> as_of;  // nullopt: no feature can be read
};

class Evaluator {
 public:
  Evaluator(const dsl::Ast& ast, const std::vector<RefEvent>& events);

  // Values of params in place of those in the file.
  void set_params(std::map<std::string, RefValue> params) { overrides_ = std::move(params); }
  // Names that L3.2 lets stand for parts: given ones, and the types of unnamed parts.
  void set_part_names(std::set<std::string> names) { part_names_ = std::move(names); }

  // What the rules do to lists, in the order of the output; a change counts behind its moment.
  void set_list_changes(std::vector<RefListChange> changes) { list_changes_ = std::move(changes); }

  [[nodiscard]] RefValue eval(dsl::ExprId id, const Scope& scope);
  // True only if the condition is true: unknown does not do (L2.4). An invalid id is true.
  [[nodiscard]] bool accepts(dsl::ExprId condition, const Scope& scope);
  // A condition's top-level conjuncts that look at nothing but the event at hand (R17, R145).
  [[nodiscard]] std::vector<dsl::ExprId> single_event_conjuncts(dsl::ExprId condition) const;

  // The moments at which features are read: at an event of the stream, by its index, or at a time
  // when no event is at hand, after all events up to it (L4.2, R81).
  [[nodiscard]] AsOf as_of_event(std::size_t event) const;
  [[nodiscard]] AsOf as_of_time(std::int64_t time_ms) const;
  // The value of a feature of the file for a key. Absent for an absent key (R82).
  [[nodiscard]] RefValue feature(const std::string& name, const std::vector<RefValue>& key,
                                 const AsOf& as_of);
  // Remembers in error() what the language refuses of the features and inline aggregates.
  void check_aggregates();

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
  [[nodiscard]] bool looks_at_parts(dsl::ExprId id, Frame frame, bool or_lists = false) const;
  [[nodiscard]] bool is_list(const dsl::Expr& e) const;
  RefValue eval_in_list(const std::string& list, const RefValue& x, const Scope& scope);
  [[nodiscard]] bool declares(const std::string& type, const std::string& field) const;

  // Features (eval_feature.cc). What an expression reads if it is a feature: F, part.F or an
  // aggregate written in place.
  struct FeatureTarget {
    dsl::AggregateId aggregate;
    Frame frame = nullptr;
    std::optional<AsOf> as_of;        // nullopt: of a part that took nothing
    const RefEvent* owner = nullptr;  // the event whose own key is meant; null: that of the rule
  };
  [[nodiscard]] bool is_feature(const dsl::Expr& e, const Scope& scope) const;
  std::optional<FeatureTarget> feature_target(dsl::ExprId id, const Scope& scope);
  FeatureTarget target_of_part(dsl::AggregateId aggregate, std::size_t event) const;
  std::optional<FeatureTarget> target_of_member(const dsl::Expr& e, Frame frame,
                                                const Scope& scope);
  std::vector<RefValue> own_key(const FeatureTarget& target, const Scope& scope);
  std::vector<std::size_t> events_in_window(dsl::AggregateId id, Frame frame,
                                            const std::vector<RefValue>& key, const AsOf& as_of);
  std::vector<RefValue> values_in_window(dsl::AggregateId id, Frame frame,
                                         const std::vector<RefValue>& key, const AsOf& as_of);
  RefValue feature_value(const FeatureTarget& target, const std::vector<RefValue>& key);
  RefValue eval_feature(dsl::ExprId id, const Scope& scope);
  RefValue eval_zscore(const dsl::Expr& e, const Scope& scope);
  RefValue part_value(std::size_t event, const std::string& name);
  std::string aggregate_problem(const dsl::Aggregate& aggregate);
  std::string field_type(const std::string& type, const std::string& field) const;
  NaiveWindow window_of(const dsl::Aggregate& aggregate);

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
  std::map<std::string, const dsl::ListDecl*> lists_;
  std::vector<RefListChange> list_changes_;
  std::map<std::string, dsl::AggregateId> features_;
  std::vector<dsl::AggregateId> reading_;  // features under evaluation, the outermost first
  std::map<std::string, std::set<std::string>> fields_;  // declared, by event type
  std::string error_;
};

}  // namespace weir::reference
