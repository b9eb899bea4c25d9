// The printer behind dsl/dump.h. Included by dump.cc and dump_declaration.cc only.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "dsl/ast.h"
#include "dsl/literal_text.h"

namespace weir::dsl {

class Dumper {
 public:
  explicit Dumper(const Ast& ast) : ast_(ast) {}
  std::string take() { return std::move(out_); }

  void expr(ExprId id);
  void declaration(const Declaration& declaration) {
    std::visit([this](const auto& decl) { print(decl); }, declaration);
  }

 private:
  void put(std::string_view text) { out_ += text; }
  void line(int indent) {
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent) * 2, ' ');
  }
  void name(const Name& n) { put(n.quoted ? "`" + n.text + "`" : n.text); }
  void optional_name(std::string_view before, const std::optional<Name>& n) {
    if (!n) return;
    put(before);
    name(*n);
  }
  void duration(const DurationArg& d) {
    if (d.name) return name(*d.name);
    put(std::to_string(d.ms) + "ms");
  }
  void optional_duration(std::string_view before, const std::optional<DurationArg>& d) {
    if (!d) return;
    put(before);
    duration(*d);
  }
  void number(const NumberArg& n) {
    if (n.name) return name(*n.name);
    put(std::to_string(n.value));
  }
  void keys(std::string_view before, const std::optional<Keys>& k) {
    if (!k) return;
    put(before);
    names(k->fields);
  }
  void names(const std::vector<Name>& list) {
    put("(");
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) put(" ");
      name(list[i]);
    }
    put(")");
  }
  void optional_expr(std::string_view before, ExprId id) {
    if (!id.valid()) return;
    put(before);
    expr(id);
  }
  void optional_text(std::string_view before, const std::optional<std::string>& text) {
    if (text) put(std::string(before) + quote(*text));
  }

  void args(const Expr& e) {
    for (const ExprId arg : e.args) {
      put(" ");
      expr(arg);
    }
    put(")");
  }
  void aggregate(const Aggregate& a);
  void types(const TypeSet& set);
  void quantifier(const Quantifier& q);
  void pattern(PatternId id, int indent);
  void item(const PatternItem& item, int indent);
  void part(const Part& part);
  void group(const Group& group, int indent);
  void absence(const Absence& absence);
  void outcome(const Outcome& outcome, int indent);
  void body(const RuleBody& body);
  void bounds(const RuleBody& body);
  void about(const RuleBody& body);
  void fields(const std::vector<FieldDecl>& list);
  void type(const TypeRef& type);
  void test_fields(const std::vector<TestField>& list);
  void expectation(const TestExpect& expect);

  void print(const RulesetDecl& d);
  void print(const EventDecl& d);
  void print(const ListDecl& d);
  void print(const TableDecl& d);
  void print(const ParamDecl& d);
  void print(const DefineDecl& d);
  void print(const FeatureDecl& d);
  void print(const StreamDecl& d);
  void print(const ImportDecl& d) { put("import " + quote(d.path)); }
  void print(const RuleDecl& d);
  void print(const TemplateDecl& d);
  void print(const RuleInstanceDecl& d);
  void print(const TestDecl& d);

  const Ast& ast_;
  std::string out_;
};

}  // namespace weir::dsl
