#include "compiler/compiler.h"

#include <map>
#include <utility>

#include "compiler/chains.h"
#include "compiler/features.h"
#include "compiler/lints.h"
#include "compiler/made_rules.h"
#include "compiler/outcomes.h"
#include "compiler/rule_compiler.h"
#include "compiler/rule_overlaps.h"
#include "compiler/streams.h"
#include "compiler/test_checks.h"

namespace weir::compiler {

namespace {

void mark_reads(event::Schema& schema, const FieldReads& reads) {
  for (const auto& [type, slot] : reads) {
    auto& field = schema.types[type.index()].fields[slot];
    field.read = field.role != event::FieldRole::kLabel && !field.derived;
  }
}

// By place in the files: results of one time are ordered by that.
using Streams = std::map<std::size_t, nfa::StreamImage>;

void add_stream(const CompileContext& context, const Chains::Item& item, Declared& declared,
                Features& features, Streams& streams) {
  const StreamRef& ref = declared.streams[item.index];
  features.begin_rule(false);
  auto stream = compile_stream(context, ref, features);
  if (!stream) {
    declared.poisoned.insert(ref.decl->name.text);
    return;
  }
  stream->stage = item.stage;
  features.set_stage(stream->type, item.stage + 1);
  if (item.seen) streams.emplace(item.index, std::move(*stream));
}

// All but errors go, if they are not wanted.
void keep_wanted(const CompileOptions& options, dsl::Diagnostics& diagnostics) {
  if (options.warnings) return;
  dsl::Diagnostics kept;
  for (const auto& issue : diagnostics.list()) {
    if (issue.severity == dsl::Severity::kError)
      kept.add(issue.code, issue.span, issue.message) = issue;
  }
  diagnostics = std::move(kept);
}

}  // namespace

CompileResult compile(dsl::SourceSet& sources, std::span<const dsl::Ast> asts, FileLoader& files,
                      const CompileOptions& options, dsl::Diagnostics& diagnostics) {
  CompileResult result;
  ImageBuilder builder;
  Declared declared;
  const CompileContext context{sources, asts, files, options, builder, diagnostics};
  collect_declarations(context, declared);
  const Chains chains = find_chains(context, declared);
  mark_changing_lists(declared, builder.image);
  Features features(context, declared);
  FieldReads reads;
  std::vector<RuleShape> shapes(declared.rules.size());
  for (const RuleRef& rule : declared.rules) {  // those in a circle stay as they are here
    RuleReport& report = result.rules.emplace_back();
    report.name = rule.decl->name.text;
    report.span = rule.decl->span;
    report.name_span = rule.decl->name.span;
  }
  MadeRuleDiagnostics told(declared);
  std::vector<dsl::Diagnostics> of_rule(declared.rules.size());
  std::vector<std::size_t> places;  // of the rules of the image, in the order of the files
  Streams streams;
  for (const Chains::Item& item : chains.order) {
    if (item.stream) {
      add_stream(context, item, declared, features, streams);
      continue;
    }
    const RuleRef& rule = declared.rules[item.index];
    const CompileContext inner{sources, asts, files, options, builder, of_rule[item.index]};
    result.rules[item.index] =
        compile_rule(inner, declared, rule, features, reads, shapes[item.index]);
    if (!result.rules[item.index].ok) {
      declared.poisoned.insert(rule.decl->name.text);  // of events that nobody knows
      continue;
    }
    places.push_back(item.index);
    builder.image.rules.back().stage = item.stage;
    define_alert_event(builder.image.rules.back(), builder.image);
    features.set_stage(builder.image.rules.back().alert_type, item.stage + 1);
  }
  for (auto& [place, stream] : streams) builder.image.streams.push_back(std::move(stream));
  for (std::size_t i = 0; i < of_rule.size(); ++i) {
    told.take(declared.rules[i], of_rule[i], diagnostics);
  }
  told.tell(diagnostics);
  features.begin_rule(true);  // a test sees all that there is
  check_tests(context, declared, features, result.rules);
  features.check_others();
  lint_unused(asts, declared, diagnostics);
  if (!diagnostics.has_errors()) {
    dsl::Diagnostics found;
    lint_overlaps(result.rules, shapes, found);
    lint_outcomes(asts, declared, found);
    MadeRuleDiagnostics lints(declared);
    lints.take_lints(found, diagnostics);
    lints.tell(diagnostics);
  }
  mark_reads(builder.image.schema, reads);
  mark_reads(builder.image.schema, features.field_reads());
  features.finish();
  keep_wanted(options, diagnostics);
  diagnostics.sort();
  result.tests = std::move(declared.tests);
  result.data_files = std::move(declared.data_files);
  result.made = std::move(declared.made_asts);
  if (!diagnostics.has_errors()) order_rules(places, builder.image);
  if (!diagnostics.has_errors()) result.image = std::move(builder.image);
  return result;
}

}  // namespace weir::compiler
