#include "api/compile.h"

#include <algorithm>
#include <variant>

#include "api/diagnostic_convert.h"
#include "api/rule_files.h"
#include "api/ruleset_impl.h"
#include "compiler/imports.h"

namespace weir::api {
namespace {

// Calls visit(event) for each event that is declared.
template <typename Visit>
void for_each_event(std::vector<dsl::Ast>& trees, const Visit& visit) {
  for (dsl::Ast& tree : trees) {
    for (dsl::Declaration& declaration : tree.declarations) {
      if (auto* event = std::get_if<dsl::EventDecl>(&declaration)) visit(*event);
    }
  }
}

struct AddedField {
  std::string name;  // FIELD or TYPE.FIELD
  const char* role;  // empty: none
  std::string type;
};

// As if each event, or that TYPE, had declared it, unless one of them has.
void declare(std::vector<dsl::Ast>& trees, AddedField added) {
  if (added.name.empty()) return;
  std::string only;
  if (const std::size_t dot = added.name.find('.'); dot != std::string::npos) {
    const std::string type = added.name.substr(0, dot);
    for_each_event(trees, [&](const dsl::EventDecl& event) {
      if (event.name.text == type) only = type;
    });
    if (!only.empty()) added.name.erase(0, dot + 1);
  }
  const auto is_meant = [&](const dsl::EventDecl& event) {
    return only.empty() || event.name.text == only;
  };
  bool is_declared = false;
  for_each_event(trees, [&](const dsl::EventDecl& event) {
    if (!is_meant(event)) return;
    is_declared = is_declared || std::ranges::any_of(event.fields, [&](const auto& field) {
                    return field.name.text == added.name;
                  });
  });
  if (is_declared) return;
  for_each_event(trees, [&](dsl::EventDecl& event) {
    if (!is_meant(event)) return;
    dsl::FieldDecl& field = event.fields.emplace_back();
    field.span = event.span;
    if (*added.role != '\0') field.role = dsl::Name{added.role, event.name.span};
    field.name = dsl::Name{added.name, event.name.span};
    field.path = added.name;
    dsl::TypeRef& type = field.type.emplace();
    type.base = dsl::Name{added.type, event.name.span};
    type.optional = true;
    type.span = event.name.span;
  });
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
  declare(impl->trees, {options.label_field, "label", options.label_type});
  declare(impl->trees, {options.label_time_field, "", "time"});
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
