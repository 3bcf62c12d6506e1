package dev.embark.job.state;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * A set of rows that is computed and committed together, as planned at the start of the run.
 *
 * @param number from 0
 * @param rows number of rows
 * @param files names of files in the run's copy of the input
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Wave(int number, long rows, List<String> files) {}
