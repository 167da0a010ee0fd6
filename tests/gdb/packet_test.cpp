// Packets of the remote serial protocol: what a stream holds, and how a reply is framed.
#include "platform/gdb/packet.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

namespace kilburn::gdb {
namespace {

using Kind = Incoming::Kind;

/// Everything in `stream`, fed in pieces of `piece` bytes.
std::vector<Incoming> read(std::string_view stream, std::size_t piece) {
  PacketReader reader;
  std::vector<Incoming> all;
  for (std::size_t i = 0; i < stream.size(); i += piece) {
    reader.feed(stream.substr(i, piece));
    while (auto incoming = reader.next()) all.push_back(*incoming);
  }
  return all;
}

Incoming only(std::string_view stream) {
  const auto all = read(stream, stream.size());
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? Incoming{Kind::damaged, {}} : all.front();
}

TEST(GdbPacket, AStreamIsTheSameInPiecesOfAnySize) {
  const std::string stream = std::string("+$g#67") + '\x03' + "noise$m1000,4#8e-+$OK#9a";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    const auto all = read(stream, piece);
    ASSERT_EQ(all.size(), 5u) << piece;
    EXPECT_EQ(all[0].data, "g");
    EXPECT_EQ(all[1].kind, Kind::interrupt);
    EXPECT_EQ(all[2].data, "m1000,4");
    EXPECT_EQ(all[3].kind, Kind::resend);
    EXPECT_EQ(all[4].data, "OK");
  }
}

TEST(GdbPacket, AWrongChecksumIsDamage) {
  for (const char* stream : {"$g#68", "$g#6z", "$g#zz", "$\x01#1z", "$g#-1"}) {
    EXPECT_EQ(only(stream).kind, Kind::damaged) << stream;
  }
  EXPECT_EQ(only("$g#67").kind, Kind::packet);
  EXPECT_EQ(only("$#00").kind, Kind::packet);
}

TEST(GdbPacket, EscapesAreResolvedAfterTheChecksum) {
  // The manual's example: 0x7d is sent as 0x7d 0x5d. '#' is 0x23, so 0x03 behind the escape.
  const std::string data = std::string("X0,2:}]}") + '\x03';
  unsigned sum = 0;
  for (const char c : data) sum += static_cast<unsigned char>(c);
  char digits[3];
  std::snprintf(digits, sizeof digits, "%02x", sum & 0xFF);
  const Incoming incoming = only("$" + data + "#" + digits);
  EXPECT_EQ(incoming.kind, Kind::packet);
  EXPECT_EQ(incoming.data, "X0,2:}#");
}

TEST(GdbPacket, CtrlCInsideAPacketIsData) {
  const auto all = read(std::string("$X0,1:\x03#22", 10), 100);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, Kind::packet);
  EXPECT_EQ(all[0].data.back(), '\x03');
}

TEST(GdbPacket, APacketOfTheGreatestSizeIsReadAndALongerOneIsDamage) {
  const std::string most(PacketReader::most, 'a');  // 2^16 times 0x61: the sum's low byte is 0
  EXPECT_EQ(only("$" + most + "#00").data, most);
  const auto all = read("$" + most + "a" + "#61$g#67", 4096);
  ASSERT_GE(all.size(), 2u);
  EXPECT_EQ(all.front().kind, Kind::damaged);
  EXPECT_EQ(all.back().data, "g");
}

TEST(GdbPacket, APacketWithoutEndIsDroppedWhenItIsTooLong) {
  PacketReader reader;
  reader.feed("$" + std::string(PacketReader::most + 3, 'a'));
  const auto incoming = reader.next();
  ASSERT_TRUE(incoming);
  EXPECT_EQ(incoming->kind, Kind::damaged);
  reader.feed("$g#67");
  EXPECT_EQ(reader.next()->data, "g");
}

TEST(GdbPacket, RepliesAreFramedAsTheManualSays) {
  EXPECT_EQ(framed(""), "$#00");
  EXPECT_EQ(framed("OK"), "$OK#9a");
  EXPECT_EQ(framed("}"), "$}]#da");           // 0x7d + 0x5d = 0xda
  EXPECT_EQ(framed("*"), "$}\x0a#87");        // 0x7d + 0x0a
  EXPECT_EQ(framed("#$"), "$}\x03}\x04#01");  // 2 * 0x7d + 7 = 0x101
}

TEST(GdbPacket, WhatIsFramedIsReadBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(only(framed(all)).data, all);
}

TEST(GdbPacket, NumbersAreHexadecimalAndHaveAtMost64Bits) {
  std::string_view text = "fF,rest";
  EXPECT_EQ(take_number(text), 0xFFu);
  EXPECT_EQ(text, ",rest");
  for (std::string_view none : {"", "x", "-1", "10000000000000000", ",1"}) {
    EXPECT_FALSE(take_number(none)) << none;
  }
  EXPECT_EQ(from_hex("00fF"), std::string("\0\xFF", 2));
  for (const char* none : {"0", "0g", "g0", "-1", "0x"}) EXPECT_FALSE(from_hex(none)) << none;
}

}  // namespace
}  // namespace kilburn::gdb
