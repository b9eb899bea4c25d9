// The expressions of a syntax tree, and the small things that they are made of. Part of dsl/ast.h,
// which everybody includes; its invariants hold here too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "dsl/source.h"

namespace weir::dsl {

// Brackets, `not` and groups within one another.
inline constexpr int kMaxDepth = 200;
// Height of an expression's tree: `a or b or c ...` of n operands has the height n.
inline constexpr int kMaxHeight = 1000;

struct Name {
  std::string text;  // without backquotes
  Span span;
  bool quoted = false;  // stood in backquotes: a field, never a keyword
};

// ---- expressions -------------------------------------------------------------------------------

using ExprId = base::Id<struct ExprTag>;

enum class ExprKind : std::uint8_t {
  kBool,       // true false                       integer = 0 or 1
  kInt,        // 42                               integer
  kDecimal,    // 1.25                             text
  kFloat,      // 1e3                              text
  kString,     // "text"                           text (unescaped)
  kDuration,   // 1h30m                            integer = milliseconds
  kRegex,      // /re/                             text (between the slashes, \/ unescaped)
  kList,       // [a, b]                           args
               // {lat: a, lon: b} (tests)         args, text = "geo"
  kName,       // amount                           text
  kMember,     // a.b   table[x].column            args[0] . text
  kIndex,      // F[x]  table[x]                   args[0] [ args[1..] ]
  kCall,       // f(x, y)                          text ( args )
  kUnary,      // -x  not x                        op args[0]
  kBinary,     // x + y  x == y  x and y  x starts_with y   args[0] op args[1]
  kIn,         // x in y                           args[0], args[1]
  kNotIn,      // x not in y
  kBetween,    // x between a and b                args[0..2]
  kMatches,    // x matches /re/                   args[0], args[1] (kRegex)
  kIsMissing,  // x is missing
  kIsPresent,  // x is present
  kOtherwise,  // x otherwise y
  kAggregate,  // count(auth where c by card over 10m)      aggregate
};

enum class Op : std::uint8_t {
  kNone,
  kNegate,
  kNot,
  kAnd,
  kOr,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kStartsWith,
  kEndsWith,
  kContains,
};

using AggregateId = base::Id<struct AggregateTag>;

struct Expr {
  ExprKind kind = ExprKind::kBool;
  Op op = Op::kNone;
  bool quoted = false;         // kName, kMember: stood in backquotes
  bool mistaken = false;       // a token that the lexer has reported: nobody knows its type
  bool parenthesized = false;  // stood in parentheses of its own (the formatter keeps needed ones)
  // Made, not parsed: a literal put in for a template's argument; what it alone decides is no
  // mistake. `cell`: it stood in a table of arguments as `text`, and is that text where a string is
  // wanted.
  bool argument = false;
  bool cell = false;
  Span span;       // with its parentheses
  Span text_span;  // of the name, member, function, number or duration alone
  std::string text;
  std::int64_t integer = 0;
  std::vector<ExprId> args;
  AggregateId aggregate;
};

// A length of time: a literal, or the name of a param or template argument.
struct DurationArg {
  std::int64_t ms = 0;
  std::optional<Name> name;
  Span span;
};

// A count: a literal, or the name of a param or template argument.
struct NumberArg {
  std::int64_t value = 0;
  std::optional<Name> name;
  Span span;
};

struct Keys {
  std::vector<Name> fields;
  Span span;
};

// L4.1: AGG(TYPE[.field] [where COND] by KEYS WINDOW [excluding current]).
enum class WindowKind : std::uint8_t {
  kNone,
  kSliding,
  kHopping,
  kTumbling,
  kCalendar,
  kSession,
  kLastN,
};
struct Aggregate {
  Name function;
  std::vector<ExprId> arguments;  // after the first, as of quantile(p)
  Name type;
  std::optional<Name> field;
  ExprId where;
  std::optional<Keys> by;
  WindowKind window = WindowKind::kNone;
  DurationArg length;         // over D, each D, session D
  DurationArg every;          // over D every S
  NumberArg last;             // over last N
  std::string calendar_unit;  // each day in "zone"
  std::string zone;
  Span zone_span;
  bool excluding_current = false;
  Span span;
};

// A string with {expressions} in it: text and expressions in turn. `{{` and `}}` are braces.
struct Interpolation {
  struct Segment {
    std::string text;
    ExprId expr;  // valid: this segment is an expression
  };
  std::vector<Segment> segments;
  Span span;
};

}  // namespace weir::dsl
