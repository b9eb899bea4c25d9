// `--sink NAME=TARGET` and `--sinks FILE` of `weir run`: where alerts of rules with `send` go. Used
// by run_command.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <weir/alert_sink.h>
#include <weir/run.h>

namespace weir::apps {

class SinkOptions {
 public:
  void add_to(CLI::App& app);
  // Reads the file, makes the webhooks, and names all of them in `run`; what is wrong, or empty.
  // `this` must outlive the run.
  [[nodiscard]] std::string complete(RunOptions& run);
  // What webhooks did, a line each; empty if there is none.
  [[nodiscard]] std::string text() const;

 private:
  struct Webhook {
    std::string name;
    std::string dead_letters_path;
    std::unique_ptr<WebhookSink> sink;
  };

  [[nodiscard]] std::string add_target(const std::string& name, const std::string& target,
                                       RunOptions& run);
  [[nodiscard]] std::string add_file(const std::string& path, RunOptions& run);
  [[nodiscard]] std::string add_webhook(WebhookOptions options, RunOptions& run);

  std::vector<std::string> targets_;
  std::string file_;
  std::vector<Webhook> webhooks_;
};

}  // namespace weir::apps
