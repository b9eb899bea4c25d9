#include "runtime/live_lists.h"

#include <algorithm>
#include <utility>

#include "base/mutants.h"

namespace weir::runtime {

LiveLists::LiveLists(const nfa::Image& image) : image_(&image) {
  for (const nfa::ListImage& list : image.lists) {
    list_views_.push_back(&lists_.emplace_back(list.values));
  }
  for (const nfa::TableImage& table : image.tables) table_views_.push_back(&table.rows);
  owned_tables_.resize(table_views_.size());
}

std::unique_lock<std::mutex> LiveLists::use() {
  const std::lock_guard next(door_);
  return std::unique_lock(mutex_);
}

void LiveLists::note(const ListChange& change) {
  nfa::OwnedValue value(lists_[change.list].value_class(), change.value);
  noted_.push_back({change, std::move(value)});
}

void LiveLists::settle() {
  constexpr std::uint8_t kWhole = 128;
  for (const Noted& noted : noted_) {
    if (noted.change.add) {
      add(noted.change.list, noted.value.get(), kWhole, noted.change.last_ms);
    } else if (!base::mutant(base::Mutant::kListRemovalIgnored)) {
      remove(noted.change.list, noted.value.get(), kWhole);
    }
  }
  noted_.clear();
}

void LiveLists::reset() {
  for (nfa::LiveList& list : lists_) list.reset();
  noted_.clear();
}

void LiveLists::add(std::uint16_t list, const event::Value& value, std::uint8_t bits,
                    std::int64_t last_ms) {
  lists_[list].sweep(now_ms_);
  if (base::mutant(base::Mutant::kListAddReplaces)) lists_[list].remove(value, bits);
  lists_[list].add(value, bits, last_ms);
}

void LiveLists::remove(std::uint16_t list, const event::Value& value, std::uint8_t bits) {
  lists_[list].remove(value, bits);
}

std::shared_ptr<const nfa::DataSet> LiveLists::replace_file(
    std::uint16_t list, std::shared_ptr<const nfa::DataSet> file) {
  return lists_[list].replace_file(std::move(file));
}

std::shared_ptr<const nfa::DataTable> LiveLists::replace_table(
    std::uint16_t table, std::shared_ptr<const nfa::DataTable> rows) {
  table_views_[table] = rows.get();
  std::swap(owned_tables_[table], rows);
  return rows;
}

namespace {

class FeedbackFinder {
 public:
  explicit FeedbackFinder(const nfa::Image& image) : image_(image) {}

  [[nodiscard]] ListFeedback find() const {
    ListFeedback found;
    const auto changes = [](const nfa::ListImage& list) { return list.changes; };
    if (std::ranges::none_of(image_.lists, changes)) return found;
    for (const nfa::FeatureImage& feature : image_.features) {
      for (const nfa::PredicateId id : feature.where) {
        found.features = found.features || looks(image_.predicates[id.index()]);
      }
    }
    for (const nfa::FeatureRead& read : image_.feature_reads) {
      for (const nfa::ReadKey& key : read.key) {
        found.features = found.features || (key.program.valid() && looks(key.program));
      }
    }
    for (std::uint32_t i = 0; i < image_.programs.size(); ++i) {
      found.rules = found.rules || looks(nfa::ProgramId(i));
    }
    return found;
  }

 private:
  [[nodiscard]] bool looks(nfa::ProgramId id) const {
    return std::ranges::any_of(image_.programs[id.index()].lists_read(),
                               [this](auto list) { return image_.lists[list].changes; });
  }

  const nfa::Image& image_;
};

}  // namespace

ListFeedback list_feedback(const nfa::Image& image) {
  ListFeedback found = FeedbackFinder(image).find();
  if (base::mutant(base::Mutant::kFeaturesSeeListsLate)) found.features = false;
  return found;
}

}  // namespace weir::runtime
