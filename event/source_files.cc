#include "event/source_files.h"

namespace weir::event {

using base::Result;

Result<std::unique_ptr<base::InputFile>> SourceFiles::open(const std::string& path) {
  auto file = files_.open_input(path);
  if (file && stoppable_) (*file)->stop_waiting_on(&stop_);
  return file;
}

// A file that is not there is told before anything is read. Files stay open, since a pipe cannot
// be opened twice; of very many only the first do, and the total size is not known.
Result<void> SourceFiles::open_ahead() {
  auto paths = expand_globs(files_, paths_);
  if (!paths) return std::unexpected(paths.error());
  paths_ = std::move(*paths);
  bool sized = paths_.size() <= kMostOpen;
  for (const std::string& path : paths_) {
    if (open_.size() == kMostOpen) {
      if (files_.exists(path)) continue;
      return base::fail(base::ErrorCode::kNotFound, "cannot open " + path + ": it is not there");
    }
    auto file = open(path);
    if (!file) return std::unexpected(file.error());
    sized = sized && (*file)->size() > 0;
    progress_.bytes_total += (*file)->size();
    open_.push_back(std::move(*file));
  }
  if (!sized) progress_.bytes_total = 0;
  return {};
}

Result<bool> SourceFiles::open_next() {
  if (next_ == paths_.size()) return false;
  const std::string& path = paths_[next_];
  std::unique_ptr<base::InputFile> file;
  if (next_ < open_.size()) {
    file = std::move(open_[next_]);
  } else {
    auto opened = open(path);
    if (!opened) return std::unexpected(opened.error());
    file = std::move(*opened);
  }
  auto bytes = make_byte_source(std::move(file), path);
  if (!bytes) return std::unexpected(bytes.error());
  bytes_ = std::move(*bytes);
  ++next_;
  return true;
}

InputFormat SourceFiles::format() const {
  return format_ == InputFormat::kByName ? format_of_name(paths_[next_ - 1]) : format_;
}

char SourceFiles::delimiter(char otherwise) const {
  return delimiter_of_name(paths_[next_ - 1]) == '\t' ? '\t' : otherwise;
}

void SourceFiles::close() {
  progress_.bytes_read += bytes_->file_bytes_read();
  bytes_.reset();
}

void SourceFiles::abandon() {
  bytes_.reset();
  next_ = paths_.size();
}

SourceProgress SourceFiles::progress() const {
  SourceProgress now = progress_;
  if (bytes_) now.bytes_read += bytes_->file_bytes_read();
  return now;
}

}  // namespace weir::event
