import { defineConfig } from "@playwright/test";
import { CHROMIUM, FLAGS } from "./chromium.ts";

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: "out",
  reporter: [["list"]],
  workers: 1, // the page has workers of its own
  retries: 1, // a busy machine can stall a browser; a test that needed it is printed as flaky
  forbidOnly: true,
  timeout: 60_000,
  use: {
    browserName: "chromium",
    locale: "en-US",
    acceptDownloads: true,
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: CHROMIUM,
      args: FLAGS,
    },
  },
});
