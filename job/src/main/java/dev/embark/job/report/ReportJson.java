package dev.embark.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** Serialises records as JSON with Spark's own Jackson. */
public final class ReportJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);

  private ReportJson() {}

  /** Returns a report as indented JSON with a trailing newline. */
  public static String of(RunReport report) {
    return write(report, true) + "\n";
  }

  /** Returns a record or map as JSON on a single line. */
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
