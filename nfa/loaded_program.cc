#include "nfa/loaded_program.h"

#include <re2/re2.h>

#include <cstring>
#include <map>
#include <string>

#include "nfa/builtins.h"
#include "nfa/dataset.h"
#include "nfa/zone.h"

namespace weir::nfa {
namespace {

// A regex of a rule may take this much for its automata; what would need more fails to compile.
constexpr std::int64_t kRegexBytes = 8 << 20;

event::Value load_constant(const Constant& constant, LoadedProgram* program) {
  if (constant.value_class != ValueClass::kString) return constant.value;
  if (constant.text.size() <= event::StringRef::kInlineBytes) {
    return event::Value::of_string(constant.text);
  }
  program->texts.push_back(std::make_unique<char[]>(constant.text.size()));
  char* bytes = program->texts.back().get();
  std::memcpy(bytes, constant.text.data(), constant.text.size());
  return event::Value::of_string({bytes, constant.text.size()});
}

}  // namespace

struct ProgramLoader::Resources {
  std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> regexes;
  std::map<std::string, std::unique_ptr<Zone>, std::less<>> zones;
  std::map<std::string, std::unique_ptr<DataSet>, std::less<>> sets;  // by their bytes

  const re2::RE2* regex(const std::string& pattern) {
    auto& regex = regexes[pattern];
    if (regex == nullptr) {
      re2::RE2::Options options;
      options.set_log_errors(false);
      options.set_max_mem(kRegexBytes);
      regex = std::make_unique<re2::RE2>(pattern, options);
    }
    return regex->ok() ? regex.get() : nullptr;
  }

  const Zone* zone(const std::string& name) {
    auto& zone = zones[name];
    if (zone == nullptr && zone_exists(name)) {
      zone = std::make_unique<Zone>();
      cctz::load_time_zone(name, &zone->zone);
    }
    return zone.get();
  }

  const DataSet* set(const ConstantSet& constants) {
    auto built = std::make_unique<DataSet>(constants.value_class);
    for (std::size_t i = 0; i < constants.entries.size(); ++i) {
      const Constant& entry = constants.entries[i];
      const bool text = constants.value_class == ValueClass::kString;
      built->insert_prefix(text ? event::Value::of_string(entry.text) : entry.value,
                           constants.prefix_bits.empty() ? 128 : constants.prefix_bits[i]);
    }
    base::ByteWriter bytes;
    built->append_bytes(bytes);
    return sets.try_emplace(bytes.take(), std::move(built)).first->second.get();
  }
};

ProgramLoader::ProgramLoader(VerifyContext context)
    : context_(context), resources_(std::make_unique<Resources>()) {}
ProgramLoader::~ProgramLoader() = default;
ProgramLoader::ProgramLoader(ProgramLoader&&) noexcept = default;
ProgramLoader& ProgramLoader::operator=(ProgramLoader&&) noexcept = default;

void ProgramLoader::set_registers(std::span<const RegisterDesc> registers) {
  context_.registers = registers;
}

base::Result<LoadedProgram> ProgramLoader::load(const Program& program) {
  if (auto verified = verify(program, context_); !verified)
    return std::unexpected(verified.error());
  LoadedProgram loaded;
  loaded.code = program.code;
  loaded.operands = program.operands;
  loaded.columns = program.columns;
  loaded.temps = static_cast<std::uint16_t>(program.temps.size());
  for (const Constant& constant : program.constants) {
    loaded.constants.push_back(load_constant(constant, &loaded));
  }
  loaded.constant_present.assign(event::presence_words(program.constants.size()),
                                 ~std::uint64_t{0});
  for (const ConstantSet& set : program.sets) loaded.sets.push_back(resources_->set(set));
  for (const std::string& pattern : program.regexes) {
    loaded.regexes.push_back(resources_->regex(pattern));
    if (loaded.regexes.back() == nullptr) {
      return base::fail(base::ErrorCode::kCorrupt, "a regex does not compile: /" + pattern + "/");
    }
  }
  for (const std::string& name : program.zones) {
    loaded.zones.push_back(resources_->zone(name));
    if (loaded.zones.back() == nullptr) {
      return base::fail(base::ErrorCode::kNotFound, "the system does not know the zone " + name);
    }
  }
  return loaded;
}

}  // namespace weir::nfa
