// Events that wait for their turn: released in the order (time, arrival) once no earlier one can
// come. Copies what it holds, since rows live only as long as their batch: each into one block of
// memory, which is used again. Single-threaded.
//
// Cost: a copy of the row, O(log n) for n that wait; nothing is allocated once warm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/pool.h"
#include "event/row.h"
#include "event/schema.h"

namespace weir::runtime {

class ReorderBuffer {
 public:
  explicit ReorderBuffer(const event::Schema& schema) : schema_(schema) {}
  ~ReorderBuffer();
  ReorderBuffer(const ReorderBuffer&) = delete;
  ReorderBuffer& operator=(const ReorderBuffer&) = delete;

  void add(const event::Row& row);
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::int64_t next_ms() const { return heap_.front().ts_ms; }
  // Takes out the first. The row, and what it points to, live until it is given back.
  [[nodiscard]] const event::Row* pop();
  void give_back(const event::Row* row);
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  struct Held;  // a row and what it points to
  struct Entry {
    std::int64_t ts_ms;
    std::uint64_t arrival;
    Held* held;
  };
  [[nodiscard]] static bool later(const Entry& a, const Entry& b) {
    if (a.ts_ms != b.ts_ms) return a.ts_ms > b.ts_ms;
    return a.arrival > b.arrival;
  }
  [[nodiscard]] std::size_t bytes_of(const event::Row& row) const;
  void fill(Held& held, const event::Row& row) const;

  const event::Schema& schema_;
  base::Pool pool_;
  std::vector<Entry> heap_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace weir::runtime
