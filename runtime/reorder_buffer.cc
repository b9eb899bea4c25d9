#include "runtime/reorder_buffer.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

namespace weir::runtime {
namespace {

using event::TypeKind;
using event::Value;

bool points_away(TypeKind kind, const Value& value) {
  return kind == TypeKind::kString && !value.string.is_inline();
}

// Calls visit(kind, value) with each value of the row that may point elsewhere, and
// visit_list(field, list) with each list before its values.
template <typename Visit, typename VisitList>
void visit_values(const std::vector<event::Field>& fields, const event::Row& row,
                  const Visit& visit, const VisitList& visit_list) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!row.has(i)) continue;
    const event::Type& type = fields[i].type;
    if (!type.is_list()) {
      visit(type.kind, row.slots[i]);
    } else {
      visit_list(i, row.slots[i].list);
    }
  }
}

}  // namespace

// Followed by the slots, the items of lists, the presence words, and the texts.
struct alignas(16) ReorderBuffer::Held {
  event::Row row;
  std::size_t bytes = 0;
};

ReorderBuffer::~ReorderBuffer() {
  for (const Entry& entry : heap_) pool_.release(entry.held, entry.held->bytes);
}

std::size_t ReorderBuffer::bytes_of(const event::Row& row) const {
  const auto& fields = schema_.types[row.type.index()].fields;
  std::size_t bytes = sizeof(Held) + fields.size() * sizeof(Value) +
                      event::presence_words(fields.size()) * sizeof(std::uint64_t) +
                      row.identity.size() + row.raw.size();
  visit_values(
      fields, row,
      [&](TypeKind kind, const Value& value) {
        if (points_away(kind, value)) bytes += value.string.size();
      },
      [&](std::size_t field, event::ListRef list) {
        bytes += list.size * sizeof(Value);
        for (std::size_t i = 0; i < list.size; ++i) {
          if (!points_away(fields[field].type.element, list.items[i])) continue;
          bytes += list.items[i].string.size();
        }
      });
  return bytes;
}

void ReorderBuffer::fill(Held& held, const event::Row& row) const {
  const auto& fields = schema_.types[row.type.index()].fields;
  auto* slots = reinterpret_cast<Value*>(&held + 1);
  Value* const first_item = slots + fields.size();
  std::memcpy(static_cast<void*>(slots), row.slots, fields.size() * sizeof(Value));
  Value* items = first_item;
  visit_values(
      fields, row, [](TypeKind, const Value&) {},
      [&](std::size_t field, event::ListRef list) {
        if (list.size == 0) return;
        std::memcpy(static_cast<void*>(items), list.items, list.size * sizeof(Value));
        slots[field] = Value::of_list({items, list.size});
        items += list.size;
      });
  auto* present = reinterpret_cast<std::uint64_t*>(items);
  const std::size_t words = event::presence_words(fields.size());
  std::copy_n(row.present, words, present);
  char* text = reinterpret_cast<char*>(present + words);
  const auto copy = [&](std::string_view from) {
    if (from.empty()) return std::string_view();
    std::memcpy(text, from.data(), from.size());
    text += from.size();
    return std::string_view(text - from.size(), from.size());
  };
  const auto own = [&](TypeKind kind, Value& value) {
    if (points_away(kind, value)) value = Value::of_string(copy(value.string.view()));
  };
  Value* item = first_item;  // the lists' one after another, as they were copied
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!row.has(i)) continue;
    const event::Type& type = fields[i].type;
    if (!type.is_list()) {
      own(type.kind, slots[i]);
      continue;
    }
    for (std::uint64_t k = 0; k < slots[i].list.size; ++k) own(type.element, *item++);
  }
  held.row = row;
  held.row.slots = slots;
  held.row.present = present;
  held.row.identity = copy(row.identity);
  held.row.raw = copy(row.raw);
}

void ReorderBuffer::add(const event::Row& row) {
  const std::size_t bytes = bytes_of(row);
  Held* held = new (pool_.allocate(bytes)) Held;
  held->bytes = bytes;
  fill(*held, row);
  heap_.push_back(Entry{row.ts_ms, arrivals_++, held});
  std::ranges::push_heap(heap_, later);
}

const event::Row* ReorderBuffer::pop() {
  std::ranges::pop_heap(heap_, later);
  Held* held = heap_.back().held;
  heap_.pop_back();
  return &held->row;
}

void ReorderBuffer::give_back(const event::Row* row) {
  static_assert(offsetof(Held, row) == 0);
  const Held* held = reinterpret_cast<const Held*>(row);
  const std::size_t bytes = held->bytes;
  pool_.release(const_cast<Held*>(held), bytes);
}

}  // namespace weir::runtime
