// Rules made from templates (L6): `rule r = T(...)`, `rules T from "file.csv"`, `rules T from
// TABLE`. Each becomes the syntax tree of a rule of its own (dsl/template_expander.h), which is
// compiled like any other.
//
// Used while declarations are gathered, when all templates and tables are known. Not thread-safe.
// What is wrong with the arguments is reported here; what is wrong with a rule made from them,
// where it is compiled (compiler/made_rules.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/argument_file.h"
#include "compiler/declarations.h"
#include "compiler/made_from.h"
#include "compiler/made_rules.h"

namespace weir::compiler {

class TemplateMaker {
 public:
  TemplateMaker(const CompileContext& context, Declared& declared)
      : context_(context),
        declared_(declared),
        diagnostics_(context.diagnostics),
        misfits_(declared) {}

  void add_template(const dsl::Ast& ast, const dsl::TemplateDecl& decl);

  // Appends the rules that a declaration makes to declared.rules, in the order of the rows. The
  // caller takes their names.
  void make(const dsl::Ast& ast, const dsl::RuleInstanceDecl& decl);

  // When all rules are made: tells what was wrong with arguments, and of templates without rules.
  void finish();

 private:
  struct Column {  // of a file or table, what it is for
    enum class Role { kUnused, kRuleName, kDescription, kArgument } role = Role::kUnused;
    std::size_t argument = 0;
  };
  struct Row {
    dsl::Name name;
    std::string description;
    dsl::Span place;
    std::vector<dsl::TemplateArgument> arguments;  // by the template's; none: its default
  };

  [[nodiscard]] TemplateUse* find(const dsl::Name& name);
  void make_one(TemplateUse& of, const dsl::Ast& ast, const dsl::RuleInstanceDecl& decl);
  bool place_argument(const TemplateUse& of, const dsl::InstanceArg& arg, std::size_t place,
                      const dsl::Ast& ast, Row& row);
  void make_from_file(TemplateUse& of, const dsl::Ast& ast, const dsl::RuleInstanceDecl& decl);
  void make_from_table(TemplateUse& of, const dsl::RuleInstanceDecl& decl);
  [[nodiscard]] std::optional<dsl::SourceId> load(const dsl::Ast& ast,
                                                  const dsl::RuleInstanceDecl& decl);
  [[nodiscard]] std::vector<Column> columns_of(const TemplateUse& of,
                                               const std::vector<dsl::Name>& names) const;
  bool check_columns(const TemplateUse& of, const std::vector<dsl::Name>& names,
                     const std::vector<Column>& columns, dsl::Span from);
  [[nodiscard]] static std::optional<std::size_t> place_of_name(const std::vector<Column>& columns);
  [[nodiscard]] std::optional<std::vector<Column>> file_columns(const TemplateUse& of,
                                                                const dsl::RuleInstanceDecl& decl,
                                                                const ArgumentFile& file);
  [[nodiscard]] const TableView* find_table(const dsl::Name& name);
  [[nodiscard]] std::optional<Row> begin_row(const TemplateUse& of, std::string_view name,
                                             dsl::Span span, dsl::Span from);
  [[nodiscard]] bool is_complete(const TemplateUse& of, const Row& row);
  [[nodiscard]] dsl::Ast& made_ast(const TemplateUse& of, std::size_t rules);
  void add_rule(TemplateUse& of, Row row, dsl::Ast& to);
  [[nodiscard]] std::string arguments_text(const TemplateUse& of) const;

  const CompileContext& context_;
  Declared& declared_;
  dsl::Diagnostics& diagnostics_;
  MadeRuleDiagnostics misfits_;
  bool lost_before_ = false;  // declared_.rules_lost before the declaration at hand
};

}  // namespace weir::compiler
