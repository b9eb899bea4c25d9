// The typed form of an expression between the syntax tree and the program: names resolved, types
// known, conversions written out. A directed acyclic graph in one array; equal nodes are one.
//
// Made by expr_lower, rewritten only at construction (expr_build), read by expr_codegen and
// expr_render. Printed, a node is what stands beside its op below.
//
// Invariants
// 1. Arguments have smaller ids than the node, so one pass over the ids is a walk bottom up.
// 2. `not` stands only over a node that has no opposite of its own (a bool field, `in`, `matches`):
//    the builder pushes it down through and, or, comparisons, presence and otherwise.
// 3. kAnd and kOr have two or more arguments, none of them a kAnd or kOr respectively.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "dsl/source.h"
#include "event/schema.h"
#include "event/value.h"
#include "nfa/program.h"

namespace weir::compiler {

using IrId = base::Id<struct IrTag>;

enum class IrOp : std::uint8_t {
  kConst,     // 5:decimal  "web":string
  kAbsent,    // missing:decimal           known now to be absent
  kSlot,      // amount                    index = slot of the event at hand
  kTime,      // ts                        the time of the event at hand
  kRegister,  // probe.amount              index = of the rule's register table
  kConvert,   // (to decimal x)
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,     // (add x y)
  kNegate,  // (negate x)
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,  // (lt x y)
  kAnd,
  kOr,   // (and x y ...)
  kNot,  // (not x)
  kIsPresent,
  kIsMissing,  // (is_present x)
  kOtherwise,  // (otherwise x y)
  kInSet,      // (in_set x {...})          index = of IrGraph::sets
  kInList,     // (in_list x hot_cards)     index = list of the image
  kListHas,    // (list_has list x)
  kStartsWith,
  kEndsWith,
  kContains,  // (starts_with x y)
  kMatches,   // (matches x /re/)          text = the regex
  kCall,      // (call abs x)              index = of nfa::builtins()
  kLookup,    // (lookup merchants.risk_tier x)   index = of IrGraph::columns
};
[[nodiscard]] std::string_view ir_op_name(IrOp op);
[[nodiscard]] constexpr bool is_comparison(IrOp op) { return op >= IrOp::kEq && op <= IrOp::kGe; }
[[nodiscard]] constexpr bool is_arithmetic(IrOp op) { return op >= IrOp::kAdd && op <= IrOp::kMod; }

// a op b says the same as b mirrored(op) a; what is no order stays.
[[nodiscard]] IrOp mirrored(IrOp op);

// Where a constant comes from: what may be said about a condition that it alone decides.
enum class Origin : std::uint8_t {
  kLiteral,  // written there: a mistake
  kParam,    // a param's value today: worth a warning
  kQuiet,    // a template's argument, a count known at this point of the pattern: as it should be
};

struct IrNode {
  IrOp op = IrOp::kConst;
  Origin origin = Origin::kLiteral;  // of constants
  bool may_be_absent = false;
  event::Type type;
  std::uint32_t index = 0;
  std::vector<IrId> args;
  event::Value value;  // kConst but strings
  std::string text;    // kConst strings; the name of slots, registers, lists, columns; the regex
  // Of the slot of a feature: what the value is, whatever it is called. Of a zscore: what the
  // feature is called. Of a constant that is the text in a cell of a table of arguments, where a
  // string is wanted: that text. Else empty.
  std::string identity;
  dsl::Span span;  // where it was first written
};

struct IrGraph {
  static constexpr std::size_t kMaxNodes = 20'000;

  std::vector<IrNode> nodes;
  std::vector<nfa::ConstantSet> sets;
  std::vector<nfa::TableColumn> columns;

  [[nodiscard]] const IrNode& operator[](IrId id) const { return nodes[id.index()]; }
  // The id of an equal node if there is one.
  IrId add(IrNode node);
  [[nodiscard]] bool full() const { return nodes.size() >= kMaxNodes; }

 private:
  std::unordered_map<std::string, IrId> known_;
};

// Of a kConst node.
[[nodiscard]] nfa::Constant constant_of(const IrNode& node);
// -1, 0, 1, for constants of one class; where it has no order, 0 is equal and else different.
[[nodiscard]] int compare(const nfa::Constant& a, const nfa::Constant& b);

// The printed form, on one line. Equal text, equal meaning, for one event type at hand.
[[nodiscard]] std::string print(const IrGraph& graph, IrId id);

}  // namespace weir::compiler
