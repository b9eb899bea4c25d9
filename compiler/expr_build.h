// Makes typed IR nodes: checks operand types, writes conversions out, folds what is constant and
// pushes `not` down. The lowering of the syntax tree calls it for every operator.
//
// An invalid IrId stands for "an error was reported"; given one, every function gives one back and
// reports nothing more. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/expr_ir.h"
#include "compiler/expr_scope.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"

namespace weir::compiler {

class IrBuilder {
 public:
  IrBuilder(IrGraph& graph, dsl::Diagnostics& diagnostics)
      : graph_(graph), diagnostics_(diagnostics) {}

  [[nodiscard]] const IrNode& node(IrId id) const { return graph_[id]; }
  [[nodiscard]] bool is_constant(IrId id) const { return graph_[id].op == IrOp::kConst; }
  [[nodiscard]] bool is_absent(IrId id) const { return graph_[id].op == IrOp::kAbsent; }

  // ---- leaves ----
  IrId constant(event::TypeKind kind, const event::Value& value, dsl::Span span,
                Origin origin = Origin::kLiteral);
  IrId string_constant(std::string text, dsl::Span span, Origin origin = Origin::kLiteral);
  // The same constant, but where a string is wanted it is this text.
  IrId cell(IrId constant, const std::string& text);
  IrId absent(const event::Type& type, dsl::Span span);
  IrId leaf(IrNode node) { return add(std::move(node)); }
  // count(part) is known to lie in this range.
  void set_count_range(IrId id, CountRange range) { count_ranges_[id.value] = range; }

  // ---- operators; `span` is that of the whole expression ----
  IrId arithmetic(dsl::Op op, IrId a, IrId b, dsl::Span span);
  IrId minus(IrId a, dsl::Span span);
  IrId compare(dsl::Op op, IrId a, IrId b, dsl::Span span);
  IrId logical(IrOp op, std::vector<IrId> args, dsl::Span span);  // kAnd, kOr
  IrId negate(IrId a, dsl::Span span);
  IrId presence(bool present, IrId a, dsl::Span span);
  IrId otherwise(IrId a, IrId b, dsl::Span span);
  IrId text_test(dsl::Op op, IrId a, IrId b, dsl::Span span);  // starts_with and its kin
  IrId matches(IrId a, const std::string& regex, dsl::Span regex_span, dsl::Span span);
  IrId in_elements(IrId a, const std::vector<IrId>& elements, dsl::Span span);
  IrId in_network(IrId a, IrId cidr, dsl::Span span);
  IrId list_has(IrId list, IrId element, dsl::Span span);
  IrId in_list(IrId a, const std::string& name, const ListView& list, dsl::Span span);
  IrId call(std::uint32_t builtin, std::vector<IrId> args, dsl::Span span);
  IrId look_up(IrId key, const std::string& name, const TableView& table, std::size_t column,
               dsl::Span span);

  // Another kind of number; a float becomes a decimal rounded half to even.
  IrId widen(IrId id, event::TypeKind kind);
  // The node as a value of this type where the language converts; else a diagnostic that calls it
  // `what`.
  IrId convert_to(IrId id, const event::Type& wanted, std::string_view what);
  // The same without a diagnostic: invalid if it does not convert.
  IrId try_convert(IrId id, const event::Type& wanted);
  // A bool; else a diagnostic.
  IrId as_condition(IrId id, std::string_view what);

  void mismatch(dsl::Span span, std::string message, IrId a, IrId b);

 private:
  IrId add(IrNode node);
  // Adds a node of constants, or the constant that it is.
  IrId add_folded(IrNode node);
  IrId fold(IrId id);
  [[nodiscard]] IrId as_text(IrId constant);
  bool adapt_text(IrId* text, const event::Type& type, bool report);
  bool unify(IrId* a, IrId* b, dsl::Span span, std::string_view what);
  IrId compare_ops(IrOp op, IrId a, IrId b, dsl::Span span);
  IrId time_arithmetic(dsl::Op op, IrId a, IrId b, dsl::Span span);
  IrId compare_count(IrOp op, IrId a, IrId b, dsl::Span span);
  [[nodiscard]] Origin worst_origin(const std::vector<IrId>& args) const;
  IrId without_blame(IrId constant);
  std::optional<IrId> negate_step(IrId id, const std::unordered_map<std::uint32_t, IrId>& done);

  IrGraph& graph_;
  dsl::Diagnostics& diagnostics_;
  std::unordered_map<std::uint32_t, CountRange> count_ranges_;
  bool reported_full_ = false;
};

[[nodiscard]] event::Type type_of(event::TypeKind kind);
[[nodiscard]] bool is_number(event::TypeKind kind);
// `amount` (decimal), for messages.
[[nodiscard]] std::string described(const IrGraph& graph, IrId id);

}  // namespace weir::compiler
