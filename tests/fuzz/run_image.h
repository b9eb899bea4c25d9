// What fuzz targets do with an image that was let through: everything that a process would. It is
// printed, written, loaded and run over a few events of each type; the sanitizers watch. For fuzz
// targets only.
#pragma once

#include <cstdint>
#include <vector>

#include "base/check.h"
#include "nfa/image.h"
#include "runtime/engine.h"

namespace weir::fuzz {

class Ignore final : public runtime::Sink {
 public:
  void on_alert(const runtime::Alert&) override {}
  void on_decision(const runtime::Decision&) override {}
  void on_refused(const event::Row&, Refusal) override {}
};

// Some hundred small events need no more, whatever the windows of features and the rules say.
inline constexpr std::uint64_t kMostStateBytes = 64 << 20;

// A value of any type that means something to every reader of it.
inline event::Value some_value(const event::Type& type, std::uint64_t i) {
  switch (type.kind) {
    case event::TypeKind::kString:
      return event::Value::of_string(i % 2 == 0 ? "short" : "a string that is longer than twelve");
    case event::TypeKind::kFloat:
      return event::Value::of_float(static_cast<double>(i) / 2);
    case event::TypeKind::kDecimal:
      return event::Value::of_decimal(static_cast<event::Int128>(i) * 5'000);
    case event::TypeKind::kGeo:
      return event::Value::of_geo({1.0, static_cast<double>(i % 90)});
    case event::TypeKind::kBool:
      return event::Value::of_bool(i % 2 == 0);
    case event::TypeKind::kList:
      return event::Value::of_list({});
    default:
      return event::Value::of_int(static_cast<std::int64_t>(i % 7));
  }
}

inline void run_some_events(const nfa::Image& image) {
  constexpr std::uint64_t kRounds = 24;
  auto engine = runtime::Engine::create(image, {});
  if (!engine) return;  // an unknown zone, a regex that does not compile
  Ignore sink;
  for (std::uint64_t i = 0; i < kRounds * image.schema.types.size(); ++i) {
    const event::EventTypeId id(i % image.schema.types.size());
    const auto& fields = image.schema.types[id.index()].fields;
    std::vector<event::Value> slots;
    std::vector<std::uint64_t> present(event::presence_words(fields.size()) + 1, 0);
    for (std::size_t f = 0; f < fields.size(); ++f) {
      slots.push_back(some_value(fields[f].type, i / 5 + f));
      // A row has all fields that are not optional.
      const bool left_out = fields[f].optional && (i + f) % 11 == 0;
      if (!left_out) event::set_present(present.data(), f);
    }
    event::Row row;
    row.type = id;
    row.ts_ms = static_cast<std::int64_t>(i) * 400;
    row.seq = i;
    row.slots = slots.data();
    row.present = present.data();
    (*engine)->process(row, sink);
  }
  WEIR_CHECK((*engine)->stats().state_bytes <= kMostStateBytes);
  (*engine)->finish(sink);
}

inline void check_image(const nfa::Image& image) {
  for (const auto& rule : image.rules) WEIR_CHECK(!nfa::print_automaton(image, rule).empty());
  WEIR_CHECK(nfa::print_features(image, nullptr).empty() ==
             (image.features.empty() && image.streams.empty()));
  const auto bytes = nfa::write_image(image);
  const auto again = nfa::read_image(bytes);
  WEIR_CHECK(again.has_value());
  WEIR_CHECK(nfa::write_image(*again) == bytes);
  if (!image.schema.types.empty()) run_some_events(*again);
}

}  // namespace weir::fuzz
