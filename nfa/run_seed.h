// A run that has taken its first event and nothing since, before a store is worth making for it.
//
// Most of what an event begins comes to nothing: its window passes and no second event of the key
// comes. For such a run only the event is kept, in one small block; the store, with its cohorts and
// nodes, is made when another event of the key comes (Stepper::grow). So a seed is the store that
// would have been made by its event, put off. Owned by whoever planted it; not thread-safe.
//
// Invariant: `event` is followed by its kept values (Automaton::kept_slots) and these by the bytes
// that its text offsets count from.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/pool.h"
#include "nfa/run_store.h"

namespace weir::nfa {

struct RunSeed {
  std::uint32_t block_bytes = 0;
  std::uint32_t text_bytes = 0;
  std::uint32_t serial = 0;  // of the table of keys; the store that it grows to takes it over
  std::uint16_t starts = 0;  // bit i: the i-th start edge took the event
  std::uint16_t runs = 0;    // cohorts that it stands for
  SymbolMask symbols = 0;    // that the event satisfies
  KeptEvent event;

  [[nodiscard]] const char* texts() const {
    return reinterpret_cast<const char*>(this) + block_bytes - text_bytes;
  }
  static void destroy(RunSeed* seed, base::Pool& pool) { pool.release(seed, seed->block_bytes); }
};

}  // namespace weir::nfa
