#include "event/record_decoder.h"

#include <cstring>
#include <iterator>

#include "event/value_decode.h"

namespace weir::event {
namespace {

bool is_absent(const Token& token) {
  return token.kind == TokenKind::kNone || token.kind == TokenKind::kNull;
}

// `amount`, or `channel` (from entry.mode) where the input calls it otherwise.
std::string describe(const Field& field) {
  std::string text = "field " + field.name;
  const std::string path = join_path(field.path);
  if (path != field.name) text += " (from " + path + ")";
  return text;
}

std::string wrong_type_message(const std::string& what, const std::string& type,
                               const Token& token) {
  return what + " is " + std::string(token_kind_name(token.kind)) + ", not a value of type " + type;
}

}  // namespace

bool RecordDecoder::fail(BadReason reason, std::string message) {
  fault_ = {reason, std::move(message)};
  return false;
}

void RecordDecoder::decode(const TokenTable& tokens, const RecordOrigin& origin,
                           std::string_view raw, Batch& batch) {
  Row row;
  std::string_view unknown;
  const OddCounts odd_before = batch.odd();
  const Outcome outcome = find_type(tokens, batch, row.type, unknown);
  if (outcome == Outcome::kUnknown) {
    batch.add_unknown(origin, unknown);
    return;
  }
  if (outcome == Outcome::kRow) {
    const TypePlan& plan = plan_->type(row.type);
    row.seq = origin.seq;
    row.raw = raw;
    if (read_time(tokens, plan, batch, row) && read_id(tokens, plan, batch, row) &&
        read_fields(tokens, plan, batch, row)) [[likely]] {
      batch.add_row(row, origin);
      return;
    }
  }
  // What was odd about a record that is bad is not counted besides.
  batch.odd() = odd_before;
  batch.add_bad(origin, fault_.reason, fault_.message, raw);
}

RecordDecoder::Outcome RecordDecoder::find_type(const TokenTable& tokens, Batch& batch,
                                                EventTypeId& type, std::string_view& unknown) {
  type = plan_->forced_type();
  if (type.valid()) return Outcome::kRow;
  const bool one_place = plan_->selectors().size() == 1;
  if (one_place) {
    const Token token = tokens.get(plan_->selectors()[0].capture);
    if (const RecentType* known = recent(token)) {
      type = known->type;
      if (type.valid()) return Outcome::kRow;
      unknown = token.text();
      return Outcome::kUnknown;
    }
  }
  bool named = false;
  // What is no string may be what a mapping names (from "mti" = "100"), but no type else.
  Token other;
  const TypeSelector* other_place = nullptr;
  for (const TypeSelector& selector : plan_->selectors()) {
    const Token token = tokens.get(selector.capture);
    if (token.duplicate) {
      fail(BadReason::kDuplicate,
           "the type field " + join_path(selector.path) + " stands in it twice");
      return Outcome::kBad;
    }
    if (is_absent(token)) continue;
    if (token.kind == TokenKind::kObject || token.kind == TokenKind::kArray ||
        token.kind == TokenKind::kBlocked) {
      fail(BadReason::kWrongType,
           wrong_type_message("the type field " + join_path(selector.path), "string", token));
      return Outcome::kBad;
    }
    const std::string_view text = token_string(token, batch.arena());
    const auto found = selector.by_value.find(text);
    if (found != selector.by_value.end() && (!type.valid() || found->second < type)) {
      type = found->second;
    }
    if (token.kind != TokenKind::kString && token.kind != TokenKind::kCell) {
      if (other_place == nullptr) {
        other = token;
        other_place = &selector;
      }
      continue;
    }
    if (!named) unknown = text;
    named = true;
    if (one_place) remember(token, type);
  }
  if (type.valid()) return Outcome::kRow;
  if (named) return Outcome::kUnknown;
  if (other_place != nullptr) {
    fail(BadReason::kWrongType,
         wrong_type_message("the type field " + join_path(other_place->path), "string", other));
    return Outcome::kBad;
  }
  fail(BadReason::kNoType, "it has no type field");
  return Outcome::kBad;
}

const RecordDecoder::RecentType* RecordDecoder::recent(const Token& token) const {
  if (token.kind != TokenKind::kString || token.escaped || token.duplicate) return nullptr;
  for (const RecentType& known : recent_) {
    if (known.size != token.size || known.size == 0) continue;
    if (std::memcmp(known.bytes, token.begin, token.size) == 0) return &known;
  }
  return nullptr;
}

void RecordDecoder::remember(const Token& token, EventTypeId type) {
  if (token.kind != TokenKind::kString || token.escaped || token.size > RecentType::kBytes) return;
  RecentType& place = recent_[next_recent_++ % std::size(recent_)];
  place.size = token.size;
  place.type = type;
  std::memcpy(place.bytes, token.begin, token.size);
}

bool RecordDecoder::read_time(const TokenTable& tokens, const TypePlan& plan, Batch& batch,
                              Row& row) {
  if (!plan.time.valid()) return true;
  const Token token = tokens.get(plan.time);
  if (!is_absent(token) && !token.duplicate) [[likely]] {
    const Conversion result = convert_time(token, batch.arena(), row.ts_ms);
    if (result == Conversion::kOk) return true;
    const std::string what = "the time " + join_path(plan.type->time_path);
    if (result == Conversion::kOutOfRange) {
      return fail(BadReason::kOutOfRange, what + " is not within the years 0000 to 9999");
    }
    return fail(BadReason::kWrongType,
                what + " is neither epoch milliseconds nor an RFC 3339 time with its zone");
  }
  const std::string what = "the time " + join_path(plan.type->time_path);
  if (token.duplicate) return fail(BadReason::kDuplicate, what + " stands in it twice");
  return fail(BadReason::kMissing, what + " is missing");
}

bool RecordDecoder::read_id(const TokenTable& tokens, const TypePlan& plan, Batch& batch,
                            Row& row) {
  if (!plan.id.valid()) return true;
  const Token token = tokens.get(plan.id);
  if (token.kind == TokenKind::kNone) [[likely]]
    return true;
  const std::string what = "the id " + join_path(plan.type->id_path);
  if (token.duplicate) return fail(BadReason::kDuplicate, what + " stands in it twice");
  if (token.kind == TokenKind::kNull) return true;
  if (convert_id(token, batch.arena(), row.identity) == Conversion::kOk) return true;
  return fail(BadReason::kWrongType, what + " is neither a string nor an integer");
}

bool RecordDecoder::read_fields(const TokenTable& tokens, const TypePlan& plan, Batch& batch,
                                Row& row) {
  const std::size_t slots = plan.type->fields.size();
  const std::size_t words = presence_words(slots);
  // One allocation: slots, then presence words; absent slots are zero.
  const std::size_t bytes = slots * sizeof(Value) + words * sizeof(std::uint64_t);
  char* memory = batch.arena().allocate(bytes);
  std::memset(memory, 0, bytes);
  auto* values = reinterpret_cast<Value*>(memory);
  auto* present = reinterpret_cast<std::uint64_t*>(memory + slots * sizeof(Value));
  for (const FieldPlan& field : plan.fields) {
    const Token token = tokens.get(field.capture);
    if (!read_field(token, field, batch, values[field.slot], present)) return false;
  }
  row.slots = values;
  row.present = present;
  return true;
}

bool RecordDecoder::read_field(const Token& token, const FieldPlan& field, Batch& batch,
                               Value& slot, std::uint64_t* present) {
  if (token.duplicate && field.is_label) {
    ++batch.odd().labels_misfit;
    return true;
  }
  if (token.duplicate) {
    return fail(BadReason::kDuplicate, describe(*field.field) + " stands in it twice");
  }
  if (is_absent(token)) {
    if (field.field->optional) return true;
    return fail(BadReason::kMissing, describe(*field.field) + " is missing");
  }
  const Conversion result = convert_field(token, field, {batch.arena(), batch.odd()}, slot);
  switch (result) {
    case Conversion::kOk:
      set_present(present, field.slot);
      return true;
    case Conversion::kOdd:
      return true;
    case Conversion::kOutOfRange:
      return fail(BadReason::kOutOfRange, describe(*field.field) + " is beyond what the type " +
                                              field.field->type.name() + " holds");
    case Conversion::kWrongType:
      break;
  }
  return fail(BadReason::kWrongType,
              wrong_type_message(describe(*field.field), field.field->type.name(), token));
}

}  // namespace weir::event
