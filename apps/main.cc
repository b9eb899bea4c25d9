// The `weir` binary: all that it does is in command_line.cc and the commands.
#include <csignal>

#include "apps/command_line.h"

#ifndef WEIR_VERSION
#define WEIR_VERSION "unknown"
#endif

int main(int argc, char** argv) {
  // A reader that goes away is an error of the write, told as one, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  return weir::apps::weir_main({argv + 1, argv + argc}, WEIR_VERSION);
}
