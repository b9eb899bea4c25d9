#include "api/compile.h"

#include <algorithm>
#include <variant>

#include "api/diagnostic_convert.h"
#include "api/rule_files.h"
#include "api/ruleset_impl.h"
#include "compiler/imports.h"

namespace weir::api {
namespace {

bool declares(const dsl::Ast& tree, const std::string& name) {
  for (const dsl::Declaration& declaration : tree.declarations) {
    const auto* event = std::get_if<dsl::EventDecl>(&declaration);
    if (event == nullptr) continue;
    for (const dsl::FieldDecl& field : event->fields) {
      if (field.name.text == name) return true;
    }
  }
  return false;
}

// CompileOptions::label_field, as if each event had declared it.
void declare_label(dsl::Ast& tree, const CompileOptions& options) {
  for (dsl::Declaration& declaration : tree.declarations) {
    auto* event = std::get_if<dsl::EventDecl>(&declaration);
    if (event == nullptr) continue;
    dsl::FieldDecl& field = event->fields.emplace_back();
    field.span = event->span;
    field.role = dsl::Name{"label", event->name.span};
    field.name = dsl::Name{options.label_field, event->name.span};
    field.path = options.label_field;
    dsl::TypeRef& type = field.type.emplace();
    type.base = dsl::Name{options.label_type, event->name.span};
    type.optional = true;
    type.span = event->name.span;
  }
}

}  // namespace

std::expected<Ruleset, Diagnostics> compile_texts(Env env, std::vector<RuleText> texts,
                                                  const CompileOptions& options) {
  const auto sources = std::make_shared<dsl::SourceSet>();
  const auto impl = std::make_shared<Ruleset::Impl>();
  dsl::Diagnostics diagnostics;
  impl->sources = sources;
  std::vector<compiler::GivenFile> given;
  for (RuleText& each : texts) given.push_back({std::move(each.path), std::move(each.text)});
  RuleDataLoader loader(env.files);
  impl->trees = compiler::parse_with_imports(std::move(given), loader, *sources, diagnostics);
  const bool is_declared = std::ranges::any_of(
      impl->trees, [&](const dsl::Ast& tree) { return declares(tree, options.label_field); });
  if (!options.label_field.empty() && !is_declared) {
    for (dsl::Ast& tree : impl->trees) declare_label(tree, options);
  }
  compiler::CompileOptions compile_options;
  compile_options.params = options.params;
  compiler::CompileResult result =
      compiler::compile(*sources, impl->trees, loader, compile_options, diagnostics);
  Diagnostics said = public_diagnostics(sources, std::move(diagnostics));
  if (!result.image) return std::unexpected(std::move(said));
  impl->image = std::move(*result.image);
  impl->reports = std::move(result.rules);
  impl->tests = std::move(result.tests);
  impl->data_files = std::move(result.data_files);
  impl->made = std::move(result.made);
  impl->warnings = std::move(said);
  return Ruleset(impl);
}

std::expected<Ruleset, Diagnostics> compile_files(Env env, const std::vector<std::string>& paths,
                                                  const CompileOptions& options) {
  const auto files = find_rule_files(env.files, paths);
  if (!files) return std::unexpected(failed_diagnostics(files.error()));
  std::vector<RuleText> texts;
  for (const std::string& path : *files) {
    auto text = read_rule_file(env.files, path);
    if (!text) return std::unexpected(failed_diagnostics(text.error()));
    texts.push_back({path, std::move(*text)});
  }
  return compile_texts(env, std::move(texts), options);
}

}  // namespace weir::api

namespace weir {

std::expected<Ruleset, Diagnostics> compile_files(const std::vector<std::string>& paths,
                                                  const CompileOptions& options) {
  return api::compile_files(api::system_env(), paths, options);
}

std::expected<Ruleset, Diagnostics> compile_text(const std::string& path, std::string text,
                                                 const CompileOptions& options) {
  return api::compile_texts(api::system_env(), {{path, std::move(text)}}, options);
}

}  // namespace weir
