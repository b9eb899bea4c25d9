#include "weir/lists.h"

#include <algorithm>
#include <utility>

#include "api/env.h"
#include "api/lists_impl.h"
#include "api/ruleset_impl.h"
#include "nfa/data_file.h"
#include "nfa/value_text.h"

namespace weir {
namespace {

struct Asked {
  std::uint16_t list = 0;
  const event::Type* type = nullptr;
  nfa::DataSet::Entry entry;  // points into `set`
  nfa::DataSet set;
};

Result<std::uint16_t> find_list(const nfa::Image& image, std::string_view name) {
  const auto found = std::ranges::find(image.lists, name, &nfa::ListImage::name);
  if (found == image.lists.end()) {
    return api::fail(ErrorCode::not_found, "there is no list " + std::string(name));
  }
  return static_cast<std::uint16_t>(found - image.lists.begin());
}

// The text is read as a line of the list's file would be; a string is taken as it is.
Result<Asked> read_value(const nfa::Image& image, std::string_view name, std::string_view value) {
  const auto list = find_list(image, name);
  if (!list) return std::unexpected(list.error());
  const event::Type& type = image.lists[*list].type;
  Asked asked{*list, &type, {}, nfa::DataSet(nfa::value_class(type))};
  if (type.kind == event::TypeKind::kString) {
    asked.set.insert(event::Value::of_string(value));
  } else {
    auto set = nfa::read_list_text(std::string(value), "value.txt", std::string(name), type);
    if (set) asked.set = std::move(*set);
  }
  if (asked.set.size() != 1) {
    return api::fail(ErrorCode::invalid_argument,
                     "\"" + std::string(value) + "\" is no value of the list " + std::string(name));
  }
  asked.entry = asked.set.sorted_entries().front();
  return asked;
}

std::string text_of(const event::Type& type, const nfa::DataSet::Entry& entry) {
  std::string text;
  nfa::append_value(type, entry.value, nfa::Quoting::kPlain, text);
  if (type.kind != event::TypeKind::kIp || entry.bits == 128) return text;
  const bool v4 = text.find('.') != std::string::npos && text.find(':') == std::string::npos;
  return text + "/" + std::to_string(v4 ? entry.bits - 96 : entry.bits);
}

ListEntry public_entry(const event::Type& type, const nfa::LiveList::Entry& entry) {
  ListEntry out;
  out.value = text_of(type, entry);
  if (entry.last_ms != nfa::DataSet::kNever) out.until_ms = entry.last_ms + 1;
  out.from_file = entry.from_file;
  return out;
}

}  // namespace

Lists::Lists(const Ruleset& rules)
    : impl_(new Impl{rules, std::make_shared<runtime::LiveLists>(rules.impl().image)}) {}
Lists::~Lists() = default;
Lists::Lists(Lists&&) noexcept = default;
Lists& Lists::operator=(Lists&&) noexcept = default;

std::vector<std::string> Lists::names() const {
  std::vector<std::string> out;
  for (const auto& list : impl_->rules.impl().image.lists) out.push_back(list.name);
  return out;
}

Result<void> Lists::add(std::string_view list, std::string_view value,
                        std::optional<std::int64_t> until_ms) {
  const auto asked = read_value(impl_->rules.impl().image, list, value);
  if (!asked) return std::unexpected(asked.error());
  std::int64_t last_ms = nfa::DataSet::kNever;
  if (until_ms) last_ms = *until_ms == INT64_MIN ? INT64_MIN : *until_ms - 1;
  const auto use = impl_->live->use();
  impl_->live->add(asked->list, asked->entry.value, asked->entry.bits, last_ms);
  return {};
}

Result<bool> Lists::remove(std::string_view list, std::string_view value) {
  const auto asked = read_value(impl_->rules.impl().image, list, value);
  if (!asked) return std::unexpected(asked.error());
  runtime::LiveLists& live = *impl_->live;
  const auto use = live.use();
  const bool was_in =
      live.list(asked->list).find(asked->entry.value, asked->entry.bits, live.now_ms()).has_value();
  live.remove(asked->list, asked->entry.value, asked->entry.bits);
  return was_in;
}

Result<std::optional<ListEntry>> Lists::find(std::string_view list, std::string_view value) const {
  const auto asked = read_value(impl_->rules.impl().image, list, value);
  if (!asked) return std::unexpected(asked.error());
  const auto use = impl_->live->use();
  const auto entry = impl_->live->list(asked->list)
                         .find(asked->entry.value, asked->entry.bits, impl_->live->now_ms());
  if (!entry) return std::optional<ListEntry>();
  return public_entry(*asked->type, *entry);
}

Result<std::vector<ListEntry>> Lists::entries(std::string_view list) const {
  const nfa::Image& image = impl_->rules.impl().image;
  const auto index = find_list(image, list);
  if (!index) return std::unexpected(index.error());
  const auto use = impl_->live->use();
  std::vector<ListEntry> out;
  for (const auto& entry : impl_->live->list(*index).entries(impl_->live->now_ms())) {
    out.push_back(public_entry(image.lists[*index].type, entry));
  }
  return out;
}

std::optional<std::int64_t> Lists::time_ms() const {
  const auto use = impl_->live->use();
  if (impl_->live->now_ms() == INT64_MIN) return std::nullopt;
  return impl_->live->now_ms();
}

}  // namespace weir
