// Two ways to run a node.
//
// As a *value* it is straight-line code, arguments before the node, each node once; unknown is an
// absent bool, and `and`/`or` are three-valued computes.
//
// As a *condition* only true counts. Since `not` has been pushed down to the leaves (expr_ir.h,
// invariant 2), and and or are monotone: taking unknown for false in a leaf cannot make the whole
// true, nor false where it was true. So a leaf is one test that jumps, and and or are only places
// to jump to:
//
//     amount > 500 and (country == "GB" or not known)
//
//     0  lt.d 500, amount   else 4
//     1  eq.s country, "GB" then 3        # `then`: jump when true
//     2  not true known     else 4
//     3  accept
//     4  reject
#include "compiler/expr_codegen.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "nfa/builtins.h"

namespace weir::compiler {
namespace {

using nfa::element_class;
using nfa::Instruction;
using nfa::Opcode;
using nfa::Operand;
using nfa::Space;
using nfa::value_class;
using nfa::ValueClass;

constexpr std::size_t kMaxCode = 16'000;

// The opcode of a family that stands in class order I, D, F.
Opcode of_class(Opcode first, ValueClass c, int family_size) {
  return static_cast<Opcode>(static_cast<int>(first) + static_cast<int>(c) * family_size);
}

class Generator {
 public:
  Generator(const IrGraph& graph, event::EventTypeId event_type) : graph_(graph) {
    program_.event_type = event_type;
  }

  std::optional<nfa::Program> condition(IrId root) {
    program_.condition = true;
    const Label accept = new_label(), reject = new_label();
    todo_ = {{Step::kBind, IrId(), accept, accept}, {Step::kTest, root, accept, reject}};
    while (!todo_.empty() && !too_large()) {
      const Step step = todo_.back();
      todo_.pop_back();
      if (step.kind == Step::kBind) {
        labels_[step.on_true] = program_.code.size();
      } else {
        test_node(step);
      }
    }
    emit({Opcode::kAccept});
    labels_[reject] = program_.code.size();
    emit({Opcode::kReject});
    for (const std::size_t at : jumps_) {
      program_.code[at].x = static_cast<std::uint16_t>(labels_[program_.code[at].x]);
    }
    return finish();
  }

  std::optional<nfa::Program> value(IrId root) {
    program_.condition = false;
    program_.result = graph_[root].type;
    const std::uint16_t result = operand(root);
    emit({Opcode::kReturn, 0, 0, result});
    return finish();
  }

 private:
  using Label = std::size_t;
  struct Step {
    enum Kind : std::uint8_t { kTest, kBind } kind;
    IrId node;
    Label on_true;  // kBind: the label to bind
    Label on_false;
  };

  bool too_large() const {
    return program_.code.size() > kMaxCode || program_.constants.size() > Operand::kMaxIndex ||
           program_.temps.size() > Operand::kMaxIndex;
  }
  std::optional<nfa::Program> finish() {
    if (too_large()) return std::nullopt;
    return std::move(program_);
  }
  void emit(Instruction i) { program_.code.push_back(i); }
  Label new_label() {
    labels_.push_back(0);
    return labels_.size() - 1;
  }

  // ---- conditions ----

  void test_node(const Step& step) {
    const IrNode& node = graph_[step.node];
    if (node.op == IrOp::kAnd || node.op == IrOp::kOr) {
      const bool conjunction = node.op == IrOp::kAnd;
      // Each argument but the last goes on to the next one on its neutral outcome.
      todo_.push_back({Step::kTest, node.args.back(), step.on_true, step.on_false});
      for (std::size_t i = node.args.size() - 1; i-- > 0;) {
        const Label next = new_label();
        todo_.push_back({Step::kBind, IrId(), next, next});
        todo_.push_back({Step::kTest, node.args[i], conjunction ? next : step.on_true,
                         conjunction ? step.on_false : next});
      }
      return;
    }
    Instruction test = test_of(step.node);
    const bool true_follows = follows(step.on_true);
    const bool false_follows = !true_follows && follows(step.on_false);
    test.x = static_cast<std::uint16_t>(false_follows ? step.on_true : step.on_false);
    if (!false_follows) test.flags |= Instruction::kSense;
    jumps_.push_back(program_.code.size());
    emit(test);
    if (!true_follows && !false_follows) {
      jumps_.push_back(program_.code.size());
      emit({Opcode::kJump, 0, static_cast<std::uint16_t>(step.on_true)});
    }
    release_temps();
  }

  // Whether the code that comes next is what the label stands for.
  bool follows(Label label) const {
    for (std::size_t i = todo_.size(); i-- > 0 && todo_[i].kind == Step::kBind;) {
      if (todo_[i].on_true == label) return true;
    }
    return false;
  }

  // ---- tests ----

  static bool is_test_node(const IrNode& node) {
    switch (node.op) {
      case IrOp::kIsPresent:
      case IrOp::kIsMissing:
      case IrOp::kInSet:
      case IrOp::kInList:
      case IrOp::kListHas:
      case IrOp::kStartsWith:
      case IrOp::kEndsWith:
      case IrOp::kContains:
      case IrOp::kMatches:
        return true;
      default:
        return is_comparison(node.op);
    }
  }

  // The node as one test, after the code for its operands.
  Instruction test_of(IrId id) {
    const IrNode* node = &graph_[id];
    const bool negated = node->op == IrOp::kNot;
    if (negated) node = &graph_[node->args[0]];
    Instruction test;
    if (!is_test_node(*node)) {
      test.op = Opcode::kTrue;
      test.a = operand(negated ? graph_[id].args[0] : id);
    } else {
      fill_test(*node, &test);
    }
    if (negated) test.flags ^= Instruction::kNegate;
    return test;
  }

  void fill_test(const IrNode& node, Instruction* test) {
    test->a = operand(node.args[0]);
    if (node.args.size() > 1) test->b = operand(node.args[1]);
    if (is_comparison(node.op)) {
      test->op = comparison(node, test);
      return;
    }
    switch (node.op) {
      case IrOp::kIsMissing:
        test->flags |= Instruction::kNegate;
        [[fallthrough]];
      case IrOp::kIsPresent:
        test->op = Opcode::kPresent;
        break;
      case IrOp::kInSet:
        test->op = Opcode::kInSet;
        test->b = static_cast<std::uint16_t>(intern(program_.sets, graph_.sets[node.index]));
        break;
      case IrOp::kInList:
        test->op = Opcode::kInList;
        test->b = static_cast<std::uint16_t>(node.index);
        break;
      case IrOp::kListHas: {
        test->op = Opcode::kListHas;
        const ValueClass list = value_class(graph_[node.args[0]].type);
        test->flags = static_cast<std::uint16_t>(static_cast<int>(element_class(list)) << 8);
        break;
      }
      case IrOp::kStartsWith:
        test->op = Opcode::kStartsWith;
        break;
      case IrOp::kEndsWith:
        test->op = Opcode::kEndsWith;
        break;
      case IrOp::kContains:
        test->op = Opcode::kContains;
        break;
      case IrOp::kMatches:
        test->op = Opcode::kMatches;
        test->b = static_cast<std::uint16_t>(intern(program_.regexes, node.text));
        break;
      default:
        WEIR_CHECK(false);
    }
  }

  Opcode comparison(const IrNode& node, Instruction* test) const {
    const ValueClass c = value_class(graph_[node.args[0]].type);
    IrOp op = node.op;
    if (op == IrOp::kGt || op == IrOp::kGe) {
      std::swap(test->a, test->b);
      op = op == IrOp::kGt ? IrOp::kLt : IrOp::kLe;
    }
    if (c == ValueClass::kIp) return op == IrOp::kEq ? Opcode::kEqP : Opcode::kNeP;
    if (c == ValueClass::kGeo) return op == IrOp::kEq ? Opcode::kEqG : Opcode::kNeG;
    const int offset = static_cast<int>(op) - static_cast<int>(IrOp::kEq);
    return static_cast<Opcode>(static_cast<int>(of_class(Opcode::kEqI, c, 4)) + offset);
  }

  // ---- values ----

  // The operand that holds the node's value, after the code that makes it.
  std::uint16_t operand(IrId root) {
    struct Visit {
      IrId id;
      bool arguments_done;
    };
    std::vector<Visit> todo = {{root, false}};
    while (!todo.empty() && !too_large()) {
      const Visit visit = todo.back();
      todo.pop_back();
      if (made_.contains(visit.id.value)) continue;
      const IrNode& node = operands_of(graph_[visit.id]);
      if (visit.arguments_done || node.args.empty()) {
        made_[visit.id.value] = make(visit.id);
        continue;
      }
      todo.push_back({visit.id, true});
      for (std::size_t i = node.args.size(); i-- > 0;) todo.push_back({node.args[i], false});
    }
    const auto found = made_.find(root.value);
    return found == made_.end() ? std::uint16_t{0} : found->second;
  }

  // The node whose arguments have to be made first: `not` over a test is one instruction.
  const IrNode& operands_of(const IrNode& node) const {
    const bool negated_test = node.op == IrOp::kNot && is_test_node(graph_[node.args[0]]);
    return negated_test ? graph_[node.args[0]] : node;
  }

  std::uint16_t made(IrId id) const { return made_.at(id.value); }

  std::uint16_t make(IrId id) {
    const IrNode& node = graph_[id];
    switch (node.op) {
      case IrOp::kConst:
        return constant(node);
      case IrOp::kSlot:
        return Operand::of(Space::kSlot, node.index).bits;
      case IrOp::kRegister:
        return Operand::of(Space::kRegister, node.index).bits;
      case IrOp::kAbsent: {
        // A temporary that nothing writes reads as absent; it is not shared with others.
        program_.temps.push_back(value_class(node.type));
        return Operand::of(Space::kTemp, program_.temps.size() - 1).bits;
      }
      default:
        break;
    }
    const std::uint16_t temp = new_temp(value_class(node.type));
    make_compute(id, temp);
    return Operand::of(Space::kTemp, temp).bits;
  }

  void make_compute(IrId id, std::uint16_t temp) {
    const IrNode& node = graph_[id];
    const bool negated_test = node.op == IrOp::kNot && is_test_node(graph_[node.args[0]]);
    if (is_test_node(node) || negated_test) {
      Instruction set = test_of(id);
      set.extra = static_cast<std::uint8_t>(set.op);
      set.op = Opcode::kSet;
      set.x = temp;
      emit(set);
      return;
    }
    switch (node.op) {
      case IrOp::kTime:
        emit({Opcode::kTime, 0, temp});
        return;
      case IrOp::kCall:
        make_call(node, temp);
        return;
      case IrOp::kLookup: {
        const std::size_t column = intern(program_.columns, graph_.columns[node.index]);
        emit({Opcode::kLookup, 0, temp, made(node.args[0]), static_cast<std::uint16_t>(column)});
        return;
      }
      case IrOp::kAnd:
      case IrOp::kOr: {
        const Opcode op = node.op == IrOp::kAnd ? Opcode::kAnd : Opcode::kOr;
        const std::uint16_t own = Operand::of(Space::kTemp, temp).bits;
        emit({op, 0, temp, made(node.args[0]), made(node.args[1])});
        for (std::size_t i = 2; i < node.args.size(); ++i)
          emit({op, 0, temp, own, made(node.args[i])});
        return;
      }
      default:
        break;
    }
    const std::uint16_t b = node.args.size() > 1 ? made(node.args[1]) : std::uint16_t{0};
    emit({compute_opcode(node), 0, temp, made(node.args[0]), b});
  }

  Opcode compute_opcode(const IrNode& node) const {
    const ValueClass from = value_class(graph_[node.args[0]].type);
    const ValueClass to = value_class(node.type);
    static constexpr std::array<std::array<Opcode, 6>, 3> kArithmetic = {{
        {Opcode::kAddI, Opcode::kSubI, Opcode::kMulI, Opcode::kDivI, Opcode::kModI, Opcode::kNegI},
        {Opcode::kAddD, Opcode::kSubD, Opcode::kMulD, Opcode::kDivD, Opcode::kModD, Opcode::kNegD},
        {Opcode::kAddF, Opcode::kSubF, Opcode::kMulF, Opcode::kDivF, Opcode::kModF, Opcode::kNegF},
    }};
    switch (node.op) {
      case IrOp::kNot:
        return Opcode::kNot;
      case IrOp::kOtherwise:
        return Opcode::kOtherwise;
      case IrOp::kConvert:
        if (from == ValueClass::kInteger) {
          if (to == ValueClass::kInteger) return Opcode::kCopy;
          return to == ValueClass::kDecimal ? Opcode::kIntToDecimal : Opcode::kIntToFloat;
        }
        if (from == ValueClass::kFloat) return Opcode::kFloatToDecimal;
        return to == ValueClass::kFloat ? Opcode::kDecimalToFloat : Opcode::kDecimalToInt;
      default:
        break;
    }
    const int which = static_cast<int>(node.op) - static_cast<int>(IrOp::kAdd);
    WEIR_CHECK(which >= 0 && which < 6 && static_cast<int>(from) < 3);
    return kArithmetic[static_cast<std::size_t>(from)][static_cast<std::size_t>(which)];
  }

  void make_call(const IrNode& node, std::uint16_t temp) {
    const nfa::BuiltinInfo& info = nfa::builtins()[node.index];
    const std::size_t first = program_.operands.size();
    for (std::size_t i = 0; i < node.args.size(); ++i) {
      std::uint16_t bits = made(node.args[i]);
      if (info.param(i) == 'z') {
        const std::size_t zone = intern(program_.zones, graph_[node.args[i]].text);
        nfa::Constant index;
        index.value = event::Value::of_int(static_cast<std::int64_t>(zone));
        bits = Operand::of(Space::kConstant, intern(program_.constants, index)).bits;
      }
      program_.operands.push_back(bits);
    }
    emit({Opcode::kCall, static_cast<std::uint8_t>(node.index), temp,
          static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(node.args.size())});
  }

  std::uint16_t constant(const IrNode& node) {
    nfa::Constant constant;
    constant.value_class = value_class(node.type);
    if (constant.value_class == ValueClass::kString) {
      constant.text = node.text;
    } else {
      constant.value = node.value;
    }
    return Operand::of(Space::kConstant, intern(program_.constants, constant)).bits;
  }

  template <typename T>
  static std::size_t intern(std::vector<T>& table, const T& entry) {
    const auto found = std::find(table.begin(), table.end(), entry);
    if (found != table.end()) return static_cast<std::size_t>(found - table.begin());
    table.push_back(entry);
    return table.size() - 1;
  }

  // ---- temporaries: one class each; all are free again after a test ----

  std::uint16_t new_temp(ValueClass c) {
    auto& free = free_[c];
    std::size_t temp = program_.temps.size();
    if (free.empty()) {
      program_.temps.push_back(c);
    } else {
      temp = free.back();
      free.pop_back();
    }
    taken_.emplace_back(c, temp);
    return static_cast<std::uint16_t>(temp);
  }
  void release_temps() {
    for (const auto& [c, temp] : taken_) free_[c].push_back(temp);
    taken_.clear();
    made_.clear();
  }

  const IrGraph& graph_;
  nfa::Program program_;
  std::vector<Step> todo_;
  std::vector<std::size_t> labels_;  // places in the code
  std::vector<std::size_t> jumps_;   // instructions whose x is still a label
  std::unordered_map<std::uint32_t, std::uint16_t>
      made_;  // operand of each node since the last test
  std::map<ValueClass, std::vector<std::size_t>> free_;
  std::vector<std::pair<ValueClass, std::size_t>> taken_;
};

}  // namespace

std::optional<nfa::Program> generate_condition(const IrGraph& graph, IrId root,
                                               event::EventTypeId event_type) {
  return Generator(graph, event_type).condition(root);
}

std::optional<nfa::Program> generate_value(const IrGraph& graph, IrId root,
                                           event::EventTypeId event_type) {
  return Generator(graph, event_type).value(root);
}

}  // namespace weir::compiler
