#include "api/shown_events.h"

namespace weir::api {

std::string seq_text(std::uint64_t seq) {
  return seq < kFirstMade ? "#" + std::to_string(seq) : "*" + std::to_string(seq - kFirstMade + 1);
}

ShownEvents::~ShownEvents() {
  for (const event::Row* row : taken_) buffer_.give_back(row);
}

void ShownEvents::add(const event::Row& row) { buffer_.add(row); }

std::vector<event::Row> ShownEvents::take() {
  std::vector<event::Row> rows;
  std::uint64_t made = kFirstMade;
  while (!buffer_.empty()) {
    taken_.push_back(buffer_.pop());
    rows.push_back(*taken_.back());
    if (rows.back().seq == event::Row::kNoPosition) rows.back().seq = made++;
  }
  return rows;
}

}  // namespace weir::api
