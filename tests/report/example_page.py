"""Tests of the page of the example database: charts, filters, table, print."""
import base64
import math
import re
import sqlite3

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

import browser_page as here
import example_database
from browser_page import PATIENCE


def rows_of(database, query):
    connection = sqlite3.connect(database)
    found = connection.execute(query).fetchall()
    connection.close()
    return found


def front_of(places, tolerance):
    """Keys of {key: (cost, badness)} on the front: nothing on it is better at an equal cost or less. From the best on."""
    front = set()
    for key, (x, y) in sorted(places.items(), key=lambda one: (one[1][1], one[1][0])):
        beats = lambda a, b: (b < y and a <= (1 + tolerance) * x) or (b == y and a < x)
        if not any(beats(*places[other]) for other in front):
            front.add(key)
    return front


def in_hull(place, known):
    """Is (entries, units) in the convex hull of the known, by log2? Some triangle, or segment, of them holds it."""
    log = lambda pair: (math.log2(pair[0]), math.log2(pair[1]))
    x, y = log(place)
    side = lambda a, b: (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
    points = [log(pair) for pair in known]
    for a in points:
        for b in points:
            for c in points:
                sides = (side(a, b), side(b, c), side(c, a))
                box = min(a[0], b[0], c[0]) <= x <= max(a[0], b[0], c[0]) and min(a[1], b[1], c[1]) <= y <= max(a[1], b[1], c[1])
                if box and (all(s >= -1e-9 for s in sides) or all(s <= 1e-9 for s in sides)):
                    return True
    return False


class Example(here.Page):
    name = "example"
    make = staticmethod(example_database.example)

    def setUp(self):
        self.open()

    def test_the_header_says_what_the_sweep_is(self):
        text = here.browser.find_element(By.TAG_NAME, "header").text
        for expected in ("units per tag", "398 done", "2", "graph, sort, database, key_value", "0.1.0"):
            self.assertIn(expected, text)
        here.browser.find_element(By.CSS_SELECTOR, "#space summary").click()
        self.assertIn("16, 32, 64, 128, 256", here.browser.find_element(By.ID, "axes").text)

    def test_every_chart_has_its_marks(self):
        self.assertEqual(len(self.marks("pareto", "points")), 50)
        self.assertEqual(len(self.marks("heatMap", "cells")), 25)
        self.assertGreater(len(self.marks("stacks", "bars")), 0)
        for chart in ("pareto", "heat_map", "stacks"):
            colours = here.browser.execute_script("""
              const canvas = document.querySelector(`#${arguments[0]}_chart canvas`);
              const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              const seen = new Set();
              for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
              return seen.size;""", chart)
            self.assertGreater(colours, 10, chart)

    def test_the_front_is_the_one_that_the_database_says(self):
        # Geometric mean over workloads of the mean over seeds, from SQL; dominated by definition.
        points = {}
        for number, workload in rows_of(self.database, "SELECT number, workload FROM points WHERE state = 'done'"):
            values = dict(rows_of(self.database, f"""SELECT path, value FROM statistics JOIN statistic_names
                ON id = statistic WHERE point = {number}"""))
            key = tuple(value for (value,) in rows_of(
                self.database, f"SELECT value FROM point_values WHERE point = {number} AND axis > 1 ORDER BY axis"))
            misses = sum(values[f"mmu.dtlb.miss_{kind}"] for kind in ("tag", "unit", "content"))
            mpki = 1000 * misses / values["platform.instructions"]
            points.setdefault(key, {}).setdefault(workload, []).append((values["mmu.dtlb.storage_bits"], mpki))
        means = {}
        for key, workloads in points.items():
            self.assertEqual(len(workloads), 4)
            logs = [math.log(sum(mpki for _, mpki in seeds) / len(seeds)) for seeds in workloads.values()]
            means[key] = (next(iter(workloads.values()))[0][0], math.exp(sum(logs) / 4))
        front = front_of(means, 0)
        here.script("page.pareto.tolerance = 0; await page.pareto.update(); return true;")
        drawn = here.script("""return page.pareto.result.data.map(one => ({
            key: page.sweep.axes.map(axis => axis.values[axis.index[one.points[0]]]), x: one.x, y: one.y, front: one.front}));""")
        self.assertEqual({tuple(one["key"]) for one in drawn if one["front"]}, front)
        self.assertGreater(len(front), 3)
        for one in drawn:
            x, y = means[tuple(one["key"])]
            self.assertAlmostEqual(one["x"], x, delta=1e-9 * x)
            self.assertAlmostEqual(one["y"], y, delta=1e-9 * y)

    def test_costs_within_the_tolerance_count_as_equal(self):
        for share in (0.02, 0.3):
            field = next(one for one in here.browser.find_elements(By.CSS_SELECTOR, "#pareto label.number")
                         if one.text.startswith("costs equal within")).find_element(By.TAG_NAME, "input")
            if share != 0.02:  # which is the default
                field.clear()
                field.send_keys(f"{100 * share:g}", Keys.TAB)
            here.script("await page.pareto.update(); return true;")
            drawn = here.script("return page.pareto.result.data.map(({id, x, y, front}) => ({id, x, y, front}));")
            self.assertEqual({one["id"] for one in drawn if one["front"]},
                             front_of({one["id"]: (one["x"], one["y"]) for one in drawn}, share))
            self.assertIn(f"costs within {100 * share:g} % of each other count as equal",
                          here.browser.find_element(By.CSS_SELECTOR, "#pareto .caption").text)

    def test_marks_are_coloured_by_what_varies_among_them(self):
        varied = lambda: [option.get_attribute("value") for option in here.browser.find_elements(
            By.XPATH, "//section[@id='pareto']//label[starts-with(., 'colour by')]//option") if option.get_attribute("value")]
        coloured = lambda: here.script("return page.pareto.result.colouredBy?.path ?? null;")
        self.assertEqual(coloured(), "mmu.dtlb.units_per_tag")
        self.assertEqual(varied(), ["mmu.dtlb.entries", "mmu.dtlb.units_per_tag", "mmu.dtlb.fill"])
        self.filter("dtlb.units_per_tag", "8")
        self.assertEqual(coloured(), "mmu.dtlb.fill")
        self.assertEqual(varied(), ["mmu.dtlb.entries", "mmu.dtlb.fill"])
        self.filter("dtlb.fill", "line")
        self.filter("dtlb.entries", "64")
        self.assertIsNone(coloured())
        self.assertEqual(varied(), [])
        self.filter("dtlb.units_per_tag", "all")
        self.assertEqual(coloured(), "mmu.dtlb.units_per_tag")

    def filter(self, label, text):
        for element in here.browser.find_elements(By.CSS_SELECTOR, "#filters label"):
            if element.text.split("\n")[0] == label:
                Select(element.find_element(By.TAG_NAME, "select")).select_by_visible_text(text)
                here.script("await Promise.all([page.pareto, page.heatMap, page.stacks, page.table].map(part => part.update())); return true;")
                return
        self.fail(f"no filter {label}")

    def test_captions_have_the_figures_of_what_is_drawn(self):
        caption = lambda section: here.browser.find_element(By.CSS_SELECTOR, f"#{section} .caption").text
        shares = {}
        for kind in ("tag", "unit", "content"):
            shares[kind] = rows_of(self.database, f"""SELECT avg(x) FROM (SELECT avg(1000.0 * m.value / i.value) AS x FROM statistics AS m
                JOIN statistics AS i ON i.point = m.point AND i.statistic = (SELECT id FROM statistic_names WHERE path = 'platform.instructions')
                JOIN point_values AS u ON u.point = m.point AND u.axis = 3
                WHERE m.statistic = (SELECT id FROM statistic_names WHERE path = 'mmu.dtlb.miss_{kind}') GROUP BY u.value)""")[0][0]
        whole = sum(shares.values())
        for kind, words in (("tag", "no entry has the tag"), ("unit", "not this unit"), ("content", "their content differs")):
            self.assertIn(f"{words}: {100 * shares[kind] / whole:.3g} %", caption("stacks"))
        # One unit a tag: no miss of a unit, and nothing is said of any.
        self.filter("dtlb.units_per_tag", "1")
        self.assertNotIn("unit:", caption("stacks"))
        self.assertEqual(here.script("return page.heatMap.directionSentence(page.sweep.axes[0], page.sweep.axes[1], [{x: 1, y: 1, value: 3}, {x: 2, y: 1, value: 3}]);"),
                         "All cells have the same value. ")

    def test_where_no_point_passes_the_filters_each_part_says_so(self):
        # Both points of this combination failed.
        self.filter("workload", "graph")
        self.filter("seed", "1")
        self.filter("dtlb.entries", "16")
        self.filter("dtlb.units_per_tag", "8")
        self.filter("dtlb.fill", "line")
        for part in ("pareto_chart", "heat_map_chart", "stacks_chart"):
            self.assertIn("No finished point has workload graph and seed 1 and dtlb.entries 16", here.browser.find_element(By.ID, part).text)
            self.assertEqual(here.browser.find_elements(By.CSS_SELECTOR, f"#{part} canvas"), [])
        for part in ("pareto", "heat_map", "stacks"):
            self.assertEqual(here.browser.find_element(By.CSS_SELECTOR, f"#{part} .caption").text, "")
        here.browser.find_element(By.ID, "search").send_keys("no such text")
        self.assertIn("No finished point has workload graph", here.browser.find_element(By.ID, "table").text)

    def test_each_workload_gets_its_own_front(self):
        self.choose("pareto", "workloads", "each by colour")
        lines = here.script("return [...new Set(page.pareto.result.front.map(one => one.line))].sort();")
        self.assertEqual(lines, ["database", "graph", "key_value", "sort"])
        drawn = here.script("return page.pareto.result.front.length;")
        self.assertEqual(len(self.marks("pareto", "front")), drawn)

    def test_more_is_better_where_it_is_reach(self):
        self.choose("pareto", "benefit (up)", "dtlb reach")
        data = here.script("return page.pareto.result.data.map(({x, y, front}) => ({x, y, front}));")
        for one in data:
            one["y"] = -one["y"]
        front = front_of({i: (one["x"], one["y"]) for i, one in enumerate(data)}, 0.02)
        self.assertEqual({i for i, one in enumerate(data) if one["front"]}, front)

    def test_estimates_are_hollow_and_those_beyond_are_diamonds_on_no_front(self):
        self.choose("pareto", "cost (across)", "dtlb gates of logic")
        marks = self.marks("pareto", "points")
        card = here.browser.execute_script("return getComputedStyle(document.documentElement).getPropertyValue('--card').trim();")
        data = here.script("""return page.pareto.result.data.map(one => ({id: one.id, front: one.front, x: one.x, y: one.y,
            entries: Number(page.sweep.axes[0].values[page.sweep.axes[0].index[one.points[0]]]),
            units: Number(page.sweep.axes[1].values[page.sweep.axes[1].index[one.points[0]]]),
            fill: page.sweep.axes[2].values[page.sweep.axes[2].index[one.points[0]]]}));""")
        known = [(16, 1), (16, 8), (64, 1), (64, 4), (64, 8), (256, 2), (256, 16), (32, 16)]
        # All with line fill: of single fill, of which none is synthesised, only what has one unit is known.
        kinds = {"synthesised": set(), "between": set(), "beyond": set()}
        for one in data:
            place = (one["entries"], one["units"])
            if one["fill"] == "single" and one["units"] > 1:
                kind = "beyond"
            elif place in known:
                kind = "synthesised"
            else:
                kind = "between" if in_hull(place, known) else "beyond"
            kinds[kind].add(one["id"])
        for kind, ids in kinds.items():
            self.assertGreater(len(ids), 3, kind)
        self.assertEqual({mark["id"] for mark in marks if mark["fill"] != card}, kinds["synthesised"])
        self.assertEqual({mark["id"] for mark in marks if mark["shape"] == "diamond"}, kinds["beyond"])
        inside = {one["id"]: (one["x"], one["y"]) for one in data if one["id"] not in kinds["beyond"]}
        self.assertEqual({one["id"] for one in data if one["front"]}, front_of(inside, 0.02))
        caption = here.browser.find_element(By.CSS_SELECTOR, "#pareto .caption").text
        self.assertIn(f"Filled marks ({len(kinds['synthesised'])})", caption)
        self.assertIn(f"Hollow circles ({len(kinds['between'])})", caption)
        self.assertIn(f"{len(kinds['beyond'])} open diamonds lie beyond", caption)
        # Which of the eight lie between the other seven: by the same test.
        tested = sum(in_hull(one, [other for other in known if other != one]) for one in known)
        self.assertIn(f"Of 8 synthesised geometries {tested} lie", caption)
        details = self.click_at(next(mark for mark in marks if mark["id"] in kinds["beyond"]))
        self.assertIn("estimated beyond the synthesised geometries", details.text)
        self.close_details()

    def test_gates_plus_storage_have_the_weights_that_the_page_shows(self):
        self.choose("pareto", "cost (across)", "dtlb gates of logic")
        title = lambda: " ".join(here.script("""return [page.pareto.chart.view.scenegraph().root].flatMap(function visit(item) {
            return [...item.text ? [item.text].flat() : [], ...(item.items ?? []).flatMap(visit)]; });"""))
        self.assertIn("without flip-flops and the units' memory", title())
        self.assertFalse(here.browser.find_element(By.ID, "weights").is_displayed())
        self.choose("pareto", "cost (across)", "dtlb gates plus storage")
        self.assertIn("gates + 6 × flip-flops + 1.5 × bits of units' memory", title())
        fields = here.browser.find_elements(By.CSS_SELECTOR, "#weights input")
        self.assertEqual([field.get_attribute("value") for field in fields], ["6", "1.5"])
        for field, text in zip(fields, ("4", "0.5")):
            field.clear()
            field.send_keys(text, Keys.TAB)
        here.script("await page.pareto.update(); return true;")
        self.assertIn("gates + 4 × flip-flops + 0.5 × bits", title())
        sums = here.script("""const [gates, flips] = [await page.sweep.column('mmu.dtlb.gates'), await page.sweep.column('mmu.dtlb.flip_flops')];
            return page.pareto.result.data.map(one => [one.x, gates[one.points[0]], flips[one.points[0]],
              page.sweep.axes[0].values[page.sweep.axes[0].index[one.points[0]]] * page.sweep.axes[1].values[page.sweep.axes[1].index[one.points[0]]]]);""")
        for total, gates, flips, units in sums:
            self.assertAlmostEqual(total, gates + 4 * flips + 0.5 * units * 60)  # PFN of 44 bits and 16
        fields[0].clear()
        fields[0].send_keys("-1", Keys.TAB)
        self.assertIn("wrong", fields[0].get_attribute("class"))
        self.assertIn("gates + 4 × flip-flops", title())

    def test_on_a_phone_nothing_scrolls_sideways_and_controls_are_reached(self):
        try:
            here.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True})
            self.open()
            self.assertEqual(here.browser.execute_script("return document.documentElement.scrollWidth;"), 390)
            here.browser.find_element(By.CSS_SELECTOR, "#space summary").click()
            self.choose("pareto", "cost (across)", "dtlb gates plus storage")
            self.assertEqual(here.browser.execute_script("return document.documentElement.scrollWidth;"), 390)
            cut = here.browser.execute_script("""
              return [...document.querySelectorAll('#filters select, .controls select, .controls input, .controls button, .chart canvas')]
                .filter(one => one.offsetParent && (one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > 390)).length;""")
            self.assertEqual(cut, 0)
            self.assertGreater(len(self.marks("pareto", "points")), 40)
            self.screenshot("report_phone.png", 390)
        finally:
            here.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def test_on_paper_nothing_is_cut(self):
        # What the page is while it is printed: a sheet of A4 less its margins.
        here.browser.execute_script("window.dispatchEvent(new Event('beforeprint'));")
        here.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        here.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                {"width": 703, "height": 1000, "deviceScaleFactor": 1, "mobile": False})
        try:
            here.script("return true;")
            rows = here.browser.execute_script("return document.querySelectorAll('#table tr[data-point]').length;")
            self.assertEqual(rows, 400)
            cut = here.browser.execute_script("""
              return [...document.querySelectorAll('canvas, td, th, p, h1, h2, dd, .table, .chart')].filter(one => one.getClientRects().length)
                .filter(one => one.getBoundingClientRect().right > 704 || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible')
                .map(one => one.outerHTML.slice(0, 80));""")
            self.assertEqual(cut, [])
            self.assertTrue(here.browser.find_element(By.ID, "axes").is_displayed())
            self.assertIn("all points", here.browser.find_element(By.ID, "printed_filters").text)
        finally:
            here.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            here.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
            here.browser.execute_script("window.dispatchEvent(new Event('afterprint'));")
        self.assertLess(len(here.browser.find_elements(By.CSS_SELECTOR, "#table tr[data-point]")), 80)
        printed = base64.b64decode(here.browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
        (here.arguments.folder / "report.pdf").write_bytes(printed)
        # 400 rows on sheets across, at most 50 each, and the charts: the browser itself told the page to get ready.
        self.assertGreater(len(re.findall(rb"/Type\s*/Page\b", printed)), 8)

    def choose(self, section, label, text):
        for element in here.browser.find_elements(By.CSS_SELECTOR, f"#{section} label"):
            if element.text.split("\n")[0] == label:
                Select(element.find_element(By.TAG_NAME, "select")).select_by_visible_text(text)
                here.script("await page[values[0]].update(); return true;", {"pareto": "pareto", "heat_map": "heatMap", "stacks": "stacks"}[section])
                return
        self.fail(f"no control {label} in {section}")

    def test_a_click_on_a_mark_opens_the_point_with_its_command(self):
        marks = self.marks("pareto", "points")
        target = next(mark for mark in marks if mark["front"])
        details = self.click_at(target)
        points = here.script("return page.pareto.result.data[values[0]].points.map(i => page.sweep.number[i]);", target["id"])
        command = details.find_element(By.CSS_SELECTOR, "pre.command").text
        self.assertEqual(command, rows_of(self.database, f"SELECT command FROM points WHERE number = {int(points[0])}")[0][0])
        self.assertEqual(len(Select(details.find_element(By.TAG_NAME, "select")).options), 8)  # workloads x seeds
        Select(details.find_element(By.TAG_NAME, "select")).select_by_index(3)
        WebDriverWait(here.browser, PATIENCE).until(lambda _: details.find_element(By.CSS_SELECTOR, "pre.command").text != command)
        self.assertEqual(details.find_element(By.CSS_SELECTOR, "pre.command").text,
                         rows_of(self.database, f"SELECT command FROM points WHERE number = {int(points[3])}")[0][0])
        for expected in ("mmu.dtlb.entries", "storage_bits", "lookups", "platform.cycles"):
            self.assertIn(expected, details.text)
        details.find_element(By.CSS_SELECTOR, "details.configuration summary").click()
        WebDriverWait(here.browser, PATIENCE).until(lambda _: "[clock]" in details.find_element(By.CSS_SELECTOR, "pre.long").text)
        self.assertRegex(details.find_element(By.CSS_SELECTOR, "pre.long").text, r"\[mmu\.dtlb\][^[]*units_per_tag = \d+")
        self.close_details()

    def test_a_click_on_a_cell_and_on_a_bar_opens_their_points(self):
        cells = self.marks("heatMap", "cells")
        details = self.click_at(cells[0])
        self.assertIn("--set mmu.dtlb.entries=16 --set mmu.dtlb.units_per_tag=1", details.find_element(By.CSS_SELECTOR, "pre.command").text)
        self.close_details()
        details = self.click_at(self.marks("stacks", "bars")[0])
        self.assertIn("kilburn run", details.text)
        self.close_details()

    def test_a_cell_is_the_mean_of_its_points(self):
        expected = rows_of(self.database, """
          SELECT avg(1000.0 * m.misses / i.value) FROM (
            SELECT point, sum(value) AS misses FROM statistics JOIN statistic_names ON id = statistic
            WHERE path LIKE 'mmu.dtlb.miss%' GROUP BY point) AS m
          JOIN statistics AS i ON i.point = m.point
            AND i.statistic = (SELECT id FROM statistic_names WHERE path = 'platform.instructions')
          JOIN point_values AS e ON e.point = m.point AND e.axis = 2 AND e.value = '64'
          JOIN point_values AS u ON u.point = m.point AND u.axis = 3 AND u.value = '8'""")[0][0]
        cell = here.script("return page.heatMap.cells.find(one => one.x === '64' && one.y === '8').value;")
        self.assertAlmostEqual(cell, expected, delta=1e-9 * expected)

    def test_the_table_filters_and_sorts(self):
        count = here.browser.find_element(By.ID, "row_count")
        self.assertEqual(count.text, "400 of 400 points")
        field = lambda key: here.browser.find_element(By.CSS_SELECTOR, f'#table input[data-key="{key}"]')
        field("mmu.dtlb.entries").send_keys("32..64")
        field("mmu.dtlb.fill").send_keys("lin")
        where = """FROM points JOIN point_values AS e ON e.point = number AND e.axis = 2 AND e.value + 0 BETWEEN 32 AND 64
          JOIN point_values AS f ON f.point = number AND f.axis = 4 AND f.value = 'line'"""
        self.assertEqual(count.text, f"{rows_of(self.database, 'SELECT count(*) ' + where)[0][0]} of 400 points")
        field("state").send_keys("done")
        here.browser.find_element(By.CSS_SELECTOR, '#table th[data-key="mmu.dtlb.hit_rate"] button:not(.drop)').click()
        here.browser.find_element(By.CSS_SELECTOR, '#table th[data-key="mmu.dtlb.hit_rate"] button:not(.drop)').click()
        expected = [number for (number,) in rows_of(self.database, "SELECT number " + where + """
          JOIN statistics AS s ON s.point = number AND s.statistic =
            (SELECT id FROM statistic_names WHERE path = 'mmu.dtlb.hit_rate')
          WHERE state = 'done' ORDER BY s.value DESC, number""")]
        self.assertEqual(here.script("return page.table.rows.map(i => page.sweep.number[i]);"), expected)
        first = here.browser.find_element(By.CSS_SELECTOR, "#table tr[data-point] td").text
        self.assertEqual(first, str(expected[0]))
        field("mmu.dtlb.entries").send_keys("x")
        self.assertIn("wrong", field("mmu.dtlb.entries").get_attribute("class"))
        here.browser.find_element(By.XPATH, "//button[text()='Clear filters']").click()
        WebDriverWait(here.browser, PATIENCE).until(lambda _: count.text == "400 of 400 points")
        here.browser.find_element(By.ID, "search").send_keys("the walk says")
        self.assertEqual(count.text, "2 of 400 points")

    def test_a_failed_point_shows_its_message(self):
        here.browser.find_element(By.CSS_SELECTOR, '#table input[data-key="state"]').send_keys("failed")
        here.browser.find_element(By.CSS_SELECTOR, "#table tr[data-point]").click()
        details = here.browser.find_element(By.ID, "details")
        WebDriverWait(here.browser, PATIENCE).until(lambda _: details.is_displayed())
        self.assertIn("the walk says 0x80214", details.find_element(By.CSS_SELECTOR, "pre.message").text)
        self.close_details()

    def test_filters_at_the_top_fix_an_axis_for_all_charts(self):
        Select(here.browser.find_elements(By.CSS_SELECTOR, "#filters select")[0]).select_by_visible_text("sort")
        WebDriverWait(here.browser, PATIENCE).until(lambda _: "99 points" in here.browser.find_element(By.ID, "filters").text)
        here.script("await Promise.all([page.pareto.update(), page.table.update()]); return true;")
        self.assertEqual(here.script("return [...new Set(page.table.rows.map(i => page.sweep.workload.values[page.sweep.workload.index[i]]))];"),
                         ["../traces/sort.ktrace"])
        self.assertTrue(here.script("return page.pareto.result.data.every(one => one.points.length <= 2);"))

    def test_keys_step_through_a_chart_and_the_table(self):
        chart = here.browser.find_element(By.ID, "pareto_chart")
        here.browser.execute_script("arguments[0].focus();", chart)
        ActionChains(here.browser).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).perform()
        self.assertIn("storage bits", here.browser.find_element(By.ID, "said").text)
        ActionChains(here.browser).send_keys(Keys.ENTER).perform()
        details = here.browser.find_element(By.ID, "details")
        WebDriverWait(here.browser, PATIENCE).until(lambda _: details.is_displayed())
        self.assertIn("kilburn run", details.text)
        self.close_details()
        self.assertEqual(here.browser.switch_to.active_element.get_attribute("id"), "pareto_chart")
        row = here.browser.find_element(By.CSS_SELECTOR, "#table tr[data-point]")
        here.browser.execute_script("arguments[0].focus();", row)
        ActionChains(here.browser).send_keys(*[Keys.ARROW_DOWN] * 30).perform()
        self.assertEqual(here.browser.switch_to.active_element.get_attribute("data-row"), "30")

    def test_nothing_shifts_while_the_page_loads(self):
        shift = here.browser.execute_async_script("""
          const done = arguments[0];
          let sum = 0;
          new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value; })
            .observe({type: 'layout-shift', buffered: true});
          setTimeout(() => done(sum), 500);""")
        self.assertLess(shift, 0.02)

    def test_a_screenshot_is_kept(self):
        self.screenshot("report.png")
        self.assertGreater((here.arguments.folder / "report.png").stat().st_size, 30_000)
