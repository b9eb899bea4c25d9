// An automaton as text: what `weir explain --stage automaton` shows and tests compare.
//
//   rule r
//   types    t0 auth, t1 login
//   keys     k0 card
//   r0       a.amount: decimal, from event 0
//   a0       part 0, taken as a; t0 s0 [amount < 2]
//   p0       a0, taken as a, ends
//   e0       start -> p0, then
#include <string>

#include "event/time.h"
#include "nfa/front_plan.h"
#include "nfa/image.h"

namespace weir::nfa {

namespace {

class AutomatonPrinter {
 public:
  AutomatonPrinter(const Image& image, const RuleImage& rule)
      : image_(image), rule_(rule), a_(rule.automaton) {}

  std::string print() {
    out_ = "rule " + rule_.name + '\n';
    print_types();
    print_plan();
    print_registers();
    for (std::size_t i = 0; i < a_.acceptors.size(); ++i) print_acceptor(i);
    for (std::size_t i = 0; i < a_.positions.size(); ++i) print_position(i);
    for (std::size_t i = 0; i < a_.edges.size(); ++i) print_edge(i);
    print_bounds();
    return std::move(out_);
  }

 private:
  void line(std::string label, const std::string& text) {
    if (label.size() < 8) label.resize(8, ' ');
    out_ += label + ' ' + text + '\n';
  }
  static std::string duration(std::int64_t ms) {
    std::string text;
    event::append_duration(text, ms);
    return text;
  }
  [[nodiscard]] std::string type_name(std::size_t local) const {
    return image_.schema.types[a_.types[local].index()].name;
  }

  void print_types() {
    std::string text;
    for (std::size_t i = 0; i < a_.types.size(); ++i) {
      text += (i == 0 ? "t" : ", t") + std::to_string(i) + ' ' + type_name(i);
    }
    line("types", text);
    text.clear();
    for (std::size_t k = 0; k < rule_.keys.size(); ++k) {
      text += (k == 0 ? "k" : "; k") + std::to_string(k);
      for (const auto& field : rule_.keys[k].fields) text += ' ' + field;
    }
    if (rule_.keyed) line("keys", text);
    if (rule_.stage > 0) {
      line("stage", std::to_string(rule_.stage) + ": it sees what lower stages make");
    }
    if (rule_.alert_type.valid()) print_alert();
  }

  void print_alert() {
    std::string text;
    for (const auto& field : image_.schema.types[rule_.alert_type.index()].fields) {
      if (field.derived) continue;
      text += (text.empty() ? "" : ", ") + field.name + ": " + field.type.name();
      if (field.optional) text += '?';
    }
    line("alert", "an event" + (text.empty() ? "" : " with " + text));
  }

  void print_plan() {
    const FrontPlan plan = front_plan(rule_, image_.programs);
    if (!plan.used) return line("plan", "exact: every partial match is kept");
    std::string text = "by fronts: only partial matches that no other dominates are kept";
    for (std::size_t e = 0; e < plan.edges.size(); ++e) {
      if (!plan.edges[e].drops) continue;
      text += "; on e" + std::to_string(e) + " those that began later";
      for (const FrontDimension& dimension : plan.edges[e].dimensions) {
        text += ", or whose r" + std::to_string(dimension.reg) +
                (dimension.higher ? " is higher" : " is lower");
      }
    }
    line("plan", text);
  }

  void print_registers() {
    for (std::size_t i = 0; i < a_.registers.size(); ++i) {
      using From = RegisterSource::From;
      const auto& source = a_.sources[i];
      const char* from = source.from == From::kEvent        ? "event "
                         : source.from == From::kTime       ? "time of event "
                         : source.from == From::kAggregate  ? "aggregate "
                         : source.from == From::kCompleting ? "the completing event"
                                                            : "key field ";
      const auto& desc = a_.registers[i];
      line("r" + std::to_string(i),
           desc.text() + ": " + desc.type.name() + ", from " + from +
               (source.from == From::kCompleting ? "" : std::to_string(source.index)));
    }
    for (std::size_t local = 0; local < a_.kept_slots.size(); ++local) {
      std::string text;
      for (const auto slot : a_.kept_slots[local]) {
        text += ' ' + image_.schema.types[a_.types[local].index()].fields[slot].name;
      }
      if (!text.empty()) line("keeps", "of t" + std::to_string(local) + ":" + text);
    }
  }

  [[nodiscard]] std::string part_text(PartId id) const {
    const auto& part = a_.parts[id.index()];
    const auto name = a_.part_name[id.index()];
    std::string text = part.absence ? "not taken" : "taken";
    if (name != 0xFFFF) text += " as " + a_.names[name];
    return text;
  }

  void print_acceptor(std::size_t index) {
    const auto& acceptor = a_.acceptors[index];
    std::string text =
        "part " + std::to_string(acceptor.part.index()) + ", " + part_text(acceptor.part);
    if (rule_.keys_by_part) text += ", by k" + std::to_string(acceptor.key_expr);
    for (std::size_t local = 0; local < a_.types.size(); ++local) {
      const auto& test = a_.type_acceptors[acceptor.by_type.begin + local];
      if (test.symbol == kNeverAccepts) continue;
      text += "; t" + std::to_string(local) + " s" + std::to_string(test.symbol);
      for (const auto& condition : rule_.condition_texts[index][local])
        text += " [" + condition.text + "]";
    }
    line("a" + std::to_string(index), text);
  }

  [[nodiscard]] std::string trailing_text(const Ending& ending) const {
    std::string text = ", ends";
    for (std::uint32_t i = 0; i < ending.trailing.size(); ++i) {
      const auto& absence = a_.trailing_of(ending, i);
      text += std::string(absence.next ? " without next a" : " without a") +
              std::to_string(absence.acceptor.index());
      if (absence.duration_ms != kNoLimit) text += " for " + duration(absence.duration_ms);
    }
    return text;
  }

  void print_position(std::size_t index) {
    const auto& position = a_.positions[index];
    std::string text =
        "a" + std::to_string(position.acceptor.index()) + ", " + part_text(position.part);
    for (auto i = position.endings.begin; i < position.endings.end; ++i)
      text += trailing_text(a_.endings[i]);
    line("p" + std::to_string(index), text);
  }

  [[nodiscard]] std::string acceptors_text(const char* label, Range<AcceptorId> list) const {
    std::string text;
    for (auto i = list.begin; i < list.end; ++i)
      text += " a" + std::to_string(a_.acceptor_lists[i].index());
    return text.empty() ? text : std::string(", ") + label + text;
  }

  static std::string live_text(char letter, std::uint64_t bits) {
    std::string text;
    for (int i = 0; i < 64; ++i) {
      if ((bits >> i & 1) != 0) text += std::string(1, ' ') + letter + std::to_string(i);
    }
    return text;
  }

  void print_edge(std::size_t index) {
    static constexpr const char* kKinds[] = {"then", "next", "every"};
    const auto& edge = a_.edges[index];
    const bool first = index >= a_.start_edges.begin && index < a_.start_edges.end;
    std::string text = edge.from.valid() ? "p" + std::to_string(edge.from.index()) : "start";
    text += " -> p" + std::to_string(edge.to.index()) + ", " + kKinds[static_cast<int>(edge.kind)];
    if (!first && !is_listed(index)) text += ", shadow";
    if (edge.after_ms > 0) text += ", after " + duration(edge.after_ms);
    if (edge.within_ms != kNoLimit) text += ", within " + duration(edge.within_ms);
    text += acceptors_text("without", edge.guards) +
            acceptors_text("without next", edge.next_guards) + acceptors_text("until", edge.stops) +
            acceptors_text("killed by", edge.kills);
    std::string shadows;
    for (auto i = edge.shadows.begin; i < edge.shadows.end; ++i) {
      shadows += " e" + std::to_string(a_.shadows[i].index());
    }
    if (!shadows.empty()) text += ", greedy" + shadows;
    const std::string live =
        live_text('v', edge.live_events) + live_text('g', edge.live_aggregates);
    if (!live.empty()) text += ", live" + live;
    line("e" + std::to_string(index), text);
  }

  [[nodiscard]] bool is_listed(std::size_t index) const {
    const auto& edge = a_.edges[index];
    if (!edge.from.valid()) return false;
    const auto& edges = a_.positions[edge.from.index()].edges;
    return index >= edges.begin && index < edges.end;
  }

  void print_bounds() {
    for (const auto& absence : a_.leading) {
      line("before", "without a" + std::to_string(absence.acceptor.index()) + " for " +
                         duration(absence.duration_ms));
    }
    if (a_.within_ms != kNoLimit) line("within", duration(a_.within_ms));
    line("limit", std::to_string(a_.limit));
  }

  const Image& image_;
  const RuleImage& rule_;
  const Automaton& a_;
  std::string out_;
};

}  // namespace

std::string print_automaton(const Image& image, const RuleImage& rule) {
  return AutomatonPrinter(image, rule).print();
}

}  // namespace weir::nfa
