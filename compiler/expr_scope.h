// What an expression can see: the event at hand, the parts of the match so far, the key's fields,
// and the file's params, lists, tables and defines.
//
// The rule compiler fills one ExprScope for each condition or outcome that it hands to
// compile_condition / compile_value. Borrowed pointers must outlive the call. Not thread-safe.
//
// Invariants
// 1. A program is compiled for one event type at hand; where a part may take several types the
//    caller compiles once for each (at_hand) and gives all of them in at_hand_types, so that a
//    field which they do not share is a diagnostic. Compiling again gives the same diagnostics;
//    Diagnostics::sort() drops the repetitions.
// 2. Parts are numbered by the caller; RegisterDesc::part carries that number.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dsl/ast.h"
#include "event/schema.h"
#include "event/value.h"
#include "nfa/register.h"

namespace weir::compiler {

// An expression of some file's tree.
struct ExprRef {
  const dsl::Ast* ast = nullptr;
  dsl::ExprId id;
};

// How many events a part has taken at the point of the expression.
struct CountRange {
  static constexpr std::uint64_t kNoMax = UINT64_MAX;
  std::uint64_t min = 0;
  std::uint64_t max = kNoMax;
  [[nodiscard]] bool is_exactly(std::uint64_t n) const { return min == n && max == n; }
};

struct PartView {
  std::string name;        // `as` name, or the type's name if that is unique in the rule
  std::uint16_t part = 0;  // the caller's number
  std::vector<event::EventTypeId> types;
  bool repeated = false;
  CountRange count;  // {1,1}: a plain earlier part; min 0: it may have been left out
};

struct ParamView {
  ExprRef value;  // a constant expression: the param's current value
  dsl::Span declared;
};

struct ListView {
  std::uint16_t list = 0;  // index in the image's lists
  event::Type type;
  bool changes = false;  // rules add to it or remove from it
};

struct TableView {
  std::uint16_t table = 0;  // index in the image's tables
  struct Column {
    std::string name;
    event::Type type;
    bool optional = false;
  };
  std::vector<Column> columns;
  std::size_t key = 0;
};

struct DefineView {
  const dsl::Ast* ast = nullptr;
  const dsl::DefineDecl* decl = nullptr;
};

struct FeatureView {
  const dsl::Ast* ast = nullptr;
  const dsl::FeatureDecl* decl = nullptr;
};

// What the file declares, by name; shared by all scopes of a compilation.
struct Declarations {
  std::map<std::string, ParamView, std::less<>> params;
  std::map<std::string, ListView, std::less<>> lists;
  std::map<std::string, TableView, std::less<>> tables;
  std::map<std::string, DefineView, std::less<>> defines;
  std::map<std::string, FeatureView, std::less<>> features;
};

struct KeyFieldView {
  std::string name;
  event::Type type;
};

// Where an expression stands: messages say it, and it decides what bare names are.
enum class ExprPlace : std::uint8_t {
  kWhere,     // where, until: a bare name is a field of the event at hand
  kHaving,    // having: a bare name is a key field
  kOutcome,   // decide, score, reason, emit, add: likewise
  kConstant,  // a param's value: literals and params only
};

// The fields that compiled expressions read (Field::read of the schema).
using FieldReads = std::set<std::pair<event::EventTypeId, std::uint16_t>>;

// A constant that an argument of a define stands for, seen from within a feature.
struct BoundConstant {
  event::Type type;
  event::Value value;
  std::string text;  // of a string
};

// An event that may complete a match, as having and outcomes see it.
struct CompletingEvent {
  event::EventTypeId type;
  // Where the fields of the rule's key stand in it, by their names; in a pattern of one unnamed
  // event all its fields.
  std::map<std::string, std::uint16_t, std::less<>> fields;
};

class Features;

struct ExprScope {
  const event::Schema* schema = nullptr;
  const Declarations* declarations = nullptr;
  Features* features = nullptr;             // null: no feature has a value here
  nfa::RegisterTable* registers = nullptr;  // the rule's
  FieldReads* reads = nullptr;              // may be null
  ExprPlace place = ExprPlace::kWhere;

  event::EventTypeId at_hand;                     // the type this program is for; none: no event
  std::vector<event::EventTypeId> at_hand_types;  // all that the part may take

  std::vector<PartView> parts;           // what may be looked at, own part included
  std::optional<std::size_t> own_part;   // index in parts: in its own where and until (R2)
  std::vector<std::string> later_parts;  // names that stand later: an error that says so (R3)

  std::vector<KeyFieldView> key_fields;  // having and outcomes
  // Having and outcomes of a pattern of one unnamed event: bare names are its fields. Index in
  // parts.
  std::optional<std::size_t> bare_part;

  // Having and outcomes: by the type that it may have. None: a deadline may complete the match.
  std::vector<CompletingEvent> completing;
  std::string no_completing;  // why there is none, a clause

  // Of a feature's conditions: constants by the name of a define's argument, and names that mean
  // something around the feature, but not in it.
  std::map<std::string, BoundConstant, std::less<>> constants;
  std::set<std::string, std::less<>> outer_names;
};

}  // namespace weir::compiler
