#include "platform/process/standard_streams.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <stdio_ext.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include "platform/process/exit_status.h"

namespace kilburn::platform {

namespace {

/// Opens `path` where `descriptor` is closed: the lowest free one is taken.
void fill(int descriptor, const char* path, int flags) {
  if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) return;
  const int opened = open(path, flags);  // stays open, as the stream that it stands for
  if (opened >= 0 && opened != descriptor) {
    dup2(opened, descriptor);
    close(opened);
  }
}

/// Writes unbuffered, as stderr does; what cannot be written counts as written.
ssize_t write_to_standard_error(void* /*cookie*/, const char* bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    const ssize_t written = write(STDERR_FILENO, bytes + done, count - done);
    if (written < 0 && errno != EINTR) break;
    if (written > 0) done += static_cast<size_t>(written);
  }
  return static_cast<ssize_t>(count);
}

/// Of a pipe.
bool has_no_reader(int descriptor) {
  pollfd state{descriptor, POLLOUT, 0};
  return poll(&state, 1, 0) > 0 && (state.revents & POLLERR) != 0;
}

/// `reason`: of errno, 0 where it is not known.
int lose_standard_output(int reason) {
  if (has_no_reader(STDOUT_FILENO)) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  // The stream forgets the reason of what it has lost; one more byte is told it again.
  if (reason == 0 && write(STDOUT_FILENO, "\n", 1) < 0) reason = errno;
  fmt::print(stderr, "kilburn: standard output: cannot be written{}{}\n", reason == 0 ? "" : ": ",
             reason == 0 ? "" : std::generic_category().message(reason));
  __fpurge(stdout);  // so that it is told once
  clearerr(stdout);
  return exit_status::bad_input;
}

}  // namespace

void prepare_standard_streams() {
  fill(STDIN_FILENO, "/dev/null", O_WRONLY);
  fill(STDOUT_FILENO, "/", O_RDONLY | O_DIRECTORY);
  fill(STDERR_FILENO, "/", O_RDONLY | O_DIRECTORY);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  cookie_io_functions_t functions{};
  functions.write = write_to_standard_error;
  if (std::FILE* stream = fopencookie(nullptr, "w", functions); stream != nullptr) {
    std::setvbuf(stream, nullptr, _IONBF, 0);
    stderr = stream;
  }
}

int finish_standard_output(int status) {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  return failed ? lose_standard_output(errno) : status;
}

int standard_output_failure(const std::exception& error) {
  if (!standard_output_has_failed()) return 0;
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  return lose_standard_output(system != nullptr ? system->code().value() : 0);
}

bool standard_output_has_failed() {
  return std::ferror(stdout) != 0;
}

}  // namespace kilburn::platform
