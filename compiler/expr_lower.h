// From syntax tree to typed IR: finds what names mean, puts params and defines in, and hands the
// operators to the builder. One object an expression. Not thread-safe.
//
// The walk keeps its own stack: expressions may nest as deep as the parser allows, and defines
// multiply that.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/expr_build.h"
#include "compiler/expr_scope.h"
#include "compiler/features.h"

namespace weir::compiler {

class Lowering {
 public:
  Lowering(IrGraph& graph, const ExprScope& scope, dsl::Diagnostics& diagnostics)
      : graph_(graph), scope_(scope), diagnostics_(diagnostics), build_(graph, diagnostics) {}

  // Invalid if an error was reported.
  [[nodiscard]] IrId lower(ExprRef expr);
  [[nodiscard]] IrBuilder& builder() { return build_; }
  // Warns of comparisons that an absent field silently turns off (L2.4).
  void lint_absence();

 private:
  // What a define's argument stands for: a value, or a part's name.
  struct Binding {
    std::string name;
    IrId value;
    std::string part;  // not empty: the part of this name
  };
  // Where an expression stands: inside which define or param, with which arguments.
  struct Env {
    const Env* outer = nullptr;
    const void* inside = nullptr;  // the DefineDecl or the ParamView
    std::vector<Binding> bindings;
    Origin origin = Origin::kLiteral;
    bool constants_only = false;
  };
  struct Step {
    enum Kind : std::uint8_t { kVisit, kCombine, kEnterDefine } kind;
    ExprRef expr;
    const Env* env;
    std::size_t operands = 0;  // kCombine, kEnterDefine: how many results to take
    const DefineView* define = nullptr;
    bool elements = false;  // kCombine of `in`: the operands after the first are a literal's
  };
  // first(x), last(x), prev(x), x; empty part: it is none of these.
  struct PartRef {
    const PartView* part = nullptr;
    nfa::RegisterWhich which = nfa::RegisterWhich::kLast;
    bool own_event = false;  // for speed_kmh: the event at hand
    bool error = false;
  };

  const dsl::Expr& at(const Step& step) const { return step.expr.ast->expr(step.expr.id); }
  const dsl::Expr& at(ExprRef ref) const { return ref.ast->expr(ref.id); }
  ExprRef arg(const Step& step, std::size_t i) const { return {step.expr.ast, at(step).args[i]}; }
  void push(IrId id) { results_.push_back(id); }
  void push_visit(ExprRef expr, const Env* env) { todo_.push_back({Step::kVisit, expr, env}); }
  void push_combine(const Step& step, const std::vector<ExprRef>& operands, bool elements = false);

  // expr_lower.cc: the walk
  void visit(const Step& step);
  void visit_logic(const Step& step);
  void visit_in(const Step& step);
  void combine(const Step& step);
  IrId combine_binary(const Step& step, std::vector<IrId>& args);
  IrId combine_other(const Step& step, std::vector<IrId>& args);
  IrId literal(const Step& step);
  IrId plain_literal(const dsl::Expr& expr, Origin origin);
  void note_absence(const dsl::Expr& expr, const std::vector<IrId>& args);

  // expr_names.cc: what names mean
  void visit_name(const Step& step);
  void visit_member(const Step& step);
  bool visit_declared(const Step& step, const std::string& name);
  void enter_param(const Step& step, const ParamView& param);
  IrId event_field(const dsl::Expr& expr);
  IrId part_member(const PartRef& ref, const dsl::Expr& expr);
  IrId part_field(const PartView& part, nfa::RegisterKind kind, nfa::RegisterWhich which,
                  const dsl::Expr& named, dsl::Span span);
  IrId register_leaf(nfa::RegisterDesc desc, dsl::Span span, bool may_be_absent);
  IrId key_field(std::size_t index, dsl::Span span);
  const Binding* find_binding(const Step& step, const std::string& name) const;
  const PartView* find_part(const Step& step, const dsl::Expr& name) const;
  PartRef part_ref(const Step& step, ExprRef expr);
  bool is_inside(const Env* env, const void* what) const;
  void unknown_name(const dsl::Expr& expr);
  void unknown_part(const dsl::Expr& expr, const std::string& function);
  [[nodiscard]] bool comes_later(const dsl::Expr& expr);
  void unknown_field(const event::EventType& type, const dsl::Expr& expr);
  [[nodiscard]] bool has_field(const PartView& part, const std::string& field) const;

  // expr_features.cc: the values of features
  void visit_index(const Step& step);
  void visit_zscore(const Step& step);
  IrId combine_index(const Step& step, const std::vector<IrId>& args);
  IrId combine_zscore(const Step& step, const std::vector<IrId>& args);
  IrId aggregate_value(const Step& step);
  IrId named_feature(const Step& step, const std::string& name);
  bool features_allowed(const Step& step, dsl::Span span);
  [[nodiscard]] bool is_feature(ExprRef ref) const;
  std::optional<FeatureId> feature_of(const Step& step, ExprRef ref);
  IrId feature_value(FeatureId id, dsl::Span span, const std::string& shown);
  IrId feature_leaf(FeatureId id, const FeatureSlot& slot, dsl::Span span,
                    const std::string& shown);
  IrId feature_at(FeatureId id, const std::vector<IrId>& keys, dsl::Span span,
                  const std::string& shown);
  std::optional<std::vector<FeatureKeyPart>> own_key(event::EventTypeId type, FeatureId id,
                                                     dsl::Span span, const std::string& shown);
  // F, an aggregate, or part.F.
  struct FeatureTarget {
    FeatureId id;
    std::optional<PartRef> part;
    std::string shown;
  };
  std::optional<FeatureTarget> feature_target(const Step& step, ExprRef ref);
  IrId target_value(const FeatureTarget& target, FeatureId id, const std::vector<IrId>* keys,
                    dsl::Span span, const std::string& shown);
  IrId feature_of_part(const PartRef& ref, FeatureId id, const std::vector<IrId>* keys,
                       dsl::Span span, const std::string& name);
  std::optional<std::vector<IrId>> fitted_keys(FeatureId id, const std::vector<IrId>& keys,
                                               dsl::Span span, std::string* shown);
  std::optional<std::vector<FeatureKeyPart>> completing_key(const std::vector<IrId>& keys,
                                                            const CompletingEvent& event);
  std::optional<FeatureKeyPart> key_part(IrId key);
  std::optional<FeatureKeyPart> completing_key_part(IrId key, const CompletingEvent& event);
  using KeyOfCompleting =
      std::function<std::optional<std::vector<FeatureKeyPart>>(const CompletingEvent&)>;
  IrId completing_value(FeatureId id, dsl::Span span, const std::string& shown,
                        const KeyOfCompleting& key);
  std::optional<std::uint16_t> part_feature_slot(event::EventTypeId type, const dsl::Expr& named);
  std::optional<FeatureSlot> read_feature(event::EventTypeId type, FeatureId id,
                                          std::vector<FeatureKeyPart> key, dsl::Span span,
                                          const std::string& shown);

  // expr_calls.cc: functions and aggregates over parts
  void visit_call(const Step& step);
  bool visit_part_call(const Step& step);
  IrId part_count(const PartView& part, dsl::Span span);
  IrId speed(const Step& step);
  void enter_define(const Step& step);
  IrId combine_call(const Step& step, std::vector<IrId>& args);
  IrId call_builtin(const dsl::Expr& expr, std::vector<IrId>& args);
  IrId check_zone(const dsl::Expr& expr, IrId zone);

  IrGraph& graph_;
  const ExprScope& scope_;
  dsl::Diagnostics& diagnostics_;
  IrBuilder build_;
  std::vector<Step> todo_;
  std::vector<IrId> results_;
  std::vector<std::unique_ptr<Env>> envs_;
  std::size_t steps_ = 0;
  // For lint_absence().
  std::vector<std::pair<IrId, dsl::Span>> maybe_turned_off_;
  std::vector<IrId> guarded_;
};

}  // namespace weir::compiler
