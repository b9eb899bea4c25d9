#include "compiler/templates.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "compiler/argument_file.h"
#include "compiler/table_arguments.h"
#include "dsl/lexer.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::TemplateArgument;

namespace {

std::vector<std::string_view> argument_names(const TemplateUse& of) {
  std::vector<std::string_view> names;
  for (const auto& arg : of.expander.decl().args) names.push_back(arg.name.text);
  return names;
}

// As a rule that is written out, which has no backquotes about its name either.
bool can_name_rule(std::string_view name) {
  return dsl::is_name_like(name) && dsl::is_plain_name(name);
}

void note_template(dsl::Diagnostic& issue, const TemplateUse& of) {
  issue.notes.push_back({of.expander.decl().name.span, "the template is declared here"});
}

void note_source(dsl::Diagnostic& issue, dsl::Span from) {
  if (issue.span != from) issue.notes.push_back({from, "the rules are made from it here"});
}

}  // namespace

void TemplateMaker::add_template(const dsl::Ast& ast, const dsl::TemplateDecl& decl) {
  const auto [place, added] = declared_.templates.try_emplace(decl.name.text);
  if (!added) {
    auto& issue =
        diagnostics_.add(DiagnosticCode::kDuplicateDeclaration, decl.name.span,
                         "the name `" + decl.name.text + "` is taken already by another template");
    issue.notes.push_back({place->second->expander.decl().name.span, "declared here"});
    return;
  }
  place->second = std::make_shared<TemplateUse>(ast, decl);
  place->second->usable = place->second->expander.check(diagnostics_) && !decl.incomplete;
}

TemplateUse* TemplateMaker::find(const dsl::Name& name) {
  const auto found = declared_.templates.find(name.text);
  if (found != declared_.templates.end()) {
    found->second->used = true;
    return found->second.get();
  }
  auto& issue = diagnostics_.add(DiagnosticCode::kUnknownTemplate, name.span,
                                 "there is no template `" + name.text + "`");
  std::vector<std::string_view> known;
  for (const auto& [other, use] : declared_.templates) known.push_back(other);
  suggest_name(issue, name, known);
  return nullptr;
}

void TemplateMaker::make(const dsl::Ast& ast, const dsl::RuleInstanceDecl& decl) {
  lost_before_ = declared_.rules_lost;
  TemplateUse* of = find(decl.template_name);
  const bool lost = of == nullptr || !of->usable || decl.incomplete;
  if (decl.name) {
    if (lost) {
      declared_.poisoned.insert(decl.name->text);
    } else {
      make_one(*of, ast, decl);
    }
  } else if (lost) {
    declared_.rules_lost = true;
  } else if (decl.table) {
    make_from_table(*of, decl);
  } else if (decl.path) {
    make_from_file(*of, ast, decl);
  }
}

void TemplateMaker::add_rule(TemplateUse& of, Row row, dsl::Ast& to) {
  const auto& args = of.expander.decl().args;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (row.arguments[i].ast == nullptr) row.arguments[i] = {&of.expander.ast(), args[i].value};
  }
  const MadeFrom& from = declared_.made_from.emplace_back(&of, row.place, std::move(row.arguments));
  dsl::Diagnostics found;
  auto rule = of.expander.expand(from.arguments, to, found);
  for (const auto& issue : found.list()) misfits_.hold(from, row.name, issue);
  if (!rule) {
    declared_.poisoned.insert(row.name.text);
    return;
  }
  rule->name = std::move(row.name);
  rule->span = row.place;
  if (!row.description.empty()) rule->description = std::move(row.description);
  to.declarations.emplace_back(std::move(*rule));
  const auto& decl = std::get<dsl::RuleDecl>(to.declarations.back());
  declared_.rules.push_back({&to, &decl, &from});
}

// ---- rule r = T(...) ---------------------------------------------------------------------------

std::string TemplateMaker::arguments_text(const TemplateUse& of) const {
  std::string text;
  for (const auto& arg : of.expander.decl().args) {
    text += (text.empty() ? "" : ", ") + arg.name.text + (arg.value.valid() ? " = ..." : "");
  }
  return "`" + of.expander.decl().name.text + "(" + text + ")`";
}

bool TemplateMaker::place_argument(const TemplateUse& of, const dsl::InstanceArg& arg,
                                   std::size_t place, const dsl::Ast& ast, Row& row) {
  const std::string name = of.expander.decl().name.text;
  const auto refuse = [&](dsl::Span span, std::string message) -> dsl::Diagnostic& {
    auto& issue = diagnostics_.add(DiagnosticCode::kTemplateArguments, span, std::move(message));
    note_template(issue, of);
    return issue;
  };
  std::size_t which = place;
  if (arg.name) {
    const auto found = of.expander.find_argument(arg.name->text);
    if (!found) {
      auto& issue = refuse(arg.name->span,
                           "template `" + name + "` has no argument `" + arg.name->text + "`");
      suggest_name(issue, *arg.name, argument_names(of));
      return false;
    }
    which = *found;
  } else if (place >= row.arguments.size()) {
    refuse(ast.expr(arg.value).span,
           "template `" + name + "` takes " + std::to_string(row.arguments.size()) + " arguments")
        .help = "they are " + arguments_text(of);
    return false;
  }
  if (row.arguments[which].ast != nullptr) {
    refuse(arg.name ? arg.name->span : ast.expr(arg.value).span,
           "`" + of.expander.decl().args[which].name.text + "` is given twice");
    return false;
  }
  row.arguments[which] = {&ast, arg.value};
  return true;
}

void TemplateMaker::make_one(TemplateUse& of, const dsl::Ast& ast,
                             const dsl::RuleInstanceDecl& decl) {
  Row row;
  row.name = *decl.name;
  row.description = decl.description;
  row.place = decl.name->span;
  row.arguments.resize(of.expander.decl().args.size());
  bool ok = true;
  bool named = false;
  for (std::size_t i = 0; i < decl.args.size(); ++i) {
    if (named && !decl.args[i].name) {
      diagnostics_
          .add(DiagnosticCode::kTemplateArguments, ast.expr(decl.args[i].value).span,
               "an argument without a name stands behind one with a name")
          .help = "those that go by their place come first";
      ok = false;
      break;
    }
    named = named || decl.args[i].name.has_value();
    ok = place_argument(of, decl.args[i], i, ast, row) && ok;
  }
  if (!ok) {
    declared_.poisoned.insert(row.name.text);
  } else if (is_complete(of, row)) {
    add_rule(of, std::move(row), made_ast(of, 1));
  }
}

// ---- columns -----------------------------------------------------------------------------------

std::vector<TemplateMaker::Column> TemplateMaker::columns_of(
    const TemplateUse& of, const std::vector<dsl::Name>& names) const {
  std::vector<Column> columns(names.size());
  const auto claim = [&](std::string_view name, Column::Role role) {
    if (std::ranges::find(columns, role, &Column::role) != columns.end()) return;
    const auto found = std::ranges::find(names, name, &dsl::Name::text);
    if (found == names.end()) return;
    Column& column = columns[static_cast<std::size_t>(found - names.begin())];
    if (column.role == Column::Role::kUnused) column.role = role;
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto argument = of.expander.find_argument(names[i].text);
    if (argument) columns[i] = {Column::Role::kArgument, *argument};
  }
  claim("rule", Column::Role::kRuleName);
  claim("name", Column::Role::kRuleName);
  claim("description", Column::Role::kDescription);
  return columns;
}

bool TemplateMaker::check_columns(const TemplateUse& of, const std::vector<dsl::Name>& names,
                                  const std::vector<Column>& columns, dsl::Span from) {
  bool ok = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto first = std::ranges::find(names, names[i].text, &dsl::Name::text);
    if (first == names.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    auto& issue = diagnostics_.add(DiagnosticCode::kArgumentFile, names[i].span,
                                   "there is a column `" + names[i].text + "` already");
    note_source(issue, from);
    ok = false;
  }
  const auto& args = of.expander.decl().args;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto is_it = [&](const Column& column) {
      return column.role == Column::Role::kArgument && column.argument == i;
    };
    if (args[i].value.valid() || std::ranges::any_of(columns, is_it)) continue;
    auto& issue = diagnostics_.add(DiagnosticCode::kTemplateArguments, from,
                                   "there is no column `" + args[i].name.text + "`");
    issue.notes.push_back({args[i].name.span, "template `" + of.expander.decl().name.text +
                                                  "` has it as an argument without a default"});
    ok = false;
  }
  return ok;
}

std::optional<std::size_t> TemplateMaker::place_of_name(const std::vector<Column>& columns) {
  const auto found = std::ranges::find(columns, Column::Role::kRuleName, &Column::role);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

// The rule of a row, without arguments so far; nothing, and reported, if it cannot be called so.
std::optional<TemplateMaker::Row> TemplateMaker::begin_row(const TemplateUse& of,
                                                           std::string_view name, dsl::Span span,
                                                           dsl::Span from) {
  if (!can_name_rule(name)) {
    auto& issue =
        diagnostics_.add(DiagnosticCode::kArgumentFile, span,
                         name.empty() ? "this row does not say what its rule is called"
                                      : "`" + std::string(name) + "` cannot be the name of a rule");
    note_source(issue, from);
    issue.help = dsl::is_name_like(name)
                     ? "it is a word of the language"
                     : "a name has letters, digits and `_`, and begins with a letter";
    return std::nullopt;
  }
  Row row;
  row.name = {std::string(name), span, false};
  row.place = span;
  row.arguments.resize(of.expander.decl().args.size());
  return row;
}

// Whether every argument has a value or a default; reports those that have none.
bool TemplateMaker::is_complete(const TemplateUse& of, const Row& row) {
  const auto& args = of.expander.decl().args;
  std::string missing;
  bool several = false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (row.arguments[i].ast != nullptr || args[i].value.valid()) continue;
    several = !missing.empty();
    missing += (missing.empty() ? "`" : ", `") + args[i].name.text + "`";
  }
  if (missing.empty()) return true;
  dsl::Diagnostics found;
  auto& issue = found.add(
      DiagnosticCode::kTemplateArguments, row.place,
      "rule `" + row.name.text + "` does not say what " + missing + (several ? " are" : " is"));
  note_template(issue, of);
  issue.help = "the arguments are " + arguments_text(of);
  misfits_.hold(declared_.made_from.emplace_back(&of, row.place), row.name, issue);
  declared_.poisoned.insert(row.name.text);
  return false;
}

// A tree for rules of the template; it holds as many without moving them.
dsl::Ast& TemplateMaker::made_ast(const TemplateUse& of, std::size_t rules) {
  dsl::Ast& ast = declared_.made_asts.emplace_back();
  ast.source = of.expander.ast().source;
  ast.declarations.reserve(rules);
  return ast;
}

// ---- rules T from "file.csv" -------------------------------------------------------------------

std::optional<dsl::SourceId> TemplateMaker::load(const dsl::Ast& ast,
                                                 const dsl::RuleInstanceDecl& decl) {
  const std::string rule_file(context_.sources.path(ast.source));
  auto text = context_.files.load(rule_file, *decl.path);
  std::string problem;
  if (!text) problem = text.error().message;
  if (text && text->size() > kMaxArgumentFileBytes) problem = *decl.path + " is larger than 64 MiB";
  if (!problem.empty()) {
    diagnostics_.add(DiagnosticCode::kArgumentFile, decl.from_span, std::move(problem));
    return std::nullopt;
  }
  return context_.sources.add(path_from(rule_file, *decl.path), std::move(*text));
}

std::optional<std::vector<TemplateMaker::Column>> TemplateMaker::file_columns(
    const TemplateUse& of, const dsl::RuleInstanceDecl& decl, const ArgumentFile& file) {
  std::vector<dsl::Name> names;
  for (const auto& cell : file.columns) names.push_back({cell.text, cell.span, false});
  auto columns = columns_of(of, names);
  bool ok = check_columns(of, names, columns, decl.from_span);
  if (!place_of_name(columns)) {
    diagnostics_
        .add(DiagnosticCode::kArgumentFile, decl.from_span,
             "no column of " + *decl.path + " has the names of the rules")
        .help = "call that column `rule`";
    ok = false;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (columns[i].role != Column::Role::kUnused) continue;
    auto& issue = diagnostics_.add(
        DiagnosticCode::kUnusedColumn, names[i].span,
        "template `" + of.expander.decl().name.text + "` has no argument `" + names[i].text + "`");
    note_template(issue, of);
    suggest_name(issue, names[i], argument_names(of));
  }
  if (!ok) return std::nullopt;
  return columns;
}

void TemplateMaker::make_from_file(TemplateUse& of, const dsl::Ast& ast,
                                   const dsl::RuleInstanceDecl& decl) {
  declared_.rules_lost = true;  // unless all goes well
  const auto source = load(ast, decl);
  if (!source) return;
  const auto file = read_argument_file(context_.sources.text(*source), *source);
  if (!file) {
    auto& issue =
        diagnostics_.add(DiagnosticCode::kArgumentFile, file.error().span, file.error().message);
    note_source(issue, decl.from_span);
    return;
  }
  const auto columns = file_columns(of, decl, *file);
  if (!columns) return;
  declared_.rules_lost = lost_before_;
  dsl::Ast& cells = declared_.made_asts.emplace_back();
  dsl::Ast& to = made_ast(of, file->rows.size());
  const std::size_t name_column = *place_of_name(*columns);
  for (const auto& line : file->rows) {
    const auto& name = line[name_column];
    auto row = begin_row(of, name.text, name.span, decl.from_span);
    if (!row) continue;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i].text.empty()) continue;
      const Column& column = (*columns)[i];
      if (column.role == Column::Role::kDescription) row->description = line[i].text;
      if (column.role != Column::Role::kArgument) continue;
      row->arguments[column.argument] = {&cells, cell_value(line[i], cells)};
    }
    if (is_complete(of, *row)) add_rule(of, std::move(*row), to);
  }
}

// ---- rules T from TABLE ------------------------------------------------------------------------

const TableView* TemplateMaker::find_table(const dsl::Name& name) {
  const auto view = declared_.names.tables.find(name.text);
  if (view != declared_.names.tables.end()) {
    declared_.tables_of_rules.insert(name.text);
    return &view->second;
  }
  if (declared_.poisoned.contains(name.text)) return nullptr;
  auto& issue = diagnostics_.add(DiagnosticCode::kUnknownName, name.span,
                                 "there is no table `" + name.text + "`");
  std::vector<std::string_view> known;
  for (const auto& [other, table] : declared_.names.tables) known.push_back(other);
  suggest_name(issue, name, known);
  return nullptr;
}

void TemplateMaker::make_from_table(TemplateUse& of, const dsl::RuleInstanceDecl& decl) {
  declared_.rules_lost = true;  // unless all goes well
  const TableView* view = find_table(*decl.table);
  if (view == nullptr) return;
  const nfa::DataTable& table = context_.image.image.tables[view->table].rows;
  std::vector<dsl::Name> names;
  for (const auto& column : table.columns()) names.push_back({column.name, decl.from_span, false});
  const auto columns = columns_of(of, names);
  if (!check_columns(of, names, columns, decl.from_span)) return;
  declared_.rules_lost = lost_before_;
  const auto name_column = place_of_name(columns);
  dsl::Ast& cells = declared_.made_asts.emplace_back();
  dsl::Ast& to = made_ast(of, table.rows());
  for (std::size_t r = 0; r < table.rows(); ++r) {
    std::string name = table_text(table, r, name_column.value_or(table.key()));
    // A key such as 5411 is none yet.
    if (!name_column && !can_name_rule(name)) {
      name = of.expander.decl().name.text + "_" + name;
    }
    auto row = begin_row(of, name, decl.from_span, decl.from_span);
    if (!row) continue;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].role == Column::Role::kDescription) row->description = table_text(table, r, i);
      if (columns[i].role != Column::Role::kArgument) continue;
      const auto value = table_value(table, r, i, decl.from_span, cells);
      if (value.valid()) row->arguments[columns[i].argument] = {&cells, value};
    }
    if (is_complete(of, *row)) add_rule(of, std::move(*row), to);
  }
}

void TemplateMaker::finish() {
  misfits_.tell(diagnostics_);
  if (diagnostics_.has_errors()) return;  // what uses a template may be what is not understood
  for (const auto& [name, use] : declared_.templates) {
    if (use->used) continue;
    diagnostics_.add(DiagnosticCode::kUnused, use->expander.decl().name.span,
                     "no rule is made from the template `" + name + "`");
  }
}

}  // namespace weir::compiler
