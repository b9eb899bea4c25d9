// For each expression that is compared with constants: the tightest bounds seen so far, each with
// the condition that set it. A condition that leaves no room contradicts one of them. Several
// values of one set (`in`) are not followed; that would find little more.
#include "compiler/expr_bounds.h"

#include <map>

namespace weir::compiler {
namespace {

struct Bound {
  IrId by;  // the condition; invalid: none yet
  IrId constant;
  bool strict = false;
};
struct Bounds {
  Bound low, high, equal;
  std::vector<Bound> different;
};

int compare_nodes(const IrGraph& graph, IrId a, IrId b) {
  return compare(constant_of(graph[a]), constant_of(graph[b]));
}

class Finder {
 public:
  explicit Finder(const IrGraph& graph) : graph_(graph) {}

  // The condition that this one contradicts.
  IrId add(IrId condition) {
    const IrNode& n = graph_[condition];
    if (!is_comparison(n.op) || graph_[n.args[0]].type.kind == event::TypeKind::kGeo) return IrId();
    IrOp op = n.op;
    IrId x = n.args[0], constant = n.args[1];
    if (graph_[x].op == IrOp::kConst) {
      std::swap(x, constant);
      op = op == IrOp::kLt   ? IrOp::kGt
           : op == IrOp::kGt ? IrOp::kLt
           : op == IrOp::kLe ? IrOp::kGe
           : op == IrOp::kGe ? IrOp::kLe
                             : op;
    }
    if (graph_[constant].op != IrOp::kConst) return IrId();
    Bounds& bounds = bounds_[x];
    const Bound bound{condition, constant, op == IrOp::kLt || op == IrOp::kGt};
    if (op == IrOp::kNe) {
      bounds.different.push_back(bound);
    } else if (op == IrOp::kEq) {
      if (bounds.equal.by.valid() && compare_nodes(graph_, bounds.equal.constant, constant) != 0) {
        return bounds.equal.by;
      }
      bounds.equal = bound;
    } else {
      tighten(op == IrOp::kGt || op == IrOp::kGe ? &bounds.low : &bounds.high, bound,
              op == IrOp::kGt || op == IrOp::kGe);
    }
    return conflict(bounds, condition);
  }

 private:
  void tighten(Bound* old, const Bound& bound, bool low) const {
    if (old->by.valid()) {
      const int order = compare_nodes(graph_, bound.constant, old->constant);
      const bool tighter = order == 0 ? bound.strict : (order > 0) == low;
      if (!tighter) return;
    }
    *old = bound;
  }

  // Whether low leaves room below high.
  bool excludes(const Bound& low, const Bound& high) const {
    if (!low.by.valid() || !high.by.valid()) return false;
    const int order = compare_nodes(graph_, low.constant, high.constant);
    return order > 0 || (order == 0 && (low.strict || high.strict));
  }

  IrId conflict(const Bounds& b, IrId newest) const {
    const auto other = [newest](const Bound& p, const Bound& q) {
      return p.by == newest ? q.by : p.by;
    };
    if (excludes(b.low, b.high)) return other(b.low, b.high);
    if (!b.equal.by.valid()) return IrId();
    if (excludes(b.low, b.equal)) return other(b.low, b.equal);
    if (excludes(b.equal, b.high)) return other(b.equal, b.high);
    for (const Bound& different : b.different) {
      if (compare_nodes(graph_, different.constant, b.equal.constant) == 0)
        return other(different, b.equal);
    }
    return IrId();
  }

  const IrGraph& graph_;
  std::map<IrId, Bounds> bounds_;
};

}  // namespace

std::optional<std::pair<IrId, IrId>> find_contradiction(const IrGraph& graph,
                                                        const std::vector<IrId>& all) {
  Finder finder(graph);
  for (const IrId condition : all) {
    const IrId other = finder.add(condition);
    if (other.valid()) return std::pair(other, condition);
  }
  return std::nullopt;
}

}  // namespace weir::compiler
