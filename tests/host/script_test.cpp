// Scripts of the console: their format, and what they do to a guest that the test plays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "common/error.h"
#include "platform/host/script_console.h"
#include "process.h"

namespace kilburn::host {
namespace {

using platform::Folder;
using platform::Outcome;
using testing::HasSubstr;

std::string error_of(const std::string& text) {
  try {
    (void)parse_script(text, "a.script");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

/// A guest at a script's console, and a clock.
struct Guest {
  explicit Guest(const std::string& script)
      : console(
            parse_script(script, "a.script"), [this] { return seconds; }, true) {}
  void prints(std::string_view text) {
    for (const char letter : text) console.put(static_cast<std::uint8_t>(letter));
  }
  std::string reads() {
    std::string text;
    while (const auto byte = console.get()) text += static_cast<char>(*byte);
    return text;
  }
  double seconds = 0;
  ScriptConsole console;
};

TEST(Script, AnUnknownWordNamesFileLineAndWhatIsAllowed) {
  EXPECT_EQ(error_of("# first\n\nexpekt login:\n"),
            "a.script:3: expekt: allowed are expect, send, timeout, end and # for a comment");
}

TEST(Script, EveryWrongLineIsToldAtOnce) {
  EXPECT_EQ(error_of("expect\ntimeout soon\nend now\n"),
            "a.script:1: expect: give the text to wait for\n"
            "a.script:2: timeout soon: allowed is a number above 0 up to 1e9 (seconds of "
            "simulated time)\n"
            "a.script:3: end now: allowed is end alone");
}

TEST(Script, ATimeoutIsANumberAboveZero) {
  for (const char* wrong : {"timeout", "timeout 0", "timeout -1", "timeout 3s", "timeout nan",
                            "timeout inf", "timeout 1e10"}) {
    EXPECT_THAT(error_of(wrong), HasSubstr("allowed is a number above 0")) << wrong;
  }
  EXPECT_EQ(error_of("timeout 0.25"), "no error");
}

TEST(Script, NothingFollowsEnd) {
  EXPECT_EQ(error_of("end\nsend x\n"), "a.script:2: after end nothing can follow");
}

TEST(Script, AScriptOfCommentsHasNothingToPlay) {
  EXPECT_EQ(error_of("# nothing\n   \n"), "a.script: has no line to play");
}

TEST(Script, BlanksInTheTextCountAndThoseAtTheEndDoNot) {
  const Script script = parse_script("  send  a  b \t\r\nsend", "a.script");
  ASSERT_EQ(script.lines.size(), 2U);
  EXPECT_EQ(script.lines[0].text, " a  b");
  EXPECT_EQ(script.lines[0].number, 1U);
  EXPECT_EQ(script.lines[1].text, "");
}

TEST(ScriptConsole, NothingIsTypedBeforeItsTextHasCome) {
  Guest guest("expect login:\nsend root\nexpect #\nsend ls\n");
  EXPECT_EQ(guest.reads(), "");
  guest.prints("log");
  EXPECT_EQ(guest.reads(), "");
  guest.prints("in: ");
  EXPECT_EQ(guest.reads(), "root\n");
  guest.prints("#");
  EXPECT_EQ(guest.reads(), "ls\n");
  EXPECT_TRUE(guest.console.played());
  EXPECT_TRUE(guest.console.ended());
  EXPECT_FALSE(guest.console.at_end());
}

TEST(ScriptConsole, OneTextSatisfiesOneExpect) {
  Guest guest("expect aa\nexpect aa\nsend x\n");
  guest.prints("aaa");  // the second begins after the first
  EXPECT_EQ(guest.reads(), "");
  guest.prints("a");
  EXPECT_EQ(guest.reads(), "x\n");
}

TEST(ScriptConsole, TextThatBeginsTwiceIsFound) {
  Guest guest("expect aab\nsend x\n");
  guest.prints("aaab");
  EXPECT_EQ(guest.reads(), "x\n");
}

TEST(ScriptConsole, SeveralTextsMayComeAtOnce) {
  Guest guest("expect one\nsend 1\nexpect two\nsend 2\n");
  guest.prints("one two");
  EXPECT_EQ(guest.reads(), "1\n2\n");
}

TEST(ScriptConsole, TextIsNotFoundAcrossLines) {
  Guest guest("expect ab\nsend x\n");
  guest.prints("a\nb");
  EXPECT_EQ(guest.reads(), "");
}

TEST(ScriptConsole, CarriageReturnsAndControlSequencesDoNotCount) {
  Guest guest("expect ~ #\nsend x\n");
  guest.prints("\x1B[1;32m~\x1B[0m\r \x1B[6n#");
  EXPECT_EQ(guest.reads(), "x\n");
}

TEST(ScriptConsole, WhatIsShownIsWithoutControlSequences) {
  ScriptConsole console(parse_script("end", "a.script"), [] { return 0.0; });
  testing::internal::CaptureStdout();
  for (const char letter : std::string_view("a\x1B[6nb\r\n")) {
    console.put(static_cast<std::uint8_t>(letter));
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "ab\n");
}

TEST(ScriptConsole, EndEndsTheRun) {
  Guest guest("expect up\nend\n");
  EXPECT_FALSE(guest.console.at_end());
  guest.prints("up");
  EXPECT_TRUE(guest.console.at_end());
}

TEST(ScriptConsole, EachWaitHasItsOwnTimeout) {
  Guest guest("timeout 2\nexpect a\ntimeout 5\nexpect b\n");
  guest.seconds = 2;
  EXPECT_FALSE(guest.console.timed_out());
  guest.prints("a");
  guest.seconds = 7;
  EXPECT_FALSE(guest.console.timed_out());
  guest.seconds = 7.01;
  EXPECT_TRUE(guest.console.timed_out());
}

TEST(ScriptConsole, AWaitLastsSixtySecondsWhereNothingIsSaid) {
  Guest guest("expect a\n");
  guest.seconds = 60;
  EXPECT_FALSE(guest.console.timed_out());
  guest.seconds = 60.1;
  EXPECT_TRUE(guest.console.timed_out());
}

TEST(ScriptConsole, AWaitInVainTellsItsLineAndTheLastOutput) {
  Guest guest("# login\nexpect login:\n");
  for (int i = 0; i < 100; ++i) guest.prints("line " + std::to_string(i) + "\r\n");
  guest.seconds = 61;
  const std::string text = guest.console.waits_for();
  EXPECT_THAT(text, HasSubstr("a.script:2: waits for \"login:\" for 61 s of simulated time"));
  EXPECT_THAT(text, HasSubstr("\n| line 98\n| line 99"));
  EXPECT_THAT(text, testing::Not(HasSubstr("line 50")));
}

TEST(ScriptConsole, TheGuestIsWaitedForAfterTheLastLine) {
  Guest guest("send poweroff\n");
  EXPECT_EQ(guest.reads(), "poweroff\n");
  guest.seconds = 61;
  EXPECT_TRUE(guest.console.timed_out());
  EXPECT_THAT(guest.console.waits_for(), HasSubstr("the guest was to end the run"));
}

// What is wrong with the user's files is told with status 2, before anything is fetched.
Outcome linux_of(const Folder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"linux", "--cache", folder / "cache"});
  Outcome outcome = platform::kilburn(arguments);
  EXPECT_FALSE(std::filesystem::exists(folder / "cache"));
  return outcome;
}

TEST(LinuxCommand, AScriptThatIsNotThereIsNamed) {
  const Folder folder;
  const Outcome outcome = linux_of(folder, {"--script", folder / "no.script"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no.script"));
}

TEST(LinuxCommand, AWrongScriptIsToldBeforeAnythingIsFetched) {
  const Folder folder;
  const std::string script = folder.write("wrong.script", "expect up\nshout hello\n");
  const Outcome outcome = linux_of(folder, {"--script", script});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("wrong.script:2: shout: allowed are"));
}

TEST(LinuxCommand, AWrongSettingIsToldBeforeAnythingIsFetched) {
  const Folder folder;
  const Outcome outcome = linux_of(folder, {"--set", "mmu.dtlb.entries=0"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("mmu.dtlb.entries = 0: allowed"));
}

TEST(LinuxCommand, ComparingNeedsAScript) {
  const Folder folder;
  const Outcome outcome = linux_of(folder, {"--compare"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--script"));
}

}  // namespace
}  // namespace kilburn::host
