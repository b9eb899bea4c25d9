#include "compiler/expr_hash.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "event/decimal.h"

namespace weir::compiler {

using base::ByteWriter;
using base::Hash128;
using dsl::Expr;
using dsl::ExprKind;
using dsl::Op;

namespace {

// FROZEN, both tables.
std::string_view op_text(Op op) {
  switch (op) {
    case Op::kNone:
      return "";
    case Op::kNegate:
      return "negate";
    case Op::kNot:
      return "not";
    case Op::kAnd:
      return "and";
    case Op::kOr:
      return "or";
    case Op::kEq:
      return "==";
    case Op::kNe:
      return "!=";
    case Op::kLt:
      return "<";
    case Op::kLe:
      return "<=";
    case Op::kGt:
      return ">";
    case Op::kGe:
      return ">=";
    case Op::kAdd:
      return "+";
    case Op::kSub:
      return "-";
    case Op::kMul:
      return "*";
    case Op::kDiv:
      return "/";
    case Op::kMod:
      return "%";
    case Op::kStartsWith:
      return "starts_with";
    case Op::kEndsWith:
      return "ends_with";
    case Op::kContains:
      return "contains";
  }
  return "";
}

std::string_view kind_text(ExprKind kind) {
  switch (kind) {
    case ExprKind::kBool:
      return "bool";
    case ExprKind::kInt:
      return "int";
    case ExprKind::kDecimal:
      return "decimal";
    case ExprKind::kFloat:
      return "float";
    case ExprKind::kString:
      return "string";
    case ExprKind::kDuration:
      return "duration";
    case ExprKind::kRegex:
      return "regex";
    case ExprKind::kList:
      return "list";
    case ExprKind::kName:
      return "field";
    case ExprKind::kMember:
      return "member";
    case ExprKind::kIndex:
      return "index";
    case ExprKind::kCall:
      return "call";
    case ExprKind::kUnary:
      return "unary";
    case ExprKind::kBinary:
      return "binary";
    case ExprKind::kIn:
      return "in";
    case ExprKind::kNotIn:
      return "not_in";
    case ExprKind::kBetween:
      return "between";
    case ExprKind::kMatches:
      return "matches";
    case ExprKind::kIsMissing:
      return "is_missing";
    case ExprKind::kIsPresent:
      return "is_present";
    case ExprKind::kOtherwise:
      return "otherwise";
    case ExprKind::kAggregate:
      return "aggregate";
  }
  return "";
}

void append_data(ByteWriter& out, const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kBool:
    case ExprKind::kInt:
    case ExprKind::kDuration:
      out.i64(expr.integer);
      return;
    case ExprKind::kDecimal:
      out.string(event::print_decimal(event::parse_decimal(expr.text).scaled));
      return;
    case ExprKind::kFloat:
      out.f64(event::parse_float(expr.text).value);
      return;
    case ExprKind::kUnary:
    case ExprKind::kBinary:
      out.string(op_text(expr.op));
      return;
    default:
      out.string(expr.text);
      return;
  }
}

Hash128 finish(const ByteWriter& bytes) { return base::hash128(bytes.bytes()); }

Hash128 field_hash(const std::string& name) {
  ByteWriter bytes;
  bytes.string("field");
  bytes.string(name);
  return finish(bytes);
}

std::string hex_of(const std::vector<Hash128>& hashes) {
  std::string out;
  for (const auto& hash : hashes) out += "," + hash.hex();
  return out;
}

}  // namespace

void append_hash(ByteWriter& out, const Hash128& hash) {
  out.u64(hash.high);
  out.u64(hash.low);
}

std::optional<std::uint32_t> ExprHasher::ordinal(const std::string& name) const {
  const auto found = ordinals_.find(name);
  if (found == ordinals_.end()) return std::nullopt;
  return found->second;
}

Hash128 ExprHasher::hash(const dsl::Ast& ast, dsl::ExprId id) {
  open(ast, id, nullptr, "", {});
  Hash128 result;
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    if (frame.next == frame.order.size()) {
      result = frame.done.at(frame.root);
      if (!frame.memo.empty()) known_[frame.memo] = result;
      frames_.pop_back();
      continue;
    }
    const dsl::ExprId here = frame.order[frame.next];
    const auto value = node(frame, frame.ast->expr(here));
    if (!value) continue;  // a frame was opened; this node comes again behind it
    frame.done[here] = *value;
    ++frame.next;
  }
  return result;
}

void ExprHasher::open(const dsl::Ast& ast, dsl::ExprId root, const void* what, std::string memo,
                      Arguments arguments) {
  Frame frame;
  frame.ast = &ast;
  frame.root = root;
  frame.what = what;
  frame.memo = std::move(memo);
  frame.arguments = std::move(arguments);
  std::set<dsl::ExprId> seen;
  std::vector<dsl::ExprId> todo = {root};
  while (!todo.empty()) {
    const dsl::ExprId id = todo.back();
    todo.pop_back();
    if (!seen.insert(id).second) continue;
    for (const auto arg : ast.expr(id).args) {
      if (arg.valid()) todo.push_back(arg);
    }
  }
  frame.order.assign(seen.begin(), seen.end());  // operands have smaller ids
  frames_.push_back(std::move(frame));
}

std::optional<Hash128> ExprHasher::node(const Frame& frame, const Expr& expr) {
  if (expr.kind == ExprKind::kName) return name(frame, expr);
  if (expr.kind == ExprKind::kAggregate) return aggregate(frame, expr);
  std::vector<Hash128> operands;
  for (const auto arg : expr.args) {
    operands.push_back(arg.valid() ? frame.done.at(arg) : Hash128{});
  }
  if (expr.kind == ExprKind::kCall && declared_.names.defines.contains(expr.text)) {
    return define(expr.text, operands);
  }
  const bool member = expr.kind == ExprKind::kMember && !expr.quoted;
  if (member && declared_.names.features.contains(expr.text)) {
    return member_of_feature(expr, operands.front());
  }
  ByteWriter bytes;
  bytes.string(kind_text(expr.kind));
  append_data(bytes, expr);
  bytes.u32(static_cast<std::uint32_t>(operands.size()));
  for (const auto& operand : operands) append_hash(bytes, operand);
  return finish(bytes);
}

std::optional<Hash128> ExprHasher::name(const Frame& frame, const Expr& expr) {
  if (expr.quoted) return field_hash(expr.text);
  if (const auto argument = frame.arguments.find(expr.text); argument != frame.arguments.end()) {
    return argument->second;
  }
  std::vector<Hash128> meanings;
  if (fields_.contains(expr.text)) meanings.push_back(field_hash(expr.text));
  if (const auto part = ordinal(expr.text)) {
    ByteWriter bytes;
    bytes.string("part");
    bytes.u32(*part);
    meanings.push_back(finish(bytes));
  }
  if (declared_.names.params.contains(expr.text)) {
    const auto value = param(expr.text);
    if (!value) return std::nullopt;
    meanings.push_back(*value);
  }
  if (declared_.names.defines.contains(expr.text)) {
    const auto value = define(expr.text, {});
    if (!value) return std::nullopt;
    meanings.push_back(*value);
  }
  if (const auto list = source(expr.text)) meanings.push_back(*list);
  if (declared_.names.features.contains(expr.text)) meanings.push_back(feature_hash(expr.text));
  if (meanings.empty()) return field_hash(expr.text);
  if (meanings.size() == 1) return meanings.front();
  ByteWriter bytes;
  bytes.string("either");
  for (const auto& meaning : meanings) append_hash(bytes, meaning);
  return finish(bytes);
}

Hash128 ExprHasher::feature_hash(const std::string& text) const {
  ByteWriter bytes;
  bytes.string("feature");
  bytes.string(features_->identity_of(text));
  return finish(bytes);
}

// Some type may have a field of that name: then it may be meant.
Hash128 ExprHasher::member_of_feature(const Expr& expr, const Hash128& part) const {
  ByteWriter bytes;
  bytes.string("member of feature");
  bytes.string(features_->identity_of(expr.text));
  if (fields_.contains(expr.text)) bytes.string(expr.text);
  append_hash(bytes, part);
  return finish(bytes);
}

Hash128 ExprHasher::aggregate(const Frame& frame, const Expr& expr) const {
  ByteWriter bytes;
  bytes.string("feature");
  for (const auto& identity : features_->identities_of(*frame.ast, expr.aggregate)) {
    bytes.string(identity);
  }
  for (const auto& [name, argument] : frame.arguments) append_hash(bytes, argument);
  return finish(bytes);
}

bool ExprHasher::is_open(const void* what) const {
  return std::ranges::any_of(frames_, [&](const Frame& frame) { return frame.what == what; });
}

std::optional<Hash128> ExprHasher::param(const std::string& text) {
  if (const auto value = declared_.param_values.find(text); value != declared_.param_values.end()) {
    ByteWriter bytes;
    bytes.string("param");
    bytes.string(value->second.type.name());
    bytes.string(value->second.text);
    return finish(bytes);
  }
  const std::string memo = "param " + text;
  if (const auto known = known_.find(memo); known != known_.end()) return known->second;
  const auto& view = declared_.names.params.find(text)->second;
  if (is_open(&view)) return Hash128{};
  open(*view.value.ast, view.value.id, &view, memo, {});
  return std::nullopt;
}

std::optional<Hash128> ExprHasher::define(const std::string& text,
                                          const std::vector<Hash128>& arguments) {
  const std::string memo = "define " + text + hex_of(arguments);
  if (const auto known = known_.find(memo); known != known_.end()) return known->second;
  const auto& view = declared_.names.defines.find(text)->second;
  if (is_open(view.decl)) return Hash128{};  // the expression compiler refuses it, where it is used
  Arguments bound;
  for (std::size_t i = 0; i < std::min(arguments.size(), view.decl->args.size()); ++i) {
    bound[view.decl->args[i].text] = arguments[i];
  }
  open(*view.ast, view.decl->body, view.decl, memo, std::move(bound));
  return std::nullopt;
}

std::optional<Hash128> ExprHasher::source(const std::string& text) const {
  ByteWriter bytes;
  bytes.string("source");
  bytes.string(text);
  if (const auto list = declared_.names.lists.find(text); list != declared_.names.lists.end()) {
    bytes.string(list->second.type.name());
    return finish(bytes);
  }
  const auto table = declared_.names.tables.find(text);
  if (table == declared_.names.tables.end()) return std::nullopt;
  bytes.string(table->second.columns[table->second.key].name);
  bytes.u32(static_cast<std::uint32_t>(table->second.columns.size()));
  for (const auto& column : table->second.columns) {
    bytes.string(column.name);
    bytes.string(column.type.name());
    bytes.boolean(column.optional);
  }
  return finish(bytes);
}

}  // namespace weir::compiler
