// Closing the gaps of a match store: what is dead is dropped, what lives is copied together.
//
// One pass over the nodes from the newest to the oldest marks what the living cohorts reach (a
// child is always older than what stands on it), one from the oldest to the newest copies it. A
// union with one side dead is replaced by the other side. Events keep their order, so floors and
// "newest first event" stay what they were.
#include <algorithm>
#include <cstring>
#include <vector>

#include "nfa/kept_text.h"
#include "nfa/run_store.h"

namespace weir::nfa {

struct RunStore::Compaction {
  RunStore& store;
  const Layout& layout;
  const Automaton& automaton;
  base::Pool& pool;
  std::uint32_t floor = 0;
  std::vector<std::uint32_t>& node_map;
  std::vector<std::uint32_t>& event_map;
  std::vector<std::uint8_t>& event_kept;

  void run();
  void mark_cohorts();
  void mark_cohort(Cohort& cohort, bool pending);
  void mark_nodes();
  void move_events();
  void move_nodes();
  void move_cohorts();
  void renumber(Cohort& cohort) const;
  void renumber_rest();

  void keep_event(std::uint32_t id) {
    if (id != kNoEvent) event_kept[id] = 1;
  }
  [[nodiscard]] std::uint32_t event(std::uint32_t id) const {
    return id == kNoEvent ? kNoEvent : event_map[id];
  }
  [[nodiscard]] std::uint32_t node(std::uint32_t id) const {
    return id == kNoNode ? kNoNode : node_map[id];
  }
};

void RunStore::make_room(const Layout& layout, const Automaton& automaton, base::Pool& pool,
                         Maps& maps) {
  if (nodes_.size() < compact_at_nodes_ && event_count(layout) < compact_at_events_) return;
  Compaction{*this, layout, automaton, pool, alive_floor, maps.node, maps.event, maps.kept}.run();
  // Where few nodes stand over many events, the events pay for the pass.
  compact_at_nodes_ = std::max({layout.first_compaction, 2 * nodes_.size(), event_count(layout)});
  compact_at_events_ = std::max(layout.first_compaction, 2 * event_count(layout));
}

void RunStore::Compaction::run() {
  node_map.assign(store.nodes_.size(), kNoNode);
  event_kept.assign(store.event_count(layout) + 1, 0);
  mark_cohorts();
  mark_nodes();
  move_events();
  move_nodes();
  move_cohorts();
  renumber_rest();
}

// Drops the dead and marks what the living hold.
void RunStore::Compaction::mark_cohorts() {
  for (std::uint32_t edge = 0; edge <= layout.edges; ++edge) {
    const bool pending = edge == layout.edges;
    const std::uint32_t oldest = pending ? store.skip_floor : store.alive_floor;
    for (std::uint32_t id = store.heads_[edge]; id != kNoCohort;) {
      Cohort& cohort = store.cohort(layout, id);
      const std::uint32_t next = cohort.next;
      if (cohort.max_start < oldest && !automaton.keeps_timeouts) {
        store.drop_cohort(layout, edge, id);
      } else {
        mark_cohort(cohort, pending);
      }
      id = next;
    }
  }
  for (const auto& entry : store.leading) keep_event(entry.event);
  for (const auto& entry : store.starts) keep_event(entry.event);
  for (const auto& entry : store.log) {
    if (entry.event >= store.alive_floor) keep_event(entry.event);
  }
}

void RunStore::Compaction::mark_cohort(Cohort& cohort, bool pending) {
  node_map[cohort.set] = 0;
  if (pending) floor = std::min(floor, std::max(cohort.floor, store.skip_floor));
  floor = std::min(floor, cohort.max_start);
  keep_event(cohort.start);
  for (std::uint32_t i = 0; i < layout.registers; ++i) keep_event(store.remembered(cohort)[i]);
  for (std::uint32_t i = 0; i < layout.aggregates; ++i) {
    keep_event(store.aggregates(layout, cohort)[i].extreme);
  }
}

void RunStore::Compaction::mark_nodes() {
  for (std::uint32_t i = store.nodes_.size(); i-- > 0;) {
    if (node_map[i] == kNoNode) continue;
    const Node& here = store.nodes_[i];
    if (!here.is_union()) keep_event(here.event);
    for (const std::uint32_t child : {here.left, here.right}) {
      if (child != kNoNode && store.nodes_[child].max_start >= floor) node_map[child] = 0;
    }
  }
}

void RunStore::Compaction::move_events() {
  event_map.resize(event_kept.size());
  base::PoolVector<char> events;
  base::PoolVector<char> texts;
  const auto move_text = [&](std::uint64_t offset, std::uint32_t size) {
    const std::uint32_t to = texts.size();
    if (size > 0) std::memcpy(texts.extend(pool, size), store.texts_.data() + offset, size);
    return to;
  };
  std::uint32_t kept_events = 0;
  for (std::uint32_t i = 0; i < event_kept.size(); ++i) {
    event_map[i] = kept_events;
    if (event_kept[i] == 0) continue;
    ++kept_events;
    char* place = events.extend(pool, layout.event_bytes);
    std::memcpy(place, store.events_.data() + std::size_t{i} * layout.event_bytes,
                layout.event_bytes);
    auto* record = reinterpret_cast<KeptEvent*>(place);
    record->identity = move_text(record->identity, record->identity_size);
    record->raw = move_text(record->raw, record->raw_size);
    const auto& is_string = automaton.kept_is_text[record->local_type];
    for (std::size_t k = 0; k < is_string.size(); ++k) {
      event::Value& value = record->values()[k];
      if (is_string[k] == 0 || (record->present >> k & 1) == 0) continue;
      if (value.string.is_inline()) continue;
      set_text_offset(value, move_text(text_offset(value), value.string.size()));
    }
  }
  store.events_.release(pool);
  store.texts_.release(pool);
  store.events_ = events;
  store.texts_ = texts;
}

// In order, so that children have their new ids before those above them.
void RunStore::Compaction::move_nodes() {
  base::PoolVector<Node> nodes;
  for (std::uint32_t i = 0; i < node_map.size(); ++i) {
    if (node_map[i] == kNoNode) continue;
    Node moved = store.nodes_[i];
    moved.left = node(moved.left);
    moved.right = node(moved.right);
    if (moved.is_union() && (moved.left == kNoNode || moved.right == kNoNode)) {
      node_map[i] = moved.left == kNoNode ? moved.right : moved.left;  // one side has died
      continue;
    }
    moved.event = event(moved.event);
    moved.max_start = event_map[moved.max_start];
    nodes.push_back(pool, moved);
    node_map[i] = nodes.size() - 1;
  }
  store.nodes_.release(pool);
  store.nodes_ = nodes;
}

void RunStore::Compaction::move_cohorts() {
  base::PoolVector<char> cohorts;
  for (std::uint32_t edge = 0; edge <= layout.edges; ++edge) {
    std::uint32_t from = store.heads_[edge];
    std::uint32_t previous = kNoCohort;
    while (from != kNoCohort) {
      const std::uint32_t id = cohorts.size() / layout.cohort_bytes;
      char* place = cohorts.extend(pool, layout.cohort_bytes);
      std::memcpy(place, &store.cohort(layout, from), layout.cohort_bytes);
      auto& moved = *reinterpret_cast<Cohort*>(place);
      from = moved.next;
      moved.previous = previous;
      moved.next = from == kNoCohort ? kNoCohort : id + 1;  // they stand in the order of the list
      if (previous == kNoCohort) store.heads_[edge] = id;
      previous = id;
      renumber(moved);
    }
  }
  if (store.crowd != nullptr) {
    store.crowd->by_future.release(pool);
    store.crowd->due.release(pool);
    store.crowd->futures = 0;
    store.crowd->has_due = false;
  }
  store.free_cohort_ = kNoCohort;
  store.cohorts_.release(pool);
  store.cohorts_ = cohorts;
}

void RunStore::Compaction::renumber(Cohort& cohort) const {
  cohort.set = node_map[cohort.set];
  cohort.max_start = event_map[cohort.max_start];
  cohort.start = event(cohort.start);
  cohort.floor = event_map[cohort.floor];
  for (std::uint32_t i = 0; i < layout.registers; ++i) {
    std::uint32_t& id = store.remembered(cohort)[i];
    id = event(id);
  }
  for (std::uint32_t i = 0; i < layout.aggregates; ++i) {
    AggregateState& state = store.aggregates(layout, cohort)[i];
    state.extreme = event(state.extreme);
  }
}

void RunStore::Compaction::renumber_rest() {
  std::uint32_t dead = 0;
  for (const std::uint32_t start : store.dead_starts) {
    if (event_kept[start] != 0) store.dead_starts[dead++] = event_map[start];
  }
  store.dead_starts.resize_down(dead);
  for (auto& entry : store.leading) entry.event = event_map[entry.event];
  std::uint32_t logged = 0;
  for (const auto& entry : store.log) {
    if (entry.event < store.alive_floor) continue;
    store.log[logged++] = Logged{entry.symbols, event_map[entry.event], entry.local_type};
  }
  store.log.resize_down(logged);
  for (auto& entry : store.starts) entry.event = event_map[entry.event];
  const auto last = static_cast<std::uint32_t>(event_map.size() - 1);
  store.alive_floor = event_map[std::min(store.alive_floor, last)];
  store.skip_floor = event_map[std::min(store.skip_floor, last)];
}

}  // namespace weir::nfa
