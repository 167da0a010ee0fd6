/* RISC-V IOMMU: registers, commands, records and in-memory tables. Included by the model and by the
 * software that runs on it. Registers are accessed by 4 or 8 bytes, naturally aligned.
 * Source: RISC-V IOMMU Architecture Specification 1.0.0, chapters 2, 3 and 5. */
#ifndef KILBURN_IOMMU_H
#define KILBURN_IOMMU_H

#define IOMMU_REGISTER_BYTES 0x1000

/* Registers (chapter 5.2). */
#define IOMMU_CAPABILITIES 0x000 /* 64 bits, read only */
#define IOMMU_FCTL 0x008
#define IOMMU_DDTP 0x010 /* 64 bits */
#define IOMMU_CQB 0x018  /* 64 bits */
#define IOMMU_CQH 0x020  /* read only */
#define IOMMU_CQT 0x024
#define IOMMU_FQB 0x028 /* 64 bits */
#define IOMMU_FQH 0x030
#define IOMMU_FQT 0x034 /* read only */
#define IOMMU_PQB 0x038 /* 64 bits */
#define IOMMU_PQH 0x040
#define IOMMU_PQT 0x044 /* read only */
#define IOMMU_CQCSR 0x048
#define IOMMU_FQCSR 0x04C
#define IOMMU_PQCSR 0x050
#define IOMMU_IPSR 0x054        /* write one to clear */
#define IOMMU_TR_REQ_IOVA 0x258 /* 64 bits */
#define IOMMU_TR_REQ_CTL 0x260  /* 64 bits */
#define IOMMU_TR_RESPONSE 0x268 /* 64 bits, read only */
#define IOMMU_ICVEC 0x2F8       /* 64 bits */
#define IOMMU_MSI_CFG_TBL 0x300 /* IOMMU_VECTORS entries of 16 bytes */

/* capabilities */
#define IOMMU_CAP_VERSION_MASK 0xFFULL
#define IOMMU_CAP_VERSION_1_0 0x10ULL
#define IOMMU_CAP_SV39 (1ULL << 9)
#define IOMMU_CAP_SV48 (1ULL << 10)
#define IOMMU_CAP_SV57 (1ULL << 11)
#define IOMMU_CAP_SVPBMT (1ULL << 15)
#define IOMMU_CAP_SV39X4 (1ULL << 17)
#define IOMMU_CAP_SV48X4 (1ULL << 18)
#define IOMMU_CAP_SV57X4 (1ULL << 19)
#define IOMMU_CAP_AMO_MRIF (1ULL << 21)
#define IOMMU_CAP_MSI_FLAT (1ULL << 22)
#define IOMMU_CAP_MSI_MRIF (1ULL << 23)
#define IOMMU_CAP_AMO_HWAD (1ULL << 24)
#define IOMMU_CAP_ATS (1ULL << 25)
#define IOMMU_CAP_T2GPA (1ULL << 26)
#define IOMMU_CAP_IGS_SHIFT 28 /* two bits: how it interrupts */
#define IOMMU_CAP_IGS_MSI 0ULL
#define IOMMU_CAP_IGS_WSI 1ULL
#define IOMMU_CAP_IGS_BOTH 2ULL
#define IOMMU_CAP_HPM (1ULL << 30)
#define IOMMU_CAP_DBG (1ULL << 31)
#define IOMMU_CAP_PAS_SHIFT 32 /* six bits: width of a physical address */
#define IOMMU_CAP_PD8 (1ULL << 38)
#define IOMMU_CAP_PD17 (1ULL << 39)
#define IOMMU_CAP_PD20 (1ULL << 40)

/* fctl */
#define IOMMU_FCTL_WSI 0x2 /* interrupts by wire; 0: by message */

/* A 44-bit page number at bit 10, in ddtp, the queues' bases, table entries and tr_response. */
#define IOMMU_PPN_SHIFT 10
#define IOMMU_PPN_BITS 44

/* ddtp */
#define IOMMU_DDTP_MODE_MASK 0xFULL
#define IOMMU_DDTP_OFF 0
#define IOMMU_DDTP_BARE 1
#define IOMMU_DDTP_1LVL 2
#define IOMMU_DDTP_2LVL 3
#define IOMMU_DDTP_3LVL 4
#define IOMMU_DDTP_BUSY 0x10ULL

/* cqb, fqb, pqb: log2 of the entries, less one */
#define IOMMU_QUEUE_SIZE_MASK 0x1FULL

/* cqcsr, fqcsr, pqcsr */
#define IOMMU_QUEUE_ENABLE 0x1
#define IOMMU_QUEUE_INTERRUPT 0x2
#define IOMMU_QUEUE_FAULT 0x100    /* memory fault; write one to clear, as all errors */
#define IOMMU_QUEUE_OVERFLOW 0x200 /* fqcsr, pqcsr */
#define IOMMU_CQCSR_TIMEOUT 0x200
#define IOMMU_CQCSR_ILLEGAL 0x400
#define IOMMU_CQCSR_FENCE 0x800 /* an IOFENCE.C with WSI has completed */
#define IOMMU_QUEUE_ON 0x10000
#define IOMMU_QUEUE_BUSY 0x20000

/* ipsr: bit of a source; icvec: its vector at 4 times the bit */
#define IOMMU_INTERRUPT_COMMAND 0
#define IOMMU_INTERRUPT_FAULT 1
#define IOMMU_INTERRUPT_PERFORMANCE 2
#define IOMMU_INTERRUPT_PAGE 3
#define IOMMU_VECTORS 4 /* that icvec may name; each has a wire */
#define IOMMU_VECTORS_BITS 2
#define IOMMU_MSI_ENTRY_BYTES 16
#define IOMMU_MSI_ADDRESS 0
#define IOMMU_MSI_DATA 8
#define IOMMU_MSI_CONTROL 12
#define IOMMU_MSI_MASKED 0x1

/* tr_req_ctl, tr_response */
#define IOMMU_TR_REQ_GO 0x1ULL /* and busy */
#define IOMMU_TR_REQ_PRIVILEGED 0x2ULL
#define IOMMU_TR_REQ_EXECUTE 0x4ULL
#define IOMMU_TR_REQ_NO_WRITE 0x8ULL
#define IOMMU_TR_REQ_PID_SHIFT 12
#define IOMMU_TR_REQ_PV (1ULL << 32)
#define IOMMU_TR_REQ_DID_SHIFT 40
#define IOMMU_TR_RESPONSE_FAULT 0x1ULL
#define IOMMU_TR_RESPONSE_PBMT_SHIFT 7
#define IOMMU_TR_RESPONSE_SUPERPAGE 0x200ULL /* the page number's low bits say its size */

/* Commands (chapter 3.1): 16 bytes, two doublewords. */
#define IOMMU_COMMAND_BYTES 16
#define IOMMU_OPCODE_MASK 0x7FULL
#define IOMMU_FUNCTION_SHIFT 7 /* three bits */
#define IOMMU_OPCODE_IOTINVAL 1
#define IOMMU_IOTINVAL_VMA 0
#define IOMMU_IOTINVAL_GVMA 1
#define IOMMU_IOTINVAL_AV (1ULL << 10)
#define IOMMU_IOTINVAL_PSCID_SHIFT 12
#define IOMMU_IOTINVAL_PSCV (1ULL << 32)
#define IOMMU_IOTINVAL_GV (1ULL << 33)
#define IOMMU_IOTINVAL_GSCID_SHIFT 44
#define IOMMU_IOTINVAL_PAGE_SHIFT 10 /* second doubleword: address bits 63 to 12 */
#define IOMMU_OPCODE_IOFENCE 2
#define IOMMU_IOFENCE_C 0
#define IOMMU_IOFENCE_AV (1ULL << 10)
#define IOMMU_IOFENCE_WSI (1ULL << 11)
#define IOMMU_IOFENCE_PR (1ULL << 12)
#define IOMMU_IOFENCE_PW (1ULL << 13)
#define IOMMU_IOFENCE_DATA_SHIFT 32
/* second doubleword: address bits 63 to 2 at bit 0 */
#define IOMMU_OPCODE_IODIR 3
#define IOMMU_IODIR_INVAL_DDT 0
#define IOMMU_IODIR_INVAL_PDT 1
#define IOMMU_IODIR_PID_SHIFT 12
#define IOMMU_IODIR_DV (1ULL << 33)
#define IOMMU_IODIR_DID_SHIFT 40
#define IOMMU_OPCODE_ATS 4
#define IOMMU_ATS_INVAL 0
#define IOMMU_ATS_PRGR 1
#define IOMMU_ATS_PID_SHIFT 12
#define IOMMU_ATS_PV (1ULL << 32)
#define IOMMU_ATS_DSV (1ULL << 33)
#define IOMMU_ATS_RID_SHIFT 40
#define IOMMU_ATS_DSEG_SHIFT 56

/* Fault records (chapter 3.2): 32 bytes. */
#define IOMMU_FAULT_BYTES 32
#define IOMMU_FAULT_CAUSE_MASK 0xFFFULL
#define IOMMU_FAULT_PID_SHIFT 12
#define IOMMU_FAULT_PV (1ULL << 32)
#define IOMMU_FAULT_PRIV (1ULL << 33)
#define IOMMU_FAULT_TTYP_SHIFT 34
#define IOMMU_FAULT_TTYP_MASK 0x3FULL
#define IOMMU_FAULT_DID_SHIFT 40
#define IOMMU_FAULT_IOTVAL 16
#define IOMMU_FAULT_IOTVAL2 24

/* Page requests (chapter 3.3): 16 bytes. */
#define IOMMU_PAGE_REQUEST_BYTES 16
#define IOMMU_PAGE_REQUEST_PID_SHIFT 12
#define IOMMU_PAGE_REQUEST_PV (1ULL << 32)
#define IOMMU_PAGE_REQUEST_PRIV (1ULL << 33)
#define IOMMU_PAGE_REQUEST_EXEC (1ULL << 34)
#define IOMMU_PAGE_REQUEST_DID_SHIFT 40
/* second doubleword: the message's payload */
#define IOMMU_PAGE_REQUEST_READ 0x1ULL
#define IOMMU_PAGE_REQUEST_WRITE 0x2ULL
#define IOMMU_PAGE_REQUEST_LAST 0x4ULL
#define IOMMU_PAGE_REQUEST_GROUP_SHIFT 3 /* nine bits */

/* Directories (chapter 2). */
#define IOMMU_ENTRY_VALID 0x1ULL /* of every table */
#define IOMMU_DC_BASE_BYTES 32
#define IOMMU_DC_EXTENDED_BYTES 64
#define IOMMU_DC_TC 0
#define IOMMU_DC_IOHGATP 8
#define IOMMU_DC_TA 16
#define IOMMU_DC_FSC 24
#define IOMMU_DC_MSIPTP 32
#define IOMMU_DC_MSI_MASK 40
#define IOMMU_DC_MSI_PATTERN 48
#define IOMMU_TC_EN_ATS (1ULL << 1)
#define IOMMU_TC_EN_PRI (1ULL << 2)
#define IOMMU_TC_T2GPA (1ULL << 3)
#define IOMMU_TC_DTF (1ULL << 4)
#define IOMMU_TC_PDTV (1ULL << 5)
#define IOMMU_TC_PRPR (1ULL << 6)
#define IOMMU_TC_GADE (1ULL << 7)
#define IOMMU_TC_SADE (1ULL << 8)
#define IOMMU_TC_DPE (1ULL << 9)
#define IOMMU_TC_SBE (1ULL << 10)
#define IOMMU_TC_SXL (1ULL << 11)
#define IOMMU_TC_CUSTOM (0xFFULL << 24)
#define IOMMU_TA_PSCID_SHIFT 12
#define IOMMU_ATP_MODE_SHIFT 60 /* iohgatp, fsc, msiptp */
#define IOMMU_ATP_GSCID_SHIFT 44
#define IOMMU_ATP_BARE 0
#define IOMMU_ATP_SV39 8 /* Sv39x4 in iohgatp */
#define IOMMU_ATP_SV48 9
#define IOMMU_ATP_SV57 10
#define IOMMU_PDTP_BARE 0
#define IOMMU_PDTP_PD8 1
#define IOMMU_PDTP_PD17 2
#define IOMMU_PDTP_PD20 3
#define IOMMU_MSIPTP_OFF 0
#define IOMMU_MSIPTP_FLAT 1
#define IOMMU_PC_BYTES 16
#define IOMMU_PC_TA 0
#define IOMMU_PC_FSC 8
#define IOMMU_PC_ENS (1ULL << 1)
#define IOMMU_PC_SUM (1ULL << 2)

/* MSI page-table entries: 16 bytes. Source: RISC-V Advanced Interrupt Architecture 1.0, 9.5. */
#define IOMMU_MSIPTE_BYTES 16
#define IOMMU_MSIPTE_MODE_SHIFT 1 /* two bits */
#define IOMMU_MSIPTE_MRIF 1
#define IOMMU_MSIPTE_BASIC 3
#define IOMMU_MSIPTE_CUSTOM (1ULL << 63)
#define IOMMU_MSIPTE_MRIF_SHIFT 7      /* address bits 55 to 9, at bit 7 */
#define IOMMU_MSIPTE_NID_HIGH_SHIFT 60 /* second doubleword: bit 10 of the notice's data */

#endif
