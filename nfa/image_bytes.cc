// The bytes of an image. FROZEN, version kImageVersion:
//
//   "WEIRIMG\0"  u32 version  u32 sections  u64 high, u64 low: XXH3-128 of all that follows
//   then each section, in this order:  u32 name (four letters)  u64 size  its bytes
//     SCHM event types   DCSN decisions and thresholds   PROG programs   LIST lists
//     TABL tables        FEAT features   RULE rules
//     STRM streams
//
// Integers and strings are as in base/bytes.h; a list is a u32 count and its elements.
#include <utility>

#include "base/hash.h"
#include "nfa/image.h"
#include "nfa/image_io.h"

namespace weir::nfa {

namespace {

using base::ErrorCode;

constexpr std::string_view kMagic{"WEIRIMG\0", 8};
constexpr std::uint32_t kSections = 8;
constexpr std::size_t kHeaderBytes = 8 + 4 + 4 + 16;

constexpr std::uint32_t section_name(const char (&letters)[5]) {
  return static_cast<std::uint32_t>(letters[0]) | static_cast<std::uint32_t>(letters[1]) << 8 |
         static_cast<std::uint32_t>(letters[2]) << 16 |
         static_cast<std::uint32_t>(letters[3]) << 24;
}

// ---- event types and decisions -----------------------------------------------------------------

void show(ImageIo& io, event::Field& field) {
  io.plain(field.name);
  io.type(field.type);
  io.plain(field.optional);
  io.choice(field.role, event::FieldRole::kPii);
  io.list(field.path);
  io.plain(field.read);
  io.plain(field.derived);
}

void show_schema(ImageIo& io, Image& image) {
  io.list(image.schema.types, [&io](event::EventType& type) {
    io.plain(type.name);
    io.list(type.type_path);
    io.plain(type.type_value);
    io.list(type.time_path);
    io.list(type.id_path);
    io.list(type.fields, [&io](event::Field& field) { show(io, field); });
  });
}

void show_decisions(ImageIo& io, Image& image) {
  io.list(image.decisions);
  io.list(image.thresholds, [&io](ScoreThreshold& threshold) {
    io.plain(threshold.decision);
    io.plain(threshold.program);
  });
  io.list(image.threshold_registers, [&io](RegisterDesc& desc) { io.own(desc); });
}

// ---- programs and data -------------------------------------------------------------------------

void show_programs(ImageIo& io, Image& image) {
  io.list(image.programs, [&io](Program& program) { io.own(program); });
  io.list(image.program_rule);
  io.list(image.predicates);
}

// Sets and tables cannot be made empty and filled, so the two directions are apart.
void show_lists(ImageIo& io, Image& image) {
  if (io.writing()) {
    io.out().u32(static_cast<std::uint32_t>(image.lists.size()));
    for (auto& list : image.lists) {
      io.plain(list.name);
      io.type(list.type);
      io.plain(list.changes);
      list.values.append_bytes(io.out());
    }
    return;
  }
  const std::uint32_t count = io.in().u32();
  for (std::uint32_t i = 0; i < count && io.ok(); ++i) {
    std::string name;
    event::Type type;
    io.plain(name);
    io.type(type);
    bool changes = false;
    io.plain(changes);
    auto values = DataSet::read(io.in());
    if (!values) return io.fail();
    image.lists.push_back({std::move(name), std::move(type), std::move(*values), changes});
  }
}

void show_tables(ImageIo& io, Image& image) {
  if (io.writing()) {
    io.out().u32(static_cast<std::uint32_t>(image.tables.size()));
    for (auto& table : image.tables) {
      io.plain(table.name);
      table.rows.append_bytes(io.out());
    }
    return;
  }
  const std::uint32_t count = io.in().u32();
  for (std::uint32_t i = 0; i < count && io.ok(); ++i) {
    std::string name;
    io.plain(name);
    auto rows = DataTable::read(io.in());
    if (!rows) return io.fail();
    image.tables.push_back({std::move(name), std::move(*rows)});
  }
}

// ---- features ----------------------------------------------------------------------------------

void show(ImageIo& io, WindowSpec& window) {
  io.choice(window.kind, WindowKind::kLastEvents);
  io.plain(window.length_ms);
  io.plain(window.every_ms);
  io.plain(window.events);
  io.choice(window.unit, CalendarUnit::kMonth);
  io.plain(window.zone);
}

void show(ImageIo& io, FeatureImage& feature) {
  io.list(feature.names);
  io.plain(feature.source);
  io.list(feature.where);
  io.list(feature.where_texts);
  io.choice(feature.aggregate, AggregateKind::kRate);
  io.plain(feature.slot);
  io.plain(feature.quantile);
  io.list(feature.key);
  io.list(feature.key_fields);
  show(io, feature.window);
  io.plain(feature.excluding_current);
  io.type(feature.result);
  io.plain(feature.level);
  io.plain(feature.stage);
  io.plain(feature.state_identity);
}

void show_features(ImageIo& io, Image& image) {
  io.list(image.features, [&io](FeatureImage& feature) { show(io, feature); });
  io.list(image.feature_reads, [&io](FeatureRead& read) {
    io.plain(read.type);
    io.plain(read.feature);
    io.list(read.key, [&io](ReadKey& key) {
      io.plain(key.slot);
      io.plain(key.program);
    });
    io.plain(read.slot);
  });
}

// ---- rules -------------------------------------------------------------------------------------

void show(ImageIo& io, ValueExpr& value) {
  io.plain(value.program);
  io.type(value.type);
  io.list(value.registers);
  io.plain(value.may_be_absent);
}

void show(ImageIo& io, Outcomes& outcomes) {
  const auto value = [&io](ValueExpr& each) { show(io, each); };
  io.plain(outcomes.decision);
  io.plain(outcomes.final);
  io.list(outcomes.score, value);
  io.list(outcomes.tags);
  io.list(outcomes.reason, [&io](ReasonSegment& segment) {
    io.plain(segment.text);
    io.plain(segment.value);
  });
  io.list(outcomes.reason_values, value);
  io.list(outcomes.emits, [&io](Outcomes::Emit& emit) {
    io.plain(emit.name);
    show(io, emit.value);
  });
  io.list(outcomes.sinks);
  io.list(outcomes.list_changes, [&io](Outcomes::ListChange& change) {
    io.plain(change.add);
    io.plain(change.list);
    show(io, change.value);
    io.plain(change.ttl_ms);
  });
}

void show_keys(ImageIo& io, RuleImage& rule) {
  io.list(rule.keys, [&io](KeyExpr& key) {
    io.list(key.fields);
    io.list_of_lists(key.slots);
  });
  io.plain(rule.shown_key);
  io.list_of_lists(rule.key_types);
  io.plain(rule.keyed);
  io.plain(rule.keys_by_part);
}

void show_texts(ImageIo& io, RuleImage& rule) {
  io.list(rule.condition_texts, [&io](std::vector<std::vector<ConditionText>>& by_type) {
    io.list(by_type, [&io](std::vector<ConditionText>& texts) {
      io.list(texts, [&io](ConditionText& text) {
        io.plain(text.text);
        io.own(text.values);
      });
    });
  });
}

void show(ImageIo& io, RuleImage& rule) {
  for (std::string* text : {&rule.name, &rule.description, &rule.version, &rule.state_identity,
                            &rule.owner, &rule.severity, &rule.meta}) {
    io.plain(*text);
  }
  io.choice(rule.mode, RuleMode::kCanary);
  io.plain(rule.canary_ppm);
  io.plain(rule.active_from_ms);
  io.plain(rule.active_until_ms);
  show(io, rule.automaton);
  show_keys(io, rule);
  io.list(rule.having, [&io](HavingCondition& condition) {
    io.plain(condition.program);
    io.list(condition.registers);
    io.plain(condition.text);
  });
  io.choice(rule.skip, SkipKind::kToLast);
  io.plain(rule.skip_name);
  io.plain(rule.report);
  io.plain(rule.pick_any);
  io.plain(rule.cooldown_ms);
  show(io, rule.outcomes);
  io.list(rule.timeout, [&io](TimeoutImage& timeout) {
    io.plain(timeout.name);
    show(io, timeout.outcomes);
  });
  io.plain(rule.alert_type);
  io.list(rule.alert_fields, [&io](AlertField& field) {
    io.choice(field.kind, AlertFieldKind::kDecision);
    io.plain(field.index);
  });
  io.plain(rule.stage);
  show_texts(io, rule);
}

void show_rules(ImageIo& io, Image& image) {
  io.list(image.rules, [&io](RuleImage& rule) { show(io, rule); });
}

void show_streams(ImageIo& io, Image& image) {
  io.list(image.streams, [&io](StreamImage& stream) {
    io.plain(stream.name);
    io.plain(stream.type);
    io.list(stream.key_fields);
    show(io, stream.window);
    io.list(stream.columns, [&io](FeatureImage& column) { show(io, column); });
    io.plain(stream.stage);
  });
}

// ---- the whole ---------------------------------------------------------------------------------

struct Section {
  std::uint32_t name;
  void (*show)(ImageIo&, Image&);
};
constexpr Section kLayout[kSections] = {
    {section_name("SCHM"), show_schema},   {section_name("DCSN"), show_decisions},
    {section_name("PROG"), show_programs}, {section_name("LIST"), show_lists},
    {section_name("TABL"), show_tables},   {section_name("FEAT"), show_features},
    {section_name("RULE"), show_rules},    {section_name("STRM"), show_streams},
};

std::unexpected<base::Error> damaged(const std::string& what) {
  return base::fail(ErrorCode::kCorrupt, "the compiled ruleset is damaged: " + what);
}

base::Result<void> read_sections(base::ByteReader& in, Image& image) {
  for (const auto& section : kLayout) {
    const std::uint32_t name = in.u32();
    const std::uint64_t size = in.u64();
    if (!in.ok() || name != section.name || size > in.remaining())
      return damaged("a section is not there");
    base::ByteReader body(in.raw(size));
    ImageIo io(body);
    section.show(io, image);
    if (!body.ok() || !body.at_end()) return damaged("a section does not fit its size");
  }
  if (!in.at_end()) return damaged("there is more behind its end");
  return {};
}

}  // namespace

std::string write_image(const Image& image) {
  auto& shown = const_cast<Image&>(image);  // an ImageIo that writes changes nothing
  base::ByteWriter body;
  for (const auto& section : kLayout) {
    base::ByteWriter bytes;
    ImageIo io(bytes);
    section.show(io, shown);
    body.u32(section.name);
    body.u64(bytes.size());
    body.raw(bytes.bytes().data(), bytes.size());
  }
  const base::Hash128 checksum = base::hash128(body.bytes());
  base::ByteWriter out;
  out.raw(kMagic.data(), kMagic.size());
  out.u32(kImageVersion);
  out.u32(kSections);
  out.u64(checksum.high);
  out.u64(checksum.low);
  out.raw(body.bytes().data(), body.size());
  return out.take();
}

base::Result<Image> read_image(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || bytes.substr(0, kMagic.size()) != kMagic) {
    return base::fail(ErrorCode::kCorrupt, "these bytes are no compiled ruleset");
  }
  base::ByteReader in(bytes.substr(kMagic.size()));
  const std::uint32_t version = in.u32();
  if (version != kImageVersion) {
    return base::fail(ErrorCode::kVersion, "the compiled ruleset is of version " +
                                               std::to_string(version) + ", and this build reads " +
                                               std::to_string(kImageVersion));
  }
  if (in.u32() != kSections) return damaged("a wrong number of sections");
  const std::uint64_t high = in.u64();
  const std::uint64_t low = in.u64();
  if (base::hash128(bytes.substr(kHeaderBytes)) != base::Hash128{high, low}) {
    return damaged("its checksum does not agree");
  }
  Image image;
  if (auto read = read_sections(in, image); !read) return std::unexpected(read.error());
  if (auto sound = verify_image(image); !sound) return std::unexpected(sound.error());
  return image;
}

}  // namespace weir::nfa
