#include "compiler/expr_ir.h"

#include <array>
#include <cstring>

#include "nfa/value_text.h"

namespace weir::compiler {
namespace {

std::string constant_text(const IrNode& node) {
  const bool text = node.type.kind == event::TypeKind::kString;
  const event::Value value = text ? event::Value::of_string(node.text) : node.value;
  return nfa::value_text(node.type, value, nfa::Quoting::kQuoted) + ':' +
         std::string(event::type_kind_name(node.type.kind));
}

std::string set_text(const nfa::ConstantSet& set) {
  base::ByteWriter bytes;
  std::string text = "{";
  for (std::size_t i = 0; i < set.entries.size(); ++i) {
    const nfa::Constant& entry = set.entries[i];
    event::Type type;
    static constexpr std::array<event::TypeKind, 6> kKinds = {
        event::TypeKind::kInt,    event::TypeKind::kDecimal, event::TypeKind::kFloat,
        event::TypeKind::kString, event::TypeKind::kIp,      event::TypeKind::kGeo};
    type.kind = kKinds[static_cast<std::size_t>(entry.value_class)];
    const bool string = type.kind == event::TypeKind::kString;
    if (i > 0) text += ", ";
    text += nfa::value_text(type, string ? event::Value::of_string(entry.text) : entry.value,
                            nfa::Quoting::kQuoted);
    if (!set.prefix_bits.empty()) text += '/' + std::to_string(set.prefix_bits[i]);
  }
  return text + "}";
}

// What distinguishes a node from others with the same arguments.
std::string own_text(const IrGraph& graph, const IrNode& node) {
  switch (node.op) {
    case IrOp::kConst:
      return constant_text(node);
    case IrOp::kAbsent:
      return "missing:" + node.type.name();
    case IrOp::kSlot:
      return node.identity.empty() ? node.text : "feature " + node.identity;
    case IrOp::kRegister:
      return node.text;
    case IrOp::kTime:
      return "ts";
    case IrOp::kConvert:
      return "to " + node.type.name();
    case IrOp::kInSet:
      return "in_set " + set_text(graph.sets[node.index]);
    case IrOp::kMatches:
      return "matches /" + node.text + "/";
    case IrOp::kInList:
    case IrOp::kCall:
    case IrOp::kLookup:
      return std::string(ir_op_name(node.op)) + ' ' + node.text;
    default:
      return std::string(ir_op_name(node.op));
  }
}

}  // namespace

std::string_view ir_op_name(IrOp op) {
  static constexpr std::array<std::string_view, 32> kNames = {
      "const",      "missing",    "slot",      "ts",     "register", "to",       "add",
      "sub",        "mul",        "div",       "mod",    "negate",   "eq",       "ne",
      "lt",         "le",         "gt",        "ge",     "and",      "or",       "not",
      "is_present", "is_missing", "otherwise", "in_set", "in_list",  "list_has", "starts_with",
      "ends_with",  "contains",   "matches",   "call"};
  return op == IrOp::kLookup ? "lookup" : kNames[static_cast<std::size_t>(op)];
}

IrId IrGraph::add(IrNode node) {
  std::string key = own_text(*this, node);
  key += '|' + std::to_string(static_cast<int>(node.op)) + '|' + std::to_string(node.index) + '|' +
         std::to_string(static_cast<int>(node.origin)) + '|' + node.type.name();
  for (const IrId arg : node.args) key += ',' + std::to_string(arg.value);
  if (node.op == IrOp::kConst && !node.identity.empty()) key += "|cell " + node.identity;
  const auto [at, added] = known_.try_emplace(std::move(key), IrId(nodes.size()));
  if (added) nodes.push_back(std::move(node));
  return at->second;
}

IrOp mirrored(IrOp op) {
  switch (op) {
    case IrOp::kLt:
      return IrOp::kGt;
    case IrOp::kLe:
      return IrOp::kGe;
    case IrOp::kGt:
      return IrOp::kLt;
    case IrOp::kGe:
      return IrOp::kLe;
    default:
      return op;
  }
}

nfa::Constant constant_of(const IrNode& node) {
  nfa::Constant constant;
  constant.value_class = nfa::value_class(node.type);
  constant.value = node.value;
  constant.text = node.text;
  return constant;
}

int compare(const nfa::Constant& a, const nfa::Constant& b) {
  const auto order = [](const auto& p, const auto& q) { return p < q ? -1 : (q < p ? 1 : 0); };
  switch (a.value_class) {
    case nfa::ValueClass::kDecimal:
      return order(a.value.decimal, b.value.decimal);
    case nfa::ValueClass::kFloat:
      return order(a.value.real, b.value.real);
    case nfa::ValueClass::kString:
      return order(a.text, b.text);
    case nfa::ValueClass::kIp:
      return std::memcmp(a.value.ip, b.value.ip, sizeof a.value.ip);
    default:
      return order(a.value.integer, b.value.integer);
  }
}

std::string print(const IrGraph& graph, IrId root) {
  std::string out;
  struct Item {
    IrId id;  // invalid: text
    char text = 0;
  };
  std::vector<Item> todo = {{root, 0}};
  while (!todo.empty()) {
    const Item item = todo.back();
    todo.pop_back();
    if (!item.id.valid()) {
      out += item.text;
      continue;
    }
    const IrNode& node = graph[item.id];
    if (node.args.empty()) {
      out += own_text(graph, node);
      continue;
    }
    out += '(' + own_text(graph, node);
    todo.push_back({IrId(), ')'});
    for (std::size_t i = node.args.size(); i-- > 0;) {
      todo.push_back({node.args[i], 0});
      todo.push_back({IrId(), ' '});
    }
  }
  return out;
}

}  // namespace weir::compiler
