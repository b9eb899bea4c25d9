#include "compiler/compiler.h"

#include <utility>

#include "compiler/features.h"
#include "compiler/lints.h"
#include "compiler/made_rules.h"
#include "compiler/outcomes.h"
#include "compiler/rule_compiler.h"
#include "compiler/rule_overlaps.h"
#include "compiler/test_checks.h"

namespace weir::compiler {

namespace {

void mark_reads(event::Schema& schema, const FieldReads& reads) {
  for (const auto& [type, slot] : reads) {
    auto& field = schema.types[type.index()].fields[slot];
    field.read = field.role != event::FieldRole::kLabel && !field.derived;
  }
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
  mark_changing_lists(declared, builder.image);
  Features features(context, declared);
  FieldReads reads;
  std::vector<RuleShape> shapes;
  shapes.reserve(declared.rules.size());
  MadeRuleDiagnostics told(declared);
  for (const auto& rule : declared.rules) {
    dsl::Diagnostics found;
    const CompileContext inner{sources, asts, files, options, builder, found};
    result.rules.push_back(
        compile_rule(inner, declared, rule, features, reads, shapes.emplace_back()));
    told.take(rule, found, diagnostics);
  }
  told.tell(diagnostics);
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
  if (!diagnostics.has_errors()) result.image = std::move(builder.image);
  return result;
}

}  // namespace weir::compiler
