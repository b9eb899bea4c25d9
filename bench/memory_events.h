// A whole input as typed rows in memory, so that a benchmark feeds the engine and nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "event/batch.h"
#include "event/schema.h"

namespace weir::bench {

class MemoryEvents {
 public:
  // Exits with 2 if the file cannot be read. At most `most` rows.
  MemoryEvents(const event::Schema& schema, const std::string& path, std::size_t most);

  [[nodiscard]] const std::vector<event::Row>& rows() const { return rows_; }
  // Of the file, of records that no rule sees too.
  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  std::vector<std::unique_ptr<event::Batch>> batches_;
  std::vector<event::Row> rows_;
  std::uint64_t records_ = 0;
};

}  // namespace weir::bench
