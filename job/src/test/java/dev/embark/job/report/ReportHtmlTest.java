package dev.embark.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The report page as rendered by a browser. */
@EnabledIf(value = "hasBrowserOrNeedsOne", disabledReason = "no Chromium on this machine's PATH")
@Tag("guides")
class ReportHtmlTest {
  @TempDir private static Path folder;

  private static Chromium browser;

  static boolean hasBrowserOrNeedsOne() {
    return Chromium.program().isPresent() || Boolean.getBoolean("embark.chromium.required");
  }

  @BeforeAll
  static void startBrowser() throws Exception {
    Optional<Path> program = Chromium.program();
    assertThat(program).as("Chromium, which this machine has to have").isPresent();
    browser = new Chromium(program.get(), folder.resolve("profile"));
  }

  @AfterAll
  static void stopBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  private static JsonNode open(RunReport report, int width, String scheme) throws Exception {
    Path file = Files.createTempFile(folder, "report", ".html");
    Files.writeString(file, ReportHtml.of(report));
    browser.open(file.toUri(), width, 900, scheme);
    return browser.evaluate("document.title");
  }

  private static List<String> texts(String selector) throws Exception {
    List<String> texts = new ArrayList<>();
    browser
        .evaluate(
            "[...document.querySelectorAll(\"%s\")].map(e => e.textContent)".formatted(selector))
        .forEach(text -> texts.add(text.asText()));
    return texts;
  }

  @Test
  void everyFigureShownIsThatOfTheJson() throws Exception {
    open(Examples.full(), 1280, "light");
    JsonNode json = new ObjectMapper().readTree(ReportJson.of(Examples.full()));

    JsonNode shown =
        browser.evaluate(
            "[...document.querySelectorAll('[data-key]')].map(e => [e.dataset.key, e.dataset.value])");

    assertThat(shown.size()).isGreaterThan(30);
    for (JsonNode figure : shown) {
      JsonNode expected = json.at("/" + figure.get(0).asText().replace('.', '/'));
      assertThat(expected.isValueNode()).as(figure.get(0).asText()).isTrue();
      assertThat(figure.get(1).asText()).as(figure.get(0).asText()).isEqualTo(expected.asText());
    }
    assertThat(texts("dd")).containsExactly("12,345", "987,654", "8,196", "2 min 01 s");
    assertThat(texts(".verdict"))
        .containsExactly("12,345 rows written: 12,000 embedded, 45 without a text, 300 failed.");
  }

  @Test
  void aRunThatEndedEarlySaysSoAboveAllElse() throws Exception {
    open(Examples.failed(), 1280, "light");

    assertThat(texts(".ending > *"))
        .containsExactly(
            "Failed after 2 of 5 waves",
            "No space left on device (2 of 5 waves are in /data/vectors)");
    assertThat(
            browser
                .evaluate(
                    "document.querySelector('.ending').getBoundingClientRect().bottom"
                        + " <= document.querySelector('.verdict').getBoundingClientRect().top")
                .asBoolean())
        .isTrue();
    open(Examples.full(), 1280, "light");
    assertThat(texts(".ending")).isEmpty();
  }

  @Test
  void chartsAreDrawnToScale() throws Exception {
    open(Examples.full(), 1280, "light");

    JsonNode heights =
        browser.evaluate(
            "[...document.querySelectorAll('#chart-lengths .bar')].map(e => e.getBoundingClientRect().height)");
    assertThat(heights.size()).isEqualTo(3);
    assertThat(heights.get(1).asDouble() / heights.get(0).asDouble()).isBetween(2.98, 3.02);
    assertThat(heights.get(2).asDouble() / heights.get(0).asDouble()).isBetween(7.95, 8.05);

    JsonNode widths =
        browser.evaluate(
            "[...document.querySelectorAll('#chart-failures .bad')].map(e => e.getBoundingClientRect().width)");
    assertThat(widths.get(0).asDouble() / widths.get(1).asDouble()).isBetween(1.99, 2.01);

    JsonNode box =
        browser.evaluate(
            "(r => [r.width, r.height])(document.querySelector('#chart-timeline .area').getBoundingClientRect())");
    assertThat(box.get(0).asDouble()).isGreaterThan(700);
    assertThat(box.get(1).asDouble()).isGreaterThan(90);
  }

  @Test
  void everyChartHasAnAlternativeInWordsOrATable() throws Exception {
    open(Examples.full(), 1280, "light");

    assertThat(browser.evaluate("document.documentElement.lang").asText()).isEqualTo("en");
    assertThat(
            browser.evaluate(
                "[...document.querySelectorAll('svg[role=img]')].map(e => e.getAttribute('aria-label'))"))
        .hasSize(3)
        .allMatch(label -> label.asText().length() > 30);
    assertThat(texts("section:has(#chart-lengths) details tbody tr"))
        .containsExactly("9 to 161,0008.3 %", "17 to 323,00025 %", "33 to 648,00066.7 %");
    assertThat(texts("section:has(#chart-timeline) details:first-of-type tbody tr")).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({"400, light", "400, dark", "1280, light", "1280, dark"})
  void thePageLoadsNothingReportsNoErrorAndFitsTheWindow(int width, String scheme)
      throws Exception {
    int requests = browser.events("Network.requestWillBeSent").size();
    open(Examples.failed(), width, scheme);
    JsonNode hidden =
        browser.evaluate(
            "[document.documentElement, ...document.querySelectorAll('section, section > .wide, td, th, dd')]"
                + ".map(e => e.scrollWidth - e.clientWidth)");

    assertThat(browser.evaluate("innerWidth").asInt()).isEqualTo(width);
    assertThat(hidden).hasSizeGreaterThan(50).allMatch(pixels -> pixels.asInt() == 0);
    assertThat(
            browser.events("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"))
        .isEmpty();
    assertThat(browser.events("Network.requestWillBeSent").stream().skip(requests))
        .extracting(request -> URI.create(request.at("/request/url").asText()).getScheme())
        .containsOnly("file");
    assertThat(ReportHtml.of(Examples.full())).doesNotContain("http://", "https://", "<script");
  }

  @ParameterizedTest
  @CsvSource({"light", "dark"})
  void textIsReadableOnItsGround(String scheme) throws Exception {
    open(Examples.failed(), 1280, scheme);

    // Contrast as WCAG 2.2 defines it; AA asks for 4.5.
    JsonNode contrasts =
        browser.evaluate(
            """
            (() => {
              const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(v => v / 255)
                  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
              const ground = e => { for (; e; e = e.parentElement) {
                  const c = getComputedStyle(e).backgroundColor;
                  if (c !== 'rgba(0, 0, 0, 0)') return c; } };
              return [...document.querySelectorAll('h1, h2, p, strong, dt, dd, th, td, figcaption, summary, text')]
                .map(e => { const s = getComputedStyle(e);
                  const a = light(e.matches('text') ? s.fill : s.color), b = light(ground(e));
                  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); });
            })()
            """);

    assertThat(contrasts.size()).isGreaterThan(100);
    assertThat(contrasts).allMatch(contrast -> contrast.asDouble() >= 4.5);
  }

  @Test
  void textsOfAnySortAreShownAndNeverRun() throws Exception {
    open(Examples.hostile(), 1280, "light");

    assertThat(browser.evaluate("document.scripts.length").asInt()).isZero();
    assertThat(texts("[data-key='options.prefix']"))
        .containsExactly("</td><script>fetch('x')</script>&\"'{{title}}$1\\\uFFFD");
  }

  @Test
  void aRunThatHadNothingToDoHasAPage() throws Exception {
    assertThat(open(Examples.empty(), 1280, "light").asText()).isEqualTo("Embark: b");

    assertThat(texts(".verdict")).containsExactly("0 rows written: 0 embedded.");
    assertThat(texts("section > p")).containsExactly("No row has an embedding.", "No row failed.");
  }
}
