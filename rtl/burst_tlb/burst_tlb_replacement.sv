// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// Victim selection of the burst TLB: tree pseudo-LRU or round robin, a state for each set.
// Model: models/common/replacement.h. Invalid ways are the owner's business.
//
// Contract
//   A lookup's touch comes before the fill of the same cycle: victim_o has seen it. Tree pseudo-LRU:
//   node n of the tree has the children 2n and 2n + 1; its bit points to the half to evict from, and
//   a touch turns the bits on its path away. Round robin advances where a victim is taken.
module burst_tlb_replacement #(
  parameter int SETS      = 1,
  parameter int WAYS      = 64,
  parameter bit TREE_PLRU = 1'b1,
  // Derived: leave them alone.
  parameter int WAY_WIDTH = WAYS > 1 ? $clog2(WAYS) : 1,
  parameter int SET_WIDTH = SETS > 1 ? $clog2(SETS) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 touch_i,        // a hit
  input  logic [SET_WIDTH-1:0] touch_set_i,
  input  logic [WAY_WIDTH-1:0] touch_way_i,
  input  logic                 fill_i,
  input  logic [SET_WIDTH-1:0] fill_set_i,
  input  logic [WAY_WIDTH-1:0] fill_way_i,     // touched; may depend on victim_o
  input  logic                 fill_evicts_i,  // the victim is taken
  output logic [WAY_WIDTH-1:0] victim_o
);

  if (WAYS == 1) begin : g_direct_mapped
    assign victim_o = '0;
    logic unused;
    assign unused = ^{clk_i, rst_ni, touch_i, touch_set_i, touch_way_i, fill_i, fill_set_i,
                      fill_way_i, fill_evicts_i};
  end else if (TREE_PLRU) begin : g_tree_plru
    logic [WAYS-1:0] tree_q [SETS];
    logic [WAYS-1:0] tree_touched, tree_filled, tree_seen;

    function automatic logic [WAYS-1:0] touched(
        input logic [WAYS-1:0] tree, input logic [WAY_WIDTH-1:0] way);
      logic [WAY_WIDTH-1:0] node;
      touched = tree;
      node = WAY_WIDTH'(1);
      for (int level = WAY_WIDTH - 1; level >= 0; level--) begin
        touched[node] = !way[level];
        node = node << 1 | WAY_WIDTH'(way[level]);
      end
    endfunction
    function automatic logic [WAY_WIDTH-1:0] victim(input logic [WAYS-1:0] tree);
      victim = WAY_WIDTH'(1);  // the root; at the end the leaf, its leading one shifted out
      for (int level = 0; level < WAY_WIDTH; level++) begin
        victim = victim << 1 | WAY_WIDTH'(tree[victim]);
      end
    endfunction

    always_comb begin : touch
      tree_touched = tree_q[touch_set_i];
      if (touch_i) tree_touched = touched(tree_q[touch_set_i], touch_way_i);
    end
    assign tree_seen = touch_set_i == fill_set_i ? tree_touched : tree_q[fill_set_i];
    always_comb begin : choose
      victim_o = '0;
      if (fill_i) victim_o = victim(tree_seen);
    end
    always_comb begin : fill
      tree_filled = tree_seen;
      if (fill_i) tree_filled = touched(tree_seen, fill_way_i);
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        for (int set = 0; set < SETS; set++) tree_q[set] <= '0;
      end else begin
        if (touch_i) tree_q[touch_set_i] <= tree_touched;
        if (fill_i) tree_q[fill_set_i] <= tree_filled;
      end
    end
    logic unused;
    assign unused = fill_evicts_i;
  end else begin : g_round_robin
    logic [WAY_WIDTH-1:0] next_q [SETS];
    assign victim_o = next_q[fill_set_i];
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        for (int set = 0; set < SETS; set++) next_q[set] <= '0;
      end else if (fill_evicts_i) begin
        next_q[fill_set_i] <= victim_o == WAY_WIDTH'(WAYS - 1) ? '0 : victim_o + WAY_WIDTH'(1);
      end
    end
    logic unused;
    assign unused = ^{touch_i, touch_set_i, touch_way_i, fill_i, fill_way_i};
  end
endmodule
