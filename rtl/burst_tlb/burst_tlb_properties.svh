// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// What is proven of the burst TLB: the inside of module burst_tlb, for a model checker only.
// Run: rtl/burst_tlb/formal. "Behaviour n" is that of the specification (docs/burst_tlb.md).
//
// How it is said
//   Nothing is proven about chosen requests: page, address space and all inputs are free. One page
//   of one address space, `watched`, is drawn once and followed by a reference TLB without bound
//   (`own_`, `global_`), which fills and acknowledged invalidations change and evictions do not.
//   The array may hold less than the reference, never more and never anything else.
//   Checks are combinational, on the state of a cycle, so that one step of induction proves them;
//   `past_` registers hold what the cycle before did. LATENCY is 1: results show in their cycle.

  // ---- The environment.
  initial assume (!rst_ni);  // a power-on reset; a later one may come at any time
  always_comb begin : environment
    // No leaf is larger than the address space: its invalidation adds 2^order to a page number.
    assume (fill_unit_i[5:0] <= VPN_WIDTH);
    for (int unsigned u = 0; u < BURST; u++) begin
      assume (fill_neighbours_i[u*UNIT_WIDTH +: 6] <= VPN_WIDTH);
    end
    assume (invalidate_pages_i != '0);  // the contract of the port
  end

  // ---- The state, as vectors by entry and unit.
  localparam int UNITS = ENTRIES * BURST;
  logic [ENTRIES-1:0]             live;
  logic [UNITS*UNIT_WIDTH-1:0]    words;
  logic [UNITS*CONTEXT_WIDTH-1:0] contexts;
  for (genvar e = 0; e < ENTRIES; e++) begin : g_state
    assign live[e] = unit_valid_o[e*BURST +: BURST] != '0;
    for (genvar u = 0; u < BURST; u++) begin : g_unit
      assign words[(e*BURST + u)*UNIT_WIDTH +: UNIT_WIDTH] = g_column[u].unit_q[e];
      if (CONTEXT_IN_TAG) begin : g_tag
        assign contexts[(e*BURST + u)*CONTEXT_WIDTH +: CONTEXT_WIDTH] = tag_context_q[e];
      end else begin : g_tdu
        assign contexts[(e*BURST + u)*CONTEXT_WIDTH +: CONTEXT_WIDTH] =
            g_column[u].g_context_in_tdu.context_q[e];
      end
    end
  end

  // An entry that could hold a page, its tag being `tag_vpn_q` and its set its place.
  function automatic logic page_fits(input int unsigned entry, input logic [VPN_WIDTH-1:0] vpn);
    page_fits = 32'(vpn) / BURST % SETS == entry / WAYS &&
                32'(tag_vpn_q[entry]) == 32'(vpn) / BURST / SETS;
  endfunction

  // ---- Requests: what is carried out is what was taken, in the cycle after.
  logic                        took_lookup_q, took_fill_q, invalidating_q;
  logic [LOOKUP_WIDTH-1:0]     taken_lookup_q;
  logic [FILL_WIDTH-1:0]       taken_fill_q;
  logic [INVALIDATE_WIDTH-1:0] taken_invalidate_q;
  logic [ENTRY_WIDTH:0]        age_q;  // cycles of an invalidation before this one
  always_ff @(posedge clk_i or negedge rst_ni) begin : take_again
    if (!rst_ni) begin
      took_lookup_q <= 1'b0;
      took_fill_q <= 1'b0;
      invalidating_q <= 1'b0;
      age_q <= '0;
    end else begin
      took_lookup_q <= lookup_valid_i && lookup_ready_o;
      took_fill_q <= fill_valid_i && fill_ready_o;
      if (invalidate_ready_o) begin
        invalidating_q <= invalidate_valid_i;
        age_q <= '0;
      end else begin
        age_q <= age_q + 1'b1;
      end
    end
  end
  always_ff @(posedge clk_i) begin : take_payload_again
    if (lookup_valid_i && lookup_ready_o) begin
      taken_lookup_q <=
          {lookup_vpn_i, lookup_asid_i, lookup_vmid_i, lookup_realm_i, lookup_store_i};
    end
    if (fill_valid_i && fill_ready_o) begin
      taken_fill_q <= {fill_vpn_i, fill_asid_i, fill_vmid_i, fill_realm_i, fill_napot_i,
                       fill_unit_i, LINE_FILL ? fill_neighbours_valid_i : {BURST{1'b0}},
                       fill_neighbours_i};
    end
    if (invalidate_valid_i && invalidate_ready_o) begin
      taken_invalidate_q <= {invalidate_operation_i, invalidate_page_i, invalidate_pages_i,
                             invalidate_asid_i, invalidate_vmid_i, invalidate_realm_i};
    end
  end
  always_comb begin : requests
    // A lookup and a fill show their results in the cycle after they were taken, and only they.
    lookup_in_time: assert (lookup_valid_o == took_lookup_q);
    fill_in_time: assert (fill_valid_o == took_fill_q);
    // Requests are carried out as they were on the port.
    if (lookup_valid_o) begin
      lookup_as_taken: assert (taken_lookup_q ==
          {lookup_vpn_q, lookup_asid_q, lookup_vmid_q, lookup_realm_q, lookup_store_q});
    end
    if (fill_valid_o) begin
      fill_as_taken: assert (taken_fill_q ==
          {fill_vpn_q, fill_asid_q, fill_vmid_q, fill_realm_q, fill_napot_q, fill_unit_q,
           fill_neighbours_valid_q, fill_neighbours_q});
      // What the environment promised on the port still holds of what was taken.
      leaf_in_address_space: assert (fill_unit_q[5:0] <= VPN_WIDTH);
      for (int unsigned u = 0; u < BURST; u++) begin
        assert (fill_neighbours_q[u*UNIT_WIDTH +: 6] <= VPN_WIDTH);
      end
    end
    invalidate_in_time: assert (invalidate_q == invalidating_q);
    if (invalidating_q) begin
      invalidate_as_taken: assert (taken_invalidate_q ==
          {invalidate_operation_q, invalidate_page_q, invalidate_pages_q,
           invalidate_asid_q, invalidate_vmid_q, invalidate_realm_q});
      some_page: assert (invalidate_pages_q != '0);
      // An invalidation has the array to itself (behaviour 7: nothing slips in while it scans).
      array_to_itself: assert (!lookup_valid_o && !fill_valid_o);
      // It is acknowledged in its first cycle or, where it scans, in that of its last entry.
      scan_in_time: assert (32'(age_q) == 32'(scan_q));
      if (invalidate_at_once) at_once: assert (age_q == '0);
      acknowledged: assert (invalidate_valid_o ==
          (invalidate_operation_q == ALL || invalidate_at_once || 32'(age_q) == ENTRIES - 1));
      scan_ends: assert (32'(age_q) < ENTRIES);
    end else begin
      not_acknowledged: assert (!invalidate_valid_o && scan_q == '0 && cleared_q == '0);
    end
  end

  // ---- Behaviour 1: an entry is valid exactly where one of its units is.
  always_comb begin : counted
    // The count of live units, less those that a scan has cleared so far, is what the array holds:
    // so what an acknowledgement reports as cleared is what went.
    live_count: assert (32'(live_units) == $countones(unit_valid_o) + 32'(cleared_q));
    if (invalidate_at_once) nothing_cleared_yet: assert (cleared_q == '0);
  end

  logic [ENTRIES-1:0] matches_own, matches_global;
  for (genvar e = 0; e < ENTRIES; e++) begin : g_match
    assign matches_own[e] = live[e] && page_fits(e, lookup_vpn_q) &&
                            (!CONTEXT_IN_TAG || tag_context_q[e] == lookup_own);
    assign matches_global[e] = live[e] && page_fits(e, lookup_vpn_q) &&
                               CONTEXT_IN_TAG && tag_context_q[e] == lookup_global;
  end
  logic                     seen_valid;  // the unit of the entry that the lookup names
  logic [UNIT_WIDTH-1:0]    seen_word;
  logic [CONTEXT_WIDTH-1:0] seen_context;
  logic [ENTRIES-1:0]       holds_unit;
  logic [31:0]              lookup_unit, seen;
  assign lookup_unit = 32'(lookup_vpn_q) % BURST;
  assign seen = 32'(lookup_entry_o) * BURST + lookup_unit;
  assign seen_valid = unit_valid_o[seen];
  assign seen_word = words[seen*UNIT_WIDTH +: UNIT_WIDTH];
  assign seen_context = contexts[seen*CONTEXT_WIDTH +: CONTEXT_WIDTH];
  for (genvar e = 0; e < ENTRIES; e++) begin : g_holds_unit
    assign holds_unit[e] = unit_valid_o[e*BURST + lookup_unit];
  end
  always_comb begin : lookups
    if (lookup_valid_o) begin
      // At most one entry of the address space and one global one have the tag.
      one_own_match: assert ($countones(matches_own) <= 1);
      one_global_match: assert ($countones(matches_global) <= 1);
      // A tag is matched where a unit under it is valid, and nowhere else (behaviour 1).
      tag_miss: assert ((lookup_outcome_o == MISS_TAG) == ((matches_own | matches_global) == '0));
      if (lookup_outcome_o != MISS_TAG) begin
        matched: assert (matches_own[lookup_entry_o] || matches_global[lookup_entry_o]);
        // A unit miss (behaviour 2): no entry with the tag has the unit.
        unit_miss: assert ((lookup_outcome_o == MISS_UNIT) == !seen_valid);
        no_unit: assert (seen_valid || ((matches_own | matches_global) & holds_unit) == '0);
        // The address space's own entry comes before a global one where both have the unit.
        if ((matches_own & holds_unit) != '0) own_first: assert (matches_own[lookup_entry_o]);
      end
      if (seen_valid && lookup_outcome_o != MISS_TAG) begin
        // A content miss (behaviour 3): a store without D, or another address space's unit.
        content_miss: assert ((lookup_outcome_o == MISS_CONTENT) ==
            ((lookup_store_q && !seen_word[DIRTY]) ||
             (seen_context != lookup_own && seen_context != lookup_global)));
      end
      if (lookup_outcome_o == HIT) hit_returns_unit: assert (lookup_unit_o == seen_word);
    end
  end

  // ---- Never two live entries of a set with the same tag and context.
  for (genvar a = 0; a < ENTRIES; a++) begin : g_entry
    for (genvar b = a + 1; b < ENTRIES; b++) begin : g_other
      if (a / WAYS == b / WAYS) begin : g_same_set
        always_comb begin : tags
          assert (!(live[a] && live[b] && tag_vpn_q[a] == tag_vpn_q[b] &&
                                (!CONTEXT_IN_TAG || tag_context_q[a] == tag_context_q[b])));
        end
      end
    end
    for (genvar u = 0; u < BURST; u++) begin : g_unit
      always_comb begin : content
        if (unit_valid_o[a*BURST + u]) begin
          // A fragment of a larger leaf is known to be there, so that no invalidation by VA takes
          // the short way past its siblings.
          assert (words[(a*BURST + u)*UNIT_WIDTH +: 6] == '0 || fragments_q);
          assert (words[(a*BURST + u)*UNIT_WIDTH +: 6] <= VPN_WIDTH);
          // A unit is global exactly where its context, or its tag's, says so.
          assert (words[(a*BURST + u)*UNIT_WIDTH + GLOBAL] ==
                                 contexts[(a*BURST + u)*CONTEXT_WIDTH + CONTEXT_WIDTH - 1]);
        end
      end
    end
  end

  // ---- Fill: the place is legal.
  logic [ENTRIES-1:0] in_fill_set, covers_fill, below_fill;
  logic [BURST-1:0]   units_before, asked;
  for (genvar e = 0; e < ENTRIES; e++) begin : g_place
    assign in_fill_set[e] = 32'(fill_vpn_q) / BURST % SETS == e / WAYS;
    assign covers_fill[e] = live[e] && page_fits(e, fill_vpn_q) &&
                            (!CONTEXT_IN_TAG || tag_context_q[e] == fill_context);
    assign below_fill[e] = e < 32'(fill_entry_o);
  end
  assign units_before = unit_valid_o[32'(fill_entry_o)*BURST +: BURST];
  assign asked = BURST'(1) << 32'(fill_vpn_q) % BURST;
  always_comb begin : fills
    // The victim is a way of the set, also where round robin counts to no power of two (its
    // state is in sight where there is one set).
    if (SETS == 1) victim_legal: assert (32'(victim_way) < WAYS);
    if (fill_valid_o) begin
      entry_legal: assert (32'(fill_entry_o) < ENTRIES && in_fill_set[fill_entry_o]);
      // In place exactly where a live entry covers the page, and in that entry (behaviour 2).
      in_place: assert (fill_in_place_o == (covers_fill != '0));
      if (fill_in_place_o) in_place_there: assert (covers_fill[fill_entry_o]);
      if (!fill_in_place_o && (in_fill_set & ~live) != '0) begin
        // A free way of the set, one with no valid unit, is taken first, and the lowest one.
        free_first: assert (!live[fill_entry_o]);
        lowest_free: assert ((in_fill_set & below_fill & ~live) == '0);
      end
      // Evicted is a live entry, whole, and only where the set has no free way (behaviour 5).
      evicted_whole: assert (fill_evicted_o ==
          (!fill_in_place_o && (in_fill_set & ~live) == '0 ? units_before : '0));
      // The unit asked for is written; no other that is valid is.
      writes_asked: assert ((fill_written_o & asked) != '0);
      spares_siblings: assert (!fill_in_place_o || (fill_written_o & units_before & ~asked) == '0);
    end
  end

  // ... and its effect, and that of an invalidation, in the next cycle.
  logic                   past_fill_q, past_invalidate_q, past_in_place_q, past_q;
  logic [ENTRY_WIDTH-1:0] past_entry_q;
  logic [BURST-1:0]       past_written_q;
  logic [UNITS-1:0]       past_valid_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin : remember
    if (!rst_ni) past_q <= 1'b0;
    else past_q <= 1'b1;
  end
  always_ff @(posedge clk_i) begin : remember_payload
    past_fill_q <= fill_valid_o;
    past_invalidate_q <= invalidating_q;
    past_in_place_q <= fill_in_place_o;
    past_entry_q <= fill_entry_o;
    past_written_q <= fill_written_o;
    past_valid_q <= unit_valid_o;
  end
  for (genvar e = 0; e < ENTRIES; e++) begin : g_effect
    always_comb begin : effect
      if (past_q && past_fill_q && past_entry_q == ENTRY_WIDTH'(e)) begin
        // Siblings of a fill in place survive (behaviour 2), a victim's units all go (behaviour 5).
        assert (unit_valid_o[e*BURST +: BURST] ==
            ((past_in_place_q ? past_valid_q[e*BURST +: BURST] : '0) | past_written_q));
        assert (live[e]);
      end else if (past_q && past_invalidate_q) begin
        assert ((unit_valid_o[e*BURST +: BURST] & ~past_valid_q[e*BURST +: BURST]) == '0);
      end else if (past_q) begin
        // A fill touches one entry; a lookup and an idle cycle none.
        assert (unit_valid_o[e*BURST +: BURST] == past_valid_q[e*BURST +: BURST]);
      end
    end
  end

  // ---- Behaviour 7, and data: one page of one address space, whichever.
  (* anyconst *) logic [VPN_WIDTH-1:0]   watched_vpn;
  (* anyconst *) logic [ASID_WIDTH-1:0]  watched_asid;
  (* anyconst *) logic [VMID_WIDTH-1:0]  watched_vmid;
  (* anyconst *) logic [REALM_WIDTH-1:0] watched_realm;
  logic [31:0] watched_unit;
  assign watched_unit = 32'(watched_vpn) % BURST;

  // What the array holds of it, for the address space and as a global translation.
  logic [ENTRIES-1:0] held_own, held_global;
  for (genvar e = 0; e < ENTRIES; e++) begin : g_held
    logic                     there;
    logic [CONTEXT_WIDTH-1:0] found;
    assign there = unit_valid_o[e*BURST + watched_unit] && page_fits(e, watched_vpn);
    assign found = contexts[(e*BURST + watched_unit)*CONTEXT_WIDTH +: CONTEXT_WIDTH];
    assign held_own[e] =
        there && found == {1'b0, watched_realm, watched_vmid, watched_asid};
    assign held_global[e] =
        there && found == {1'b1, watched_realm, watched_vmid, {ASID_WIDTH{1'b0}}};
  end

  // What a fill offers for it: asked for, or beside another page of its burst.
  logic                  offered_asked, offered_beside, offered_own, offered_global;
  logic [UNIT_WIDTH-1:0] offered;
  always_comb begin : offer
    offered_asked = fill_valid_o && fill_vpn_q == watched_vpn;
    offered_beside = fill_valid_o && !offered_asked &&
        32'(fill_vpn_q) / BURST == 32'(watched_vpn) / BURST &&
        (fill_napot_q || fill_neighbours_valid_q[watched_unit]);
    offered = offered_asked || fill_napot_q
                  ? fill_unit_q : fill_neighbours_q[watched_unit*UNIT_WIDTH +: UNIT_WIDTH];
    if (fill_napot_q) offered[16 +: 4] = watched_vpn[3:0];  // frame i of the leaf for its page i
    offered_global = offered[GLOBAL] && fill_realm_q == watched_realm &&
                     fill_vmid_q == watched_vmid;
    offered_own = !offered[GLOBAL] && fill_realm_q == watched_realm &&
                  fill_vmid_q == watched_vmid && fill_asid_q == watched_asid;
  end

  // Whether the invalidation names it: its address space, and a page (or frame) of its leaf. The
  // operations are numbered as burst_tlb_invalidate.sv says, here once more: this is the reference.
  function automatic logic named_by_range(input logic [UNIT_WIDTH-1:0] word);
    logic [RANGE_WIDTH-1:0] number, within;
    within = (RANGE_WIDTH'(1) << word[5:0]) - RANGE_WIDTH'(1);
    number = invalidate_operation_q == 3'd6 ? RANGE_WIDTH'(word[16 +: PFN_WIDTH])
                                            : RANGE_WIDTH'(watched_vpn);
    named_by_range =
        invalidate_page_q <= (number | within) &&
        {1'b0, number & ~within} <= {1'b0, invalidate_page_q} + {1'b0, invalidate_pages_q} - 1'b1;
  endfunction
  function automatic logic watched_named(input logic is_global, input logic [UNIT_WIDTH-1:0] word);
    logic vmid_named, asid_named;
    vmid_named = invalidate_vmid_q == watched_vmid;
    asid_named = vmid_named && !is_global && invalidate_asid_q == watched_asid;
    case (invalidate_operation_q)
      3'd1: watched_named = vmid_named;
      3'd2: watched_named = asid_named;
      3'd3: watched_named = asid_named && named_by_range(word);
      3'd4: watched_named = vmid_named && named_by_range(word);
      3'd5: watched_named = invalidate_realm_q == watched_realm;
      3'd6: watched_named = named_by_range(word);
      default: watched_named = 1'b1;
    endcase
  endfunction

  // The reference: may it be held, and as which word? A page offered beside another does not
  // replace one that is held.
  logic                  own_q, global_q, own_named, global_named;
  logic [UNIT_WIDTH-1:0] own_word_q, global_word_q;
  assign own_named = watched_named(1'b0, own_word_q);
  assign global_named = watched_named(1'b1, global_word_q);
  always_ff @(posedge clk_i or negedge rst_ni) begin : refer
    if (!rst_ni) begin
      own_q <= 1'b0;
      global_q <= 1'b0;
    end else begin
      if (offered_own && (offered_asked || (offered_beside && held_own == '0))) begin
        own_q <= 1'b1;
        own_word_q <= offered;
      end
      if (offered_global && (offered_asked || (offered_beside && held_global == '0))) begin
        global_q <= 1'b1;
        global_word_q <= offered;
      end
      if (invalidate_valid_o && own_named) own_q <= 1'b0;
      if (invalidate_valid_o && global_named) global_q <= 1'b0;
    end
  end

  for (genvar e = 0; e < ENTRIES; e++) begin : g_subset
    logic [UNIT_WIDTH-1:0] word;
    assign word = words[(e*BURST + watched_unit)*UNIT_WIDTH +: UNIT_WIDTH];
    always_comb begin : subset
      // What the array holds, the reference holds, and as the same word (behaviours 4 and 7).
      if (held_own[e]) assert (own_q && word == own_word_q);
      if (held_global[e]) assert (global_q && word == global_word_q);
      // What a scan has passed, and names, is gone.
      if (invalidating_q && e < 32'(age_q)) begin
        assert (!(held_own[e] && own_named));
        assert (!(held_global[e] && global_named));
      end
    end
  end

  // What may take it away: its eviction; where units hold their context, a fill of the same unit
  // for another address space; an invalidation that names it. (A range beyond the VPN's width names
  // nothing that anyone could have meant.)
  logic own_goes, global_goes, goes, keeps_own_q, keeps_global_q, asked_own_q, asked_global_q;
  assign goes = (offered_asked && !CONTEXT_IN_TAG) ||
                (invalidating_q && invalidate_page_q >> VPN_WIDTH != '0);
  assign own_goes = goes || (fill_evicted_o != '0 && held_own[fill_entry_o]) ||
                    (invalidating_q && own_named);
  assign global_goes = goes || (fill_evicted_o != '0 && held_global[fill_entry_o]) ||
                       (invalidating_q && global_named);
  always_ff @(posedge clk_i or negedge rst_ni) begin : expectations
    if (!rst_ni) begin
      keeps_own_q <= 1'b0;
      keeps_global_q <= 1'b0;
      asked_own_q <= 1'b0;
      asked_global_q <= 1'b0;
    end else begin
      keeps_own_q <= held_own != '0 && !own_goes;
      keeps_global_q <= held_global != '0 && !global_goes;
      asked_own_q <= offered_asked && offered_own;
      asked_global_q <= offered_asked && offered_global;
    end
  end

  logic watched_lookup;
  assign watched_lookup = lookup_valid_o && lookup_vpn_q == watched_vpn &&
      lookup_asid_q == watched_asid && lookup_vmid_q == watched_vmid &&
      lookup_realm_q == watched_realm;
  always_comb begin : watch
    if (watched_lookup && lookup_outcome_o == HIT) begin
      // No hit that no fill has installed since the last invalidation that named it was
      // acknowledged (behaviour 7).
      no_stale_hit: assert (own_q || global_q);
      // A hit returns the word that was filled, neighbours and Svnapot fragments included.
      hit_returns_filled: assert ((own_q && lookup_unit_o == own_word_q) ||
                                  (global_q && lookup_unit_o == global_word_q));
      store_has_dirty: assert (!lookup_store_q || lookup_unit_o[DIRTY]);
    end
    // What is held is hit, but by a store that has to set D.
    if (watched_lookup && (held_own | held_global) != '0 && !lookup_store_q) begin
      held_is_hit: assert (lookup_outcome_o == HIT);
    end
    // A page filled is there in the next cycle.
    if (asked_own_q) own_filled: assert (held_own != '0);
    if (asked_global_q) global_filled: assert (held_global != '0);
    // Nothing goes but for a reason: an invalidation clears no unit that it does not name
    // (behaviour 5), siblings of a fill in place stay (behaviour 2).
    if (keeps_own_q) own_stays: assert (held_own != '0);
    if (keeps_global_q) global_stays: assert (held_global != '0);
  end

  // ---- That none of this is true of nothing.
  always_comb begin : reached
    cover_hit: cover (watched_lookup && lookup_outcome_o == HIT);
    cover_miss_tag: cover (lookup_valid_o && lookup_outcome_o == MISS_TAG && live != '0);
    cover_miss_content: cover (lookup_valid_o && lookup_outcome_o == MISS_CONTENT);
    cover_eviction: cover (fill_valid_o && fill_evicted_o != '0);
    cover_in_place: cover (fill_valid_o && fill_in_place_o);
    cover_at_once: cover (invalidate_valid_o && age_q == '0 && invalidate_operation_q != ALL &&
                          invalidate_cleared_o != '0);
    cover_scan: cover (invalidate_valid_o && age_q != '0 && invalidate_cleared_o != '0);
    cover_scan_spares: cover (invalidate_valid_o && age_q != '0 && keeps_own_q);
    cover_global_hit: cover (watched_lookup && lookup_outcome_o == HIT && !own_q);
    cover_napot: cover (fill_valid_o && fill_napot_q && $countones(fill_written_o) == BURST);
  end
  if (BURST > 1) begin : g_reached
    always_comb begin : reached_with_siblings
      cover_miss_unit: cover (lookup_valid_o && lookup_outcome_o == MISS_UNIT);
      cover_two_units: cover (past_fill_q && past_q && $countones(past_written_q) == BURST);
      cover_sibling: cover (past_q && past_fill_q && past_in_place_q && keeps_own_q);
    end
  end
