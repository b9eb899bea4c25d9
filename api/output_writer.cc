#include "api/output_writer.h"

#include <filesystem>
#include <system_error>

namespace weir::api {
namespace {

std::string partial_name(const std::string& path) { return path + ".partial"; }

// Where a symbolic link leads: the link stays, and what it names is replaced.
std::string resolved(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const std::filesystem::path target = std::filesystem::weakly_canonical(path, error);
  return error ? path : target.string();
}

// /dev/stdout may lead to a regular file, whose neighbours nobody may write.
bool is_written_in_place(base::FileEnv& files, const std::string& path) {
  return path == "-" || path.starts_with("/dev/") || path.starts_with("/proc/") ||
         files.is_special_file(path);
}

}  // namespace

base::Result<OutputWriter> OutputWriter::open(base::FileEnv& files, const std::string& path) {
  OutputWriter writer;
  if (path.empty()) return writer;
  if (files.is_directory(path)) {
    return base::fail(base::ErrorCode::kInvalidArgument,
                      "cannot write " + path + ": it is a directory");
  }
  writer.files_ = &files;
  const bool in_place = is_written_in_place(files, path);
  writer.path_ = in_place ? path : resolved(path);
  auto file = files.open_output(in_place ? path : partial_name(writer.path_));
  if (!file) return std::unexpected(file.error());
  writer.file_ = std::move(*file);
  writer.partial_ = !in_place;
  writer.buffer_.reserve(kBlockBytes + kBlockBytes / 4);
  return writer;
}

OutputWriter::~OutputWriter() {
  if (!file_ || !partial_) return;
  file_.reset();
  (void)files_->remove(partial_name(path_));
}

void OutputWriter::write_out() {
  if (file_ && !error_) {
    if (auto done = file_->write(buffer_); !done) error_ = done.error();
  }
  buffer_.clear();
}

base::Result<void> OutputWriter::close() {
  if (!file_) return {};
  if (!buffer_.empty()) write_out();
  if (error_) return std::unexpected(*error_);
  return file_->close();
}

base::Result<void> OutputWriter::publish() {
  if (!partial_) return {};
  if (auto named = files_->rename(partial_name(path_), path_); !named) return named;
  partial_ = false;
  return {};
}

}  // namespace weir::api
