package dev.embark.bench;

import java.util.List;
import java.util.Map;

/**
 * What one run of the bench found, and on what.
 *
 * @param machine processor, cores and operating system
 * @param versions of everything that took part, by name
 * @param model whose weights all sides have
 * @param facts date, commit and the like, by name
 * @param corpora in the order that they are told
 * @param sides all that were asked for, for what they are; the first is the reference of cosines
 * @param ratios to tell
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
