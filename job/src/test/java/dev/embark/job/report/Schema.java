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

/** Validates JSON against a schema published in the jar. */
public final class Schema {
  private final JsonSchema schema;

  /** Loads a schema from the report package. */
  public Schema(String name) throws IOException {
    try (InputStream in = ReportJson.class.getResourceAsStream(name)) {
      schema =
          JsonSchemaFactory.getInstance(VersionFlag.V202012)
              .getSchema(new ObjectMapper().readTree(in));
    }
  }

  /** Returns the violations; empty if the JSON is valid. */
  public List<String> mistakes(JsonNode json) {
    return schema
        .validate(json, context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))
        .stream()
        .map(ValidationMessage::getMessage)
        .toList();
  }
}
