// Finds for each event the rules that it may matter to and the keys under which they see it, and
// shares them out by key: all that can be done before anything is known of a key (engine.md E1).
//
// Used by the Engine, one Router for each chunk of events that is routed at a time. It changes
// nothing but its own scratch, so several may work beside each other. Not thread-safe.
//
// The rules that are found: where few rules look at the type, those of which some symbol holds;
// else those that the index gives (they could begin something), and keys for which shards ask what
// is held there.
//
// Cost: each distinct condition at most once an event; one key and one hash a dimension.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nfa/event_context.h"
#include "runtime/loaded_image.h"
#include "runtime/routed.h"
#include "runtime/turn.h"

namespace weir::runtime {

class Router {
 public:
  Router(const LoadedImage& loaded, std::size_t stage);

  // turns[begin..end) into `out`, which it empties first.
  void route(std::span<const Turn> turns, std::size_t begin, std::size_t end, RoutedChunk& out);

  // What conditions over one event counted, each for the turn it was evaluated for.
  [[nodiscard]] std::vector<nfa::CountedPredicate>& counted() { return context_.counted(); }

 private:
  // Where the key of the event under way in one dimension went.
  struct KeyPlace {
    std::uint64_t event = 0;     // serial of the event that it was made for
    RoutedEvents* to = nullptr;  // null: the key is absent
    std::uint32_t key = 0;       // of the event's keys there

    [[nodiscard]] RoutedKey& routed() const { return to->keys[to->events.back().first_key + key]; }
  };

  static void prefetch(std::span<const Turn> turns, std::size_t at, std::size_t end);
  void route_event(const event::Row& row);
  void route_rule(const RuleOfType& of_type, std::uint32_t place, const event::Row& row);
  void route_by_part(const RuleOfType& of_type, std::uint32_t place, const event::Row& row,
                     nfa::SymbolMask symbols);
  [[nodiscard]] const KeyPlace& key_of(const RuleOfType& of_type, const event::Row& row);
  [[nodiscard]] KeyPlace add_key(std::uint32_t dimension, std::size_t bytes_at);
  void add_rule(const KeyPlace& where, const RoutedRule& rule, bool stateful);

  const LoadedStage& stage_;
  nfa::EventContext context_;
  nfa::CandidateSet candidates_;  // rules, of the event under way
  std::vector<KeyPlace> keys_;    // by dimension
  RoutedChunk* out_ = nullptr;
  std::uint32_t turn_ = 0;
  std::uint64_t event_ = 0;  // serial of the event under way
  struct Way {               // a key under which some parts see the event
    std::string bytes;
    std::uint32_t mask;
  };
  std::vector<Way> ways_;
};

}  // namespace weir::runtime
