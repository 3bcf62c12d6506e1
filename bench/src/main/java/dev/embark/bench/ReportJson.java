package dev.embark.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.embark.bench.corpus.Corpus;

/** A report as JSON; {@code comparison.schema.json} next to this class is its schema. */
final class ReportJson {
  // Jackson is Spark's own.
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ReportJson() {}

  static String write(ComparisonReport report) {
    ObjectNode json = MAPPER.createObjectNode();
    report.facts().forEach(json::put);
    json.put("machine", report.machine());
    ObjectNode versions = json.putObject("versions");
    report.versions().forEach(versions::put);
    report.outcome().details().forEach(versions::put);
    json.put("model", report.model());
    ArrayNode corpora = json.putArray("corpora");
    for (Corpus corpus : report.corpora()) {
      corpora
          .addObject()
          .put("corpus", corpus.name())
          .put("texts", corpus.size())
          .put("meanTokens", (double) corpus.tokens(corpus.size()) / corpus.size())
          .put("leftOut", corpus.leftOut());
    }
    ObjectNode roof = json.putObject("roof");
    report.roof().operations().forEach(roof::put);
    ArrayNode sides = json.putArray("sides");
    for (SideResult result : report.outcome().results()) {
      ObjectNode side = add(sides, result);
      report.roofShare(result).ifPresent(share -> side.put("roofShare", share));
    }
    ArrayNode notRun = json.putArray("notRun");
    report
        .outcome()
        .notRun()
        .forEach((side, reason) -> notRun.addObject().put("side", side).put("reason", reason));
    addRatios(json.putObject("ratios"), report);
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree that was built in memory can be written
    }
  }

  private static ObjectNode add(ArrayNode sides, SideResult result) {
    ObjectNode side =
        sides
            .addObject()
            .put("side", result.side())
            .put("corpus", result.corpus())
            .put("tokensPerCpuSecond", result.tokensPerCpuSecond())
            .put("tokensPerSecond", result.tokensPerSecond())
            .put("cosineMin", result.cosines().map(Cosines::min).orElse(null))
            .put("cosineMean", result.cosines().map(Cosines::mean).orElse(null))
            .put("batch", result.batch())
            .put("texts", result.texts())
            .put("tokens", result.tokens());
    ArrayNode rounds = side.putArray("rounds");
    for (Round round : result.rounds()) {
      ObjectNode each =
          rounds.addObject().put("seconds", round.seconds()).put("cpuSeconds", round.cpuSeconds());
      round.gpuUse().ifPresent(percent -> each.put("gpuPercent", percent));
    }
    return side;
  }

  private static void addRatios(ObjectNode ratios, ComparisonReport report) {
    for (Ratio ratio : report.ratios()) {
      for (Corpus corpus : report.corpora()) {
        ratio
            .on(corpus.name(), report.outcome().results())
            .ifPresent(value -> ratios.withObjectProperty(ratio.name()).put(corpus.name(), value));
      }
    }
  }
}
