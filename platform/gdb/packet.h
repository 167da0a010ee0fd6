// Packets of GDB's remote serial protocol. Source: GDB manual, appendix E.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kilburn::gdb {

/// What a stream of bytes from GDB holds next.
struct Incoming {
  enum class Kind : std::uint8_t {
    packet,     ///< `data`, escapes resolved
    interrupt,  ///< Ctrl-C: byte 0x03 between packets
    damaged,    ///< a packet whose checksum is wrong: to be asked for again
    resend,     ///< GDB asks for the last reply again
  };
  Kind kind = Kind::packet;
  std::string data;
};

/// Takes a stream apart. Bytes between packets that mean nothing (acknowledgements, noise) are
/// dropped; a packet longer than `most` is damaged.
class PacketReader {
 public:
  static constexpr std::size_t most = 1 << 16;

  void feed(std::string_view bytes) { pending_ += bytes; }
  /// Nothing: more bytes are needed.
  [[nodiscard]] std::optional<Incoming> next();

 private:
  std::string pending_;
};

/// "$data#cs", with `}`, `$`, `#` and `*` escaped.
[[nodiscard]] std::string framed(std::string_view data);

[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);
/// Nothing unless it is an even number of hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);
/// Reads a hexadecimal number off the front of `text`; nothing where there is none, or it has more
/// than 64 bits.
[[nodiscard]] std::optional<std::uint64_t> take_number(std::string_view& text);
/// Drops `prefix` from the front of `text`; false where it does not stand there.
[[nodiscard]] bool take_prefix(std::string_view& text, std::string_view prefix);

}  // namespace kilburn::gdb
