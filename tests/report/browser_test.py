#!/usr/bin/env python3
"""kilburn report in a real browser: headless Chromium opens pages made from databases made here.

browser_test.py --kilburn PROGRAM --folder FOLDER [TEST ...]

Pages and screenshots stay in FOLDER.
"""
import argparse
import json
import math
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ImportError:
    sys.exit("browser_test.py needs Debian's python3-selenium, chromium and chromium-driver")

import example_database

PATIENCE = 30  # seconds, for what normally takes one
OPENS_WITHIN = 15  # seconds, 10,000 points: 2 s on an idle machine; CI's may be slow and shared
arguments = None
browser = None


def start_browser(profile):
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--force-device-scale-factor=1", "--window-size=1320,1000", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = shutil.which("chromedriver") or sys.exit("browser_test.py needs Debian's chromium-driver")
    started = webdriver.Chrome(service=Service(driver), options=options)
    started.set_page_load_timeout(PATIENCE)
    started.set_script_timeout(PATIENCE)
    return started


def report(name, make):
    """Makes the database by `make(path)` and the page; returns both paths."""
    database, page = arguments.folder / f"{name}.db", arguments.folder / f"{name}.html"
    database.unlink(missing_ok=True)
    make(database)
    subprocess.run([arguments.kilburn, "report", database, "-o", page], check=True, capture_output=True, timeout=300)
    return database, page


def script(text, *values):
    """Runs JavaScript in which `page` is the page's parts; a promise is awaited."""
    return browser.execute_async_script(
        "const [done, ...values] = [arguments[arguments.length - 1], ...[...arguments].slice(0, -1)];"
        "window.kilburn.then(async page => { " + text + " }).then(done, error => done('error: ' + error));", *values)


def rows_of(database, query):
    connection = sqlite3.connect(database)
    found = connection.execute(query).fetchall()
    connection.close()
    return found


class Page(unittest.TestCase):
    """One page, opened once for all tests of the class; after each, the console must be empty."""
    name = None
    make = None
    dark = False

    @classmethod
    def setUpClass(cls):
        cls.database, cls.page = report(cls.name, cls.make)
        browser.get_log("performance")
        browser.get_log("browser")
        cls.open()

    @classmethod
    def open(cls):
        scheme = "dark" if cls.dark else "light"
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        started = time.monotonic()
        browser.get(cls.page.as_uri())
        script("return true;")
        cls.seconds = time.monotonic() - started

    def tearDown(self):
        self.assertEqual(browser.get_log("browser"), [], "the console says something")
        requests = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
        # The browser itself asks for its own pages; what counts is asked for by this document.
        urls = [one["params"]["request"]["url"] for one in requests if one["method"] == "Network.requestWillBeSent"
                and one["params"]["documentURL"].startswith("file:")]
        outside = [url for url in urls if not url.startswith(("file:", "data:", "blob:"))]
        files = {url.split("#")[0] for url in urls if url.startswith("file:")}
        self.assertEqual(outside, [], "the page asks for something on the network")
        self.assertLessEqual(files, {self.page.as_uri()}, "the page asks for another file")
        self.assertIsNone(browser.execute_script("return window.hacked ?? null;"))

    def marks(self, chart, name):
        """Places of a chart's marks in the window, in the order of the data."""
        return script("""
          const chart = page[values[0]].chart, found = [];
          const visit = (item, x, y) => {
            if (item.marktype) {
              if (item.name === values[1]) for (const one of item.items) {
                const b = one.bounds;
                found.push({x: x + (b.x1 + b.x2) / 2, y: y + (b.y1 + b.y2) / 2, id: one.datum.id, front: one.datum.front ?? null, fill: one.fill});
              }
              for (const one of item.items) if (one.items) for (const inner of one.items) visit(inner, x + (one.x ?? 0), y + (one.y ?? 0));
            }
          };
          const root = chart.view.scenegraph().root, origin = chart.view.origin(), padding = chart.view.padding();
          visit(root, origin[0] + padding.left, origin[1] + padding.top);
          const canvas = chart.container.querySelector('canvas');
          canvas.scrollIntoView({block: 'center'});
          const box = canvas.getBoundingClientRect();
          return found.map(one => ({...one, x: one.x + box.x, y: one.y + box.y}));""", chart, name)

    def click_at(self, mark):
        actions = ActionChains(browser)
        actions.w3c_actions.pointer_action.move_to_location(int(mark["x"]), int(mark["y"]))
        actions.w3c_actions.pointer_action.click()
        actions.perform()
        details = browser.find_element(By.ID, "details")
        WebDriverWait(browser, PATIENCE).until(lambda _: details.is_displayed())
        return details

    def close_details(self):
        ActionChains(browser).send_keys(Keys.ESCAPE).perform()
        self.assertFalse(browser.find_element(By.ID, "details").is_displayed())

    @staticmethod
    def screenshot(name):
        """The whole page, by a window as high as it is."""
        height = browser.execute_script("return document.documentElement.scrollHeight;")
        browser.set_window_size(1320, height + 150)
        browser.execute_script("scrollTo(0, 0);")
        time.sleep(0.4)
        browser.save_screenshot(str(arguments.folder / name))
        browser.set_window_size(1320, 1000)


class Example(Page):
    name = "example"
    make = staticmethod(example_database.example)

    def setUp(self):
        self.open()

    def test_the_header_says_what_the_sweep_is(self):
        text = browser.find_element(By.TAG_NAME, "header").text
        for expected in ("units per tag", "398 done", "2", "graph, sort, database, key_value", "0.1.0"):
            self.assertIn(expected, text)
        browser.find_element(By.CSS_SELECTOR, "#space summary").click()
        self.assertIn("16, 32, 64, 128, 256", browser.find_element(By.ID, "axes").text)

    def test_every_chart_has_its_marks(self):
        self.assertEqual(len(self.marks("pareto", "points")), 50)
        self.assertEqual(len(self.marks("heatMap", "cells")), 25)
        self.assertGreater(len(self.marks("stacks", "bars")), 0)
        for chart in ("pareto", "heat_map", "stacks"):
            colours = browser.execute_script("""
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
        front = {key for key, (x, y) in means.items() if not any(
            a <= x and b <= y and (a < x or b < y) for a, b in means.values())}
        drawn = script("""return page.pareto.result.data.map(one => ({
            key: page.sweep.axes.map(axis => axis.values[axis.index[one.points[0]]]), x: one.x, y: one.y, front: one.front}));""")
        self.assertEqual({tuple(one["key"]) for one in drawn if one["front"]}, front)
        self.assertGreater(len(front), 3)
        for one in drawn:
            x, y = means[tuple(one["key"])]
            self.assertAlmostEqual(one["x"], x, delta=1e-9 * x)
            self.assertAlmostEqual(one["y"], y, delta=1e-9 * y)

    def test_each_workload_gets_its_own_front(self):
        self.choose("pareto", "workloads", "each by colour")
        lines = script("return [...new Set(page.pareto.result.front.map(one => one.line))].sort();")
        self.assertEqual(lines, ["database", "graph", "key_value", "sort"])
        drawn = script("return page.pareto.result.front.length;")
        self.assertEqual(len(self.marks("pareto", "front")), drawn)

    def test_more_is_better_where_it_is_reach(self):
        self.choose("pareto", "benefit (up)", "dtlb reach")
        data = script("return page.pareto.result.data.map(({x, y, front}) => ({x, y, front}));")
        for one in data:
            beaten = any(o["x"] <= one["x"] and o["y"] >= one["y"] and (o["x"] < one["x"] or o["y"] > one["y"]) for o in data)
            self.assertEqual(one["front"], not beaten)

    def test_estimated_areas_are_hollow_and_say_so(self):
        self.choose("pareto", "cost (across)", "dtlb area in gates")
        marks = self.marks("pareto", "points")
        card = browser.execute_script("return getComputedStyle(document.documentElement).getPropertyValue('--card').trim();")
        hollow = [mark for mark in marks if mark["fill"] == card]
        estimated = script("return page.pareto.result.data.filter(one => one.estimated).length;")
        known = {(e, u) for e, u in ((16, 1), (16, 8), (64, 1), (64, 4), (64, 8), (256, 2), (256, 16), (32, 16))}
        # Both fill policies; the synthesised geometries are those with line fill.
        self.assertEqual(len(marks) - estimated, len(known))
        self.assertEqual(len(hollow), estimated)
        self.assertIn("estimated", browser.find_element(By.CSS_SELECTOR, "#pareto .caption").text)
        self.assertIn("8 synthesised geometries", browser.find_element(By.CSS_SELECTOR, "#pareto .caption").text)
        details = self.click_at(hollow[0])
        self.assertIn("estimated", details.text)
        self.close_details()

    def choose(self, section, label, text):
        for element in browser.find_elements(By.CSS_SELECTOR, f"#{section} label"):
            if element.text.split("\n")[0] == label:
                Select(element.find_element(By.TAG_NAME, "select")).select_by_visible_text(text)
                script("await page[values[0]].update(); return true;", {"pareto": "pareto", "heat_map": "heatMap", "stacks": "stacks"}[section])
                return
        self.fail(f"no control {label} in {section}")

    def test_a_click_on_a_mark_opens_the_point_with_its_command(self):
        marks = self.marks("pareto", "points")
        target = next(mark for mark in marks if mark["front"])
        details = self.click_at(target)
        points = script("return page.pareto.result.data[values[0]].points.map(i => page.sweep.number[i]);", target["id"])
        command = details.find_element(By.CSS_SELECTOR, "pre.command").text
        self.assertEqual(command, rows_of(self.database, f"SELECT command FROM points WHERE number = {int(points[0])}")[0][0])
        self.assertEqual(len(Select(details.find_element(By.TAG_NAME, "select")).options), 8)  # workloads x seeds
        Select(details.find_element(By.TAG_NAME, "select")).select_by_index(3)
        WebDriverWait(browser, PATIENCE).until(lambda _: details.find_element(By.CSS_SELECTOR, "pre.command").text != command)
        self.assertEqual(details.find_element(By.CSS_SELECTOR, "pre.command").text,
                         rows_of(self.database, f"SELECT command FROM points WHERE number = {int(points[3])}")[0][0])
        for expected in ("mmu.dtlb.entries", "storage_bits", "lookups", "platform.cycles"):
            self.assertIn(expected, details.text)
        details.find_element(By.CSS_SELECTOR, "details.configuration summary").click()
        WebDriverWait(browser, PATIENCE).until(lambda _: "[clock]" in details.find_element(By.CSS_SELECTOR, "pre.long").text)
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
        cell = script("return page.heatMap.cells.find(one => one.x === '64' && one.y === '8').value;")
        self.assertAlmostEqual(cell, expected, delta=1e-9 * expected)

    def test_the_table_filters_and_sorts(self):
        count = browser.find_element(By.ID, "row_count")
        self.assertEqual(count.text, "400 of 400 points")
        field = lambda key: browser.find_element(By.CSS_SELECTOR, f'#table input[data-key="{key}"]')
        field("mmu.dtlb.entries").send_keys("32..64")
        field("mmu.dtlb.fill").send_keys("lin")
        where = """FROM points JOIN point_values AS e ON e.point = number AND e.axis = 2 AND e.value + 0 BETWEEN 32 AND 64
          JOIN point_values AS f ON f.point = number AND f.axis = 4 AND f.value = 'line'"""
        self.assertEqual(count.text, f"{rows_of(self.database, 'SELECT count(*) ' + where)[0][0]} of 400 points")
        field("state").send_keys("done")
        browser.find_element(By.CSS_SELECTOR, '#table th[data-key="mmu.dtlb.hit_rate"] button:not(.drop)').click()
        browser.find_element(By.CSS_SELECTOR, '#table th[data-key="mmu.dtlb.hit_rate"] button:not(.drop)').click()
        expected = [number for (number,) in rows_of(self.database, "SELECT number " + where + """
          JOIN statistics AS s ON s.point = number AND s.statistic =
            (SELECT id FROM statistic_names WHERE path = 'mmu.dtlb.hit_rate')
          WHERE state = 'done' ORDER BY s.value DESC, number""")]
        self.assertEqual(script("return page.table.rows.map(i => page.sweep.number[i]);"), expected)
        first = browser.find_element(By.CSS_SELECTOR, "#table tr[data-point] td").text
        self.assertEqual(first, str(expected[0]))
        field("mmu.dtlb.entries").send_keys("x")
        self.assertIn("wrong", field("mmu.dtlb.entries").get_attribute("class"))
        browser.find_element(By.XPATH, "//button[text()='Clear filters']").click()
        WebDriverWait(browser, PATIENCE).until(lambda _: count.text == "400 of 400 points")
        browser.find_element(By.ID, "search").send_keys("the walk says")
        self.assertEqual(count.text, "2 of 400 points")

    def test_a_failed_point_shows_its_message(self):
        browser.find_element(By.CSS_SELECTOR, '#table input[data-key="state"]').send_keys("failed")
        browser.find_element(By.CSS_SELECTOR, "#table tr[data-point]").click()
        details = browser.find_element(By.ID, "details")
        WebDriverWait(browser, PATIENCE).until(lambda _: details.is_displayed())
        self.assertIn("the walk says 0x80214", details.find_element(By.CSS_SELECTOR, "pre.message").text)
        self.close_details()

    def test_filters_at_the_top_fix_an_axis_for_all_charts(self):
        Select(browser.find_elements(By.CSS_SELECTOR, "#filters select")[0]).select_by_visible_text("sort")
        WebDriverWait(browser, PATIENCE).until(lambda _: "99 points" in browser.find_element(By.ID, "filters").text)
        script("await Promise.all([page.pareto.update(), page.table.update()]); return true;")
        self.assertEqual(script("return [...new Set(page.table.rows.map(i => page.sweep.workload.values[page.sweep.workload.index[i]]))];"),
                         ["../traces/sort.ktrace"])
        self.assertTrue(script("return page.pareto.result.data.every(one => one.points.length <= 2);"))

    def test_keys_step_through_a_chart_and_the_table(self):
        chart = browser.find_element(By.ID, "pareto_chart")
        browser.execute_script("arguments[0].focus();", chart)
        ActionChains(browser).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).perform()
        self.assertIn("storage bits", browser.find_element(By.ID, "said").text)
        ActionChains(browser).send_keys(Keys.ENTER).perform()
        details = browser.find_element(By.ID, "details")
        WebDriverWait(browser, PATIENCE).until(lambda _: details.is_displayed())
        self.assertIn("kilburn run", details.text)
        self.close_details()
        self.assertEqual(browser.switch_to.active_element.get_attribute("id"), "pareto_chart")
        row = browser.find_element(By.CSS_SELECTOR, "#table tr[data-point]")
        browser.execute_script("arguments[0].focus();", row)
        ActionChains(browser).send_keys(*[Keys.ARROW_DOWN] * 30).perform()
        self.assertEqual(browser.switch_to.active_element.get_attribute("data-row"), "30")

    def test_nothing_shifts_while_the_page_loads(self):
        shift = browser.execute_async_script("""
          const done = arguments[0];
          let sum = 0;
          new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value; })
            .observe({type: 'layout-shift', buffered: true});
          setTimeout(() => done(sum), 500);""")
        self.assertLess(shift, 0.02)

    def test_a_screenshot_is_kept(self):
        self.screenshot("report.png")
        self.assertGreater((arguments.folder / "report.png").stat().st_size, 30_000)


class Dark(Page):
    name = "example_dark"
    make = staticmethod(example_database.example)
    dark = True

    def test_the_dark_page_is_dark(self):
        ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor;")
        self.assertLess(sum(int(part) for part in ground[4:-1].split(",")), 3 * 64)
        self.screenshot("report_dark.png")
        details = self.click_at(next(mark for mark in self.marks("pareto", "points") if mark["front"]))
        self.assertTrue(details.is_displayed())
        browser.save_screenshot(str(arguments.folder / "report_dark_details.png"))
        self.close_details()


class Hostile(Page):
    name = "hostile"
    make = staticmethod(example_database.hostile)

    def test_names_are_shown_as_text(self):
        self.assertEqual(browser.find_element(By.ID, "name").text, "</title><script>window.hacked=1</script>")
        browser.find_element(By.CSS_SELECTOR, "#space summary").click()
        axes = browser.find_element(By.ID, "axes").text
        for (workload,) in rows_of(self.database, "SELECT DISTINCT workload FROM points"):
            self.assertIn(workload, axes)
        self.assertEqual(browser.find_elements(By.TAG_NAME, "img"), [])
        self.assertEqual(len(browser.find_elements(By.TAG_NAME, "b")), 0)

    def test_commands_and_messages_are_shown_as_text(self):
        for number in (0, 3):
            script("await page.details.open('x', [values[0]]); return true;", number)
            details = browser.find_element(By.ID, "details")
            command, message = rows_of(self.database, f"SELECT command, message FROM points WHERE number = {number}")[0]
            self.assertEqual(details.find_element(By.CSS_SELECTOR, "pre.command").text, command)
            if message:
                self.assertEqual(details.find_element(By.CSS_SELECTOR, "pre.message").text, message)
            self.close_details()

    def test_a_tooltip_shows_text(self):
        mark = self.marks("pareto", "points")[0]
        actions = ActionChains(browser)
        actions.w3c_actions.pointer_action.move_to_location(int(mark["x"]), int(mark["y"]))
        actions.perform()
        WebDriverWait(browser, PATIENCE).until(lambda _: browser.find_element(By.ID, "tooltip").is_displayed())


class Single(Page):
    name = "single"
    make = staticmethod(example_database.single)

    def test_one_point_without_parameters_makes_a_page(self):
        self.assertIn("1 done", browser.find_element(By.ID, "facts").text)
        self.assertIn("needs two parameters", browser.find_element(By.ID, "heat_map_chart").text)
        self.assertIn("no misses by class", browser.find_element(By.ID, "stacks_chart").text)
        self.assertEqual(browser.find_element(By.ID, "row_count").text, "1 of 1 point")


class Sparse(Page):
    name = "sparse"
    make = staticmethod(example_database.sparse)

    def test_points_without_a_statistic_are_left_out_of_its_chart_only(self):
        self.assertEqual(len(self.marks("pareto", "points")), 2)
        self.assertIn("1 configuration left out", browser.find_element(By.CSS_SELECTOR, "#pareto .caption").text)
        self.assertEqual(script("return page.table.rows.map(i => page.sweep.number[i]);"), [3, 9, 20])


def sweep(path):
    """A database that kilburn sweep wrote, of shipped traces."""
    traces = pathlib.Path(__file__).resolve().parents[2] / "traces"
    space = arguments.folder / "space.toml"
    space.write_text(f"""[sweep]
name = "swept"
traces = ["{traces}/sort.ktrace", "{traces}/graph.ktrace"]
limit = 50_000
[mmu.dtlb]
fill = ["single", "line"]
[sweep.group.geometry]
labels = ["small", "large"]
"mmu.dtlb.entries" = [8, 16]
"mmu.dtlb.units_per_tag" = [2, 4]
""")
    subprocess.run([arguments.kilburn, "sweep", space, "-o", path], check=True, capture_output=True, timeout=300)


class Swept(Page):
    name = "swept"
    make = staticmethod(sweep)

    def test_a_real_sweep_is_drawn_and_its_configuration_is_one_that_kilburn_reads(self):
        self.assertIn("8 done", browser.find_element(By.ID, "facts").text)
        self.assertEqual(len(self.marks("pareto", "points")), 4)
        script("await page.details.open('x', [7]); return true;")
        details = browser.find_element(By.ID, "details")
        details.find_element(By.CSS_SELECTOR, "details.configuration summary").click()
        shown = details.find_element(By.CSS_SELECTOR, "pre.long")
        WebDriverWait(browser, PATIENCE).until(lambda _: "[mmu.dtlb]" in shown.text)
        self.assertEqual(details.find_element(By.CSS_SELECTOR, "pre.command").text,
                         rows_of(self.database, "SELECT command FROM points WHERE number = 7")[0][0])
        configuration = arguments.folder / "swept.toml"
        configuration.write_text(browser.execute_script("return arguments[0].textContent;", shown))
        read = subprocess.run([arguments.kilburn, "params", configuration, "--toml"], check=True, capture_output=True,
                              text=True, timeout=60).stdout
        block = read[read.index("[mmu.dtlb]"):].split("\n[")[0]
        for expected in ("entries = 16", "units_per_tag = 4", 'fill = "line"'):
            self.assertIn(expected, block)
        self.close_details()


class AllFailed(Page):
    name = "all_failed"
    make = staticmethod(example_database.failed)

    def test_the_page_says_that_nothing_finished(self):
        self.assertIn("No point of this sweep has finished", browser.find_element(By.ID, "nothing").text)
        self.assertFalse(browser.find_element(By.ID, "pareto").is_displayed())
        self.assertEqual(browser.find_element(By.ID, "row_count").text, "4 of 4 points")


class Large(Page):
    name = "large"
    make = staticmethod(example_database.large)

    def test_ten_thousand_points_open_in_time_and_the_table_stays_small(self):
        print(f"\n10,000 points: {self.page.stat().st_size / 1e6:.1f} MB, open after {self.seconds:.2f} s", file=sys.stderr)
        self.assertLess(self.seconds, OPENS_WITHIN)
        self.assertEqual(browser.find_element(By.ID, "row_count").text, "10,000 of 10,000 points")
        self.assertLess(len(browser.find_elements(By.CSS_SELECTOR, "#table tr")), 80)
        browser.execute_script("document.getElementById('table').scrollTop = 1e9;")
        WebDriverWait(browser, PATIENCE).until(
            lambda _: browser.find_elements(By.CSS_SELECTOR, "#table tr[data-row='9999']"))
        self.assertEqual(len(self.marks("pareto", "points")), 2500)
        started = time.monotonic()
        browser.find_element(By.CSS_SELECTOR, '#table input[data-key="mmu.dtlb.entries"]').send_keys("16")
        self.assertEqual(browser.find_element(By.ID, "row_count").text, "400 of 10,000 points")
        self.assertLess(time.monotonic() - started, OPENS_WITHIN)
        self.assertGreater(len(browser.find_elements(By.CSS_SELECTOR, "#table tr[data-point]")), 10)  # from the top again
        self.screenshot("large.png")


def main():
    global arguments, browser
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kilburn", required=True, type=pathlib.Path)
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("tests", nargs="*", help="these only, e.g. Example or Example.test_the_table_filters_and_sorts")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    arguments.folder = arguments.folder.resolve()
    with tempfile.TemporaryDirectory() as profile:
        browser = start_browser(profile)
        try:
            loader, module = unittest.defaultTestLoader, sys.modules[__name__]
            suite = loader.loadTestsFromNames(arguments.tests, module) if arguments.tests else loader.loadTestsFromModule(module)
            result = unittest.TextTestRunner(verbosity=2).run(suite)
        finally:
            browser.quit()
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
