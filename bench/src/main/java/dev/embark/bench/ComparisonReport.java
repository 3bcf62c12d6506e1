package dev.embark.bench;

import dev.embark.bench.corpus.Corpus;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Results of one run of the benchmark, with its machine and software.
 *
 * @param machine processor, cores and operating system
 * @param versions of everything that took part, by name
 * @param model whose weights all sides have
 * @param facts date, commit and the like, by name
 * @param corpora in the order of the report
 * @param sides all that were asked for, for what they are; the first is the reference of cosines
 * @param ratios in the order of the report
 * @param roof of one core of the machine; of nothing if it was not measured
 */
record ComparisonReport(
    String machine,
    Map<String, String> versions,
    String model,
    Map<String, String> facts,
    List<Corpus> corpora,
    List<SideSpec> sides,
    List<Ratio> ratios,
    Roof roof,
    Comparison.Outcome outcome) {

  /** Returns the share of the roof that a result reaches; empty if that is not compared. */
  OptionalDouble roofShare(SideResult result) {
    return sides.stream()
        .filter(side -> side.name().equals(result.side()))
        .flatMapToDouble(side -> roof.share(side, result).stream())
        .findFirst();
  }

  /** The name of the side whose vectors all others were compared with. */
  String reference() {
    return sides.get(0).name();
  }
}
