// The lists and tables of one engine as they are now (language L4.3): what the image has, changed
// by rules, by the API and by files that were read anew.
//
// Used by the Engine, which sees that nothing changes while an event is looked at, and by whoever
// changes lists from outside. What rules change is noted, and takes effect with settle().
//
// Thread safety: whoever holds use() may call everything, from any thread; the Engine holds it for
// a slice of events. Conditions look at the lists without it, while the Engine holds it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "nfa/event_context.h"
#include "nfa/image.h"
#include "nfa/live_list.h"

namespace weir::runtime {

// What an outcome does to a list.
struct ListChange {
  bool add = true;
  std::uint16_t list = 0;  // of Image::lists
  const event::Type* type = nullptr;
  event::Value value;                           // a string's bytes are the alert's
  std::int64_t last_ms = nfa::DataSet::kNever;  // when it is in for the last time
};

class LiveLists {
 public:
  // The image must outlive it.
  explicit LiveLists(const nfa::Image& image);

  // Waits for whoever holds it. First come, first served: a stream of events does not keep others
  // out for longer than a slice.
  [[nodiscard]] std::unique_lock<std::mutex> use();

  [[nodiscard]] bool is_of(const nfa::Image& image) const { return image_ == &image; }
  [[nodiscard]] const nfa::LiveList& list(std::uint16_t list) const { return lists_[list]; }
  // The time that the stream has reached: entries whose time is before it are out.
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  void reach(std::int64_t now_ms) { now_ms_ = std::max(now_ms_, now_ms); }

  // A change by a rule, kept until settle().
  void note(const ListChange& change);
  [[nodiscard]] bool any_noted() const { return !noted_.empty(); }
  // What was noted is so, in that order.
  void settle();

  // All changes are forgotten, by whomever; files that were read anew stay.
  void reset();

  // Changes from outside. See nfa/live_list.h for what an address and a network are to each other.
  void add(std::uint16_t list, const event::Value& value, std::uint8_t bits, std::int64_t last_ms);
  void remove(std::uint16_t list, const event::Value& value, std::uint8_t bits);
  // `file` is of the list's class, `rows` has the table's columns. Gives back what was there: to be
  // let go when use() has ended, as that may take its time.
  std::shared_ptr<const nfa::DataSet> replace_file(std::uint16_t list,
                                                   std::shared_ptr<const nfa::DataSet> file);
  std::shared_ptr<const nfa::DataTable> replace_table(std::uint16_t table,
                                                      std::shared_ptr<const nfa::DataTable> rows);

  // For the evaluator: they follow every change.
  [[nodiscard]] std::span<const nfa::LiveList* const> list_views() const { return list_views_; }
  [[nodiscard]] std::span<const nfa::DataTable* const> table_views() const { return table_views_; }

 private:
  struct Noted {
    ListChange change;
    nfa::OwnedValue value;
  };

  const nfa::Image* image_;
  std::mutex door_;  // held by who is next
  std::mutex mutex_;
  std::deque<nfa::LiveList> lists_;
  std::vector<const nfa::LiveList*> list_views_;
  std::vector<const nfa::DataTable*> table_views_;
  std::vector<std::shared_ptr<const nfa::DataTable>> owned_tables_;  // beside table_views_
  std::vector<Noted> noted_;
  std::int64_t now_ms_ = INT64_MIN;
};

// Whether what rules change comes back to them.
struct ListFeedback {
  bool rules = false;     // conditions or outcomes look at a list that a live rule changes
  bool features = false;  // likewise features
};
[[nodiscard]] ListFeedback list_feedback(const nfa::Image& image);

}  // namespace weir::runtime
