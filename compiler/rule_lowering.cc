#include "compiler/rule_lowering.h"

#include <algorithm>
#include <tuple>

namespace weir::compiler {
namespace {

using dsl::DiagnosticCode;
using nfa::AcceptorId;
using nfa::Automaton;
using nfa::Range;
using nfa::RegisterKind;
using nfa::RegisterSource;
using nfa::SymbolMask;

constexpr std::uint16_t kNoName = 0xFFFF;

// `auth or login`, as the rule writes a part of several types.
std::string joined(const std::vector<std::string>& types) {
  std::string text;
  for (const std::string& type : types) text += (text.empty() ? "" : " or ") + type;
  return text;
}

template <typename T, typename V>
Range<T> append_range(std::vector<V>& to, const std::vector<V>& from) {
  Range<T> range;
  range.begin = static_cast<std::uint32_t>(to.size());
  to.insert(to.end(), from.begin(), from.end());
  range.end = static_cast<std::uint32_t>(to.size());
  return range;
}

}  // namespace

RuleLowering::RuleLowering(LoweringInput input, ImageBuilder& image, dsl::Diagnostics& diagnostics)
    : input_(std::move(input)), image_(image), diagnostics_(diagnostics) {
  collect_types();
  collect_names();
}

// ---- types and names ---------------------------------------------------------------------------

void RuleLowering::collect_types() {
  const auto add = [&](const std::string& name) {
    const auto type = input_.schema->find(name);
    if (type.valid() && std::ranges::find(automaton_.types, type) == automaton_.types.end()) {
      automaton_.types.push_back(type);
    }
  };
  for (const auto& part : input_.graph->parts) {
    for (const auto& type : part.types) add(type);
    for (const auto& type : part.among) add(type);
  }
  automaton_.local_type.assign(input_.schema->types.size(), -1);
  for (std::size_t i = 0; i < automaton_.types.size(); ++i) {
    automaton_.local_type[automaton_.types[i].index()] = static_cast<std::int16_t>(i);
  }
}

void RuleLowering::collect_names() {
  const auto& parts = input_.graph->parts;
  // Unnamed parts are known by their type, if no other part takes or is called that.
  const auto claims = [&](const std::string& type) {
    return std::ranges::count_if(parts, [&](const PatternPart& part) {
      if (part.kind != PatternPart::Kind::kPart) return false;
      return part.name ? part.name->text == type
                       : std::ranges::find(part.types, type) != part.types.end();
    });
  };
  name_of_part_.assign(parts.size(), kNoName);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = parts[i];
    nfa::PartInfo info;
    info.absence = part.kind != PatternPart::Kind::kPart;
    info.min_count = part.min_count;
    if (part.name) info.name = part.name->text;
    automaton_.parts.push_back(std::move(info));
    std::string name;
    if (part.kind == PatternPart::Kind::kPart) {
      if (part.name)
        name = part.name->text;
      else if (part.types.size() == 1 && claims(part.types.front()) == 1)
        name = part.types.front();
      else if (input_.graph->positions.size() == 1)
        name = joined(part.types);  // no rule can say it: for the bare fields of outcomes (L5.1)
    }
    std::uint16_t label = kNoName;
    if (!name.empty()) {
      auto place = std::ranges::find(names_, name, &NameInfo::name);
      if (place == names_.end()) {
        names_.push_back(NameInfo{name, {}, false});
        place = names_.end() - 1;
      } else {
        place->repeated = true;
      }
      for (const auto& type : part.types) {
        const auto id = input_.schema->find(type);
        if (id.valid() && std::ranges::find(place->types, id) == place->types.end()) {
          place->types.push_back(id);
        }
      }
      place->repeated = place->repeated || part.repeated;
      name_of_part_[i] = static_cast<std::uint16_t>(place - names_.begin());
      if (part.name) label = name_of_part_[i];
    }
    automaton_.part_label.push_back(label);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (automaton_.parts[i].absence || automaton_.parts[j].absence) continue;
      const bool same = automaton_.part_label[i] == automaton_.part_label[j];
      automaton_.labels_shared = automaton_.labels_shared || same;
    }
  }
  automaton_.part_name = name_of_part_;
  for (const auto& name : names_) automaton_.names.push_back(name.name);
}

PartView RuleLowering::view_of(PartIndex part, CountRange count) const {
  const auto& name = names_[name_of_part_[part]];
  PartView view;
  view.name = name.name;
  view.part = name_of_part_[part];
  view.types = name.types;
  view.repeated = name.repeated;
  view.count = count;
  return view;
}

// How many events the part has taken, seen from after it.
CountRange RuleLowering::count_after(PartIndex index) const {
  const auto& part = input_.graph->parts[index];
  if (!part.always) return CountRange{0, CountRange::kNoMax};
  return CountRange{part.min_count, part.repeated ? CountRange::kNoMax : part.min_count};
}

std::vector<PartView> RuleLowering::part_views() const {
  std::vector<PartView> views;
  for (std::size_t i = 0; i < input_.graph->parts.size(); ++i) {
    if (name_of_part_[i] == kNoName) continue;
    const auto known = [&](const PartView& view) { return view.part == name_of_part_[i]; };
    if (std::ranges::none_of(views, known)) {
      views.push_back(view_of(static_cast<PartIndex>(i), count_after(static_cast<PartIndex>(i))));
    }
  }
  return views;
}

// ---- conditions --------------------------------------------------------------------------------

ExprScope RuleLowering::scope_of(PartIndex index, std::uint32_t count_min,
                                 std::uint32_t count_max) {
  const auto& part = input_.graph->parts[index];
  ExprScope scope;
  scope.schema = input_.schema;
  scope.declarations = input_.declarations;
  scope.features = input_.features;
  scope.registers = &registers_;
  scope.reads = input_.reads;
  scope.place = ExprPlace::kWhere;
  for (const auto& type : part.types) {
    const auto id = input_.schema->find(type);
    if (id.valid()) scope.at_hand_types.push_back(id);
  }
  const PartIndex own = part.stop_of.value_or(index);
  const bool has_own = part.kind == PatternPart::Kind::kPart || part.stop_of;
  // A `without` at the start looks at a run of one event.
  const bool leading = std::ranges::any_of(
      input_.graph->leading, [&](const GraphAbsence& absence) { return absence.part == index; });
  for (const PartIndex visible : part.visible) {
    if (name_of_part_[visible] == kNoName) continue;
    CountRange count = count_after(visible);
    if (visible == index || visible == own) count = CountRange{0, CountRange::kNoMax};
    if (leading) count = {std::min<std::uint64_t>(count.min, 1), 1};
    if (has_own && visible == own && part.kind == PatternPart::Kind::kPart) {
      count.min = count_min;
      count.max = count_max == kMany ? CountRange::kNoMax : count_max;
    }
    const auto known = [&](const PartView& view) { return view.part == name_of_part_[visible]; };
    if (const auto place = std::ranges::find_if(scope.parts, known); place != scope.parts.end()) {
      if (has_own && visible == own)
        scope.own_part = static_cast<std::size_t>(place - scope.parts.begin());
      place->count = CountRange{0, CountRange::kNoMax};
      continue;
    }
    if (has_own && visible == own) scope.own_part = scope.parts.size();
    scope.parts.push_back(view_of(visible, count));
  }
  for (std::size_t i = 0; i < input_.graph->parts.size(); ++i) {
    if (name_of_part_[i] == kNoName) continue;
    const auto& name = names_[name_of_part_[i]].name;
    const auto same = [&](const PartView& view) { return view.name == name; };
    if (std::ranges::none_of(scope.parts, same)) scope.later_parts.push_back(name);
  }
  return scope;
}

std::uint8_t RuleLowering::intern_symbol(std::size_t local,
                                         const std::vector<nfa::PredicateId>& all) {
  auto& symbols = automaton_.symbols[local];
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const auto range = symbols[i].predicates;
    if (std::equal(all.begin(), all.end(), automaton_.predicates.begin() + range.begin,
                   automaton_.predicates.begin() + range.end)) {
      return static_cast<std::uint8_t>(i);
    }
  }
  if (symbols.size() >= nfa::kMaxSymbols) {
    diagnostics_
        .add(DiagnosticCode::kTooManyConditions, input_.graph->parts.front().span,
             "the rule has more than " + std::to_string(nfa::kMaxSymbols) +
                 " different conditions on one event type")
        .help = "split it into several rules";
    failed_ = true;
    return 0;
  }
  symbols.push_back({append_range<nfa::PredicateId>(automaton_.predicates, all)});
  return static_cast<std::uint8_t>(symbols.size() - 1);
}

void RuleLowering::note_first_part(event::EventTypeId type,
                                   const std::vector<Conjunct>& conjuncts) {
  EventConditions entry;
  entry.type = input_.schema->types[type.index()].name;
  for (const Conjunct& conjunct : conjuncts) {
    entry.conditions.push_back({conjunct.canonical, conjunct.fact});
  }
  first_part_.push_back(std::move(entry));
}

bool RuleLowering::compile_part(PartIndex index, std::uint32_t count_min, std::uint32_t count_max,
                                AcceptorId* out) {
  const auto key = std::tuple(index, count_min, count_max);
  if (const auto place = acceptors_.find(key); place != acceptors_.end()) {
    *out = place->second;
    return true;
  }
  const auto& part = input_.graph->parts[index];
  nfa::Acceptor acceptor;
  acceptor.part = nfa::PartId(index);
  acceptor.key_expr = input_.part_key[index];
  if (!part.among.empty()) {
    acceptor.next_types = 0;
    for (const auto* names : {&part.types, &part.among}) {
      for (const auto& name : *names) {
        const auto type = input_.schema->find(name);
        if (type.valid())
          acceptor.next_types |= std::uint64_t{1} << automaton_.local_type[type.index()];
      }
    }
  }
  std::vector<nfa::TypeAcceptor> by_type(automaton_.types.size());
  std::vector<std::vector<nfa::ConditionText>> texts(automaton_.types.size());
  ExprScope scope = scope_of(index, count_min, count_max);
  for (const auto type : scope.at_hand_types) {
    const auto local = static_cast<std::size_t>(automaton_.local_type[type.index()]);
    CompiledCondition condition;
    condition.ok = true;
    condition.verdict = CompiledCondition::Verdict::kAlwaysTrue;
    if (part.where.valid()) {
      scope.at_hand = type;
      condition = compile_condition(ExprRef{input_.ast, part.where}, scope, diagnostics_);
    }
    if (!condition.ok) {
      failed_ = true;
      continue;
    }
    if (part.kind == PatternPart::Kind::kPart) retain(index, type);
    if (condition.verdict == CompiledCondition::Verdict::kNeverTrue) continue;
    if (index == 0) note_first_part(type, condition.conjuncts);
    std::vector<nfa::PredicateId> predicates;
    std::vector<nfa::DynamicCondition> dynamic;
    std::vector<nfa::ConditionText> dynamic_texts;
    for (auto& conjunct : condition.conjuncts) {
      nfa::ConditionText text{conjunct.text, conjunct.explain};
      if (conjunct.single_event && !conjunct.reads_changing_lists) {
        predicates.push_back(image_.add_predicate(conjunct.condition, conjunct.canonical));
        texts[local].push_back(std::move(text));
        continue;
      }
      nfa::DynamicCondition entry;
      entry.program = image_.add_program(conjunct.condition, input_.rule);
      entry.registers = append_range<std::uint16_t>(automaton_.register_lists, conjunct.registers);
      dynamic.push_back(entry);
      dynamic_texts.push_back(std::move(text));
    }
    std::ranges::move(dynamic_texts, std::back_inserter(texts[local]));
    by_type[local].symbol = intern_symbol(local, predicates);
    by_type[local].conditions = append_range<nfa::DynamicCondition>(automaton_.conditions, dynamic);
  }
  acceptor.by_type = append_range<nfa::TypeAcceptor>(automaton_.type_acceptors, by_type);
  automaton_.acceptors.push_back(acceptor);
  texts_.push_back(std::move(texts));
  *out = AcceptorId(automaton_.acceptors.size() - 1);
  acceptors_.emplace(key, *out);
  return !failed_;
}

// What a rule retains for `limit` (R17) is decided by the conditions as they are written: one that
// mentions an earlier part is none of the event alone, even where counts that are known make it so.
// Lists do not count (R145): what is retained must not depend on which of them rules change.
void RuleLowering::retain(PartIndex index, event::EventTypeId type) {
  const auto& part = input_.graph->parts[index];
  const auto local = static_cast<std::size_t>(automaton_.local_type[type.index()]);
  std::vector<nfa::PredicateId> predicates;
  if (part.where.valid()) {
    ExprScope scope = scope_of(index, 0, kMany);
    for (auto& view : scope.parts) view.count = CountRange{0, CountRange::kNoMax};
    scope.at_hand = type;
    nfa::RegisterTable unused;
    scope.registers = &unused;
    dsl::Diagnostics said_already;
    const auto condition = compile_condition(ExprRef{input_.ast, part.where}, scope, said_already);
    if (condition.ok && condition.verdict == CompiledCondition::Verdict::kNeverTrue) return;
    for (const auto& conjunct : condition.conjuncts) {
      if (!conjunct.single_event || conjunct.reads_lists) continue;
      predicates.push_back(image_.add_predicate(conjunct.condition, conjunct.canonical));
    }
  }
  automaton_.part_interest[local] |= SymbolMask{1} << intern_symbol(local, predicates);
}

AcceptorId RuleLowering::absence(PartIndex part) {
  AcceptorId id;
  (void)compile_part(part, 0, kMany, &id);
  return id;
}

bool RuleLowering::lower() {
  automaton_.symbols.resize(automaton_.types.size());
  automaton_.part_interest.assign(automaton_.types.size(), 0);
  for (const auto& position : input_.graph->positions) {
    nfa::Position lowered;
    lowered.part = nfa::PartId(position.part);
    (void)compile_part(position.part, position.count_min, position.count_max, &lowered.acceptor);
    automaton_.positions.push_back(lowered);
  }
  lower_edges();
  return !failed_;
}

// ---- edges -------------------------------------------------------------------------------------

void RuleLowering::lower_edges() {
  const auto& graph = *input_.graph;
  // Edges of one position stand together, those of the start first, shadows last.
  std::vector<std::uint32_t> order(graph.edges.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto rank = [&](std::uint32_t edge) {
    if (graph.edges[edge].shadow) return std::uint32_t{0x20000};
    return graph.edges[edge].from == kStart ? 0u : graph.edges[edge].from + 1u;
  };
  std::ranges::stable_sort(order, {}, rank);
  std::vector<std::uint16_t> place(graph.edges.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<std::uint16_t>(i);

  const auto acceptors = [&](const std::vector<PartIndex>& parts) {
    std::vector<AcceptorId> ids;
    for (const PartIndex part : parts) {
      const AcceptorId id = absence(part);
      if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    }
    return append_range<AcceptorId>(automaton_.acceptor_lists, ids);
  };
  for (const std::uint32_t source : order) {
    const GraphEdge& from = graph.edges[source];
    nfa::Edge edge;
    if (from.from != kStart) edge.from = nfa::PositionId(from.from);
    edge.to = nfa::PositionId(from.to);
    edge.kind = from.kind;
    edge.after_ms = from.after_ms;
    edge.within_ms = from.within_ms;
    edge.guards = acceptors(from.guards);
    edge.next_guards = acceptors(from.next_guards);
    edge.stops = acceptors(from.stops);
    edge.kills = acceptors(from.kills);
    std::vector<nfa::EdgeId> shadows;
    for (const std::uint32_t shadow : from.shadows) shadows.push_back(nfa::EdgeId(place[shadow]));
    if (shadows.size() > 32) {
      diagnostics_
          .add(DiagnosticCode::kPatternTooLarge, graph.parts.front().span,
               "more than 32 greedy repetitions could go on at one place")
          .help = "make fewer of the repetitions greedy";
      failed_ = true;
    }
    edge.shadows = append_range<nfa::EdgeId>(automaton_.shadows, shadows);
    automaton_.edges.push_back(edge);
  }
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const GraphEdge& from = graph.edges[order[i]];
    if (from.shadow) continue;
    auto& range =
        from.from == kStart ? automaton_.start_edges : automaton_.positions[from.from].edges;
    if (range.size() == 0) range.begin = i;
    range.end = i + 1;
  }
  mark_strict_edges();
  lower_absences();
  automaton_.within_ms = input_.within_ms;
  automaton_.limit = input_.limit;
  automaton_.keeps_timeouts = input_.has_timeout;
  automaton_.split_by_start = automaton_.split_by_start || input_.has_timeout;
  automaton_.even_when_warming = input_.even_when_warming;
}

// Where every event seen matters, and where the time of the last taken one does.
void RuleLowering::mark_strict_edges() {
  for (auto& edge : automaton_.edges) {
    const auto strict = [](const nfa::Edge& e) {
      return e.kind == nfa::EdgeKind::kNext || e.next_guards.size() > 0;
    };
    const auto timed = [](const nfa::Edge& e) {
      return e.after_ms > 0 || e.within_ms != nfa::kNoLimit;
    };
    edge.strict = strict(edge);
    edge.needs_last_time = timed(edge);
    for (std::uint32_t i = edge.shadows.begin; i < edge.shadows.end; ++i) {
      const auto& shadow = automaton_.edges[automaton_.shadows[i].index()];
      edge.strict = edge.strict || strict(shadow);
      edge.needs_last_time = edge.needs_last_time || timed(shadow);
    }
    automaton_.strict = automaton_.strict || edge.strict;
  }
}

void RuleLowering::lower_absences() {
  const auto& graph = *input_.graph;
  for (const auto& from : graph.leading) {
    automaton_.leading.push_back({absence(from.part), from.duration_ms, false});
  }
  for (std::size_t p = 0; p < graph.positions.size(); ++p) {
    auto& range = automaton_.positions[p].endings;
    range.begin = static_cast<std::uint32_t>(automaton_.endings.size());
    for (const auto& end : graph.positions[p].ends) {
      nfa::Ending ending;
      ending.trailing.begin = static_cast<std::uint32_t>(automaton_.trailing.size());
      for (const auto index : end) {
        const auto& from = graph.trailing[index];
        automaton_.trailing.push_back(
            {absence(from.part), from.next, from.has_duration ? from.duration_ms : nfa::kNoLimit});
        ending.needs_start =
            ending.needs_start || (!from.has_duration && input_.within_ms != nfa::kNoLimit);
        automaton_.strict = automaton_.strict || from.next;
      }
      ending.trailing.end = static_cast<std::uint32_t>(automaton_.trailing.size());
      automaton_.split_by_start = automaton_.split_by_start || ending.needs_start;
      automaton_.endings.push_back(ending);
    }
    range.end = static_cast<std::uint32_t>(automaton_.endings.size());
  }
}

void RuleLowering::finish(nfa::RuleImage& rule) {
  lay_out_registers();
  if (!failed_) {
    compute_liveness();
    compute_interest();
  }
  std::size_t key_exprs = 1;
  for (const auto key : input_.part_key) key_exprs = std::max(key_exprs, key + std::size_t{1});
  rule.key_types.assign(key_exprs, std::vector<std::uint8_t>(automaton_.types.size(), 0));
  for (std::size_t i = 0; i < input_.graph->parts.size(); ++i) {
    const auto& part = input_.graph->parts[i];
    for (const auto* names : {&part.types, &part.among}) {
      for (const auto& name : *names) {
        const auto type = input_.schema->find(name);
        if (!type.valid()) continue;
        const auto local = static_cast<std::size_t>(automaton_.local_type[type.index()]);
        rule.key_types[input_.part_key[i]][local] = 1;
      }
    }
  }
  rule.automaton = std::move(automaton_);
  rule.condition_texts = std::move(texts_);
}

}  // namespace weir::compiler
