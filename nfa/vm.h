// Runs compiled conditions and expressions over one event and the registers of one run.
//
// Used by the engine for every candidate event, so: no virtual call, no allocation, no string
// hashing apart from list and table look-ups, once the Scratch has grown to its size. Functions
// are re-entrant: threads share LoadedPrograms and each has its own Scratch and counters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event/arena.h"
#include "event/row.h"
#include "event/value.h"
#include "nfa/loaded_program.h"

namespace weir::nfa {

class DataTable;
class LiveList;

// What was odd about the data (L2.5): the value became absent, and it is counted here.
struct EvalCounters {
  std::uint64_t overflow = 0;
  std::uint64_t division_by_zero = 0;
  std::uint64_t domain = 0;  // log or sqrt of a negative number, a prefix length out of range

  EvalCounters& operator+=(const EvalCounters& other) {
    overflow += other.overflow;
    division_by_zero += other.division_by_zero;
    domain += other.domain;
    return *this;
  }
  friend bool operator==(const EvalCounters&, const EvalCounters&) = default;
};

struct EvalInput {
  const event::Row* row = nullptr;  // of the program's event type; null if it has none
  const event::Value* registers = nullptr;
  const std::uint64_t* register_present = nullptr;
  const LiveList* const* lists = nullptr;    // by list index of the image
  const DataTable* const* tables = nullptr;  // by table index of the image
  std::int64_t now_ms = 0;                   // the time at which entries of lists must not be out
  EvalCounters* counters = nullptr;          // not null
};

enum class Tri : std::uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

// Temporaries, and the strings that lower(), upper(), date() and network() make. One per thread.
class Scratch {
 public:
  // Lets the strings made since the last reset go; values that evaluate() gave out before must not
  // be read after it. Call once an event.
  void reset() { strings_.reset(); }
  [[nodiscard]] char* allocate(std::size_t size) { return strings_.allocate(size); }
  [[nodiscard]] std::string_view keep(std::string_view text) { return strings_.copy(text); }
  [[nodiscard]] std::string& text() { return text_; }  // to build one string in

  // For the evaluator: room for n temporaries, all absent.
  void prepare_temps(std::size_t n) {
    if (n > temps_.size()) {
      temps_.resize(n);
      present_.resize(event::presence_words(n));
    }
    for (std::size_t i = 0; i < event::presence_words(n); ++i) present_[i] = 0;
  }
  [[nodiscard]] event::Value* temps() { return temps_.data(); }
  [[nodiscard]] std::uint64_t* temp_present() { return present_.data(); }

 private:
  std::vector<event::Value> temps_;
  std::vector<std::uint64_t> present_;
  event::Arena strings_;
  std::string text_;
};

// Whether a condition program is true; false and unknown are both "no" (L2.4).
[[nodiscard]] bool holds(const LoadedProgram& program, const EvalInput& input, Scratch& scratch);

// The value of a value program; false: absent, *out unchanged. Strings and lists in *out point
// into the input, the program or the scratch.
[[nodiscard]] bool evaluate(const LoadedProgram& program, const EvalInput& input, Scratch& scratch,
                            event::Value* out);

// A value program of type bool, as three-valued logic sees it.
[[nodiscard]] inline Tri evaluate_condition(const LoadedProgram& program, const EvalInput& input,
                                            Scratch& scratch) {
  event::Value value;
  if (!evaluate(program, input, scratch, &value)) return Tri::kUnknown;
  return value.integer != 0 ? Tri::kTrue : Tri::kFalse;
}

}  // namespace weir::nfa
