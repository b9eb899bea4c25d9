#include "nfa/match_enumerator.h"

#include <algorithm>

#include "nfa/mutants.h"

namespace weir::nfa {

void MatchEnumerator::begin(const RunStore& store, const RunStore::Layout& layout,
                            const Automaton& automaton, std::span<const Root> roots, bool every) {
  store_ = &store;
  layout_ = &layout;
  automaton_ = &automaton;
  roots_ = roots;
  open_ = false;
  every_ = every;
  leave_start_ = false;
  lengths_known_ = false;
  length_ = -1;
  next_start_ = 0;
  given_.clear();
  collect();
  measure();
}

// Forgets the places of the last walk in O(1): a store may hold far more nodes than lie below the
// roots of one moment.
void MatchEnumerator::begin_locals() {
  if (places_.size() < store_->node_count()) places_.resize(store_->node_count());
  if (++walk_ == 0) {
    std::ranges::fill(places_, Place{});
    walk_ = 1;
  }
}

// The nodes below the roots, their places, and the edges turned round.
void MatchEnumerator::collect() {
  begin_locals();
  std::uint32_t floor = kNoEvent;
  for (const Root& root : roots_) floor = std::min(floor, root.floor);
  pending_.clear();
  std::vector<std::uint32_t>& found = starts_;
  found.clear();
  const auto visit = [&](std::uint32_t node) {
    if (node == kNoNode || local_of(node) != kNoNode) return;
    if (store_->node(node).max_start < floor) return;
    set_local(node, 0);
    pending_.push_back(node);
  };
  for (const Root& root : roots_) visit(root.node);
  while (!pending_.empty()) {
    const std::uint32_t node = pending_.back();
    pending_.pop_back();
    found.push_back(node);
    visit(store_->node(node).left);
    visit(store_->node(node).right);
  }
  std::ranges::sort(found);
  locals_.assign(found.size(), Local{});
  for (std::uint32_t i = 0; i < found.size(); ++i) {
    locals_[i].node = found[i];
    set_local(found[i], i);
  }
  // Counting sort of the edges by their lower end.
  const auto for_children = [&](const Local& local, auto&& body) {
    const Node& node = store_->node(local.node);
    for (const std::uint32_t child : {node.left, node.right}) {
      if (child != kNoNode && local_of(child) != kNoNode) body(local_of(child));
    }
  };
  for (const Local& local : locals_) {
    for_children(local, [&](std::uint32_t child) { ++locals_[child].up_end; });
  }
  std::uint32_t total = 0;
  for (Local& local : locals_) {
    local.up_begin = total;
    total += local.up_end;
    local.up_end = local.up_begin;
  }
  ups_.resize(total);
  for (std::uint32_t i = 0; i < locals_.size(); ++i) {
    for_children(locals_[i], [&](std::uint32_t child) { ups_[locals_[child].up_end++] = i; });
  }
  visited_.assign(locals_.size(), 0);
  epoch_ = 0;
}

// How far each node is from a root at most, and where the first events are.
void MatchEnumerator::measure() {
  for (const Root& root : roots_) {
    if (local_of(root.node) == kNoNode) continue;
    Local& local = locals_[local_of(root.node)];
    local.root_floor = local.root ? std::min(local.root_floor, root.floor) : root.floor;
    local.root = true;
  }
  starts_.clear();
  for (std::uint32_t i = static_cast<std::uint32_t>(locals_.size()); i-- > 0;) {
    Local& local = locals_[i];
    if (local.root) {
      local.longest = 0;
      local.floor = local.root_floor;
    }
    for (std::uint32_t u = local.up_begin; u < local.up_end; ++u) {
      const Local& up = locals_[ups_[u]];
      if (up.longest < 0) continue;
      const std::int32_t step = store_->node(up.node).is_union() ? 0 : 1;
      local.longest = std::max(local.longest, up.longest + step);
      local.floor = std::min(local.floor, up.floor);
    }
    const Node& node = store_->node(local.node);
    if (!node.is_union() && node.left == kNoNode && local.longest >= 0) starts_.push_back(i);
  }
  std::ranges::sort(starts_, [&](std::uint32_t a, std::uint32_t b) {
    const auto event_a = store_->node(locals_[a].node).event;
    const auto event_b = store_->node(locals_[b].node).event;
    return mutant(Mutant::kPreferLatestStart) ? event_a > event_b : event_a < event_b;
  });
}

bool MatchEnumerator::next_start(std::uint32_t start_floor) {
  while (next_start_ < starts_.size()) {
    const std::uint32_t event = store_->node(locals_[starts_[next_start_]].node).event;
    current_starts_.clear();
    max_length_ = -1;
    for (; next_start_ < starts_.size(); ++next_start_) {
      const Local& local = locals_[starts_[next_start_]];
      if (store_->node(local.node).event != event) break;
      if (event < local.floor) continue;  // too old for every root that it leads to
      current_starts_.push_back(starts_[next_start_]);
      max_length_ = std::max(max_length_, local.longest);
    }
    const bool dead =
        std::binary_search(store_->dead_starts.begin(), store_->dead_starts.end(), event);
    if (event < start_floor || dead || current_starts_.empty()) continue;
    start_event_ = event;
    length_ = mutant(Mutant::kPreferFewer) ? 0 : max_length_;
    return true;
  }
  return false;
}

bool MatchEnumerator::next(std::uint32_t start_floor) {
  while (true) {
    if (leave_start_ || (open_ && start_event_ < start_floor)) {
      leave_start_ = false;
      open_ = false;
      length_ = -1;
    }
    if (!open_) {
      if (length_ < 0 && !next_start(start_floor)) return false;
      open_length();
    }
    while (depth_ > 0) {
      const std::int32_t remaining = length_ - static_cast<std::int32_t>(depth_ - 1);
      if (!advance(depth_ - 1, remaining)) {
        --depth_;
        continue;
      }
      const Frame& frame = frames_[depth_ - 1];
      match_.resize(depth_);
      match_[depth_ - 1] = TakenEvent{frame.event, frame.position};
      if (remaining == 0) {
        if (is_repeated()) continue;
        return true;
      }
      if (frames_.size() == depth_) frames_.emplace_back();
      frames_[depth_].chosen = false;
      ++depth_;
    }
    open_ = false;
    if (mutant(Mutant::kPreferFewer)) {
      length_ = length_ < max_length_ ? length_ + 1 : -1;
    } else {
      --length_;
    }
  }
}

// Walks of exactly length_ events after the first.
void MatchEnumerator::open_length() {
  if (length_ < max_length_) measure_lengths();
  if (frames_.empty()) frames_.emplace_back();
  frames_[0].chosen = false;
  depth_ = 1;
  open_ = true;
}

bool MatchEnumerator::leads(std::uint32_t local, std::int32_t remaining) {
  if (locals_[local].floor > start_event_) return false;
  // The longest walk from a first event never needs more than the longest of each node.
  if (!lengths_known_) return locals_[local].longest >= remaining;
  const auto bit = static_cast<std::size_t>(remaining);
  if (bit / 64 >= length_words_) return false;
  return (lengths_[local * length_words_ + bit / 64] >> (bit % 64) & 1) != 0;
}

void MatchEnumerator::measure_lengths() {
  if (lengths_known_) return;
  std::int32_t longest = 0;
  for (const Local& local : locals_) longest = std::max(longest, local.longest);
  length_words_ = static_cast<std::size_t>(longest) / 64 + 1;
  lengths_.assign(locals_.size() * length_words_, 0);
  for (std::size_t i = locals_.size(); i-- > 0;) {
    std::uint64_t* bits = &lengths_[i * length_words_];
    if (locals_[i].root) bits[0] |= 1;
    for (std::uint32_t u = locals_[i].up_begin; u < locals_[i].up_end; ++u) {
      const std::uint64_t* up = &lengths_[ups_[u] * length_words_];
      const bool shift = !store_->node(locals_[ups_[u]].node).is_union();
      std::uint64_t carry = 0;
      for (std::size_t w = 0; w < length_words_; ++w) {
        bits[w] |= shift ? (up[w] << 1 | carry) : up[w];
        carry = up[w] >> 63;
      }
    }
  }
  lengths_known_ = true;
}

// Calls body(local) for each node that may be taken at this depth of the walk and after which
// exactly `remaining` more events can follow.
template <typename Body>
void MatchEnumerator::for_candidates(std::size_t depth, std::int32_t remaining, Body body) {
  if (depth == 0) {
    for (const std::uint32_t local : current_starts_) {
      if (leads(local, remaining)) body(local);
    }
    return;
  }
  ++epoch_;
  const auto& below = frames_[depth - 1].nodes;
  pending_.assign(below.begin(), below.end());
  while (!pending_.empty()) {
    const Local& local = locals_[pending_.back()];
    pending_.pop_back();
    for (std::uint32_t u = local.up_begin; u < local.up_end; ++u) {
      const std::uint32_t up = ups_[u];
      if (visited_[up] == epoch_ || locals_[up].longest < 0) continue;
      visited_[up] = epoch_;
      if (store_->node(locals_[up].node).is_union()) {
        // Only if a walk goes through it: the take above it, and what remains after that.
        if (leads(up, remaining + 1)) pending_.push_back(up);
      } else if (leads(up, remaining)) {
        body(up);
      }
    }
  }
}

// The next choice at a depth, in the order (event, part): first others of the same event, then the
// next event.
bool MatchEnumerator::advance(std::size_t depth, std::int32_t remaining) {
  const Frame& frame = frames_[depth];
  if (frame.chosen && choose_at(depth, remaining, frame.event, true)) return true;
  const bool largest_first = mutant(Mutant::kPreferLastEvents);
  std::uint32_t next = kNoEvent;
  for_candidates(depth, remaining, [&](std::uint32_t local) {
    const std::uint32_t event = store_->node(locals_[local].node).event;
    const bool later = largest_first ? event < frame.event : event > frame.event;
    if (frame.chosen && !later) return;
    const bool better = largest_first ? event > next : event < next;
    if (next == kNoEvent || better) next = event;
  });
  return next != kNoEvent && choose_at(depth, remaining, next, false);
}

bool MatchEnumerator::choose_at(std::size_t depth, std::int32_t remaining, std::uint32_t event,
                                bool after_current) {
  at_event_.clear();
  for_candidates(depth, remaining, [&](std::uint32_t local) {
    if (store_->node(locals_[local].node).event == event) at_event_.push_back(local);
  });
  Frame& frame = frames_[depth];
  std::uint32_t best = kNoNode;
  for (const std::uint32_t local : at_event_) {
    if (after_current && order_of(local) <= frame.order) continue;
    if (best == kNoNode || order_of(local) < order_of(best)) best = local;
  }
  if (best == kNoNode) return false;
  frame.chosen = true;
  frame.event = event;
  frame.order = order_of(best);
  frame.position = store_->node(locals_[best].node).position;
  frame.nodes.clear();
  for (const std::uint32_t local : at_event_) {
    if (order_of(local) == frame.order) frame.nodes.push_back(local);
  }
  return true;
}

// Whether an assignment that gives the same events to the same names came before (L3.5). Only
// parts that share a label can make one.
bool MatchEnumerator::is_repeated() {
  if (every_ || !automaton_->labels_shared || mutant(Mutant::kDuplicatesReported)) return false;
  std::string key;
  for (const TakenEvent& taken : match_) {
    const std::uint16_t label =
        automaton_->part_label[automaton_->positions[taken.position].part.index()];
    key.append(reinterpret_cast<const char*>(&taken.event), sizeof taken.event);
    key.append(reinterpret_cast<const char*>(&label), sizeof label);
  }
  return !given_.insert(std::move(key)).second;
}

std::uint16_t MatchEnumerator::order_of(std::uint32_t local) const {
  const auto position = store_->node(locals_[local].node).position;
  return automaton_->positions[position].part.value;
}

}  // namespace weir::nfa
