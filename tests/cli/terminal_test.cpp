// Software at a terminal: the way out is told at once, and works.
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "process.h"

namespace kilburn::platform {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The program on a terminal of its own.
class Terminal {
 public:
  explicit Terminal(Arguments arguments) {
    arguments.insert(arguments.begin(), kilburn_program());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    child_ = forkpty(&master_, nullptr, nullptr, nullptr);
    if (child_ != 0) return;
    execv(argv[0], argv.data());
    _exit(127);
  }
  ~Terminal() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(std::string_view keys) const {
    EXPECT_EQ(write(master_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  /// Reads until the screen shows `text`; false after a minute without a letter, or at the end.
  bool shows(std::string_view text) {
    constexpr int minute = 60'000;
    while (screen_.find(text) == std::string::npos) {
      pollfd poll_master{master_, POLLIN, 0};
      if (poll(&poll_master, 1, minute) <= 0) return false;
      char letters[4096];
      const ssize_t count = read(master_, letters, sizeof letters);
      if (count <= 0) return false;
      screen_.append(letters, static_cast<std::size_t>(count));
    }
    return true;
  }
  int status() {
    int status = 0;
    while (shows("\1")) {  // never: reads to the end
    }
    waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const std::string& screen() const { return screen_; }

 private:
  int master_ = -1;
  pid_t child_ = -1;
  std::string screen_;
};

TEST(SoftwareAtATerminal, SaysAtOnceHowToEndItAndCtrlAXEndsIt) {
  Terminal terminal({"run", "--elf", guest("pointer_chase_4k")});
  ASSERT_TRUE(terminal.shows("Ctrl-A x ends the run")) << terminal.screen();
  EXPECT_THAT(terminal.screen(), StartsWith("kilburn: ")) << "before anything of the guest's";
  terminal.type("\3");  // Ctrl-C is the guest's
  terminal.type("\1x");
  EXPECT_EQ(terminal.status(), 130) << terminal.screen();
  EXPECT_THAT(terminal.screen(), HasSubstr("interrupted"));
}

TEST(SoftwareAtATerminal, WithoutATerminalNothingIsSaidOfKeys) {
  const Outcome outcome = kilburn({"run", "--elf", guest("hello")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("Ctrl-A")));
}

}  // namespace
}  // namespace kilburn::platform
