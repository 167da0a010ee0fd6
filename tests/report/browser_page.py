"""A report's page in headless Chromium: what all its tests do with it."""
import json
import shutil
import subprocess
import sys
import time
import unittest

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    sys.exit("browser_test.py needs Debian's python3-selenium, chromium and chromium-driver")

PATIENCE = 30  # seconds, for what normally takes one
arguments = None  # of browser_test.py
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
                found.push({x: x + (b.x1 + b.x2) / 2, y: y + (b.y1 + b.y2) / 2, id: one.datum.id, front: one.datum.front ?? null, fill: one.fill, shape: one.shape});
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
    def screenshot(name, width=1320):
        """The whole page, by a window as high as it is."""
        height = browser.execute_script("return document.documentElement.scrollHeight;")
        if width != 1320:
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True})
        browser.set_window_size(1320, height + 150)
        browser.execute_script("scrollTo(0, 0);")
        script("""
          const frame = () => new Promise(requestAnimationFrame);
          const charts = () => Object.values(page).map(part => part?.chart).filter(chart => chart?.view);
          do await frame(); while (charts().some(chart => chart.width() !== chart.drawnWidth));
          await Promise.all(charts().map(chart => chart.view.runAsync()));
          await frame();
          await frame();""")
        browser.save_screenshot(str(arguments.folder / name))
        browser.set_window_size(1320, 1000)
