// Commands to the realm management unit, and their statuses. Codes: sw/include/kilburn/rmu.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/types.h"
#include "rmu/ownership_entry.h"

namespace kilburn::rmu {

enum class CommandCode : std::uint8_t {
  create_realm = RMU_CMD_CREATE_REALM,
  destroy_realm = RMU_CMD_DESTROY_REALM,
  set_owner = RMU_CMD_SET_OWNER,
  share = RMU_CMD_SHARE,
  unshare = RMU_CMD_UNSHARE,
  scrub = RMU_CMD_SCRUB,
  fuse = RMU_CMD_FUSE,
  shatter = RMU_CMD_SHATTER,
  query = RMU_CMD_QUERY,
};

enum class Status : std::uint8_t {
  ok = RMU_STATUS_OK,
  misaligned = RMU_STATUS_MISALIGNED,          ///< target is not at a granule or group boundary
  bad_order = RMU_STATUS_BAD_ORDER,            ///< 0 for fuse, or above max_order
  out_of_range = RMU_STATUS_OUT_OF_RANGE,      ///< beyond the covered memory, or no such realm id
  owner_mismatch = RMU_STATUS_OWNER_MISMATCH,  ///< fuse: different owners
  state_mismatch =
      RMU_STATUS_STATE_MISMATCH,  ///< a state, sharing or realm that does not permit it
  not_contiguous = RMU_STATUS_NOT_CONTIGUOUS,  ///< fuse: mapped pages do not follow one another
  is_member = RMU_STATUS_IS_MEMBER,            ///< the target is part of a fused group
  not_fused = RMU_STATUS_NOT_FUSED,            ///< no group of that order there
  busy = RMU_STATUS_BUSY,                      ///< another command is running
  denied = RMU_STATUS_DENIED,                  ///< the issuer has no right to it
  timeout = RMU_STATUS_TIMEOUT,                ///< not every holder acknowledged; nothing changed
  memory_error = RMU_STATUS_MEMORY_ERROR,      ///< no memory at the entry or granule, or damaged
  bad_command = RMU_STATUS_BAD_COMMAND,
};

[[nodiscard]] constexpr std::string_view to_string(Status status) {
  constexpr std::array<std::string_view, RMU_STATUS_COUNT> names{"ok",
                                                                 "misaligned",
                                                                 "bad_order",
                                                                 "out_of_range",
                                                                 "owner_mismatch",
                                                                 "state_mismatch",
                                                                 "not_contiguous",
                                                                 "is_member",
                                                                 "not_fused",
                                                                 "busy",
                                                                 "denied",
                                                                 "timeout",
                                                                 "memory_error",
                                                                 "bad_command"};
  return names[static_cast<unsigned>(status)];
}

/// "other" stands for codes that are no command.
[[nodiscard]] constexpr std::string_view to_string(CommandCode code) {
  constexpr std::array<std::string_view, RMU_CMD_COUNT> names{
      "other",   "create_realm", "destroy_realm", "set_owner", "share",
      "unshare", "scrub",        "fuse",          "shatter",   "query"};
  const auto index = static_cast<unsigned>(code);
  return names[index < RMU_CMD_COUNT ? index : 0];
}

/// Who issues a command. Machine mode and realm 0 manage memory; neither overrides an owner.
struct Issuer {
  std::uint16_t realm = 0;
  bool machine = false;
};

struct Command {
  CommandCode code = CommandCode::query;
  Address target = 0;          ///< physical address
  unsigned order = 0;          ///< 0: the single granule at `target`; else the group headed there
  std::uint32_t realm = 0;     ///< realm to create, to destroy, or to become the owner
  PageNumber mapped = 0;       ///< set_owner: page that the first frame is translated from
  bool mapped_any = true;      ///< set_owner: translated from anywhere
  State state = State::valid;  ///< set_owner: valid or rmu_private
  bool data_only = false;      ///< set_owner: it will hold no page tables
  Sharing sharing = Sharing::exclusive;  ///< share: the sharing wanted
  Issuer issuer{};
};

struct CommandResult {
  Status status = Status::ok;
  Cycles cycles = 0;
  Entry entry{};     ///< query: what governs the target, `mapped` being the target's own
  Address head = 0;  ///< query: physical address of the group's head, or of the target
  std::vector<std::string> missing;  ///< timeout: the holders that did not acknowledge
};

}  // namespace kilburn::rmu
