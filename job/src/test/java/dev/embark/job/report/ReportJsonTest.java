package dev.embark.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class ReportJsonTest {
  private final ObjectMapper mapper = new ObjectMapper();

  private JsonNode json(RunReport report) throws Exception {
    return mapper.readTree(ReportJson.of(report));
  }

  @Test
  void everyReportFitsThePublishedSchema() throws Exception {
    Schema schema = new Schema("report.schema.json");

    assertThat(schema.mistakes(json(Examples.full()))).isEmpty();
    assertThat(schema.mistakes(json(Examples.failed()))).isEmpty();
    assertThat(schema.mistakes(json(Examples.hostile()))).isEmpty();
    assertThat(schema.mistakes(json(Examples.empty()))).isEmpty();
  }

  @Test
  void theSchemaRejectsMissingUnknownAndWronglyTypedKeys() throws Exception {
    Schema schema = new Schema("report.schema.json");
    ObjectNode missing = (ObjectNode) json(Examples.full());
    missing.remove("fingerprint");
    ObjectNode unknown = ((ObjectNode) json(Examples.full())).put("extra", 1);
    ObjectNode wrong = (ObjectNode) json(Examples.full());
    ((ObjectNode) wrong.get("totals")).put("rows", -1);
    ((ObjectNode) wrong.get("run")).put("start", "yesterday");
    ObjectNode failedForNoReason = (ObjectNode) json(Examples.failed());
    ((ObjectNode) failedForNoReason.get("ending")).remove("error");
    ObjectNode doneWithAnError = (ObjectNode) json(Examples.failed());
    ((ObjectNode) doneWithAnError.get("ending")).put("state", "done");

    assertThat(schema.mistakes(failedForNoReason)).isNotEmpty();
    assertThat(schema.mistakes(doneWithAnError)).isNotEmpty();
    assertThat(schema.mistakes(missing)).singleElement().asString().contains("fingerprint");
    assertThat(schema.mistakes(unknown)).singleElement().asString().contains("extra");
    assertThat(schema.mistakes(wrong)).hasSize(2);
  }

  @Test
  void unknownValuesAreOmitted() throws Exception {
    JsonNode json = json(Examples.empty());

    assertThat(json.get("run").has("idColumn")).isFalse();
    assertThat(json.get("model").has("name")).isFalse();
  }

  @Test
  void lettersOfAnyScriptAreKept() throws Exception {
    assertThat(ReportJson.line(java.util.Map.of("prefix", "Größe 日本 😀")))
        .isEqualTo("{\"prefix\":\"Größe 日本 😀\"}");
  }
}
