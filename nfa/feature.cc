#include "nfa/feature.h"

#include <array>

#include "event/decimal.h"
#include "event/time.h"

namespace weir::nfa {
namespace {

using event::TypeKind;

constexpr std::array<std::string_view, 12> kKinds = {
    "count",           "sum",      "avg",   "min",  "max", "stddev", "distinct",
    "approx_distinct", "quantile", "first", "last", "rate"};

event::Type type_of(TypeKind kind) {
  event::Type type;
  type.kind = kind;
  return type;
}

bool is_number(TypeKind kind) {
  return kind == TypeKind::kInt || kind == TypeKind::kDecimal || kind == TypeKind::kFloat;
}

std::string duration(std::int64_t ms) {
  std::string text;
  event::append_duration(text, ms);
  return text;
}

}  // namespace

std::string_view aggregate_kind_name(AggregateKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<AggregateKind> aggregate_kind_of(std::string_view name) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == name) return static_cast<AggregateKind>(i);
  }
  return std::nullopt;
}

bool needs_field(AggregateKind kind) {
  return kind != AggregateKind::kCount && kind != AggregateKind::kRate;
}

std::optional<event::Type> feature_type(AggregateKind kind, const event::Type* field) {
  if (field == nullptr && needs_field(kind)) return std::nullopt;
  if (field != nullptr && field->is_list()) return std::nullopt;
  const bool summable =
      field != nullptr && (is_number(field->kind) || field->kind == TypeKind::kDuration);
  const bool ordered = summable || (field != nullptr && field->kind == TypeKind::kTime);
  const auto own = [&](bool holds) { return holds ? std::optional(*field) : std::nullopt; };
  switch (kind) {
    case AggregateKind::kCount:
    case AggregateKind::kDistinct:
    case AggregateKind::kApproxDistinct:
      return type_of(TypeKind::kInt);
    case AggregateKind::kRate:
      return type_of(TypeKind::kFloat);
    case AggregateKind::kSum:
      return own(summable);
    case AggregateKind::kAvg:
      return summable && field->kind == TypeKind::kInt ? type_of(TypeKind::kDecimal)
                                                       : own(summable);
    case AggregateKind::kMin:
    case AggregateKind::kMax:
      return own(ordered || (field != nullptr && field->kind == TypeKind::kString));
    case AggregateKind::kQuantile:
      return own(ordered);
    case AggregateKind::kStddev:
      return summable && is_number(field->kind) ? std::optional(type_of(TypeKind::kFloat))
                                                : std::nullopt;
    case AggregateKind::kFirst:
    case AggregateKind::kLast:
      return own(true);
  }
  return std::nullopt;
}

bool can_be_key(const event::Type& type) {
  return !type.is_list() && type.kind != TypeKind::kGeo && type.kind != TypeKind::kFloat;
}

std::string WindowSpec::text() const {
  static constexpr std::array<std::string_view, 3> kUnits = {"day", "week", "month"};
  switch (kind) {
    case WindowKind::kSliding:
      return "over " + duration(length_ms);
    case WindowKind::kHopping:
      return "over " + duration(length_ms) + " every " + duration(every_ms);
    case WindowKind::kTumbling:
      return "each " + duration(length_ms);
    case WindowKind::kCalendar:
      return "each " + std::string(kUnits[static_cast<std::size_t>(unit)]) + " in \"" + zone + '"';
    case WindowKind::kSession:
      return "session " + duration(length_ms);
    case WindowKind::kLastEvents:
      return "over last " + std::to_string(events);
  }
  return "";
}

std::string FeatureImage::text(const event::Schema& schema) const {
  const event::EventType& type = schema.types[source.index()];
  std::string out(aggregate_kind_name(aggregate));
  if (aggregate == AggregateKind::kQuantile) {
    out += '(' + event::print_decimal(quantile) + ')';
  }
  out += '(' + type.name;
  if (slot != kNoSlot) out += '.' + type.fields[slot].name;
  for (std::size_t i = 0; i < where_texts.size(); ++i) {
    const bool loose = where_texts.size() > 1 && where_texts[i].contains(" or ");
    out += i == 0 ? " where " : " and ";
    out += loose ? '(' + where_texts[i] + ')' : where_texts[i];
  }
  for (std::size_t i = 0; i < key_fields.size(); ++i) {
    out += (i == 0 ? " by " : ", ") + key_fields[i];
  }
  out += ' ' + window.text();
  if (excluding_current) out += " excluding current";
  return out + ')';
}

}  // namespace weir::nfa
