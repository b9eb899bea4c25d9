#include "compiler/expr_render.h"

#include <array>
#include <utility>
#include <vector>

#include "compiler/expr_codegen.h"
#include "nfa/value_text.h"

namespace weir::compiler {
namespace {

// How tightly an operator binds, as in the grammar; an argument that binds less stands in
// parentheses.
enum Binding : int {
  kLoose,
  kOrBinding,
  kAndBinding,
  kNotBinding,
  kTestBinding,
  kSumBinding,
  kProductBinding,
  kSignBinding,
  kTight
};

struct Form {
  Binding binding = kTight;
  std::string_view sign;  // between two arguments
};

Form form_of(IrOp op) {
  switch (op) {
    case IrOp::kAdd:
      return {kSumBinding, " + "};
    case IrOp::kSub:
      return {kSumBinding, " - "};
    case IrOp::kMul:
      return {kProductBinding, " * "};
    case IrOp::kDiv:
      return {kProductBinding, " / "};
    case IrOp::kMod:
      return {kProductBinding, " % "};
    case IrOp::kEq:
      return {kTestBinding, " == "};
    case IrOp::kNe:
      return {kTestBinding, " != "};
    case IrOp::kLt:
      return {kTestBinding, " < "};
    case IrOp::kLe:
      return {kTestBinding, " <= "};
    case IrOp::kGt:
      return {kTestBinding, " > "};
    case IrOp::kGe:
      return {kTestBinding, " >= "};
    case IrOp::kAnd:
      return {kAndBinding, " and "};
    case IrOp::kOr:
      return {kOrBinding, " or "};
    case IrOp::kStartsWith:
      return {kTestBinding, " starts_with "};
    case IrOp::kEndsWith:
      return {kTestBinding, " ends_with "};
    case IrOp::kContains:
    case IrOp::kListHas:
      return {kTestBinding, " contains "};
    case IrOp::kOtherwise:
      return {kLoose, " otherwise "};
    default:
      return {};
  }
}

std::string constant_text(const event::Type& type, const event::Value& value,
                          const std::string& text) {
  const bool string = type.kind == event::TypeKind::kString;
  return nfa::value_text(type, string ? event::Value::of_string(text) : value,
                         nfa::Quoting::kQuoted);
}

std::string set_text(const IrGraph& graph, const IrNode& node) {
  const nfa::ConstantSet& set = graph.sets[node.index];
  event::Type type = graph[node.args[0]].type;
  std::string text = "[";
  for (std::size_t i = 0; i < set.entries.size(); ++i) {
    if (i > 0) text += ", ";
    text += constant_text(type, set.entries[i].value, set.entries[i].text);
    if (set.prefix_bits.empty() || set.prefix_bits[i] == 128) continue;
    const bool v4 = text.rfind(':') == std::string::npos || text.rfind(':') < text.rfind('.');
    text += '/' + std::to_string(set.prefix_bits[i] - (v4 && set.prefix_bits[i] >= 96 ? 96 : 0));
  }
  return text + "]";
}

class Renderer {
 public:
  Renderer(const IrGraph& graph, bool with_holes, event::EventTypeId event_type)
      : graph_(graph), with_holes_(with_holes), event_type_(event_type) {}

  nfa::ExplainTemplate run(IrId root) {
    node(root, kLoose);
    while (!todo_.empty()) {
      Item item = std::move(todo_.back());
      todo_.pop_back();
      if (item.id.valid()) {
        node_now(item.id, item.outer);
      } else {
        text_ += item.text;
      }
    }
    if (!text_.empty()) result_.segments.push_back({std::move(text_), false, {}});
    return std::move(result_);
  }

 private:
  struct Item {
    IrId id;
    Binding outer = kLoose;
    std::string text;
  };
  // What is pushed last is written first.
  void node(IrId id, Binding outer) { todo_.push_back({id, outer, {}}); }
  void text(std::string text) { todo_.push_back({IrId(), kLoose, std::move(text)}); }

  static bool is_hole(IrOp op) {
    return op == IrOp::kSlot || op == IrOp::kTime || op == IrOp::kRegister || op == IrOp::kCall ||
           op == IrOp::kLookup;
  }

  void node_now(IrId id, Binding outer) {
    const IrNode& n = graph_[id];
    if (with_holes_ && is_hole(n.op)) {
      auto program = generate_value(graph_, id, event_type_);
      if (program) {
        result_.segments.push_back({std::exchange(text_, {}), true, std::move(*program)});
        return;
      }
    }
    const Form form = form_of(n.op);
    if (form.sign.empty()) {
      other(n, outer);
      return;
    }
    const bool parentheses = form.binding < outer || form.binding == kLoose;
    if (parentheses) text(")");
    for (std::size_t i = n.args.size(); i-- > 0;) {
      // Operators are left-associative: an equal one on the right needs parentheses.
      const bool tighter = form.binding == kTestBinding || form.binding == kLoose || i > 0;
      node(n.args[i], tighter ? static_cast<Binding>(form.binding + 1) : form.binding);
      if (i > 0) text(std::string(form.sign));
    }
    if (parentheses) text("(");
  }

  // x OP rest, where rest is text.
  void test(IrId x, std::string rest, Binding outer) {
    if (kTestBinding < outer) rest += ')';
    text(std::move(rest));
    node(x, kSumBinding);
    if (kTestBinding < outer) text("(");
  }

  void other(const IrNode& n, Binding outer) {
    switch (n.op) {
      case IrOp::kConst:
        text_ += constant_text(n.type, n.value, n.text);
        return;
      case IrOp::kAbsent:
        text_ += "missing";
        return;
      case IrOp::kSlot:
      case IrOp::kRegister:
        text_ += n.text;
        return;
      case IrOp::kTime:
        text_ += "ts";
        return;
      case IrOp::kConvert:
        node(n.args[0], outer);
        return;
      case IrOp::kNot:
        negation(n, outer);
        return;
      case IrOp::kNegate:
        node(n.args[0], kTight);
        text("-");
        return;
      case IrOp::kIsPresent:
        test(n.args[0], " is present", outer);
        return;
      case IrOp::kIsMissing:
        test(n.args[0], " is missing", outer);
        return;
      case IrOp::kInSet:
        test(n.args[0], " in " + set_text(graph_, n), outer);
        return;
      case IrOp::kInList:
        test(n.args[0], " in " + n.text, outer);
        return;
      case IrOp::kMatches:
        test(n.args[0], " matches /" + n.text + "/", outer);
        return;
      case IrOp::kCall:
        text(")");
        if (!n.identity.empty()) {  // the other arguments are what the feature's name stands for
          text(", " + n.identity);
          node(n.args[0], kLoose);
          text(n.text + "(");
          return;
        }
        for (std::size_t i = n.args.size(); i-- > 0;) {
          node(n.args[i], kLoose);
          if (i > 0) text(", ");
        }
        text(n.text + "(");
        return;
      case IrOp::kLookup: {
        const std::size_t dot = n.text.find('.');
        text("]" + n.text.substr(dot));
        node(n.args[0], kLoose);
        text(n.text.substr(0, dot) + "[");
        return;
      }
      default:
        return;
    }
  }

  void negation(const IrNode& n, Binding outer) {
    const IrNode& inner = graph_[n.args[0]];
    if (inner.op == IrOp::kInSet) {
      test(inner.args[0], " not in " + set_text(graph_, inner), outer);
    } else if (inner.op == IrOp::kInList) {
      test(inner.args[0], " not in " + inner.text, outer);
    } else {
      if (kNotBinding < outer) text(")");
      node(n.args[0], kNotBinding);
      text(kNotBinding < outer ? "(not " : "not ");
    }
  }

  const IrGraph& graph_;
  bool with_holes_;
  event::EventTypeId event_type_;
  std::vector<Item> todo_;
  std::string text_;
  nfa::ExplainTemplate result_;
};

}  // namespace

std::string render(const IrGraph& graph, IrId root) {
  const nfa::ExplainTemplate text = Renderer(graph, false, event::EventTypeId()).run(root);
  return text.segments.empty() ? std::string() : text.segments.front().text;
}

nfa::ExplainTemplate render_template(const IrGraph& graph, IrId root,
                                     event::EventTypeId event_type) {
  return Renderer(graph, true, event_type).run(root);
}

}  // namespace weir::compiler
