package dev.embark.job.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Checks JSON against a schema that the jar publishes. */
public final class Schema {
  private final JsonSchema schema;

  /** Reads a schema from the package of the report. */
  public Schema(String name) throws IOException {
    try (InputStream in = ReportJson.class.getResourceAsStream(name)) {
      schema =
          JsonSchemaFactory.getInstance(VersionFlag.V202012)
              .getSchema(new ObjectMapper().readTree(in));
    }
  }

  /** Returns what is wrong; nothing if it fits. */
  public List<String> mistakes(JsonNode json) {
    return schema
        .validate(json, context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))
        .stream()
        .map(ValidationMessage::getMessage)
        .toList();
  }
}
