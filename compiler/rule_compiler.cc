// The order of the work: names and constants of the pattern, its unfolding, its keys, the
// automaton with its conditions, then what looks at whole matches (having, outcomes), then what
// the rule as a whole has to hold. Each step goes on only as far as those before it allow, so that
// one mistake is one diagnostic.
#include "compiler/rule_compiler.h"

#include <algorithm>
#include <set>
#include <utility>

#include "compiler/bounds.h"
#include "compiler/completing_event.h"
#include "compiler/front_slots.h"
#include "compiler/lints.h"
#include "compiler/outcomes.h"
#include "compiler/pattern_walk.h"
#include "compiler/rule_checks.h"
#include "compiler/rule_hash.h"
#include "compiler/rule_keys.h"
#include "compiler/rule_lowering.h"
#include "compiler/rule_mode.h"
#include "compiler/ruleset.h"
#include "compiler/suspicion.h"

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

constexpr std::int64_t kMaxCount = 1'000'000'000;
constexpr std::uint32_t kDefaultLimit = 10'000;
constexpr std::uint32_t kDefaultReport = 100;

class RuleCompiler {
 public:
  RuleCompiler(const CompileContext& context, const Declared& declared, const RuleRef& rule,
               Features& features, FieldReads& reads, RuleShape& shape,
               dsl::Diagnostics& diagnostics)
      : context_(context),
        declared_(declared),
        ast_(*rule.ast),
        decl_(*rule.decl),
        ref_(rule),
        features_(features),
        all_reads_(reads),
        shape_(shape),
        diagnostics_(diagnostics),
        bounds_(declared, diagnostics),
        errors_before_(diagnostics.error_count()) {}

  RuleReport compile() {
    report_.name = decl_.name.text;
    report_.span = decl_.span;
    report_.name_span = decl_.name.span;
    collect_parts();
    take_bounds();
    take_labels();
    compile_pattern();
    all_reads_.insert(reads_.begin(), reads_.end());
    return std::move(report_);
  }

 private:
  [[nodiscard]] const dsl::RuleBody& body() const { return decl_.body; }
  [[nodiscard]] bool failed() const { return diagnostics_.error_count() > errors_before_; }
  [[nodiscard]] const event::Schema& schema() const { return context_.image.image.schema; }

  // Names under which matches list events: of named parts, and the types of the others.
  void collect_parts() {
    visit_items(ast_, body().pattern, [&](const dsl::PatternItem& item) {
      const auto* part = std::get_if<dsl::Part>(&item.body);
      if (part == nullptr) return;
      const auto add = [&](const std::string& name) {
        if (std::ranges::find(report_.parts, name) == report_.parts.end())
          report_.parts.push_back(name);
      };
      if (part->name) return add(part->name->text);
      for (const auto& type : part->types.types) add(type.text);
    });
  }

  // ---- clauses that stand alone -----------------------------------------------------------------

  void take_bounds() {
    if (body().within) {
      image_.automaton.within_ms = bounds_.checked_duration_ms(*body().within).value_or(0);
    }
    if (body().cooldown) {
      image_.cooldown_ms = bounds_.checked_duration_ms(*body().cooldown).value_or(0);
    }
    const auto count = [&](const std::optional<dsl::NumberArg>& arg, std::uint32_t otherwise) {
      if (!arg) return otherwise;
      return static_cast<std::uint32_t>(
          bounds_.checked_number(*arg, 1, kMaxCount).value_or(otherwise));
    };
    image_.report = count(body().report, kDefaultReport);
    limit_ = count(body().limit, kDefaultLimit);
  }

  void take_labels() {
    image_.name = decl_.name.text;
    image_.description = decl_.description;
    image_.owner = body().owner.value_or("");
    image_.severity = body().severity.value_or("");
    image_.meta = meta_json(ast_, body().meta, diagnostics_);
    image_.pick_any = body().pick_any;
    image_.skip = skip_kind(body().skip);
    take_mode(body(), image_, diagnostics_);
  }

  // ---- the pattern ------------------------------------------------------------------------------

  bool check_type(const dsl::Name& name) {
    if (schema().find(name.text).valid()) return true;
    if (declared_.poisoned.contains(name.text)) return false;
    auto& issue = diagnostics_.add(DiagnosticCode::kUnknownEventType, name.span,
                                   "there is no event type `" + name.text + "`");
    suggest_name(issue, name, declared_.event_names());
    return false;
  }

  bool check_types() {
    bool ok = true;
    visit_items(ast_, body().pattern, [&](const dsl::PatternItem& item) {
      if (const auto* types = types_of(item)) {
        for (const auto& name : types->types) ok = check_type(name) && ok;
        for (const auto& name : types->among) ok = check_type(name) && ok;
      }
      if (item.until && item.until->type) ok = check_type(*item.until->type) && ok;
    });
    return ok;
  }

  void compile_pattern() {
    const bool types_ok = check_types();
    const bool bounds_ok = bounds_.check_pattern(ast_, body().pattern);
    std::optional<PatternGraph> graph;
    if (body().pattern.valid() && types_ok && bounds_ok) {
      graph = build_pattern_graph(ast_, body().pattern, bounds_.constants(), diagnostics_);
    }
    if (!graph) {
      check_decisions();
      return;
    }
    report_.pattern_text = graph->print();
    const CheckInput check{&ast_, &decl_, &*graph};
    check_bounded(check, diagnostics_);
    check_timeout(check, diagnostics_);
    auto keys = resolve_keys({&schema(), &decl_, &*graph, &reads_}, diagnostics_);
    compile_conditions(*graph, keys);
  }

  // Decisions can be checked even where the pattern could not be understood.
  void check_decisions() {
    const auto check = [&](const std::vector<dsl::Outcome>& outcomes) {
      for (const auto& outcome : outcomes) {
        const auto* decide = std::get_if<dsl::DecideClause>(&outcome);
        if (decide != nullptr)
          (void)find_decision(context_.image.image, decide->decision, diagnostics_);
      }
    };
    check(body().outcomes);
    if (body().timeout) check(body().timeout->outcomes);
  }

  void compile_conditions(const PatternGraph& graph, RuleKeys& keys) {
    LoweringInput input;
    input.ast = &ast_;
    input.schema = &schema();
    input.declarations = &declared_.names;
    input.features = &features_;
    input.reads = &reads_;
    input.graph = &graph;
    input.part_key = keys.part_key;
    input.rule = static_cast<std::uint32_t>(context_.image.image.rules.size());
    input.within_ms = image_.automaton.within_ms;
    input.limit = limit_;
    input.has_timeout = body().timeout.has_value();
    input.even_when_warming = body().even_when_warming;
    rule_index_ = input.rule;
    RuleLowering lowering(std::move(input), context_.image, diagnostics_);
    const bool lowered = lowering.lower();
    ExprScope scope = match_scope(graph, keys, lowering);
    compile_having(scope);
    state_reads_ = reads_;
    compile_outcomes_of(scope, lowering.part_views());
    if (!lowered || failed()) return;
    lowering.finish(image_);
    if (failed()) return;
    keep_for_fronts(image_, context_.image.image);
    check_pick({&ast_, &decl_, &graph}, image_, diagnostics_);
    if (!failed()) add_to_image(graph, keys, lowering);
  }

  // Rules of one event are compared by what they ask of it, others as wholes.
  void take_shape(const PatternGraph& graph, const RuleLowering& lowering) {
    shape_.comparable = image_.mode != nfa::RuleMode::kOff;
    shape_.frame = std::to_string(static_cast<int>(image_.mode)) + ' ' +
                   std::to_string(static_cast<int>(image_.skip)) + ' ' +
                   std::to_string(image_.skip_name);
    for (const auto& condition : image_.having) shape_.frame += "\nhaving " + condition.text;
    if (!looks_at_several_events(graph) && graph.parts.size() == 1) {
      shape_.frame += "\none event";
      for (const auto& key : image_.keys) {
        for (const auto& field : key.fields) shape_.frame += ' ' + field;
      }
      shape_.events = lowering.event_conditions();
      shape_.comparable = shape_.comparable && !shape_.events.empty();
      return;
    }
    shape_.frame += '\n' + image_.state_identity;
  }

  // ---- having and outcomes ----------------------------------------------------------------------

  ExprScope match_scope(const PatternGraph& graph, const RuleKeys& keys, RuleLowering& lowering) {
    ExprScope scope;
    scope.schema = &schema();
    scope.declarations = &declared_.names;
    scope.features = &features_;
    scope.registers = &lowering.registers();
    scope.reads = &reads_;
    scope.parts = lowering.part_views();
    scope.key_fields = keys.fields;
    const auto taken = [](const PatternPart& part) {
      return part.kind == PatternPart::Kind::kPart;
    };
    const auto first = std::ranges::find_if(graph.parts, taken);
    const bool single = graph.positions.size() == 1 && first != graph.parts.end() &&
                        !first->repeated && !first->name && scope.parts.size() == 1;
    if (single) scope.bare_part = 0;
    find_completing(schema(), graph, keys, scope);
    return scope;
  }

  void compile_having(ExprScope& scope) {
    if (!body().having.valid()) return;
    scope.place = ExprPlace::kHaving;
    auto condition = compile_condition({&ast_, body().having}, scope, diagnostics_);
    if (!condition.ok) return;
    if (condition.verdict == CompiledCondition::Verdict::kNeverTrue) {
      nfa::Program never;
      never.code.push_back({.op = nfa::Opcode::kReject});
      image_.having.push_back(
          {context_.image.add_program(std::move(never), rule_index_), {}, "false"});
    }
    for (auto& conjunct : condition.conjuncts) {
      image_.having.push_back(
          {context_.image.add_program(std::move(conjunct.condition), rule_index_),
           std::move(conjunct.registers), std::move(conjunct.text)});
    }
  }

  void compile_outcomes_of(ExprScope& scope, const std::vector<PartView>& parts) {
    scope.place = ExprPlace::kOutcome;
    image_.outcomes = compile_outcomes({&ast_, &body().outcomes, &scope, rule_index_, &bounds_},
                                       context_.image, diagnostics_);
    if (body().skip && body().skip->name) {
      image_.skip_name = find_skip_name(*body().skip, parts, diagnostics_);
    }
    if (!body().timeout) return;
    for (auto& part : scope.parts) part.count = CountRange{};  // any of them may be missing still
    scope.completing.clear();
    scope.no_completing = "no event completes a timeout";
    nfa::TimeoutImage timeout;
    timeout.name = body().timeout->name.text;
    timeout.outcomes = compile_outcomes(
        {&ast_, &body().timeout->outcomes, &scope, rule_index_, &bounds_}, context_.image,
        diagnostics_);
    image_.timeout.push_back(std::move(timeout));
  }

  // ---- the whole --------------------------------------------------------------------------------

  static nfa::SkipKind skip_kind(const std::optional<dsl::SkipClause>& skip) {
    if (!skip) return nfa::SkipKind::kPastLast;
    switch (skip->kind) {
      case dsl::SkipKind::kPastLast:
        break;
      case dsl::SkipKind::kNone:
        return nfa::SkipKind::kNone;
      case dsl::SkipKind::kToNext:
        return nfa::SkipKind::kToNext;
      case dsl::SkipKind::kToFirst:
        return nfa::SkipKind::kToFirst;
      case dsl::SkipKind::kToLast:
        return nfa::SkipKind::kToLast;
    }
    return nfa::SkipKind::kPastLast;
  }

  [[nodiscard]] std::string conditions_text() const {
    std::string out;
    const auto& automaton = image_.automaton;
    for (std::size_t i = 0; i < automaton.acceptors.size(); ++i) {
      const auto& part = automaton.parts[automaton.acceptors[i].part.index()];
      for (std::size_t local = 0; local < automaton.types.size(); ++local) {
        for (const auto& text : image_.condition_texts[i][local]) {
          out += "a" + std::to_string(i) + " " + (part.absence ? "without " : "") + part.name +
                 (part.name.empty() ? "" : " ") + "[" +
                 schema().types[automaton.types[local].index()].name + "]: " + text.text + "\n";
        }
      }
    }
    for (const auto& condition : image_.having) out += "having: " + condition.text + "\n";
    return out;
  }

  void add_to_image(const PatternGraph& graph, RuleKeys& keys, const RuleLowering& lowering) {
    image_.keys = std::move(keys.keys);
    image_.keyed = keys.keyed;
    image_.keys_by_part = keys.by_part;
    image_.shown_key = keys.shown;
    if (image_.keys.empty()) image_.key_types.clear();
    auto hashes = rule_hashes({ref_, &declared_, &schema(), &state_reads_, &reads_, &features_});
    image_.version = std::move(hashes.version);
    image_.state_identity = std::move(hashes.state_identity);
    take_shape(graph, lowering);
    report_.conditions_text = conditions_text();
    report_.cost = rule_cost(image_, context_.image.image.programs);
    report_.ok = true;
    lint_rule(ref_, graph, image_, diagnostics_);
    context_.image.image.rules.push_back(std::move(image_));
  }

  const CompileContext& context_;
  const Declared& declared_;
  const dsl::Ast& ast_;
  const dsl::RuleDecl& decl_;
  const RuleRef& ref_;
  Features& features_;
  FieldReads& all_reads_;
  RuleShape& shape_;
  FieldReads reads_;        // of this rule
  FieldReads state_reads_;  // without its outcomes
  dsl::Diagnostics& diagnostics_;
  BoundReader bounds_;
  std::size_t errors_before_;
  nfa::RuleImage image_;
  std::uint32_t limit_ = kDefaultLimit;
  std::uint32_t rule_index_ = 0;
  RuleReport report_;
};

// Codes that can be told of a rule of which a piece is missing: the rest may only seem wrong
// because of the piece.
bool stands_alone(DiagnosticCode code) {
  switch (code) {
    case DiagnosticCode::kUnknownEventType:
    case DiagnosticCode::kUnknownField:
    case DiagnosticCode::kUnknownFunction:
    case DiagnosticCode::kFieldNotShared:
    case DiagnosticCode::kLabelInRule:
    case DiagnosticCode::kTypeMismatch:
    case DiagnosticCode::kUnknownEnumConstant:
    case DiagnosticCode::kBadArguments:
    case DiagnosticCode::kMissingZone:
    case DiagnosticCode::kUnknownZone:
    case DiagnosticCode::kBadConstant:
    case DiagnosticCode::kBadRegex:
    case DiagnosticCode::kDivisionByZero:
    case DiagnosticCode::kConstantOverflow:
    case DiagnosticCode::kUnknownDecision:
    case DiagnosticCode::kDuplicateEmit:
    case DiagnosticCode::kBadAggregate:
    case DiagnosticCode::kFeatureKeyUnsupported:
      return true;
    default:
      return false;
  }
}

// Codes that can be told where the parts of the pattern and their names are all understood, though
// another clause is not.
bool stands_on_pattern(DiagnosticCode code) {
  switch (code) {
    case DiagnosticCode::kUnknownName:
    case DiagnosticCode::kLaterPart:
    case DiagnosticCode::kNotAValue:
    case DiagnosticCode::kFeatureKey:
    case DiagnosticCode::kFeatureLooksOut:
    case DiagnosticCode::kPrevOutside:
    case DiagnosticCode::kImpossibleCondition:
    case DiagnosticCode::kPatternEmpty:
    case DiagnosticCode::kRepeatedEmptyGroup:
    case DiagnosticCode::kBadCount:
    case DiagnosticCode::kDuplicatePartName:
    case DiagnosticCode::kImpossibleGap:
      return true;
    default:
      return false;
  }
}

// What the rule is about.
Suspicion suspicion_of(const CompileContext& context, const Declared& declared,
                       const RuleRef& rule) {
  Suspicion suspicion(context, declared);
  visit_items(*rule.ast, rule.decl->body.pattern, [&](const dsl::PatternItem& item) {
    if (const auto* types = types_of(item)) {
      for (const auto& name : types->types) suspicion.note(name.text);
      for (const auto& name : types->among) suspicion.note(name.text);
    }
    if (item.until && item.until->type) suspicion.note(item.until->type->text);
  });
  return suspicion;
}

// Whether what was found of a rule that the parser has reported may be told beside that.
bool may_be_told(const dsl::RuleDecl& rule, const dsl::Diagnostic& issue) {
  if (!rule.broken) return true;
  if (issue.severity != dsl::Severity::kError) return false;
  if (!rule.incomplete || stands_alone(issue.code)) return true;
  return !rule.body.pattern_incomplete && stands_on_pattern(issue.code);
}

// A condition is compiled for each type that its part may take: what one of them does not have is
// said once, as not shared.
bool said_better(const dsl::Diagnostics& found, const dsl::Diagnostic& issue) {
  if (issue.code != DiagnosticCode::kUnknownName && issue.code != DiagnosticCode::kUnknownField) {
    return false;
  }
  return std::ranges::any_of(found.list(), [&](const dsl::Diagnostic& other) {
    return other.code == DiagnosticCode::kFieldNotShared && other.span == issue.span;
  });
}

}  // namespace

RuleReport compile_rule(const CompileContext& context, const Declared& declared,
                        const RuleRef& rule, Features& features, FieldReads& reads,
                        RuleShape& shape) {
  dsl::Diagnostics found;
  const auto& mode = rule.decl->body.mode;
  features.begin_rule(mode && mode->kind == dsl::ModeKind::kShadow);
  auto report = RuleCompiler(context, declared, rule, features, reads, shape, found).compile();
  const Suspicion suspicion = suspicion_of(context, declared, rule);
  for (const auto& issue : found.list()) {
    if (said_better(found, issue)) continue;
    if (!may_be_told(*rule.decl, issue)) continue;
    if (suspicion.falls_on(issue)) continue;
    context.diagnostics.add(issue.code, issue.span, issue.message) = issue;
  }
  return report;
}

}  // namespace weir::compiler
