#include "compiler/cost.h"

#include <algorithm>
#include <vector>

#include "base/pool.h"
#include "nfa/front_plan.h"
#include "nfa/run_store.h"

namespace weir::compiler {

namespace {

constexpr std::uint64_t kUnbounded = RuleCost::kUnbounded;
constexpr std::uint64_t kFirstCompaction = 64;  // RunStore closes gaps no sooner

std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  return a > kUnbounded - b ? kUnbounded : a + b;
}

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  if (a == 0 || b == 0) return 0;
  return a > kUnbounded / b ? kUnbounded : a * b;
}

// Ways to choose k of n.
std::uint64_t choose(std::uint64_t n, std::uint64_t k) {
  unsigned __int128 result = 1;
  for (std::uint64_t i = 1; i <= std::min(k, n); ++i) {
    result = result * (n - i + 1) / i;
    if (result > kUnbounded) return kUnbounded;
  }
  return k > n ? 0 : static_cast<std::uint64_t>(result);
}

// How the number of runs grows with the number L of events: like L to the degree.
constexpr std::uint32_t kExponential = 1'000'000;

std::uint64_t growth(std::uint64_t events, std::uint32_t degree) {
  if (degree < kExponential) return choose(events, degree);
  return events >= 63 ? kUnbounded : std::uint64_t{1} << events;
}

class CostModel {
 public:
  CostModel(const nfa::RuleImage& rule, std::span<const nfa::Program> programs)
      : a_(rule.automaton),
        fronts_(nfa::front_plan(rule, programs)),
        events_(a_.limit),
        layout_(a_),
        arrivals_(a_.positions.size(), 0) {
    for (std::size_t e = 0; e < a_.edges.size(); ++e) {
      if (is_waited_on(e)) edges_.push_back(e);
    }
    find_components();
    count_arrivals();
  }

  RuleCost cost() {
    RuleCost cost;
    for (const auto& texts : a_.kept_is_text) {
      const auto count = std::ranges::count(texts, std::uint8_t{1});
      cost.text_fields = std::max(cost.text_fields, static_cast<std::uint32_t>(count));
    }
    cost.reason = reason();
    if (edges_.empty() && a_.leading.empty() && a_.trailing.empty()) {
      cost.reason = "one event is the whole match";
      return cost;
    }
    if (const char* without_end = unbounded_reason(); without_end != nullptr) {
      cost.events = cost.runs = cost.nodes = cost.bytes = kUnbounded;
      cost.held_events = cost.held_runs = cost.held_nodes = kUnbounded;
      cost.reason = without_end;
      return cost;
    }
    cost.events = add(edges_.empty() ? 0 : events_, a_.leading.size());
    cost.runs = runs(events_);
    cost.nodes = nodes();
    cost.held_events = add(grown_array(cost.events), 1);
    cost.held_nodes =
        add(std::max(grown_array(cost.nodes), cost.held_events), nodes_of_a_step(cost.runs));
    cost.held_runs = std::min(runs(cost.held_events), runs_by_nodes(cost));
    cost.bytes = bytes(cost);
    return cost;
  }

 private:
  // Runs wait on edges of positions; not on those of the start, nor on the shadows of others.
  [[nodiscard]] bool is_waited_on(std::size_t e) const {
    const auto& edge = a_.edges[e];
    if (!edge.from.valid()) return false;
    const auto& range = a_.positions[edge.from.index()].edges;
    return e >= range.begin && e < range.end;
  }

  // ---- how many runs get where ------------------------------------------------------------------

  // Strongly connected positions, by Tarjan's algorithm with a stack of its own.
  void find_components() {
    const auto count = a_.positions.size();
    component_.assign(count, kNone);
    std::vector<std::uint32_t> index(count, kNone);
    std::vector<std::uint32_t> low(count, 0);
    std::vector<std::uint32_t> path;
    struct Frame {
      std::uint32_t position;
      std::uint32_t edge;
    };
    std::uint32_t next_index = 0;
    for (std::uint32_t root = 0; root < count; ++root) {
      if (index[root] != kNone) continue;
      std::vector<Frame> frames;
      const auto enter = [&](std::uint32_t position) {
        index[position] = low[position] = next_index++;
        path.push_back(position);
        frames.push_back({position, a_.positions[position].edges.begin});
      };
      enter(root);
      while (!frames.empty()) {
        Frame& frame = frames.back();
        const std::uint32_t here = frame.position;
        if (frame.edge < a_.positions[here].edges.end) {
          const auto to = static_cast<std::uint32_t>(a_.edges[frame.edge++].to.index());
          if (index[to] == kNone) {
            enter(to);
          } else if (component_[to] == kNone) {
            low[here] = std::min(low[here], index[to]);
          }
          continue;
        }
        frames.pop_back();
        if (!frames.empty())
          low[frames.back().position] = std::min(low[frames.back().position], low[here]);
        if (low[here] == index[here]) close_component(path, here);
      }
    }
  }

  void close_component(std::vector<std::uint32_t>& path, std::uint32_t last) {
    std::uint32_t position = kNone;
    do {
      position = path.back();
      path.pop_back();
      component_[position] = components_;
    } while (position != last);
    ++components_;
  }

  [[nodiscard]] bool is_inner(const nfa::Edge& edge) const {
    return edge.from.valid() && component_[edge.from.index()] == component_[edge.to.index()];
  }

  // The degree of a whole component: what comes in, and one more for going round; exponential
  // where a run that goes round leaves another behind inside.
  void count_arrivals() {
    // Tarjan numbers a component after all that it leads to.
    for (std::uint32_t c = components_; c-- > 0;) {
      std::uint32_t degree = 0;
      std::uint32_t inner = 0;
      std::uint32_t members = 0;
      bool branches = false;
      for (std::size_t p = 0; p < component_.size(); ++p) members += component_[p] == c ? 1 : 0;
      for (const auto& edge : a_.edges) {
        if (component_[edge.to.index()] != c) continue;
        if (is_inner(edge)) {
          if (!is_waited_on(index_of(edge))) continue;
          ++inner;
          branches = branches || edge.kind == nfa::EdgeKind::kEvery;
          continue;
        }
        if (!edge.from.valid()) {
          degree = std::max(degree, std::uint32_t{1});
        } else if (is_waited_on(index_of(edge))) {
          const bool every = edge.kind == nfa::EdgeKind::kEvery;
          degree = std::max(degree, grown(arrivals_[edge.from.index()], every ? 1 : 0));
        }
      }
      if (inner > 0) degree = branches || inner > members ? kExponential : grown(degree, 1);
      for (std::size_t p = 0; p < component_.size(); ++p) {
        if (component_[p] == c) arrivals_[p] = degree;
      }
    }
  }

  [[nodiscard]] std::size_t index_of(const nfa::Edge& edge) const {
    return static_cast<std::size_t>(&edge - a_.edges.data());
  }
  static std::uint32_t grown(std::uint32_t degree, std::uint32_t by) {
    return degree >= kExponential ? kExponential : degree + by;
  }

  // Runs that stand on an edge at one time: on one that goes round, those that have gone on are
  // elsewhere, so there is one for each way in.
  [[nodiscard]] std::uint32_t standing(const nfa::Edge& edge) const {
    const std::uint32_t degree = arrivals_[edge.from.index()];
    const bool moves_on = is_inner(edge) && edge.kind != nfa::EdgeKind::kEvery;
    return moves_on && degree < kExponential ? degree - 1 : degree;
  }

  // ---- what tells runs on an edge apart ---------------------------------------------------------

  // How many events the groups on an edge are told apart by; kExponential with aggregates.
  [[nodiscard]] std::uint32_t remembered(const nfa::Edge& edge) const {
    if (edge.live_aggregates != 0) return kExponential;
    const auto from_name = a_.part_name[a_.positions[edge.from.index()].part.index()];
    bool last = edge.needs_last_time;
    bool start = a_.split_by_start;
    std::uint32_t others = 0;
    for (std::size_t r = 0; r < a_.event_registers.size(); ++r) {
      if ((edge.live_events >> r & 1) == 0) continue;
      const auto& reg = a_.event_registers[r];
      if (!reg.first && reg.name == from_name) {
        last = true;
      } else if (is_start_name(reg.name)) {
        start = true;
      } else {
        ++others;
      }
    }
    // All runs that wait for the very next event have taken the same one last.
    if (is_over_at_once(edge)) last = false;
    return others + (start && !(last && is_first(edge.from)) ? 1 : 0) + (last ? 1 : 0);
  }

  // A name that only the first part of a chain has, so that its event is the first.
  [[nodiscard]] bool is_start_name(std::uint16_t name) const {
    for (std::size_t p = 0; p < a_.positions.size(); ++p) {
      const bool named = a_.part_name[a_.positions[p].part.index()] == name;
      if (named && !is_first(nfa::PositionId(p))) return false;
    }
    return true;
  }

  // Only the start leads there.
  [[nodiscard]] bool is_first(nfa::PositionId position) const {
    return std::ranges::none_of(
        a_.edges, [&](const nfa::Edge& edge) { return edge.to == position && edge.from.valid(); });
  }

  // Whatever event the rule sees next is taken or ends the wait.
  [[nodiscard]] bool is_over_at_once(const nfa::Edge& edge) const {
    const auto& acceptor = a_.acceptors[a_.positions[edge.to.index()].acceptor.index()];
    return edge.kind == nfa::EdgeKind::kNext && acceptor.next_types == ~std::uint64_t{0};
  }

  // Groups on an edge, if `events` can be told apart.
  [[nodiscard]] std::uint64_t groups(const nfa::Edge& edge, std::uint64_t events) const {
    const std::uint32_t degree = std::min(remembered(edge), standing(edge));
    // What the first events on an edge decide (fresh, `without next`, a repetition that falls
    // silent) is decided one after another: so many stages stand beside each other.
    std::uint64_t stages = 1 + edge.shadows.size();
    if (edge.strict && !is_over_at_once(edge)) stages += 1 + edge.next_guards.size();
    const std::uint64_t all = growth(events, degree);
    return multiply(is_line(edge) ? std::min(all, multiply(events, kNotThinned)) : all, stages);
  }

  // Of those that remember one value that matters, one a first event is kept; where an event puts
  // few there, these may stay as well.
  static constexpr std::uint64_t kNotThinned = 5;
  [[nodiscard]] bool is_line(const nfa::Edge& edge) const {
    return fronts_.edges[static_cast<std::size_t>(&edge - a_.edges.data())].is_line;
  }

  // ---- the figures ------------------------------------------------------------------------------

  [[nodiscard]] std::uint64_t runs(std::uint64_t events) const {
    std::uint64_t total = 0;
    for (const auto e : edges_) total = add(total, groups(a_.edges[e], events));
    return std::min(total, without_branching(events));
  }

  // Each group had a node of its own when it came into being, but for those that the same event
  // put on several edges.
  [[nodiscard]] std::uint64_t runs_by_nodes(const RuleCost& cost) const {
    std::uint64_t edges = 1;
    for (const auto& position : a_.positions) {
      edges = std::max<std::uint64_t>(edges, position.edges.size());
    }
    return add(cost.runs, multiply(edges, add(std::max(cost.nodes, kFirstCompaction), 1)));
  }

  // Where nothing repeats and nothing is `every`, a first event leads to at most so many runs at
  // one time: each stands on an edge or has gone on from there.
  [[nodiscard]] std::uint64_t without_branching(std::uint64_t events) const {
    std::vector<std::uint64_t> below(a_.positions.size(), 0);
    std::vector<std::uint32_t> order(a_.positions.size());
    for (std::uint32_t p = 0; p < order.size(); ++p) order[p] = p;
    std::ranges::sort(order, {}, [&](std::uint32_t p) { return component_[p]; });
    for (const std::uint32_t p : order) {
      const auto& range = a_.positions[p].edges;
      for (auto e = range.begin; e < range.end; ++e) {
        const auto& edge = a_.edges[e];
        if (is_inner(edge) || edge.kind == nfa::EdgeKind::kEvery) return kUnbounded;
        below[p] = add(below[p], std::max<std::uint64_t>(1, below[edge.to.index()]));
      }
    }
    std::uint64_t total = 0;
    for (auto e = a_.start_edges.begin; e < a_.start_edges.end; ++e) {
      total = add(total, below[a_.edges[e].to.index()]);
    }
    return multiply(total, events);
  }

  // Each event that a group takes is a node, and so is each merge on an edge that follows.
  [[nodiscard]] std::uint64_t nodes() const {
    if (fronts_.used) return runs(events_);  // no history is kept
    std::uint64_t total = 0;
    for (std::size_t e = 0; e < a_.edges.size(); ++e) {
      const auto& edge = a_.edges[e];
      const bool first = e >= a_.start_edges.begin && e < a_.start_edges.end;
      if (!first && !is_waited_on(e)) continue;
      const auto follow = a_.positions[edge.to.index()].edges;
      if (follow.size() == 0) continue;  // the match is whole: nothing keeps its node
      const std::uint64_t takes = first ? events_ : takes_on(edge);
      std::uint64_t merging = 0;
      for (auto next = follow.begin; next < follow.end; ++next) {
        // Where every run is told apart nothing merges.
        merging += remembered(a_.edges[next]) >= arrivals_[edge.to.index()] ? 0 : 1;
      }
      total = add(total, multiply(takes, 1 + merging));
    }
    return total;
  }

  [[nodiscard]] std::uint64_t takes_on(const nfa::Edge& edge) const {
    const std::uint32_t by_group = grown(std::min(remembered(edge), standing(edge)), 1);
    if (edge.kind == nfa::EdgeKind::kEvery) return growth(events_, by_group);
    return growth(events_, std::min(by_group, arrivals_[edge.from.index()]));
  }

  // In one step each group can take the event, and a merge follows on each edge behind it.
  [[nodiscard]] std::uint64_t nodes_of_a_step(std::uint64_t runs) const {
    std::uint64_t total = 0;
    std::uint64_t most = 1;
    for (std::size_t e = 0; e < a_.edges.size(); ++e) {
      const bool first = e >= a_.start_edges.begin && e < a_.start_edges.end;
      if (!first && !is_waited_on(e)) continue;
      const auto& edge = a_.edges[e];
      const std::uint64_t each = 1 + a_.positions[edge.to.index()].edges.size();
      most = std::max(most, each);
      total = add(total, multiply(first ? 1 : groups(edge, events_), each));
    }
    return std::min(total, multiply(add(runs, a_.start_edges.size()), most));
  }

  // Elements of an array that had `alive` of them, when its gaps are closed next.
  static std::uint64_t grown_array(std::uint64_t alive) {
    return std::max(multiply(alive, 2), kFirstCompaction);
  }

  static std::uint64_t array_bytes(std::uint64_t elements, std::uint64_t each) {
    const std::uint64_t bytes = multiply(elements, each);
    if (bytes > kUnbounded / 2) return kUnbounded;
    return bytes == 0 ? 0 : base::Pool::rounded(bytes);
  }

  [[nodiscard]] std::uint64_t bytes(const RuleCost& cost) const {
    std::uint64_t total = array_bytes(cost.held_events, layout_.event_bytes);
    total = add(total, array_bytes(cost.held_nodes, sizeof(nfa::Node)));
    total = add(total, array_bytes(cost.held_runs, layout_.cohort_bytes));
    total = add(total, array_bytes(a_.edges.size() + 1, sizeof(std::uint32_t)));
    return add(total, array_bytes(a_.leading.size(), sizeof(nfa::RunStore::Leading)));
  }

  // ---- why --------------------------------------------------------------------------------------

  // What `limit` does not bound: matches that are whole already, and events that are no part of
  // one.
  [[nodiscard]] const char* unbounded_reason() const {
    if (!a_.trailing.empty()) {
      return "a `without` at the end keeps each match until its deadline, however many there are";
    }
    if (a_.keeps_timeouts) {
      return "a `timeout` keeps each first event until its time, however many there are";
    }
    for (const auto& absence : a_.leading) {
      if (absence.reads_first) {
        return "the `without` at the start looks at the first event, so it keeps all of its own";
      }
    }
    return nullptr;
  }

  [[nodiscard]] std::string reason() const {
    std::uint32_t most = 0;
    bool aggregates = false;
    for (const auto e : edges_) {
      const auto& edge = a_.edges[e];
      std::uint32_t degree = std::min(remembered(edge), standing(edge));
      if (is_line(edge)) degree = std::min(degree, 1u);
      if (degree < most || degree == 0) continue;
      most = degree;
      aggregates = edge.live_aggregates != 0;
    }
    const std::string kept = "`limit` keeps " + std::to_string(events_) + " events";
    if (most >= kExponential) return kept + ", and every combination of them is told apart";
    if (most == 0) return kept + ", and partial matches are shared";
    if (fronts_.used) return kept + ", and of partial matches those that no other dominates";
    return kept + ", and conditions look back at " +
           (aggregates ? "aggregates"
                       : std::to_string(most) + (most == 1 ? " of them" : " of them at once"));
  }

  static constexpr std::uint32_t kNone = UINT32_MAX;
  const nfa::Automaton& a_;
  nfa::FrontPlan fronts_;
  std::uint64_t events_;
  nfa::RunStore::Layout layout_;
  std::vector<std::size_t> edges_;        // that runs wait on
  std::vector<std::uint32_t> component_;  // by position
  std::uint32_t components_ = 0;
  std::vector<std::uint32_t> arrivals_;  // by position: the degree
};

std::string count_text(std::uint64_t count) {
  return count == kUnbounded ? "any number of" : "at most " + std::to_string(count);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes == kUnbounded) return "any number of bytes";
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  std::uint64_t tenths = bytes;
  std::size_t unit = 0;
  bool scaled = false;
  while (tenths >= (scaled ? 10'000u : 1'000u) && unit + 1 < std::size(kUnits)) {
    if (!scaled) {
      tenths = tenths > kUnbounded / 10 ? kUnbounded : tenths * 10;
      scaled = true;
    }
    tenths = (tenths + 999) / 1000;
    ++unit;
  }
  std::string text = std::to_string(scaled ? tenths / 10 : tenths);
  if (scaled) text += '.' + std::to_string(tenths % 10);
  return text + ' ' + kUnits[unit];
}

}  // namespace

std::string RuleCost::text() const {
  if (events == 0 && runs == 0) return "keeps nothing: " + reason;
  std::string out = "keeps " + count_text(held_events) + (held_events == 1 ? " event" : " events");
  if (held_events != kUnbounded) out += " (" + std::to_string(events) + " in use)";
  out += ", " + count_text(held_runs) + (held_runs == 1 ? " group" : " groups") +
         " of partial matches, " + (bytes == kUnbounded ? "" : "at most ") + bytes_text(bytes) +
         " a key";
  if (text_fields > 0) {
    out += " and the bytes of " + std::to_string(text_fields) +
           (text_fields == 1 ? " string" : " strings") + " an event";
  }
  return out + "; because " + reason;
}

RuleCost rule_cost(const nfa::RuleImage& rule, std::span<const nfa::Program> programs) {
  return CostModel(rule, programs).cost();
}

}  // namespace weir::compiler
