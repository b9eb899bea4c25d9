// The engine alone: typed events in memory, alerts counted and dropped.
//
//   engine_only RULES... --events FILE [--limit N] [--passes N] [--latency] [--threads N]
//       [--shards N]
//
// Prints for each pass, each with a new engine: events a second (all records of the file count,
// also those of types that no rule sees, which a reader has to look at but the engine never gets),
// allocations an event, the state's bytes, and with --latency the percentiles of one event.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include "api/ruleset_impl.h"
#include "bench/bench_options.h"
#include "bench/memory_events.h"
#include "runtime/engine.h"
#include "runtime/tbb_executor.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

// Counts what the engine allocates.
void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* place = std::malloc(bytes == 0 ? 1 : bytes)) return place;
  throw std::bad_alloc();
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }

namespace weir::bench {
namespace {

constexpr std::size_t kBatch = 4096;  // events, as a block of a file has

class CountingSink final : public runtime::Sink {
 public:
  void on_alert(const runtime::Alert&) override { ++alerts; }
  void on_decision(const runtime::Decision&) override { ++decisions; }
  void on_refused(const event::Row&, Refusal) override {}
  std::uint64_t alerts = 0;
  std::uint64_t decisions = 0;
};

struct Pass {
  std::int64_t ns = 0;
  std::uint64_t alerts = 0;
  std::uint64_t allocations = 0;         // of the whole pass
  std::uint64_t second_allocations = 0;  // of its second half
  runtime::EngineStats stats;
  std::uint64_t state_bytes = 0;  // before the end
  std::uint64_t partial_matches = 0;
  std::vector<std::uint32_t> latency_ns;
};

Pass run_pass(const nfa::Image& image, const std::vector<event::Row>& rows, bool latency,
              const runtime::EngineOptions& options) {
  Pass pass;
  CountingSink sink;
  auto engine = runtime::Engine::create(image, options);
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().message.c_str());
    std::exit(2);
  }
  if (latency) pass.latency_ns.reserve(rows.size());
  const std::uint64_t before = allocations.load();
  std::uint64_t half = 0;
  const std::int64_t start = now_ns();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == rows.size() / 2) half = allocations.load();
    if (!latency) {
      (*engine)->add(rows[i], sink);
      if (i % kBatch == kBatch - 1) (*engine)->run(sink);
      continue;
    }
    const std::int64_t from = now_ns();
    (*engine)->process(rows[i], sink);
    pass.latency_ns.push_back(static_cast<std::uint32_t>(now_ns() - from));
  }
  (*engine)->run(sink);
  pass.ns = now_ns() - start;
  pass.allocations = allocations.load() - before;
  pass.second_allocations = allocations.load() - half;
  pass.state_bytes = (*engine)->stats().state_bytes;
  pass.partial_matches = (*engine)->stats().partial_matches;
  (*engine)->finish(sink);
  pass.stats = (*engine)->stats();
  pass.alerts = sink.alerts;
  return pass;
}

void print(const Pass& pass, const MemoryEvents& events) {
  const auto records = static_cast<double>(events.records());
  const double seconds = static_cast<double>(pass.ns) / 1e9;
  std::printf(
      "{\"events\":%.0f,\"fed\":%zu,\"seconds\":%.4f,\"events_per_second\":%.0f,\"alerts\":%llu,"
      "\"allocations_per_event\":%.4f,\"second_half_allocations_per_event\":%.4f,"
      "\"state_bytes\":%llu,\"partial_matches\":%llu,\"bytes_left\":%llu,"
      "\"peak_partial_matches\":%llu",
      records, events.rows().size(), seconds, records / seconds,
      static_cast<unsigned long long>(pass.alerts), static_cast<double>(pass.allocations) / records,
      static_cast<double>(pass.second_allocations) / (records / 2),
      static_cast<unsigned long long>(pass.state_bytes),
      static_cast<unsigned long long>(pass.partial_matches),
      static_cast<unsigned long long>(pass.stats.state_bytes),
      static_cast<unsigned long long>(pass.stats.peak_partial_matches));
  if (!pass.latency_ns.empty()) {
    auto sorted = pass.latency_ns;
    std::ranges::sort(sorted);
    const auto at = [&](double share) {
      return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    };
    std::printf(",\"p50_ns\":%u,\"p99_ns\":%u,\"p999_ns\":%u,\"max_ns\":%u", at(0.5), at(0.99),
                at(0.999), sorted.back());
  }
  std::printf("}\n");
}

int run(int argc, char** argv) {
  const BenchOptions options =
      parse_options(argc, argv, "engine_only RULES... --events FILE [--limit N] [--passes N]");
  const auto rules = compile_files(options.rules);
  if (!rules) {
    std::fputs(rules.error().render(DiagnosticFormat::text).c_str(), stderr);
    return 1;
  }
  const nfa::Image& image = rules->impl().image;
  const MemoryEvents events(image.schema, options.events, options.most_events);
  std::unique_ptr<base::Executor> executor;
  if (options.threads > 1) executor = runtime::make_tbb_executor(options.threads);
  runtime::EngineOptions engine_options;
  engine_options.executor = executor.get();
  engine_options.shards = options.shards;
  for (int i = 0; i < options.passes; ++i) {
    print(run_pass(image, events.rows(), options.latency, engine_options), events);
  }
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::run(argc, argv); }
