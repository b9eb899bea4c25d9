// The syntax tree: what a file says, with the place of everything, before any name is resolved.
//
// Made by the parser; read by the formatter, the compiler and the reference matcher. Nodes live in
// arrays of one Ast and refer to each other by index, so that destroying or copying a tree never
// recurses, however deep the user nests (the parser also refuses depths over kMaxDepth).
// Immutable once parsed; shared between threads.
//
// Invariants
// 1. Every span lies in the source that the node was parsed from and covers the node's own text.
// 2. Operands of an expression have smaller ids than the expression (post-order).
// 3. A file with errors still gives a tree of what could be understood. A declaration with an error
//    inside stays in it, marked `broken`, without the clauses (conditions, outcomes, parts) that
//    could not be understood: names and types of the rest can be checked, but that something is
//    missing must not be reported again: `incomplete` says that something besides a condition is.
//    What was mended as it was meant is broken, but not incomplete. Declarations whose name was not
//    understood are left out.
// 4. A number's sign belongs to the literal: `-5` is kInt -5, `-1.5` is kDecimal "-1.5".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "dsl/ast_expr.h"
#include "dsl/source.h"

namespace weir::dsl {

// ---- patterns ----------------------------------------------------------------------------------

using PatternId = base::Id<struct PatternTag>;

enum class LinkKind : std::uint8_t { kThen, kNext, kEvery };

struct Link {
  LinkKind kind = LinkKind::kThen;
  std::optional<DurationArg> after;
  std::optional<DurationArg> within;
  Span span;
};

// Absent: exactly once. `optional 2+ T` is 2+ with `optional` set.
struct Quantifier {
  NumberArg min;
  std::optional<NumberArg> max;  // nullopt: no maximum
  bool optional = false;
  // As written: "N" "N+" "N..M" "some" "any number of" and "" (`optional` alone). `max` is set for
  // the first, the third and the last.
  enum class Form : std::uint8_t { kExact, kAtLeast, kRange, kSome, kAnyNumber, kOnce };
  Form form = Form::kOnce;
  Span span;
};

enum class Inner : std::uint8_t { kSkipTillNext, kInARow, kAnyCombination };

struct Stop {                // after `until`
  std::optional<Name> type;  // `until TYPE where COND`; else events of the part's own types
  ExprId condition;
  Span span;
};

struct TypeSet {
  std::vector<Name> types;  // TYPE or TYPE ...
  std::vector<Name> among;  // among (...): further types that `next` looks at
  Span span;
};

struct Part {
  TypeSet types;
  std::optional<Name> name;  // as NAME
  std::optional<Keys> by;
  ExprId where;  // invalid: none
};

enum class GroupKind : std::uint8_t { kSequence, kAnyOf, kAllOf, kSomeOf };

struct Group {
  GroupKind kind = GroupKind::kSequence;
  NumberArg count;                  // kSomeOf: how many of them
  std::vector<PatternId> patterns;  // one for kSequence
};

struct Absence {      // without ...
  bool next = false;  // without next
  TypeSet types;
  std::optional<Name> name;
  std::optional<Keys> by;
  ExprId where;
  std::optional<DurationArg> duration;  // for D
};

// A part, a group or an absence, in the order written. A part or group that is not the first has
// a link. An absence has neither link nor quantifier.
struct PatternItem {
  std::variant<Part, Group, Absence> body;
  std::optional<Link> link;
  std::optional<Quantifier> quantifier;
  Inner inner = Inner::kSkipTillNext;
  bool greedy = false;
  std::optional<Stop> until;
  Span span;
};

struct Pattern {
  std::vector<PatternItem> items;
  Span span;
};

// ---- declarations ------------------------------------------------------------------------------

struct TypeRef {
  Name base;  // bool int decimal float string enum time duration ip geo
  std::vector<std::string> enum_constants;
  std::vector<Span> enum_spans;
  bool list = false;      // list of T
  bool optional = false;  // T?
  Span span;
};

struct FieldDecl {
  std::optional<Name> role;  // time id label pii
  Name name;
  std::optional<TypeRef> type;
  std::optional<std::string> path;  // from "a.b"
  bool key = false;                 // table columns only
  Span span;
};

struct EventDecl {
  Name name;
  std::optional<std::string> from_field;  // from "FIELD" = "VALUE"
  std::string from_value;
  std::vector<FieldDecl> fields;
  std::vector<Name> broken_fields;  // that have no type which could be understood
  Span span;
  bool broken = false;
  bool incomplete = false;  // it may have further fields
};

struct ListDecl {
  Name name;
  TypeRef type;
  std::optional<std::string> path;
  Span path_span;
  Span span;
  bool broken = false;
};

struct TableDecl {
  Name name;
  std::vector<FieldDecl> columns;
  std::vector<Name> broken_fields;  // that have no type which could be understood
  std::string path;
  Span path_span;
  Span span;
  bool broken = false;
  bool incomplete = false;  // it may have further columns
};

struct ParamDecl {
  Name name;
  ExprId value;
  Span span;
  bool broken = false;
  bool incomplete = false;
};

struct DefineDecl {
  Name name;
  std::vector<Name> args;
  ExprId body;
  Span span;
  bool broken = false;
  bool incomplete = false;
};

struct FeatureDecl {
  Name name;
  AggregateId aggregate;
  Span span;
  bool broken = false;
};

struct StreamDecl {  // stream S by KEYS each D { n = AGG ... }
  Name name;
  Keys by;
  DurationArg each;
  struct Column {
    Name name;
    ExprId value;
  };
  std::vector<Column> columns;
  Span span;
  bool broken = false;
};

struct ImportDecl {
  std::string path;
  Span path_span;
  Span span;
  bool broken = false;
};

struct ScoreThreshold {  // decide D when COND
  Name decision;
  ExprId condition;
  Span span;
};

struct RulesetDecl {
  std::optional<Name> name;
  std::vector<Name> decisions;  // strongest first
  std::vector<ScoreThreshold> thresholds;
  Span span;
  bool broken = false;
};

// ---- rules -------------------------------------------------------------------------------------

struct DecideClause {
  Name decision;
  bool final = false;
  Span span;
};
struct ScoreClause {
  ExprId value;
  Span span;
};
struct TagClause {
  std::string tag;
  Span span;
};
struct ReasonClause {
  Interpolation text;
  Span span;
};
struct EmitClause {
  struct Item {
    Name name;
    ExprId value;
  };
  std::vector<Item> items;
  Span span;
};
struct SendClause {
  std::string sink;
  Span span;
};
struct ListChangeClause {  // add X to L for D; remove X from L
  bool add = true;
  ExprId value;
  Name list;
  std::optional<DurationArg> duration;
  Span span;
};
using Outcome = std::variant<DecideClause, ScoreClause, TagClause, ReasonClause, EmitClause,
                             SendClause, ListChangeClause>;

struct TimeoutClause {
  Name name;
  std::vector<Outcome> outcomes;
  Span span;
};

enum class SkipKind : std::uint8_t { kPastLast, kNone, kToNext, kToFirst, kToLast };
struct SkipClause {
  SkipKind kind = SkipKind::kPastLast;
  std::optional<Name> name;
  Span span;
};

enum class ModeKind : std::uint8_t { kLive, kShadow, kOff, kCanary };
struct ModeClause {
  ModeKind kind = ModeKind::kLive;
  std::string percent;
  Span span;
};

struct ActiveClause {
  std::optional<std::string> from;
  std::optional<std::string> until;
  Span span;
};

struct MetaEntry {
  Name name;
  ExprId value;
};  // literals only

// A clause of a rule's body as it was written; `by` `when` and so on once each, outcomes in the
// order of RuleBody::outcomes. For the formatter, which moves clauses together with their comments.
enum class ClauseKind : std::uint8_t {
  kBy,
  kWhen,
  kWithin,
  kHaving,
  kSkip,
  kReport,
  kPick,
  kLimit,
  kUnbounded,
  kWarming,
  kCooldown,
  kOutcome,
  kTimeout,
  kMode,
  kActive,
  kOwner,
  kSeverity,
  kMeta,
};
struct ClauseSpan {
  ClauseKind kind = ClauseKind::kBy;
  Span span;
};

struct RuleBody {
  std::optional<Keys> by;
  bool by_all = false;
  Span by_span;
  PatternId pattern;
  bool pattern_incomplete = false;  // a part or a name of one was not understood
  std::optional<DurationArg> within;
  ExprId having;
  std::optional<SkipClause> skip;
  std::optional<NumberArg> report;
  bool pick_any = false;
  std::optional<NumberArg> limit;
  bool unbounded = false;
  bool even_when_warming = false;
  std::optional<DurationArg> cooldown;
  std::vector<Outcome> outcomes;
  std::optional<TimeoutClause> timeout;
  std::optional<ModeClause> mode;
  std::optional<ActiveClause> active;
  std::optional<std::string> owner;
  std::optional<std::string> severity;
  std::vector<MetaEntry> meta;
  std::vector<ClauseSpan> clauses;  // in the order written
};

struct RuleDecl {
  Name name;
  std::string description;
  RuleBody body;
  Span span;
  bool broken = false;
  bool incomplete = false;  // a clause or a piece of one is missing
};

struct TemplateArg {
  Name name;
  ExprId value;  // if nothing is given for it; invalid: something has to be
};

// The nodes of a tree in [begin, end) of one of its arrays.
struct NodeRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct TemplateDecl {
  Name name;
  std::vector<TemplateArg> args;
  std::string description;
  RuleBody body;
  // All that the body is made of, and nothing else.
  NodeRange exprs;
  NodeRange aggregates;
  NodeRange patterns;
  Span span;
  bool broken = false;
  bool incomplete = false;  // a clause or a piece of one is missing
};

struct InstanceArg {
  std::optional<Name> name;  // NAME = value; those without one go by their place
  ExprId value;
};

struct RuleInstanceDecl {  // rule r "what" = T(args)     rules T from "args.csv"
  std::optional<Name> name;
  std::string description;  // empty: the template's
  Name template_name;
  std::vector<InstanceArg> args;
  std::optional<std::string> path;
  std::optional<Name> table;  // rules T from TABLE
  Span from_span;             // of the path or the table
  Span span;
  bool broken = false;
  bool incomplete = false;  // arguments are missing
};

// ---- tests (L7) --------------------------------------------------------------------------------

struct TestField {
  Name name;
  ExprId value;  // literal: number, string, bool, list, geo as kList; invalid: null (absent)
};

struct TestGiven {
  Name type;
  std::vector<TestField> fields;
  Span span;
};
struct TestEvent {
  std::int64_t at_ms = 0;
  Name type;
  std::vector<TestField> fields;
  Span span;
  Span at_span;
};
struct TestWatermark {
  std::int64_t at_ms = 0;
  Span span;
  Span at_span;
};
struct TestLateness {
  std::int64_t ms = 0;
  Span span;
  Span ms_span;
};
// expect RULE [at T] {...} / expect DECISION at T / expect nothing /
// expect feature F[key] == v at T.
// RULE and DECISION are told apart when names are resolved.
struct TestExpect {
  enum class Kind : std::uint8_t { kNamed, kNothing, kFeature } kind = Kind::kNamed;
  Name name;                    // RULE, RULE.TIMEOUT or DECISION; the feature
  std::optional<Name> timeout;  // RULE.NAME
  std::optional<std::int64_t> at_ms;
  struct Count {
    Name part;
    std::int64_t count = 0;
  };
  std::vector<Count> counts;
  std::vector<ExprId> keys;  // of a feature
  ExprId value;              // of a feature; invalid: null (absent)
  Span span;
  Span at_span;
};
struct TestIgnoreOthers {
  Span span;
};
using TestItem =
    std::variant<TestGiven, TestEvent, TestWatermark, TestLateness, TestExpect, TestIgnoreOthers>;

struct TestDecl {
  std::optional<Name> rule;
  std::string title;
  std::vector<TestItem> items;
  Span span;
  bool broken = false;
};

// ---- the file ----------------------------------------------------------------------------------

using Declaration =
    std::variant<RulesetDecl, EventDecl, ListDecl, TableDecl, ParamDecl, DefineDecl, FeatureDecl,
                 StreamDecl, ImportDecl, RuleDecl, TemplateDecl, RuleInstanceDecl, TestDecl>;

struct Comment {
  Span span;              // from `#` to the end of the line, newline not included
  bool own_line = false;  // nothing but blanks before it on its line
};

// One file's tree.
struct Ast {
  SourceId source;
  std::vector<Declaration> declarations;  // in the order written
  std::vector<Expr> exprs;                // by ExprId
  std::vector<Aggregate> aggregates;      // by AggregateId
  std::vector<Pattern> patterns;          // by PatternId
  std::vector<Comment> comments;          // in the order written

  [[nodiscard]] const Expr& expr(ExprId id) const { return exprs[id.index()]; }
  [[nodiscard]] const Pattern& pattern(PatternId id) const { return patterns[id.index()]; }
  [[nodiscard]] const Aggregate& aggregate(AggregateId id) const { return aggregates[id.index()]; }
};

}  // namespace weir::dsl
