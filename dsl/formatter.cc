// A tree becomes layout nodes, one for each declaration and for each clause, part, field or test
// line in it; then comments are attached and the nodes printed (dsl/format_layout.h).
#include "dsl/formatter.h"

#include <algorithm>
#include <utility>

#include "dsl/format_layout.h"
#include "dsl/format_rule.h"
#include "dsl/format_terms.h"
#include "dsl/literal_text.h"
#include "dsl/parser.h"

namespace weir::dsl {
namespace {

std::string padded(std::string text, std::size_t columns) {
  if (text.size() < columns) text.append(columns - text.size(), ' ');
  return text;
}

class Formatter {
 public:
  Formatter(const SourceSet& sources, const Ast& ast)
      : sources_(sources), ast_(ast), terms_(sources, ast), rules_(terms_, ast) {}

  LayoutNode declaration(const Declaration& declaration) {
    return std::visit(
        [this](const auto& decl) {
          LayoutNode node = layout(decl);
          node.begin = decl.span.begin;
          node.end = decl.span.end;
          return node;
        },
        declaration);
  }

 private:
  static LayoutNode node(AtomWriter& out, Span span) {
    LayoutNode result;
    result.head = out.take();
    result.begin = span.begin;
    result.end = span.end;
    return result;
  }
  static LayoutNode line(std::string text, Span span) {
    AtomWriter out;
    out.put(text);
    return node(out, span);
  }
  static std::string name(const Name& name) { return TermFormatter::name(name); }

  LayoutNode layout(const RulesetDecl& decl) const;
  LayoutNode layout(const EventDecl& decl) const;
  LayoutNode layout(const ListDecl& decl) const;
  LayoutNode layout(const TableDecl& decl) const;
  LayoutNode layout(const ParamDecl& decl) const;
  LayoutNode layout(const DefineDecl& decl) const;
  LayoutNode layout(const FeatureDecl& decl) const;
  LayoutNode layout(const StreamDecl& decl) const;
  LayoutNode layout(const ImportDecl& decl) const;
  LayoutNode layout(const RuleDecl& decl) const;
  LayoutNode layout(const TemplateDecl& decl) const;
  LayoutNode layout(const RuleInstanceDecl& decl) const;
  LayoutNode layout(const TestDecl& decl) const;

  static void type(AtomWriter& out, const TypeRef& type);
  static void next_argument(AtomWriter& out, std::size_t place, std::uint32_t begin);
  LayoutNode test_item(const TestItem& item, std::size_t time_columns) const;
  void test_fields(AtomWriter& out, const std::vector<TestField>& fields) const;
  void expectation(AtomWriter& out, const TestExpect& expect) const;
  std::string duration_as_written(Span span, std::int64_t ms) const;

  const SourceSet& sources_;
  const Ast& ast_;
  TermFormatter terms_;
  RuleFormatter rules_;
};

// ---- declarations ------------------------------------------------------------------------------

LayoutNode Formatter::layout(const RulesetDecl& decl) const {
  AtomWriter head;
  head.put("ruleset");
  if (decl.name) head.put(name(*decl.name));
  LayoutNode result = node(head, decl.span);
  result.block = true;
  if (!decl.decisions.empty()) {
    AtomWriter out;
    out.put("decisions");
    for (std::size_t i = 0; i < decl.decisions.size(); ++i) {
      if (i > 0) {
        out.allow(Break::kAnywhere, decl.decisions[i].span.begin);
        out.put(">");
      }
      out.put(name(decl.decisions[i]));
    }
    result.children.push_back(
        node(out, decl.decisions.front().span.to(decl.decisions.back().span)));
    // The word itself stands before the first decision.
    result.children.back().begin = decl.decisions.front().span.begin;
  }
  std::size_t columns = 0;
  for (const ScoreThreshold& t : decl.thresholds)
    columns = std::max(columns, name(t.decision).size());
  for (const ScoreThreshold& threshold : decl.thresholds) {
    AtomWriter out;
    out.put("decide " + padded(name(threshold.decision), columns) + " when");
    terms_.condition(out, threshold.condition);
    result.children.push_back(node(out, threshold.span));
  }
  return result;
}

void Formatter::type(AtomWriter& out, const TypeRef& type) {
  if (type.list) out.put("list of");
  if (type.enum_constants.empty()) {
    out.put(name(type.base));
  } else {
    out.put("enum(");
    for (std::size_t i = 0; i < type.enum_constants.size(); ++i) {
      if (i == 0) {
        out.glue_next();
      } else {
        out.glue(",");
        out.allow(Break::kAnywhere, type.enum_spans[i].begin);
      }
      out.put(quote(type.enum_constants[i]));
    }
    out.glue(")");
  }
  if (type.optional) out.glue("?");
}

LayoutNode Formatter::layout(const EventDecl& decl) const {
  AtomWriter head;
  head.put("event " + name(decl.name));
  if (decl.from_field) head.put("from " + quote(*decl.from_field) + " = " + quote(decl.from_value));
  LayoutNode result = node(head, decl.span);
  result.block = true;
  const auto first_word = [](const FieldDecl& f) { return name(f.role ? *f.role : f.name); };
  std::size_t columns = 0;
  for (const FieldDecl& field : decl.fields) columns = std::max(columns, first_word(field).size());
  for (const FieldDecl& field : decl.fields) {
    AtomWriter out;
    out.put(padded(first_word(field), columns));
    if (field.role) out.put(name(field.name));
    if (field.type) type(out, *field.type);
    if (field.path) out.put("from " + quote(*field.path));
    result.children.push_back(node(out, field.span));
  }
  return result;
}

LayoutNode Formatter::layout(const ListDecl& decl) const {
  AtomWriter out;
  out.put("list " + name(decl.name));
  type(out, decl.type);
  if (decl.path) out.put("from " + quote(*decl.path));
  return node(out, decl.span);
}

LayoutNode Formatter::layout(const TableDecl& decl) const {
  LayoutNode result = line("table " + name(decl.name), decl.span);
  result.block = true;
  result.one_line = true;
  result.separator = "  ";
  if (!decl.path.empty()) result.tail = " from " + quote(decl.path);
  for (const FieldDecl& column : decl.columns) {
    AtomWriter out;
    out.put(name(column.name));
    if (column.type) type(out, *column.type);
    if (column.key) out.put("key");
    result.children.push_back(node(out, column.span));
  }
  return result;
}

LayoutNode Formatter::layout(const ParamDecl& decl) const {
  AtomWriter out;
  out.put("param " + name(decl.name) + " =");
  terms_.condition(out, decl.value);
  return node(out, decl.span);
}

LayoutNode Formatter::layout(const DefineDecl& decl) const {
  AtomWriter out;
  out.put("define " + name(decl.name) + "(" + TermFormatter::names(decl.args) + ") =");
  out.allow(Break::kPart, terms_.begin(decl.body));
  terms_.condition(out, decl.body);
  return node(out, decl.span);
}

LayoutNode Formatter::layout(const FeatureDecl& decl) const {
  AtomWriter out;
  out.put("feature " + name(decl.name) + " =");
  terms_.aggregate(out, ast_.aggregate(decl.aggregate));
  return node(out, decl.span);
}

LayoutNode Formatter::layout(const StreamDecl& decl) const {
  LayoutNode result =
      line("stream " + name(decl.name) + " by " + TermFormatter::names(decl.by.fields) + " each " +
               terms_.duration(decl.each),
           decl.span);
  result.block = true;
  result.one_line = true;
  result.separator = "  ";
  for (const StreamDecl::Column& column : decl.columns) {
    AtomWriter out;
    out.put(name(column.name) + " =");
    terms_.condition(out, column.value);
    result.children.push_back(node(out, column.name.span.to(ast_.expr(column.value).span)));
  }
  return result;
}

LayoutNode Formatter::layout(const ImportDecl& decl) const {
  return line("import " + quote(decl.path), decl.span);
}

LayoutNode Formatter::layout(const RuleDecl& decl) const {
  AtomWriter head;
  head.put("rule " + name(decl.name));
  if (!decl.description.empty()) head.put(quote(decl.description));
  LayoutNode result = node(head, decl.span);
  rules_.fill(result, decl.body);
  return result;
}

LayoutNode Formatter::layout(const TemplateDecl& decl) const {
  AtomWriter head;
  head.put("template " + name(decl.name) + "(");
  for (std::size_t i = 0; i < decl.args.size(); ++i) {
    const TemplateArg& arg = decl.args[i];
    next_argument(head, i, arg.name.span.begin);
    head.put(name(arg.name));
    if (!arg.value.valid()) continue;
    head.put("=");
    terms_.value(head, arg.value);
  }
  head.glue(")");
  if (!decl.description.empty()) head.put(quote(decl.description));
  LayoutNode result = node(head, decl.span);
  rules_.fill(result, decl.body);
  return result;
}

void Formatter::next_argument(AtomWriter& out, std::size_t place, std::uint32_t begin) {
  if (place == 0) return out.glue_next();
  out.glue(",");
  out.allow(Break::kAnywhere, begin);
}

LayoutNode Formatter::layout(const RuleInstanceDecl& decl) const {
  AtomWriter out;
  if (!decl.name) {
    out.put("rules " + name(decl.template_name));
    if (decl.path) out.put("from " + quote(*decl.path));
    if (decl.table) out.put("from " + name(*decl.table));
    return node(out, decl.span);
  }
  out.put("rule " + name(*decl.name));
  if (!decl.description.empty()) out.put(quote(decl.description));
  out.put("= " + name(decl.template_name) + "(");
  for (std::size_t i = 0; i < decl.args.size(); ++i) {
    const InstanceArg& arg = decl.args[i];
    next_argument(out, i, arg.name ? arg.name->span.begin : terms_.begin(arg.value));
    if (arg.name) out.put(name(*arg.name) + " =");
    terms_.value(out, arg.value);
  }
  out.glue(")");
  return node(out, decl.span);
}

// ---- tests -------------------------------------------------------------------------------------

std::string Formatter::duration_as_written(Span span, std::int64_t ms) const {
  const std::string_view text = sources_.text(span);
  return duration_ms(text) == ms ? std::string(text) : duration_text(ms);
}

LayoutNode Formatter::layout(const TestDecl& decl) const {
  AtomWriter head;
  head.put("test");
  if (decl.rule) head.put(name(*decl.rule));
  if (!decl.title.empty()) head.put(quote(decl.title));
  LayoutNode result = node(head, decl.span);
  result.block = true;
  std::size_t columns = 0;
  for (const TestItem& item : decl.items) {
    const auto* event = std::get_if<TestEvent>(&item);
    if (event != nullptr)
      columns = std::max(columns, duration_as_written(event->at_span, event->at_ms).size());
  }
  for (const TestItem& item : decl.items) result.children.push_back(test_item(item, columns + 1));
  return result;
}

void Formatter::test_fields(AtomWriter& out, const std::vector<TestField>& fields) const {
  if (fields.empty()) return out.put("{}");
  out.put("{");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) {
      out.glue(",");
      out.allow(Break::kAnywhere, fields[i].name.span.begin);
    }
    out.put(name(fields[i].name) + ":");
    if (fields[i].value.valid()) {
      terms_.value(out, fields[i].value);
    } else {
      out.put("null");
    }
  }
  out.put("}");
}

LayoutNode Formatter::test_item(const TestItem& item, std::size_t time_columns) const {
  AtomWriter out;
  const Span span = std::visit([](const auto& one) { return one.span; }, item);
  if (const auto* given = std::get_if<TestGiven>(&item)) {
    out.put("given " + name(given->type));
    test_fields(out, given->fields);
  } else if (const auto* event = std::get_if<TestEvent>(&item)) {
    out.put(padded(duration_as_written(event->at_span, event->at_ms), time_columns));
    out.put(name(event->type));
    test_fields(out, event->fields);
  } else if (const auto* watermark = std::get_if<TestWatermark>(&item)) {
    out.put("watermark " + duration_as_written(watermark->at_span, watermark->at_ms));
  } else if (const auto* lateness = std::get_if<TestLateness>(&item)) {
    out.put("lateness " + duration_as_written(lateness->ms_span, lateness->ms));
  } else if (const auto* expect = std::get_if<TestExpect>(&item)) {
    expectation(out, *expect);
  } else {
    out.put("ignore others");
  }
  return node(out, span);
}

void Formatter::expectation(AtomWriter& out, const TestExpect& expect) const {
  if (expect.kind == TestExpect::Kind::kNothing) return out.put("expect nothing");
  const bool feature = expect.kind == TestExpect::Kind::kFeature;
  out.put(feature ? "expect feature " : "expect ");
  out.glue(name(expect.name));
  if (expect.timeout) out.glue("." + name(*expect.timeout));
  if (feature) {
    out.glue("[");
    for (std::size_t i = 0; i < expect.keys.size(); ++i) {
      if (i > 0) out.glue(",");
      if (i == 0) out.glue_next();
      terms_.value(out, expect.keys[i]);
    }
    out.glue("] ==");
    if (expect.value.valid()) {
      terms_.value(out, expect.value);
    } else {
      out.put("null");
    }
  }
  if (expect.at_ms) out.put("at " + duration_as_written(expect.at_span, *expect.at_ms));
  if (expect.counts.empty()) return;
  std::string counts;
  for (const TestExpect::Count& count : expect.counts) {
    counts += (counts.empty() ? "" : ", ") + name(count.part) + ": " + std::to_string(count.count);
  }
  out.put("{ " + counts + " }");
}

}  // namespace

std::string format(const SourceSet& sources, const Ast& ast) {
  Formatter formatter(sources, ast);
  LayoutNode file;
  file.block = true;
  file.end = static_cast<std::uint32_t>(sources.text(ast.source).size());
  for (const Declaration& declaration : ast.declarations) {
    file.children.push_back(formatter.declaration(declaration));
  }
  attach_comments(file, sources.text(ast.source), ast.comments);
  return print_layout(file);
}

std::expected<std::string, Diagnostics> format_source(const SourceSet& sources, SourceId source) {
  Diagnostics diagnostics;
  const Ast ast = parse(sources, source, diagnostics);
  if (diagnostics.has_errors()) {
    diagnostics.sort();
    return std::unexpected(std::move(diagnostics));
  }
  return format(sources, ast);
}

}  // namespace weir::dsl
