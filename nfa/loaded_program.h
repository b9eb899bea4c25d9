// Programs made ready to run: regexes compiled, zones resolved, sets hashed, constants in place.
//
// A ProgramLoader serves one image: equal regexes, zones and sets of all its programs are made
// once. It owns them, so it must outlive every LoadedProgram it made; it is not thread-safe, what
// it made is immutable and shared between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "nfa/program.h"

namespace re2 {
class RE2;
}

namespace weir::nfa {

class DataSet;
struct Zone;

struct LoadedProgram {
  std::vector<Instruction> code;
  std::vector<event::Value> constants;
  std::vector<std::uint64_t> constant_present;  // all ones
  std::vector<std::uint16_t> operands;
  std::vector<TableColumn> columns;
  std::vector<const DataSet*> sets;
  std::vector<const re2::RE2*> regexes;
  std::vector<const Zone*> zones;
  std::uint16_t temps = 0;
  // The bytes of long string constants: a stable home for what the constants point to.
  std::vector<std::unique_ptr<char[]>> texts;
};

class ProgramLoader {
 public:
  explicit ProgramLoader(VerifyContext context);
  ~ProgramLoader();
  ProgramLoader(const ProgramLoader&) = delete;
  ProgramLoader& operator=(const ProgramLoader&) = delete;
  ProgramLoader(ProgramLoader&&) noexcept;
  ProgramLoader& operator=(ProgramLoader&&) noexcept;

  // The registers that the programs of the next rule may read.
  void set_registers(std::span<const RegisterDesc> registers);

  // Verifies and prepares. Fails with kCorrupt on a program that breaks an invariant, a regex that
  // does not compile or a zone that the system does not know.
  [[nodiscard]] base::Result<LoadedProgram> load(const Program& program);

 private:
  struct Resources;
  VerifyContext context_;
  std::unique_ptr<Resources> resources_;
};

}  // namespace weir::nfa
