#include "api/list_replay.h"

#include <algorithm>
#include <utility>

namespace weir::api {

ListReplay::ListReplay(const runtime::LoadedImage& loaded) : lists_(*loaded.lists) {
  const auto changes = [](const nfa::ListImage& list) { return list.changes; };
  if (std::ranges::none_of(loaded.image->lists, changes)) return;
  lists_.reset();
  auto engine = runtime::Engine::create(*loaded.image, {});
  if (engine) engine_ = std::move(*engine);  // it was loaded once: it loads again
}

void ListReplay::step(const event::Row& row, const Advance& advance) {
  if (!any()) return;
  settle();
  engine_->process(row, *this);
  apply_deadlines(advance);
}

void ListReplay::advance(std::int64_t now_ms, const Advance& advance) {
  if (!any()) return;
  settle();
  if (now_ms == INT64_MAX) {
    engine_->finish(*this);
  } else {
    engine_->advance_time(now_ms, *this);
  }
  apply_deadlines(advance);
}

// Those of one time are one moment.
void ListReplay::apply_deadlines(const Advance& advance) {
  for (std::size_t i = 0; i < found_.size() && !found_[i].by_event;) {
    const std::int64_t ts_ms = found_[i].ts_ms;
    advance(ts_ms + 1);
    for (; i < found_.size() && !found_[i].by_event && found_[i].ts_ms == ts_ms; ++i) {
      note(found_[i]);
    }
    lists_.settle();
  }
  std::erase_if(found_, [](const Change& change) { return !change.by_event; });
}

void ListReplay::settle() {
  for (const Change& change : found_) note(change);
  lists_.settle();
  found_.clear();
}

void ListReplay::note(const Change& change) {
  runtime::ListChange noted = change.change;
  noted.value = change.value.get();
  lists_.note(noted);
}

void ListReplay::on_alert(const runtime::Alert& alert) {
  for (const runtime::ListChange& change : alert.changes) {
    const auto value_class = nfa::value_class(*change.type);
    found_.push_back({alert.ts_ms, alert.has_seq, change, {value_class, change.value}});
  }
}

}  // namespace weir::api
