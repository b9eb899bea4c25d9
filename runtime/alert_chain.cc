#include "runtime/alert_chain.h"

#include <algorithm>
#include <tuple>

#include "event/record_json.h"

namespace weir::runtime {

AlertChain::AlertChain(const LoadedImage& loaded, const EngineOptions& options)
    : loaded_(loaded),
      keep_raw_(options.keep_raw),
      clamp_(options.order == Order::kArrival || options.late == LatePolicy::kProcess) {}

void AlertChain::begin(std::span<const Turn> input) {
  arena_.reset();
  nodes_.clear();
  turns_.assign(input.begin(), input.end());
  inputs_ = static_cast<std::uint32_t>(input.size());
  origins_.resize(input.size());
  for (std::uint32_t i = 0; i < inputs_; ++i) {
    turns_[i].family = i + 1;
    origins_[i] = {kNone, i};
  }
}

// ---- where things stand ------------------------------------------------------------------------

std::uint32_t AlertChain::input_of(std::size_t turn) const {
  return turn < origins_.size() ? origins_[turn].input : inputs_;
}

std::uint32_t AlertChain::serial_of(std::size_t turn) const {
  const Origin& origin = origins_[turn];
  return origin.node == kNone ? origin.input : inputs_ + origin.node;
}

// The first of its family.
bool AlertChain::stands_alone(const Origin& origin) const {
  if (origin.node == kNone) return true;
  const Node& node = nodes_[origin.node];
  return node.depth == 0 && node.deadline_ms != MatchPlace::kEvent;
}

bool AlertChain::before(std::uint32_t a, std::uint32_t b) const {
  const Node* x = &nodes_[a];
  const Node* y = &nodes_[b];
  if (x->input != y->input) return x->input < y->input;
  if (x->deadline_ms != y->deadline_ms) return x->deadline_ms < y->deadline_ms;
  const bool higher = x->depth < y->depth;
  while (x->depth > y->depth) a = x->parent, x = &nodes_[a];
  while (y->depth > x->depth) b = y->parent, y = &nodes_[b];
  if (a == b) return higher;
  while (x->parent != y->parent) {
    a = x->parent, x = &nodes_[a];
    b = y->parent, y = &nodes_[b];
  }
  // What one rule completed for one key at a moment was recorded in the order of preference.
  return std::tie(x->stage, x->rule, x->key_bytes, a) <
         std::tie(y->stage, y->rule, y->key_bytes, b);
}

bool AlertChain::before(const Origin& a, std::uint32_t b) const {
  if (a.node != kNone) return before(a.node, b);
  const Node& node = nodes_[b];
  return a.input < node.input || (a.input == node.input && node.deadline_ms == MatchPlace::kEvent);
}

// ---- what a stage completed --------------------------------------------------------------------

void AlertChain::take(std::uint32_t stage, std::span<const RecordedMatches* const> recorded,
                      std::span<const StreamResult> results) {
  fresh_.clear();
  for (const RecordedMatches* shard : recorded) {
    for (const RecordedMatches::Match& match : shard->matches()) add(stage, match);
  }
  for (const StreamResult& result : results) add(stage, result);
  if (!fresh_.empty()) insert();
}

void AlertChain::add(std::uint32_t stage, const RecordedMatches::Match& match) {
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  Node node;
  node.match = &match;
  node.rule = match.alert.rule;
  node.key_bytes = match.alert.key_bytes;
  if (match.place.is_event()) {
    const Origin& by = origins_[match.place.turn];
    node.input = by.input;
    node.family = turns_[match.place.turn].family;
    if (by.node != kNone) {
      node.parent = by.node;
      node.depth = nodes_[by.node].depth + 1;
      node.deadline_ms = nodes_[by.node].deadline_ms;
    }
  } else {
    place_at_deadline(node, stage, match.place.deadline_ms, match.place.turn);
  }
  nodes_.push_back(node);
  // What a canary says of keys for which it is not live is nobody's event (R111).
  const std::uint32_t rule = match.alert.rule;
  const bool canary = loaded_.image->rules[rule].mode == nfa::RuleMode::kCanary;
  const bool is_event = !match.withheld && !match.alert.is_timeout &&
                        loaded_.alerts_are_seen[rule] && (match.alert.live || !canary);
  if (is_event) fresh_.push_back(index);
}

void AlertChain::add(std::uint32_t stage, const StreamResult& result) {
  Node node;
  node.result = &result;
  node.rule = static_cast<std::uint32_t>(loaded_.image->rules.size()) + result.stream;
  node.key_bytes = result.key_bytes;
  const auto later = std::ranges::upper_bound(turns_, result.ts_ms, {}, &Turn::clock_ms);
  place_at_deadline(node, stage, result.ts_ms, static_cast<std::size_t>(later - turns_.begin()));
  fresh_.push_back(static_cast<std::uint32_t>(nodes_.size()));
  nodes_.push_back(node);
}

// Before a turn; but not within a family: what a late event left overdue comes behind its alerts.
void AlertChain::place_at_deadline(Node& node, std::uint32_t stage, std::int64_t deadline_ms,
                                   std::size_t turn) {
  while (turn < turns_.size() && !stands_alone(origins_[turn])) ++turn;
  node.input = input_of(turn);
  node.deadline_ms = deadline_ms;
  node.stage = stage;
  node.family = inputs_ + 1 + static_cast<std::uint32_t>(nodes_.size());
}

void AlertChain::insert() {
  std::ranges::sort(fresh_, [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
  next_turns_.clear();
  next_origins_.clear();
  std::int64_t clock_ms = INT64_MIN;
  std::size_t at = 0;
  const auto copy_until = [&](const auto& stop) {
    for (; at < turns_.size() && !stop(origins_[at]); ++at) {
      clock_ms = turns_[at].clock_ms;
      next_turns_.push_back(turns_[at]);
      next_origins_.push_back(origins_[at]);
    }
  };
  for (const std::uint32_t index : fresh_) {
    copy_until([&](const Origin& origin) { return !before(origin, index); });
    const Node& node = nodes_[index];
    if (node.deadline_ms != MatchPlace::kEvent) clock_ms = std::max(clock_ms, node.deadline_ms);
    next_turns_.push_back({row_of(node), clock_ms, clamp_, node.family});
    next_origins_.push_back({index, node.input});
  }
  copy_until([](const Origin&) { return false; });
  turns_.swap(next_turns_);
  origins_.swap(next_origins_);
}

// ---- rows --------------------------------------------------------------------------------------

const event::Row* AlertChain::row_of(const Node& node) {
  if (node.result != nullptr) return node.result->row;
  const Alert& alert = node.match->alert;
  const nfa::RuleImage& rule = loaded_.image->rules[alert.rule];
  const auto& fields = loaded_.image->schema.types[rule.alert_type.index()].fields;
  auto* slots = arena_.allocate_array<event::Value>(fields.size());
  const std::size_t words = event::presence_words(fields.size());
  auto* present = arena_.allocate_array<std::uint64_t>(words);
  std::fill_n(slots, fields.size(), event::Value());
  std::fill_n(present, words, 0);
  const auto put = [&](std::size_t slot, bool has, const event::Value& value) {
    if (!has) return;
    slots[slot] = value;
    event::set_present(present, slot);
  };
  for (std::size_t i = 0; i < rule.alert_fields.size(); ++i) {
    const nfa::AlertField& field = rule.alert_fields[i];
    switch (field.kind) {
      case nfa::AlertFieldKind::kKey:
        put(i, alert.key[field.index].present, alert.key[field.index].value);
        break;
      case nfa::AlertFieldKind::kEmit:
        put(i, alert.emits[field.index].present, alert.emits[field.index].value);
        break;
      case nfa::AlertFieldKind::kScore:
        put(i, alert.has_score, alert.score);
        break;
      case nfa::AlertFieldKind::kDecision:
        put(i, alert.decision >= 0, event::Value::of_int(alert.decision));
        break;
    }
  }
  auto* row = new (arena_.allocate(sizeof(event::Row))) event::Row;
  row->type = rule.alert_type;
  row->ts_ms = alert.ts_ms;
  row->seq = event::Row::kNoPosition;
  row->slots = slots;
  row->present = present;
  row->identity = arena_.copy(alert.id.hex());
  if (keep_raw_) row->raw = record_of(*row);
  return row;
}

std::string_view AlertChain::record_of(const event::Row& row) {
  text_.clear();
  event::append_record_json(text_, loaded_.image->schema, row);
  return arena_.copy(text_);
}

// ---- out ---------------------------------------------------------------------------------------

void AlertChain::put_out(MatchReceiver& out) {
  order_.clear();
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].match != nullptr) order_.push_back(i);
  }
  std::ranges::sort(order_, [this](std::uint32_t a, std::uint32_t b) { return before(a, b); });
  for (const std::uint32_t index : order_) {
    const Node& node = nodes_[index];
    out.stand_at({node.input, node.deadline_ms});
    Alert alert = node.match->alert;
    alert.of_deadline = alert.has_seq && node.deadline_ms != MatchPlace::kEvent;
    out.on_match(alert, node.match->withheld, node.match->first);
  }
}

}  // namespace weir::runtime
