// What lines of JSON have in common: a LineShape is everything of a line but its values, with what
// is to be done with each of those. Made by make_line_shape from a line that has been read, run by
// LineShapes (line_shapes.h) over the lines that come after it.
//
// For `{"type":"auth","id":7,"meta":{"ip":"::1"}}`, where a rule reads meta.ip:
//
//   text `{"type":"auth","id":`     then a number, which becomes the identity
//   text `,"meta":{"ip":"`          then the inside of a string, which goes into a slot
//   text `"}}`                      then the end
//
// The text holds all of the syntax: keys, nesting, spaces, and the value that says the type, so
// that one comparison settles what the line is. Quotes of values that are strings belong to the
// text as well. An object or array that nobody looks into is a value.
//
// Invariants
// 1. A line that has the texts of a shape, and between them JSON values, is one JSON object with
//    the same places in it as the line that the shape was made of, and of the same type. So, that
//    line having been good, no place that the type looks at stands twice, or is hidden by a value.
// 2. Places that the type looks at and that are not values of the shape are absent, or null.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/decode_plan.h"

namespace weir::event {

// What to do with a value. Those in the second group take only what is simply spelled, and leave
// the rest to kAny or the line to the reader that expects nothing.
enum class ValueOp : std::uint8_t {
  kEnd,    // there is none: the record ends here
  kMore,   // there is none: the text goes on in the next step
  kGiven,  // it is the end of the text itself
  kAny,    // any value, for all that look at it

  kSkipString,
  kSkipNumber,
  kSkipBool,
  kString,
  kEnum,
  kBool,
  kInt,
  kDecimal,
  kTimeMs,    // the event's time
  kTimeText,  // the same as RFC 3339
  kId,        // a string
};
[[nodiscard]] constexpr bool is_inside_quotes(ValueOp op) {
  return op == ValueOp::kSkipString || op == ValueOp::kString || op == ValueOp::kEnum ||
         op == ValueOp::kTimeText || op == ValueOp::kId;
}

// Who looks at a value.
struct ValueTarget {
  enum class Kind : std::uint8_t { kTime, kId, kField, kUnknownType };
  Kind kind = Kind::kField;
  const FieldPlan* field = nullptr;
};

// One value of the line.
struct ValueHole {
  std::string text;  // before it, without quotes of values; with kGiven the value is its end
  ValueOp op = ValueOp::kEnd;
  Token given;  // with kGiven: size, kind and whether escaped; begin means nothing
  std::vector<ValueTarget> targets;
};

class LineShape {
 public:
  static constexpr std::size_t kTextBytes = 32;
  static constexpr std::size_t kMostHoles = 256;
  static constexpr std::size_t kMostTextBytes = 4096;

  static constexpr std::uint32_t kNoUsual = 0xffffffff;
  static constexpr unsigned kSteady = 8;  // measurements in a row

  // A hole as it is run: up to kTextBytes of text and what comes behind.
  struct alignas(16) Step {
    char text[kTextBytes] = {};  // zeros behind
    std::uint32_t ignored = 0;   // bit i: byte i is not part of it
    std::uint32_t size = 0;
    ValueOp op = ValueOp::kEnd;
    std::uint32_t slot = 0;  // of the field that is the only target
    std::uint32_t hole = 0;
    std::uint32_t usual = kNoUsual;  // how long the value is nearly always
    std::uint64_t prefix = 0;        // says all that comes before: see name_prefixes()
  };

  // `type` is invalid if the line's type is declared nowhere. The last hole is kEnd.
  LineShape(const DecodePlan& plan, EventTypeId type, std::vector<ValueHole> holes);

  [[nodiscard]] EventTypeId type() const { return type_; }
  [[nodiscard]] const Step* steps() const { return steps_.data(); }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  [[nodiscard]] const ValueHole& hole(const Step& step) const { return holes_[step.hole]; }
  [[nodiscard]] std::size_t slots() const { return slots_; }
  // Of slots and presence words.
  [[nodiscard]] std::size_t row_bytes() const { return row_bytes_; }
  // The presence of a row whose values are all there.
  [[nodiscard]] const std::vector<std::uint64_t>& present() const { return present_; }

  [[nodiscard]] bool has_text_of(const LineShape& other) const;
  // Of two shapes with the same text: where their values were of different kinds, any will do.
  void widen(const LineShape& other);
  // How many steps are the same to begin with, all but `usual` and `prefix`.
  [[nodiscard]] std::size_t common_steps(const LineShape& other) const;
  // Sets each step's `prefix`: the other's, where it is among the steps that the two have in common
  // or the first behind; else the next number. So shapes with a prefix in common have done the same
  // so far, and one can go on for the other.
  void name_prefixes(const LineShape* other, std::size_t common, std::uint64_t& last);
  // Looks how long the values of a line of this shape are. What was as long as that all of the last
  // times becomes the usual length.
  void measure(const char* line);

 private:
  struct Habit {
    std::uint32_t size = kNoUsual;
    unsigned times = 0;
  };

  void lay_steps();

  EventTypeId type_;
  std::size_t slots_ = 0;
  std::size_t row_bytes_ = 0;
  std::vector<std::uint64_t> present_;
  std::vector<ValueHole> holes_;
  std::vector<Step> steps_;
  std::vector<Habit> habits_;  // beside steps_
};

// The shape of the line that has `object`, which was read as a record of `type`, or of a type that
// is declared nowhere: then `unknown` is its name, inside the object. Nothing if the line has
// something about it that a shape cannot say. Refers to the plan.
[[nodiscard]] std::optional<LineShape> make_line_shape(const DecodePlan& plan, EventTypeId type,
                                                       std::string_view object,
                                                       std::string_view unknown);

}  // namespace weir::event
