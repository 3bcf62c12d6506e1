package dev.embark.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** Writes records as JSON, by the Jackson that Spark brings. */
public final class ReportJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);

  private ReportJson() {}

  /** Returns a report as readable JSON that ends with a line end. */
  public static String of(RunReport report) {
    return write(report, true) + "\n";
  }

  /** Returns a record, or a map, as JSON in one line. */
  public static String line(Object value) {
    return write(value, false);
  }

  private static String write(Object value, boolean readable) {
    try {
      return (readable ? MAPPER.writer(SerializationFeature.INDENT_OUTPUT) : MAPPER.writer())
          .writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A record is always JSON", e);
    }
  }
}
