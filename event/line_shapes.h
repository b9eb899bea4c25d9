// Reads lines of JSON that look like earlier ones: the quick way of the JsonReader. It keeps the
// shapes (line_shape.h) of the last kinds of lines, runs them over a line one after the other, and
// types the values on the way, straight into the row. What it does not expect it leaves alone: the
// reader then takes the line from its beginning by JsonWalker and RecordDecoder, which are the
// truth, and shows it to learn().
//
// Invariants
// 1. A line is either read, with the very row (or unknown record) that the walker and the decoder
//    make of it, or not touched: the batch is as it was before. Bad records are never told here.
// 2. Memory is bounded by kMostShapes. Where lines have no shape in common, little is lost: what is
//    learnt has to be paid for by lines that are read, or many that are not, and after many misses
//    there is a pause, the longer the more often.
//
// Not thread-safe; refers to a plan that must outlive it. Cost: about 35 instructions a value.
// Needs SSE2; without it nothing is ever read here.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "event/batch.h"
#include "event/decode_plan.h"
#include "event/line_shape.h"

namespace weir::event {

namespace simple {
struct Patterns;
}

class LineShapes {
 public:
  LineShapes(const DecodePlan* plan, std::size_t most_record_bytes)
      : plan_(plan), most_bytes_(most_record_bytes) {}

  // Reads lines from p on as long as they are as expected, and returns where it stopped: at the
  // beginning of a line, or at the end. `next` is of the record to come, but for its line, which is
  // the one before. The text must be UTF-8, and what scanners need (json_scan.h).
  [[nodiscard]] const char* read(const char* p, const char* end, RecordOrigin& next, Batch& batch);

  // The line of `object` was not read here, and became a record of `type`, or one whose type,
  // `unknown`, is declared nowhere.
  void learn(EventTypeId type, std::string_view object, std::string_view unknown);

 private:
  static constexpr std::size_t kMostShapes = 64;
  static constexpr int kMostRuns = 4;
  static constexpr unsigned kLearnCost = 512;  // lines
  static constexpr unsigned kMostCredit = 128 * kLearnCost;
  static constexpr unsigned kMostMisses = 256;
  static constexpr unsigned kHitWorth = 4;       // misses
  static constexpr unsigned kLeastPause = 1024;  // lines
  static constexpr unsigned kMostPause = 1 << 16;
  static constexpr std::uint32_t kMostHits = 1 << 20;
  static constexpr std::uint32_t kMeasureEvery = 64;

  struct Known {
    LineShape shape;
    std::uint32_t hits;
    std::uint32_t place;  // in order_
  };
  // The record at hand.
  struct Record {
    Batch* batch;
    Known* known = nullptr;  // the shape that goes on
    std::int64_t ts_ms = 0;
    Value* slots = nullptr;
    std::uint64_t* absent =
        nullptr;  // bits as of presence: slots that the shape has, but the line not
    std::string_view identity;
    std::string_view unknown;
    OddCounts odd;
    bool is_odd = false;  // there may be something in odd
  };

  const char* read_as(Known& known, const char* line, const char* end,
                      const simple::Patterns& patterns, RecordOrigin& next, Record& record);
  static void begin_record(const LineShape& shape, Record& record);
  const char* run(const char* p, const simple::Patterns& patterns, Record& record);
  const LineShape::Step* go_on_as(const LineShape::Step& failed, const char* p, Record& record);
  static const char* take_text(const ValueHole& hole, const char* p, Record& record);
  static const char* take_any(const ValueHole& hole, const char* p, Record& record);
  static bool take_given(const ValueHole& hole, const char* end, Record& record);
  static bool take_token(const ValueHole& hole, const Token& token, Record& record);
  void count_hit(Known& known, const char* line);
  void count_miss();
  void find_prefixes(Known& known);

  const DecodePlan* plan_;
  std::size_t most_bytes_;     // of a line
  std::deque<Known> known_;    // stay where they are
  std::vector<Known*> order_;  // the likeliest first
  std::uint64_t last_prefix_ = 0;
  unsigned misses_ = 0;  // lately
  unsigned pause_ = 0;   // lines before the next attempt
  unsigned pause_length_ = kLeastPause;
  unsigned credit_ = kMostCredit;  // for learning
};

}  // namespace weir::event
