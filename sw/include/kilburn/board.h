/* The board's memory map and interrupt numbers: those of QEMU's `virt` machine, and beside them
 * what only Kilburn has. Included by the platform and by the software that runs on it. */
#ifndef KILBURN_BOARD_H
#define KILBURN_BOARD_H

#define BOARD_ROM 0x00001000UL /* reset vector: jumps to DRAM with a0 = hart, a1 = device tree */
#define BOARD_ROM_BYTES 0x0000F000UL
#define BOARD_FINISHER 0x00100000UL
#define BOARD_FINISHER_BYTES 0x1000UL
#define BOARD_RTC 0x00101000UL
#define BOARD_RTC_BYTES 0x1000UL
#define BOARD_ACLINT 0x02000000UL /* MSWI at 0, MTIMER at 0x4000 */
#define BOARD_ACLINT_BYTES 0x10000UL
#define BOARD_PLIC 0x0C000000UL
#define BOARD_PLIC_BYTES 0x600000UL
/* In the PLIC's place with board.aia = aplic or aplic_imsic, and the second alone has an IMSIC. */
#define BOARD_APLIC_M 0x0C000000UL /* domain of machine mode, the root */
#define BOARD_APLIC_S 0x0D000000UL /* domain of supervisor mode, its child */
#define BOARD_APLIC_BYTES 0x8000UL /* of each */
#define BOARD_IMSIC_M 0x24000000UL /* a page of each hart */
#define BOARD_IMSIC_S                                                         \
  0x28000000UL /* a page of each hart, and behind it those of its guest files \
                */
#define BOARD_UART 0x10000000UL
#define BOARD_UART_BYTES 0x100UL
#define BOARD_RMU 0x10200000UL /* Kilburn's own: realm management unit */
#define BOARD_RMU_BYTES 0x1000UL
#define BOARD_PCIE_PORTS 0x03000000UL /* PCIe I/O space, which no function here uses */
#define BOARD_PCIE_PORTS_BYTES 0x10000UL
#define BOARD_IOMMU 0x03010000UL /* only where the board has one */
#define BOARD_IOMMU_BYTES 0x1000UL
#define BOARD_ECAM 0x30000000UL /* PCIe configuration space */
#define BOARD_ECAM_BYTES 0x10000000UL
#define BOARD_PCIE_MEMORY 0x40000000UL /* PCIe memory space of 32 bits */
#define BOARD_PCIE_MEMORY_BYTES 0x40000000UL
/* Of 64 bits: at the first multiple of its size above memory and what lies behind it. */
#define BOARD_PCIE_MEMORY64_BYTES 0x400000000UL
#define BOARD_DRAM 0x80000000UL

/* Sources of the PLIC, and of the APLIC. */
#define BOARD_IRQ_UART 10
#define BOARD_IRQ_RTC 11
#define BOARD_IRQ_PCIE 32      /* INTA; 33 to 35: INTB to INTD */
#define BOARD_IRQ_IOMMU 36     /* of vector 0; to 39 of vector 3 */
#define BOARD_PLIC_SOURCES 95  /* numbers 1 to 95 */
#define BOARD_APLIC_SOURCES 96 /* numbers 1 to 96 */

#define BOARD_TIMEBASE_HZ 10000000UL /* of mtime */

#endif
