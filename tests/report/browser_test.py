#!/usr/bin/env python3
"""kilburn report in a real browser: headless Chromium opens pages made from databases made here.

browser_test.py --kilburn PROGRAM --folder FOLDER [TEST ...]

Pages and screenshots stay in FOLDER.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import browser_page as here
import example_database
from browser_page import PATIENCE
from example_page import Example, rows_of
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

OPENS_WITHIN = 15  # seconds, 10,000 points: 2 s on an idle machine; CI's may be slow and shared


class Dark(here.Page):
    name = "example_dark"
    make = staticmethod(example_database.example)
    dark = True

    def test_the_dark_page_is_dark(self):
        ground = here.browser.execute_script("return getComputedStyle(document.body).backgroundColor;")
        self.assertLess(sum(int(part) for part in ground[4:-1].split(",")), 3 * 64)
        self.screenshot("report_dark.png")
        details = self.click_at(next(mark for mark in self.marks("pareto", "points") if mark["front"]))
        self.assertTrue(details.is_displayed())
        here.browser.save_screenshot(str(here.arguments.folder / "report_dark_details.png"))
        self.close_details()


class Hostile(here.Page):
    name = "hostile"
    make = staticmethod(example_database.hostile)

    def test_names_are_shown_as_text(self):
        self.assertEqual(here.browser.find_element(By.ID, "name").text, "</title><script>window.hacked=1</script>")
        here.browser.find_element(By.CSS_SELECTOR, "#space summary").click()
        axes = here.browser.find_element(By.ID, "axes").text
        for (workload,) in rows_of(self.database, "SELECT DISTINCT workload FROM points"):
            self.assertIn(workload, axes)
        self.assertEqual(here.browser.find_elements(By.TAG_NAME, "img"), [])
        self.assertEqual(len(here.browser.find_elements(By.TAG_NAME, "b")), 0)

    def test_commands_and_messages_are_shown_as_text(self):
        for number in (0, 3):
            here.script("await page.details.open('x', [values[0]]); return true;", number)
            details = here.browser.find_element(By.ID, "details")
            command, message = rows_of(self.database, f"SELECT command, message FROM points WHERE number = {number}")[0]
            self.assertEqual(details.find_element(By.CSS_SELECTOR, "pre.command").text, command)
            if message:
                self.assertEqual(details.find_element(By.CSS_SELECTOR, "pre.message").text, message)
            self.close_details()

    def test_a_tooltip_shows_text(self):
        mark = self.marks("pareto", "points")[0]
        actions = ActionChains(here.browser)
        actions.w3c_actions.pointer_action.move_to_location(int(mark["x"]), int(mark["y"]))
        actions.perform()
        WebDriverWait(here.browser, PATIENCE).until(lambda _: here.browser.find_element(By.ID, "tooltip").is_displayed())


class Single(here.Page):
    name = "single"
    make = staticmethod(example_database.single)

    def test_one_point_without_parameters_makes_a_page(self):
        self.assertIn("1 done", here.browser.find_element(By.ID, "facts").text)
        self.assertIn("needs two parameters", here.browser.find_element(By.ID, "heat_map_chart").text)
        self.assertIn("no misses by class", here.browser.find_element(By.ID, "stacks_chart").text)
        self.assertEqual(here.browser.find_element(By.ID, "row_count").text, "1 of 1 point")


class Sparse(here.Page):
    name = "sparse"
    make = staticmethod(example_database.sparse)

    def test_points_without_a_statistic_are_left_out_of_its_chart_only(self):
        self.assertEqual(len(self.marks("pareto", "points")), 2)
        self.assertIn("1 configuration left out", here.browser.find_element(By.CSS_SELECTOR, "#pareto .caption").text)
        self.assertEqual(here.script("return page.table.rows.map(i => page.sweep.number[i]);"), [3, 9, 20])


def sweep(path):
    """A database that kilburn sweep wrote, of shipped traces."""
    traces = pathlib.Path(__file__).resolve().parents[2] / "traces"
    space = here.arguments.folder / "space.toml"
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
    subprocess.run([here.arguments.kilburn, "sweep", space, "-o", path], check=True, capture_output=True, timeout=300)


class Swept(here.Page):
    name = "swept"
    make = staticmethod(sweep)

    def test_a_real_sweep_is_drawn_and_its_configuration_is_one_that_kilburn_reads(self):
        self.assertIn("8 done", here.browser.find_element(By.ID, "facts").text)
        self.assertEqual(len(self.marks("pareto", "points")), 4)
        here.script("await page.details.open('x', [7]); return true;")
        details = here.browser.find_element(By.ID, "details")
        details.find_element(By.CSS_SELECTOR, "details.configuration summary").click()
        shown = details.find_element(By.CSS_SELECTOR, "pre.long")
        WebDriverWait(here.browser, PATIENCE).until(lambda _: "[mmu.dtlb]" in shown.text)
        self.assertEqual(details.find_element(By.CSS_SELECTOR, "pre.command").text,
                         rows_of(self.database, "SELECT command FROM points WHERE number = 7")[0][0])
        configuration = here.arguments.folder / "swept.toml"
        configuration.write_text(here.browser.execute_script("return arguments[0].textContent;", shown))
        read = subprocess.run([here.arguments.kilburn, "params", configuration, "--runs", "traces", "--toml"], check=True, capture_output=True,
                              text=True, timeout=60).stdout
        block = read[read.index("[mmu.dtlb]"):].split("\n[")[0]
        for expected in ("entries = 16", "units_per_tag = 4", 'fill = "line"'):
            self.assertIn(expected, block)
        self.close_details()


class AllFailed(here.Page):
    name = "all_failed"
    make = staticmethod(example_database.failed)

    def test_the_page_says_that_nothing_finished(self):
        self.assertIn("No point of this sweep has finished", here.browser.find_element(By.ID, "nothing").text)
        self.assertFalse(here.browser.find_element(By.ID, "pareto").is_displayed())
        self.assertEqual(here.browser.find_element(By.ID, "row_count").text, "4 of 4 points")


class Large(here.Page):
    name = "large"
    make = staticmethod(example_database.large)

    def test_ten_thousand_points_open_in_time_and_the_table_stays_small(self):
        print(f"\n10,000 points: {self.page.stat().st_size / 1e6:.1f} MB, open after {self.seconds:.2f} s", file=sys.stderr)
        self.assertLess(self.seconds, OPENS_WITHIN)
        self.assertEqual(here.browser.find_element(By.ID, "row_count").text, "10,000 of 10,000 points")
        self.assertLess(len(here.browser.find_elements(By.CSS_SELECTOR, "#table tr")), 80)
        here.browser.execute_script("document.getElementById('table').scrollTop = 1e9;")
        WebDriverWait(here.browser, PATIENCE).until(
            lambda _: here.browser.find_elements(By.CSS_SELECTOR, "#table tr[data-row='9999']"))
        self.assertEqual(len(self.marks("pareto", "points")), 2500)
        started = time.monotonic()
        here.browser.find_element(By.CSS_SELECTOR, '#table input[data-key="mmu.dtlb.entries"]').send_keys("16")
        self.assertEqual(here.browser.find_element(By.ID, "row_count").text, "400 of 10,000 points")
        self.assertLess(time.monotonic() - started, OPENS_WITHIN)
        self.assertGreater(len(here.browser.find_elements(By.CSS_SELECTOR, "#table tr[data-point]")), 10)  # from the top again
        self.screenshot("large.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kilburn", required=True, type=pathlib.Path)
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("tests", nargs="*", help="these only, e.g. Example or Example.test_the_table_filters_and_sorts")
    here.arguments = parser.parse_args()
    here.arguments.folder.mkdir(parents=True, exist_ok=True)
    here.arguments.folder = here.arguments.folder.resolve()
    with tempfile.TemporaryDirectory() as profile:
        here.browser = here.start_browser(profile)
        try:
            loader, module = unittest.defaultTestLoader, sys.modules[__name__]
            suite = loader.loadTestsFromNames(here.arguments.tests, module) if here.arguments.tests else loader.loadTestsFromModule(module)
            result = unittest.TextTestRunner(verbosity=2).run(suite)
        finally:
            here.browser.quit()
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())