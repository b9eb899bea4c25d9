// What the machine demands, whatever the engine does: the limits that rates are compared with.
//
//   floor RULES... --events FILE --mode touch|parse|decode|walk|simdjson|file [--limit N] [--passes
//   N]
//
// touch     typed events in memory; each touches one slot of a hash table by its key's bytes
// parse     the file's lines, decoded into the fields that the rules read
// decode    the same with the file's bytes in memory
// walk      the same without the shapes of lines, as each line is read that looks like no other
// simdjson  the same lines through simdjson's document API, the same fields looked up by name
// file      the file, block by block: decoded, and one slot touched an event
//
// The key is the first string field that is read of an event.
#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "api/env.h"
#include "api/ruleset_impl.h"
#include "base/hash.h"
#include "bench/bench_options.h"
#include "bench/memory_events.h"
#include "event/input.h"
#include "event/json_reader.h"

namespace weir::bench {
namespace {

// Which slot holds an event's key, by type; -1: none.
std::vector<int> key_slots(const event::Schema& schema) {
  std::vector<int> slots;
  for (const auto& type : schema.types) {
    int slot = -1;
    for (std::size_t i = 0; i < type.fields.size() && slot < 0; ++i) {
      const auto& field = type.fields[i];
      if (field.read && field.type.kind == event::TypeKind::kString) slot = static_cast<int>(i);
    }
    slots.push_back(slot);
  }
  return slots;
}

class Toucher {
 public:
  explicit Toucher(const event::Schema& schema) : slots_(key_slots(schema)), table_(1 << 20) {}
  void touch(const event::Row& row) {
    const int slot = slots_[row.type.index()];
    if (slot < 0 || !row.has(static_cast<std::size_t>(slot))) return;
    ++table_[base::hash64(row.slots[slot].string.view()) & (table_.size() - 1)];
  }
  [[nodiscard]] std::uint64_t sum() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : table_) sum += count;
    return sum;
  }

 private:
  std::vector<int> slots_;
  std::vector<std::uint64_t> table_;
};

struct Result {
  std::uint64_t events = 0;
  std::uint64_t check = 0;
};

Result from_file(const event::Schema& schema, const BenchOptions& options, bool touch) {
  Result result;
  std::optional<Toucher> toucher;  // its table is not free
  if (touch) toucher.emplace(schema);
  event::InputOptions input;
  input.paths = {options.events};
  auto source = event::open_event_source(api::system_env().files, schema, input);
  if (!source) std::exit(2);
  event::Batch batch;
  while (result.events < options.most_events) {
    const auto more = (*source)->next_batch(batch);
    if (!more || !*more) break;
    result.events += batch.records();
    if (!touch) {
      result.check += batch.rows().size();
      continue;
    }
    for (const event::Row& row : batch.rows()) toucher->touch(row);
  }
  if (touch) result.check = toucher->sum();
  return result;
}

// The file's bytes in blocks of whole lines, each with the padding that readers ask for.
std::vector<event::PaddedBuffer> blocks_of(std::string_view text) {
  constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
  std::vector<event::PaddedBuffer> blocks;
  while (!text.empty()) {
    const std::size_t newline = text.substr(0, kBlockBytes).rfind('\n');
    const std::string_view block = text.substr(0, newline == text.npos ? newline : newline + 1);
    blocks.emplace_back().assign(block);
    text.remove_prefix(block.size());
  }
  return blocks;
}

Result from_memory(const event::Schema& schema, const std::vector<event::PaddedBuffer>& blocks,
                   bool shapes) {
  Result result;
  auto reader = event::JsonReader::create(schema, {.expect_shapes = shapes});
  if (!reader) std::exit(2);
  event::Batch batch;
  for (const event::PaddedBuffer& block : blocks) {
    batch.clear();
    if ((*reader)->read(block.view(), true, batch) != block.size()) std::exit(2);
    result.events += batch.records();
    result.check += batch.rows().size();
  }
  return result;
}

Result with_simdjson(const event::Schema& schema, const simdjson::padded_string& text) {
  Result result;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document_stream documents;
  if (parser.iterate_many(text, 1 << 20).get(documents) != simdjson::SUCCESS) std::exit(2);
  for (auto document : documents) {
    ++result.events;
    simdjson::ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) continue;
    std::string_view type_name;
    if (object["type"].get_string().get(type_name) != simdjson::SUCCESS) continue;
    const auto type = schema.find(type_name);
    if (!type.valid()) continue;
    std::int64_t ts = 0;
    if (object["ts"].get_int64().get(ts) == simdjson::SUCCESS) ++result.check;
    for (const auto& field : schema.types[type.index()].fields) {
      if (!field.read) continue;
      simdjson::ondemand::value value;
      if (object[field.name].get(value) != simdjson::SUCCESS) continue;
      double number = 0;
      std::string_view word;
      bool truth = false;
      if (value.get_string().get(word) == simdjson::SUCCESS ||
          value.get_double().get(number) == simdjson::SUCCESS ||
          value.get_bool().get(truth) == simdjson::SUCCESS) {
        ++result.check;
      }
    }
  }
  return result;
}

int run(int argc, char** argv) {
  const BenchOptions options = parse_options(
      argc, argv,
      "floor RULES... --events FILE --mode touch|parse|decode|walk|simdjson|file [--limit N]");
  constexpr std::string_view kModes[] = {"touch", "parse", "decode", "walk", "simdjson", "file"};
  if (std::ranges::find(kModes, options.mode) == std::end(kModes)) {
    std::fprintf(stderr, "there is no --mode %s\n", options.mode.c_str());
    return 2;
  }
  const auto rules = compile_files(options.rules);
  if (!rules) {
    std::fputs(rules.error().render(DiagnosticFormat::text).c_str(), stderr);
    return 1;
  }
  const event::Schema& schema = rules->impl().image.schema;
  const bool in_memory = options.mode == "decode" || options.mode == "walk";
  std::unique_ptr<MemoryEvents> events;
  simdjson::padded_string text;
  std::vector<event::PaddedBuffer> blocks;
  if (options.mode == "touch") {
    events = std::make_unique<MemoryEvents>(schema, options.events, options.most_events);
  } else if (options.mode == "simdjson" || in_memory) {
    if (simdjson::padded_string::load(options.events).get(text) != simdjson::SUCCESS) return 2;
    if (in_memory) blocks = blocks_of(text);
  }
  for (int i = 0; i < options.passes; ++i) {
    const std::int64_t start = now_ns();
    Result result;
    if (options.mode == "touch") {
      Toucher toucher(schema);
      for (const event::Row& row : events->rows()) toucher.touch(row);
      result = {events->records(), toucher.sum()};
    } else if (in_memory) {
      result = from_memory(schema, blocks, options.mode == "decode");
    } else if (options.mode == "simdjson") {
      result = with_simdjson(schema, text);
    } else {
      result = from_file(schema, options, options.mode == "file");
    }
    const double seconds = static_cast<double>(now_ns() - start) / 1e9;
    std::printf("{\"mode\":\"%s\",\"events\":%llu,\"seconds\":%.4f,\"events_per_second\":%.0f,",
                options.mode.c_str(), static_cast<unsigned long long>(result.events), seconds,
                static_cast<double>(result.events) / seconds);
    std::printf("\"check\":%llu}\n", static_cast<unsigned long long>(result.check));
  }
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::run(argc, argv); }
