// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// Does an invalidation reach one unit? Its context and its page, or its frame, are compared.
// Model: reaches_tag and reaches_leaf in models/burst_tlb/tag.h.
//
// Contract
//   Operations: 0 all; 1 by_vmid, 2 by_asid; 3 by_va_asid, 4 by_va: pages [page, page + pages);
//   5 by_realm; 6 by_frame: frames [page, page + pages). Those that name an ASID compare the VMID,
//   too, and spare global units. A unit of a larger leaf is reached by any page, or frame, of it.
module burst_tlb_invalidate #(
  parameter int VPN_WIDTH     = 45,
  parameter int PFN_WIDTH     = 44,
  parameter int ASID_WIDTH    = 16,
  parameter int VMID_WIDTH    = 16,
  parameter int REALM_WIDTH   = 16,
  parameter int RANGE_WIDTH   = 46,
  // Derived: leave them alone.
  parameter int UNIT_WIDTH    = PFN_WIDTH + 16,
  parameter int CONTEXT_WIDTH = 1 + REALM_WIDTH + VMID_WIDTH + ASID_WIDTH
) (
  input  logic                     valid_i,
  input  logic [2:0]               operation_i,
  input  logic [RANGE_WIDTH-1:0]   page_i,
  input  logic [RANGE_WIDTH-1:0]   pages_i,
  input  logic [ASID_WIDTH-1:0]    asid_i,
  input  logic [VMID_WIDTH-1:0]    vmid_i,
  input  logic [REALM_WIDTH-1:0]   realm_i,
  input  logic [VPN_WIDTH-1:0]     vpn_i,
  input  logic [UNIT_WIDTH-1:0]    unit_i,
  input  logic [CONTEXT_WIDTH-1:0] context_i,
  output logic                     invalidated_o
);
  localparam logic [2:0] ALL = 3'd0, BY_VMID = 3'd1, BY_ASID = 3'd2, BY_VA_ASID = 3'd3,
                         BY_VA = 3'd4, BY_REALM = 3'd5, BY_FRAME = 3'd6;

  logic is_global, asid_equal, vmid_equal, realm_equal;
  assign is_global = context_i[CONTEXT_WIDTH-1];
  assign asid_equal = !is_global && context_i[0 +: ASID_WIDTH] == asid_i;
  assign vmid_equal = context_i[ASID_WIDTH +: VMID_WIDTH] == vmid_i;
  assign realm_equal = context_i[ASID_WIDTH + VMID_WIDTH +: REALM_WIDTH] == realm_i;

  // The leaf's pages, or frames, which differ in the bits below its order, against the range.
  logic                   overlaps;
  logic [5:0]             order;
  logic [RANGE_WIDTH-1:0] page, below;  // below: the bits below the leaf's order
  logic [RANGE_WIDTH:0]   range_end;
  assign order = unit_i[5:0];
  assign page = operation_i == BY_FRAME ? RANGE_WIDTH'(unit_i[16 +: PFN_WIDTH]) : RANGE_WIDTH'(vpn_i);
  assign below = ~({RANGE_WIDTH{1'b1}} << order);
  assign range_end = {1'b0, page_i} + {1'b0, pages_i};
  assign overlaps = {1'b0, page & ~below} < range_end && page_i <= (page | below);

  always_comb begin : decide
    invalidated_o = 1'b0;
    if (valid_i) begin
      case (operation_i)
        ALL: invalidated_o = 1'b1;
        BY_VMID: invalidated_o = vmid_equal;
        BY_ASID: invalidated_o = asid_equal && vmid_equal;
        BY_VA_ASID: invalidated_o = asid_equal && vmid_equal && overlaps;
        BY_VA: invalidated_o = vmid_equal && overlaps;
        BY_REALM: invalidated_o = realm_equal;
        BY_FRAME: invalidated_o = overlaps;
        default: invalidated_o = 1'b1;  // not an operation: safe
      endcase
    end
  end

  logic unused;
  assign unused = ^unit_i[15:6];
endmodule
