#include "nfa/run_store.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "nfa/kept_text.h"
#include "nfa/run_seed.h"

namespace weir::nfa {
namespace {

// What most keys never outgrow.
constexpr std::size_t kFirstCohorts = 2;
constexpr std::size_t kFirstEvents = 2;
constexpr std::size_t kFirstNodes = 4;

constexpr std::uint32_t align16(std::size_t n) {
  return static_cast<std::uint32_t>((n + 15) & ~std::size_t{15});
}

}  // namespace

RunStore::Layout::Layout(const Automaton& automaton) {
  std::size_t kept = 0;
  for (const auto& slots : automaton.kept_slots) kept = std::max(kept, slots.size());
  event_bytes = static_cast<std::uint32_t>(sizeof(KeptEvent) + kept * sizeof(event::Value));
  registers = static_cast<std::uint32_t>(automaton.event_registers.size());
  aggregates = static_cast<std::uint32_t>(automaton.aggregates.size());
  aggregates_at = align16(sizeof(Cohort) + registers * sizeof(std::uint32_t));
  cohort_bytes = align16(aggregates_at + aggregates * sizeof(AggregateState));
  edges = static_cast<std::uint32_t>(automaton.edges.size());
  const std::size_t heads = sizeof(RunStore) + (edges + 1) * sizeof(std::uint32_t);
  first_cohorts = align16(heads);
  first_events = align16(first_cohorts + kFirstCohorts * cohort_bytes);
  first_nodes = align16(first_events + kFirstEvents * event_bytes);
  block_bytes = static_cast<std::uint32_t>(first_nodes + kFirstNodes * sizeof(Node));
}

RunStore* RunStore::create(const Layout& layout, base::Pool& pool) {
  auto* block = static_cast<char*>(pool.allocate(layout.block_bytes));
  auto* store = new (block) RunStore;
  store->heads_.adopt(block + sizeof(RunStore), layout.edges + 1);
  store->cohorts_.adopt(block + layout.first_cohorts, kFirstCohorts * layout.cohort_bytes);
  store->events_.adopt(block + layout.first_events, kFirstEvents * layout.event_bytes);
  store->block_bytes_ = layout.block_bytes;
  store->nodes_.adopt(block + layout.first_nodes, kFirstNodes);
  return store;
}

void RunStore::destroy(RunStore* store, base::Pool& pool) {
  const std::uint32_t block_bytes = store->block_bytes_;
  store->release(pool);
  store->~RunStore();
  pool.release(store, block_bytes);
}

void RunStore::release(base::Pool& pool) {
  events_.release(pool);
  texts_.release(pool);
  nodes_.release(pool);
  cohorts_.release(pool);
  heads_.release(pool);
  dead_starts.release(pool);
  leading.release(pool);
  starts.release(pool);
  log.release(pool);
  if (crowd == nullptr) return;
  crowd->by_future.release(pool);
  crowd->due.release(pool);
  pool.release(crowd, sizeof(Crowd));
  crowd = nullptr;
}

std::size_t RunStore::bytes() const {
  return events_.capacity() + texts_.capacity() + nodes_.capacity() * sizeof(Node) +
         cohorts_.capacity() +
         (heads_.capacity() + dead_starts.capacity()) * sizeof(std::uint32_t) +
         leading.capacity() * sizeof(Leading) + starts.capacity() * sizeof(Start) +
         log.capacity() * sizeof(Logged);
}

void RunStore::prepare(const Layout& layout, base::Pool& pool) {
  if (!heads_.empty()) return;
  std::uint32_t* heads = heads_.extend(pool, layout.edges + 1);
  std::fill(heads, heads + layout.edges + 1, kNoCohort);
  compact_at_nodes_ = layout.first_compaction;
  compact_at_events_ = layout.first_compaction;
}

// ---- events ------------------------------------------------------------------------------------

std::uint32_t RunStore::keep(const Layout& layout, const Automaton& automaton, base::Pool& pool,
                             const event::Row& row, std::int64_t match_ms, std::uint16_t local_type,
                             bool keep_raw) {
  const std::uint32_t id = event_count(layout);
  char* place = events_.extend(pool, layout.event_bytes);
  auto* kept = new (place) KeptEvent;
  kept->retained = retained + 1;  // itself included
  keep_event(automaton, row, match_ms, local_type, keep_raw, *kept, [&](std::string_view text) {
    const std::uint32_t offset = texts_.size();
    if (!text.empty()) std::memcpy(texts_.extend(pool, text.size()), text.data(), text.size());
    return offset;
  });
  return id;
}

std::uint32_t RunStore::keep(const Layout& layout, base::Pool& pool, const RunSeed& seed) {
  char* place = events_.extend(pool, layout.event_bytes);
  std::memcpy(place, &seed.event, layout.event_bytes);
  reinterpret_cast<KeptEvent*>(place)->retained = retained + 1;
  if (seed.text_bytes > 0) {
    std::memcpy(texts_.extend(pool, seed.text_bytes), seed.texts(), seed.text_bytes);
  }
  return 0;
}

bool RunStore::kept_value(const Layout& layout, const Automaton& automaton, std::uint32_t event_id,
                          std::size_t kept, event::Value* out) const {
  const KeptEvent& record = event(layout, event_id);
  if ((record.present >> kept & 1) == 0) return false;
  *out = record.values()[kept];
  if (automaton.kept_is_text[record.local_type][kept] && !out->string.is_inline()) {
    *out = event::Value::of_string({texts_.data() + text_offset(*out), out->string.size()});
  }
  return true;
}

// ---- nodes -------------------------------------------------------------------------------------

std::uint32_t RunStore::add_take(base::Pool& pool, std::uint32_t event, std::uint16_t position,
                                 std::uint32_t before) {
  const std::uint32_t start = before == kNoNode ? event : nodes_[before].max_start;
  nodes_.push_back(pool, Node{event, before, kNoNode, start, position});
  return nodes_.size() - 1;
}

std::uint32_t RunStore::add_union(base::Pool& pool, std::uint32_t left, std::uint32_t right) {
  const std::uint32_t start = std::max(nodes_[left].max_start, nodes_[right].max_start);
  nodes_.push_back(pool, Node{kNoEvent, left, right, start, kUnionPosition});
  return nodes_.size() - 1;
}

// ---- cohorts -----------------------------------------------------------------------------------

std::uint32_t RunStore::new_cohort(const Layout& layout, base::Pool& pool, const Cohort& like) {
  std::uint32_t id = free_cohort_;
  if (id != kNoCohort) {
    free_cohort_ = cohort(layout, id).next;
  } else {
    id = cohorts_.size() / layout.cohort_bytes;
    (void)cohorts_.extend(pool, layout.cohort_bytes);
  }
  ++cohorts_live_;
  std::memcpy(static_cast<void*>(&cohort(layout, id)), &like, layout.cohort_bytes);
  return id;
}

void RunStore::link(const Layout& layout, std::uint32_t list, std::uint32_t id) {
  Cohort& first = cohort(layout, id);
  first.next = heads_[list];
  first.previous = kNoCohort;
  if (first.next != kNoCohort) cohort(layout, first.next).previous = id;
  heads_[list] = id;
}

void RunStore::drop_cohort(const Layout& layout, std::uint32_t list, std::uint32_t id) {
  Cohort& gone = cohort(layout, id);
  (gone.previous == kNoCohort ? heads_[list] : cohort(layout, gone.previous).next) = gone.next;
  if (gone.next != kNoCohort) cohort(layout, gone.next).previous = gone.previous;
  gone.edge = kFreedEdge;
  gone.next = free_cohort_;
  free_cohort_ = id;
  --cohorts_live_;
}

Crowd& RunStore::need_crowd(base::Pool& pool) {
  if (crowd == nullptr) crowd = new (pool.allocate(sizeof(Crowd))) Crowd;
  return *crowd;
}

}  // namespace weir::nfa
