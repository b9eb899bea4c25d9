#include "compiler/expr_compiler.h"

#include "base/hash.h"

#include <algorithm>

#include "compiler/expr_bounds.h"
#include "compiler/expr_codegen.h"
#include "compiler/expr_lower.h"
#include "compiler/expr_render.h"

namespace weir::compiler {
namespace {

using dsl::DiagnosticCode;

void too_large(dsl::Diagnostics& diagnostics, dsl::Span span) {
  diagnostics.add(DiagnosticCode::kExpressionTooLarge, span,
                  "with its defines put in, this expression is too large");
}

// Conditions over different event types are different even where they read alike.
std::string canonical_text(const IrGraph& graph, IrId id, const ExprScope& scope,
                           const nfa::Program& program) {
  std::string text = print(graph, id);
  if (!program.slots_read().empty()) {
    text = scope.schema->types[scope.at_hand.index()].name + ": " + text;
  }
  return text;
}

std::optional<Conjunct> make_conjunct(const IrGraph& graph, IrId id, const ExprScope& scope) {
  auto condition = generate_condition(graph, id, scope.at_hand);
  auto value = generate_value(graph, id, scope.at_hand);
  if (!condition || !value) return std::nullopt;
  Conjunct conjunct;
  conjunct.condition = std::move(*condition);
  conjunct.value = std::move(*value);
  conjunct.registers = conjunct.condition.registers_read();
  conjunct.single_event = conjunct.registers.empty();
  const auto lists = conjunct.condition.lists_read();
  conjunct.reads_lists = !lists.empty();
  for (const auto& [name, list] : scope.declarations->lists) {
    if (list.changes && std::ranges::binary_search(lists, list.list)) {
      conjunct.reads_changing_lists = true;
    }
  }
  conjunct.reads_tables = conjunct.condition.reads_tables();
  conjunct.canonical = canonical_text(graph, id, scope, conjunct.condition);
  conjunct.hash = base::hash64(conjunct.canonical);
  conjunct.span = graph[id].span;
  conjunct.text = render(graph, id);
  conjunct.explain = render_template(graph, id, scope.at_hand);
  conjunct.fact = fact_of(graph, id);
  return conjunct;
}

// What to say of a condition that constants alone decide.
void report_constant(bool truth, Origin origin, const dsl::Expr& expr,
                     dsl::Diagnostics& diagnostics) {
  if (origin == Origin::kQuiet || expr.kind == dsl::ExprKind::kBool) return;
  if (origin == Origin::kParam) {
    diagnostics.add(DiagnosticCode::kParamDecides, expr.span,
                    std::string("with the params' present values this is ") +
                        (truth ? "always true" : "never true"));
  } else if (truth) {
    diagnostics.add(DiagnosticCode::kAlwaysTrue, expr.span, "this is always true");
  } else {
    diagnostics.add(DiagnosticCode::kImpossibleCondition, expr.span, "this can never be true");
  }
}

Origin origin_of(const IrGraph& graph, IrId condition) {
  Origin origin = Origin::kLiteral;
  for (const IrId arg : graph[condition].args) origin = std::max(origin, graph[arg].origin);
  return origin;
}

// Every `and` of the condition, wherever it stands.
std::vector<IrId> ands_of(const IrGraph& graph, IrId root) {
  std::vector<IrId> ands;
  std::vector<IrId> todo = {root};
  std::vector<bool> seen(graph.nodes.size());
  while (!todo.empty()) {
    const IrId id = todo.back();
    todo.pop_back();
    if (seen[id.index()]) continue;
    seen[id.index()] = true;
    const IrNode& node = graph[id];
    todo.insert(todo.end(), node.args.begin(), node.args.end());
    if (node.op == IrOp::kAnd) ands.push_back(id);
  }
  return ands;
}

// Reports conditions of one `and` that exclude each other. True: the whole cannot hold.
bool report_contradictions(const IrGraph& graph, IrId root, dsl::Diagnostics& diagnostics) {
  bool whole = false;
  for (const IrId id : ands_of(graph, root)) {
    const auto found = find_contradiction(graph, graph[id].args);
    if (!found) continue;
    whole = whole || id == root;
    const Origin origin = std::max(origin_of(graph, found->first), origin_of(graph, found->second));
    if (origin == Origin::kQuiet) continue;
    const auto code = origin == Origin::kParam ? DiagnosticCode::kParamDecides
                                               : DiagnosticCode::kImpossibleCondition;
    const dsl::Span span = graph[found->second].span;
    const std::string first = render(graph, found->first), second = render(graph, found->second);
    diagnostics.add(code, span, "`" + first + "` and `" + second + "` are never true together")
        .notes.push_back({graph[found->first].span, "the other one stands here"});
  }
  return whole;
}

// Warns of what another condition of the same `and` implies.
void report_implied(const IrGraph& graph, IrId root, dsl::Diagnostics& diagnostics) {
  for (const IrId id : ands_of(graph, root)) {
    dsl::Span told;
    for (const Implied& implied : find_implied(graph, graph[id].args)) {
      const dsl::Span span = graph[implied.condition].span;
      if (span == told || span == graph[implied.by].span) continue;  // the sides of a `between`
      told = span;
      auto& issue = diagnostics.add(DiagnosticCode::kImpliedCondition, span,
                                    "`" + render(graph, implied.condition) + "` holds wherever `" +
                                        render(graph, implied.by) + "` does");
      issue.notes.push_back({graph[implied.by].span, "which stands here"});
      issue.help = "leave it out, or mend the one of them that is not meant so";
    }
  }
}

}  // namespace

CompiledCondition compile_condition(ExprRef expr, const ExprScope& scope,
                                    dsl::Diagnostics& diagnostics) {
  CompiledCondition result;
  if (!expr.id.valid()) return result;  // the parser has reported it
  const std::size_t errors = diagnostics.error_count();
  const dsl::Expr& written = expr.ast->expr(expr.id);
  IrGraph graph;
  Lowering lowering(graph, scope, diagnostics);
  IrId root = lowering.lower(expr);
  if (root.valid()) root = lowering.builder().as_condition(root, "a condition");
  if (!root.valid()) return result;
  lowering.lint_absence();
  const IrNode& top = graph[root];
  const bool absent_part =
      top.op == IrOp::kAnd && std::any_of(top.args.begin(), top.args.end(),
                                          [&](IrId id) { return graph[id].op == IrOp::kAbsent; });
  if (top.op == IrOp::kConst || top.op == IrOp::kAbsent || absent_part) {
    const bool truth = top.op == IrOp::kConst && top.value.integer != 0;
    report_constant(truth, absent_part ? Origin::kQuiet : top.origin, written, diagnostics);
    result.verdict =
        truth ? CompiledCondition::Verdict::kAlwaysTrue : CompiledCondition::Verdict::kNeverTrue;
    result.ok = diagnostics.error_count() == errors;
    return result;
  }
  if (report_contradictions(graph, root, diagnostics)) {
    result.verdict = CompiledCondition::Verdict::kNeverTrue;
    result.ok = diagnostics.error_count() == errors;
    return result;
  }
  report_implied(graph, root, diagnostics);
  const std::vector<IrId> parts = top.op == IrOp::kAnd ? top.args : std::vector<IrId>{root};
  for (const IrId part : parts) {
    auto conjunct = make_conjunct(graph, part, scope);
    if (!conjunct) {
      too_large(diagnostics, written.span);
      return result;
    }
    result.conjuncts.push_back(std::move(*conjunct));
  }
  result.ok = diagnostics.error_count() == errors;
  return result;
}

CompiledValue compile_value(ExprRef expr, const ExprScope& scope,
                            const std::optional<event::Type>& wanted,
                            dsl::Diagnostics& diagnostics) {
  CompiledValue result;
  if (!expr.id.valid()) return result;
  const std::size_t errors = diagnostics.error_count();
  IrGraph graph;
  Lowering lowering(graph, scope, diagnostics);
  IrId root = lowering.lower(expr);
  if (root.valid() && wanted) {
    // A score may be any number; elsewhere a float where a decimal belongs is a mistake.
    const bool narrows = scope.place == ExprPlace::kOutcome &&
                         wanted->kind == event::TypeKind::kDecimal &&
                         graph[root].type.kind == event::TypeKind::kFloat;
    root = narrows ? lowering.builder().widen(root, wanted->kind)
                   : lowering.builder().convert_to(root, *wanted, "this");
  }
  if (!root.valid()) return result;
  const IrNode& node = graph[root];
  if (scope.place == ExprPlace::kConstant && node.op != IrOp::kConst) {
    diagnostics.add(DiagnosticCode::kNotConstant, expr.ast->expr(expr.id).span,
                    "this has to be known before any event: literals and params only");
    return result;
  }
  auto program = generate_value(graph, root, scope.at_hand);
  if (!program) {
    too_large(diagnostics, expr.ast->expr(expr.id).span);
    return result;
  }
  result.program = std::move(*program);
  result.type = node.type;
  result.may_be_absent = node.may_be_absent;
  result.registers = result.program.registers_read();
  result.canonical = canonical_text(graph, root, scope, result.program);
  result.text = render(graph, root);
  if (node.op == IrOp::kConst) {
    result.constant = node.value;
    result.constant_text = node.text;
  }
  result.ok = diagnostics.error_count() == errors;
  return result;
}

CompiledInterpolation compile_interpolation(const dsl::Ast& ast, const dsl::Interpolation& text,
                                            const ExprScope& scope, dsl::Diagnostics& diagnostics) {
  CompiledInterpolation result;
  result.ok = true;
  for (const dsl::Interpolation::Segment& segment : text.segments) {
    CompiledInterpolation::Segment& made = result.segments.emplace_back();
    made.text = segment.text;
    if (!segment.expr.valid()) continue;
    made.value = compile_value({&ast, segment.expr}, scope, std::nullopt, diagnostics);
    result.ok = result.ok && made.value->ok;
  }
  return result;
}

}  // namespace weir::compiler
