#include "compiler/expr_lower.h"

#include <algorithm>

#include "compiler/expr_render.h"
#include "event/decimal.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::Expr;
using dsl::ExprKind;
using dsl::Op;
using event::TypeKind;

namespace {
constexpr std::size_t kMaxSteps = 200'000;
}

IrId Lowering::lower(ExprRef expr) {
  if (!expr.id.valid()) return IrId();
  envs_.push_back(std::make_unique<Env>());
  envs_.back()->constants_only = scope_.place == ExprPlace::kConstant;
  push_visit(expr, envs_.back().get());
  while (!todo_.empty()) {
    const Step step = todo_.back();
    todo_.pop_back();
    if (!step.expr.id.valid()) {  // of a declaration that the parser has reported
      push(IrId());
      continue;
    }
    if (++steps_ > kMaxSteps || graph_.full()) {
      diagnostics_.add(DiagnosticCode::kExpressionTooLarge, at(expr).span,
                       "with its defines put in, this expression is too large");
      return IrId();
    }
    switch (step.kind) {
      case Step::kVisit:
        visit(step);
        break;
      case Step::kCombine:
        combine(step);
        break;
      case Step::kEnterDefine:
        enter_define(step);
        break;
    }
  }
  return results_.back();
}

void Lowering::push_combine(const Step& step, const std::vector<ExprRef>& operands, bool elements) {
  Step combine = step;
  combine.elements = elements;
  combine.kind = Step::kCombine;
  combine.operands = operands.size();
  todo_.push_back(combine);
  for (std::size_t i = operands.size(); i-- > 0;) push_visit(operands[i], step.env);
}

void Lowering::visit(const Step& step) {
  const Expr& expr = at(step);
  if (expr.mistaken) return push(IrId());  // reported
  switch (expr.kind) {
    case ExprKind::kName:
      visit_name(step);
      return;
    case ExprKind::kMember:
      visit_member(step);
      return;
    case ExprKind::kCall:
      visit_call(step);
      return;
    case ExprKind::kIn:
    case ExprKind::kNotIn:
      visit_in(step);
      return;
    case ExprKind::kBinary:
      visit_logic(step);
      return;
    case ExprKind::kAggregate:
      push(aggregate_value(step));
      return;
    case ExprKind::kIndex:
      visit_index(step);
      return;
    case ExprKind::kIsMissing:
    case ExprKind::kIsPresent: {
      const PartRef ref = part_ref(step, arg(step, 0));
      if (ref.error) return push(IrId());
      if (ref.part == nullptr) break;
      const IrId zero = build_.constant(TypeKind::kInt, event::Value::of_int(0), expr.span);
      const Op op = expr.kind == ExprKind::kIsMissing ? Op::kEq : Op::kGt;
      push(build_.compare(op, part_count(*ref.part, expr.span), zero, expr.span));
      return;
    }
    case ExprKind::kMatches:
      push_combine(step, {arg(step, 0)});
      return;
    default:
      break;
  }
  std::vector<ExprRef> operands;
  for (const dsl::ExprId id : expr.args) operands.push_back({step.expr.ast, id});
  push_combine(step, operands);
}

// `a and b and c` is parsed as ((a and b) and c): taken as one `and` of three.
void Lowering::visit_logic(const Step& step) {
  const Expr& expr = at(step);
  std::vector<ExprRef> operands;
  if (expr.op != Op::kAnd && expr.op != Op::kOr) {
    for (const dsl::ExprId id : expr.args) operands.push_back({step.expr.ast, id});
    push_combine(step, operands);
    return;
  }
  const Expr* left = &expr;
  for (;;) {
    operands.push_back({step.expr.ast, left->args[1]});
    const ExprRef next{step.expr.ast, left->args[0]};
    if (at(next).kind != ExprKind::kBinary || at(next).op != expr.op) {
      operands.push_back(next);
      break;
    }
    left = &at(next);
  }
  std::reverse(operands.begin(), operands.end());
  push_combine(step, operands);
}

void Lowering::visit_in(const Step& step) {
  // The right side: a list literal (also by way of a param), a declared list, or a value.
  ExprRef right = arg(step, 1);
  std::vector<ExprRef> operands = {arg(step, 0)};
  for (int hops = 0; at(right).kind == ExprKind::kName && !at(right).quoted && hops < 100; ++hops) {
    const auto param = scope_.declarations->params.find(at(right).text);
    if (param == scope_.declarations->params.end() || !param->second.value.id.valid()) break;
    right = param->second.value;
  }
  const Expr& found = at(right);
  const bool is_list =
      found.kind == ExprKind::kName && scope_.declarations->lists.contains(found.text);
  if (found.kind == ExprKind::kList) {
    for (const dsl::ExprId id : found.args) operands.push_back({right.ast, id});
  } else if (!is_list) {
    operands.push_back(arg(step, 1));
  }
  push_combine(step, operands, found.kind == ExprKind::kList);
}

void Lowering::combine(const Step& step) {
  const std::size_t first = results_.size() - step.operands;
  std::vector<IrId> args(results_.begin() + static_cast<std::ptrdiff_t>(first), results_.end());
  results_.resize(first);
  const bool ok = std::all_of(args.begin(), args.end(), [](IrId id) { return id.valid(); });
  const Expr& expr = at(step);
  if (!ok) return push(IrId());
  note_absence(expr, args);
  switch (expr.kind) {
    case ExprKind::kBinary:
      push(combine_binary(step, args));
      return;
    case ExprKind::kCall:
      push(combine_call(step, args));
      return;
    default:
      push(combine_other(step, args));
      return;
  }
}

IrId Lowering::combine_binary(const Step& step, std::vector<IrId>& args) {
  const Expr& expr = at(step);
  switch (expr.op) {
    case Op::kAnd:
      return build_.logical(IrOp::kAnd, std::move(args), expr.span);
    case Op::kOr:
      return build_.logical(IrOp::kOr, std::move(args), expr.span);
    case Op::kEq:
    case Op::kNe:
    case Op::kLt:
    case Op::kLe:
    case Op::kGt:
    case Op::kGe:
      return build_.compare(expr.op, args[0], args[1], expr.span);
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
      return build_.text_test(expr.op, args[0], args[1], expr.span);
    default:
      return build_.arithmetic(expr.op, args[0], args[1], expr.span);
  }
}

IrId Lowering::combine_other(const Step& step, std::vector<IrId>& args) {
  const Expr& expr = at(step);
  switch (expr.kind) {
    case ExprKind::kUnary:
      return expr.op == Op::kNot ? build_.negate(args[0], expr.span)
                                 : build_.minus(args[0], expr.span);
    case ExprKind::kBetween: {
      const IrId low = build_.compare(Op::kGe, args[0], args[1], expr.span);
      const IrId high = build_.compare(Op::kLe, args[0], args[2], expr.span);
      if (!low.valid() || !high.valid()) return IrId();
      return build_.logical(IrOp::kAnd, {low, high}, expr.span);
    }
    case ExprKind::kMatches:
      return build_.matches(args[0], at(arg(step, 1)).text, at(arg(step, 1)).span, expr.span);
    case ExprKind::kIsMissing:
    case ExprKind::kIsPresent:
      return build_.presence(expr.kind == ExprKind::kIsPresent, args[0], expr.span);
    case ExprKind::kOtherwise:
      return build_.otherwise(args[0], args[1], expr.span);
    case ExprKind::kMember: {  // table[x].column
      const std::string& name = at(ExprRef{step.expr.ast, at(arg(step, 0)).args[0]}).text;
      const TableView& table = scope_.declarations->tables.find(name)->second;
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].name == expr.text)
          return build_.look_up(args[0], name, table, i, expr.span);
      }
      return IrId();  // reported by visit_member
    }
    case ExprKind::kIndex:
      return combine_index(step, args);
    case ExprKind::kIn:
    case ExprKind::kNotIn:
      break;
    default:
      return literal(step);
  }
  const Expr& right = at(arg(step, 1));
  const IrId x = args[0];
  IrId found;
  if (step.elements) {
    found = build_.in_elements(x, {args.begin() + 1, args.end()}, expr.span);
  } else if (args.size() == 1) {
    found = build_.in_list(x, right.text, scope_.declarations->lists.find(right.text)->second,
                           expr.span);
  } else if (graph_[args[1]].type.is_list()) {
    found = build_.list_has(args[1], x, expr.span);
  } else {
    found = build_.in_network(x, args[1], expr.span);
  }
  return expr.kind == ExprKind::kIn || !found.valid() ? found : build_.negate(found, expr.span);
}

IrId Lowering::literal(const Step& step) {
  const Expr& expr = at(step);
  const IrId value = plain_literal(expr, expr.argument ? Origin::kQuiet : step.env->origin);
  return expr.cell ? build_.cell(value, expr.text) : value;
}

IrId Lowering::plain_literal(const Expr& expr, Origin origin) {
  const auto integer = [&](TypeKind kind) {
    return build_.constant(kind, event::Value::of_int(expr.integer), expr.span, origin);
  };
  switch (expr.kind) {
    case ExprKind::kBool:
      return integer(TypeKind::kBool);
    case ExprKind::kInt:
      return integer(TypeKind::kInt);
    case ExprKind::kDuration:
      return integer(TypeKind::kDuration);
    case ExprKind::kString:
      return build_.string_constant(expr.text, expr.span, origin);
    case ExprKind::kDecimal: {
      const event::ParsedDecimal parsed = event::parse_decimal(expr.text);
      if (parsed.status == event::DecimalStatus::kExact) {
        return build_.constant(TypeKind::kDecimal, event::Value::of_decimal(parsed.scaled),
                               expr.span, origin);
      }
      if (parsed.status == event::DecimalStatus::kOutOfRange) {
        diagnostics_.add(DiagnosticCode::kConstantOverflow, expr.span,
                         "this decimal is out of range");
        return IrId();
      }
      [[fallthrough]];  // more than 4 digits after the point: no decimal, but a float
    }
    case ExprKind::kFloat: {
      const event::ParsedFloat parsed = event::parse_float(expr.text);
      if (parsed.status == event::FloatStatus::kOk) {
        return build_.constant(TypeKind::kFloat, event::Value::of_float(parsed.value), expr.span,
                               origin);
      }
      diagnostics_.add(DiagnosticCode::kConstantOverflow, expr.span, "this float is out of range");
      return IrId();
    }
    case ExprKind::kList:
      diagnostics_.add(DiagnosticCode::kNotAValue, expr.span,
                       "a list literal stands only on the right of `in`");
      return IrId();
    default:
      diagnostics_.add(DiagnosticCode::kNotAValue, expr.span, "this is not a value");
      return IrId();
  }
}

// ---- absence lint ------------------------------------------------------------------------------

void Lowering::note_absence(const Expr& expr, const std::vector<IrId>& args) {
  switch (expr.kind) {
    case ExprKind::kIsMissing:
    case ExprKind::kIsPresent:
    case ExprKind::kOtherwise:
      guarded_.push_back(args[0]);
      return;
    case ExprKind::kUnary:
      if (expr.op != Op::kNot) return;
      break;
    case ExprKind::kBinary:
      if (expr.op != Op::kNe) return;
      break;
    case ExprKind::kNotIn:
      break;
    default:
      return;
  }
  // What reads as "not this one": the writer may well mean an absent field too, which it excludes.
  std::vector<IrId> todo = args;
  while (!todo.empty()) {
    const IrId id = todo.back();
    todo.pop_back();
    const IrNode& node = graph_[id];
    if (node.op == IrOp::kSlot && node.may_be_absent) maybe_turned_off_.emplace_back(id, expr.span);
    const bool looks_through = is_comparison(node.op) || node.op == IrOp::kNot ||
                               node.op == IrOp::kInSet || node.op == IrOp::kInList ||
                               node.op == IrOp::kMatches || node.op == IrOp::kStartsWith ||
                               node.op == IrOp::kEndsWith || node.op == IrOp::kContains;
    if (looks_through) todo.insert(todo.end(), node.args.begin(), node.args.end());
  }
}

void Lowering::lint_absence() {
  std::vector<bool> guarded(graph_.nodes.size());
  std::vector<IrId> todo = guarded_;
  while (!todo.empty()) {
    const IrId id = todo.back();
    todo.pop_back();
    if (!id.valid() || guarded[id.index()]) continue;
    guarded[id.index()] = true;
    todo.insert(todo.end(), graph_[id].args.begin(), graph_[id].args.end());
  }
  std::vector<IrId> told;
  for (const auto& [id, span] : maybe_turned_off_) {
    if (guarded[id.index()] || std::find(told.begin(), told.end(), id) != told.end()) continue;
    told.push_back(id);
    const std::string& name = graph_[id].text;
    diagnostics_
        .add(DiagnosticCode::kAbsenceTurnsOff, span,
             "where `" + name + "` is absent this is unknown, and the condition fails")
        .help = "say `" + name + " is missing or ...` to let it through, or `" + name +
                " is present and ...` to leave it out on purpose";
  }
}

}  // namespace weir::compiler
