#include "compiler/streams.h"

#include <algorithm>
#include <string>
#include <utility>

namespace weir::compiler {

using dsl::DiagnosticCode;

namespace {

class StreamCompiler {
 public:
  StreamCompiler(const CompileContext& context, const StreamRef& stream, Features& features)
      : context_(context), ast_(*stream.ast), decl_(*stream.decl), features_(features) {}

  std::optional<nfa::StreamImage> compile() {
    out_.name = decl_.name.text;
    out_.type = context_.image.image.schema.find(out_.name);
    for (const auto& field : decl_.by.fields) out_.key_fields.push_back(field.text);
    bool ok = !decl_.columns.empty();
    if (decl_.columns.empty() && !decl_.broken) {
      context_.diagnostics
          .add(DiagnosticCode::kBadAggregate, decl_.name.span,
               "the stream `" + out_.name + "` has no columns")
          .help = "as in `{ n = count(auth) }`";
    }
    if (decl_.broken) return std::nullopt;  // it may lack its key or its window
    for (const auto& column : decl_.columns) ok = add(column) && ok;
    if (!ok) return std::nullopt;
    out_.window = out_.columns.front().window;
    context_.image.image.schema.types[out_.type.index()].fields = std::move(fields_);
    return std::move(out_);
  }

 private:
  [[nodiscard]] const event::Schema& schema() const { return context_.image.image.schema; }

  bool add(const dsl::StreamDecl::Column& column) {
    if (!column.value.valid()) return false;
    auto written = column_aggregate(ast_, ast_.expr(column.value));
    if (!written) {
      context_.diagnostics
          .add(DiagnosticCode::kBadAggregate, ast_.expr(column.value).span,
               "a column of a stream is one aggregate over events")
          .help = "rules that look at the stream can compute with its columns";
      return false;
    }
    if (written->by || written->window != dsl::WindowKind::kNone) return false;  // as was told
    written->by = decl_.by;
    written->window = dsl::WindowKind::kTumbling;
    written->length = decl_.each;
    const dsl::AggregateId nothing;
    auto image = features_.column({&ast_, nothing, {}, {}, &*written}, context_.diagnostics);
    if (!image) return false;
    if (fields_.empty()) add_key(*image);
    image->names = {column.name.text};
    return has_same_key(*image, *written) && add_field(column, std::move(*image));
  }

  void add_key(const nfa::FeatureImage& column) {
    const auto& source = schema().types[column.source.index()].fields;
    for (std::size_t k = 0; k < column.key.size(); ++k) {
      fields_.push_back(field(column.key_fields[k], source[column.key[k]].type, false));
    }
  }

  bool has_same_key(const nfa::FeatureImage& column, const dsl::Aggregate& written) {
    const event::EventType& source = schema().types[column.source.index()];
    for (std::size_t k = 0; k < column.key.size(); ++k) {
      const event::Type& type = source.fields[column.key[k]].type;
      if (type == fields_[k].type) continue;
      context_.diagnostics.add(DiagnosticCode::kTypeMismatch, written.type.span,
                               "`" + source.name + "." + column.key_fields[k] + "` is of type " +
                                   type.name() + ", and the key of the stream of type " +
                                   fields_[k].type.name());
      return false;
    }
    return true;
  }

  bool add_field(const dsl::StreamDecl::Column& column, nfa::FeatureImage image) {
    if (std::ranges::find(fields_, column.name.text, &event::Field::name) != fields_.end()) {
      context_.diagnostics.add(
          DiagnosticCode::kDuplicateField, column.name.span,
          "`" + out_.name + "` has a field `" + column.name.text + "` already");
      return false;
    }
    const bool always = image.aggregate == nfa::AggregateKind::kCount ||
                        image.aggregate == nfa::AggregateKind::kSum;
    fields_.push_back(field(column.name.text, image.result, !always));
    out_.columns.push_back(std::move(image));
    return true;
  }

  static event::Field field(std::string name, event::Type type, bool optional) {
    event::Field out;
    out.path = {name};
    out.name = std::move(name);
    out.type = std::move(type);
    out.optional = optional;
    return out;
  }

  const CompileContext& context_;
  const dsl::Ast& ast_;
  const dsl::StreamDecl& decl_;
  Features& features_;
  nfa::StreamImage out_;
  std::vector<event::Field> fields_;
};

}  // namespace

std::optional<dsl::Aggregate> column_aggregate(const dsl::Ast& ast, const dsl::Expr& expr) {
  if (expr.kind == dsl::ExprKind::kAggregate) return ast.aggregate(expr.aggregate);
  if (expr.kind != dsl::ExprKind::kCall || expr.args.size() != 1) return std::nullopt;
  const dsl::Expr& subject = ast.expr(expr.args.front());
  const bool member = subject.kind == dsl::ExprKind::kMember;
  const dsl::Expr& type = member ? ast.expr(subject.args.front()) : subject;
  if (type.kind != dsl::ExprKind::kName) return std::nullopt;
  dsl::Aggregate out;
  out.function.text = expr.text;
  out.function.span = expr.span;
  out.function.span.end = type.span.begin;
  out.type.text = type.text;
  out.type.span = type.span;
  if (member) {
    out.field.emplace();
    out.field->text = subject.text;
    out.field->span = subject.span;
    out.field->span.begin = type.span.end;
  }
  out.span = expr.span;
  return out;
}

std::optional<nfa::StreamImage> compile_stream(const CompileContext& context,
                                               const StreamRef& stream, Features& features) {
  return StreamCompiler(context, stream, features).compile();
}

}  // namespace weir::compiler
