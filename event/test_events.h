// What the tests of this room share: schemas in a line, and reading a text into a batch.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/batch.h"
#include "event/csv_reader.h"
#include "event/json_reader.h"
#include "event/schema.h"

namespace weir::event::testing {

inline Field make_field(std::string name, TypeKind kind, bool optional = true, bool read = true) {
  Field field;
  field.name = name;
  field.type.kind = kind;
  field.optional = optional;
  field.read = read;
  field.path = {std::move(name)};
  return field;
}

inline EventType make_type(const std::string& name, std::vector<Field> fields) {
  EventType type;
  type.name = name;
  type.type_value = name;
  type.fields = std::move(fields);
  return type;
}

// The event `e` with one optional field of each type, named after it.
inline Schema every_type() {
  Schema schema;
  EventType type = make_type("e", {});
  for (const TypeKind kind :
       {TypeKind::kBool, TypeKind::kInt, TypeKind::kDecimal, TypeKind::kFloat, TypeKind::kString,
        TypeKind::kEnum, TypeKind::kTime, TypeKind::kDuration, TypeKind::kIp, TypeKind::kGeo}) {
    Field field = make_field(std::string(type_kind_name(kind)), kind);
    if (kind == TypeKind::kEnum) field.type.constants = {"web", "pos", "atm"};
    type.fields.push_back(field);
  }
  Field list = make_field("list", TypeKind::kList);
  list.type.element = TypeKind::kString;
  type.fields.push_back(list);
  schema.types.push_back(type);
  return schema;
}

// A batch with the whole text in it, read as one source in pieces of at most `piece` bytes.
class Reading {
 public:
  void feed(RecordReader& reader, std::string_view text, std::size_t piece = std::string::npos) {
    std::string held;
    std::size_t at = 0;
    do {
      const std::string_view more = text.substr(at, piece);
      at += more.size();
      held += more;
      feed_once(reader, held, at == text.size());
    } while (at < text.size());
  }

  [[nodiscard]] std::size_t rows() const { return count(&Batch::rows); }
  [[nodiscard]] std::size_t bad() const { return count(&Batch::bad); }
  [[nodiscard]] std::size_t unknown() const { return count(&Batch::unknown); }
  [[nodiscard]] const Row& row(std::size_t i) const { return at<Row>(&Batch::rows, i); }
  [[nodiscard]] const RecordOrigin& origin(std::size_t i) const {
    std::size_t in = 0;
    while (i >= batches_[in]->rows().size()) i -= batches_[in++]->rows().size();
    return batches_[in]->origin(i);
  }
  [[nodiscard]] const BadRecord& bad(std::size_t i) const { return at<BadRecord>(&Batch::bad, i); }
  [[nodiscard]] const UnknownRecord& unknown(std::size_t i) const {
    return at<UnknownRecord>(&Batch::unknown, i);
  }
  [[nodiscard]] OddCounts odd() const {
    OddCounts sum;
    for (const auto& batch : batches_) sum += std::as_const(*batch).odd();
    return sum;
  }

 private:
  void feed_once(RecordReader& reader, std::string& held, bool last) {
    batches_.push_back(std::make_unique<Batch>());
    Batch& batch = *batches_.back();
    // Exactly as long as promised, so that a sanitizer sees every byte too far.
    batch.buffer().assign(held);
    const std::size_t used = reader.read(batch.buffer().view(), last, batch);
    held.erase(0, used);
  }
  template <typename Getter>
  std::size_t count(Getter getter) const {
    std::size_t sum = 0;
    for (const auto& batch : batches_) sum += ((*batch).*getter)().size();
    return sum;
  }
  template <typename Record, typename Getter>
  const Record& at(Getter getter, std::size_t i) const {
    std::size_t in = 0;
    while (i >= ((*batches_[in]).*getter)().size()) i -= ((*batches_[in++]).*getter)().size();
    return ((*batches_[in]).*getter)()[i];
  }

  std::vector<std::unique_ptr<Batch>> batches_;
};

inline Reading read_json(const Schema& schema, std::string_view text, ReaderOptions options = {}) {
  Reading reading;
  auto reader = JsonReader::create(schema, std::move(options));
  reading.feed(**reader, text);
  return reading;
}

inline Reading read_csv(const Schema& schema, std::string_view text, ReaderOptions options = {}) {
  Reading reading;
  auto reader = CsvReader::create(schema, std::move(options));
  reading.feed(**reader, text);
  return reading;
}

}  // namespace weir::event::testing
