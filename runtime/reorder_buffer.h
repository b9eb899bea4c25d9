// Events that wait for their turn: released in the order (time, arrival) once no earlier one can
// come. Copies what it holds, since rows live only as long as their batch. Single-threaded.
#pragma once

#include <cstdint>
#include <queue>
#include <string>
#include <vector>

#include "event/row.h"
#include "event/schema.h"

namespace weir::runtime {

// A row with everything that it points to.
class OwnedRow {
 public:
  OwnedRow(const event::Schema& schema, const event::Row& row);
  OwnedRow(OwnedRow&&) noexcept = default;
  OwnedRow& operator=(OwnedRow&&) noexcept = default;
  [[nodiscard]] event::Row view() const;
  [[nodiscard]] std::int64_t ts_ms() const { return row_.ts_ms; }

 private:
  event::Row row_;
  std::vector<event::Value> slots_;
  std::vector<std::uint64_t> present_;
  std::vector<std::vector<event::Value>> lists_;
  std::vector<std::string> texts_;
};

class ReorderBuffer {
 public:
  explicit ReorderBuffer(const event::Schema& schema) : schema_(schema) {}

  void add(const event::Row& row);
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::int64_t next_ms() const { return heap_.front().row.ts_ms(); }
  [[nodiscard]] OwnedRow pop();
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    OwnedRow row;
    std::uint64_t arrival;
  };
  [[nodiscard]] static bool later(const Entry& a, const Entry& b) {
    if (a.row.ts_ms() != b.row.ts_ms()) return a.row.ts_ms() > b.row.ts_ms();
    return a.arrival > b.arrival;
  }
  const event::Schema& schema_;
  std::vector<Entry> heap_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace weir::runtime
