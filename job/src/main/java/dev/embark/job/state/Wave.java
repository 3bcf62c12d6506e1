package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * A part of a run's input, as planned at the start of the run, or a wave: the consecutive parts
 * that are computed and committed together.
 *
 * @param number from 0, among the parts or among the waves
 * @param rows number of rows
 * @param files names of files in the run's copy of the input
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Wave(int number, long rows, List<String> files) {
  /** Returns the wave of consecutive parts. */
  public static Wave of(int number, List<Wave> parts) {
    return new Wave(
        number,
        parts.stream().mapToLong(Wave::rows).sum(),
        parts.stream().flatMap(part -> part.files().stream()).toList());
  }
}
