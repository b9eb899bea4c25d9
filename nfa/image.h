// A compiled ruleset: all that a process needs to run it, and nothing of where it came from.
//
// Made by the compiler, written and read as bytes (FROZEN format, nfa/image_bytes.cc; a test pins
// it), loaded by the runtime. The parser need not be in the process that runs it. Plain data,
// immutable once made; shared between threads.
//
// Invariants
// 1. Every id is an index into the table that its type names; read_image() refuses bytes where one
//    is not, and every program passes the verifier.
// 2. Rules are in the order of the files given, then of position: that order is the output's.
// 3. register_table indices in a rule's programs are indices of its automaton.registers; the
//    programs of score thresholds read register 0 of `threshold_registers`: the summed score.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "event/schema.h"
#include "nfa/automaton.h"
#include "nfa/dataset.h"
#include "nfa/explain.h"
#include "nfa/feature.h"
#include "nfa/program.h"

namespace weir::nfa {

// The fields whose values, in order, are a key. By event type: the slots; empty: that type has no
// such key.
struct KeyExpr {
  std::vector<std::string> fields;
  std::vector<std::vector<std::uint16_t>> slots;  // by EventTypeId
};

// An expression of an outcome, over the registers of the rule.
struct ValueExpr {
  ProgramId program;
  event::Type type;
  std::vector<std::uint16_t> registers;
  bool may_be_absent = false;
};

struct ReasonSegment {
  std::string text;         // printed first
  std::int32_t value = -1;  // then, if >= 0: of Outcomes::reason_values
};

struct Outcomes {
  std::int32_t decision = -1;    // of Image::decisions; -1: none
  bool final = false;            // L5.2
  std::vector<ValueExpr> score;  // none or one
  std::vector<std::string> tags;
  std::vector<ReasonSegment> reason;
  std::vector<ValueExpr> reason_values;
  struct Emit {
    std::string name;
    ValueExpr value;
  };
  std::vector<Emit> emits;
  std::vector<std::string> sinks;  // where alerts go besides; each once
  // `add EXPR to LIST [for D]`, `remove EXPR from LIST`: what an absent value is put in changes
  // nothing.
  struct ListChange {
    static constexpr std::int64_t kForEver = -1;

    bool add = true;
    std::uint16_t list = 0;  // of Image::lists
    ValueExpr value;         // of the list's type
    std::int64_t ttl_ms = kForEver;
  };
  std::vector<ListChange> list_changes;
};

// kCanary: live for a share of the keys, shadow for the others.
enum class RuleMode : std::uint8_t { kLive, kShadow, kOff, kCanary };
enum class SkipKind : std::uint8_t { kPastLast, kNone, kToNext, kToFirst, kToLast };

// A condition of `having`.
struct HavingCondition {
  ProgramId program;
  std::vector<std::uint16_t> registers;
  std::string text;
};

// What a condition says, for `explain`: parallel to a type acceptor's conditions.
struct ConditionText {
  std::string text;        // as in the language
  ExplainTemplate values;  // with its values in
};

struct TimeoutImage {
  std::string name;
  Outcomes outcomes;
};

// Where a field of the events that a rule's alerts are comes from (language L4.4).
enum class AlertFieldKind : std::uint8_t { kKey, kEmit, kScore, kDecision };
struct AlertField {
  AlertFieldKind kind = AlertFieldKind::kKey;
  std::uint16_t index = 0;  // of the fields of the key that alerts show, or of Outcomes::emits
};

struct RuleImage {
  std::string name;
  std::string description;
  std::string version;         // hex of XXH3-128: everything but names, layout and comments (L5.4)
  std::string state_identity;  // hex: pattern, keys, conditions and windows only
  std::string owner;           // empty: none
  std::string severity;
  std::string meta;  // JSON object text
  RuleMode mode = RuleMode::kLive;
  std::uint32_t canary_ppm = 0;  // of the keys for which a canary is live; 1 to a million
  // What completes outside has no outcome at all (L5.3).
  std::int64_t active_from_ms = INT64_MIN;
  std::int64_t active_until_ms = INT64_MAX;  // and after
  Automaton automaton;
  std::vector<KeyExpr> keys;   // keys[0] is the rule's own `by`, if it has one
  std::uint8_t shown_key = 0;  // of keys: whose field names alerts carry
  // By key expression and local type: 1 where some part that names the type has this `by`.
  std::vector<std::vector<std::uint8_t>> key_types;
  bool keyed = false;         // false: no key at all (`by all`, or one event and no `by`)
  bool keys_by_part = false;  // parts have a `by` of their own (L3.13)
  std::vector<HavingCondition> having;
  SkipKind skip = SkipKind::kPastLast;
  std::uint16_t skip_name = 0xFFFF;  // of automaton.names
  std::uint32_t report = 100;
  bool pick_any = false;
  std::int64_t cooldown_ms = 0;
  Outcomes outcomes;
  std::vector<TimeoutImage> timeout;  // none or one
  // Of the events that its alerts are; invalid: nothing looks at them.
  event::EventTypeId alert_type;
  std::vector<AlertField> alert_fields;  // by slot of that type, as far as they are declared
  // How many rules and streams lie between it and the input, at most: it sees alerts and results of
  // lower stages only.
  std::uint32_t stage = 0;
  // For explain, by acceptor and local type: the single-event conjuncts, then the dynamic ones.
  std::vector<std::vector<std::vector<ConditionText>>> condition_texts;
};

struct ScoreThreshold {
  std::int32_t decision = -1;
  ProgramId program;  // over threshold_registers
};

struct ListImage {
  std::string name;
  event::Type type;
  DataSet values;        // as the ruleset has them; an engine keeps what changed (nfa/live_list.h)
  bool changes = false;  // outcomes of a live rule add to it or remove from it
};

struct TableImage {
  std::string name;
  DataTable rows;
};

// `stream S by KEY each D { ... }`: for each key and window in which an event counted, an event of
// the columns' values, a millisecond before the window's end.
struct StreamImage {
  std::string name;
  event::EventTypeId type;  // of the results: the fields of the key, then a field a column
  std::vector<std::string> key_fields;
  WindowSpec window;                  // kTumbling or kCalendar
  std::vector<FeatureImage> columns;  // over that window, by that key; names: the column's
  std::uint32_t stage = 0;            // as of a rule
};

struct Image {
  event::Schema schema;
  std::vector<std::string> decisions;  // strongest first
  std::vector<ScoreThreshold> thresholds;
  std::vector<RegisterDesc> threshold_registers;
  std::vector<Program> programs;            // by ProgramId
  std::vector<std::uint32_t> program_rule;  // by ProgramId: whose registers it reads; kThresholds
  std::vector<ProgramId> predicates;        // by PredicateId: single-event conditions
  std::vector<ListImage> lists;
  std::vector<TableImage> tables;
  std::vector<FeatureImage> features;      // what one reads stands before it
  std::vector<FeatureRead> feature_reads;  // one for each derived slot of the schema
  std::vector<RuleImage> rules;
  std::vector<StreamImage> streams;  // those that something looks at

  static constexpr std::uint32_t kThresholds = 0xFFFFFFFF;  // of program_rule
  static constexpr std::uint32_t kNoRule = 0xFFFFFFFE;      // reads no register: shared by rules
};

// Of the bytes; another one is refused.
inline constexpr std::uint32_t kMaxStages = 64;  // of rules and streams that look at each other
inline constexpr std::uint32_t kImageVersion = 4;

// Image to bytes and back. read_image() never trusts: a byte string that is not an image of this
// version, or breaks an invariant, is an Error (kCorrupt, kVersion), never a crash.
[[nodiscard]] std::string write_image(const Image& image);
[[nodiscard]] base::Result<Image> read_image(std::string_view bytes);

// Whether the invariants hold: every id and range within its table, every program sound, every
// register, key and kept field of the type that its readers take it for. read_image() asks it.
[[nodiscard]] base::Result<void> verify_image(const Image& image);

// For people: `weir explain --stage automaton`.
[[nodiscard]] std::string print_automaton(const Image& image, const RuleImage& rule);
// `weir explain --stage features`: those that the rule reads, directly or by way of another; all of
// them if there is none.
[[nodiscard]] std::string print_features(const Image& image, const RuleImage* rule);
// What makes the key of a read: `card, program 7`.
[[nodiscard]] std::string read_key_text(const Image& image, const FeatureRead& read);

}  // namespace weir::nfa
