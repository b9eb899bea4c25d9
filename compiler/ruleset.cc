#include "compiler/ruleset.h"

#include <algorithm>

#include "compiler/expr_codegen.h"
#include "compiler/expr_compiler.h"
#include "compiler/expr_lower.h"

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

void collect_decisions(const CompileContext& context, const dsl::RulesetDecl& decl) {
  auto& decisions = context.image.image.decisions;
  for (std::size_t i = 0; i < decl.decisions.size(); ++i) {
    const auto& name = decl.decisions[i];
    if (std::ranges::find(decisions, name.text) == decisions.end()) {
      decisions.push_back(name.text);
      continue;
    }
    context.diagnostics.add(DiagnosticCode::kDuplicateDecision, name.span,
                            "the decision `" + name.text + "` is listed already");
  }
}

// `score` is the only name that a threshold's condition knows beside the declarations.
ExprScope score_scope(const CompileContext& context, const Declared& declared,
                      nfa::RegisterTable& registers) {
  ExprScope scope;
  scope.schema = &context.image.image.schema;
  scope.declarations = &declared.names;
  scope.registers = &registers;
  scope.place = ExprPlace::kHaving;
  event::Type decimal;
  decimal.kind = event::TypeKind::kDecimal;
  scope.key_fields.push_back({"score", decimal});
  return scope;
}

nfa::Program constant_condition(bool truth) {
  nfa::Program program;
  program.code.push_back({.op = truth ? nfa::Opcode::kAccept : nfa::Opcode::kReject});
  return program;
}

// A condition as one program, not split at its `and`s: a threshold has just one.
std::optional<nfa::Program> whole_condition(ExprRef expr, const ExprScope& scope,
                                            dsl::Diagnostics& diagnostics) {
  auto condition = compile_condition(expr, scope, diagnostics);
  if (!condition.ok) return std::nullopt;
  if (condition.verdict != CompiledCondition::Verdict::kDepends) {
    return constant_condition(condition.verdict == CompiledCondition::Verdict::kAlwaysTrue);
  }
  if (condition.conjuncts.size() == 1) return std::move(condition.conjuncts.front().condition);
  IrGraph graph;
  dsl::Diagnostics said_already;
  Lowering lowering(graph, scope, said_already);
  const IrId root = lowering.builder().as_condition(lowering.lower(expr), "a condition");
  return root.valid() ? generate_condition(graph, root, scope.at_hand) : std::nullopt;
}

}  // namespace

std::int32_t find_decision(const nfa::Image& image, const dsl::Name& name,
                           dsl::Diagnostics& diagnostics) {
  const auto found = std::ranges::find(image.decisions, name.text);
  if (found != image.decisions.end()) {
    return static_cast<std::int32_t>(found - image.decisions.begin());
  }
  auto& issue = diagnostics.add(DiagnosticCode::kUnknownDecision, name.span,
                                "there is no decision `" + name.text + "`");
  std::vector<std::string_view> known(image.decisions.begin(), image.decisions.end());
  suggest_name(issue, name, known);
  if (issue.suggestions.empty()) {
    issue.help = "the decisions are";
    for (std::size_t i = 0; i < known.size(); ++i) {
      issue.help += (i == 0 ? " " : " > ") + std::string(known[i]);
    }
  }
  return -1;
}

void compile_ruleset(const CompileContext& context, const RulesetRef& ruleset,
                     const Declared& declared) {
  auto& image = context.image.image;
  if (ruleset.decl != nullptr) collect_decisions(context, *ruleset.decl);
  if (image.decisions.empty()) image.decisions = {"decline", "challenge", "review", "allow"};
  if (ruleset.decl == nullptr) return;
  nfa::RegisterTable registers;
  const ExprScope scope = score_scope(context, declared, registers);
  for (const auto& threshold : ruleset.decl->thresholds) {
    const auto decision = find_decision(image, threshold.decision, context.diagnostics);
    auto program = whole_condition({ruleset.ast, threshold.condition}, scope, context.diagnostics);
    if (!program || decision < 0) continue;
    image.thresholds.push_back(
        {decision, context.image.add_program(std::move(*program), nfa::Image::kThresholds)});
  }
  const auto list = registers.list();
  image.threshold_registers.assign(list.begin(), list.end());
}

}  // namespace weir::compiler
