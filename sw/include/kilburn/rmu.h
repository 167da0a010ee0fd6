/* Realm management unit: registers, commands, statuses and the ownership entry.
 * Included by the model and by the software that runs on it; docs/rmu.md tells how to use it. */
#ifndef KILBURN_RMU_H
#define KILBURN_RMU_H

/* Registers: byte offsets, 64 bits each, little-endian. A half may be accessed by 32 bits. */
enum {
  RMU_COMMAND = 0x00,       /* RMU_CMD_*; writing the low half starts the command */
  RMU_TARGET = 0x08,        /* physical address of the granule or group */
  RMU_ORDER = 0x10,         /* log2 of the group's granules; 0: a single granule */
  RMU_OWNER = 0x18,         /* realm to create, to destroy or to become the owner */
  RMU_MAPPED = 0x20,        /* mapped page, laid out as word 1 of an entry */
  RMU_ATTRIBUTES = 0x28,    /* state, sharing, data only, laid out as in word 0 of an entry */
  RMU_STATUS = 0x30,        /* read only: RMU_STATUS_*, RMU_RUNNING while a command runs */
  RMU_RESULT = 0x38,        /* read only: query: word 0 of the entry that governs the target */
  RMU_RESULT_MAPPED = 0x40, /* read only: query: word 1, for the target itself */
  RMU_RESULT_HEAD = 0x48,   /* read only: query: physical address of the group's head */
  RMU_CYCLES = 0x50,        /* read only: cycles that the last command took */
  RMU_REGISTER_BYTES = 0x58
};

/* In RMU_STATUS. Operands may be written again, and a command started, once it reads 0. */
enum { RMU_RUNNING = 0x100 };

/* Commands. */
enum {
  RMU_CMD_CREATE_REALM = 1,  /* OWNER */
  RMU_CMD_DESTROY_REALM = 2, /* OWNER */
  RMU_CMD_SET_OWNER = 3,     /* TARGET, ORDER, OWNER, MAPPED, ATTRIBUTES: state, data only */
  RMU_CMD_SHARE = 4,         /* TARGET, ORDER, ATTRIBUTES.sharing */
  RMU_CMD_UNSHARE = 5,       /* TARGET, ORDER */
  RMU_CMD_SCRUB = 6,         /* TARGET, ORDER */
  RMU_CMD_FUSE = 7,          /* TARGET (of the head), ORDER */
  RMU_CMD_SHATTER = 8,       /* TARGET (any granule of the group) */
  RMU_CMD_QUERY = 9,         /* TARGET */
  RMU_CMD_COUNT = 10
};

/* Statuses. */
enum {
  RMU_STATUS_OK = 0,
  RMU_STATUS_MISALIGNED = 1,
  RMU_STATUS_BAD_ORDER = 2,
  RMU_STATUS_OUT_OF_RANGE = 3,
  RMU_STATUS_OWNER_MISMATCH = 4,
  RMU_STATUS_STATE_MISMATCH = 5,
  RMU_STATUS_NOT_CONTIGUOUS = 6,
  RMU_STATUS_IS_MEMBER = 7,
  RMU_STATUS_NOT_FUSED = 8,
  RMU_STATUS_BUSY = 9,
  RMU_STATUS_DENIED = 10,
  RMU_STATUS_TIMEOUT = 11,      /* a holder of translations did not acknowledge; nothing changed */
  RMU_STATUS_MEMORY_ERROR = 12, /* no memory at the entry or at the granule */
  RMU_STATUS_BAD_COMMAND = 13,
  RMU_STATUS_COUNT = 14
};

/* Ownership entry: 16 bytes, four to a 64-byte line. All zero: state invalid, nobody's.
 * Word 0: who may do what. */
enum {
  RMU_ENTRY_STATE_SHIFT = 0, /* 3 bits: RMU_STATE_* */
  RMU_ENTRY_STATE_MASK = 0x7,
  RMU_ENTRY_SHARING_SHIFT = 3, /* 2 bits: RMU_SHARING_* */
  RMU_ENTRY_SHARING_MASK = 0x3,
  RMU_ENTRY_BUSY_SHIFT = 5,   /* a command is changing this entry */
  RMU_ENTRY_MEMBER_SHIFT = 6, /* query only: the target is in a group and not its head */
  RMU_ENTRY_DATA_SHIFT = 7,   /* data only: the walker may not read page tables there */
  RMU_ENTRY_ORDER_SHIFT = 8,  /* 6 bits: head of 2^order granules */
  RMU_ENTRY_ORDER_MASK = 0x3F,
  RMU_ENTRY_OWNER_SHIFT = 16, /* 16 bits: owner realm */
  RMU_ENTRY_OWNER_MASK = 0xFFFF
};
/* Word 1: the 4 KiB page that the first frame of the granule is translated from. */
enum {
  RMU_ENTRY_MAPPED_BITS = 52,   /* bits 51..0 */
  RMU_ENTRY_MAPPED_ANY_BIT = 63 /* translated from anywhere: no reverse-mapping check */
};
enum { RMU_ENTRY_BYTES = 16 };

enum {
  RMU_STATE_INVALID = 0, /* nobody's */
  RMU_STATE_CLEAN = 1,   /* nobody's, zeroed, to be given to an owner */
  RMU_STATE_VALID = 2,   /* its owner's */
  RMU_STATE_PRIVATE = 3, /* an owner's, kept by the RMU: no software access */
  RMU_STATE_SCRUB = 4,   /* being zeroed: no access */
  RMU_STATE_COUNT = 5
};
enum {
  RMU_SHARING_EXCLUSIVE = 0,
  RMU_SHARING_READ_ONLY = 1, /* other realms fetch and load */
  RMU_SHARING_SHARED = 2,    /* other realms store, too */
  RMU_SHARING_COUNT = 3
};

#endif
