#include "runtime/reorder_buffer.h"

#include <algorithm>

namespace weir::runtime {

OwnedRow::OwnedRow(const event::Schema& schema, const event::Row& row) : row_(row) {
  const auto& fields = schema.types[row.type.index()].fields;
  slots_.assign(row.slots, row.slots + fields.size());
  present_.assign(row.present, row.present + event::presence_words(fields.size()));
  std::size_t texts = 2;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!event::is_present(present_.data(), i)) continue;
    texts += fields[i].type.is_list() ? slots_[i].list.size : 1;
  }
  texts_.reserve(texts);  // strings must not move once values point to them
  const auto own = [&](event::TypeKind kind, event::Value& value) {
    if (kind != event::TypeKind::kString || value.string.is_inline()) return;
    texts_.emplace_back(value.string.view());
    value = event::Value::of_string(texts_.back());
  };
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!event::is_present(present_.data(), i)) continue;
    if (!fields[i].type.is_list()) {
      own(fields[i].type.kind, slots_[i]);
      continue;
    }
    const event::ListRef list = slots_[i].list;
    lists_.emplace_back(list.items, list.items + list.size);
    for (auto& item : lists_.back()) own(fields[i].type.element, item);
    slots_[i] = event::Value::of_list({lists_.back().data(), list.size});
  }
  texts_.emplace_back(row.identity);
  texts_.emplace_back(row.raw);
}

event::Row OwnedRow::view() const {
  event::Row row = row_;
  row.slots = slots_.data();
  row.present = present_.data();
  row.identity = texts_[texts_.size() - 2];
  row.raw = texts_.back();
  return row;
}

void ReorderBuffer::add(const event::Row& row) {
  heap_.push_back(Entry{OwnedRow(schema_, row), arrivals_++});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

OwnedRow ReorderBuffer::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  OwnedRow row = std::move(heap_.back().row);
  heap_.pop_back();
  return row;
}

}  // namespace weir::runtime
