// Hostile images: the body of one, behind a header whose checksum always agrees, so that the
// verifier is what has to hold. What it lets through is printed, written, loaded and run over a few
// events of each type; the sanitizers watch.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "nfa/image.h"
#include "runtime/engine.h"

namespace {

using namespace weir;

constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kSections = 6;
constexpr std::size_t kMaxBody = 1 << 20;

std::string with_header(std::string_view body) {
  const base::Hash128 checksum = base::hash128(body);
  base::ByteWriter out;
  out.raw("WEIRIMG\0", 8);
  out.u32(kVersion);
  out.u32(kSections);
  out.u64(checksum.high);
  out.u64(checksum.low);
  out.raw(body.data(), body.size());
  return out.take();
}

class Ignore final : public runtime::Sink {
 public:
  void on_alert(const runtime::Alert&) override {}
  void on_decision(const runtime::Decision&) override {}
  void on_refused(const event::Row&, Refusal) override {}
};

// A value of any type that means something to every reader of it.
event::Value some_value(const event::Type& type, std::uint64_t i) {
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

void run(const nfa::Image& image) {
  auto engine = runtime::Engine::create(image, {});
  if (!engine) return;  // an unknown zone, a regex that does not compile
  Ignore sink;
  for (std::uint64_t i = 0; i < 24 * image.schema.types.size(); ++i) {
    const event::EventTypeId id(i % image.schema.types.size());
    const auto& fields = image.schema.types[id.index()].fields;
    std::vector<event::Value> slots;
    std::vector<std::uint64_t> present(event::presence_words(fields.size()) + 1, 0);
    for (std::size_t f = 0; f < fields.size(); ++f) {
      slots.push_back(some_value(fields[f].type, i / 5 + f));
      if ((i + f) % 11 != 0) event::set_present(present.data(), f);
    }
    event::Row row;
    row.type = id;
    row.ts_ms = static_cast<std::int64_t>(i) * 400;
    row.seq = i;
    row.slots = slots.data();
    row.present = present.data();
    (*engine)->process(row, sink);
  }
  (*engine)->finish(sink);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)nfa::read_image(input);
  if (size > kMaxBody) return 0;
  const auto image = nfa::read_image(with_header(input));
  if (!image) return 0;
  for (const auto& rule : image->rules) WEIR_CHECK(!nfa::print_automaton(*image, rule).empty());
  const auto again = nfa::read_image(nfa::write_image(*image));
  WEIR_CHECK(again.has_value());
  WEIR_CHECK(nfa::write_image(*again) == nfa::write_image(*image));
  if (!image->schema.types.empty()) run(*image);
  return 0;
}
