// Copyright the Kilburn authors. SPDX-License-Identifier: Apache-2.0
//
// Burst TLB: one tag, many translation data units (TDUs), selected by address bits, then compared.
// Source: US 9,836,410. Model: models/burst_tlb/burst_tlb.h; in time: burst_tlb_ports.h.
//
// Contract
//   Taking      A request is taken at a rising edge where its valid and ready are both high, and is
//               carried out in the cycle after that edge. Results leave in the order in which
//               requests came: LATENCY = 1 shows them in that same cycle, n shows them n - 1 later.
//   One cycle   A lookup and a fill may be taken at one edge, at every edge. The lookup comes first:
//               it sees nothing of that fill, and the fill's victim is chosen after its touch.
//   Invalidate  An invalidation has the array to itself: at an edge where invalidate_valid_i is high
//               neither lookup nor fill is ready. What was taken before it has been carried out;
//               what is taken after its last cycle sees its effect. invalidate_valid_o is the
//               acknowledgement: with LATENCY > 1 it follows the results of all earlier lookups.
//               `all`, and one page by VA while no fragment of a larger leaf is held, take one
//               cycle; every other operation reads the entries one by one: ENTRIES cycles.
//   Validity    An entry is valid where one of its units is; there is no bit of its own. An entry
//               freed by an invalidation keeps its tag, which nobody looks at.
//   Fill        A tag that is there is filled in place; otherwise the lowest invalid way of the set
//               is taken, or the victim, whole. Neighbours (the other leaves of the fetched line,
//               each in the slot of its unit) never overwrite a valid unit. No leaf has more pages
//               than VPN_WIDTH, or PFN_WIDTH, can number.
//   Reset       Asynchronous, low: no unit is valid, counters and replacement state are zero.
module burst_tlb #(
  parameter int ENTRIES        = 64,   // tags
  parameter int WAYS           = 64,   // ENTRIES: fully associative; 1: direct mapped
  parameter int BURST          = 8,    // units of one tag: 1, 2, 4, 8 or 16
  parameter bit CONTEXT_IN_TAG = 1'b1, // 0: each unit holds its own context
  parameter bit LINE_FILL      = 1'b1, // 0: neighbours are left alone
  parameter bit TREE_PLRU      = 1'b1, // 0: round robin
  parameter int LATENCY        = 1,    // cycles from taking a request to its result
  parameter int VPN_WIDTH      = 45,   // Sv57
  parameter int PFN_WIDTH      = 44,
  parameter int ASID_WIDTH     = 16,
  parameter int VMID_WIDTH     = 16,
  parameter int REALM_WIDTH    = 16,
  parameter int COUNTER_WIDTH  = 64,
  // Derived: leave them alone.
  parameter int ENTRY_WIDTH    = ENTRIES > 1 ? $clog2(ENTRIES) : 1,
  parameter int UNIT_WIDTH     = PFN_WIDTH + 16,  // {PFN, D A G U X W R 0, PBMT, order}
  parameter int RANGE_WIDTH    = (VPN_WIDTH > PFN_WIDTH ? VPN_WIDTH : PFN_WIDTH) + 1,
  parameter int CLEARED_WIDTH  = $clog2(ENTRIES * BURST + 1)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        lookup_valid_i,
  output logic                        lookup_ready_o,
  input  logic [VPN_WIDTH-1:0]        lookup_vpn_i,
  input  logic [ASID_WIDTH-1:0]       lookup_asid_i,
  input  logic [VMID_WIDTH-1:0]       lookup_vmid_i,
  input  logic [REALM_WIDTH-1:0]      lookup_realm_i,
  input  logic                        lookup_store_i,        // needs the D bit
  output logic                        lookup_valid_o,
  output logic [1:0]                  lookup_outcome_o,      // hit, miss_tag, _unit, _content
  output logic [ENTRY_WIDTH-1:0]      lookup_entry_o,        // where the tag matched
  output logic [UNIT_WIDTH-1:0]       lookup_unit_o,         // on a hit

  input  logic                        fill_valid_i,
  output logic                        fill_ready_o,
  input  logic [VPN_WIDTH-1:0]        fill_vpn_i,
  input  logic [ASID_WIDTH-1:0]       fill_asid_i,
  input  logic [VMID_WIDTH-1:0]       fill_vmid_i,
  input  logic [REALM_WIDTH-1:0]      fill_realm_i,
  input  logic [UNIT_WIDTH-1:0]       fill_unit_i,
  input  logic                        fill_napot_i,          // a permitted Svnapot 64 KiB leaf
  input  logic [BURST-1:0]            fill_neighbours_valid_i,
  input  logic [BURST*UNIT_WIDTH-1:0] fill_neighbours_i,     // slot u: unit u of the entry
  output logic                        fill_valid_o,
  output logic [ENTRY_WIDTH-1:0]      fill_entry_o,
  output logic                        fill_in_place_o,       // the tag was there
  output logic [BURST-1:0]            fill_written_o,        // units
  output logic [BURST-1:0]            fill_evicted_o,        // the victim's live units

  input  logic                        invalidate_valid_i,
  output logic                        invalidate_ready_o,
  input  logic [2:0]                  invalidate_operation_i,  // burst_tlb_invalidate.sv names them
  input  logic [RANGE_WIDTH-1:0]      invalidate_page_i,     // first VPN, or PFN for by_frame
  input  logic [RANGE_WIDTH-1:0]      invalidate_pages_i,    // at least 1
  input  logic [ASID_WIDTH-1:0]       invalidate_asid_i,
  input  logic [VMID_WIDTH-1:0]       invalidate_vmid_i,
  input  logic [REALM_WIDTH-1:0]      invalidate_realm_i,
  output logic                        invalidate_valid_o,
  output logic [CLEARED_WIDTH-1:0]    invalidate_cleared_o,  // units

  output logic [ENTRIES*BURST-1:0]    unit_valid_o,
  output logic [10*COUNTER_WIDTH-1:0] counters_o             // burst_tlb_counters.sv has the order
);

  localparam int SETS = ENTRIES / WAYS;
  localparam int WAY_WIDTH = WAYS > 1 ? $clog2(WAYS) : 1;
  localparam int SET_WIDTH = SETS > 1 ? $clog2(SETS) : 1;
  localparam int SELECT_WIDTH = BURST > 1 ? $clog2(BURST) : 1;
  localparam int SELECT_BITS = $clog2(BURST);
  localparam int TAG_WIDTH = VPN_WIDTH - $clog2(BURST) - $clog2(SETS);
  localparam int CONTEXT_WIDTH = 1 + REALM_WIDTH + VMID_WIDTH + ASID_WIDTH;
  localparam int LOOKUP_WIDTH = VPN_WIDTH + ASID_WIDTH + VMID_WIDTH + REALM_WIDTH + 1;
  localparam int FILL_WIDTH = LOOKUP_WIDTH + UNIT_WIDTH + BURST + BURST * UNIT_WIDTH;
  localparam int INVALIDATE_WIDTH = 3 + 2 * RANGE_WIDTH + ASID_WIDTH + VMID_WIDTH + REALM_WIDTH;

  localparam logic [1:0] HIT = 2'd0, MISS_TAG = 2'd1, MISS_UNIT = 2'd2, MISS_CONTENT = 2'd3;
  localparam int PERMISSIONS = 8;  // offset in a unit; a permission stands where a PTE has it
  localparam int GLOBAL = PERMISSIONS + 5, DIRTY = PERMISSIONS + 7;
  localparam logic [2:0] ALL = 3'd0, BY_VA_ASID = 3'd3, BY_VA = 3'd4;

  // A global translation has no ASID but a bit of its own: every address space of its VMID and realm
  // finds it.
  function automatic logic [CONTEXT_WIDTH-1:0] pack(
      input logic is_global, input logic [REALM_WIDTH-1:0] realm, input logic [VMID_WIDTH-1:0] vmid,
      input logic [ASID_WIDTH-1:0] asid);
    pack = {is_global, realm, vmid, is_global ? {ASID_WIDTH{1'b0}} : asid};
  endfunction
  // verilator lint_off UNUSEDSIGNAL
  // Each takes its bits of the VPN.
  function automatic logic [TAG_WIDTH-1:0] tag_of(input logic [VPN_WIDTH-1:0] vpn);
    tag_of = vpn[VPN_WIDTH-1 -: TAG_WIDTH];
  endfunction
  function automatic logic [SELECT_WIDTH-1:0] select_of(input logic [VPN_WIDTH-1:0] vpn);
    select_of = vpn[SELECT_WIDTH-1:0] & SELECT_WIDTH'(BURST - 1);
  endfunction
  function automatic logic [SET_WIDTH-1:0] set_of(input logic [VPN_WIDTH-1:0] vpn);
    set_of = vpn[SELECT_BITS +: SET_WIDTH] & SET_WIDTH'(SETS - 1);
  endfunction
  // verilator lint_on UNUSEDSIGNAL
  function automatic logic [ENTRY_WIDTH-1:0] entry_of(
      input logic [SET_WIDTH-1:0] set, input logic [WAY_WIDTH-1:0] way);
    entry_of = ENTRY_WIDTH'(32'(set) * WAYS + 32'(way));
  endfunction
  // The page that unit `select` of an entry translates, had it the entry's tag.
  function automatic logic [VPN_WIDTH-1:0] vpn_of(
      input logic [ENTRY_WIDTH-1:0] entry, input logic [SELECT_WIDTH-1:0] select);
    vpn_of = VPN_WIDTH'(tag_vpn_q[entry]) << (VPN_WIDTH - TAG_WIDTH) |
             VPN_WIDTH'(entry) / VPN_WIDTH'(WAYS) << SELECT_BITS | VPN_WIDTH'(select);
  endfunction

  // ---- The array. Tags and valid bits are registers; units are memories, a column for each unit.
  logic [TAG_WIDTH-1:0]     tag_vpn_q [ENTRIES];
  logic [CONTEXT_WIDTH-1:0] tag_context_q [ENTRIES];  // written where CONTEXT_IN_TAG
  logic                     fragments_q;  // units of larger leaves may be held

  function automatic logic [BURST-1:0] units_of(input logic [ENTRY_WIDTH-1:0] entry);
    units_of = unit_valid_o[entry * BURST +: BURST];
  endfunction

  // ---- Requests, in the cycles in which they are carried out.
  logic                        lookup_q, fill_q, invalidate_q;
  logic [VPN_WIDTH-1:0]        lookup_vpn_q, fill_vpn_q;
  logic [ASID_WIDTH-1:0]       lookup_asid_q, fill_asid_q, invalidate_asid_q;
  logic [VMID_WIDTH-1:0]       lookup_vmid_q, fill_vmid_q, invalidate_vmid_q;
  logic [REALM_WIDTH-1:0]      lookup_realm_q, fill_realm_q, invalidate_realm_q;
  logic                        lookup_store_q;
  logic [UNIT_WIDTH-1:0]       fill_unit_q;
  logic                        fill_napot_q;
  logic [BURST-1:0]            fill_neighbours_valid_q;
  logic [BURST*UNIT_WIDTH-1:0] fill_neighbours_q;
  logic [2:0]                  invalidate_operation_q;
  logic [RANGE_WIDTH-1:0]      invalidate_page_q, invalidate_pages_q;
  logic                        invalidate_at_once, invalidate_last, invalidate_done;

  burst_tlb_request #(.WIDTH(LOOKUP_WIDTH)) u_lookup (
    .clk_i, .rst_ni, .take_i(lookup_valid_i && lookup_ready_o), .done_i(1'b1),
    .payload_i({lookup_vpn_i, lookup_asid_i, lookup_vmid_i, lookup_realm_i, lookup_store_i}),
    .valid_o(lookup_q),
    .payload_o({lookup_vpn_q, lookup_asid_q, lookup_vmid_q, lookup_realm_q, lookup_store_q})
  );
  burst_tlb_request #(.WIDTH(FILL_WIDTH)) u_fill (
    .clk_i, .rst_ni, .take_i(fill_valid_i && fill_ready_o), .done_i(1'b1),
    .payload_i({fill_vpn_i, fill_asid_i, fill_vmid_i, fill_realm_i, fill_unit_i, fill_napot_i,
                LINE_FILL ? fill_neighbours_valid_i : {BURST{1'b0}}, fill_neighbours_i}),
    .valid_o(fill_q),
    .payload_o({fill_vpn_q, fill_asid_q, fill_vmid_q, fill_realm_q, fill_unit_q, fill_napot_q,
                fill_neighbours_valid_q, fill_neighbours_q})
  );
  burst_tlb_request #(.WIDTH(INVALIDATE_WIDTH)) u_invalidate (
    .clk_i, .rst_ni, .take_i(invalidate_valid_i && invalidate_ready_o), .done_i(invalidate_last),
    .payload_i({invalidate_operation_i, invalidate_page_i, invalidate_pages_i, invalidate_asid_i,
                invalidate_vmid_i, invalidate_realm_i}),
    .valid_o(invalidate_q),
    .payload_o({invalidate_operation_q, invalidate_page_q, invalidate_pages_q, invalidate_asid_q,
                invalidate_vmid_q, invalidate_realm_q})
  );

  logic [ENTRY_WIDTH-1:0]   scan_q;     // the entry that an invalidation reads
  logic [CLEARED_WIDTH-1:0] cleared_q;  // units that it has cleared before
  logic [CLEARED_WIDTH-1:0] cleared;    // and with this cycle's
  assign invalidate_at_once =
      invalidate_operation_q == ALL ||
      ((invalidate_operation_q == BY_VA_ASID || invalidate_operation_q == BY_VA) &&
       invalidate_pages_q == RANGE_WIDTH'(1) && !fragments_q);
  assign invalidate_last = invalidate_at_once || scan_q == ENTRY_WIDTH'(ENTRIES - 1);
  always_ff @(posedge clk_i or negedge rst_ni) begin : scan
    if (!rst_ni) {scan_q, cleared_q} <= '0;
    else if (invalidate_ready_o) {scan_q, cleared_q} <= '0;
    else {scan_q, cleared_q} <= {scan_q + ENTRY_WIDTH'(1), cleared};
  end

  assign invalidate_done = invalidate_q && invalidate_last;
  assign invalidate_ready_o = !invalidate_q || invalidate_last;
  assign lookup_ready_o = invalidate_ready_o && !invalidate_valid_i;
  assign fill_ready_o = lookup_ready_o;

  // ---- Lookup: the comparand is matched against the tags (claim) ... At most one way matches of the
  // address space and one global one.
  logic [WAYS-1:0]          own_match, global_match, has_unit;  // has_unit: of those that match
  logic [CONTEXT_WIDTH-1:0] lookup_own, lookup_global;
  logic [SELECT_WIDTH-1:0]  lookup_select;
  assign lookup_own = pack(1'b0, lookup_realm_q, lookup_vmid_q, lookup_asid_q);
  assign lookup_global = pack(1'b1, lookup_realm_q, lookup_vmid_q, lookup_asid_q);
  assign lookup_select = select_of(lookup_vpn_q);

  always_comb begin : match_tags
    logic [ENTRY_WIDTH-1:0] entry;
    entry = '0;
    {own_match, global_match, has_unit} = '0;
    if (lookup_q) begin
      for (int unsigned way = 0; way < WAYS; way++) begin
        entry = entry_of(set_of(lookup_vpn_q), WAY_WIDTH'(way));
        if (|units_of(entry) && tag_vpn_q[entry] == tag_of(lookup_vpn_q)) begin
          own_match[way] = !CONTEXT_IN_TAG || tag_context_q[entry] == lookup_own;
          global_match[way] = CONTEXT_IN_TAG && tag_context_q[entry] == lookup_global;
          has_unit[way] = unit_valid_o[entry * BURST + 32'(lookup_select)];
        end
      end
    end
  end

  // ... on a match, the VA bits just above the page offset select one candidate unit (claim). Of a
  // tag of the address space and a global one, the one that has the unit ...
  logic [WAYS-1:0]        candidate_match;
  logic                   candidate_valid;
  logic [WAY_WIDTH-1:0]   candidate_way;
  logic [ENTRY_WIDTH-1:0] candidate;
  assign candidate_match =
      |(own_match & has_unit) || global_match == '0 ? own_match : global_match;
  assign candidate_valid = |(candidate_match & has_unit);
  assign candidate = entry_of(set_of(lookup_vpn_q), candidate_way);

  // ... and only if the candidate's own content matches too is it a hit (claim). A store needs the
  // D bit: with it clear the walker has to look again.
  logic [UNIT_WIDTH-1:0]    unit;
  logic [CONTEXT_WIDTH-1:0] unit_context;
  logic [1:0]               outcome;
  logic                     content_matches, hit;
  assign unit = row_units[lookup_select * UNIT_WIDTH +: UNIT_WIDTH];
  assign unit_context = row_contexts[lookup_select * CONTEXT_WIDTH +: CONTEXT_WIDTH];
  assign content_matches =
      !(lookup_store_q && !unit[DIRTY]) &&
      (CONTEXT_IN_TAG || unit_context == lookup_own || unit_context == lookup_global);
  always_comb begin : classify
    if (candidate_match == '0) outcome = MISS_TAG;
    else if (!candidate_valid) outcome = MISS_UNIT;
    else if (!content_matches) outcome = MISS_CONTENT;
    else outcome = HIT;
  end
  assign hit = lookup_q && outcome == HIT;

  // ---- Fill: in place where a tag covers the page, else in a free way, else over the victim.
  logic [WAYS-1:0]          covering, free, place;
  logic                     covered, evicts;
  logic [WAY_WIDTH-1:0]     place_way, victim_way, fill_way;
  logic [ENTRY_WIDTH-1:0]   fill_entry;
  logic [CONTEXT_WIDTH-1:0] fill_context;
  assign fill_context = pack(fill_unit_q[GLOBAL], fill_realm_q, fill_vmid_q, fill_asid_q);

  always_comb begin : find_place
    logic [ENTRY_WIDTH-1:0] entry;
    entry = '0;
    {covering, free} = '0;
    if (fill_q) begin
      for (int unsigned way = 0; way < WAYS; way++) begin
        entry = entry_of(set_of(fill_vpn_q), WAY_WIDTH'(way));
        if (units_of(entry) == '0) free[way] = 1'b1;
        else if (tag_vpn_q[entry] == tag_of(fill_vpn_q)) begin
          covering[way] = !CONTEXT_IN_TAG || tag_context_q[entry] == fill_context;
        end
      end
    end
  end
  assign covered = covering != '0;
  assign evicts = fill_q && !covered && free == '0;
  assign place = covered ? covering : free & (~free + WAYS'(1));  // the lowest
  assign fill_way = evicts ? victim_way : place_way;
  assign fill_entry = entry_of(set_of(fill_vpn_q), fill_way);

  burst_tlb_replacement #(.SETS(SETS), .WAYS(WAYS), .TREE_PLRU(TREE_PLRU)) u_replacement (
    .clk_i, .rst_ni,
    .touch_i(hit), .touch_set_i(set_of(lookup_vpn_q)), .touch_way_i(candidate_way),
    .fill_i(fill_q), .fill_set_i(set_of(fill_vpn_q)), .fill_way_i(fill_way),
    .fill_evicts_i(evicts), .victim_o(victim_way)
  );

  logic [BURST-1:0]            survivors, written, evicted;
  logic [BURST*UNIT_WIDTH-1:0] written_units;
  logic                        writes_fragment;
  assign survivors = covered ? units_of(fill_entry) : '0;
  assign evicted = evicts ? units_of(fill_entry) : '0;
  burst_tlb_fill #(
    .BURST(BURST), .CONTEXT_IN_TAG(CONTEXT_IN_TAG), .UNIT_WIDTH(UNIT_WIDTH), .GLOBAL(GLOBAL)
  ) u_written (
    .fill_i(fill_q), .page_i(fill_vpn_q[3:0]), .unit_i(fill_unit_q), .napot_i(fill_napot_q),
    .neighbours_valid_i(fill_neighbours_valid_q), .neighbours_i(fill_neighbours_q),
    .survivors_i(survivors),
    .written_o(written), .units_o(written_units), .fragment_o(writes_fragment)
  );

  // ---- Invalidate. One page by VA: at most one entry of each context has its tag; otherwise the
  // scan's row is compared, unit by unit.
  logic [WAYS-1:0]       named;  // ways whose tag covers the page
  logic [WAY_WIDTH-1:0]  named_way;  // the one, where the tag has no context
  logic [VPN_WIDTH-1:0]  invalidate_vpn;
  logic [BURST-1:0]      invalidated;  // units of the row
  assign invalidate_vpn = invalidate_page_q[VPN_WIDTH-1:0];

  function automatic logic context_named(input logic [CONTEXT_WIDTH-1:0] tag);
    context_named = tag[ASID_WIDTH +: VMID_WIDTH] == invalidate_vmid_q &&
           (invalidate_operation_q == BY_VA ||
            (!tag[CONTEXT_WIDTH-1] && tag[0 +: ASID_WIDTH] == invalidate_asid_q));
  endfunction

  always_comb begin : match_page
    logic [ENTRY_WIDTH-1:0] entry;
    entry = '0;
    named = '0;
    if (invalidate_q && invalidate_at_once) begin
      for (int unsigned way = 0; way < WAYS; way++) begin
        entry = entry_of(set_of(invalidate_vpn), WAY_WIDTH'(way));
        if (unit_valid_o[entry * BURST + 32'(select_of(invalidate_vpn))] &&
            tag_vpn_q[entry] == tag_of(invalidate_vpn) &&
            (!CONTEXT_IN_TAG || context_named(tag_context_q[entry]))) begin
          named[way] = 1'b1;
        end
      end
    end
  end

  // Of at most one way that matches, the number: an OR without priority.
  function automatic logic [WAYS-1:0] ways_with(input int b);
    for (int way = 0; way < WAYS; way++) ways_with[way] = 1'(way >> b);
  endfunction
  for (genvar b = 0; b < WAY_WIDTH; b++) begin : g_number
    localparam logic [WAYS-1:0] WITH = ways_with(b);
    assign candidate_way[b] = |(candidate_match & WITH);
    assign place_way[b] = |(place & WITH);
    assign named_way[b] = |(named & WITH);
  end

  // ---- The row that a lookup, or an invalidation, reads. With the context in the tag that of one
  // page needs none.
  logic [ENTRY_WIDTH-1:0]         row;
  logic [BURST*UNIT_WIDTH-1:0]    row_units;
  logic [BURST*CONTEXT_WIDTH-1:0] row_contexts;
  always_comb begin : read
    row = candidate;
    if (invalidate_q && !invalidate_at_once) row = scan_q;
    else if (invalidate_q && !CONTEXT_IN_TAG) row = entry_of(set_of(invalidate_vpn), named_way);
  end

  for (genvar u = 0; u < BURST; u++) begin : g_column
    logic [UNIT_WIDTH-1:0] unit_q [ENTRIES];
    always_ff @(posedge clk_i) begin
      if (written[u]) unit_q[fill_entry] <= written_units[u*UNIT_WIDTH +: UNIT_WIDTH];
    end
    assign row_units[u*UNIT_WIDTH +: UNIT_WIDTH] = unit_q[row];

    if (CONTEXT_IN_TAG) begin : g_context_in_tag
      assign row_contexts[u*CONTEXT_WIDTH +: CONTEXT_WIDTH] = tag_context_q[row];
    end else begin : g_context_in_tdu
      logic [CONTEXT_WIDTH-1:0] context_q [ENTRIES];
      always_ff @(posedge clk_i) begin
        if (written[u]) begin
          context_q[fill_entry] <= pack(written_units[u*UNIT_WIDTH + GLOBAL], fill_realm_q,
                                        fill_vmid_q, fill_asid_q);
        end
      end
      assign row_contexts[u*CONTEXT_WIDTH +: CONTEXT_WIDTH] = context_q[row];
    end

    burst_tlb_invalidate #(
      .VPN_WIDTH(VPN_WIDTH), .PFN_WIDTH(PFN_WIDTH), .ASID_WIDTH(ASID_WIDTH),
      .VMID_WIDTH(VMID_WIDTH), .REALM_WIDTH(REALM_WIDTH), .RANGE_WIDTH(RANGE_WIDTH)
    ) u_invalidate (
      .valid_i(invalidate_q && unit_valid_o[scan_q * BURST + u]),
      .operation_i(invalidate_operation_q),
      .page_i(invalidate_page_q), .pages_i(invalidate_pages_q),
      .asid_i(invalidate_asid_q), .vmid_i(invalidate_vmid_q), .realm_i(invalidate_realm_q),
      .vpn_i(vpn_of(scan_q, SELECT_WIDTH'(u))),
      .unit_i(row_units[u*UNIT_WIDTH +: UNIT_WIDTH]),
      .context_i(row_contexts[u*CONTEXT_WIDTH +: CONTEXT_WIDTH]),
      .invalidated_o(invalidated[u])
    );
  end

  // ---- What changes the array: a fill, or an invalidation.
  logic                     context_matches;  // of the unit in the row; in the tag it has matched
  logic [CLEARED_WIDTH-1:0] cleared_now, live_units;
  assign context_matches =
      CONTEXT_IN_TAG ||
      context_named(row_contexts[select_of(invalidate_vpn) * CONTEXT_WIDTH +: CONTEXT_WIDTH]);
  assign cleared = cleared_q + cleared_now;
  burst_tlb_valid #(.ENTRIES(ENTRIES), .WAYS(WAYS), .BURST(BURST)) u_valid (
    .clk_i, .rst_ni,
    .fill_i(fill_q), .fill_set_i(set_of(fill_vpn_q)), .fill_way_i(fill_way),
    .fill_units_i(survivors | written),
    .invalidate_i(invalidate_q), .all_i(invalidate_operation_q == ALL), .live_i(live_units),
    .scans_i(!invalidate_at_once), .scan_i(scan_q), .invalidated_i(invalidated),
    .page_set_i(set_of(invalidate_vpn)), .page_ways_i(context_matches ? named : '0),
    .page_unit_i(select_of(invalidate_vpn)),
    .cleared_o(cleared_now), .unit_valid_o
  );
  burst_tlb_live #(.BURST(BURST), .WIDTH(CLEARED_WIDTH)) u_live (
    .clk_i, .rst_ni, .gained_i(written & ~survivors), .evicted_i(evicted),
    .cleared_i(invalidate_done ? cleared : '0), .live_o(live_units)
  );
  always_ff @(posedge clk_i or negedge rst_ni) begin : note_fragments
    if (!rst_ni) fragments_q <= 1'b0;
    else if (invalidate_q && invalidate_operation_q == ALL) fragments_q <= 1'b0;
    else if (fill_q) fragments_q <= fragments_q || writes_fragment;
  end
  always_ff @(posedge clk_i) begin : write_tag
    if (fill_q && !covered) begin
      tag_vpn_q[fill_entry] <= tag_of(fill_vpn_q);
      if (CONTEXT_IN_TAG) tag_context_q[fill_entry] <= fill_context;
    end
  end

  burst_tlb_counters #(
    .BURST(BURST), .CLEARED_WIDTH(CLEARED_WIDTH), .COUNTER_WIDTH(COUNTER_WIDTH)
  ) u_counters (
    .clk_i, .rst_ni, .lookup_i(lookup_q), .outcome_i(outcome), .fill_i(fill_q),
    .written_i(written), .evicted_i(evicted),
    .invalidate_i(invalidate_done), .cleared_i(cleared), .counters_o
  );

  // ---- Results.
  burst_tlb_delay #(.WIDTH(3 + ENTRY_WIDTH + UNIT_WIDTH), .CYCLES(LATENCY - 1)) u_lookup_result (
    .clk_i, .rst_ni,
    .d_i({lookup_q, outcome, candidate, unit}),
    .q_o({lookup_valid_o, lookup_outcome_o, lookup_entry_o, lookup_unit_o})
  );
  burst_tlb_delay #(.WIDTH(2 + ENTRY_WIDTH + 2 * BURST), .CYCLES(LATENCY - 1)) u_fill_result (
    .clk_i, .rst_ni,
    .d_i({fill_q, fill_entry, covered, written, evicted}),
    .q_o({fill_valid_o, fill_entry_o, fill_in_place_o, fill_written_o, fill_evicted_o})
  );
  burst_tlb_delay #(.WIDTH(1 + CLEARED_WIDTH), .CYCLES(LATENCY - 1)) u_invalidate_result (
    .clk_i, .rst_ni,
    .d_i({invalidate_done, cleared}),
    .q_o({invalidate_valid_o, invalidate_cleared_o})
  );

`ifdef FORMAL
`include "burst_tlb_properties.svh"
`endif
`ifdef COVER
`include "burst_tlb_cover.svh"
`endif
endmodule
