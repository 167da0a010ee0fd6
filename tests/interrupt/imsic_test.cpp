// An IMSIC's files and the lines that they drive.
#include "interrupt/imsic.h"

#include <gtest/gtest.h>

#include "recorded_lines.h"

namespace kilburn::interrupt::testing {
namespace {

using interrupt_file::guest;
using interrupt_file::machine;
using interrupt_file::supervisor;

void open(Imsic& imsic, unsigned file) {
  imsic.write(file, IMSIC_EIDELIVERY, 1);
  imsic.write(file, IMSIC_EIE, ~std::uint64_t{0});
}

unsigned line_of(unsigned file) {
  if (file == machine) return hart_line::machine_external;
  return file == supervisor ? hart_line::supervisor_external
                            : hart_line::guest_external + file - supervisor;
}

TEST(Imsic, EachFileDrivesItsOwnLine) {
  for (const unsigned file : {machine, supervisor, guest(1), guest(3)}) {
    RecordedLines lines;
    Imsic imsic(lines, 3);
    for (const unsigned each : {machine, supervisor, guest(1), guest(2), guest(3)}) {
      open(imsic, each);
    }
    imsic.message(file, 17);
    for (const unsigned each : {machine, supervisor, guest(1), guest(2), guest(3)}) {
      EXPECT_EQ(lines[line_of(each)], each == file) << each;
      EXPECT_EQ(imsic.priority(each), each == file ? 17u : 0u);
    }
    imsic.claim(file);
    EXPECT_FALSE(lines[line_of(file)]);
  }
}

TEST(Imsic, HasTheFilesOfTheTwoLevelsAndOfItsGuests) {
  RecordedLines lines;
  const Imsic without(lines, 0);
  EXPECT_TRUE(without.has_file(machine) && without.has_file(supervisor));
  EXPECT_FALSE(without.has_file(guest(1)));
  const Imsic with(lines, 2);
  EXPECT_TRUE(with.has_file(guest(2)));
  EXPECT_FALSE(with.has_file(guest(3)));
}

TEST(Imsic, CountsMessagesAndClaims) {
  RecordedLines lines;
  Imsic imsic(lines, 0);
  open(imsic, supervisor);
  imsic.message(supervisor, 4);
  imsic.message(supervisor, 300);
  imsic.claim(supervisor);
  imsic.claim(supervisor);
  EXPECT_EQ(
      imsic.statistics(),
      (ImsicStatistics{.messages = 1, .ignored_messages = 1, .claims = 1, .empty_claims = 1}));
}

TEST(Imsic, ResetLowersItsLines) {
  RecordedLines lines;
  Imsic imsic(lines, 1);
  open(imsic, guest(1));
  imsic.message(guest(1), 1);
  EXPECT_TRUE(lines[hart_line::guest_external + 1]);
  imsic.reset();
  EXPECT_FALSE(lines[hart_line::guest_external + 1]);
  EXPECT_EQ(imsic.read(guest(1), IMSIC_EIE), 0u);
}

}  // namespace
}  // namespace kilburn::interrupt::testing
