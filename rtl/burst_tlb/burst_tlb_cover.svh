// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// Functional coverage of burst_tlb.sv, within it: what a stimulus has to bring about. `coverage`
// counts. A point that a geometry cannot reach is not there.
  wire cover_place = fill_q && !covered;  // the fill needs a way
  wire cover_both = lookup_q && fill_q;
  wire cover_scan = invalidate_done && !invalidate_at_once;

  c_hit: cover property (@(posedge clk_i) hit);
  c_hit_store: cover property (@(posedge clk_i) hit && lookup_store_q);
  c_miss_tag: cover property (@(posedge clk_i) lookup_q && outcome == MISS_TAG);
  c_store_to_clean_unit: cover property (@(posedge clk_i)
      lookup_q && outcome == MISS_CONTENT && lookup_store_q && !unit[DIRTY]);

  c_fill_in_place: cover property (@(posedge clk_i) fill_q && covered);
  c_fill_free_way: cover property (@(posedge clk_i) cover_place && |free);
  c_fill_evicts: cover property (@(posedge clk_i) evicts);
  c_fill_fragment: cover property (@(posedge clk_i) fill_q && writes_fragment);
  c_fill_napot: cover property (@(posedge clk_i) fill_q && fill_napot_q);
  c_lookup_misses_what_is_filled: cover property (@(posedge clk_i)
      cover_both && !hit && lookup_vpn_q == fill_vpn_q && lookup_asid_q == fill_asid_q);
  c_lookup_and_fill_of_one_set: cover property (@(posedge clk_i)
      cover_both && set_of(lookup_vpn_q) == set_of(fill_vpn_q));

  // `all` has the array for one cycle; the rest, but for one page by VA, scan it.
  c_all: cover property (@(posedge clk_i) invalidate_done && invalidate_operation_q == ALL);
  c_by_va_asid_at_once: cover property (@(posedge clk_i)
      invalidate_done && invalidate_at_once && invalidate_operation_q == BY_VA_ASID);
  c_by_va_at_once: cover property (@(posedge clk_i)
      invalidate_done && invalidate_at_once && invalidate_operation_q == BY_VA);
  c_at_once_clears: cover property (@(posedge clk_i)
      invalidate_done && invalidate_at_once && invalidate_operation_q != ALL && cleared != '0);
  c_by_vmid_scan: cover property (@(posedge clk_i) cover_scan && invalidate_operation_q == 3'd1);
  c_by_asid_scan: cover property (@(posedge clk_i) cover_scan && invalidate_operation_q == 3'd2);
  c_by_va_asid_scan: cover property (@(posedge clk_i)
      cover_scan && invalidate_operation_q == BY_VA_ASID);
  c_by_va_scan: cover property (@(posedge clk_i) cover_scan && invalidate_operation_q == BY_VA);
  c_by_realm_scan: cover property (@(posedge clk_i) cover_scan && invalidate_operation_q == 3'd5);
  c_by_frame_scan: cover property (@(posedge clk_i) cover_scan && invalidate_operation_q == 3'd6);
  c_one_page_by_va_scan_for_fragments: cover property (@(posedge clk_i)
      cover_scan && invalidate_operation_q == BY_VA && invalidate_pages_q == RANGE_WIDTH'(1));
  c_scan_clears: cover property (@(posedge clk_i) cover_scan && cleared != '0);
  c_waits_for_a_scan: cover property (@(posedge clk_i)
      invalidate_q && !invalidate_last && (lookup_valid_i || fill_valid_i || invalidate_valid_i));

  if (BURST > 1) begin : g_cover_units
    c_miss_unit: cover property (@(posedge clk_i) lookup_q && outcome == MISS_UNIT);
    c_evicts_several: cover property (@(posedge clk_i) $countones(evicted) > 1);
  end
  if (BURST > 2 && LINE_FILL) begin : g_cover_line
    c_line_beside_survivor: cover property (@(posedge clk_i)
        covered && $countones(written) > 1 && |(survivors & ~written));
    c_neighbour_spares_survivor: cover property (@(posedge clk_i)
        |(survivors & fill_neighbours_valid_q & ~written));
  end
  if (CONTEXT_IN_TAG && WAYS > 1) begin : g_cover_global
    c_hit_global_beside_own_tag: cover property (@(posedge clk_i)
        hit && |own_match && candidate_match == global_match);
    c_hit_own_beside_global_tag: cover property (@(posedge clk_i)
        hit && |global_match && candidate_match == own_match);
    c_at_once_in_two_contexts: cover property (@(posedge clk_i) $countones(named) > 1);
  end
  if (!CONTEXT_IN_TAG) begin : g_cover_context
    c_miss_context: cover property (@(posedge clk_i)
        lookup_q && outcome == MISS_CONTENT && !(lookup_store_q && !unit[DIRTY]));
    c_at_once_spares_context: cover property (@(posedge clk_i)
        invalidate_done && invalidate_at_once && |named && !context_matches);
  end
  if (TREE_PLRU && WAYS > 1) begin : g_cover_touch
    wire [WAYS-1:0] tree = u_replacement.g_tree_plru.tree_q[set_of(fill_vpn_q)];
    c_touch_decides_victim: cover property (@(posedge clk_i)
        evicts && victim_way != u_replacement.g_tree_plru.victim(tree));
  end
