package dev.embark.bench;

import java.util.List;
import java.util.Map;

/**
 * Results of one run of the benchmark, with its machine and software.
 *
 * @param machine processor, cores and operating system
 * @param versions of everything that took part, by name
 * @param model whose weights all sides have
 * @param facts date, commit and the like, by name
 * @param corpora in the order of the report
 * @param sides all that were asked for, for what they are; the first is the reference of cosines
 * @param ratios ratios that the report shows
 */
record ComparisonReport(
    String machine,
    Map<String, String> versions,
    String model,
    Map<String, String> facts,
    List<Corpus> corpora,
    List<SideSpec> sides,
    List<Ratio> ratios,
    Comparison.Outcome outcome) {

  /** The name of the side whose vectors all others were compared with. */
  String reference() {
    return sides.get(0).name();
  }
}
