// How a pattern unfolds into positions and edges.
//
// A *fragment* is what a stretch of pattern looks like from outside: the ways in (Entry), the ways
// out (Exit), and, where it may be passed by without taking anything, the Bypass. Sequences,
// alternatives and repetitions combine fragments; an edge is made where an exit meets an entry, and
// collects what both sides hold against it:
//
//   A  without X  then optional (B without Y then C)  then D
//
//   exit of A {guard X} meets entry of B              -> A→B guarded by X
//   exit of A {guard X} meets bypass, then entry of D -> A→D guarded by X (the `without` stays)
//   exit of C {}        meets entry of D              -> C→D
//
// The link before a part belongs to the part: an Entry made from a part that is not the first of
// its fragment brings its own link (`own_link`), the others take the link of the place where the
// fragment stands. What a greedy repetition holds back is carried as Watch: an entry that shadows
// the edge. It is resolved (link, guards) at the same meeting point as a real edge would be.
#include "compiler/pattern_graph.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "compiler/pattern_fragment.h"
#include "compiler/pattern_parts.h"

namespace weir::compiler {
namespace {

using dsl::DiagnosticCode;
using nfa::EdgeKind;

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

EdgeKind inner_kind(dsl::Inner inner) {
  switch (inner) {
    case dsl::Inner::kInARow:
      return EdgeKind::kNext;
    case dsl::Inner::kAnyCombination:
      return EdgeKind::kEvery;
    case dsl::Inner::kSkipTillNext:
      break;
  }
  return EdgeKind::kThen;
}

class GraphBuilder {
 public:
  GraphBuilder(const dsl::Ast& ast, const PatternConstants& constants,
               dsl::Diagnostics& diagnostics)
      : ast_(ast),
        constants_(constants),
        diagnostics_(diagnostics),
        parts_(ast, constants, diagnostics) {}

  std::optional<PatternGraph> build(dsl::PatternId id) {
    const std::size_t errors_before = diagnostics_.error_count();
    parts_.declare(id);
    if (diagnostics_.error_count() > errors_before) return std::nullopt;
    Fragment whole = pattern(id, Place{.whole = true, .at_start = true, .at_end = true});
    if (diagnostics_.error_count() > errors_before) return std::nullopt;
    if (too_large_) {
      diagnostics_
          .add(DiagnosticCode::kPatternTooLarge, ast_.pattern(id).span,
               "the pattern unfolds to more than " + std::to_string(kMaxPositions) +
                   " positions or " + std::to_string(kMaxEdges) + " transitions")
          .help = "use smaller counts, or fewer members in `all of` and `of`";
      return std::nullopt;
    }
    if (whole.bypass.possible) {
      diagnostics_
          .add(DiagnosticCode::kPatternEmpty, ast_.pattern(id).span,
               "this pattern can be empty, so it would match without any event")
          .help = "make at least one part required";
      return std::nullopt;
    }
    finish(whole);
    return std::move(graph_);
  }

 private:
  // Where in the rule's pattern a stretch stands.
  struct Place {
    bool whole = false;     // it is the rule's pattern itself
    bool at_start = false;  // nothing can have been taken before it
    bool at_end = false;    // nothing comes after it
    bool repeated = false;  // inside a group that may be taken more than once
  };

  // ---- links -----------------------------------------------------------------------------------

  LinkSpec link_spec(const dsl::Link& link) {
    LinkSpec spec;
    spec.kind = link.kind == dsl::LinkKind::kNext    ? EdgeKind::kNext
                : link.kind == dsl::LinkKind::kEvery ? EdgeKind::kEvery
                                                     : EdgeKind::kThen;
    if (link.after) spec.after_ms = constants_.duration_ms(*link.after).value_or(0);
    if (link.within) spec.within_ms = constants_.duration_ms(*link.within).value_or(nfa::kNoLimit);
    if (spec.after_ms > spec.within_ms) {
      diagnostics_
          .add(DiagnosticCode::kImpossibleGap, link.span,
               "no event can come after the longer and within the shorter of these times")
          .help = "write `after` the smaller and `within` the larger time";
    }
    return spec;
  }

  // ---- edges ----------------------------------------------------------------------------------

  std::uint32_t add_edge(std::uint16_t from, const Entry& entry, const LinkSpec& link,
                         const Exit* exit, bool shadow) {
    GraphEdge edge;
    edge.from = from;
    edge.to = entry.to;
    edge.kind = link.kind;
    edge.after_ms = link.after_ms;
    edge.within_ms = link.within_ms;
    if (exit != nullptr) {
      edge.guards = exit->guards;
      edge.next_guards = exit->next_guards;
    }
    append(edge.guards, entry.guards);
    append(edge.next_guards, entry.next_guards);
    edge.stops = entry.stops;
    edge.kills = entry.kills;
    edge.shadow = shadow;
    if (graph_.edges.size() >= kMaxEdges) {
      too_large_ = true;
      return 0;
    }
    graph_.edges.push_back(std::move(edge));
    return static_cast<std::uint32_t>(graph_.edges.size() - 1);
  }

  // A watch on an exit already has its link and guards; one on an entry meets the exit here.
  void connect(const Exit& exit, const Entry& entry, const LinkSpec& link) {
    std::vector<std::uint32_t> shadows;
    for (const auto& watch : exit.watches) {
      shadows.push_back(add_edge(exit.from, watch, *watch.own_link, nullptr, true));
    }
    for (const auto& watch : entry.watches) {
      shadows.push_back(add_edge(exit.from, watch, watch.own_link.value_or(link), &exit, true));
    }
    const auto edge = add_edge(exit.from, entry, entry.own_link.value_or(link), &exit, false);
    if (!too_large_) graph_.edges[edge].shadows = std::move(shadows);
  }

  // An entry as seen after passing by what `bypass` says, with the link `link` before it.
  static Entry past(const Bypass& bypass, const Entry& entry, const std::optional<LinkSpec>& link) {
    Entry out = entry;
    if (!out.own_link) out.own_link = link;
    prepend(out.guards, bypass.guards);
    prepend(out.next_guards, bypass.next_guards);
    for (auto& watch : out.watches) {
      if (!watch.own_link) watch.own_link = link;
      prepend(watch.guards, bypass.guards);
      prepend(watch.next_guards, bypass.next_guards);
    }
    append(out.watches, bypass.watches);
    return out;
  }

  static void prepend(std::vector<PartIndex>& to, const std::vector<PartIndex>& from) {
    to.insert(to.begin(), from.begin(), from.end());
  }

  // ---- patterns -------------------------------------------------------------------------------

  Fragment pattern(dsl::PatternId id, Place place) {
    Fragment acc;
    acc.bypass.possible = true;
    const auto& items = ast_.pattern(id).items;
    bool first_taken = true;  // no part or group yet
    std::size_t last_taken = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!std::holds_alternative<dsl::Absence>(items[i].body)) last_taken = i;
    }
    for (std::size_t i = 0; i < items.size() && !too_large_; ++i) {
      const auto& item = items[i];
      if (const auto* absence = std::get_if<dsl::Absence>(&item.body)) {
        absent(item, *absence, place, first_taken, i > last_taken, acc);
        continue;
      }
      Place inner = place;
      inner.whole = false;
      inner.at_start = place.at_start && acc.exits.empty();
      inner.at_end = place.at_end && i == last_taken && last_taken + 1 == items.size();
      const auto link =
          item.link && !first_taken ? std::optional(link_spec(*item.link)) : std::nullopt;
      sequence(acc, repeat(item, inner), link);
      first_taken = false;
    }
    return acc;
  }

  // acc, then next with `link` (nullopt: next is the first of its pattern).
  void sequence(Fragment& acc, const Fragment& next, const std::optional<LinkSpec>& link) {
    const LinkSpec place_link = link.value_or(LinkSpec{});
    for (const auto& exit : acc.exits) {
      for (const auto& entry : next.entries) connect(exit, entry, place_link);
    }
    if (acc.bypass.possible) {
      for (const auto& entry : next.entries) {
        acc.entries.push_back(past(acc.bypass, entry, link));
      }
    }
    std::vector<Exit> exits = next.exits;
    if (next.bypass.possible) {
      for (const auto& exit : acc.exits) exits.push_back(passed_by(exit, next.bypass, place_link));
      for (auto watch : next.bypass.watches) {
        if (!watch.own_link) watch.own_link = link;
        prepend(watch.guards, acc.bypass.guards);
        prepend(watch.next_guards, acc.bypass.next_guards);
        acc.bypass.watches.push_back(std::move(watch));
      }
      append(acc.bypass.guards, next.bypass.guards);
      append(acc.bypass.next_guards, next.bypass.next_guards);
    } else {
      acc.bypass = Bypass{};
    }
    acc.exits = std::move(exits);
  }

  static Exit passed_by(const Exit& exit, const Bypass& bypass, const LinkSpec& link) {
    Exit out = exit;
    for (auto watch : bypass.watches) {
      if (!watch.own_link) watch.own_link = link;
      prepend(watch.guards, exit.guards);
      prepend(watch.next_guards, exit.next_guards);
      out.watches.push_back(std::move(watch));
    }
    append(out.guards, bypass.guards);
    append(out.next_guards, bypass.next_guards);
    return out;
  }

  void absent(const dsl::PatternItem& item, const dsl::Absence& absence, Place place, bool leading,
              bool trailing, Fragment& acc) {
    const PartIndex part = parts_.of(item);
    GraphAbsence entry{.part = part, .next = absence.next};
    if (absence.duration) {
      entry.has_duration = true;
      entry.duration_ms = constants_.duration_ms(*absence.duration).value_or(0);
    }
    if (leading && place.whole) {
      lead(item, absence, entry);
    } else if (trailing && place.at_end) {
      const auto index = static_cast<std::uint16_t>(graph_.trailing.size());
      graph_.trailing.push_back(entry);
      for (auto& exit : acc.exits) exit.trailing.push_back(index);
    } else if (trailing) {
      diagnostics_
          .add(DiagnosticCode::kAbsencePlacement, item.span,
               "a `without` cannot end a group that the pattern goes on after")
          .help = "write it after the group, before the next part";
    } else {
      if (absence.duration) misplaced_for(*absence.duration);
      guard(part, absence.next, acc);
    }
  }

  void lead(const dsl::PatternItem& item, const dsl::Absence& absence, const GraphAbsence& entry) {
    if (absence.next) {
      diagnostics_
          .add(DiagnosticCode::kAbsencePlacement, item.span,
               "`without next` cannot stand at the start: there is nothing before it")
          .help = "use `without ... for D` there";
    } else if (!entry.has_duration) {
      diagnostics_
          .add(DiagnosticCode::kLeadingNeedsFor, item.span,
               "a `without` at the start needs `for`: how far back must it be absent?")
          .help = "write, for example, `without login for 1h then ...`";
    } else {
      graph_.leading.push_back(entry);
    }
  }

  void misplaced_for(const dsl::DurationArg& duration) {
    diagnostics_
        .add(DiagnosticCode::kMisplacedFor, duration.span,
             "`for` stands only on a `without` at the start or the end of the pattern")
        .help =
        "between two parts a `without` guards the whole gap; to bound the gap write "
        "`then within D`";
  }

  static void guard(PartIndex part, bool next, Fragment& acc) {
    for (auto& exit : acc.exits) (next ? exit.next_guards : exit.guards).push_back(part);
    (next ? acc.bypass.next_guards : acc.bypass.guards).push_back(part);
  }

  // ---- quantifiers ----------------------------------------------------------------------------

  Fragment repeat(const dsl::PatternItem& item, Place place) {
    const PartCounts count = parts_.counts(item);
    const bool leave_out = count.min == 0 || (item.quantifier && item.quantifier->optional);
    const std::size_t first_edge = graph_.edges.size();
    Place inner = place;
    const bool many = count.max > 1;
    inner.repeated = place.repeated || many;
    if (many) inner.at_end = false;

    // With conditions that look at the part's own repetitions, the first one is a position of its
    // own: there they are decided (`count(p) == 0`) or absent (`prev(p).x`) at compile time.
    const std::uint32_t least = std::max<std::uint32_t>(count.min, 1);
    const bool own_first = count.max == kMany && least == 1 && parts_.looks_at_itself(item);
    const std::uint32_t copies = count.max == kMany ? least + (own_first ? 1 : 0) : count.max;
    const LinkSpec again{.kind = inner_kind(item.inner)};

    Fragment out;
    std::vector<Exit> previous;
    std::size_t previous_exits = 0;  // of out.exits: where those of the copy before begin
    for (std::uint32_t i = 1; i <= copies && !too_large_; ++i) {
      Place copy_place = inner;
      if (i > 1) copy_place.at_start = false;
      Fragment copy = body(item, copy_place, i, i == copies && count.max == kMany);
      if (copy.bypass.possible && many) {
        diagnostics_
            .add(DiagnosticCode::kRepeatedEmptyGroup, item.span,
                 "this group can be empty, so it cannot be repeated")
            .help = "make one of its parts required, or drop the repetition";
        return out;
      }
      if (i == 1) {
        out.entries = copy.entries;
        out.bypass = copy.bypass;
      }
      // Watches of the copy before: this copy is what a greedy repetition could still take.
      for (const auto& exit : previous) {
        for (const auto& entry : copy.entries) connect(exit, entry, again);
      }
      if (item.greedy) watch_exits(out.exits, previous_exits, copy.entries, again);
      const bool loops = i == copies && count.max == kMany;
      if (loops) {
        for (const auto& exit : copy.exits) {
          for (const auto& entry : copy.entries) connect(exit, entry, again);
        }
      }
      previous = copy.exits;
      if (i >= least || i == copies) {
        previous_exits = out.exits.size();
        append(out.exits, copy.exits);
        if (loops && item.greedy) watch_exits(out.exits, previous_exits, copy.entries, again);
      } else {
        previous_exits = out.exits.size();
      }
    }
    if (leave_out) {
      out.bypass = Bypass{.possible = true};
      if (item.greedy) {
        for (auto entry : out.entries) {
          entry.watches.clear();
          out.bypass.watches.push_back(std::move(entry));
        }
      }
    }
    if (item.until) end_by(parts_.stop_of(item), first_edge, out);
    return out;
  }

  // From each exit at or after `begin`, the run could still go on to `entries`.
  static void watch_exits(std::vector<Exit>& exits, std::size_t begin,
                          const std::vector<Entry>& entries, const LinkSpec& again) {
    for (std::size_t i = begin; i < exits.size(); ++i) {
      const auto guards = exits[i].guards;
      const auto next_guards = exits[i].next_guards;
      for (auto entry : entries) {
        entry.watches.clear();
        if (!entry.own_link) entry.own_link = again;
        prepend(entry.guards, guards);
        prepend(entry.next_guards, next_guards);
        exits[i].watches.push_back(std::move(entry));
      }
    }
  }

  // `until`: on every edge made since first_edge, and on what may enter or still go on (L3.4).
  void end_by(PartIndex stop, std::size_t first_edge, Fragment& out) {
    for (std::size_t i = first_edge; i < graph_.edges.size(); ++i) {
      graph_.edges[i].stops.push_back(stop);
      graph_.edges[i].kills.push_back(stop);
    }
    for (auto& exit : out.exits) {
      for (auto& watch : exit.watches) {
        watch.stops.push_back(stop);
        watch.kills.push_back(stop);
      }
    }
    for (auto& entry : out.entries) {
      entry.stops.push_back(stop);
      for (auto& watch : entry.watches) watch.stops.push_back(stop);
    }
    for (auto& watch : out.bypass.watches) watch.stops.push_back(stop);
  }

  Fragment body(const dsl::PatternItem& item, const Place& place, std::uint32_t copy, bool loops) {
    if (const auto* group = std::get_if<dsl::Group>(&item.body)) return members(*group, place);
    GraphPosition position;
    position.part = parts_.of(item);
    position.count_min = copy - 1;
    position.count_max = loops ? kMany : copy - 1;
    if (outer_repeats_ > 0) {
      position.count_min = 0;
      position.count_max = kMany;
    }
    if (graph_.positions.size() >= kMaxPositions) {
      too_large_ = true;
      return {};
    }
    graph_.positions.push_back(position);
    const auto id = static_cast<std::uint16_t>(graph_.positions.size() - 1);
    Fragment out;
    out.entries.push_back(Entry{.to = id});
    out.exits.push_back(Exit{.from = id});
    return out;
  }

  // ---- groups ---------------------------------------------------------------------------------

  Fragment members(const dsl::Group& group, Place place) {
    const bool repeated = place.repeated;
    const std::uint32_t saved = outer_repeats_;
    outer_repeats_ += repeated ? 1 : 0;
    Fragment out;
    switch (group.kind) {
      case dsl::GroupKind::kSequence:
        out = pattern(group.patterns.front(), place);
        break;
      case dsl::GroupKind::kAnyOf:
        out = any_of(group, place);
        break;
      case dsl::GroupKind::kAllOf:
        out = some_of(group, place, group.patterns.size());
        break;
      case dsl::GroupKind::kSomeOf:
        out = some_of_count(group, place);
        break;
    }
    outer_repeats_ = saved;
    return out;
  }

  Fragment any_of(const dsl::Group& group, Place place) {
    Fragment out;
    for (const auto id : group.patterns) {
      Fragment member = pattern(id, place);
      append(out.entries, member.entries);
      append(out.exits, member.exits);
      // Several alternatives may be empty; the one that holds least against the passage decides.
      if (member.bypass.possible) {
        const bool lighter =
            !out.bypass.possible || member.bypass.watches.size() + member.bypass.guards.size() <
                                        out.bypass.watches.size() + out.bypass.guards.size();
        if (lighter) out.bypass = member.bypass;
      }
    }
    return out;
  }

  Fragment some_of_count(const dsl::Group& group, Place place) {
    const auto wanted = constants_.number(group.count);
    if (!wanted || *wanted < 1 || *wanted > static_cast<std::int64_t>(group.patterns.size())) {
      diagnostics_
          .add(DiagnosticCode::kBadCount, group.count.span,
               "there are " + std::to_string(group.patterns.size()) + " patterns here to take from")
          .help = "write a count from 1 to the number of patterns";
      return {};
    }
    return some_of(group, place, static_cast<std::size_t>(*wanted));
  }

  // `wanted` of the members, each at most once, in every order, joined by `then`. Instead of all
  // orders, the states are (members taken, member under way): n * 2^(n-1) copies, not n!.
  Fragment some_of(const dsl::Group& group, Place place, std::size_t wanted) {
    const std::size_t n = group.patterns.size();
    if (n > 10) {
      too_large_ = true;
      return {};
    }
    Place inner = place;
    inner.at_end = false;
    struct State {
      std::vector<Exit> exits;
      bool made = false;
    };
    std::vector<std::vector<State>> done(std::size_t{1} << n, std::vector<State>(n));
    std::size_t nullable = 0;
    for (std::size_t member = 0; member < n; ++member) {
      if (parts_.can_be_empty(group.patterns[member])) nullable |= std::size_t{1} << member;
    }
    Fragment out;
    for (std::size_t mask = 0; mask < done.size() && !too_large_; ++mask) {
      const auto taken = static_cast<std::size_t>(std::popcount(mask));
      if (taken >= wanted) continue;
      for (std::size_t member = 0; member < n && !too_large_; ++member) {
        if ((mask >> member & 1) != 0) continue;
        if (mask != 0 && !any_made(done[mask])) continue;
        Place copy_place = inner;
        if (mask != 0) copy_place.at_start = false;
        Fragment copy = pattern(group.patterns[member], copy_place);
        const std::size_t next = mask | (std::size_t{1} << member);
        const std::size_t others = nullable & ~(std::size_t{1} << member);
        enter_member(done[mask], mask, copy, wanted > 1 && others != 0, out);
        append(done[next][member].exits, copy.exits);
        done[next][member].made = true;
      }
    }
    for (std::size_t mask = 1; mask < done.size(); ++mask) {
      const auto taken = static_cast<std::size_t>(std::popcount(mask));
      const auto empty_ones = static_cast<std::size_t>(std::popcount(nullable & ~mask));
      if (taken > wanted || taken + empty_ones < wanted) continue;
      for (const auto& state : done[mask]) append(out.exits, state.exits);
    }
    out.bypass.possible = static_cast<std::size_t>(std::popcount(nullable)) >= wanted;
    return out;
  }

  template <typename States>
  static bool any_made(const States& states) {
    return std::ranges::any_of(states, [](const auto& state) { return state.made; });
  }

  template <typename States>
  void enter_member(const States& before, std::size_t mask, const Fragment& copy, bool empty_first,
                    Fragment& out) {
    const LinkSpec then;
    if (mask == 0) {
      append(out.entries, copy.entries);
      // A member that takes nothing may have come first: then this one is joined by `then`.
      if (empty_first) {
        for (auto entry : copy.entries) {
          if (!entry.own_link) entry.own_link = then;
          out.entries.push_back(std::move(entry));
        }
      }
      return;
    }
    for (const auto& state : before) {
      for (const auto& exit : state.exits) {
        for (const auto& entry : copy.entries) connect(exit, entry, then);
      }
    }
  }

  // ---- the whole ------------------------------------------------------------------------------

  void finish(const Fragment& whole) {
    for (const auto& exit : whole.exits) {
      auto& ends = graph_.positions[exit.from].ends;
      if (std::ranges::find(ends, exit.trailing) == ends.end()) ends.push_back(exit.trailing);
    }
    for (const auto& entry : whole.entries) {
      std::vector<std::uint32_t> shadows;
      for (auto watch : entry.watches) {
        watch.guards.clear();
        watch.next_guards.clear();
        shadows.push_back(add_edge(kStart, watch, LinkSpec{}, nullptr, true));
      }
      Entry start = entry;
      start.guards.clear();  // R8: nothing was taken before
      start.next_guards.clear();
      const auto edge = add_edge(kStart, start, LinkSpec{}, nullptr, false);
      if (!too_large_) graph_.edges[edge].shadows = std::move(shadows);
    }
    for (const auto& absence : graph_.leading) {  // L3.6: its condition may use the first event
      for (const auto& entry : whole.entries) {
        parts_.make_visible(absence.part, graph_.positions[entry.to].part);
      }
    }
    parts_.check_names();
    graph_.parts = std::move(parts_).take();
  }

  const dsl::Ast& ast_;
  const PatternConstants& constants_;
  dsl::Diagnostics& diagnostics_;
  PatternGraph graph_;
  PatternParts parts_;
  std::uint32_t outer_repeats_ = 0;
  bool too_large_ = false;
};

}  // namespace

std::optional<PatternGraph> build_pattern_graph(const dsl::Ast& ast, dsl::PatternId pattern,
                                                const PatternConstants& constants,
                                                dsl::Diagnostics& diagnostics) {
  return GraphBuilder(ast, constants, diagnostics).build(pattern);
}

}  // namespace weir::compiler
