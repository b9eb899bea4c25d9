// The builder's part for what is true or false: comparisons, and/or/not, presence, membership.
#include <re2/re2.h>

#include <algorithm>
#include <cstring>

#include "compiler/expr_build.h"
#include "compiler/expr_render.h"
#include "event/ip.h"

namespace weir::compiler {

using dsl::DiagnosticCode;
using dsl::Op;
using dsl::Span;
using event::TypeKind;

namespace {

IrOp comparison_op(Op op) {
  switch (op) {
    case Op::kEq:
      return IrOp::kEq;
    case Op::kNe:
      return IrOp::kNe;
    case Op::kLt:
      return IrOp::kLt;
    case Op::kLe:
      return IrOp::kLe;
    case Op::kGt:
      return IrOp::kGt;
    default:
      return IrOp::kGe;
  }
}

IrOp opposite(IrOp op) {
  switch (op) {
    case IrOp::kEq:
      return IrOp::kNe;
    case IrOp::kNe:
      return IrOp::kEq;
    case IrOp::kLt:
      return IrOp::kGe;
    case IrOp::kGe:
      return IrOp::kLt;
    case IrOp::kGt:
      return IrOp::kLe;
    default:
      return IrOp::kGt;
  }
}

bool is_ordered(TypeKind kind) {
  return is_number(kind) || kind == TypeKind::kString || kind == TypeKind::kTime ||
         kind == TypeKind::kDuration;
}

}  // namespace

// ---- comparisons -------------------------------------------------------------------------------

IrId IrBuilder::compare(Op op, IrId a, IrId b, Span span) {
  if (!a.valid() || !b.valid()) return IrId();
  if (!unify(&a, &b, span, "these two cannot be compared")) return IrId();
  return compare_ops(comparison_op(op), a, b, span);
}

IrId IrBuilder::compare_ops(IrOp op, IrId a, IrId b, Span span) {
  const event::Type& type = node(a).type;
  const bool equality = op == IrOp::kEq || op == IrOp::kNe;
  if (type.is_list()) {
    mismatch(span, "lists are not compared; use `contains` or `in`", a, b);
    return IrId();
  }
  if (!equality && !is_ordered(type.kind)) {
    mismatch(span,
             "values of type " + std::string(event::type_kind_name(type.kind)) +
                 " have no order; only == and != go with them",
             a, b);
    return IrId();
  }
  if (type.kind == TypeKind::kBool && equality) {  // x == true is x
    if (is_constant(a)) std::swap(a, b);
    if (is_constant(b) && !is_constant(a)) {
      return (node(b).value.integer != 0) == (op == IrOp::kEq) ? a : negate(a, span);
    }
  }
  if (is_constant(b) && count_ranges_.contains(a.value)) {
    if (const IrId known = compare_count(op, a, b, span); known.valid()) return known;
  } else if (is_constant(a) && count_ranges_.contains(b.value)) {
    if (const IrId known = compare_count(mirrored(op), b, a, span); known.valid()) return known;
  }
  IrNode n;
  n.op = op;
  n.type = type_of(TypeKind::kBool);
  n.args = {a, b};
  n.span = span;
  return add_folded(std::move(n));
}

// count(part) op constant, where the pattern says how many the part can have taken. Invalid: it
// depends.
IrId IrBuilder::compare_count(IrOp op, IrId a, IrId b, Span span) {
  const CountRange range = count_ranges_.at(a.value);
  const std::int64_t wanted = node(b).value.integer;
  const auto limit = [](std::uint64_t n) {
    return n > static_cast<std::uint64_t>(INT64_MAX) ? INT64_MAX : static_cast<std::int64_t>(n);
  };
  const std::int64_t low = limit(range.min), high = limit(range.max);
  const auto known = [&](bool always, bool never) {
    return always || never
               ? constant(TypeKind::kBool, event::Value::of_bool(always), span, Origin::kQuiet)
               : IrId();
  };
  const bool outside = wanted < low || wanted > high, only = low == wanted && high == wanted;
  switch (op) {
    case IrOp::kEq:
      return known(only, outside);
    case IrOp::kNe:
      return known(outside, only);
    case IrOp::kLt:
      return known(high < wanted, low >= wanted);
    case IrOp::kLe:
      return known(high <= wanted, low > wanted);
    case IrOp::kGt:
      return known(low > wanted, high <= wanted);
    default:
      return known(low >= wanted, high < wanted);
  }
}

// ---- and, or, not ------------------------------------------------------------------------------

IrId IrBuilder::logical(IrOp op, std::vector<IrId> args, Span span) {
  const bool conjunction = op == IrOp::kAnd;
  std::vector<IrId> kept;
  Origin origin = Origin::kLiteral;
  const auto keep = [&](IrId arg) {
    if (std::find(kept.begin(), kept.end(), arg) == kept.end()) kept.push_back(arg);
  };
  bool ok = true;
  for (IrId arg : args) {
    arg = as_condition(arg, conjunction ? "an operand of `and`" : "an operand of `or`");
    if (!arg.valid()) {
      ok = false;
      continue;
    }
    const IrNode& n = node(arg);
    if (n.op == IrOp::kConst) {
      if ((n.value.integer != 0) == conjunction) {
        origin = std::max(origin, n.origin);
        continue;  // neutral
      }
      return constant(TypeKind::kBool, event::Value::of_bool(!conjunction), span, n.origin);
    }
    if (n.op != op) {
      keep(arg);
      continue;
    }
    const std::vector<IrId> inner = n.args;
    for (const IrId each : inner) keep(each);
  }
  if (!ok) return IrId();
  if (kept.empty())
    return constant(TypeKind::kBool, event::Value::of_bool(conjunction), span, origin);
  if (kept.size() == 1) return kept[0];
  IrNode n;
  n.op = op;
  n.type = type_of(TypeKind::kBool);
  n.args = std::move(kept);
  n.span = span;
  return add(std::move(n));
}

// The opposite of a node whose arguments' opposites are known where they are needed; nothing if
// one is still missing.
std::optional<IrId> IrBuilder::negate_step(IrId id,
                                           const std::unordered_map<std::uint32_t, IrId>& done) {
  IrNode n = node(id);
  const auto opposites = [&](std::vector<IrId>* args) {
    for (IrId& arg : *args) {
      const auto found = done.find(arg.value);
      if (found == done.end()) return false;
      arg = found->second;
    }
    return true;
  };
  if (n.op == IrOp::kConst) {
    return constant(TypeKind::kBool, event::Value::of_bool(n.value.integer == 0), n.span, n.origin);
  }
  if (n.op == IrOp::kAbsent) return id;
  if (n.op == IrOp::kNot) return n.args[0];
  if (n.op == IrOp::kAnd || n.op == IrOp::kOr) {
    if (!opposites(&n.args)) return std::nullopt;
    return logical(n.op == IrOp::kAnd ? IrOp::kOr : IrOp::kAnd, std::move(n.args), n.span);
  }
  if (n.op == IrOp::kOtherwise) {
    if (!opposites(&n.args)) return std::nullopt;
    return add(std::move(n));
  }
  if (is_comparison(n.op)) {
    n.op = opposite(n.op);
  } else if (n.op == IrOp::kIsPresent || n.op == IrOp::kIsMissing) {
    n.op = n.op == IrOp::kIsPresent ? IrOp::kIsMissing : IrOp::kIsPresent;
  } else {
    n.args = {id};
    n.op = IrOp::kNot;
    n.index = 0;
    n.text.clear();
  }
  return add(std::move(n));
}

IrId IrBuilder::negate(IrId a, Span) {
  a = as_condition(a, "the operand of `not`");
  if (!a.valid()) return a;
  std::unordered_map<std::uint32_t, IrId> done;
  std::vector<IrId> todo = {a};
  while (!todo.empty()) {
    const IrId id = todo.back();
    if (done.contains(id.value)) {
      todo.pop_back();
      continue;
    }
    if (const auto opposite_id = negate_step(id, done)) {
      if (!opposite_id->valid()) return IrId();
      done[id.value] = *opposite_id;
      todo.pop_back();
      continue;
    }
    for (const IrId arg : node(id).args) todo.push_back(arg);
  }
  return done.at(a.value);
}

// ---- presence ----------------------------------------------------------------------------------

IrId IrBuilder::presence(bool present, IrId a, Span span) {
  if (!a.valid()) return a;
  if (is_constant(a) || is_absent(a)) {
    return constant(TypeKind::kBool, event::Value::of_bool(is_constant(a) == present), span,
                    node(a).origin);
  }
  IrNode n;
  n.op = present ? IrOp::kIsPresent : IrOp::kIsMissing;
  n.type = type_of(TypeKind::kBool);
  n.args = {a};
  n.span = span;
  return add(std::move(n));
}

// A constant that stands in for what is absent at this count of a part: another count may give
// another value, so nothing is to be said of it.
IrId IrBuilder::without_blame(IrId constant) {
  IrNode n = node(constant);
  n.origin = Origin::kQuiet;
  return add(std::move(n));
}

IrId IrBuilder::otherwise(IrId a, IrId b, Span span) {
  if (!a.valid() || !b.valid()) return IrId();
  if (!unify(&a, &b, span, "both sides of `otherwise` have to be of one type")) return IrId();
  if (is_constant(a)) return a;
  if (is_absent(a)) return is_constant(b) ? without_blame(b) : b;
  if (is_absent(b)) return a;
  IrNode n;
  n.op = IrOp::kOtherwise;
  n.type = node(a).type;
  n.may_be_absent = node(b).may_be_absent;
  n.args = {a, b};
  n.span = span;
  return add(std::move(n));
}

// ---- strings -----------------------------------------------------------------------------------

IrId IrBuilder::text_test(Op op, IrId a, IrId b, Span span) {
  if (!a.valid() || !b.valid()) return IrId();
  if (op == Op::kContains && node(a).type.is_list()) return list_has(a, b, span);
  b = as_text(b);
  if (node(a).type.kind != TypeKind::kString || node(b).type.kind != TypeKind::kString) {
    const std::string_view word = op == Op::kStartsWith ? "starts_with"
                                  : op == Op::kEndsWith ? "ends_with"
                                                        : "contains";
    mismatch(
        span,
        "`" + std::string(word) + "` is for strings" + (op == Op::kContains ? " and lists" : ""), a,
        b);
    return IrId();
  }
  IrNode n;
  n.op = op == Op::kStartsWith ? IrOp::kStartsWith
         : op == Op::kEndsWith ? IrOp::kEndsWith
                               : IrOp::kContains;
  n.type = type_of(TypeKind::kBool);
  n.args = {a, b};
  n.span = span;
  return add_folded(std::move(n));
}

IrId IrBuilder::matches(IrId a, const std::string& regex, Span regex_span, Span span) {
  if (!a.valid()) return a;
  if (node(a).type.kind != TypeKind::kString) {
    mismatch(span, "`matches` is for strings", a, IrId());
    return IrId();
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);  // as the image's loader has it
  const re2::RE2 compiled(regex, options);
  if (!compiled.ok()) {
    diagnostics_
        .add(DiagnosticCode::kBadRegex, regex_span,
             "this regular expression does not compile: " + compiled.error())
        .help = "the syntax is RE2's: no lookaround and no back-references";
    return IrId();
  }
  IrNode n;
  n.op = IrOp::kMatches;
  n.type = type_of(TypeKind::kBool);
  n.text = regex;
  n.args = {a};
  n.span = span;
  return add_folded(std::move(n));
}

// ---- membership --------------------------------------------------------------------------------

namespace {

bool set_less(const nfa::Constant& a, const nfa::Constant& b) {
  switch (a.value_class) {
    case nfa::ValueClass::kDecimal:
      return a.value.decimal < b.value.decimal;
    case nfa::ValueClass::kFloat:
      return a.value.real < b.value.real;
    case nfa::ValueClass::kString:
      return a.text < b.text;
    case nfa::ValueClass::kIp:
      return std::memcmp(a.value.ip, b.value.ip, 16) < 0;
    default:
      return a.value.integer < b.value.integer;
  }
}

// Sorted and without doubles, so that equal sets are equal whatever the order they were written in.
void normalise(nfa::ConstantSet* set) {
  struct Entry {
    nfa::Constant constant;
    std::uint8_t bits;
  };
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < set->entries.size(); ++i) {
    entries.push_back(
        {set->entries[i], set->prefix_bits.empty() ? std::uint8_t{128} : set->prefix_bits[i]});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (set_less(a.constant, b.constant)) return true;
    return !set_less(b.constant, a.constant) && a.bits < b.bits;
  });
  const auto same = [](const Entry& a, const Entry& b) {
    return a.constant == b.constant && a.bits == b.bits;
  };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  const bool prefixes = !set->prefix_bits.empty();
  set->entries.clear();
  set->prefix_bits.clear();
  for (Entry& entry : entries) {
    set->entries.push_back(std::move(entry.constant));
    if (prefixes) set->prefix_bits.push_back(entry.bits);
  }
}

}  // namespace

IrId IrBuilder::in_elements(IrId a, const std::vector<IrId>& elements, Span span) {
  if (!a.valid()) return a;
  std::vector<IrId> alternatives;
  nfa::ConstantSet set;
  bool ok = true;
  Origin origin = node(a).origin;
  for (IrId element : elements) {
    if (!element.valid()) return IrId();
    const bool network = node(a).type.kind == TypeKind::kIp && is_constant(element) &&
                         node(element).type.kind == TypeKind::kString &&
                         node(element).text.contains('/');
    const auto cidr = network ? event::parse_cidr(node(element).text) : std::nullopt;
    if (cidr) {
      set.entries.push_back(nfa::Constant::of(TypeKind::kIp, event::ip_value(cidr->base)));
      set.prefix_bits.push_back(static_cast<std::uint8_t>(cidr->prefix));
      continue;
    }
    // A decimal among the elements of an int makes the test one of decimals.
    if (!unify(&a, &element, node(element).span, "this is not of the type that is looked for")) {
      ok = false;
      continue;
    }
    if (!is_constant(element)) {
      alternatives.push_back(compare_ops(IrOp::kEq, a, element, span));
      continue;
    }
    origin = std::max(origin, node(element).origin);
    nfa::Constant constant;
    constant.value_class = nfa::value_class(node(element).type);
    constant.text = node(element).text;
    constant.value = node(element).value;
    set.entries.push_back(std::move(constant));
    if (node(a).type.kind == TypeKind::kIp) set.prefix_bits.push_back(128);
  }
  if (!ok) return IrId();
  // An int constant that stood before the decimal one was kept as an int.
  const nfa::ValueClass wanted = nfa::value_class(node(a).type);
  for (nfa::Constant& entry : set.entries) {
    if (entry.value_class == wanted) continue;
    const bool from_int = entry.value_class == nfa::ValueClass::kInteger;
    const IrId again =
        widen(constant(from_int ? TypeKind::kInt : TypeKind::kDecimal, entry.value, span),
              node(a).type.kind);
    if (!again.valid()) return IrId();
    entry.value_class = wanted;
    entry.value = node(again).value;
  }
  if (set.entries.size() == 1 && set.prefix_bits.empty()) {
    IrNode only;
    only.type = node(a).type;
    only.value = set.entries[0].value;
    only.text = set.entries[0].text;
    only.span = span;
    only.origin = origin;
    const IrId constant_id = add(std::move(only));
    alternatives.insert(alternatives.begin(), compare_ops(IrOp::kEq, a, constant_id, span));
  } else if (!set.entries.empty()) {
    normalise(&set);
    set.value_class = wanted;
    IrNode n;
    n.op = IrOp::kInSet;
    const auto found = std::find(graph_.sets.begin(), graph_.sets.end(), set);
    n.index = static_cast<std::uint32_t>(found - graph_.sets.begin());
    if (found == graph_.sets.end()) graph_.sets.push_back(std::move(set));
    n.type = type_of(TypeKind::kBool);
    n.args = {a};
    n.span = span;
    n.origin = origin;
    alternatives.insert(alternatives.begin(), add_folded(std::move(n)));
  }
  return logical(IrOp::kOr, std::move(alternatives), span);
}

IrId IrBuilder::in_network(IrId a, IrId cidr, Span span) {
  if (!a.valid() || !cidr.valid()) return IrId();
  if (node(a).type.kind == TypeKind::kIp && node(cidr).op == IrOp::kConst &&
      node(cidr).type.kind == TypeKind::kString) {
    if (event::parse_cidr(node(cidr).text)) return in_elements(a, {cidr}, span);
    diagnostics_.add(DiagnosticCode::kBadConstant, node(cidr).span,
                     "\"" + node(cidr).text + "\" is not a network as 10.0.0.0/8");
    return IrId();
  }
  mismatch(span, "`in` looks into a list, a list literal or the network of an ip", a, cidr);
  return IrId();
}

IrId IrBuilder::list_has(IrId list, IrId element, Span span) {
  if (!list.valid() || !element.valid()) return IrId();
  event::Type wanted = node(list).type;
  wanted.kind = wanted.element;
  wanted.element = TypeKind::kInt;
  const IrId converted = convert_to(element, wanted, "what is looked for in this list");
  if (!converted.valid()) return IrId();
  IrNode n;
  n.op = IrOp::kListHas;
  n.type = type_of(TypeKind::kBool);
  n.args = {list, converted};
  n.span = span;
  return add_folded(std::move(n));
}

IrId IrBuilder::in_list(IrId a, const std::string& name, const ListView& list, Span span) {
  const IrId converted = convert_to(a, list.type, "what is looked for in list `" + name + "`");
  if (!converted.valid()) return IrId();
  IrNode n;
  n.op = IrOp::kInList;
  n.type = type_of(TypeKind::kBool);
  n.index = list.list;
  n.text = name;
  n.args = {converted};
  n.span = span;
  return add_folded(std::move(n));
}

}  // namespace weir::compiler
