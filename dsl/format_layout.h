// How formatted text is laid out: nodes that become lines, atoms that a line may break before, and
// the comments between them. Filled by the formatter from the tree (dsl/formatter.cc), printed
// here. Not thread-safe; one layout formats one file.
//
// A comment of its own line goes with the node that follows it, a trailing one with the node that
// ends before it; both move with their node. A comment in the middle of a node forces a break at
// the next atom that allows one, so that formatting twice gives what formatting once gave.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/ast.h"

namespace weir::dsl {

inline constexpr std::size_t kFormatColumns = 100;

// Where a line breaks that is too long: all places of the first kind, then of the second, and at
// last as few as possible of the third.
enum class Break : std::uint8_t { kNever, kPart, kOperand, kAnywhere };

struct Atom {
  std::string text;
  bool space = true;              // a blank before it, unless it begins a line
  Break allowed = Break::kNever;  // before it
  std::uint32_t anchor = 0;       // offset of its operand in the source; 0: comments ignore it
};

// Collects the atoms of one node.
class AtomWriter {
 public:
  void put(std::string_view text);   // with a blank before it
  void glue(std::string_view text);  // right behind what is there
  void glue_next() { glue_next_ = true; }
  void allow(Break kind, std::uint32_t anchor);  // before the next atom
  [[nodiscard]] std::vector<Atom> take() { return std::move(atoms_); }

 private:
  std::vector<Atom> atoms_;
  bool glue_next_ = false;
  Break next_break_ = Break::kNever;
  std::uint32_t next_anchor_ = 0;
};

struct Remark {
  std::string text;
  bool blank_before = false;
};

struct LayoutNode {
  std::vector<Atom> head;
  std::uint32_t begin = 0;  // in the source
  std::uint32_t end = 0;
  bool block = false;                // head { children } tail
  bool one_line = false;             // a block that stands on one line if it fits
  bool joins = false;                // may share a line with neighbours that do
  int rank = 0;                      // children are printed by rank, then in source order
  std::string_view separator = " ";  // of children on one line that do not join
  std::vector<LayoutNode> children;
  std::string tail;

  // Comments, filled by attach_comments.
  struct Gap {
    std::optional<std::string> trailing;
    std::vector<std::string> own;
  };
  bool blank_before = false;
  std::vector<Remark> leading;
  std::optional<std::string> head_trailing;  // behind the `{`
  std::map<std::size_t, Gap> gaps;           // by the atom they precede
  std::vector<Remark> last;                  // before the `}`
  std::optional<std::string> trailing;
};

// Gives every comment of the file its place. `file` is a block without a head.
void attach_comments(LayoutNode& file, std::string_view source,
                     const std::vector<Comment>& comments);

// The whole file as text, ending with a newline unless it is empty.
[[nodiscard]] std::string print_layout(const LayoutNode& file);

}  // namespace weir::dsl
