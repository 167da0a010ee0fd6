// Which geometries lie between others: by geometry of the plane.
#include "platform/report/area/geometry_hull.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kilburn::platform::report {
namespace {

RtlGeometry geometry(unsigned entries, unsigned burst) {
  return {.entries = entries, .ways = entries, .burst = burst};
}

TEST(GeometryHull, ATriangleHoldsItsCornersItsSidesAndItsMiddle) {
  // (log2 entries, log2 units): (4, 0), (4, 4), (8, 0).
  const GeometryHull hull({geometry(16, 1), geometry(16, 16), geometry(256, 1)});
  EXPECT_TRUE(hull.contains(geometry(16, 1)));
  EXPECT_TRUE(hull.contains(geometry(256, 1)));
  EXPECT_TRUE(hull.contains(geometry(16, 4)));  // a side
  EXPECT_TRUE(hull.contains(geometry(64, 4)));  // the long side: 6 - 4 + 2 = 4
  EXPECT_TRUE(hull.contains(geometry(32, 2)));  // within
}

TEST(GeometryHull, WhatIsLargeInBothIsNotBetweenWhatIsLargeInOne) {
  const GeometryHull hull({geometry(16, 1), geometry(16, 16), geometry(256, 1)});
  EXPECT_FALSE(hull.contains(geometry(256, 16)));
  EXPECT_FALSE(hull.contains(geometry(64, 8)));  // 6 - 4 + 3 > 4
  EXPECT_FALSE(hull.contains(geometry(65, 4)));  // hardly beyond the long side
  EXPECT_FALSE(hull.contains(geometry(8, 1)));
  EXPECT_FALSE(hull.contains(geometry(512, 1)));
}

TEST(GeometryHull, EntriesThatAreNoPowerOfTwoLieBetween) {
  const GeometryHull hull({geometry(24, 1), geometry(187, 1)});
  EXPECT_TRUE(hull.contains(geometry(100, 1)));
  EXPECT_FALSE(hull.contains(geometry(188, 1)));
}

TEST(GeometryHull, NothingLiesBetweenNone) {
  EXPECT_FALSE(GeometryHull({}).contains(geometry(16, 1)));
}

TEST(GeometryHull, AnotherAssociativityIsAnotherPlace) {
  const GeometryHull hull({geometry(16, 4), geometry(256, 4)});
  EXPECT_TRUE(hull.contains(geometry(64, 4)));
  EXPECT_FALSE(hull.contains({.entries = 64, .ways = 8, .burst = 4}));
}

TEST(GeometryHull, TheContextsPlaceAndWidthsAreNotMixed) {
  const GeometryHull hull({geometry(16, 4), geometry(256, 4)});
  RtlGeometry other = geometry(64, 4);
  other.context_in_tag = 0;
  EXPECT_FALSE(hull.contains(other));
  other = geometry(64, 4);
  other.vpn_width = 36;
  EXPECT_FALSE(hull.contains(other));
}

TEST(GeometryHull, OfEachKindOneMustBeThere) {
  RtlGeometry round_robin = geometry(64, 4), single = geometry(64, 4);
  round_robin.tree_plru = 0;
  single.line_fill = 0;
  const GeometryHull without({geometry(16, 4), geometry(256, 4)});
  EXPECT_FALSE(without.contains(round_robin));
  EXPECT_FALSE(without.contains(single));
  EXPECT_TRUE(without.lacks_kind_of(single));
  RtlGeometry other = geometry(256, 4);
  other.tree_plru = 0;
  const GeometryHull with({geometry(16, 4), geometry(256, 4), other});
  EXPECT_TRUE(with.contains(round_robin));
  EXPECT_FALSE(with.contains(single));
  EXPECT_FALSE(with.lacks_kind_of(round_robin));
}

TEST(GeometryHull, CornersAreThoseOfTheConvexPolygonAndNotThoseThatAreKnown) {
  std::vector<RtlGeometry> grid;
  for (unsigned entries = 16; entries <= 256; entries += 8) {
    for (const unsigned burst : {1u, 2u, 4u, 8u, 16u}) grid.push_back(geometry(entries, burst));
  }
  auto corners = corners_beyond(GeometryHull({}), grid);
  std::ranges::sort(corners, {}, to_text);
  EXPECT_EQ(corners,
            (std::vector{geometry(16, 1), geometry(16, 16), geometry(256, 1), geometry(256, 16)}));
  EXPECT_EQ(
      corners_beyond(GeometryHull({geometry(16, 1), geometry(16, 16), geometry(256, 1)}), grid),
      std::vector{geometry(256, 16)});
  EXPECT_TRUE(corners_beyond(GeometryHull(corners), grid).empty());
}

TEST(GeometryHull, ManyPointsOnOnePlaceAreNoTrouble) {
  std::vector<RtlGeometry> spanning;
  for (int i = 0; i < 40; ++i) {
    spanning.push_back(geometry(16, 1));
    spanning.push_back(geometry(64, 16));
  }
  const GeometryHull hull(spanning);
  EXPECT_TRUE(hull.contains(geometry(32, 4)));
  EXPECT_FALSE(hull.contains(geometry(32, 8)));
}

}  // namespace
}  // namespace kilburn::platform::report
