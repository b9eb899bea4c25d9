#include "nfa/register.h"

#include <algorithm>

namespace weir::nfa {

int RegisterDesc::slot_of(event::EventTypeId event_type) const {
  for (const Slot& slot : slots) {
    if (slot.type == event_type) return slot.slot;
  }
  return -1;
}

std::string RegisterDesc::text() const {
  if (part == kCompleting) return field;
  const std::string member = part_name + '.' + field;
  const bool first = which == RegisterWhich::kFirst;
  switch (kind) {
    case RegisterKind::kField:
      return first ? "first(" + part_name + ")." + field : member;
    case RegisterKind::kTime:
      return first ? "first(" + part_name + ").ts" : part_name + ".ts";
    case RegisterKind::kCount:
      return "count(" + part_name + ')';
    case RegisterKind::kSum:
      return "sum(" + member + ')';
    case RegisterKind::kAvg:
      return "avg(" + member + ')';
    case RegisterKind::kMin:
      return "min(" + member + ')';
    case RegisterKind::kMax:
      return "max(" + member + ')';
    case RegisterKind::kStddev:
      return "stddev(" + member + ')';
    case RegisterKind::kDistinct:
      return "distinct(" + member + ')';
    case RegisterKind::kKeyField:
      break;
  }
  return field;
}

void append_type(const event::Type& type, base::ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(type.kind));
  out.u8(static_cast<std::uint8_t>(type.element));
  out.u32(static_cast<std::uint32_t>(type.constants.size()));
  for (const std::string& constant : type.constants) out.string(constant);
}

event::Type read_type(base::ByteReader& in) {
  constexpr auto kLast = static_cast<std::uint8_t>(event::TypeKind::kList);
  event::Type type;
  const std::uint8_t kind = in.u8(), element = in.u8();
  if (kind > kLast || element >= kLast) in.fail();  // a list of lists is no type
  const std::size_t constants = in.read_count(4);
  for (std::size_t i = 0; i < constants; ++i) type.constants.emplace_back(in.string());
  if (!in.ok()) return event::Type();
  type.kind = static_cast<event::TypeKind>(kind);
  type.element = static_cast<event::TypeKind>(element);
  return type;
}

void RegisterDesc::append_bytes(base::ByteWriter& out) const {
  out.u8(static_cast<std::uint8_t>(kind));
  out.u8(static_cast<std::uint8_t>(which));
  out.u16(part);
  out.string(part_name);
  out.string(field);
  out.u32(static_cast<std::uint32_t>(slots.size()));
  for (const Slot& slot : slots) {
    out.u32(slot.type.value);
    out.u16(slot.slot);
  }
  append_type(type, out);
  append_type(field_type, out);
}

RegisterDesc RegisterDesc::read(base::ByteReader& in) {
  RegisterDesc desc;
  const std::uint8_t kind = in.u8(), which = in.u8();
  if (kind > static_cast<std::uint8_t>(RegisterKind::kKeyField) || which > 1) in.fail();
  desc.part = in.u16();
  desc.part_name = in.string();
  desc.field = in.string();
  const std::size_t slots = in.read_count(6);
  for (std::size_t i = 0; i < slots; ++i) {
    const event::EventTypeId type(in.u32());
    desc.slots.push_back(Slot{type, in.u16()});
  }
  desc.type = read_type(in);
  desc.field_type = read_type(in);
  if (!in.ok()) return RegisterDesc();
  desc.kind = static_cast<RegisterKind>(kind);
  desc.which = static_cast<RegisterWhich>(which);
  return desc;
}

std::uint16_t RegisterTable::intern(const RegisterDesc& desc) {
  const auto found = std::find(registers_.begin(), registers_.end(), desc);
  if (found != registers_.end()) return static_cast<std::uint16_t>(found - registers_.begin());
  if (registers_.size() >= kMaxRegisters) return kNone;
  registers_.push_back(desc);
  return static_cast<std::uint16_t>(registers_.size() - 1);
}

void RegisterTable::append_bytes(base::ByteWriter& out) const {
  out.u32(static_cast<std::uint32_t>(registers_.size()));
  for (const RegisterDesc& desc : registers_) desc.append_bytes(out);
}

RegisterTable RegisterTable::read(base::ByteReader& in) {
  RegisterTable table;
  const std::size_t count = in.read_count(2 + 2 + 8 + 4 + 12);
  if (count > kMaxRegisters) in.fail();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    table.registers_.push_back(RegisterDesc::read(in));
  }
  return table;
}

}  // namespace weir::nfa
