#include "compiler/declarations.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <variant>

#include "compiler/data_files.h"
#include "compiler/definition_checks.h"
#include "compiler/event_types.h"
#include "compiler/param_values.h"
#include "compiler/ruleset.h"
#include "compiler/templates.h"

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

class Collector {
 public:
  Collector(const CompileContext& context, Declared& declared)
      : context_(context),
        declared_(declared),
        diagnostics_(context.diagnostics),
        templates_(context, declared) {}

  void collect() {
    for (const auto& ast : context_.asts) {
      for (const auto& decl : ast.declarations) {
        std::visit([&](const auto& each) { take(ast, each); }, decl);
      }
    }
    take_rules();
    check_defines(context_, declared_);
    set_params(context_.options, declared_, diagnostics_);
    evaluate_params(context_, declared_);
    compile_ruleset(context_, ruleset_, declared_);
  }

 private:
  // True if the name is new in its kind; false, and reported, if it is taken.
  bool declare(std::map<std::string, dsl::Span, std::less<>>& names, const dsl::Name& name,
               std::string_view what) {
    const auto [place, added] = names.try_emplace(name.text, name.span);
    if (!added) {
      auto& issue = diagnostics_.add(
          DiagnosticCode::kDuplicateDeclaration, name.span,
          "the name `" + name.text + "` is taken already by another " + std::string(what));
      issue.notes.push_back({place->second, "declared here"});
    }
    return added;
  }

  void note_broken(const dsl::Name& owner, const std::vector<dsl::Name>& fields) {
    for (const auto& field : fields) declared_.broken_fields[owner.text].insert(field.text);
  }

  bool declare_value(const dsl::Name& name, bool broken) {
    if (broken) declared_.poisoned.insert(name.text);
    return declare(declared_.values, name, "declaration");
  }

  void take(const dsl::Ast& ast, const dsl::RulesetDecl& decl) {
    if (ruleset_.decl == nullptr) {
      ruleset_ = {&ast, &decl};
      return;
    }
    auto& issue =
        diagnostics_.add(DiagnosticCode::kDuplicateDeclaration,
                         decl.name ? decl.name->span : decl.span, "there is a ruleset already");
    issue.notes.push_back(
        {ruleset_.decl->name ? ruleset_.decl->name->span : ruleset_.decl->span, "declared here"});
    issue.help = "the files given together are one ruleset";
  }

  void take(const dsl::Ast&, const dsl::EventDecl& decl) {
    if (decl.incomplete) declared_.poisoned.insert(decl.name.text);
    note_broken(decl.name, decl.broken_fields);
    const bool added = declare(declared_.events, decl.name, "event type");
    auto type = event_type(decl, diagnostics_);
    if (!added) return;
    if (!decl.broken) {
      check_same_records(type, decl, context_.image.image.schema, diagnostics_);
    }
    context_.image.image.schema.types.push_back(std::move(type));
  }

  void take(const dsl::Ast& ast, const dsl::ListDecl& decl) {
    if (!declare_value(decl.name, decl.broken) || decl.broken) return;
    auto list = read_list(context_, ast.source, decl);
    if (!list) {
      declared_.poisoned.insert(decl.name.text);
      return;
    }
    auto& lists = context_.image.image.lists;
    const auto index = static_cast<std::uint16_t>(lists.size());
    declared_.names.lists[decl.name.text] = ListView{index, list->type};
    if (decl.path) note_file(ast, false, index, *decl.path);
    lists.push_back(std::move(*list));
  }

  void note_file(const dsl::Ast& ast, bool is_table, std::uint16_t index, const std::string& path) {
    std::string rule_file(context_.sources.path(ast.source));
    declared_.data_files.push_back({is_table, index, std::move(rule_file), path});
  }

  void take(const dsl::Ast& ast, const dsl::TableDecl& decl) {
    note_broken(decl.name, decl.broken_fields);
    if (!declare_value(decl.name, decl.incomplete)) return;
    auto table = read_table(context_, ast.source, decl);
    if (!table) {
      declared_.poisoned.insert(decl.name.text);
      return;
    }
    auto& tables = context_.image.image.tables;
    TableView view;
    view.table = static_cast<std::uint16_t>(tables.size());
    view.key = table->rows.key();
    for (const auto& column : table->rows.columns()) {
      view.columns.push_back({column.name, column.type, column.optional});
    }
    if (!decl.path.empty()) note_file(ast, true, view.table, decl.path);
    declared_.names.tables[decl.name.text] = std::move(view);
    tables.push_back(std::move(*table));
  }

  void take(const dsl::Ast& ast, const dsl::ParamDecl& decl) {
    if (!declare_value(decl.name, decl.incomplete || !decl.value.valid())) return;
    if (!decl.value.valid()) return;
    declared_.names.params[decl.name.text] = ParamView{ExprRef{&ast, decl.value}, decl.name.span};
  }

  void take(const dsl::Ast& ast, const dsl::DefineDecl& decl) {
    if (!declare_value(decl.name, decl.incomplete || !decl.body.valid())) return;
    if (decl.body.valid()) declared_.names.defines[decl.name.text] = DefineView{&ast, &decl};
  }

  void take(const dsl::Ast& ast, const dsl::FeatureDecl& decl) {
    if (!declare_value(decl.name, decl.broken) || decl.broken) return;
    declared_.names.features[decl.name.text] = FeatureView{&ast, &decl};
  }

  void take(const dsl::Ast& ast, const dsl::StreamDecl& decl) {
    if (!declare(declared_.events, decl.name, "event type")) return;
    declared_.streams.push_back({&ast, &decl});
  }

  // What it names is among the trees (compiler/imports.h).
  void take(const dsl::Ast&, const dsl::ImportDecl&) {}

  void take(const dsl::Ast& ast, const dsl::RuleDecl& decl) { rules_.push_back({&ast, &decl}); }
  void take(const dsl::Ast& ast, const dsl::RuleInstanceDecl& decl) {
    rules_.push_back({&ast, nullptr, &decl});
  }
  void take(const dsl::Ast& ast, const dsl::TemplateDecl& decl) {
    templates_.add_template(ast, decl);
  }

  // Those of templates wait until all templates and tables are known.
  void take_rules() {
    for (const RuleSource& source : rules_) {
      const std::size_t first = declared_.rules.size();
      if (source.rule != nullptr) {
        declared_.rules.push_back({source.ast, source.rule});
      } else {
        templates_.make(*source.ast, *source.instances);
      }
      // One whose name is taken is looked at too: it may have mistakes of its own.
      for (std::size_t i = first; i < declared_.rules.size(); ++i) {
        static_cast<void>(declare(declared_.rule_names, declared_.rules[i].decl->name, "rule"));
      }
    }
    templates_.finish();
  }

  void take(const dsl::Ast& ast, const dsl::TestDecl& decl) {
    declared_.tests.push_back({&ast, &decl});
  }

  struct RuleSource {
    const dsl::Ast* ast = nullptr;
    const dsl::RuleDecl* rule = nullptr;
    const dsl::RuleInstanceDecl* instances = nullptr;  // if it is not a rule
  };

  const CompileContext& context_;
  Declared& declared_;
  dsl::Diagnostics& diagnostics_;
  TemplateMaker templates_;
  std::vector<RuleSource> rules_;
  RulesetRef ruleset_;
};

}  // namespace

std::string FileLoader::identity(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

std::string path_from(std::string_view rule_file_path, std::string_view named_path) {
  const std::filesystem::path folder = std::filesystem::path(rule_file_path).parent_path();
  const std::filesystem::path path = folder / named_path;  // an absolute one stays as it is
  // What `..` leads to is known to the file system alone: a folder may be a link.
  const bool plain = std::ranges::find(path, "..") == path.end();
  return plain ? path.lexically_normal().string() : path.string();
}

std::vector<std::string_view> Declared::event_names() const {
  std::vector<std::string_view> out;
  for (const auto& [name, span] : events) out.push_back(name);
  return out;
}

void collect_declarations(const CompileContext& context, Declared& declared) {
  Collector(context, declared).collect();
}

ExprScope constant_scope(const event::Schema& schema, const Declarations& names,
                         nfa::RegisterTable& registers) {
  ExprScope scope;
  scope.schema = &schema;
  scope.declarations = &names;
  scope.registers = &registers;
  scope.place = ExprPlace::kConstant;
  return scope;
}

void suggest_name(dsl::Diagnostic& diagnostic, const dsl::Name& name,
                  const std::vector<std::string_view>& candidates) {
  const auto near = dsl::nearest_name(name.text, candidates);
  if (near.empty()) return;
  diagnostic.suggestions.push_back(
      {name.span, std::string(near), "did you mean `" + std::string(near) + "`?"});
}

}  // namespace weir::compiler
