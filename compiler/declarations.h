// What the files declare, gathered over all of them before any rule is looked at: event types,
// lists and tables with their contents, params, defines, the ruleset, and where rules and tests
// stand.
//
// Used by compile(). Not thread-safe; the trees must outlive what is gathered.
//
// Invariants
// 1. Of two declarations of one name the first counts; the other is an error.
// 2. A declaration that could not be understood is in `poisoned`: that a name or field is missing
//    because of it must not be reported again. Of an event type or table that is otherwise
//    understood only the `broken_fields` are.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "compiler/expr_scope.h"
#include "compiler/image_builder.h"
#include "compiler/made_from.h"
#include "dsl/ast.h"
#include "dsl/diagnostic.h"
#include "dsl/source.h"

namespace weir::compiler {

struct CompileOptions {
  std::map<std::string, std::string> params;  // `--set name=value`: the value as in a file
  bool warnings = true;                       // warnings and notes as well as errors
};

// Where the files of lists and tables come from. The path is as the rule file names it, relative
// to that file.
class FileLoader {
 public:
  virtual ~FileLoader() = default;
  [[nodiscard]] virtual base::Result<std::string> load(const std::string& rule_file_path,
                                                       const std::string& named_path) = 0;
  // The one path by which a file is known, however it is named.
  [[nodiscard]] virtual std::string identity(const std::string& path);
};

// A path that a rule file names, as seen from where the rule file is.
[[nodiscard]] std::string path_from(std::string_view rule_file_path, std::string_view named_path);

struct RuleRef {
  const dsl::Ast* ast = nullptr;
  const dsl::RuleDecl* decl = nullptr;
  const MadeFrom* made = nullptr;  // if a template made it
};

struct TestRef {
  const dsl::Ast* ast = nullptr;
  const dsl::TestDecl* decl = nullptr;
};

struct StreamRef {
  const dsl::Ast* ast = nullptr;
  const dsl::StreamDecl* decl = nullptr;
};

// A value that a param has now.
struct ParamValue {
  event::Type type;
  event::Value value;  // not a string's
  std::string text;    // as it would be written
};

// Where the contents of a list or table came from: to be read anew when it changes.
struct DataFile {
  bool is_table = false;
  std::uint16_t index = 0;  // of Image::lists, or of Image::tables
  std::string rule_file;
  std::string named;  // as that names it
};

struct Declared {
  Declarations names;
  std::map<std::string, ParamValue, std::less<>> param_values;  // those that are one constant
  std::vector<RuleRef> rules;
  std::vector<TestRef> tests;
  std::map<std::string, dsl::Span, std::less<>> values;  // params, lists, tables, defines, features
  std::map<std::string, dsl::Span, std::less<>> events;  // event types and streams
  std::map<std::string, dsl::Span, std::less<>> rule_names;
  std::vector<StreamRef> streams;
  // Rules whose alerts something looks at, as events (compiler/chains.h); of these, shadow rules.
  std::set<std::string, std::less<>> alert_events;
  std::set<std::string, std::less<>> shadow_alerts;
  std::set<std::string, std::less<>> poisoned;
  // By event type or table: its fields whose types could not be understood.
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> broken_fields;
  std::deque<dsl::Ast> set_values;  // the trees of `--set`
  std::map<std::string, std::shared_ptr<TemplateUse>, std::less<>> templates;
  std::deque<dsl::Ast> made_asts;  // of the rules that templates made, and of their arguments
  std::deque<MadeFrom> made_from;
  std::set<std::string, std::less<>> tables_of_rules;  // tables whose rows are rules
  std::vector<DataFile> data_files;
  bool rules_lost = false;  // rules that nobody can name, since what makes them is not understood

  // As suggestions for a name that nothing declares.
  [[nodiscard]] std::vector<std::string_view> event_names() const;
};

struct CompileContext {
  dsl::SourceSet& sources;  // the files of templates' arguments are added
  std::span<const dsl::Ast> asts;
  FileLoader& files;
  const CompileOptions& options;
  ImageBuilder& image;
  dsl::Diagnostics& diagnostics;
};

void collect_declarations(const CompileContext& context, Declared& declared);

// A constant expression over params, as a param's value is.
[[nodiscard]] ExprScope constant_scope(const event::Schema& schema, const Declarations& names,
                                       nfa::RegisterTable& registers);

// Adds "did you mean `x`?" for the candidate nearest to the name, if one is near.
void suggest_name(dsl::Diagnostic& diagnostic, const dsl::Name& name,
                  const std::vector<std::string_view>& candidates);

}  // namespace weir::compiler
