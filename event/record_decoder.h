// From the tokens of a record to a row of its type, or to the reason why it is none (language L2.2,
// L2.3). Shared by the readers of JSON and CSV, so that both judge alike. Not thread-safe; refers
// to a plan that must outlive it.
//
// What a record is judged by, in this order: its type (a record that could be of two types is of
// the one declared first), its time, its id, its fields in slot order. The first fault is told.
#pragma once

#include <string>
#include <string_view>

#include "event/batch.h"
#include "event/decode_plan.h"
#include "event/token.h"

namespace weir::event {

class RecordDecoder {
 public:
  explicit RecordDecoder(const DecodePlan* plan) : plan_(plan) {}

  // Adds one row, bad or unknown record to the batch. `raw` are the record's bytes, which live as
  // long as the batch's rows, as does what the tokens point to.
  void decode(const TokenTable& tokens, const RecordOrigin& origin, std::string_view raw,
              Batch& batch);

 private:
  // What a type field said lately, and what that meant: most streams have few types.
  struct RecentType {
    static constexpr std::size_t kBytes = 24;
    char bytes[kBytes] = {};
    std::uint32_t size = 0;  // 0: nothing
    EventTypeId type;        // invalid: none that is declared
  };

  enum class Outcome : std::uint8_t { kRow, kBad, kUnknown };
  struct Fault {
    BadReason reason = BadReason::kSyntax;
    std::string message;
  };

  Outcome find_type(const TokenTable& tokens, Batch& batch, EventTypeId& type,
                    std::string_view& unknown);
  [[nodiscard]] const RecentType* recent(const Token& token) const;
  void remember(const Token& token, EventTypeId type);
  bool read_time(const TokenTable& tokens, const TypePlan& plan, Batch& batch, Row& row);
  bool read_id(const TokenTable& tokens, const TypePlan& plan, Batch& batch, Row& row);
  bool read_fields(const TokenTable& tokens, const TypePlan& plan, Batch& batch, Row& row);
  bool read_field(const Token& token, const FieldPlan& field, Batch& batch, Value& slot,
                  std::uint64_t* present);
  bool fail(BadReason reason, std::string message);

  const DecodePlan* plan_;
  RecentType recent_[4];
  std::size_t next_recent_ = 0;
  Fault fault_;  // of the record at hand, once a step has failed
};

}  // namespace weir::event
