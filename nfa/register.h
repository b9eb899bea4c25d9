// What the earlier parts of a match hold, as a condition sees it: `probe.amount`, `count(probe)`,
// `avg(probe.amount)` and the key's fields are *registers*, numbered per rule.
//
// The compiler interns them while it compiles a rule's conditions; the engine keeps the values of
// a run's registers up to date (nfa/aggregate.h) and hands them to the evaluator beside their
// presence bits. Plain data; immutable once the rule is compiled.
//
// Invariants
// 1. The index of a descriptor in its rule's table is the index of its value in
//    EvalInput::registers.
// 2. A register's value has exactly the type that the descriptor states.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "event/schema.h"

namespace weir::nfa {

enum class RegisterKind : std::uint8_t {
  kField,  // a field of one of the part's events        probe.amount  first(probe).amount
  kTime,   // the time of one of the part's events       probe.ts
  kCount,  // how many events the part has taken         count(probe)      never absent
  kSum,    // over the field of all its events           sum(probe.amount) never absent, but
           //                                            for an int sum that overflows
  kAvg,
  kMin,
  kMax,
  kStddev,    // the sample's: of fewer than 2 absent
  kDistinct,  // number of different values; of nothing absent, as L3.2 has it
  kKeyField,  // a field of the rule's key
};

// Which event of a repeated part; of a part that took one event both are that event.
enum class RegisterWhich : std::uint8_t { kFirst, kLast };

struct RegisterDesc {
  RegisterKind kind = RegisterKind::kField;
  RegisterWhich which = RegisterWhich::kLast;  // kField and kTime
  // The part, as numbered by who gave the compiler the scope; for kKeyField the place in the key.
  // kCompleting: whichever takes the event that completes the match; only of a kField.
  static constexpr std::uint16_t kCompleting = 0xFFFF;
  std::uint16_t part = 0;
  std::string part_name;
  std::string field;  // name of the field; empty for kTime and kCount

  // The slot of the field in each event type that the part may take.
  struct Slot {
    event::EventTypeId type;
    std::uint16_t slot = 0;
    friend bool operator==(const Slot&, const Slot&) = default;
  };
  std::vector<Slot> slots;
  event::Type type;        // of the register's value
  event::Type field_type;  // of the field: what an aggregate is fed with

  friend bool operator==(const RegisterDesc&, const RegisterDesc&) = default;

  [[nodiscard]] bool is_aggregate() const {
    return kind >= RegisterKind::kSum && kind <= RegisterKind::kDistinct;
  }
  // The slot for an event of this type, or -1: the part does not take it.
  [[nodiscard]] int slot_of(event::EventTypeId event_type) const;
  // As in the language: `probe.amount`, `first(probe).ts`, `avg(probe.amount)`, key `card`.
  [[nodiscard]] std::string text() const;

  void append_bytes(base::ByteWriter& out) const;
  [[nodiscard]] static RegisterDesc read(base::ByteReader& in);  // ask in.ok() afterwards
};

// The registers of one rule.
class RegisterTable {
 public:
  static constexpr std::size_t kMaxRegisters = 4096;

  // The index of this register, added if it is new; kNone when the table is full.
  static constexpr std::uint16_t kNone = 0xFFFF;
  [[nodiscard]] std::uint16_t intern(const RegisterDesc& desc);
  [[nodiscard]] std::span<const RegisterDesc> list() const { return registers_; }
  [[nodiscard]] const RegisterDesc& operator[](std::size_t index) const {
    return registers_[index];
  }
  [[nodiscard]] std::size_t size() const { return registers_.size(); }

  void append_bytes(base::ByteWriter& out) const;
  [[nodiscard]] static RegisterTable read(base::ByteReader& in);

 private:
  std::vector<RegisterDesc> registers_;
};

// A type as bytes, for descriptors and programs alike.
void append_type(const event::Type& type, base::ByteWriter& out);
[[nodiscard]] event::Type read_type(base::ByteReader& in);

}  // namespace weir::nfa
